//! The program being lowered: which functions it needs, each once per list of type arguments, and what they share.
//!
//! Functions are lowered from a work list that starts with the statements of the file, so that what is never used costs
//! nothing. Copies are made for each list of type *arguments*, not of representations: then a cast, which depends on
//! the type itself, means in each copy what it says.

use crate::cycles::Cycles;
use crate::flow::{LocalState, Log};
use crate::function::FunctionLowering;
use crate::lift::Lifted;
use crate::query::{ChangingFunctions, QueryPlan};
use crate::writes::Writes;
use mochi_abi::layout::Rep;
use mochi_abi::program::{ShapeKind, TypeInfo};
use mochi_base::{Code, Diagnostic, Interner, Span, Symbol};
use mochi_hir::hir::{self, AgentId, Convert, ExprKind, Hir, LocalId};
use mochi_hir::types::{StructId, TypeId, Types};
use mochi_ir::program::{
    Function, FunctionId, Global, GlobalId, Program, ShapeId, Signature, StrId,
};
use mochi_ir::types::Type;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// The types that a copy of a generic function was made for.
pub(crate) type TypeArgs = Rc<[TypeId]>;

/// A function of the IR, by what it is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// A named function.
    Function(hir::FunctionId, TypeArgs),
    /// A function literal: its first parameter is the closure.
    Literal(hir::FunctionId, TypeArgs),
    /// A nested function that has become an ordinary one.
    Lifted(LocalId, TypeArgs),
    /// A named function as a value: the function of a closure without captures that calls it.
    Wrapper(hir::FunctionId, TypeArgs),
    /// What makes an agent's instances when these fields are given, each with a parameter.
    Agent(AgentId, Box<[u32]>),
    /// The function of a partial application: so many of the callee's parameters are already given.
    Partial { params: Box<[Type]>, result: Option<Type>, given: usize, signature: u32 },
}

/// All that is shared by the functions being lowered.
pub(crate) struct Lowering<'a> {
    pub hir: &'a Hir,
    pub interner: &'a Interner,
    /// The program's types, and those that type arguments make of them.
    pub types: Types,
    pub program: Program,
    pub diagnostics: Vec<Diagnostic>,
    /// Functions by their numbers; those not yet lowered are `None`.
    functions: Vec<Option<Function>>,
    work: VecDeque<(Origin, FunctionId)>,
    /// Functions without type parameters, by their number in the HIR.
    plain: Vec<Option<FunctionId>>,
    origins: FxHashMap<Origin, FunctionId>,
    pub struct_shapes: Vec<Option<ShapeId>>,
    /// The shapes of groups, by their key's and item's types.
    pub group_shapes: FxHashMap<(TypeId, TypeId), ShapeId>,
    /// The numbers of the streams that are used.
    pub streams: FxHashMap<StructId, u32>,
    /// Cells and captures by what they hold, and whether they can be part of a circle.
    pub unnamed_shapes: FxHashMap<(ShapeKind, Box<[Rep]>, bool), ShapeId>,
    pub cycles: Cycles,
    pub type_numbers: FxHashMap<TypeId, u32>,
    pub infos: FxHashMap<TypeInfo, u32>,
    pub signatures: FxHashMap<Signature, u32>,
    strings: FxHashMap<Box<str>, StrId>,
    names: FxHashMap<Symbol, StrId>,
    globals: FxHashMap<LocalId, GlobalId>,
    /// Of each local, what the function being lowered knows.
    pub locals: Vec<LocalState>,
    pub log: Log,
    pub writes: Writes,
    pub lifted: Lifted,
    /// Globals and cells that can be read before they have their value.
    pub early: FxHashSet<LocalId>,
    /// The plans of the queries, when they are asked for.
    pub plans: Option<Vec<QueryPlan>>,
    /// The program gives the value of its last statement.
    pub gives_value: bool,
    changing: OnceCell<ChangingFunctions>,
    /// The kinds of pointers that can be null although their type is no option.
    null_kinds: u32,
}

/// Types nested deeper than this come from a function that calls itself with ever larger types.
const DEEPEST_TYPE_ARGUMENT: u32 = 24;

