//! Expressions and the patterns of `match`.

use mochi_base::{Span, Symbol};

use super::{BlockId, ExprId, FunctionId, List, LogicAtomId, Name, PatternId, QueryId, TypeId};

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
