//! Queries over lists, and facts, rules and questions.

use mochi_base::{Span, Symbol};

use super::{ExprId, List, LogicAtomId, Name};

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
    /// Any other expression: what it is worth.
    Value(ExprId),
}

/// One condition in the body of a rule.
#[derive(Clone, Copy, Debug)]
pub enum LogicCondition {
    /// Something that must be known.
    Atom(LogicAtomId),
    /// `a != b`; both are names, strings or integers.
    NotEqual(LogicTerm, LogicTerm),
}
