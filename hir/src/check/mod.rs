//! The checker: a syntax tree goes in, the typed program and everything wrong with it come out.
//!
//! One walk in the order of the source. Declarations of types and of top-level functions are read
//! first ([`declare`]), because they may be used before they stand; then statements are checked one
//! after the other, and what they mean is written down at once. What is only known at the end
//! (stand-ins of inference, where variables live) is filled in by [`finish`].
//!
//! - Every statement **must** report at most one finding of its own: what follows from a mistake in
//!   the same statement is noise. Something that failed has the type `Error`, which goes with
//!   everything and is never reported again.
//! - What editions differ in is asked of [`Rules`] only.

mod agent;
mod alias;
mod argument;
mod assign;
mod builtin;
mod call;
mod cast;
mod coerce;
mod collection;
mod compare;
mod declare;
mod effects;
mod event;
mod expression;
mod finish;
mod function;
mod literal;
mod logic;
mod method;
mod module;
mod narrow;
mod operator;
mod outside;
mod package;
mod pattern;
mod postfix;
mod query;
mod scope;
mod statement;
mod types;

use mochi_base::{Code, Diagnostic, Interner, Span, Symbol, known};
use mochi_syntax::ast::{self, Ast};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::edition::Rules;
use crate::hir::{
    AgentId, Convert, Expr, ExprId, ExprKind, FunctionId, Hir, Local, LocalId, PredicateId, Stmt,
    StmtId, StmtKind, Storage,
};
use crate::infer::Inference;
use crate::types::{StructId, TypeId, TypeKind, UnionId};
use scope::Binding;

/// All that the checker knows while it walks.
pub(crate) struct Checker<'a> {
    ast: &'a Ast,
    interner: &'a mut Interner,
    rules: Rules,
    hir: Hir,
    diagnostics: Vec<Diagnostic>,
    /// This statement has been reported: what else is found in it follows from that.
    failed: bool,
    infer: Inference,
    /// Expressions whose type, or type arguments, have stand-ins in them.
    unfinished: Vec<ExprId>,
    unfinished_locals: Vec<LocalId>,
    unfinished_functions: Vec<FunctionId>,

    /// What each name means here, by symbol.
    names: Vec<Binding>,
    /// What names meant before the scopes that are open.
    name_log: Vec<(Symbol, Binding)>,
    /// What each name means as a type.
    type_names: FxHashMap<Symbol, TypeId>,
    /// The type parameters of the functions around, outermost first.
    type_params: Vec<TypeId>,
    /// Generic nested functions that are only called, by their variables.
    nested_generics: FxHashMap<LocalId, Generic>,
    /// The flow types that the open scopes replaced.
    narrow_log: Vec<(LocalId, TypeId)>,
    /// The variables that can be assigned and may be narrowed here.
    narrowed: Vec<LocalId>,
    /// Where a variable is read with its narrowed type.
    narrowed_reads: Vec<(ExprId, LocalId)>,
    /// Variables that were assigned while a narrowing was open.
    killed: Vec<LocalId>,
    /// For each local what only the checker needs.
    local_facts: Vec<LocalFacts>,
    /// For each function what its callers need.
    signatures: Vec<Signature>,
    /// Functions by the syntax they come from, filled by the declaration pass.
    function_of: FxHashMap<ast::FunctionId, FunctionId>,
    /// The functions being checked, innermost last; the first is the main program.
    contexts: Vec<Context>,
    /// Which context has captured which local, so that each is listed once.
    captured: FxHashSet<(u32, LocalId)>,
    context_serial: u32,

    fields: FxHashMap<(StructId, Symbol), u32>,
    methods: FxHashMap<(StructId, Symbol), FunctionId>,
    methods_of: FxHashMap<StructId, Vec<(Symbol, FunctionId)>>,
    variants: FxHashMap<Symbol, StructId>,
    /// Aliases that nobody has needed yet.
    aliases: FxHashMap<Symbol, ast::TypeId>,
    inline_structs: FxHashMap<Vec<(Symbol, TypeId)>, StructId>,
    /// Streams, by name: the struct of their events.
    streams: FxHashMap<Symbol, StructId>,
    /// Agents, by the struct of their state.
    agents: FxHashMap<StructId, AgentFacts>,
    /// Predicates, by name, and where each is first said.
    predicates: FxHashMap<Symbol, (PredicateId, Span)>,
    modules: Vec<module::Module>,
    /// The packages that have been checked.
    package_facts: Vec<package::PackageFacts>,
    /// The statements of the files of the package being checked.
    bodies: Vec<ast::List<ast::StmtId>>,
    /// The names that imports of the file being checked have brought.
    imported: Vec<Symbol>,
    /// What `extern` declares, by the whole dotted name.
    externals: FxHashMap<String, module::External>,
    /// First parts of dotted external names.
    external_roots: FxHashSet<Symbol>,
    effects: effects::Effects,
    /// Variables that are somewhere asked whether they hold anything, where looking a key up gives no
    /// option by itself.
    asked_for_presence: FxHashSet<Symbol>,
    /// Where variables are declared that hold an `any` although their first value has another type.
    mixed: FxHashSet<u32>,
    /// Where variables are declared, without a type, that are given an item of a container of `any`.
    mixed_candidates: FxHashSet<u32>,
    /// The literal being checked is stored where writes through it would reach its items.
    literal_aliases: bool,
    /// The chains of left operands that are being walked.
    spine_stack: Vec<ast::ExprId>,
}

