//! The typed program: what the checker leaves and the lowering reads.
//!
//! Every name is resolved, every expression has a type without stand-ins, every conversion is an
//! expression of its own ([`Convert`]), and every builtin is a variant of [`Builtin`]. Nodes lie in
//! flat arenas of the [`Hir`]. Invariants the lowering relies on:
//! - operands of an [`ExprKind::Binary`] **must** have the type its [`BinaryOp`] row names;
//! - arguments **must** already have their parameters' types;
//! - a [`Local`] that a function literal captures and that anybody assigns after the capture
//!   **must** have [`Storage::Cell`]; one that a named top-level function uses, [`Storage::Global`].

use crate::types::{StructId, TypeId, Types};
use mochi_base::{Span, Symbol};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name { pub fn index(self) -> usize { self.0 as usize } }
    )* };
}
id! {
    /// An expression in [`Hir::exprs`].
    ExprId
    /// A statement in [`Hir::stmts`].
    StmtId
    /// A variable or parameter in [`Hir::locals`]; the whole program shares one arena.
    LocalId
    /// A function, method or function literal in [`Hir::functions`].
    FunctionId
    /// A query in [`Hir::queries`].
    QueryId
    /// An agent in [`Hir::agents`].
    AgentId
    /// A predicate of facts and rules in [`Hir::predicates`].
    PredicateId
    /// A rule in [`Hir::rules`].
    RuleId
}

/// A checked program.
#[derive(Debug, Default)]
pub struct Hir {
    pub types: Types,
    pub exprs: Vec<Expr>,
    pub stmts: Vec<Stmt>,
    pub locals: Vec<Local>,
    pub functions: Vec<Function>,
    pub queries: Vec<Query>,
    pub agents: Vec<Agent>,
    pub predicates: Vec<Predicate>,
    pub rules: Vec<Rule>,
    /// The statements of the file in order; declarations are not among them.
    pub main: Vec<StmtId>,
    /// Things that are checked but that the lowering cannot run, with a phrase for the user.
    pub unsupported: Vec<(Span, &'static str)>,
}

/// A variable, parameter, loop variable or pattern binding.
#[derive(Debug, Clone)]
pub struct Local {
    pub name: Symbol,
    pub ty: TypeId,
    pub storage: Storage,
    /// Assigned somewhere after its declaration.
    pub assigned: bool,
    pub span: Span,
}

/// Where a variable lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In its function's own registers; a capture copies the value.
    Value,
    /// In a heap cell shared with the function literals that captured it; fresh in each evaluation of its
    /// declaration. A recursive nested function captures the local it is bound to before that local has
    /// its value, so the cell is there before the initialiser is evaluated.
    Cell,
    /// One for the whole program: a top-level variable that functions use.
    Global,
}

/// A function, method or function literal.
#[derive(Debug, Clone)]
pub struct Function {
    /// `name`, `Type.method`, or empty for a literal.
    pub name: Symbol,
    /// A method's first parameter is `self`.
    pub params: Vec<LocalId>,
    /// How many type parameters it has; `TypeKind::Param` indexes them. The lowering compiles one copy
    /// for each list of type arguments that is used.
    pub type_params: u32,
    /// The number of its first type parameter: those of the functions around a nested one come before.
    pub first_type_param: u32,
    pub result: TypeId,
    pub body: Body,
    /// The variables of enclosing functions that it uses, Value or Cell; globals are not among them.
    /// A named nested function is a literal bound to a local.
    pub captures: Vec<LocalId>,
    pub span: Span,
}

/// What a function does.
#[derive(Debug, Clone)]
pub enum Body {
    /// Statements; falling off the end returns unit (edition 2025: `none`, when a value was promised).
    Block(Vec<StmtId>),
    /// `=> e`.
    Expr(ExprId),
    /// Declared `extern`: calling it is an error when the program runs.
    Extern,
}

