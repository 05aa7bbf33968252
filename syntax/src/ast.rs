//! The syntax tree of one source file, for the whole grammar.
//!
//! Nodes stand in flat arenas, one per category, and name each other by typed ids; lists are ranges
//! of side arrays (`&ast[list]`); names are interned; every node has a span. So the tree is a few
//! dozen vectors: small to walk, cheap to build, dropped without recursion.
//!
//! **Invariants**
//! - Children are pushed before their parents: the id of an operand is below the id of its operator.
//! - Long source makes long lists, not deep trees, with two exceptions: a chain of left-associative
//!   operators (`a + b + …`) and a chain of postfix operators (`a.b(c)[d]…`) lean left as deep as
//!   they are long. Whoever walks expressions **must** walk these spines by a loop; see
//!   [`Ast::left_operand`]. All other nesting is bounded by [`crate::MAX_DEPTH`].
//! - `Error` nodes stand where the parser has reported something; later stations say nothing about
//!   them.
//! - A string, whether literal or name, is the text it means: quotes are off and escapes are done.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use mochi_base::{IndexVec, Span, Symbol, define_id};

define_id! {
    /// Names an [`Expr`].
    pub struct ExprId;
    /// Names a [`Stmt`].
    pub struct StmtId;
    /// Names a [`Block`].
    pub struct BlockId;
    /// Names a [`TypeExpr`].
    pub struct TypeId;
    /// Names a [`Pattern`].
    pub struct PatternId;
    /// Names a [`Function`].
    pub struct FunctionId;
    /// Names a [`TypeDecl`].
    pub struct TypeDeclId;
    /// Names a [`Query`].
    pub struct QueryId;
    /// Names a [`LogicAtom`].
    pub struct LogicAtomId;
    /// Names an [`Import`].
    pub struct ImportId;
}

/// A list of `T`: a range of a side array of the [`Ast`]. Read it with `&ast[list]`.
pub struct List<T> {
    start: u32,
    len: u32,
    items: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    /// The list without elements.
    pub const EMPTY: List<T> = List { start: 0, len: 0, items: PhantomData };

    /// How many elements there are.
    #[inline]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}; {}]", self.start, self.len)
    }
}

/// A name at its place.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The text.
    pub symbol: Symbol,
    /// Where it stands.
    pub span: Span,
}