impl<'a> Lowering<'a> {
    pub(crate) fn new(hir: &'a Hir, interner: &'a Interner) -> Lowering<'a> {
        let mut lowering = Lowering {
            hir,
            interner,
            types: hir.types.clone(),
            program: Program::default(),
            diagnostics: Vec::new(),
            functions: vec![None],
            work: VecDeque::new(),
            plain: vec![None; hir.functions.len()],
            origins: FxHashMap::default(),
            struct_shapes: vec![None; hir.types.structs.len()],
            group_shapes: FxHashMap::default(),
            streams: FxHashMap::default(),
            unnamed_shapes: FxHashMap::default(),
            cycles: Cycles::new(hir),
            type_numbers: FxHashMap::default(),
            infos: FxHashMap::default(),
            signatures: FxHashMap::default(),
            strings: FxHashMap::default(),
            names: FxHashMap::default(),
            globals: FxHashMap::default(),
            locals: vec![LocalState::NEW; hir.locals.len()],
            log: Log::default(),
            writes: Writes::default(),
            lifted: Lifted::new(hir),
            early: FxHashSet::default(),
            plans: None,
            gives_value: false,
            changing: OnceCell::new(),
            null_kinds: 0,
        };
        lowering.find_nulls();
        lowering
    }

    pub(crate) fn run(self) -> Result<Program, Vec<Diagnostic>> {
        self.run_with_plans().map(|(program, _)| program)
    }

    /// The program, and the plans of its queries if they were asked for.
    pub(crate) fn run_with_plans(mut self) -> Result<(Program, Vec<QueryPlan>), Vec<Diagnostic>> {
        for &(span, what) in &self.hir.unsupported {
            self.unsupported(span, what);
        }
        self.functions[0] = Some(FunctionLowering::main(&mut self));
        while let Some((origin, id)) = self.work.pop_front() {
            self.functions[id.index()] = Some(FunctionLowering::origin(&mut self, &origin));
        }
        if !self.diagnostics.is_empty() {
            return Err(self.diagnostics);
        }
        self.type_fields();
        self.program.functions = self
            .functions
            .into_iter()
            .map(|function| function.expect("the work list is empty"))
            .collect();
        Ok((self.program, self.plans.unwrap_or_default()))
    }

    /// Which functions change what others see.
    pub(crate) fn changing_functions(&self) -> &ChangingFunctions {
        self.changing.get_or_init(|| ChangingFunctions::new(self.hir))
    }

    /// A variable that the source does not have.
    pub(crate) fn hidden_local(&mut self) -> LocalId {
        self.locals.push(LocalState::NEW);
        LocalId(self.locals.len() as u32 - 1)
    }

    /// Reports something that cannot be run.
    pub(crate) fn unsupported(&mut self, span: Span, what: &str) {
        self.diagnostics.push(
            Diagnostic::new(Code::R017, span, format!("{what} cannot be run")).with_label(
                "the program is correct, but this part of the language only exists for the checker",
            ),
        );
    }

    /// The copy of a function for these type arguments; `None`, reported, when they grow without end.
    pub(crate) fn function(
        &mut self,
        id: hir::FunctionId,
        args: &TypeArgs,
        call: Span,
    ) -> Option<FunctionId> {
        if args.is_empty() {
            // Most functions have no type parameters, and then their number is enough to find them.
            return Some(match self.plain[id.index()] {
                Some(known) => known,
                None => {
                    let new = self.add(Origin::Function(id, args.clone()));
                    self.plain[id.index()] = Some(new);
                    new
                }
            });
        }
        if self.grows(id, args, call) {
            return None;
        }
        Some(self.of_origin(Origin::Function(id, args.clone())))
    }

    /// Whether the type arguments of a call grow without end, which is reported.
    pub(crate) fn grows(&mut self, id: hir::FunctionId, args: &TypeArgs, call: Span) -> bool {
        let grows = args.iter().any(|&arg| self.type_depth(arg) > DEEPEST_TYPE_ARGUMENT);
        if grows {
            let name = self.interner.resolve(self.hir[id].name);
            let message = format!("`{name}` needs a copy of itself for ever larger types");
            self.diagnostics.push(
                Diagnostic::new(Code::R017, call, message)
                    .with_label("this call's type arguments grow each time")
                    .with_help("give the recursion the same type arguments, or use `any`"),
            );
        }
        grows
    }

    /// The function of this origin, which is put on the work list when it is new.
    pub(crate) fn of_origin(&mut self, origin: Origin) -> FunctionId {
        if let Some(&known) = self.origins.get(&origin) {
            return known;
        }
        let new = self.add(origin.clone());
        self.origins.insert(origin, new);
        new
    }

    fn add(&mut self, origin: Origin) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(None);
        self.work.push_back((origin, id));
        id
    }

    /// The constant string with this text.
    pub(crate) fn string(&mut self, text: &str) -> StrId {
        if let Some(&id) = self.strings.get(text) {
            return id;
        }
        let id = StrId(self.program.strings.len() as u32);
        self.program.strings.push(text.into());
        self.strings.insert(text.into(), id);
        id
    }

    /// The constant string with this symbol's text.
    pub(crate) fn symbol(&mut self, symbol: Symbol) -> StrId {
        if let Some(&id) = self.names.get(&symbol) {
            return id;
        }
        let id = self.string(self.interner.resolve(symbol));
        self.names.insert(symbol, id);
        id
    }

    /// The global that a shared top-level variable is.
    pub(crate) fn global(&mut self, local: LocalId) -> GlobalId {
        if let Some(&id) = self.globals.get(&local) {
            return id;
        }
        let id = GlobalId(self.program.globals.len() as u32);
        let declared = &self.hir[local];
        let ty = self.repr(declared.ty);
        self.program.globals.push(Global { name: self.interner.resolve(declared.name).into(), ty });
        self.globals.insert(local, id);
        id
    }

    /// Finds the kinds of pointers that edition 2025 lets be `none` without saying so in the type.
    fn find_nulls(&mut self) {
        for expr in &self.hir.exprs {
            if let ExprKind::Convert(Convert::Unwrap, inner) = expr.kind
                && matches!(self.hir[inner].kind, ExprKind::None)
            {
                self.null_kinds |= 1 << self.repr(expr.ty) as u32;
            }
        }
    }

    /// Whether a value of this type can be null although the program's type does not say so.
    pub(crate) fn can_be_null(&self, ty: Type) -> bool {
        self.null_kinds & 1 << ty as u32 != 0
    }
}