#[derive(Debug, Clone)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum StmtKind {
    /// Declares and initialises a variable (`let`, `var`, a nested function).
    Let(LocalId, ExprId),
    Assign(Place, ExprId),
    Expr(ExprId),
    If {
        cond: ExprId,
        then: Vec<StmtId>,
        otherwise: Vec<StmtId>,
    },
    While {
        cond: ExprId,
        body: Vec<StmtId>,
    },
    /// `for x in a..b`: `b` excluded; both evaluated once.
    ForRange {
        var: LocalId,
        start: ExprId,
        end: ExprId,
        body: Vec<StmtId>,
    },
    /// `for x in list`, over the characters of a string (as strings), the keys of a map in printed order,
    /// the items of a group, or `any` (whichever it is when it runs).
    ForIn {
        var: LocalId,
        source: ExprId,
        body: Vec<StmtId>,
    },
    Break,
    Continue,
    Return(Option<ExprId>),
    Test {
        name: Symbol,
        body: Vec<StmtId>,
    },
    Bench {
        name: Symbol,
        body: Vec<StmtId>,
    },
    /// `expect e`.
    Expect(ExprId),
    /// A scope of its own.
    Block(Vec<StmtId>),
    /// `emit S {…}`: the event, a struct of the stream's type.
    Emit {
        stream: StructId,
        event: ExprId,
    },
    /// `on S as x {…}`: from here on the handler, a function literal of one event, hears what is emitted.
    On {
        stream: StructId,
        handler: ExprId,
    },
    /// `fact p(a, b)`: the terms are in `any`s.
    Fact(PredicateId, Box<[ExprId]>),
    /// `rule p(x) :- q(x, y)`: from here on what follows from it holds.
    Rule(RuleId),
    /// A checked statement that the lowering has no form for: the phrase says what it is (`a stream`).
    Unsupported(&'static str),
}

