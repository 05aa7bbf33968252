//! Data from outside and to it: `fetch`, `load` and `save`.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};

use super::{Parsed, Parser};
use crate::ast::{ExprId, ExprKind};
use crate::token::TokenKind;

impl Parser<'_> {
    /// `fetch url with options`. A cast behind the address is of the answer.
    pub(super) fn fetch(&mut self) -> Parsed<ExprId> {
        let start = self.bump().span.start;
        let address = self.expression()?;
        let (url, cast) = match self.ast[address].kind {
            ExprKind::Cast { value, ty, keyword } => (value, Some((ty, keyword))),
            _ => (address, None),
        };
        let options = self.options()?;
        let fetch = self.expr(ExprKind::Fetch { url, options }, start);
        Ok(match cast {
            Some((ty, keyword)) => self.expr(ExprKind::Cast { value: fetch, ty, keyword }, start),
            None => fetch,
        })
    }

    /// `with options`, if it is there.
    pub(super) fn options(&mut self) -> Parsed<Option<ExprId>> {
        if self.eat_word(known::WITH) { self.expression().map(Some) } else { Ok(None) }
    }

    pub(super) fn load(&mut self) -> Parsed<ExprKind> {
        let start = self.bump().span.start;
        let path = self.optional_path(start);
        self.expect_word(known::AS)?;
        let ty = self.type_expr()?;
        let options = self.options()?;
        Ok(ExprKind::Load { path, ty, options })
    }

    pub(super) fn save(&mut self) -> Parsed<ExprKind> {
        let start = self.bump().span.start;
        let source = self.expression()?;
        let path = if self.eat_word(known::TO) {
            if !self.is(TokenKind::Str) {
                return Err(self.expected(Code::P999, "the path as a string"));
            }
            self.optional_path(start)
        } else {
            None
        };
        let options = self.options()?;
        Ok(ExprKind::Save { source, path, options })
    }

    /// The path of the load or save that begins at `start`.
    fn optional_path(&mut self, start: u32) -> Option<Symbol> {
        let token = self.token();
        if !self.eat(TokenKind::Str) {
            return None;
        }
        if token.symbol() == known::EMPTY && token.span.len() == 2 {
            let span = Span::new(start, token.span.end);
            let help = "leave the path out to use standard input or output";
            self.report(Diagnostic::new(Code::P062, span, "the path is empty").with_help(help));
        }
        Some(token.symbol())
    }
}
