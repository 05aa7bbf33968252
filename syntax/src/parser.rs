//! Text in, syntax tree out: recursive descent, precedence climbing for operators.
//!
//! A parse function returns `Err(Failed)` after it has reported; the error travels up to the
//! statement, which becomes an `Error` node, and parsing goes on at the next one. So there is one
//! error a statement, and the reader is spared its consequences.
//!
//! **Invariants**
//! - The parser always ends: every turn of a loop consumes a token or leaves it.
//! - Recursion is bounded by [`crate::MAX_DEPTH`], whatever the source.
//! - Time and memory are linear in the source: nothing is parsed twice but a pattern that turns out
//!   not to be one, and looking ahead is bounded.

mod data;
mod expr;
mod pattern;
mod query;
mod recovery;
mod stmt;
mod types;

use mochi_base::{Code, Diagnostic, IndexVec, Interner, Span, Symbol};

use crate::ast::{Ast, Expr, ExprId, ExprKind, File, List, ListItem, Lists, Name, StmtId};
use crate::lexer::Lexer;
use crate::token::{Token, TokenKind, Tokens};
use crate::{MAX_DEPTH, MAX_ERRORS};

/// Something could not be parsed and was reported.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

/// How many tokens are read at a time.
const CHUNK: usize = 1024;

struct Parser<'a> {
    /// Where the tokens come from and stand. Those of finished statements of the file are dropped,
    /// so that few of them are ever in memory.
    lexer: Lexer<'a>,
    /// The token to be read next.
    at: usize,
    ast: Ast,
    diagnostics: Vec<Diagnostic>,
    /// How many levels deep the parser is, see [`MAX_DEPTH`].
    depth: u32,
    /// Whether the expression stands before a block, so that `name {}` is a name and a block.
    before_block: bool,
    /// Whether the rest of the file is not looked at, so that nothing more is to be said.
    gave_up: bool,
    /// Elements of lists that are not complete yet, one stack for each type of element.
    scratch: Lists,
}

/// The tree with the file that reaches from `start` to the end of `source`, and what is wrong with the file.
pub(crate) fn parse(
    source: &str,
    start: usize,
    ast: Ast,
    interner: &mut Interner,
) -> (Ast, Vec<Diagnostic>) {
    let mut parser = Parser {
        lexer: Lexer::new(source, start, interner),
        at: 0,
        ast: with_room(ast, source.len() - start),
        diagnostics: Vec::new(),
        depth: 0,
        before_block: false,
        gave_up: false,
        scratch: Lists::default(),
    };
    parser.lexer.fill(CHUNK);
    parser.file();
    let Parser { lexer, mut ast, diagnostics: found, .. } = parser;
    ast.comments.extend(lexer.tokens.comments);
    // What cannot be read is no surprise to the parser: of two findings at a place the lexer's stays.
    let mut diagnostics = lexer.diagnostics;
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.dedup_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.truncate(MAX_ERRORS);
    (ast, diagnostics)
}

/// The tree with room for what source of this many bytes typically becomes, so that the large
/// arenas are not moved while they grow.
fn with_room(ast: Ast, bytes: usize) -> Ast {
    if !ast.files.is_empty() {
        return ast;
    }
    Ast {
        exprs: IndexVec::with_capacity(bytes / 4),
        stmts: IndexVec::with_capacity(bytes / 12),
        ..ast
    }
}