/// What can be assigned to.
#[derive(Debug, Clone)]
pub enum Place {
    Local(LocalId),
    /// `base.field`; the base is a struct (or `any`, by name: [`Place::AnyField`]).
    Field(ExprId, u32),
    AnyField(ExprId, Symbol),
    /// `base[index]` of a list, map or `any`.
    Index(ExprId, ExprId),
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: TypeId,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(Symbol),
    /// `none`, of an option type or `any`.
    None,
    Unit,
    /// Control never gets here; the type is whatever the place wants.
    Unreachable,
    /// A checked expression that the lowering has no form for.
    Unsupported(&'static str),
    Local(LocalId),
    /// A named function as a value.
    Function(FunctionId, Box<[TypeId]>),
    /// A function literal.
    Closure(FunctionId),
    /// A direct call, methods too (`self` first).
    Call {
        function: FunctionId,
        type_args: Box<[TypeId]>,
        args: Box<[ExprId]>,
    },
    /// A call of a function value.
    CallValue {
        callee: ExprId,
        args: Box<[ExprId]>,
    },
    /// A call of a generic nested function, by the variable that names it; it is never used in another way.
    CallNested {
        local: LocalId,
        type_args: Box<[TypeId]>,
        args: Box<[ExprId]>,
    },
    CallBuiltin {
        builtin: Builtin,
        args: Box<[ExprId]>,
    },
    /// Fewer arguments than parameters: a function of the rest. The callee is a function value.
    Partial {
        callee: ExprId,
        args: Box<[ExprId]>,
    },
    Neg(ExprId),
    Not(ExprId),
    Binary(BinaryOp, ExprId, ExprId),
    /// `&&`, evaluating the right side only when needed.
    And(ExprId, ExprId),
    Or(ExprId, ExprId),
    /// `a ?? b`; `a` is an option or `any`.
    Coalesce(ExprId, ExprId),
    If {
        cond: ExprId,
        then: ExprId,
        otherwise: ExprId,
    },
    Match {
        scrutinee: ExprId,
        arms: Box<[Arm]>,
    },
    /// Elements already have the list's item type.
    List(Box<[ExprId]>),
    Map(Box<[(ExprId, ExprId)]>),
    /// A struct or variant; fields in the order of declaration.
    Struct(StructId, Box<[ExprId]>),
    /// A new instance of an agent, and the fields that are not to have their declared initial values.
    Agent(AgentId, Box<[(u32, ExprId)]>),
    Field(ExprId, u32),
    /// A field of an `any`, by name, looked up when it runs.
    AnyField(ExprId, Symbol),
    /// `g.key` of a group.
    GroupKey(ExprId),
    /// `a?.f`: none when `a` is none.
    SafeField(ExprId, u32),
    /// A list item, a character of a string, or an item of an `any`; out of range is a run-time error.
    Index(ExprId, ExprId),
    /// A map's value as an option: none when absent (edition 2026).
    MapGet(ExprId, ExprId),
    /// A map's value; absence is a run-time error (edition 2025).
    MapIndex(ExprId, ExprId),
    SafeIndex(ExprId, ExprId),
    /// `a[start:end:step]` of a list or string, clamped.
    Slice {
        base: ExprId,
        start: Option<ExprId>,
        end: Option<ExprId>,
        step: Option<ExprId>,
    },
    Convert(Convert, ExprId),
    Query(QueryId),
    /// `query p(x, 1)`: a list of maps, one for each answer.
    LogicQuery(Box<LogicQuery>),
    /// `load "path" as T with options`: a list of the rows; the options are a map in an `any`.
    Load {
        path: Option<Symbol>,
        options: Option<ExprId>,
    },
    /// `save source to "path" with options`; the source is in an `any`.
    Save {
        source: ExprId,
        path: Option<Symbol>,
        options: Option<ExprId>,
    },
    /// `{ stmts; value }`, as an arm or branch may have.
    Block(Box<[StmtId]>, ExprId),
}

/// A conversion; its target is the expression's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convert {
    IntToFloat,
    /// T to T?, which no run-time error can follow.
    Wrap,
    /// T? to T where the checker has proved it is not none (narrowing).
    Narrow,
    /// T? to T, stopping the program when it is none (edition 2025).
    Unwrap,
    /// Anything to `any`.
    ToAny,
    /// `any` to something narrower, checked when it runs (`as`, edition 2025's slots).
    FromAny,
    /// A list or map whose items must be converted one by one: a copy.
    Items,
    /// A value as a condition (edition 2025).
    Truthy,
    /// `s as int`: text to number, stopping the program when it is none.
    StringToInt,
    StringToFloat,
    FloatToInt,
    /// A map with string keys to a struct.
    MapToStruct,
    /// A struct to a map with string keys.
    StructToMap,
    IntToBigInt,
    IntToBigRat,
    BigIntToBigRat,
    BigIntToInt,
    BigIntToFloat,
    FloatToBigInt,
    FloatToBigRat,
    BigRatToFloat,
    BigRatToInt,
    BigRatToBigInt,
    /// A union's value as one of its variants, checked when it runs.
    Variant,
    /// `"true" as bool`.
    StringToBool,
    /// Same representation, other name.
    Rename,
}

/// Binary operators, resolved: the comment names what both operands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// Two ints, floats, bigints or bigrats, by the operands' type; `any` decides when it runs.
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    /// Two strings.
    StrConcat,
    /// Two lists of the result's type.
    ListConcat,
    /// Same type on both sides; structural.
    Eq,
    Ne,
    /// Ints, floats, strings, bigs, or `any`.
    Lt,
    Le,
    Gt,
    Ge,
    /// Item in list.
    InList,
    /// Key in map.
    InMap,
    /// Substring in string.
    InString,
    /// Right side is `any`.
    InAny,
    Union,
    UnionAll,
    Except,
    Intersect,
}

