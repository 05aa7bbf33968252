//! `match`: its arms and their patterns.

use mochi_base::{Code, Diagnostic, Symbol, known};

use super::expr::Braces;
use super::{Parsed, Parser};
use crate::ast::{ArmBody, ExprKind, List, MatchArm, Name, Pattern, PatternId, PatternKind};
use crate::token::TokenKind;

impl Parser<'_> {
    pub(super) fn match_expression(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let subject = self.expression_before_block()?;
        let open = self.expect(TokenKind::LeftBrace)?.span;
        let arms = self.brace_list(open, Self::match_arm)?;
        Ok(ExprKind::Match { subject, arms })
    }

    fn match_arm(&mut self) -> Parsed<MatchArm> {
        let start = self.token().span.start;
        let pattern = self.arm_pattern()?;
        self.expect(TokenKind::FatArrow)?;
        let body = if self.is(TokenKind::RightBrace) {
            let span = self.ast[pattern].span.to(self.span_from(start));
            let diagnostic = Diagnostic::new(Code::P061, span, "this arm has no result");
            self.report(diagnostic.with_help("write a value or a block behind `=>`"));
            ArmBody::Expr(self.expr(ExprKind::Error, self.previous_end()))
        } else if self.is(TokenKind::LeftBrace) {
            self.deeper(Self::braced_arm_body)?
        } else {
            ArmBody::Expr(self.expression()?)
        };
        Ok(MatchArm { pattern, body, span: self.span_from(start) })
    }

    /// A map or a block.
    fn braced_arm_body(&mut self) -> Parsed<ArmBody> {
        let key = self.ahead(2).kind == TokenKind::Colon;
        if self.ahead(1).kind == TokenKind::RightBrace || key {
            let map = self.expression()?;
            return Ok(ArmBody::Expr(map));
        }
        if self.only_statement_at(1) {
            return self.block().map(ArmBody::Block);
        }
        let open = self.token().span;
        match self.map_or_first()? {
            Braces::Map(map) => Ok(ArmBody::Expr(map)),
            Braces::First(first) => self.block_from(open, first).map(ArmBody::Block),
        }
    }

    /// The pattern of an arm, up to `=>`. Whatever else stands there is reported as one thing.
    pub(super) fn arm_pattern(&mut self) -> Parsed<PatternId> {
        let start = self.at;
        if let Some(pattern) = self.pattern()?
            && self.is(TokenKind::FatArrow)
        {
            return Ok(pattern);
        }
        self.at = start;
        self.expression()?;
        // `a - 1 =>` is read as `a` and the arm `-1 =>`; here that is one wrong pattern.
        if self.is(TokenKind::Minus) && self.ahead(2).kind == TokenKind::FatArrow {
            self.advance(2);
        }
        if self.is(TokenKind::LeftBrace) {
            let token = self.token();
            let name = &self.lexer.source[self.lexer.tokens.tokens[start].span.range()];
            let help =
                format!("the fields of a variant are matched in their order: `{name}(…) =>`");
            let diagnostic = Diagnostic::new(Code::P999, token.span, "expected `=>`, found `{`");
            return Err(self.report(diagnostic.with_help(help)));
        }
        if !self.is(TokenKind::FatArrow) {
            return Err(self.expected(Code::P999, "`=>`"));
        }
        let span = self.span_from(self.lexer.tokens.tokens[start].span.start);
        let help = "a pattern is a literal, a name, `_`, or a variant such as `Node(left, right)`";
        self.report(Diagnostic::new(Code::P063, span, "this is not a pattern").with_help(help));
        Ok(self.ast.patterns.push(Pattern { kind: PatternKind::Error, span }))
    }

    /// A pattern, or `None` if this is not one.
    fn pattern(&mut self) -> Parsed<Option<PatternId>> {
        self.deeper(Self::pattern_at_depth)
    }

    fn pattern_at_depth(&mut self) -> Parsed<Option<PatternId>> {
        let token = self.bump();
        let kind = match token.kind {
            TokenKind::Ident
                if self.is(TokenKind::LeftParen)
                    || self.is(TokenKind::Dot) && self.is_imported(token.symbol()) =>
            {
                let name = Name { symbol: token.symbol(), span: token.span };
                let name = self.qualified(name, "a variant")?;
                if self.eat(TokenKind::LeftParen) {
                    match self.pattern_args()? {
                        Some(args) => PatternKind::Variant { name, args },
                        None => return Ok(None),
                    }
                } else {
                    PatternKind::Ident(name.symbol)
                }
            }
            TokenKind::Ident if token.payload == known::UNDERSCORE.0 => PatternKind::Wildcard,
            TokenKind::Ident => PatternKind::Ident(token.symbol()),
            TokenKind::Int => match self.int_literal(token) {
                ExprKind::Int(value) => PatternKind::Int(value),
                _ => PatternKind::Error,
            },
            TokenKind::Float => PatternKind::Float(f64::from_bits(
                self.lexer.tokens.numbers[token.payload as usize],
            )),
            TokenKind::Minus => match self.negative_literal() {
                Some(kind) => kind,
                None => return Ok(None),
            },
            TokenKind::True => PatternKind::Bool(true),
            TokenKind::False => PatternKind::Bool(false),
            TokenKind::Str => PatternKind::Str(token.symbol()),
            TokenKind::None => PatternKind::None,
            TokenKind::Unknown => PatternKind::Error,
            TokenKind::LeftParen => {
                let inner = self.pattern()?;
                return Ok(if self.eat(TokenKind::RightParen) { inner } else { None });
            }
            _ => return Ok(None),
        };
        let span = self.span_from(token.span.start);
        Ok(Some(self.ast.patterns.push(Pattern { kind, span })))
    }

    /// Whether an import above gives this name to a package.
    fn is_imported(&self, name: Symbol) -> bool {
        let interner = &*self.lexer.interner;
        self.ast.imports.iter().any(|import| match import.alias {
            Some(alias) => alias.symbol == name,
            None => {
                let path = interner.resolve(import.path.symbol);
                let last = path.rsplit('/').next().unwrap_or(path);
                last.trim_end_matches(".mochi") == interner.resolve(name)
            }
        })
    }

    fn negative_literal(&mut self) -> Option<PatternKind> {
        let token = self.bump();
        match token.kind {
            // The magnitude is at most 2^63, whose negation is itself.
            TokenKind::Int => Some(PatternKind::Int(
                (self.lexer.tokens.numbers[token.payload as usize] as i64).wrapping_neg(),
            )),
            TokenKind::Float => Some(PatternKind::Float(-f64::from_bits(
                self.lexer.tokens.numbers[token.payload as usize],
            ))),
            _ => None,
        }
    }

    /// Patterns up to `)`, or `None` if something else stands there.
    fn pattern_args(&mut self) -> Parsed<Option<List<PatternId>>> {
        let mut complete = true;
        let args = self.collect(|parser| {
            while !parser.eat(TokenKind::RightParen) {
                let Some(pattern) = parser.pattern()? else {
                    complete = false;
                    return Ok(());
                };
                parser.item(pattern);
                if !parser.eat(TokenKind::Comma) && !parser.is(TokenKind::RightParen) {
                    complete = false;
                    return Ok(());
                }
            }
            Ok(())
        })?;
        Ok(complete.then_some(args))
    }
}
