//! One function being lowered: its entry, its body, its end, and where its variables live.

use crate::flow::{Join, Log};
use crate::program::{Lowering, Origin, TypeArgs};
use crate::query::SharedSources;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;
use mochi_hir::hir::{self, Body, ExprId, Hir, LocalId, StmtId, StmtKind, Storage};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Value};
use mochi_ir::types::Type;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A function while it is lowered.
///
/// Methods that lower something return `None` when control does not come back from it; no block is open then.
pub(crate) struct FunctionLowering<'l, 'a> {
    pub cx: &'l mut Lowering<'a>,
    pub hir: &'a Hir,
    pub builder: FunctionBuilder,
    pub log: Log,
    pub loops: Vec<Around>,
    /// What the type parameters of the function stand for.
    pub args: TypeArgs,
    substituted: FxHashMap<TypeId, TypeId>,
    pub result: Option<Type>,
    /// What `return` gives, in the program's types.
    pub result_type: TypeId,
    /// The function of a literal: its closure.
    pub environment: Option<Value>,
    /// Of queries within a query's rows, what serves all these rows.
    pub shared: SharedSources,
}

/// A loop around the code being lowered.
pub(crate) struct Loop {
    pub header: Block,
    /// The variables that are parameters of the header, in their order.
    pub variables: Rc<[LocalId]>,
    /// The hidden index of a `for`, which a back edge passes first, one higher.
    pub index: Option<Value>,
    pub exit: Join,
}

/// Where `break` and `continue` go.
pub(crate) enum Around {
    Loop(Loop),
    /// The body of a `for` through a query's rows, which is lowered where the rows come to be.
    Rows {
        next: Join,
        exit: Join,
    },
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    pub(crate) fn new(
        cx: &'l mut Lowering<'a>,
        builder: FunctionBuilder,
        args: TypeArgs,
        result: Option<Type>,
    ) -> FunctionLowering<'l, 'a> {
        FunctionLowering {
            hir: cx.hir,
            log: std::mem::take(&mut cx.log),
            cx,
            builder,
            loops: Vec::new(),
            args,
            substituted: FxHashMap::default(),
            result,
            result_type: TypeId::UNIT,
            environment: None,
            shared: SharedSources::default(),
        }
    }

    /// The statements of the file.
    pub(crate) fn main(cx: &'l mut Lowering<'a>) -> Function {
        cx.find_early_globals();
        let (builder, _) = FunctionBuilder::new("<main>", &[], None, Span::default());
        let mut this = FunctionLowering::new(cx, builder, Rc::default(), None);
        let hir = this.hir;
        let done = match hir.main.split_last() {
            Some((&last, before)) if this.cx.gives_value => {
                this.stmts(before).and_then(|()| this.give(last))
            }
            _ => this.stmts(&hir.main),
        };
        if done.is_some() {
            this.builder.ret(None);
        }
        this.finish()
    }

    /// The last statement of a text, whose value is the text's.
    fn give(&mut self, last: StmtId) -> Option<()> {
        let hir = self.hir;
        let StmtKind::Expr(value) = hir[last].kind else { return self.stmt(last) };
        if hir[value].ty == TypeId::UNIT {
            return self.stmt(last);
        }
        self.at(hir[last].span);
        let value = self.expr(value)?;
        let value = self.any_of(value);
        self.runtime_effect(RuntimeFunction::EvalResult, &[value]);
        Some(())
    }

    /// The function of this origin.
    pub(crate) fn origin(cx: &'l mut Lowering<'a>, origin: &Origin) -> Function {
        match origin {
            Origin::Function(id, args) => {
                FunctionLowering::declared_function(cx, *id, args.clone(), false, &[])
            }
            Origin::Literal(id, args) => {
                FunctionLowering::declared_function(cx, *id, args.clone(), true, &[])
            }
            Origin::Lifted(local, args) => {
                let lifted = cx.lifted.get(*local).expect("the origin was made for it").clone();
                FunctionLowering::declared_function(
                    cx,
                    lifted.id,
                    args.clone(),
                    false,
                    &lifted.extras,
                )
            }
            Origin::Agent(id, given) => FunctionLowering::instance(cx, *id, given),
            Origin::Wrapper(id, args) => FunctionLowering::wrapper(cx, *id, args.clone()),
            Origin::Partial { params, result, given, signature } => {
                FunctionLowering::partial(cx, params, *result, *given, *signature)
            }
        }
    }