/// What the checker knows of a local beside what the program needs.
#[derive(Debug, Clone, Copy)]
struct LocalFacts {
    /// The depth of its function in the stack of contexts.
    owner: u32,
    mutable: bool,
    /// A function literal uses it.
    captured: bool,
    /// A function uses it before it is initialised, as a recursive nested function does.
    early: bool,
    /// It is declared without a type.
    untyped: bool,
    /// The type that flow has narrowed it to; its declared type if nothing has.
    current: TypeId,
}

/// What the checker knows of an agent beside its state's type.
#[derive(Debug)]
struct AgentFacts {
    id: AgentId,
    /// Of each field where it is declared, and whether it is a `var`.
    fields: Vec<(Span, bool)>,
}

/// A generic function as its calls see it.
#[derive(Debug, Clone)]
struct Generic {
    /// The type parameters that can stand in its types; all but the last ones are of functions around it.
    type_params: Vec<TypeId>,
    /// How many are its own.
    own: usize,
    params: Box<[TypeId]>,
    result: TypeId,
}

/// What the callers of a function see.
#[derive(Debug, Clone)]
struct Signature {
    params: Box<[TypeId]>,
    result: TypeId,
    type_params: Box<[Symbol]>,
    /// Where it is declared, without the body.
    head: Span,
}

/// A function being checked.
#[derive(Debug)]
struct Context {
    serial: u32,
    /// A function or method of the top level, for which top-level variables are globals.
    top_level: bool,
    /// What `return` must give.
    result: TypeId,
    /// How many loops of this function are open.
    loops: u32,
    captures: Vec<LocalId>,
    /// In a method: the receiver and its type.
    receiver: Option<(LocalId, StructId)>,
}

/// A type at its outside, in a form that can be matched while the table of types changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Error,
    Int,
    Float,
    BigInt,
    BigRat,
    Bool,
    String,
    Unit,
    Any,
    None,
    List(TypeId),
    Map(TypeId, TypeId),
    Option(TypeId),
    Fun,
    Struct(StructId),
    Union(UnionId),
    Group(TypeId, TypeId),
    Param,
    Var,
}

impl Shape {
    fn is_numeric(self) -> bool {
        matches!(self, Shape::Int | Shape::Float | Shape::BigInt | Shape::BigRat)
    }

    /// Whether copies share storage, so that a write through one is seen through the other.
    fn is_aggregate(self) -> bool {
        matches!(self, Shape::List(_) | Shape::Map(..) | Shape::Struct(_))
    }
}

/// Checks a whole program.
pub(crate) fn check_program(
    ast: &Ast,
    interner: &mut Interner,
    rules: Rules,
) -> (Hir, Vec<Diagnostic>) {
    let (hir, diagnostics, candidates) = check_with(ast, interner, rules, FxHashSet::default());
    if candidates.is_empty() || !diagnostics.is_empty() {
        return (hir, diagnostics);
    }
    // `var a = 3`, and then `a = xs[0]` of a `list<any>`: unless something needs it to be an int, it holds anything.
    let (mixed_hir, mixed_diagnostics, _) = check_with(ast, interner, rules, candidates);
    if mixed_diagnostics.is_empty() { (mixed_hir, mixed_diagnostics) } else { (hir, diagnostics) }
}

