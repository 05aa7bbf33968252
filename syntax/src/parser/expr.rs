//! Expressions: operators by precedence climbing, postfix operators by a loop, the rest by descent.

use mochi_base::{Code, Diagnostic, Span, known};

use super::{Parsed, Parser};
use crate::ast::{
    BinaryOp, BlockId, ExprBranch, ExprId, ExprKind, FieldInit, Function, FunctionBody, FunctionId,
    List, MapEntry, Name, Param, UnaryOp,
};
use crate::lexer::integer_too_large;
use crate::token::{Token, TokenKind};

/// What stands between braces behind `=>` or `else`.
pub(super) enum Braces {
    Map(ExprId),
    /// An expression that is not a key; the brace is still open.
    First(ExprId),
}

impl Parser<'_> {
    /// Any expression.
    #[inline]
    pub(super) fn expression(&mut self) -> Parsed<ExprId> {
        self.deeper(|parser| parser.binary(1))
    }

    /// An expression with a block behind it: `name {}` in it is a name and the block.
    pub(super) fn expression_before_block(&mut self) -> Parsed<ExprId> {
        let before_block = std::mem::replace(&mut self.before_block, true);
        let result = self.expression();
        self.before_block = before_block;
        result
    }

    /// Operators that bind at least as tightly as `precedence`.
    fn binary(&mut self, precedence: u8) -> Parsed<ExprId> {
        let start = self.token().span.start;
        let mut left = self.unary()?;
        while let Some(op) = self.binary_op()
            && op.precedence() >= precedence
        {
            let mut op_span = self.bump().span;
            if op == BinaryOp::UnionAll {
                op_span = op_span.to(self.bump().span);
            }
            let right = self.binary(op.precedence() + 1)?;
            left = self.expr(ExprKind::Binary { op, op_span, left, right }, start);
        }
        Ok(left)
    }

    #[inline]
    fn binary_op(&self) -> Option<BinaryOp> {
        Some(match self.kind() {
            TokenKind::Plus => BinaryOp::Add,
            TokenKind::Minus if self.ahead(2).kind == TokenKind::FatArrow => {
                // The pattern of the next arm: `-1 => …`.
                return None;
            }
            TokenKind::Minus => BinaryOp::Sub,
            TokenKind::Star => BinaryOp::Mul,
            TokenKind::Slash => BinaryOp::Div,
            TokenKind::Percent => BinaryOp::Rem,
            TokenKind::EqualEqual => BinaryOp::Eq,
            TokenKind::NotEqual => BinaryOp::Ne,
            TokenKind::Less => BinaryOp::Lt,
            TokenKind::LessEqual => BinaryOp::Le,
            TokenKind::Greater => BinaryOp::Gt,
            TokenKind::GreaterEqual => BinaryOp::Ge,
            TokenKind::In => BinaryOp::In,
            TokenKind::AndAnd => BinaryOp::And,
            TokenKind::OrOr => BinaryOp::Or,
            TokenKind::QuestionQuestion => BinaryOp::Coalesce,
            TokenKind::Ident => return self.word_op(),
            _ => return None,
        })
    }

    /// `union`, `union all`, `except` and `intersect` are operators only before an operand.
    fn word_op(&self) -> Option<BinaryOp> {
        let symbol = self.token().symbol();
        if symbol != known::UNION && symbol != known::EXCEPT && symbol != known::INTERSECT {
            return None;
        }
        if symbol == known::UNION && self.ahead(1).kind == TokenKind::All {
            return Some(BinaryOp::UnionAll);
        }
        super::recovery::starts_expression(self.ahead(1).kind).then_some(match symbol {
            known::UNION => BinaryOp::Union,
            known::EXCEPT => BinaryOp::Except,
            _ => BinaryOp::Intersect,
        })
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let token = self.token();
        let op = match token.kind {
            TokenKind::Minus
                if self.ahead(1).kind == TokenKind::Int
                    && self.int_value(self.ahead(1)) == 1 << 63 =>
            {
                self.bump();
                self.bump();
                let least = self.expr(ExprKind::Int(i64::MIN), token.span.start);
                return self.postfix(least, token.span.start);
            }
            TokenKind::Minus => UnaryOp::Neg,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let primary = self.primary()?;
                return self.postfix(primary, token.span.start);
            }
        };
        self.bump();
        let operand = self.deeper(Self::unary)?;
        Ok(self.expr(ExprKind::Unary { op, operand }, token.span.start))
    }

    /// Calls, indices, fields and casts behind `target`, which begins at `start`.
    fn postfix(&mut self, mut target: ExprId, start: u32) -> Parsed<ExprId> {
        loop {
            let token = self.token();
            let at = token.span.start;
            let kind = match token.kind {
                TokenKind::LeftParen => {
                    self.bump();
                    let args =
                        self.comma_list(token.span, TokenKind::RightParen, Self::expression)?;
                    ExprKind::Call { callee: target, args, open: at }
                }
                TokenKind::LeftBracket => self.index(target)?,
                TokenKind::Dot => {
                    self.bump();
                    let name = self.member_name(Code::P055, "the name of a field")?;
                    ExprKind::Field { object: target, name, dot: at }
                }
                TokenKind::Question => match self.ahead(1).kind {
                    TokenKind::Dot => {
                        self.bump();
                        self.bump();
                        let name = self.member_name(Code::P055, "the name of a field")?;
                        ExprKind::SafeField { object: target, name, question: at }
                    }
                    TokenKind::LeftBracket => {
                        self.bump();
                        let open = self.bump().span;
                        let index = self.inside(Self::expression)?;
                        self.close_bracket(open)?;
                        ExprKind::SafeIndex { object: target, index, question: at }
                    }
                    _ => return Ok(target),
                },
                TokenKind::Ident if token.payload == known::AS.0 => {
                    self.bump();
                    let ty = self.cast_type()?;
                    ExprKind::Cast { value: target, ty, keyword: at }
                }
                _ => return Ok(target),
            };
            target = self.expr(kind, start);
        }
    }

    /// Parses something between delimiters, where `name {}` is a struct again.
    #[inline]
    fn inside<T>(&mut self, body: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before_block = std::mem::replace(&mut self.before_block, false);
        let result = body(self);
        self.before_block = before_block;
        result
    }

    fn index(&mut self, object: ExprId) -> Parsed<ExprKind> {
        let open = self.bump().span;
        let at = open.start;
        self.inside(|parser| {
            let start = if parser.is(TokenKind::Colon) || parser.is(TokenKind::RightBracket) {
                None
            } else {
                Some(parser.expression()?)
            };
            if let Some(index) = start
                && !parser.is(TokenKind::Colon)
            {
                parser.close_bracket(open)?;
                return Ok(ExprKind::Index { object, index, open: at });
            }
            if parser.is(TokenKind::RightBracket) {
                let span = open.to(parser.token().span);
                let diagnostic = Diagnostic::new(
                    Code::P060,
                    span,
                    "an index or a range is missing between the brackets",
                );
                parser.report(diagnostic.with_help("write `xs[i]`, or a range such as `xs[1:]`"));
                parser.bump();
                return Ok(ExprKind::Error);
            }
            let (mut end, mut step) = (None, None);
            parser.bump();
            if !parser.is(TokenKind::Colon) && !parser.is(TokenKind::RightBracket) {
                end = Some(parser.expression()?);
            }
            if parser.eat(TokenKind::Colon) && !parser.is(TokenKind::RightBracket) {
                step = Some(parser.expression()?);
            }
            parser.close_bracket(open)?;
            Ok(ExprKind::Slice { object, start, end, step, open: at })
        })
    }

    fn close_bracket(&mut self, open: Span) -> Parsed<()> {
        if self.eat(TokenKind::RightBracket) {
            return Ok(());
        }
        let token = self.token();
        let message = format!("expected `]`, found {}", self.describe(token));
        Err(self.report(
            Diagnostic::new(Code::P999, token.span, message).with_secondary(open, "opened here"),
        ))
    }

    /// An operand without operators around it.
    fn primary(&mut self) -> Parsed<ExprId> {
        let token = self.token();
        let start = token.span.start;
        let kind = match token.kind {
            TokenKind::Ident => return self.identifier(token),
            TokenKind::Int => {
                self.bump();
                self.int_literal(token)
            }
            TokenKind::Str => {
                self.bump();
                ExprKind::Str(token.symbol())
            }
            TokenKind::LeftParen => {
                self.bump();
                let inner = self.inside(Self::expression)?;
                if !self.eat(TokenKind::RightParen) {
                    return Err(self.list_goes_on(token.span, TokenKind::RightParen));
                }
                ExprKind::Paren(inner)
            }
            TokenKind::LeftBracket => {
                self.bump();
                ExprKind::List(self.comma_list(
                    token.span,
                    TokenKind::RightBracket,
                    Self::expression,
                )?)
            }
            TokenKind::LeftBrace => {
                self.bump();
                ExprKind::Map(self.comma_list(
                    token.span,
                    TokenKind::RightBrace,
                    Self::map_entry,
                )?)
            }
            TokenKind::Float => {
                self.bump();
                ExprKind::Float(f64::from_bits(self.lexer.tokens.numbers[token.payload as usize]))
            }
            TokenKind::True => {
                self.bump();
                ExprKind::Bool(true)
            }
            TokenKind::False => {
                self.bump();
                ExprKind::Bool(false)
            }
            TokenKind::None => {
                self.bump();
                ExprKind::None
            }
            TokenKind::Fun => ExprKind::Fun(self.function_expression()?),
            TokenKind::If => {
                self.bump();
                let condition = self.expression_before_block()?;
                self.if_expression(condition)?
            }
            TokenKind::Match => self.match_expression()?,
            TokenKind::Generate => {
                self.bump();
                let target =
                    self.name(Code::P999, "what to generate: `text`, `embedding` or a type")?;
                ExprKind::Generate { target, fields: self.field_inits()? }
            }
            TokenKind::Fetch => return self.fetch(),
            TokenKind::Load => self.load()?,
            TokenKind::Save => self.save()?,
            TokenKind::Unknown => {
                self.bump();
                ExprKind::Error
            }
            kind if kind.is_soft_keyword() => return self.identifier(token),
            _ => return Err(self.expression_missing()),
        };
        Ok(self.expr(kind, start))
    }

    fn int_value(&self, token: Token) -> u64 {
        self.lexer.tokens.numbers[token.payload as usize]
    }

    /// The integer of a token that was just taken. Only behind `-` may it be 2^63.
    pub(super) fn int_literal(&mut self, token: Token) -> ExprKind {
        match i64::try_from(self.int_value(token)) {
            Ok(value) => ExprKind::Int(value),
            Err(_) => {
                let before = self.lexer.tokens.tokens[..self.at - 1].last();
                let previous = before.map_or(self.lexer.start as u32, |token| token.span.end);
                let diagnostic = integer_too_large(self.lexer.source, previous, token.span);
                self.report(diagnostic);
                ExprKind::Error
            }
        }
    }

    #[inline]
    fn identifier(&mut self, token: Token) -> Parsed<ExprId> {
        let next = self.ahead(1).kind;
        let kind = match next {
            TokenKind::LeftBrace if self.begins_struct(1) => {
                self.bump();
                let name = Name { symbol: token.symbol(), span: token.span };
                ExprKind::Struct { name, fields: self.field_inits()? }
            }
            TokenKind::Dot
                if self.ahead(2).kind == TokenKind::Ident
                    && self.ahead(3).kind == TokenKind::LeftBrace
                    && self.begins_struct(3) =>
            {
                self.bump();
                let name =
                    self.qualified(Name { symbol: token.symbol(), span: token.span }, "a type")?;
                ExprKind::Struct { name, fields: self.field_inits()? }
            }
            TokenKind::Ident
                if token.payload == known::FROM.0 && self.ahead(2).kind == TokenKind::In =>
            {
                self.query()?
            }
            TokenKind::Ident
                if token.payload == known::QUERY.0
                    && self.ahead(2).kind == TokenKind::LeftParen =>
            {
                self.bump();
                ExprKind::LogicQuery(self.logic_atom()?)
            }
            _ => {
                self.bump();
                ExprKind::Ident(token.symbol())
            }
        };
        Ok(self.expr(kind, token.span.start))
    }

    /// Whether the name here, with `{` behind it at the distance `brace`, begins a struct literal. No
    /// statement begins with `name :`, so only empty braces are in doubt.
    fn begins_struct(&self, brace: usize) -> bool {
        let second = self.ahead(brace + 2).kind;
        match self.ahead(brace + 1).kind {
            TokenKind::RightBrace => !self.before_block || second == TokenKind::LeftBrace,
            kind => (kind == TokenKind::Ident || kind.is_keyword()) && second == TokenKind::Colon,
        }
    }

    /// `{ name: value, … }`.
    pub(super) fn field_inits(&mut self) -> Parsed<List<FieldInit>> {
        let open = self.expect(TokenKind::LeftBrace)?.span;
        self.comma_list(open, TokenKind::RightBrace, Self::field_init)
    }

    /// `name: value`.
    pub(super) fn field_init(&mut self) -> Parsed<FieldInit> {
        let name = self.member_name(Code::P030, "the name of a field")?;
        self.expect(TokenKind::Colon)?;
        let value = self.expression()?;
        Ok(FieldInit { name, value })
    }

    pub(super) fn map_entry(&mut self) -> Parsed<MapEntry> {
        let token = self.token();
        let literal = matches!(token.kind, TokenKind::True | TokenKind::False | TokenKind::None);
        let key = if token.kind.is_keyword() && !literal && self.ahead(1).kind == TokenKind::Colon {
            self.bump();
            self.expr(ExprKind::Ident(token.symbol()), token.span.start)
        } else {
            self.expression()?
        };
        self.map_value(key)
    }

    fn map_value(&mut self, key: ExprId) -> Parsed<MapEntry> {
        self.expect(TokenKind::Colon)?;
        let value = self.expression()?;
        Ok(MapEntry { key, value })
    }

    // ── Functions ──────────────────────────────────────────────────────────────────────────────

    fn function_expression(&mut self) -> Parsed<FunctionId> {
        let start = self.bump().span.start;
        self.inside(|parser| parser.function(start, false, None))
    }

    /// Type parameters, parameters, result, effects and body.
    pub(super) fn function(
        &mut self,
        start: u32,
        exported: bool,
        name: Option<Name>,
    ) -> Parsed<FunctionId> {
        let type_params = self.type_params()?;
        let params = self.params()?;
        let result = self.optional_result()?;
        let effects = self.effects()?;
        let body = if self.eat(TokenKind::FatArrow) {
            FunctionBody::Expr(self.expression()?)
        } else {
            FunctionBody::Block(self.block()?)
        };
        let span = self.span_from(start);
        Ok(self.ast.functions.push(Function {
            exported,
            name,
            type_params,
            params,
            result,
            effects,
            body,
            span,
        }))
    }

    /// `(name: T, …)`.
    pub(super) fn params(&mut self) -> Parsed<List<Param>> {
        let open = self.expect(TokenKind::LeftParen)?.span;
        self.comma_list(open, TokenKind::RightParen, |parser| {
            let name = parser.name(Code::P030, "the name of a parameter")?;
            let ty = parser.optional_result()?;
            Ok(Param { name, ty })
        })
    }

    // ── Choices ────────────────────────────────────────────────────────────────────────────────

    /// An if-expression whose first condition was just parsed.
    pub(super) fn if_expression(&mut self, condition: ExprId) -> Parsed<ExprKind> {
        let mut condition = condition;
        let mut otherwise = None;
        let branches = self.collect(|parser| {
            loop {
                let value = if parser.eat(TokenKind::Then) {
                    parser.expression()?
                } else {
                    parser.value_in_braces()?
                };
                parser.item(ExprBranch { condition, value });
                if !parser.eat(TokenKind::Else) {
                    return Ok(());
                }
                if !parser.eat(TokenKind::If) {
                    otherwise = Some(parser.otherwise()?);
                    return Ok(());
                }
                condition = parser.expression_before_block()?;
            }
        })?;
        Ok(ExprKind::If { branches, otherwise })
    }

    /// `{ value }`.
    fn value_in_braces(&mut self) -> Parsed<ExprId> {
        if !self.is(TokenKind::LeftBrace) {
            return Err(self.expected(Code::P001, "`then` or `{`"));
        }
        let open = self.bump().span;
        let value = self.inside(Self::expression)?;
        self.close_brace(open)?;
        Ok(value)
    }

    /// What stands behind `else`: `{ value }`, or any expression, which may be a map.
    fn otherwise(&mut self) -> Parsed<ExprId> {
        if !self.is(TokenKind::LeftBrace) {
            return self.expression();
        }
        let open = self.token().span;
        match self.map_or_first()? {
            Braces::Map(map) => Ok(map),
            Braces::First(value) => {
                self.close_brace(open)?;
                Ok(value)
            }
        }
    }

    fn close_brace(&mut self, open: Span) -> Parsed<()> {
        if self.eat(TokenKind::RightBrace) {
            return Ok(());
        }
        let token = self.token();
        let message = format!("expected `}}`, found {}", self.describe(token));
        Err(self.report(
            Diagnostic::new(Code::P001, token.span, message).with_secondary(open, "opened here"),
        ))
    }

    /// Tells a map from braces around something else by what follows the first expression in them.
    pub(super) fn map_or_first(&mut self) -> Parsed<Braces> {
        let open = self.bump().span;
        if self.eat(TokenKind::RightBrace) {
            return Ok(Braces::Map(self.expr(ExprKind::Map(List::EMPTY), open.start)));
        }
        let first = self.inside(Self::expression)?;
        if !self.is(TokenKind::Colon) {
            return Ok(Braces::First(first));
        }
        let entries = self.inside(|parser| {
            parser.collect(|parser| {
                let mut entry = parser.map_value(first)?;
                loop {
                    parser.item(entry);
                    let comma = parser.eat(TokenKind::Comma);
                    if parser.eat(TokenKind::RightBrace) {
                        return Ok(());
                    }
                    if !comma {
                        return Err(parser.list_goes_on(open, TokenKind::RightBrace));
                    }
                    entry = parser.map_entry()?;
                }
            })
        })?;
        Ok(Braces::Map(self.expr(ExprKind::Map(entries), open.start)))
    }

    /// The rest of a block whose first statement begins with the expression `first`.
    pub(super) fn block_from(&mut self, open: Span, first: ExprId) -> Parsed<BlockId> {
        self.inside(|parser| {
            let first_start = parser.ast[first].span.start;
            let statement = parser.statement_from(first)?;
            let statement = parser.push_statement(statement, first_start);
            parser.block_rest(open, Some(statement))
        })
    }
}