// Reading tokens.
impl Parser<'_> {
    #[inline]
    fn token(&self) -> Token {
        self.lexer.tokens.tokens[self.at]
    }

    #[inline]
    fn kind(&self) -> TokenKind {
        self.lexer.tokens.tokens[self.at].kind
    }

    /// The token `distance` behind the current one; below [`Tokens::LOOKAHEAD`].
    #[inline]
    fn ahead(&self, distance: usize) -> Token {
        debug_assert!(distance < Tokens::LOOKAHEAD);
        self.lexer.tokens.tokens[self.at + distance]
    }

    #[inline]
    fn is(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// Whether the current token is the name `word`, which means something special here.
    #[inline]
    fn is_word(&self, word: Symbol) -> bool {
        let token = self.token();
        token.kind == TokenKind::Ident && token.payload == word.0
    }

    fn is_word_ahead(&self, distance: usize, word: Symbol) -> bool {
        let token = self.ahead(distance);
        token.kind == TokenKind::Ident && token.payload == word.0
    }

    /// Goes on by `count` tokens, none of them the end of the file.
    #[inline]
    fn advance(&mut self, count: usize) {
        self.at += count;
        if self.at + Tokens::LOOKAHEAD > self.lexer.tokens.tokens.len() {
            self.read_more();
        }
    }

    #[cold]
    fn read_more(&mut self) {
        self.lexer.fill(CHUNK);
    }

    /// Drops the tokens that were read, but for the last one, once there are many.
    fn drop_read_tokens(&mut self) {
        if self.at > CHUNK {
            self.lexer.tokens.tokens.drain(..self.at - 1);
            self.at = 1;
        }
    }

    /// Takes the current token. The end of the file stays.
    #[inline]
    fn bump(&mut self) -> Token {
        let token = self.lexer.tokens.tokens[self.at];
        if token.kind != TokenKind::End {
            self.advance(1);
        }
        token
    }

    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        debug_assert!(kind != TokenKind::End);
        let found = self.is(kind);
        if found {
            self.advance(1);
        }
        found
    }

    fn eat_word(&mut self, word: Symbol) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance(1);
        }
        found
    }

    /// Takes the current token, which must be of this kind.
    #[inline]
    fn expect(&mut self, kind: TokenKind) -> Parsed<Token> {
        if self.is(kind) {
            Ok(self.bump())
        } else {
            Err(self.expected(code_for(kind), kind.describe()))
        }
    }

    fn expect_word(&mut self, word: Symbol) -> Parsed<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        let expected = format!("`{}`", self.lexer.interner.resolve(word));
        Err(self.expected(Code::P999, &expected))
    }

    /// A name that is declared or mentioned; `what` says which, for the message.
    #[inline]
    fn name(&mut self, code: Code, what: &str) -> Parsed<Name> {
        let token = self.token();
        if token.kind == TokenKind::Ident || token.kind.is_soft_keyword() {
            self.advance(1);
            return Ok(Name { symbol: token.symbol(), span: token.span });
        }
        Err(self.name_missing(code, what))
    }

    /// A name behind a dot or before a colon, where keywords are names too.
    #[inline]
    fn member_name(&mut self, code: Code, what: &str) -> Parsed<Name> {
        let token = self.token();
        if token.kind == TokenKind::Ident || token.kind.is_keyword() {
            self.advance(1);
            return Ok(Name { symbol: token.symbol(), span: token.span });
        }
        Err(self.expected(code, what))
    }

    /// The name with what stands behind a dot: something of a package, as one name with the dot in it.
    fn qualified(&mut self, name: Name, what: &str) -> Parsed<Name> {
        if !self.eat(TokenKind::Dot) {
            return Ok(name);
        }
        let member = self.member_name(Code::P055, what)?;
        let interner = &mut *self.lexer.interner;
        let text = format!("{}.{}", interner.resolve(name.symbol), interner.resolve(member.symbol));
        let symbol = self.lexer.interner.intern(&text);
        Ok(Name { symbol, span: name.span.to(member.span) })
    }

    /// Whether the token at `distance` is a keyword of a declaration that is not there, and so a name.
    fn is_soft_name(&self, distance: usize) -> bool {
        use TokenKind::*;
        let next = self.ahead(distance + 1).kind;
        match self.ahead(distance).kind {
            Agent | Stream | Intent | Emit | On | Type | Fact | Rule | Package => {
                next != Ident && !next.is_soft_keyword()
            }
            Test => next != Str,
            All => true,
            _ => false,
        }
    }

    /// Where the token before the current one ends.
    #[inline]
    fn previous_end(&self) -> u32 {
        if self.at == 0 { 0 } else { self.lexer.tokens.tokens[self.at - 1].span.end }
    }

    #[inline]
    fn span_from(&self, start: u32) -> Span {
        Span::new(start, self.previous_end().max(start))
    }

    /// Whether a line break stands between the token at `index` and the one before it.
    fn begins_line(&self, index: usize) -> bool {
        let start =
            if index == 0 { 0 } else { self.lexer.tokens.tokens[index - 1].span.end as usize };
        index == 0
            || self.lexer.source.as_bytes()
                [start..self.lexer.tokens.tokens[index].span.start as usize]
                .contains(&b'\n')
    }
}