/// One arm of a match.
#[derive(Debug, Clone)]
pub struct Arm {
    pub pattern: Pattern,
    pub body: ExprId,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Pattern {
    /// `_`.
    Wildcard,
    /// Binds the whole value.
    Bind(LocalId),
    /// Equal to the value of an expression (a literal; `none` too).
    Value(ExprId),
    /// A struct or variant with patterns for its fields, in order of declaration.
    Struct(StructId, Box<[Pattern]>),
}

/// The builtin functions; `lower/src/builtin.rs` has a row for each.
///
/// The types of their arguments, where they are not simply those of the name:
/// - `Print`, `Str`, `Json`, `ToJson`, `Lower` take any types, each argument its own;
/// - `Len`, `Exists` a list, map, string, group or `any`; `Count` those and what else the edition counts;
/// - `Append`, `Push`, `Concat` lists of the result's type and items of it; `First`, `Distinct`,
///   `Collect`, `Sort` a list; `Reverse` a list, a string or `any`;
/// - `Sum`, `Avg`, `Min`, `Max` one list, group or `any`; the result is the item's type (`Avg`: float);
/// - `Int`, `Float`, `Bool`, `BigInt`, `BigRat` a number, bool, string or `any` of another type;
/// - `Num`, `Denom` a bigrat; `Ceil`, `Floor`, `Sqrt`, `Round` a float; `Abs` a number or `any`;
/// - `Pow` two ints, two floats, or a bigint or bigrat and an int; `Sha256` a string, a list of ints or `any`;
/// - `Panic` an `any`; it never returns, so its type is whatever its place wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    Print,
    Len,
    Append,
    Concat,
    First,
    Reverse,
    Distinct,
    Push,
    Keys,
    Values,
    Collect,
    Range,
    Now,
    Json,
    ToJson,
    Str,
    Int,
    Float,
    Bool,
    ParseIntStr,
    Upper,
    Lower,
    Trim,
    Contains,
    Split,
    Join,
    Substring,
    PadStart,
    IndexOf,
    Repeat,
    Sha256,
    Num,
    Denom,
    Input,
    Count,
    Exists,
    Avg,
    Sum,
    Min,
    Max,
    Abs,
    Ceil,
    Floor,
    Round,
    Reduce,
    Eval,
    Slice,
    Pow,
    Mem,
    /// The program's arguments.
    Args,
    /// `exit(code)`.
    Exit,
    Panic,
    Sqrt,
    Map,
    Filter,
    Sort,
    Replace,
    StartsWith,
    EndsWith,
    BigInt,
    BigRat,
    /// `m.get(k, d)`.
    MapGetOr,
    /// `fetch`: an address and, in an `any`, the options; the type says what the answer is read as.
    Fetch,
    /// `generate`: the fields in an `any`; the type says what is generated.
    Generate,
    /// `model`: a name and, in an `any`, the settings; of type unit.
    Model,
    /// A function of a built-in module (`math.sqrt`): its number in `shims`.
    Shim(u16),
}

/// What an agent's instance is made by. Its intents are methods of its struct.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its name and fields.
    pub state: StructId,
    /// The instance, for the steps and the handlers in them.
    pub receiver: LocalId,
    /// In their order. A step **must not** read a field that has no value yet.
    pub steps: Vec<AgentStep>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub enum AgentStep {
    /// A field gets its initial value, unless whoever makes the instance gives it another.
    Field(u32, ExprId),
    /// An assignment, or a handler that begins to listen.
    Stmt(StmtId),
}

/// What facts and rules speak of.
#[derive(Debug, Clone, Copy)]
pub struct Predicate {
    pub name: Symbol,
    /// How many terms it has everywhere.
    pub arity: u32,
}

/// `head :- body`. Every variable of the head and of `different` **must** be in an atom of the body.
#[derive(Debug, Clone)]
pub struct Rule {
    pub head: Atom,
    pub body: Vec<Atom>,
    /// `a != b`.
    pub different: Vec<(Term, Term)>,
    /// How many variables it has.
    pub variables: u32,
}

