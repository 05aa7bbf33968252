//! Bodies of functions: named, nested, methods and literals; what they capture.

use mochi_base::{Span, Symbol, known};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::{Binding, ScopeMark};
use super::{Checker, Context, Generic};
use crate::hir::{
    Body, Convert, ExprId, ExprKind, Function, FunctionId, LocalId, StmtId, StmtKind, Storage,
};
use crate::types::{StructId, TypeId};

/// What entering a function put aside.
#[derive(Debug)]
pub(super) struct FunctionMark {
    scope: ScopeMark,
    failed: bool,
    literal_aliases: bool,
}

impl Checker<'_> {
    /// Enters a function: its own context, scope and tally of findings.
    pub(super) fn open_function(&mut self, top_level: bool, result: TypeId) -> FunctionMark {
        let mark = FunctionMark {
            scope: self.open_scope(),
            failed: std::mem::replace(&mut self.failed, false),
            literal_aliases: std::mem::replace(&mut self.literal_aliases, false),
        };
        self.context_serial += 1;
        let serial = self.context_serial;
        self.contexts.push(Context {
            serial,
            top_level,
            result,
            loops: 0,
            captures: Vec::new(),
            receiver: None,
        });
        if !self.narrow_log.is_empty() {
            self.forget_mutable_narrowings();
        }
        mark
    }

    /// Leaves a function; gives what it captures.
    pub(super) fn close_function(&mut self, mark: FunctionMark) -> Vec<LocalId> {
        self.close_scope(mark.scope);
        self.failed |= mark.failed;
        self.literal_aliases = mark.literal_aliases;
        self.contexts.pop().map(|context| context.captures).unwrap_or_default()
    }

    pub(super) fn add_function(&mut self, function: Function, params: Box<[TypeId]>) -> FunctionId {
        let id = self.reserve_function(
            function.name,
            function.span,
            &params,
            function.result,
            Box::default(),
        );
        if self.hir.types.has_stand_in(function.result) {
            self.unfinished_functions.push(id);
        }
        self.hir.functions[id.index()] = function;
        id
    }

    /// The body of a top-level function or method whose signature is known.
    pub(super) fn function_body(&mut self, id: ast::FunctionId, receiver: Option<StructId>) {
        let ast = self.ast;
        let function = &ast[id];
        let Some(&function_id) = self.function_of.get(&id) else { return };
        let signature = self.signatures[function_id.index()].clone();
        let hidden = self.open_params_of_function(&signature.type_params);
        let mark = self.open_function(true, signature.result);
        let mut params = Vec::with_capacity(signature.params.len());
        let mut types = signature.params.iter().copied();
        if let Some(owner) = receiver {
            let ty = types.next().unwrap_or(TypeId::ERROR);
            let name = ast::Name { symbol: known::SELF, span: function.span };
            let local = self.new_local(name.symbol, ty, true, name.span);
            params.push(local);
            self.context().receiver = Some((local, owner));
            self.bind_members(owner);
            if self.lookup(known::SELF) == Binding::Unknown {
                self.bind(known::SELF, Binding::Local(local));
            }
        }
        for (param, ty) in ast[function.params].iter().zip(types) {
            params.push(self.declare_local(param.name, ty, true));
        }
        let body = match function.body {
            ast::FunctionBody::Block(block) => {
                Body::Block(self.statements(&ast[ast[block].statements]))
            }
            ast::FunctionBody::Expr(expr) => {
                Body::Expr(self.expr_as(expr, signature.result, Site::Slot))
            }
        };
        self.close_function(mark);
        self.close_type_params(hidden);
        let target = &mut self.hir.functions[function_id.index()];
        target.params = params;
        target.body = body;
    }

    /// Inside a method, fields and methods of the receiver are names.
    pub(super) fn bind_members(&mut self, owner: StructId) {
        for index in 0..self.hir.types.struct_type(owner).fields.len() {
            let name = self.hir.types.struct_type(owner).fields[index].name;
            self.bind(name, Binding::ReceiverField(index as u32));
        }
        let methods = self.methods_of.get(&owner).cloned().unwrap_or_default();
        for (name, function) in methods {
            self.bind(name, Binding::ReceiverMethod(function));
        }
    }

    /// A named function inside another: a literal bound to a local, which it can call itself by.
    pub(super) fn nested_function(&mut self, id: ast::FunctionId, span: Span) -> Option<StmtId> {
        let ast = self.ast;
        let function = &ast[id];
        let name = function.name?;
        let type_params: Vec<Symbol> =
            ast[function.type_params].iter().map(|param| param.symbol).collect();
        let first_type_param = self.type_params.len() as u32;
        let is_generic =
            !type_params.is_empty() && self.is_only_called(name.symbol, ast[function.params].len());
        let hidden = if is_generic {
            self.open_params_of_function(&type_params)
        } else {
            // A function value has no type parameters: they hold anything.
            let hide = |param| (param, self.type_names.insert(param, TypeId::ANY));
            type_params.iter().copied().map(hide).collect()
        };
        let params: Vec<TypeId> = ast[function.params]
            .iter()
            .map(|param| param.ty.map_or(TypeId::ANY, |ty| self.resolve_type(ty)))
            .collect();
        let result = self.result_type(function);
        let ty = self.hir.types.function(&params, result);
        let local = self.declare_local(name, ty, false);
        if is_generic {
            let generic = Generic {
                type_params: self.type_params.clone(),
                own: type_params.len(),
                params: params.as_slice().into(),
                result,
            };
            self.nested_generics.insert(local, generic);
        }
        self.local_facts[local.index()].early = true;
        if !function.effects.is_empty() {
            self.declared_effects(function);
        }
        let closure = self.literal_body(function, &params, result, ty);
        if is_generic && let ExprKind::Closure(id) = self.hir[closure].kind {
            let function = &mut self.hir.functions[id.index()];
            function.type_params = type_params.len() as u32;
            function.first_type_param = first_type_param;
        }
        self.local_facts[local.index()].early = false;
        self.close_type_params(hidden);
        Some(self.push_stmt(StmtKind::Let(local, closure), span))
    }

    /// Whether nothing is done with this name but calling it with so many arguments.
    fn is_only_called(&self, name: Symbol, params: usize) -> bool {
        let ast = self.ast;
        let names =
            |expr: &ast::Expr| matches!(expr.kind, ast::ExprKind::Ident(ident) if ident == name);
        let uses = ast.exprs.iter().filter(|expr| names(expr)).count();
        let is_call = |expr: &&ast::Expr| {
            matches!(expr.kind, ast::ExprKind::Call { callee, args, .. }
                if names(&ast[callee]) && ast[args].len() == params)
        };
        ast.exprs.iter().filter(is_call).count() == uses
    }

    /// `fun(x) => e` with what its surroundings want it to be.
    pub(super) fn function_literal(
        &mut self,
        id: ast::FunctionId,
        expected: Option<TypeId>,
    ) -> ExprId {
        let ast = self.ast;
        let function = &ast[id];
        let wanted = expected.and_then(|ty| self.function_parts(ty));
        let same_count =
            wanted.as_ref().is_some_and(|(params, _)| params.len() == function.params.len());
        let mut hidden = Vec::new();
        for param in &ast[function.type_params] {
            hidden.push((param.symbol, self.type_names.insert(param.symbol, TypeId::ANY)));
        }
        let mut params = Vec::new();
        for (index, param) in ast[function.params].iter().enumerate() {
            params.push(match (param.ty, &wanted) {
                (Some(ty), _) => self.resolve_type(ty),
                (None, Some((wanted, _))) if same_count => {
                    let ty = wanted[index];
                    self.infer.deep(&mut self.hir.types, ty)
                }
                (None, _) => TypeId::ANY,
            });
        }
        let result = match (function.result, function.body) {
            (Some(ty), _) => self.resolve_type(ty),
            (None, ast::FunctionBody::Block(block)) if !self.returns_value(block) => TypeId::UNIT,
            (None, _) => match &wanted {
                Some((_, result)) if same_count && self.resolved(*result) != TypeId::UNIT => {
                    *result
                }
                _ => self.fresh(),
            },
        };
        let ty = self.hir.types.function(&params, result);
        let closure = self.literal_body(function, &params, result, ty);
        if !function.effects.is_empty()
            && let Some(declared) = self.declared_effects(function)
        {
            let inferred = self.effects_of_function(function);
            self.check_promise(function, declared, inferred);
        }
        self.close_type_params(hidden);
        closure
    }

    fn literal_body(
        &mut self,
        function: &ast::Function,
        params: &[TypeId],
        result: TypeId,
        ty: TypeId,
    ) -> ExprId {
        let ast = self.ast;
        let mark = self.open_function(false, result);
        let locals: Vec<LocalId> = ast[function.params]
            .iter()
            .zip(params)
            .map(|(param, &ty)| self.declare_local(param.name, ty, true))
            .collect();
        let body = match function.body {
            ast::FunctionBody::Block(block) => {
                Body::Block(self.statements(&ast[ast[block].statements]))
            }
            ast::FunctionBody::Expr(expr) => {
                let value = self.expr(expr, Some(result));
                // The result of a literal is whatever its expression gives, if nothing was said.
                if self.shape(result) == super::Shape::Var {
                    let found = self.ty(value);
                    let found = if found == TypeId::NONE { TypeId::ANY } else { found };
                    self.unify(result, found);
                }
                Body::Expr(self.fit(expr, value, result, Site::Slot))
            }
        };
        let captures = self.close_function(mark);
        let name = function.name.map_or(known::EMPTY, |name| name.symbol);
        let function = Function {
            name,
            params: locals,
            type_params: 0,
            first_type_param: 0,
            result,
            body,
            captures,
            span: function.span,
        };
        let span = function.span;
        let id = self.add_function(function, params.into());
        self.push(ExprKind::Closure(id), ty, span)
    }

    /// Reads a local: notes who captures it and gives its type here.
    pub(super) fn use_local(&mut self, local: LocalId, span: Span) -> ExprId {
        let facts = self.local_facts[local.index()];
        if facts.owner as usize + 1 < self.contexts.len() {
            self.capture(local);
        }
        let declared = self.hir.locals[local.index()].ty;
        let read = self.push(ExprKind::Local(local), declared, span);
        if facts.current == declared {
            return read;
        }
        let narrowed = self.convert_expr(Convert::Narrow, read, facts.current);
        self.narrowed_reads.push((narrowed, local));
        narrowed
    }

    /// Notes that the functions between a local's own and the present one use it.
    pub(super) fn capture(&mut self, local: LocalId) {
        let owner = self.local_facts[local.index()].owner as usize;
        if owner + 1 >= self.contexts.len() {
            return;
        }
        if self.contexts[owner + 1].top_level {
            self.hir.locals[local.index()].storage = Storage::Global;
            return;
        }
        let facts = &mut self.local_facts[local.index()];
        facts.captured = true;
        if facts.early && self.hir.locals[local.index()].storage == Storage::Value {
            self.hir.locals[local.index()].storage = Storage::Cell;
        }
        for index in owner + 1..self.contexts.len() {
            let serial = self.contexts[index].serial;
            if self.captured.insert((serial, local)) {
                self.contexts[index].captures.push(local);
            }
        }
    }
}