// ── Expressions ────────────────────────────────────────────────────────────────────────────────

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of expressions. Fields named `open`, `dot`, `question` and `keyword` are offsets of the
/// token that makes the node what it is, for diagnostics that point there.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind {
    /// Something that could not be parsed and was reported.
    Error,
    /// `42`, `0xff`, `0b1010`, `0o17`. `-9223372036854775808` is one literal.
    Int(i64),
    /// `1.5`, `1e9`.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `"text"`, escapes done.
    Str(Symbol),
    /// `none`. The words `null` and `nil` are ordinary identifiers to the parser.
    None,
    /// A name in a place of a value: variable, function, nullary variant, imported module.
    Ident(Symbol),
    /// `(inner)`. Kept for the formatter; it means what `inner` means.
    Paren(ExprId),
    /// `-operand`, `!operand`.
    Unary {
        /// The operator; it stands at the start of the expression.
        op: UnaryOp,
        /// What it applies to.
        operand: ExprId,
    },
    /// `left op right`; precedence is settled by the shape of the tree.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// `callee(args)`: of a function, method (`callee` is a `Field`) or variant constructor.
    Call {
        /// What is called.
        callee: ExprId,
        /// The arguments in order.
        args: List<ExprId>,
        /// Where `(` stands.
        open: u32,
    },
    /// `object[index]`.
    Index {
        /// The list, map or string.
        object: ExprId,
        /// The index or key.
        index: ExprId,
        /// Where `[` stands.
        open: u32,
    },
    /// `object[start:end:step]`, every part may be missing.
    Slice {
        /// The list or string.
        object: ExprId,
        /// First index.
        start: Option<ExprId>,
        /// Index behind the last.
        end: Option<ExprId>,
        /// Distance between indices.
        step: Option<ExprId>,
        /// Where `[` stands.
        open: u32,
    },
    /// `object.name`.
    Field {
        /// A struct, map, module or group.
        object: ExprId,
        /// The field.
        name: Name,
        /// Where `.` stands.
        dot: u32,
    },
    /// `object?.name`: `none` if the object is.
    SafeField {
        /// An optional struct.
        object: ExprId,
        /// The field.
        name: Name,
        /// Where `?` stands.
        question: u32,
    },
    /// `object?[index]`: `none` if the object is.
    SafeIndex {
        /// An optional list or map.
        object: ExprId,
        /// The index or key.
        index: ExprId,
        /// Where `?` stands.
        question: u32,
    },
    /// `value as T`.
    Cast {
        /// What is cast.
        value: ExprId,
        /// The type asked for.
        ty: TypeId,
        /// Where `as` stands.
        keyword: u32,
    },
    /// `[a, b, c]`.
    List(List<ExprId>),
    /// `{key: value, …}`. A key that is a bare identifier is an `Ident`; what it means is for the
    /// checker to say.
    Map(List<MapEntry>),
    /// `Name { field: value, … }`: of a struct or of a variant with fields.
    Struct {
        /// The struct or variant.
        name: Name,
        /// The fields in the order of the source.
        fields: List<FieldInit>,
    },
    /// `if c then a else b`, `if c { a } else if d { b } else { e }`, used as a value.
    If {
        /// The conditions with their values, at least one; `else if` adds one.
        branches: List<ExprBranch>,
        /// The value if no condition holds; without it that is `none`.
        otherwise: Option<ExprId>,
    },
    /// `match subject { pattern => body … }`.
    Match {
        /// What is matched.
        subject: ExprId,
        /// The arms in order.
        arms: List<MatchArm>,
    },
    /// `fun(x: int): int => x * x`, `fun(x) { … }`.
    Fun(FunctionId),
    /// `from x in xs … select e`.
    Query(QueryId),
    /// `query parent(x, "Bob")`.
    LogicQuery(LogicAtomId),
    /// `generate Target { field: value, … }`.
    Generate {
        /// `text`, `embedding` or the name of a struct.
        target: Name,
        /// The options.
        fields: List<FieldInit>,
    },
    /// `fetch url with options`.
    Fetch {
        /// The address.
        url: ExprId,
        /// A map of options.
        options: Option<ExprId>,
    },
    /// `load "path" as T with options`; without a path from standard input.
    Load {
        /// The path as written, escapes done.
        path: Option<Symbol>,
        /// The type of a row.
        ty: TypeId,
        /// A map of options.
        options: Option<ExprId>,
    },
    /// `save source to "path" with options`; without a path to standard output.
    Save {
        /// The rows.
        source: ExprId,
        /// The path as written, escapes done.
        path: Option<Symbol>,
        /// A map of options.
        options: Option<ExprId>,
    },
}

/// Operators before their operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`
    Not,
}

impl UnaryOp {
    /// The operator as it is written.
    pub const fn text(self) -> &'static str {
        match self {
            UnaryOp::Neg => "-",
            UnaryOp::Not => "!",
        }
    }
}

/// Operators between two operands, tightest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `in`
    In,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `??`
    Coalesce,
    /// `union`
    Union,
    /// `union all`
    UnionAll,
    /// `except`
    Except,
    /// `intersect`
    Intersect,
}

impl BinaryOp {
    /// The operator as it is written.
    pub const fn text(self) -> &'static str {
        match self {
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::In => "in",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
            BinaryOp::Coalesce => "??",
            BinaryOp::Union => "union",
            BinaryOp::UnionAll => "union all",
            BinaryOp::Except => "except",
            BinaryOp::Intersect => "intersect",
        }
    }

    /// How tightly it binds: a higher number binds tighter. All are left-associative.
    pub const fn precedence(self) -> u8 {
        match self {
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 8,
            BinaryOp::Add | BinaryOp::Sub => 7,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 6,
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In => 5,
            BinaryOp::And => 4,
            BinaryOp::Or => 3,
            BinaryOp::Coalesce => 2,
            BinaryOp::Union | BinaryOp::UnionAll | BinaryOp::Except | BinaryOp::Intersect => 1,
        }
    }
}

/// `key: value` in a map.
#[derive(Clone, Copy, Debug)]
pub struct MapEntry {
    /// The key; an `Ident` if it is a bare identifier.
    pub key: ExprId,
    /// The value.
    pub value: ExprId,
}