#[derive(Debug, Clone)]
pub struct LogicQuery {
    pub atom: Atom,
    /// The variables that an answer tells, by their numbers; those with higher numbers are not told.
    pub names: Vec<Symbol>,
}

/// A predicate of terms.
#[derive(Debug, Clone)]
pub struct Atom {
    pub predicate: PredicateId,
    pub terms: Vec<Term>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Whatever makes the whole true; numbered from 0 in each rule or query.
    Variable(u32),
    /// What the expression is worth when the statement is executed, in an `any`.
    Value(ExprId),
}

impl Rule {
    /// The expressions in it.
    pub fn values(&self) -> impl Iterator<Item = ExprId> + '_ {
        let atoms = std::iter::once(&self.head).chain(&self.body).flat_map(Atom::values);
        let compared = self.different.iter().flat_map(|&(a, b)| [a, b]).filter_map(Term::value);
        atoms.chain(compared)
    }
}

impl Atom {
    /// The expressions in it.
    pub fn values(&self) -> impl Iterator<Item = ExprId> + '_ {
        self.terms.iter().copied().filter_map(Term::value)
    }
}

impl Term {
    fn value(self) -> Option<ExprId> {
        match self {
            Term::Value(value) => Some(value),
            Term::Variable(_) => None,
        }
    }
}

/// A query, clause by clause in the order it was written.
#[derive(Debug, Clone)]
pub struct Query {
    pub clauses: Vec<Clause>,
    pub select: ExprId,
    pub distinct: bool,
    /// The query gives this aggregate of what is selected (`select sum(x.price)`), not a list of it.
    pub aggregate: Option<Builtin>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Clause {
    /// `from x in e`; the second and later ones are cross joins.
    From {
        var: LocalId,
        source: ExprId,
    },
    /// `optional` says how variables go on behind the join, where a row may have no partner: what
    /// was the first local of a pair is the second one from here, an option.
    Join {
        kind: JoinKind,
        var: LocalId,
        source: ExprId,
        on: ExprId,
        optional: Vec<(LocalId, LocalId)>,
    },
    Where(ExprId),
    /// `into` binds a group; the query's earlier variables end here.
    GroupBy {
        keys: Vec<ExprId>,
        into: LocalId,
        having: Option<ExprId>,
    },
    /// Keys with their direction already in them (`-e` sorts downwards by `descending`).
    Sort(Vec<SortKey>),
    Skip(ExprId),
    Take(ExprId),
}

#[derive(Debug, Clone, Copy)]
pub struct SortKey {
    pub key: ExprId,
    pub descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Outer,
}

impl std::ops::Index<ExprId> for Hir {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }
}
impl std::ops::Index<StmtId> for Hir {
    type Output = Stmt;
    fn index(&self, id: StmtId) -> &Stmt {
        &self.stmts[id.index()]
    }
}
impl std::ops::Index<LocalId> for Hir {
    type Output = Local;
    fn index(&self, id: LocalId) -> &Local {
        &self.locals[id.index()]
    }
}
impl std::ops::Index<FunctionId> for Hir {
    type Output = Function;
    fn index(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }
}
impl std::ops::Index<QueryId> for Hir {
    type Output = Query;
    fn index(&self, id: QueryId) -> &Query {
        &self.queries[id.index()]
    }
}
impl std::ops::Index<PredicateId> for Hir {
    type Output = Predicate;
    fn index(&self, id: PredicateId) -> &Predicate {
        &self.predicates[id.index()]
    }
}
impl std::ops::Index<RuleId> for Hir {
    type Output = Rule;
    fn index(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }
}
impl std::ops::Index<AgentId> for Hir {
    type Output = Agent;
    fn index(&self, id: AgentId) -> &Agent {
        &self.agents[id.index()]
    }
}