    fn declared_function(
        cx: &'l mut Lowering<'a>,
        id: hir::FunctionId,
        args: TypeArgs,
        is_literal: bool,
        extras: &[LocalId],
    ) -> Function {
        let function = &cx.hir[id];
        let mut params: Vec<Type> = is_literal.then_some(Type::Closure).into_iter().collect();
        let mut param_types = Vec::with_capacity(function.params.len());
        for &param in &function.params {
            let ty = cx.substitute(cx.hir[param].ty, &args);
            param_types.push(ty);
            params.push(cx.repr(ty));
        }
        for &extra in extras {
            let ty = cx.substitute(cx.hir[extra].ty, &args);
            let in_cell = cx.hir[extra].storage == Storage::Cell;
            params.push(if in_cell { Type::Record } else { cx.repr(ty) });
        }
        let result_type = cx.substitute(function.result, &args);
        let result = cx.result_repr(result_type);
        let name = match cx.interner.resolve(function.name) {
            "" => "<function>",
            name => name,
        };
        let (builder, values) = FunctionBuilder::new(name, &params, result, function.span);
        let mut this = FunctionLowering::new(cx, builder, args, result);
        this.result_type = result_type;
        let mut values = values.into_iter();
        if is_literal {
            this.environment = values.next();
            this.open_environment(id);
            let signature = this.cx.signature(&param_types, result_type);
            this.builder.set_signature(signature);
        }
        for &param in &function.params {
            let value = values.next().expect("the entry block has the function's parameters");
            this.bind(param, value);
        }
        for (&extra, value) in extras.iter().zip(values) {
            this.declare(extra, value);
        }
        this.body(function);
        this.finish()
    }

    fn body(&mut self, function: &'a hir::Function) {
        match &function.body {
            Body::Block(stmts) => {
                if self.stmts(stmts).is_some() {
                    self.builder.span = function.span;
                    self.fall_off();
                }
            }
            Body::Expr(value) => {
                let result = if self.result.is_some() {
                    self.expr(*value).map(Some)
                } else {
                    self.effect(*value).map(|()| None)
                };
                if let Some(result) = result {
                    self.builder.span = self.hir[*value].span;
                    self.builder.ret(result);
                }
            }
            Body::Extern => {
                self.builder.span = function.span;
                let name = self.symbol(function.name);
                self.raise_text(TrapKind::Extern, name);
            }
        }
    }

    /// Ends a body that has no `return`. Where a value was promised, which edition 2025 does not enforce, it is
    /// the empty one; a record or function has none, so the program stops.
    pub(crate) fn fall_off(&mut self) {
        let value = match self.result {
            None => None,
            Some(_) => match self.empty_value(self.result_type) {
                Some(value) => Some(value),
                None => {
                    return self.builder.terminate(Op::Trap, &[], TrapKind::NoneValue as u64, &[]);
                }
            },
        };
        self.builder.ret(value);
    }