/// `name: value` in a struct literal, `emit`, `model` or `generate`.
#[derive(Clone, Copy, Debug)]
pub struct FieldInit {
    /// The field.
    pub name: Name,
    /// The value.
    pub value: ExprId,
}

/// One condition of an if-expression with its value.
#[derive(Clone, Copy, Debug)]
pub struct ExprBranch {
    /// The condition.
    pub condition: ExprId,
    /// The value if it holds.
    pub value: ExprId,
}

/// `pattern => body`.
#[derive(Clone, Copy, Debug)]
pub struct MatchArm {
    /// What it matches.
    pub pattern: PatternId,
    /// What it gives.
    pub body: ArmBody,
    /// From the pattern to the end of the body.
    pub span: Span,
}

/// What stands behind `=>` in a match.
#[derive(Clone, Copy, Debug)]
pub enum ArmBody {
    /// An expression.
    Expr(ExprId),
    /// `{ statements }`; its value, if any, is that of its last statement.
    Block(BlockId),
}

// ── Patterns ───────────────────────────────────────────────────────────────────────────────────

/// A pattern of a match arm.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of patterns.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind {
    /// Not a pattern; reported.
    Error,
    /// `_`.
    Wildcard,
    /// A name: a variant without fields if there is one of that name, or else a new variable that
    /// matches anything.
    Ident(Symbol),
    /// An integer literal, maybe negative.
    Int(i64),
    /// A float literal, maybe negative.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// A string literal.
    Str(Symbol),
    /// `none`.
    None,
    /// `Name(pattern, …)`: a variant whose fields match in order.
    Variant {
        /// The variant.
        name: Name,
        /// The patterns of its fields.
        args: List<PatternId>,
    },
}

// ── Types as written ───────────────────────────────────────────────────────────────────────────

/// A type as it is written.
#[derive(Clone, Copy, Debug)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of types as written.
#[derive(Clone, Copy, Debug)]
pub enum TypeKind {
    /// Not a type; reported.
    Error,
    /// `int`, `Person`, `T`.
    Name(Symbol),
    /// `list<int>`, `map<string, int>`.
    Apply {
        /// The generic type.
        name: Name,
        /// Its arguments, at least one.
        args: List<TypeId>,
    },
    /// `fun(A, B): R`.
    Fun {
        /// The types of the parameters.
        params: List<TypeId>,
        /// The type of the result, if written.
        result: Option<TypeId>,
    },
    /// `{name: T, …}`.
    Struct(List<FieldDecl>),
    /// `T?`.
    Optional(TypeId),
}

/// `name: T` in a struct, variant, stream or inline struct type.
#[derive(Clone, Copy, Debug)]
pub struct FieldDecl {
    /// The field.
    pub name: Name,
    /// Its type.
    pub ty: TypeId,
}

// ── Statements ─────────────────────────────────────────────────────────────────────────────────

/// `{ statements }`.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The statements in order.
    pub statements: List<StmtId>,
    /// From `{` to `}`.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of statements. Declarations are statements too.
