//! Queries over lists, and facts, rules and questions.

use mochi_base::{Code, Diagnostic, known};

use super::{Parsed, Parser};
use crate::ast::{
    ExprId, ExprKind, LogicAtom, LogicAtomId, LogicCondition, LogicTerm, LogicTermKind, Query,
    QueryGroup, QuerySource, SourceKind, StmtKind,
};
use crate::token::TokenKind;

impl Parser<'_> {
    /// `from x in xs … select e`.
    pub(super) fn query(&mut self) -> Parsed<ExprKind> {
        let start = self.token().span.start;
        let sources = self.collect(|parser| {
            let first = parser.query_from()?;
            parser.item(first);
            while let Some(source) = parser.query_source()? {
                parser.item(source);
            }
            Ok(())
        })?;
        let filter = if self.eat_word(known::WHERE) { Some(self.expression()?) } else { None };
        let group = if self.is_word(known::GROUP) { Some(self.query_group()?) } else { None };
        let sort = if (self.is_word(known::SORT) || self.is_word(known::ORDER))
            && self.is_word_ahead(1, known::BY)
        {
            self.bump();
            self.bump();
            Some(self.expression()?)
        } else {
            None
        };
        let skip = if self.eat_word(known::SKIP) { Some(self.expression()?) } else { None };
        let take = if self.eat_word(known::TAKE) { Some(self.expression()?) } else { None };
        if !self.eat_word(known::SELECT) {
            return Err(self.select_missing());
        }
        let distinct =
            self.is_word(known::DISTINCT) && super::recovery::starts_expression(self.ahead(1).kind);
        if distinct {
            self.bump();
        }
        let select = self.expression()?;
        let span = self.span_from(start);
        Ok(ExprKind::Query(self.ast.queries.push(Query {
            sources,
            filter,
            group,
            sort,
            skip,
            take,
            distinct,
            select,
            span,
        })))
    }

    #[cold]
    fn select_missing(&mut self) -> super::Failed {
        let token = self.token();
        let message = format!("expected `select`, found {}", self.describe(token));
        let help = "clauses stand in this order: `from`, `join`, `where`, `group by`, `sort by`, `skip`, `take`, `select`";
        self.report(Diagnostic::new(Code::P999, token.span, message).with_help(help))
    }

    /// `from x in xs`.
    fn query_from(&mut self) -> Parsed<QuerySource> {
        let start = self.bump().span.start;
        let name = self.name(Code::P030, "the name for a row")?;
        self.expect(TokenKind::In)?;
        let source = self.expression()?;
        Ok(QuerySource {
            kind: SourceKind::From,
            name,
            source,
            on: None,
            span: self.span_from(start),
        })
    }

    /// A further `from` or a join, if it is there.
    fn query_source(&mut self) -> Parsed<Option<QuerySource>> {
        if self.is_word(known::FROM) {
            return self.query_from().map(Some);
        }
        let start = self.token().span.start;
        let kind = if self.is_word(known::JOIN) {
            SourceKind::Inner
        } else if !self.is_word_ahead(1, known::JOIN) {
            return Ok(None);
        } else if self.is_word(known::LEFT) {
            SourceKind::Left
        } else if self.is_word(known::RIGHT) {
            SourceKind::Right
        } else if self.is_word(known::OUTER) {
            SourceKind::Outer
        } else {
            return Ok(None);
        };
        if kind != SourceKind::Inner {
            self.bump();
        }
        self.bump();
        self.eat_word(known::FROM);
        let name = self.name(Code::P030, "the name for a row")?;
        self.expect(TokenKind::In)?;
        let source = self.expression()?;
        self.expect(TokenKind::On)?;
        let on = Some(self.expression()?);
        Ok(Some(QuerySource { kind, name, source, on, span: self.span_from(start) }))
    }

    /// `group by key, … into name having condition`.
    fn query_group(&mut self) -> Parsed<QueryGroup> {
        self.bump();
        self.expect_word(known::BY)?;
        let keys = self.collect::<ExprId>(|parser| {
            loop {
                let key = parser.expression()?;
                parser.item(key);
                if !parser.eat(TokenKind::Comma) {
                    return Ok(());
                }
            }
        })?;
        self.expect_word(known::INTO)?;
        let name = self.name(Code::P030, "the name for a group")?;
        let having = if self.eat_word(known::HAVING) { Some(self.expression()?) } else { None };
        Ok(QueryGroup { keys, name, having })
    }

    // ── Logic ──────────────────────────────────────────────────────────────────────────────────

    /// `name(term, …)`.
    pub(super) fn logic_atom(&mut self) -> Parsed<LogicAtomId> {
        let name = self.name(Code::P030, "the name of a predicate")?;
        let open = self.expect(TokenKind::LeftParen)?.span;
        let terms = self.comma_list(open, TokenKind::RightParen, Self::logic_term)?;
        let span = self.span_from(name.span.start);
        Ok(self.ast.logic_atoms.push(LogicAtom { name, terms, span }))
    }

    /// A name, a string or an integer by itself; else an expression.
    fn logic_term(&mut self) -> Parsed<LogicTerm> {
        let alone = matches!(self.ahead(1).kind, TokenKind::Comma | TokenKind::RightParen);
        let simple =
            matches!(self.token().kind, TokenKind::Ident | TokenKind::Str | TokenKind::Int);
        if alone && simple {
            return self.simple_term();
        }
        let start = self.token().span.start;
        let value = self.expression()?;
        Ok(LogicTerm { kind: LogicTermKind::Value(value), span: self.span_from(start) })
    }

    fn simple_term(&mut self) -> Parsed<LogicTerm> {
        let token = self.token();
        let kind = match token.kind {
            TokenKind::Ident => LogicTermKind::Variable(token.symbol()),
            TokenKind::Str => LogicTermKind::Str(token.symbol()),
            TokenKind::Int => {
                self.bump();
                let kind = match self.int_literal(token) {
                    ExprKind::Int(value) => LogicTermKind::Int(value),
                    // Reported; any integer will do.
                    _ => LogicTermKind::Int(0),
                };
                return Ok(LogicTerm { kind, span: token.span });
            }
            _ => return Err(self.expected(Code::P999, "a variable, a string or an integer")),
        };
        self.bump();
        Ok(LogicTerm { kind, span: token.span })
    }

    /// `fact atom`.
    pub(super) fn fact(&mut self) -> Parsed<StmtKind> {
        self.bump();
        self.logic_atom().map(StmtKind::Fact)
    }

    /// `rule head :- condition, …`.
    pub(super) fn rule(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let head = self.logic_atom()?;
        if !(self.is(TokenKind::Colon) && self.ahead(1).kind == TokenKind::Minus) {
            return Err(self.expected(Code::P999, "`:-`"));
        }
        self.bump();
        self.bump();
        let body = self.collect(|parser| {
            loop {
                let condition = parser.logic_condition()?;
                parser.item(condition);
                if !parser.eat(TokenKind::Comma) {
                    return Ok(());
                }
            }
        })?;
        Ok(StmtKind::Rule { head, body })
    }

    fn logic_condition(&mut self) -> Parsed<LogicCondition> {
        if self.ahead(1).kind != TokenKind::NotEqual {
            return self.logic_atom().map(LogicCondition::Atom);
        }
        let left = self.simple_term()?;
        self.bump();
        let right = self.simple_term()?;
        Ok(LogicCondition::NotEqual(left, right))
    }
}