    /// The value of a type that means nothing: 0, "", an empty list or map, `none`.
    fn empty_value(&mut self, ty: TypeId) -> Option<Value> {
        let kind = self.cx.types.kind(ty).clone();
        if matches!(kind, TypeKind::Option(_)) {
            let ty = self.repr(ty);
            return Some(self.none(ty));
        }
        Some(match self.repr(ty) {
            Type::I64 => self.builder.i64(0),
            Type::F64 => self.builder.f64(0.0),
            Type::Bool => self.builder.bool(false),
            Type::Str => self.string(""),
            list @ (Type::ListI64
            | Type::ListF64
            | Type::ListBool
            | Type::ListRef
            | Type::ListAny) => {
                let list = self.builder.emit(Op::ListOf, &[], 0, list);
                self.watched(list, ty)
            }
            Type::Map => {
                let TypeKind::Map(key, item) = kind else { return None };
                self.new_map(key, item, 0)
            }
            Type::Any => self.none(Type::Any),
            Type::Big => {
                let zero = self.builder.i64(0);
                self.big_of(zero, ty)
            }
            Type::Record | Type::Closure => return None,
        })
    }

    pub(crate) fn finish(mut self) -> Function {
        self.log.clear(&mut self.cx.locals);
        self.cx.log = self.log;
        self.builder.finish()
    }

    // -- types --

    /// `ty` with this function's type arguments in it.
    pub(crate) fn substitute(&mut self, ty: TypeId) -> TypeId {
        if self.args.is_empty() || !self.cx.types.has_param(ty) {
            return ty;
        }
        if let Some(&known) = self.substituted.get(&ty) {
            return known;
        }
        let substituted = self.cx.substitute(ty, &self.args);
        self.substituted.insert(ty, substituted);
        substituted
    }

    /// The type of an expression.
    pub(crate) fn type_of(&mut self, expr: ExprId) -> TypeId {
        self.substitute(self.hir[expr].ty)
    }

    /// The type of a variable.
    pub(crate) fn type_of_local(&mut self, local: LocalId) -> TypeId {
        self.substitute(self.hir[local].ty)
    }

    /// What a type is.
    pub(crate) fn kind(&self, ty: TypeId) -> &TypeKind {
        self.cx.types.kind(ty)
    }

    /// The type that a value of type `ty` has in the IR.
    pub(crate) fn repr(&self, ty: TypeId) -> Type {
        self.cx.repr(ty)
    }

    // -- variables --

    /// Gives a variable its first value, wherever it lives.
    pub(crate) fn bind(&mut self, local: LocalId, value: Value) {
        match self.hir[local].storage {
            Storage::Value => self.declare(local, value),
            Storage::Cell => {
                if self.cx.early.contains(&local) && self.is_declared(local) {
                    let cell = self.current(local);
                    self.builder.effect(Op::FieldSet, &[cell, value], 0);
                } else {
                    let cell = self.new_cell(local, value);
                    self.declare(local, cell);
                }
            }
            Storage::Global => {
                let global = self.cx.global(local);
                self.builder.effect(Op::GlobalSet, &[value], u64::from(global.0));
            }
        }
    }

    fn new_cell(&mut self, local: LocalId, value: Value) -> Value {
        let ty = self.type_of_local(local);
        let cyclic = self.cx.cycles.reaches_function(&self.cx.types, ty);
        let shape = self.cx.cell_shape(self.builder.ty(value).rep(), cyclic);
        self.builder.emit(Op::RecordNew, &[value], u64::from(shape.0), Type::Record)
    }

    /// Makes the cell of a variable that functions refer to before its declaration.
    pub(crate) fn declare_early(&mut self, local: LocalId) {
        let ty = self.type_of_local(local);
        let nothing = self.nothing(self.repr(ty));
        let cell = self.new_cell(local, nothing);
        self.declare(local, cell);
        self.cx.early.insert(local);
    }

    /// What is in a place of this type before it has a value.
    pub(crate) fn nothing(&mut self, ty: Type) -> Value {
        match ty {
            Type::I64 => self.builder.i64(0),
            Type::F64 => self.builder.f64(0.0),
            Type::Bool => self.builder.bool(false),
            counted => self.none(counted),
        }
    }