#[derive(Clone, Copy, Debug)]
pub enum StmtKind {
    /// Something that could not be parsed and was reported.
    Error,
    /// `let name: T = value`: cannot be assigned again.
    Let(Binding),
    /// `var name: T = value`: can be assigned again.
    Var(Binding),
    /// `place = value`.
    Assign {
        /// An `Ident`, or `Index`, `Slice` and `Field` around one.
        place: ExprId,
        /// The new value.
        value: ExprId,
        /// Where `=` stands.
        equals: u32,
    },
    /// `fun name(…) { … }`; the function has a name.
    Fun(FunctionId),
    /// `return value`.
    Return(Option<ExprId>),
    /// `if c { … } else if d { … } else { … }`.
    If {
        /// The conditions with their blocks, at least one; `else if` adds one.
        branches: List<StmtBranch>,
        /// The block if no condition holds.
        otherwise: Option<BlockId>,
    },
    /// `while condition { … }`.
    While {
        /// The condition.
        condition: ExprId,
        /// The body.
        body: BlockId,
    },
    /// `for name in source { … }`, `for name in source..end { … }`.
    For {
        /// The variable, fresh in each iteration.
        name: Name,
        /// What is iterated, or the first integer.
        source: ExprId,
        /// The integer behind the last; makes it a range.
        end: Option<ExprId>,
        /// The body.
        body: BlockId,
    },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// An expression for its effect.
    Expr(ExprId),
    /// `expect condition`.
    Expect(ExprId),
    /// `test "name" { … }`.
    Test {
        /// The text of the name, at its place.
        name: Name,
        /// The body.
        body: BlockId,
    },
    /// `bench "name" { … }`.
    Bench {
        /// The text of the name, at its place.
        name: Name,
        /// The body.
        body: BlockId,
    },
    /// `type Name …`.
    Type(TypeDeclId),
    /// `import python "math" as math`.
    Import(ImportId),
    /// `extern type Name`.
    ExternType(Name),
    /// `extern object Name`.
    ExternObject(Name),
    /// `extern var a.b: T`; `extern let` is the same.
    ExternVar {
        /// The parts of the dotted name, at least one.
        path: List<Name>,
        /// Its type.
        ty: TypeId,
    },
    /// `extern fun a.b(x: T): R`.
    ExternFun {
        /// The parts of the dotted name, at least one.
        path: List<Name>,
        /// The parameters.
        params: List<Param>,
        /// The type of the result.
        result: Option<TypeId>,
    },
    /// `stream Name { field: T … }`.
    Stream {
        /// The stream, and the type of its events.
        name: Name,
        /// The fields of an event.
        fields: List<FieldDecl>,
    },
    /// `emit Stream { field: value, … }`.
    Emit {
        /// The stream.
        stream: Name,
        /// The fields of the event.
        fields: List<FieldInit>,
    },
    /// `on Stream as name { … }`.
    On {
        /// The stream.
        stream: Name,
        /// The event inside the body.
        event: Name,
        /// The body.
        body: BlockId,
    },
    /// `agent Name { … }`.
    Agent {
        /// The agent.
        name: Name,
        /// Only `Let`, `Var`, `Assign`, `On` and `Intent` (and `Error`).
        members: BlockId,
    },
    /// `intent name(…): T { … }`; only in an agent. The function has a name.
    Intent(FunctionId),
    /// `model name { field: value … }`.
    Model {
        /// The model.
        name: Name,
        /// The settings.
        fields: List<FieldInit>,
    },
    /// `fact parent("A", "B")`.
    Fact(LogicAtomId),
    /// `rule head(x) :- body(x), x != y`.
    Rule {
        /// What follows.
        head: LogicAtomId,
        /// From what it follows, at least one.
        body: List<LogicCondition>,
    },
    /// `fetch url into name with options`.
    FetchInto {
        /// The address.
        url: ExprId,
        /// The variable that it declares.
        target: Name,
        /// A map of options.
        options: Option<ExprId>,
    },
    /// `update target set {field: value, …} where condition`.
    Update {
        /// The list of structs.
        target: Name,
        /// The new values; keys are field names.
        set: List<MapEntry>,
        /// Which elements; all without it.
        condition: Option<ExprId>,
    },
}

/// What `let` and `var` declare.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The variable.
    pub name: Name,
    /// Its type, if written.
    pub ty: Option<TypeId>,
    /// Its first value, if any.
    pub value: Option<ExprId>,
}

/// One condition of an if-statement with its block.
#[derive(Clone, Copy, Debug)]
pub struct StmtBranch {
    /// The condition.
    pub condition: ExprId,
    /// What happens if it holds.
    pub body: BlockId,
}

/// A function, method, function expression or intent.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Whether `export` stands before it.
    pub exported: bool,
    /// Its name; a function expression has none.
    pub name: Option<Name>,
    /// `<T, U>`.
    pub type_params: List<Name>,
    /// The parameters.
    pub params: List<Param>,
    /// The type of the result, if written.
    pub result: Option<TypeId>,
    /// `! io, fs`: the effects it declares, if it declares any.
    pub effects: List<Name>,
    /// What it does.
    pub body: FunctionBody,
    /// From `export` or `fun` to the end of the body.
    pub span: Span,
}

/// `name: T` of a function; a function expression may leave the type out.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The parameter.
    pub name: Name,
    /// Its type, if written.
    pub ty: Option<TypeId>,
}

/// The body of a function.
#[derive(Clone, Copy, Debug)]
pub enum FunctionBody {
    /// `{ … }`.
    Block(BlockId),
    /// `=> e`.
    Expr(ExprId),
}

/// `type Name …`.
#[derive(Clone, Copy, Debug)]
pub struct TypeDecl {
    /// The type.
    pub name: Name,
    /// What it is.
    pub kind: TypeDeclKind,
    /// The whole declaration.
    pub span: Span,
}

