//! What the parser says when it does not find what it expects, and where it goes on.

use mochi_base::{Code, Diagnostic, Span, known};

use super::{Failed, Parser, code_for};
use crate::token::{Token, TokenKind, Tokens};
use crate::{MAX_DEPTH, MAX_ERRORS};

impl Parser<'_> {
    /// Reports something at the current token, unless the lexer has already reported that.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) -> Failed {
        let place = diagnostic.span.start;
        let repeated = self.diagnostics.last().is_some_and(|last| last.span.start == place);
        if !repeated && !self.gave_up && !self.is(TokenKind::Unknown) {
            self.diagnostics.push(diagnostic);
            if self.diagnostics.len() >= MAX_ERRORS {
                self.give_up();
            }
        }
        Failed
    }

    /// Goes to the end of the file, where everything stops, and says nothing about that.
    fn give_up(&mut self) {
        self.lexer.stop();
        self.at = self.lexer.tokens.tokens.len() - Tokens::LOOKAHEAD;
        self.gave_up = true;
    }

    /// The current token is not what is expected.
    #[cold]
    pub(super) fn expected(&mut self, code: Code, expected: &str) -> Failed {
        let token = self.token();
        let message = format!("expected {expected}, found {}", self.describe(token));
        let help = self.help_for(code, token);
        self.report(Diagnostic::new(code, token.span, message).with_help(help))
    }

    /// The current token as the reader knows it.
    pub(super) fn describe(&self, token: Token) -> String {
        match token.kind {
            TokenKind::Ident | TokenKind::Int | TokenKind::Float => {
                format!("`{}`", &self.lexer.source[token.span.range()])
            }
            kind => kind.describe().to_string(),
        }
    }

    /// What people who write this token here probably want.
    fn help_for(&self, code: Code, token: Token) -> &'static str {
        let adjacent = |index: usize, kind: TokenKind| {
            let next = self.lexer.tokens.tokens[index];
            next.kind == kind && next.span.start == self.lexer.tokens.tokens[index - 1].span.end
        };
        match token.kind {
            TokenKind::Equal
                if self.at > 0
                    && adjacent(self.at, TokenKind::Equal)
                    && self.is_compound(self.at - 1) =>
            {
                "there is no compound assignment; write `x = x + 1`"
            }
            TokenKind::Equal if code == Code::P001 => {
                "`=` assigns and is a statement; `==` compares"
            }
            TokenKind::Plus | TokenKind::Minus
                if self.at > 0 && adjacent(self.at, self.lexer.tokens.tokens[self.at - 1].kind) =>
            {
                "there is no increment operator; write `x = x + 1`"
            }
            TokenKind::Question => {
                "write `if c then a else b` for a choice, `a ?? b` for a default"
            }
            TokenKind::Greater
                if self.at > 0
                    && self.lexer.tokens.tokens[self.at - 1].kind == TokenKind::Minus =>
            {
                "the type of a result stands behind `:`"
            }
            _ => "",
        }
    }

    fn is_compound(&self, index: usize) -> bool {
        use TokenKind::*;
        matches!(self.lexer.tokens.tokens[index].kind, Plus | Minus | Star | Slash | Percent)
    }

    /// An expression should begin here.
    #[cold]
    pub(super) fn expression_missing(&mut self) -> Failed {
        let (code, help) = match self.kind() {
            TokenKind::Dot => {
                (Code::P055, "a field needs a value before the dot, a fraction a digit: `0.5`")
            }
            TokenKind::Let => (Code::P056, "`let` is a statement and has no value"),
            TokenKind::RightBrace => (Code::P053, ""),
            _ => (Code::P999, ""),
        };
        if help.is_empty() {
            return self.expected(code, "an expression");
        }
        let token = self.token();
        let message = format!("expected an expression, found {}", self.describe(token));
        self.report(Diagnostic::new(code, token.span, message).with_help(help))
    }

    /// A name should stand here.
    #[cold]
    pub(super) fn name_missing(&mut self, code: Code, what: &str) -> Failed {
        let token = self.token();
        if token.kind.is_keyword() {
            let message = format!("expected {what}, found the keyword {}", token.kind.describe());
            let help = "a keyword cannot be a name";
            return self.report(Diagnostic::new(code, token.span, message).with_help(help));
        }
        self.expected(code, what)
    }

    /// An element of a list ends here, but neither does the list nor is there a comma.
    #[cold]
    pub(super) fn list_goes_on(&mut self, open: Span, close: TokenKind) -> Failed {
        let token = self.token();
        let found = self.describe(token);
        // A brace behind a parameter or condition begins a block: the parenthesis is missing.
        let element = self.starts_expression() && !self.is(TokenKind::LeftBrace);
        let same_line = !self.begins_line(self.at);
        let diagnostic = if element && (same_line || close != TokenKind::RightParen) {
            Diagnostic::new(
                Code::P051,
                token.span,
                format!("expected `,` or {}, found {found}", close.describe()),
            )
            .with_help("elements are separated by commas")
        } else {
            Diagnostic::new(
                code_for(close),
                token.span,
                format!("expected {}, found {found}", close.describe()),
            )
        };
        self.report(diagnostic.with_secondary(open, "opened here"))
    }

    /// The file ends inside a block.
    #[cold]
    pub(super) fn not_closed(&mut self, open: Span) -> Failed {
        let token = self.token();
        let message = format!("expected `}}`, found {}", self.describe(token));
        self.report(
            Diagnostic::new(Code::P001, token.span, message)
                .with_secondary(open, "this block is not closed"),
        )
    }

    /// A level too many. What follows is not looked at: its nesting cannot be followed.
    #[cold]
    pub(super) fn too_deep(&mut self) -> Failed {
        let span = self.token().span;
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        let help = "give inner parts a name with `let`, or make them functions";
        let failed = self.report(Diagnostic::new(Code::P066, span, message).with_help(help));
        self.give_up();
        failed
    }

    /// Finds the place to go on after the statement that begins with token `start` has failed: the
    /// next statement that begins a line, or the end of the block around it. Brackets that the
    /// statement opened are closed first, unless the layout says that the statement is over.
    pub(super) fn recover(&mut self, start: usize) {
        self.before_block = false;
        let mut open = 0usize;
        for token in &self.lexer.tokens.tokens[start..self.at] {
            match bracket(token.kind) {
                Bracket::Opens => open += 1,
                Bracket::Closes => open = open.saturating_sub(1),
                Bracket::None => {}
            }
        }
        let indent = self.indent(start);
        loop {
            let kind = self.kind();
            if kind == TokenKind::End {
                return;
            }
            let at_line_start = self.at > start && self.begins_line(self.at);
            let outdented = at_line_start && indent.is_some() && self.indent(self.at) <= indent;
            if at_line_start && (open == 0 || outdented) && self.starts_statement() {
                return;
            }
            if kind == TokenKind::RightBrace
                && (open == 0 || (at_line_start && self.indent(self.at) < indent))
            {
                return;
            }
            match bracket(kind) {
                Bracket::Opens => open += 1,
                Bracket::Closes => open = open.saturating_sub(1),
                Bracket::None => {}
            }
            self.bump();
        }
    }

    /// How far the token is indented, if it begins a line.
    fn indent(&self, index: usize) -> Option<usize> {
        let start =
            if index == 0 { 0 } else { self.lexer.tokens.tokens[index - 1].span.end as usize };
        let gap = &self.lexer.source.as_bytes()
            [start..self.lexer.tokens.tokens[index].span.start as usize];
        match gap.iter().rposition(|&byte| byte == b'\n') {
            Some(newline) => Some(gap.len() - newline - 1),
            None if index == 0 => Some(gap.len()),
            None => None,
        }
    }

    /// Whether the current token can begin an expression.
    pub(super) fn starts_expression(&self) -> bool {
        starts_expression(self.kind()) || self.is_soft_name(0)
    }

    /// Whether the current token can begin a statement.
    pub(super) fn starts_statement(&self) -> bool {
        use TokenKind::*;
        starts_expression(self.kind())
            || matches!(
                self.kind(),
                Test | Expect
                    | Agent
                    | Intent
                    | On
                    | Stream
                    | Emit
                    | Type
                    | Extern
                    | Import
                    | Return
                    | Break
                    | Continue
                    | Let
                    | Var
                    | For
                    | While
                    | Export
                    | Fact
                    | Rule
            )
    }

    /// A statement is complete: what follows on the same line must be able to begin the next one.
    #[inline]
    pub(super) fn end_of_statement(&mut self) -> Result<(), Failed> {
        if matches!(self.kind(), TokenKind::Ident | TokenKind::RightBrace | TokenKind::End)
            || self.starts_statement()
        {
            return Ok(());
        }
        self.statement_goes_on()
    }

    #[cold]
    fn statement_goes_on(&mut self) -> Result<(), Failed> {
        if self.begins_line(self.at) || self.is(TokenKind::Else) {
            return Ok(());
        }
        let token = self.token();
        let found = self.describe(token);
        let message = format!("expected the end of the statement, found {found}");
        let mut diagnostic = Diagnostic::new(Code::P999, token.span, message);
        diagnostic.help = self.help_for(Code::P999, token).to_string();
        if token.kind == TokenKind::Colon {
            diagnostic.code = Code::P054;
            diagnostic.help =
                "a variable is declared with `let name = value` or `var name = value`".to_string();
        } else if token.kind == TokenKind::Dot {
            diagnostic.code = Code::P055;
        } else if token.kind == TokenKind::RightParen {
            diagnostic.code = Code::P052;
        } else if token.kind == TokenKind::RightBracket {
            diagnostic.help = "there is no `[` for it".to_string();
        }
        Err(self.report(diagnostic))
    }

    /// The help for a statement that begins with a word of another language.
    pub(super) fn foreign_word(&self, token: Token) -> &'static str {
        if token.kind != TokenKind::Ident || token.symbol() < known::UNDERSCORE {
            return "";
        }
        match self.lexer.interner.resolve(token.symbol()) {
            "function" | "def" | "fn" | "func" => "functions begin with `fun`",
            "const" | "final" => "constants are declared with `let`",
            "elif" | "elsif" | "elseif" => "write `else if`",
            "struct" | "class" | "enum" | "record" => "types begin with `type`",
            "switch" | "case" => "write `match value { pattern => result }`",
            _ => "",
        }
    }
}

pub(super) fn starts_expression(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Ident
            | Int
            | Float
            | Str
            | True
            | False
            | None
            | Minus
            | Bang
            | LeftParen
            | LeftBracket
            | LeftBrace
            | Fun
            | If
            | Match
            | Generate
            | Fetch
            | Load
            | Save
            | Unknown
    )
}

enum Bracket {
    Opens,
    Closes,
    None,
}

fn bracket(kind: TokenKind) -> Bracket {
    match kind {
        TokenKind::LeftBrace | TokenKind::LeftBracket | TokenKind::LeftParen => Bracket::Opens,
        TokenKind::RightBrace | TokenKind::RightBracket | TokenKind::RightParen => Bracket::Closes,
        _ => Bracket::None,
    }
}
