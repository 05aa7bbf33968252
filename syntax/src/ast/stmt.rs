//! Statements, declarations and types as they are written.

use mochi_base::{Span, Symbol};

use super::{
    BlockId, ExprId, FieldInit, FunctionId, ImportId, List, LogicAtomId, LogicCondition, MapEntry,
    Name, StmtId, TypeDeclId, TypeId,
};

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
    /// The package that a Mochi path leads to, an index in `Ast::packages`; known once all are loaded.
    pub package: Option<u32>,
}

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