/// What a type declaration declares.
#[derive(Clone, Copy, Debug)]
pub enum TypeDeclKind {
    /// `{ field: T … fun method() … }`.
    Struct {
        /// The fields in order.
        fields: List<FieldDecl>,
        /// The methods in order; each has a name.
        methods: List<FunctionId>,
    },
    /// `A | B(x: int) | C { y: int }`, or a single variant with fields.
    Union(List<Variant>),
    /// `= T`.
    Alias(TypeId),
    /// Could not be parsed and was reported.
    Error,
}

/// One variant of a union.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The variant.
    pub name: Name,
    /// Its fields, maybe none.
    pub fields: List<FieldDecl>,
    /// The variant with its fields.
    pub span: Span,
}

/// `import lang "path" as alias auto`.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// The language; Mochi itself without it.
    pub language: Option<Name>,
    /// The path as written, at its place.
    pub path: Name,
    /// The name it gets; without it, the last part of the path.
    pub alias: Option<Name>,
    /// Whether its members are declared by themselves.
    pub auto: bool,
}

// ── Queries and logic ──────────────────────────────────────────────────────────────────────────

/// `from … select …`, clauses in the order in which they apply.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Where the rows come from: the first is a `From`, then further ones and joins in order.
    pub sources: List<QuerySource>,
    /// `where`: which rows.
    pub filter: Option<ExprId>,
    /// `group by`.
    pub group: Option<QueryGroup>,
    /// `sort by`: the key; a list is several keys, `-e` is descending.
    pub sort: Option<ExprId>,
    /// `skip`: how many rows are left out.
    pub skip: Option<ExprId>,
    /// `take`: how many rows there are at most.
    pub take: Option<ExprId>,
    /// `distinct`.
    pub distinct: bool,
    /// `select`: what is made of each row.
    pub select: ExprId,
    /// The whole query.
    pub span: Span,
}

/// One source of a query.
#[derive(Clone, Copy, Debug)]
pub struct QuerySource {
    /// How its rows meet those of the sources before it.
    pub kind: SourceKind,
    /// The variable for a row.
    pub name: Name,
    /// The list.
    pub source: ExprId,
    /// `on`: which rows meet; every join has it and no `From` does.
    pub on: Option<ExprId>,
    /// From `from`, `join` or the word before it.
    pub span: Span,
}

/// How the rows of a source meet those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// `from`: all with all.
    From,
    /// `join`: where the condition holds.
    Inner,
    /// `left join`: rows of the left without partner stay.
    Left,
    /// `right join`: rows of the right without partner stay.
    Right,
    /// `outer join`: rows of both without partner stay.
    Outer,
}

/// `group by key, … into name having condition`.
#[derive(Clone, Copy, Debug)]
pub struct QueryGroup {
    /// The keys, at least one.
    pub keys: List<ExprId>,
    /// The variable for a group.
    pub name: Name,
    /// Which groups.
    pub having: Option<ExprId>,
}

/// `name(term, …)`: a fact, a head, a condition or a question.
#[derive(Clone, Copy, Debug)]
pub struct LogicAtom {
    /// The predicate.
    pub name: Name,
    /// Its terms.
    pub terms: List<LogicTerm>,
    /// From the name to `)`.
    pub span: Span,
}

/// One term of an atom.
#[derive(Clone, Copy, Debug)]
pub struct LogicTerm {
    /// What it is.
    pub kind: LogicTermKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of logic terms.
#[derive(Clone, Copy, Debug)]
pub enum LogicTermKind {
    /// A logic variable; `_` is a fresh one each time.
    Variable(Symbol),
    /// A string.
    Str(Symbol),
    /// An integer.
    Int(i64),
}

/// One condition in the body of a rule.
#[derive(Clone, Copy, Debug)]
pub enum LogicCondition {
    /// Something that must be known.
    Atom(LogicAtomId),
    /// `a != b`.
    NotEqual(Name, Name),
}

// ── Comments ───────────────────────────────────────────────────────────────────────────────────

/// A comment, kept beside the tree for whoever needs it.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// How it is written.
    pub kind: CommentKind,
    /// With its delimiters, without the newline.
    pub span: Span,
}

/// The ways to write a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `# …`, also a shebang line.
    Hash,
    /// `/* … */`
    Block,
}