// Building nodes.
impl Parser<'_> {
    #[inline]
    fn expr(&mut self, kind: ExprKind, start: u32) -> ExprId {
        let span = self.span_from(start);
        self.ast.exprs.push(Expr { kind, span })
    }

    /// Collects a list: `body` pushes elements with [`Parser::item`].
    #[inline]
    fn collect<T: ListItem>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Parsed<()>,
    ) -> Parsed<List<T>> {
        let mark = T::of(&mut self.scratch).len();
        let result = body(self);
        let items = T::of(&mut self.scratch);
        let list = result.map(|()| self.ast.list(&items[mark..]));
        items.truncate(mark);
        list
    }

    #[inline]
    fn item<T: ListItem>(&mut self, item: T) {
        T::of(&mut self.scratch).push(item);
    }

    /// Elements separated by commas up to `close`, which is taken; a comma may stand behind the last.
    /// `open` is where the opening delimiter stands.
    #[inline]
    fn comma_list<T: ListItem>(
        &mut self,
        open: Span,
        close: TokenKind,
        mut element: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<List<T>> {
        let before_block = std::mem::replace(&mut self.before_block, false);
        let list = self.collect(|parser| {
            while !parser.eat(close) {
                let item = element(parser)?;
                parser.item(item);
                if !parser.eat(TokenKind::Comma) && !parser.is(close) {
                    return Err(parser.list_goes_on(open, close));
                }
            }
            Ok(())
        });
        self.before_block = before_block;
        list
    }

    /// Elements up to `}`, which is taken; commas between them are optional.
    fn brace_list<T: ListItem>(
        &mut self,
        open: Span,
        mut element: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<List<T>> {
        let before_block = std::mem::replace(&mut self.before_block, false);
        let list = self.collect(|parser| {
            while !parser.eat(TokenKind::RightBrace) {
                if parser.is(TokenKind::End) {
                    return Err(parser.not_closed(open));
                }
                let item = element(parser)?;
                parser.item(item);
                parser.eat(TokenKind::Comma);
            }
            Ok(())
        });
        self.before_block = before_block;
        list
    }

    /// Parses something one level deeper.
    #[inline]
    fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        result
    }

    /// Statements up to the end of the file.
    fn file(&mut self) {
        let mut package = None;
        if self.eat(TokenKind::Package) {
            match self.name(Code::P030, "the name of the package") {
                Ok(name) => package = Some(name),
                Err(Failed) => self.recover(0),
            }
        }
        let body = self.collect::<StmtId>(|parser| {
            while !parser.is(TokenKind::End) {
                let stmt = parser.statement();
                parser.item(stmt);
                parser.drop_read_tokens();
            }
            Ok(())
        });
        self.ast.files.push(File { package, body: body.unwrap_or_default() });
    }
}

/// The code of the finding that a token of this kind is missing.
fn code_for(kind: TokenKind) -> Code {
    match kind {
        TokenKind::LeftBrace | TokenKind::RightBrace => Code::P001,
        TokenKind::LeftParen | TokenKind::RightParen => Code::P052,
        TokenKind::Comma => Code::P051,
        _ => Code::P999,
    }
}
