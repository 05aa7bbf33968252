//! Statements and declarations.

use mochi_base::{Code, Diagnostic, Span, known};

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Binding, Block, BlockId, ExprId, ExprKind, FunctionId, Import, List, Name, Stmt, StmtBranch,
    StmtId, StmtKind,
};
use crate::token::TokenKind;

/// The languages that modules can be imported from.
const LANGUAGES: &[&str] = &["go", "python", "typescript", "zig", "lua", "clj", "clojure"];

impl Parser<'_> {
    /// One statement; what cannot be parsed becomes an `Error`. Always takes a token.
    pub(super) fn statement(&mut self) -> StmtId {
        let first = self.at;
        let token = self.token();
        let kind = match self.deeper(Self::statement_kind) {
            Ok(kind) => kind,
            Err(Failed) => {
                if self.at == first {
                    self.bump();
                }
                self.recover(first);
                StmtKind::Error
            }
        };
        let statement = self.push_statement(kind, token.span.start);
        if token.kind == TokenKind::Export && !matches!(kind, StmtKind::Error) {
            self.ast.exports.push(statement);
        }
        statement
    }

    pub(super) fn push_statement(&mut self, kind: StmtKind, start: u32) -> StmtId {
        let span = self.span_from(start);
        self.ast.stmts.push(Stmt { kind, span })
    }

    fn statement_kind(&mut self) -> Parsed<StmtKind> {
        if self.is_soft_name(0) {
            return self.expression_statement();
        }
        match self.kind() {
            TokenKind::Ident => self.word_statement(),
            TokenKind::Let => self.let_statement(),
            TokenKind::Var => {
                self.bump();
                let name = self.name(Code::P030, "the name of the variable")?;
                self.binding(name).map(StmtKind::Var)
            }
            TokenKind::Return => self.return_statement(),
            TokenKind::If => self.if_statement(),
            TokenKind::While => {
                self.bump();
                let condition = self.expression_before_block()?;
                let body = self.block()?;
                Ok(StmtKind::While { condition, body })
            }
            TokenKind::For => self.for_statement(),
            TokenKind::Break => self.keyword_statement(StmtKind::Break),
            TokenKind::Continue => self.keyword_statement(StmtKind::Continue),
            TokenKind::Fun
                if self.ahead(1).kind == TokenKind::LeftParen
                    || self.ahead(1).kind == TokenKind::Less =>
            {
                self.expression_statement()
            }
            TokenKind::Export if self.exports_more_than_functions() => {
                self.bump();
                self.statement_kind()
            }
            TokenKind::Fun | TokenKind::Export => self.named_function().map(StmtKind::Fun),
            TokenKind::Expect => {
                self.bump();
                let condition = self.expression()?;
                self.end_of_statement()?;
                Ok(StmtKind::Expect(condition))
            }
            TokenKind::Test => {
                let (name, body) = self.named_block()?;
                Ok(StmtKind::Test { name, body })
            }
            TokenKind::Type => self.type_declaration(),
            TokenKind::Import => self.import(),
            TokenKind::Extern => self.extern_declaration(),
            TokenKind::Stream => {
                self.bump();
                let name = self.name(Code::P030, "the name of the stream")?;
                let open = self.expect(TokenKind::LeftBrace)?.span;
                let fields = self.brace_list(open, Self::field_decl)?;
                Ok(StmtKind::Stream { name, fields })
            }
            TokenKind::Emit => {
                self.bump();
                let stream = self.name(Code::P030, "the name of a stream")?;
                let fields = self.field_inits()?;
                Ok(StmtKind::Emit { stream, fields })
            }
            TokenKind::On => self.on_handler(),
            TokenKind::Agent => self.agent(),
            TokenKind::Intent => Err(self.misplaced(
                "`intent` stands outside of an agent",
                "intents belong between the braces of an `agent`",
            )),
            TokenKind::Fact => self.fact(),
            TokenKind::Rule => self.rule(),
            TokenKind::Package => Err(self.misplaced(
                "`package` does not begin the file",
                "`package name` stands before everything else",
            )),
            TokenKind::RightBrace => Err(self.unopened(Code::P053)),
            TokenKind::RightParen => Err(self.unopened(Code::P052)),
            TokenKind::RightBracket => Err(self.unopened(Code::P999)),
            TokenKind::Else => Err(self.misplaced(
                "there is no `if` for this `else`",
                "`else` stands behind the `}` of an `if`",
            )),
            _ => self.expression_statement(),
        }
    }

    /// Whether `export` stands before a variable or type.
    fn exports_more_than_functions(&self) -> bool {
        matches!(self.ahead(1).kind, TokenKind::Let | TokenKind::Var | TokenKind::Type)
    }

    fn keyword_statement(&mut self, kind: StmtKind) -> Parsed<StmtKind> {
        self.bump();
        Ok(kind)
    }

    #[cold]
    fn misplaced(&mut self, message: &str, help: &str) -> Failed {
        let span = self.token().span;
        self.report(Diagnostic::new(Code::P999, span, message).with_help(help))
    }

    #[cold]
    fn unopened(&mut self, code: Code) -> Failed {
        let token = self.token();
        let message = format!("nothing was opened that {} closes", token.kind.describe());
        self.report(Diagnostic::new(code, token.span, message))
    }

    // ── Blocks ─────────────────────────────────────────────────────────────────────────────────

    /// `{ statements }`.
    pub(super) fn block(&mut self) -> Parsed<BlockId> {
        let open = self.expect(TokenKind::LeftBrace)?.span;
        let before_block = std::mem::replace(&mut self.before_block, false);
        let block = self.block_rest(open, None);
        self.before_block = before_block;
        block
    }

    /// The block that was opened at `open`, maybe with its first statement.
    pub(super) fn block_rest(&mut self, open: Span, first: Option<StmtId>) -> Parsed<BlockId> {
        let statements = self.collect(|parser| {
            if let Some(first) = first {
                parser.item(first);
            }
            while !parser.eat(TokenKind::RightBrace) {
                if parser.is(TokenKind::End) {
                    return Err(parser.not_closed(open));
                }
                let stmt = parser.statement();
                parser.item(stmt);
            }
            Ok(())
        })?;
        let span = self.span_from(open.start);
        Ok(self.ast.blocks.push(Block { statements, span }))
    }

    /// `test "name" { … }`.
    fn named_block(&mut self) -> Parsed<(Name, BlockId)> {
        self.bump();
        let name = self.text("the name of the block as a string")?;
        let body = self.block()?;
        Ok((name, body))
    }

    /// A string literal at its place.
    fn text(&mut self, what: &str) -> Parsed<Name> {
        let token = self.token();
        if !self.eat(TokenKind::Str) {
            return Err(self.expected(Code::P999, what));
        }
        Ok(Name { symbol: token.symbol(), span: token.span })
    }

    // ── Variables and control ──────────────────────────────────────────────────────────────────

    fn let_statement(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.name(Code::P031, "the name of the variable")?;
        self.binding(name).map(StmtKind::Let)
    }

    fn binding(&mut self, name: Name) -> Parsed<Binding> {
        let ty = self.optional_result()?;
        let value = if self.eat(TokenKind::Equal) { Some(self.expression()?) } else { None };
        self.end_of_statement()?;
        Ok(Binding { name, ty, value })
    }

    fn return_statement(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let assigns = self.is(TokenKind::Ident) && self.ahead(1).kind == TokenKind::Equal;
        let next_statement = assigns
            || matches!(self.kind(), TokenKind::If | TokenKind::Fun) && self.begins_line(self.at);
        if !self.starts_expression() || next_statement {
            self.end_of_statement()?;
            return Ok(StmtKind::Return(None));
        }
        let value = self.expression()?;
        self.end_of_statement()?;
        Ok(StmtKind::Return(Some(value)))
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        let start = self.bump().span.start;
        let mut condition = self.expression_before_block()?;
        if self.is(TokenKind::Then) {
            let kind = self.if_expression(condition)?;
            let expr = self.expr(kind, start);
            self.end_of_statement()?;
            return Ok(StmtKind::Expr(expr));
        }
        let mut otherwise = None;
        let branches = self.collect(|parser| {
            loop {
                let body = parser.block()?;
                parser.item(StmtBranch { condition, body });
                if !parser.eat(TokenKind::Else) {
                    return Ok(());
                }
                if !parser.eat(TokenKind::If) {
                    otherwise = Some(parser.block()?);
                    return Ok(());
                }
                condition = parser.expression_before_block()?;
            }
        })?;
        Ok(StmtKind::If { branches, otherwise })
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.name(Code::P030, "the name of the loop variable")?;
        self.expect(TokenKind::In)?;
        let source = self.expression_before_block()?;
        let end =
            if self.eat(TokenKind::DotDot) { Some(self.expression_before_block()?) } else { None };
        let body = self.block()?;
        Ok(StmtKind::For { name, source, end, body })
    }

    // ── Expressions and assignments ────────────────────────────────────────────────────────────

    /// A statement that begins with a name: one that begins with a special word, or an expression.
    fn word_statement(&mut self) -> Parsed<StmtKind> {
        let token = self.token();
        if token.symbol().0 <= known::SET.0 {
            let next = self.ahead(1).kind;
            match token.symbol() {
                known::BENCH if next == TokenKind::Str => {
                    let (name, body) = self.named_block()?;
                    return Ok(StmtKind::Bench { name, body });
                }
                known::MODEL
                    if next == TokenKind::Ident && self.ahead(2).kind == TokenKind::LeftBrace =>
                {
                    return self.model();
                }
                known::UPDATE if next == TokenKind::Ident && self.is_word_ahead(2, known::SET) => {
                    return self.update();
                }
                _ => {}
            }
        }
        self.expression_statement()
    }

    /// Whether the token at `distance` begins a statement that is not an expression.
    pub(super) fn only_statement_at(&self, distance: usize) -> bool {
        use TokenKind::*;
        let (token, next) = (self.ahead(distance), self.ahead(distance + 1));
        match token.kind {
            Ident => match token.symbol() {
                known::BENCH => next.kind == Str,
                known::MODEL | known::UPDATE => next.kind == Ident,
                _ => false,
            },
            Fun => next.kind != LeftParen && next.kind != Less,
            Int | Float | Str | True | False | None | Minus | Bang | LeftParen | LeftBracket
            | LeftBrace => false,
            Match | Generate | Load | Save | Unknown => false,
            _ => true,
        }
    }

    fn expression_statement(&mut self) -> Parsed<StmtKind> {
        let foreign = self.foreign_word(self.token());
        let expr = self.expression()?;
        if !foreign.is_empty() && self.is(TokenKind::Ident) && !self.begins_line(self.at) {
            let span = self.ast[expr].span;
            let message = format!("`{}` begins no statement", &self.lexer.source[span.range()]);
            return Err(self.report(Diagnostic::new(Code::P999, span, message).with_help(foreign)));
        }
        self.statement_from(expr)
    }

    /// The statement that begins with `expr`: an assignment, `fetch … into`, or the expression itself.
    pub(super) fn statement_from(&mut self, expr: ExprId) -> Parsed<StmtKind> {
        if self.is(TokenKind::Equal) {
            return self.assignment(expr);
        }
        if self.is_word(known::INTO)
            && let ExprKind::Fetch { url, options } = self.ast[expr].kind
        {
            self.bump();
            let target = self.name(Code::P030, "the name of the variable")?;
            let options = self.options()?.or(options);
            return Ok(StmtKind::FetchInto { url, target, options });
        }
        self.end_of_statement()?;
        Ok(StmtKind::Expr(expr))
    }

    fn assignment(&mut self, place: ExprId) -> Parsed<StmtKind> {
        let mut root = place;
        loop {
            root = match self.ast[root].kind {
                ExprKind::Ident(_) => break,
                ExprKind::Index { object, .. }
                | ExprKind::Slice { object, .. }
                | ExprKind::Field { object, .. } => object,
                ExprKind::Error => break,
                _ => return Err(self.not_a_place(place)),
            };
        }
        let equals = self.bump().span.start;
        let value = self.expression()?;
        self.end_of_statement()?;
        Ok(StmtKind::Assign { place, value, equals })
    }

    #[cold]
    fn not_a_place(&mut self, place: ExprId) -> Failed {
        let mut diagnostic = Diagnostic::new(
            Code::P999,
            self.token().span,
            "nothing can be assigned to the left side of this `=`",
        )
        .with_secondary(self.ast[place].span, "not a variable, element or field");
        diagnostic.help =
            "`==` compares; `x = value`, `xs[i] = value` and `p.x = value` assign".to_string();
        self.report(diagnostic)
    }

    // ── Declarations ───────────────────────────────────────────────────────────────────────────

    /// `fun name…`, `export fun name…`.
    pub(super) fn named_function(&mut self) -> Parsed<FunctionId> {
        let start = self.token().span.start;
        let exported = self.eat(TokenKind::Export);
        self.expect(TokenKind::Fun)?;
        let name = self.name(Code::P030, "the name of the function")?;
        self.function(start, exported, Some(name))
    }

    fn import(&mut self) -> Parsed<StmtKind> {
        let start = self.bump().span.start;
        let language = if self.is(TokenKind::Ident) { Some(self.language(start)?) } else { None };
        let path = self.text("the path of the module as a string")?;
        let alias = if self.eat_word(known::AS) {
            Some(self.name(Code::P030, "the name for the module")?)
        } else {
            None
        };
        let auto = self.eat_word(known::AUTO);
        let import = Import { language, path, alias, auto, package: None };
        Ok(StmtKind::Import(self.ast.imports.push(import)))
    }

    /// The language of the import that begins at `start`.
    fn language(&mut self, start: u32) -> Parsed<Name> {
        let name = self.name(Code::P030, "the language of the module")?;
        let text = self.lexer.interner.resolve(name.symbol);
        if !LANGUAGES.contains(&text) {
            let message = format!("no modules can be imported from the language `{text}`");
            let diagnostic = Diagnostic::new(Code::P064, Span::new(start, name.span.end), message)
                .with_secondary(name.span, "not known")
                .with_help(format!(
                    "known are {}; without a language it is a Mochi module",
                    LANGUAGES.join(", ")
                ));
            self.report(diagnostic);
        }
        Ok(name)
    }

    fn extern_declaration(&mut self) -> Parsed<StmtKind> {
        self.bump();
        match self.kind() {
            TokenKind::Type => {
                self.bump();
                self.name(Code::P030, "the name of the type").map(StmtKind::ExternType)
            }
            TokenKind::Var | TokenKind::Let => {
                self.bump();
                let path = self.dotted_name()?;
                self.expect(TokenKind::Colon)?;
                let ty = self.type_expr()?;
                Ok(StmtKind::ExternVar { path, ty })
            }
            TokenKind::Fun => {
                self.bump();
                let path = self.dotted_name()?;
                let params = self.params()?;
                let result = self.optional_result()?;
                Ok(StmtKind::ExternFun { path, params, result })
            }
            _ if self.eat_word(known::OBJECT) => {
                self.name(Code::P030, "the name of the object").map(StmtKind::ExternObject)
            }
            _ => Err(self.expected(Code::P999, "`type`, `var`, `let`, `fun` or `object`")),
        }
    }

    fn dotted_name(&mut self) -> Parsed<List<Name>> {
        self.collect(|parser| {
            let name = parser.name(Code::P030, "a name")?;
            parser.item(name);
            while parser.eat(TokenKind::Dot) {
                let name = parser.member_name(Code::P055, "a name")?;
                parser.item(name);
            }
            Ok(())
        })
    }

    fn on_handler(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let stream = self.name(Code::P030, "the name of a stream")?;
        self.expect_word(known::AS)?;
        let event = self.name(Code::P030, "the name for the event")?;
        let body = self.block()?;
        Ok(StmtKind::On { stream, event, body })
    }

    fn agent(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.name(Code::P030, "the name of the agent")?;
        let open = self.expect(TokenKind::LeftBrace)?.span;
        let statements = self.collect(|parser| {
            while !parser.eat(TokenKind::RightBrace) {
                if parser.is(TokenKind::End) {
                    return Err(parser.not_closed(open));
                }
                let member = parser.agent_member();
                parser.item(member);
            }
            Ok(())
        })?;
        let span = self.span_from(open.start);
        let members = self.ast.blocks.push(Block { statements, span });
        Ok(StmtKind::Agent { name, members })
    }

    fn agent_member(&mut self) -> StmtId {
        let token = self.token();
        if token.kind == TokenKind::Intent {
            let first = self.at;
            let kind = self.deeper(Self::intent).unwrap_or_else(|Failed| {
                self.recover(first);
                StmtKind::Error
            });
            return self.push_statement(kind, token.span.start);
        }
        let member = self.statement();
        use StmtKind::{Assign, Error, Let, On, Var};
        if !matches!(self.ast[member].kind, Let(_) | Var(_) | Assign { .. } | On { .. } | Error) {
            let message = format!("{} cannot stand directly in an agent", self.describe(token));
            let help = "an agent holds `let`, `var`, assignments, `on` and `intent`";
            self.report(Diagnostic::new(Code::P999, token.span, message).with_help(help));
        }
        member
    }

    fn intent(&mut self) -> Parsed<StmtKind> {
        let start = self.bump().span.start;
        let name = self.name(Code::P030, "the name of the intent")?;
        self.function(start, false, Some(name)).map(StmtKind::Intent)
    }

    fn model(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let name = self.name(Code::P030, "the name of the model")?;
        let open = self.expect(TokenKind::LeftBrace)?.span;
        let fields = self.brace_list(open, Self::field_init)?;
        Ok(StmtKind::Model { name, fields })
    }

    fn update(&mut self) -> Parsed<StmtKind> {
        self.bump();
        let target = self.name(Code::P030, "the name of a list")?;
        self.expect_word(known::SET)?;
        let open = self.expect(TokenKind::LeftBrace)?.span;
        let set = self.comma_list(open, TokenKind::RightBrace, Self::map_entry)?;
        let condition = if self.eat_word(known::WHERE) { Some(self.expression()?) } else { None };
        Ok(StmtKind::Update { target, set, condition })
    }
}