// ── The tree ───────────────────────────────────────────────────────────────────────────────────

macro_rules! ast {
    (
        arenas { $($arena:ident: $id:ident => $node:ident,)* }
        lists { $($list:ident: $item:ty,)* }
    ) => {
        /// The syntax tree of one source file. `ast[id]` is a node, `&ast[list]` a slice.
        #[derive(Clone, Default, Debug)]
        pub struct Ast {
            /// `package name`, if the file begins with it.
            pub package: Option<Name>,
            /// The statements of the file in order.
            pub body: List<StmtId>,
            /// All comments in order.
            pub comments: Vec<Comment>,
            $(#[doc = concat!("Every [`", stringify!($node), "`].")] pub $arena: IndexVec<$id, $node>,)*
            pub(crate) lists: Lists,
        }

        /// The side arrays of lists, one for each type of element.
        #[derive(Clone, Default, Debug)]
        pub struct Lists {
            $(pub(crate) $list: Vec<$item>,)*
        }

        $(impl Index<$id> for Ast {
            type Output = $node;
            #[inline]
            fn index(&self, id: $id) -> &$node {
                &self.$arena[id]
            }
        })*

        $(impl Index<List<$item>> for Ast {
            type Output = [$item];
            #[inline]
            fn index(&self, list: List<$item>) -> &[$item] {
                &self.lists.$list[list.start as usize..(list.start + list.len) as usize]
            }
        }

        impl ListItem for $item {
            #[inline]
            fn of(lists: &mut Lists) -> &mut Vec<$item> {
                &mut lists.$list
            }
        })*
    };
}

/// What a [`List`] can hold.
pub trait ListItem: Copy {
    /// The side array for elements of this type.
    fn of(lists: &mut Lists) -> &mut Vec<Self>;
}

ast! {
    arenas {
        exprs: ExprId => Expr,
        stmts: StmtId => Stmt,
        blocks: BlockId => Block,
        types: TypeId => TypeExpr,
        patterns: PatternId => Pattern,
        functions: FunctionId => Function,
        type_decls: TypeDeclId => TypeDecl,
        queries: QueryId => Query,
        logic_atoms: LogicAtomId => LogicAtom,
        imports: ImportId => Import,
    }
    lists {
        expr_lists: ExprId,
        stmt_lists: StmtId,
        type_lists: TypeId,
        pattern_lists: PatternId,
        function_lists: FunctionId,
        names: Name,
        params: Param,
        field_decls: FieldDecl,
        field_inits: FieldInit,
        map_entries: MapEntry,
        expr_branches: ExprBranch,
        stmt_branches: StmtBranch,
        match_arms: MatchArm,
        variants: Variant,
        query_sources: QuerySource,
        logic_terms: LogicTerm,
        logic_conditions: LogicCondition,
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::EMPTY
    }
}

impl Ast {
    /// Stores `items` as a list.
    pub fn list<T: ListItem>(&mut self, items: &[T]) -> List<T> {
        let store = T::of(&mut self.lists);
        let list = List { start: store.len() as u32, len: items.len() as u32, items: PhantomData };
        store.extend_from_slice(items);
        list
    }

    /// The operand at the left end of a binary or postfix expression, `None` for all others. Walking
    /// it in a loop visits a left-leaning spine without recursion.
    pub fn left_operand(&self, expr: ExprId) -> Option<ExprId> {
        match self[expr].kind {
            ExprKind::Binary { left, .. } => Some(left),
            ExprKind::Call { callee, .. } => Some(callee),
            ExprKind::Index { object, .. }
            | ExprKind::Slice { object, .. }
            | ExprKind::Field { object, .. }
            | ExprKind::SafeField { object, .. }
            | ExprKind::SafeIndex { object, .. } => Some(object),
            ExprKind::Cast { value, .. } => Some(value),
            _ => None,
        }
    }

    /// `expr` without parentheses around it.
    pub fn without_parens(&self, mut expr: ExprId) -> ExprId {
        while let ExprKind::Paren(inner) = self[expr].kind {
            expr = inner;
        }
        expr
    }
}

// Nodes stay small: a file of a million lines has some ten million of them.
const _: () =
    assert!(size_of::<Expr>() == 32 && size_of::<Stmt>() <= 40 && size_of::<TypeExpr>() <= 32);