/// Checks a whole program in which the variables declared at `mixed` hold an `any`; gives those that could be such.
fn check_with(
    ast: &Ast,
    interner: &mut Interner,
    rules: Rules,
    mixed: FxHashSet<u32>,
) -> (Hir, Vec<Diagnostic>, FxHashSet<u32>) {
    let mut checker = Checker::new(ast, interner, rules);
    checker.mixed = mixed;
    checker.declare_builtins();
    checker.declare_predicates();
    checker.hir.main = checker.packages();
    let candidates = std::mem::take(&mut checker.mixed_candidates);
    let (hir, diagnostics) = checker.finish();
    (hir, diagnostics, candidates)
}

impl<'a> Checker<'a> {
    fn new(ast: &'a Ast, interner: &'a mut Interner, rules: Rules) -> Checker<'a> {
        let names = vec![Binding::Unknown; interner.len()];
        let mut hir = Hir::default();
        // The typed tree is about as large as the syntax tree.
        hir.exprs.reserve(ast.exprs.len() + ast.exprs.len() / 4);
        hir.stmts.reserve(ast.stmts.len());
        Checker {
            ast,
            interner,
            rules,
            hir,
            diagnostics: Vec::new(),
            failed: false,
            infer: Inference::default(),
            unfinished: Vec::new(),
            unfinished_locals: Vec::new(),
            unfinished_functions: Vec::new(),
            names,
            name_log: Vec::new(),
            type_names: FxHashMap::default(),
            type_params: Vec::new(),
            nested_generics: FxHashMap::default(),
            narrow_log: Vec::new(),
            narrowed: Vec::new(),
            narrowed_reads: Vec::new(),
            killed: Vec::new(),
            local_facts: Vec::new(),
            signatures: Vec::new(),
            function_of: FxHashMap::default(),
            contexts: vec![Context {
                serial: 0,
                top_level: false,
                result: TypeId::UNIT,
                loops: 0,
                captures: Vec::new(),
                receiver: None,
            }],
            captured: FxHashSet::default(),
            context_serial: 0,
            fields: FxHashMap::default(),
            methods: FxHashMap::default(),
            methods_of: FxHashMap::default(),
            variants: FxHashMap::default(),
            aliases: FxHashMap::default(),
            inline_structs: FxHashMap::default(),
            streams: FxHashMap::default(),
            agents: FxHashMap::default(),
            predicates: FxHashMap::default(),
            modules: Vec::new(),
            package_facts: Vec::new(),
            bodies: Vec::new(),
            imported: Vec::new(),
            externals: FxHashMap::default(),
            external_roots: FxHashSet::default(),
            effects: effects::Effects::default(),
            asked_for_presence: if rules.absent_key_traps {
                names_asked_for_presence(ast)
            } else {
                FxHashSet::default()
            },
            mixed: FxHashSet::default(),
            mixed_candidates: FxHashSet::default(),
            literal_aliases: false,
            spine_stack: Vec::new(),
        }
    }

    // ── Findings ───────────────────────────────────────────────────────────────────────────────

    /// Reports, unless this statement has been reported already.
    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.failed {
            self.report_always(diagnostic);
        }
    }

    /// Reports a declaration's finding, which no statement owns.
    fn report_always(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        // Nobody reads more than this, and each takes time to show.
        if self.diagnostics.len() < mochi_syntax::MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports and gives the expression that stands for what failed.
    fn fail(&mut self, diagnostic: Diagnostic) -> ExprId {
        let span = diagnostic.span;
        self.report(diagnostic);
        self.error_expr(span)
    }

    /// `found`, where `wanted` is needed, at `span`.
    fn mismatch(&mut self, span: Span, wanted: TypeId, found: TypeId) -> Diagnostic {
        let (wanted_text, found_text) = (self.show(wanted), self.show(found));
        let diagnostic = Diagnostic::new(
            Code::T008,
            span,
            format!("expected `{wanted_text}`, found `{found_text}`"),
        )
        .with_label(format!("this is `{found_text}`"));
        match self.advice(wanted, found) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic.with_help(format!(
                "give a value of type `{wanted_text}` here, or change the type that is wanted"
            )),
        }
    }

    /// What turns a value of the type `found` into one of the type `wanted`.
    fn advice(&mut self, wanted: TypeId, found: TypeId) -> Option<String> {
        let (wanted_shape, found_shape) = (self.shape(wanted), self.shape(found));
        Some(match (wanted_shape, found_shape) {
            (_, Shape::Option(inner)) if self.resolved(inner) == self.resolved(wanted) => {
                "the value may be `none`: give a default with `?? value`, or test it with `!= none` first".to_owned()
            }
            (_, Shape::None) => {
                let text = self.show(wanted);
                format!("only optional types hold `none`: `{text}?`")
            }
            (Shape::Float, Shape::Int) => {
                "write the number with a decimal point, or convert it with `as float`".to_owned()
            }
            (Shape::Int, Shape::Float) => "convert it with `as int`, which cuts the fraction off".to_owned(),
            (Shape::String, Shape::Int | Shape::Float | Shape::Bool | Shape::BigInt | Shape::BigRat) => {
                "convert it with `str(value)`".to_owned()
            }
            (Shape::Int, Shape::String) => "convert it with `int(text)`".to_owned(),
            (_, Shape::Any) => {
                let text = self.show(wanted);
                format!("say what it is: `value as {text}`")
            }
            _ => return None,
        })
    }

    fn show(&mut self, ty: TypeId) -> String {
        let ty = self.infer.deep(&mut self.hir.types, ty);
        self.hir.types.show(ty, self.interner)
    }

    fn name(&self, symbol: Symbol) -> &str {
        self.interner.resolve(symbol)
    }

    // ── Types ──────────────────────────────────────────────────────────────────────────────────

    /// `ty`, or what its stand-in was solved as.
    #[inline]
    fn resolved(&self, ty: TypeId) -> TypeId {
        if self.hir.types.has_stand_in(ty) { self.infer.shallow(&self.hir.types, ty) } else { ty }
    }

    #[inline]
    fn shape(&self, ty: TypeId) -> Shape {
        match self.hir.types.kind(self.resolved(ty)) {
            TypeKind::Error => Shape::Error,
            TypeKind::Int => Shape::Int,
            TypeKind::Float => Shape::Float,
            TypeKind::BigInt => Shape::BigInt,
            TypeKind::BigRat => Shape::BigRat,
            TypeKind::Bool => Shape::Bool,
            TypeKind::String => Shape::String,
            TypeKind::Unit => Shape::Unit,
            TypeKind::Any => Shape::Any,
            TypeKind::None => Shape::None,
            TypeKind::List(item) => Shape::List(*item),
            TypeKind::Map(key, value) => Shape::Map(*key, *value),
            // An option whose stand-in turned out to hold `none` by itself is no more than that.
            TypeKind::Option(inner) => match self.hir.types.kind(self.resolved(*inner)) {
                TypeKind::Any => Shape::Any,
                TypeKind::Option(inner) => Shape::Option(*inner),
                _ => Shape::Option(*inner),
            },
            TypeKind::Fun(..) => Shape::Fun,
            TypeKind::Struct(id) => Shape::Struct(*id),
            TypeKind::Union(id) => Shape::Union(*id),
            TypeKind::Group(key, item) => Shape::Group(*key, *item),
            TypeKind::Param(..) => Shape::Param,
            TypeKind::Var(_) => Shape::Var,
        }
    }

    fn fresh(&mut self) -> TypeId {
        self.infer.fresh(&mut self.hir.types)
    }

    /// The type of an empty literal's items: found from its use, if the edition does that.
    fn item_stand_in(&mut self) -> TypeId {
        if self.rules.infer_empty_literals { self.fresh() } else { TypeId::ANY }
    }

    /// Parameters and result of a function type.
    fn function_parts(&self, ty: TypeId) -> Option<(Box<[TypeId]>, TypeId)> {
        match self.hir.types.kind(self.resolved(ty)) {
            TypeKind::Fun(params, result) => Some((params.clone(), *result)),
            _ => None,
        }
    }

    // ── Building ───────────────────────────────────────────────────────────────────────────────

    #[inline]
    fn push(&mut self, kind: ExprKind, ty: TypeId, span: Span) -> ExprId {
        let id = ExprId(self.hir.exprs.len() as u32);
        if self.hir.types.has_stand_in(ty) {
            self.unfinished.push(id);
        }
        self.hir.exprs.push(Expr { kind, ty, span });
        id
    }

    fn error_expr(&mut self, span: Span) -> ExprId {
        self.push(ExprKind::Unsupported("a part that is wrong"), TypeId::ERROR, span)
    }

    fn convert_expr(&mut self, convert: Convert, expr: ExprId, ty: TypeId) -> ExprId {
        let span = self.hir[expr].span;
        self.push(ExprKind::Convert(convert, expr), ty, span)
    }

    #[inline]
    fn ty(&self, expr: ExprId) -> TypeId {
        self.resolved(self.hir.exprs[expr.index()].ty)
    }

    fn push_stmt(&mut self, kind: StmtKind, span: Span) -> StmtId {
        let id = StmtId(self.hir.stmts.len() as u32);
        self.hir.stmts.push(Stmt { kind, span });
        id
    }

    /// A new local of the function being checked, not yet visible under its name.
    fn new_local(&mut self, name: Symbol, ty: TypeId, mutable: bool, span: Span) -> LocalId {
        let id = LocalId(self.hir.locals.len() as u32);
        if self.hir.types.has_stand_in(ty) {
            self.unfinished_locals.push(id);
        }
        self.hir.locals.push(Local { name, ty, storage: Storage::Value, assigned: false, span });
        self.local_facts.push(LocalFacts {
            owner: self.contexts.len() as u32 - 1,
            mutable: mutable || self.rules.lets_are_assignable,
            captured: false,
            early: false,
            untyped: false,
            current: ty,
        });
        id
    }

    /// A new local, visible under its name from here on.
    fn declare_local(&mut self, name: ast::Name, ty: TypeId, mutable: bool) -> LocalId {
        let id = self.new_local(name.symbol, ty, mutable, name.span);
        self.bind(name.symbol, Binding::Local(id));
        id
    }

    fn context(&mut self) -> &mut Context {
        self.contexts.last_mut().expect("the main program's context is never closed")
    }
}