    /// The value of a variable.
    pub(crate) fn read(&mut self, local: LocalId) -> Value {
        let value = match self.hir[local].storage {
            Storage::Value => return self.current(local),
            Storage::Cell => {
                let ty = self.type_of_local(local);
                let (cell, ty) = (self.current(local), self.repr(ty));
                self.builder.emit(Op::FieldGet, &[cell], 0, ty)
            }
            Storage::Global => {
                let global = self.cx.global(local);
                let ty = self.cx.program.globals[global.index()].ty;
                self.builder.emit(Op::GlobalGet, &[], u64::from(global.0), ty)
            }
        };
        let ty = self.builder.ty(value);
        if ty.rep() == mochi_abi::layout::Rep::Ref
            && self.cx.early.contains(&local)
            && !matches!(self.kind(self.hir[local].ty), TypeKind::Option(_))
        {
            return self.builder.emit(Op::CheckSome, &[value], 0, ty);
        }
        value
    }

    // -- small things to emit --

    /// The instructions to come belong to this part of the source.
    pub(crate) fn at(&mut self, span: Span) {
        self.builder.span = span;
    }

    /// `none`, as a null pointer or as `any`.
    pub(crate) fn none(&mut self, ty: Type) -> Value {
        self.builder.emit(Op::None, &[], 0, ty)
    }

    pub(crate) fn string(&mut self, text: &str) -> Value {
        let id = self.cx.string(text);
        self.builder.emit(Op::StrConst, &[], u64::from(id.0), Type::Str)
    }

    pub(crate) fn symbol(&mut self, symbol: mochi_base::Symbol) -> Value {
        let id = self.cx.symbol(symbol);
        self.builder.emit(Op::StrConst, &[], u64::from(id.0), Type::Str)
    }

    /// Calls a runtime function that has a result.
    pub(crate) fn runtime(
        &mut self,
        function: RuntimeFunction,
        args: &[Value],
        result: Type,
    ) -> Value {
        self.builder.runtime(function, args, Some(result)).expect("a result was asked for")
    }

    /// Calls a runtime function that has none.
    pub(crate) fn runtime_effect(&mut self, function: RuntimeFunction, args: &[Value]) {
        self.builder.runtime(function, args, None);
    }

    /// Stops the program with a trap that shows a text, and ends the block.
    pub(crate) fn raise_text(&mut self, kind: TrapKind, text: Value) {
        let code = self.builder.i64(kind as i64);
        self.runtime_effect(RuntimeFunction::RaiseText, &[code, text]);
        // The call does not come back; the block needs an end all the same.
        self.builder.terminate(Op::Trap, &[], kind as u64, &[]);
    }

    /// An empty map for these types.
    pub(crate) fn new_map(&mut self, key: TypeId, item: TypeId, capacity: usize) -> Value {
        let ty = self.cx.types.map(key, item);
        let key = self.builder.i64(self.repr(key).rep() as i64);
        let item = self.builder.i64(self.repr(item).rep() as i64);
        let capacity = self.builder.i64(capacity as i64);
        let map = self.runtime(RuntimeFunction::MapNew, &[key, item, capacity], Type::Map);
        self.watched(map, ty)
    }

    /// A new list or map of this type, which the cycle collector watches from here on if there is reason to.
    pub(crate) fn watched(&mut self, value: Value, ty: TypeId) -> Value {
        let is_container = match self.kind(ty) {
            TypeKind::List(item) => self.repr(*item).rep().is_counted(),
            TypeKind::Map(..) => true,
            _ => false,
        };
        if is_container && self.cx.cycles.is_cyclic(&self.cx.types, ty) {
            self.runtime_effect(RuntimeFunction::RefWatch, &[value]);
        }
        value
    }

    /// Ends the block after something has been reported.
    pub(crate) fn stop<T>(&mut self) -> Option<T> {
        self.builder.terminate(Op::Trap, &[], TrapKind::Extern as u64, &[]);
        None
    }

    /// Reports something that cannot be run, and stops the block there.
    pub(crate) fn unsupported<T>(&mut self, span: Span, what: &str) -> Option<T> {
        self.cx.unsupported(span, what);
        self.stop()
    }
}