/// The names that are somewhere asked whether they hold anything: `x == none`, `!x`, `if x`, `x && y`,
/// whatever they are in their places.
fn names_asked_for_presence(ast: &Ast) -> FxHashSet<Symbol> {
    let is_none = |expr: ast::ExprId| {
        matches!(
            ast[ast.without_parens(expr)].kind,
            ast::ExprKind::None | ast::ExprKind::Ident(known::NULL | known::NIL)
        )
    };
    let mut asked = Vec::new();
    for expr in ast.exprs.iter() {
        match expr.kind {
            ast::ExprKind::Binary { op, left, right, .. } => match op {
                ast::BinaryOp::Eq | ast::BinaryOp::Ne if is_none(right) => asked.push(left),
                ast::BinaryOp::Eq | ast::BinaryOp::Ne if is_none(left) => asked.push(right),
                ast::BinaryOp::And | ast::BinaryOp::Or => asked.extend([left, right]),
                _ => {}
            },
            ast::ExprKind::Unary { op: ast::UnaryOp::Not, operand } => asked.push(operand),
            ast::ExprKind::If { branches, .. } => {
                asked.extend(ast[branches].iter().map(|branch| branch.condition));
            }
            _ => {}
        }
    }
    for statement in ast.stmts.iter() {
        match statement.kind {
            ast::StmtKind::If { branches, .. } => {
                asked.extend(ast[branches].iter().map(|branch| branch.condition));
            }
            ast::StmtKind::While { condition, .. } => asked.push(condition),
            _ => {}
        }
    }
    let names = asked.into_iter().filter_map(|expr| match ast[ast.without_parens(expr)].kind {
        ast::ExprKind::Ident(name) => Some(name),
        _ => None,
    });
    names.collect()
}
