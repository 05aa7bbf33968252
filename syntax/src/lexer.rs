//! Text in, tokens out: a hand-written lexer over bytes.
//!
//! White space (blanks, tabs, newlines and `;`) separates tokens and is dropped; comments go into a
//! side table; a byte order mark at the start is skipped. `:-` is two tokens, so that `s[-3:-1]`
//! and `{a:-1}` mean what they look like; the parser joins them where a rule wants them.
//!
//! Whatever the text, every byte is passed once, and the tokens **must** be in order and disjoint.
//! What cannot be read is reported and becomes a token that the parser passes over in silence.

use mochi_base::{Code, Diagnostic, Interner, Span, Symbol, known};

use crate::MAX_ERRORS;
use crate::ast::{Comment, CommentKind};
use crate::token::{Token, TokenKind, Tokens};
use crate::unicode::{continues_identifier, starts_identifier};

/// The tokens of `source`, and what could not be read.
pub fn lex(source: &str, interner: &mut Interner) -> (Tokens, Vec<Diagnostic>) {
    let mut lexer = Lexer::new(source, 0, interner);
    lexer.fill(usize::MAX);
    (lexer.tokens, lexer.diagnostics)
}

/// A lexer that makes tokens as they are asked for.
pub(crate) struct Lexer<'a> {
    pub(crate) source: &'a str,
    bytes: &'a [u8],
    /// Where the file begins in `source`.
    pub(crate) start: usize,
    at: usize,
    pub(crate) interner: &'a mut Interner,
    /// What was read so far; whoever has read tokens may take them away.
    pub(crate) tokens: Tokens,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The text of the string being read, if it has escapes.
    text: String,
    /// Whether the end of the file is among the tokens.
    ended: bool,
}

impl<'a> Lexer<'a> {
    /// Reads the file that reaches from `start` to the end of `source`.
    pub(crate) fn new(source: &'a str, start: usize, interner: &'a mut Interner) -> Lexer<'a> {
        let mark = '\u{feff}';
        let at = start + if source[start..].starts_with(mark) { mark.len_utf8() } else { 0 };
        Lexer {
            source,
            bytes: source.as_bytes(),
            start,
            at,
            interner,
            tokens: Tokens::default(),
            diagnostics: Vec::new(),
            text: String::new(),
            ended: false,
        }
    }
}

/// What a byte does to identifiers: 0 nothing, 1 goes on with one, 2 begins one.
const IDENTIFIER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => 2,
            b'0'..=b'9' => 1,
            _ => 0,
        };
        byte += 1;
    }
    table
};

impl Lexer<'_> {
    /// Reads `count` more tokens, or up to the end of the file.
    pub(crate) fn fill(&mut self, count: usize) {
        let enough = self.tokens.tokens.len().saturating_add(count);
        while let Some(&byte) = self.bytes.get(self.at) {
            if self.tokens.tokens.len() >= enough {
                return;
            }
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b';' => self.at += 1,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.identifier(),
                b'0'..=b'9' => self.number(),
                b'"' => self.string(),
                b'#' => self.line_comment(CommentKind::Hash),
                b'/' if self.next_is(b'/') => self.line_comment(CommentKind::Line),
                b'/' if self.next_is(b'*') => self.block_comment(),
                0..0x80 => self.mark(byte),
                0x80.. => self.not_ascii(),
            }
        }
        if !self.ended {
            self.stop();
        }
    }

    /// Goes to the end of the file.
    pub(crate) fn stop(&mut self) {
        self.at = self.source.len();
        self.ended = true;
        for _ in 0..Tokens::LOOKAHEAD {
            self.push(TokenKind::End, 0, Span::at(self.at as u32));
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at + 1) == Some(&byte)
    }

    #[inline]
    fn push(&mut self, kind: TokenKind, payload: u32, span: Span) {
        self.tokens.tokens.push(Token { kind, payload, span });
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start as u32, self.at as u32)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn identifier(&mut self) {
        let start = self.at;
        let mut at = self.at + 1;
        while let Some(&byte) = self.bytes.get(at) {
            if IDENTIFIER[byte as usize] == 0 {
                break;
            }
            at += 1;
        }
        self.at = at;
        if self.bytes.get(at).is_some_and(|byte| !byte.is_ascii()) {
            self.identifier_tail();
        }
        self.push_identifier(start);
    }

    /// The rest of an identifier that is not all ASCII.
    fn identifier_tail(&mut self) {
        let tail = &self.source[self.at..];
        let end = tail.find(|character| !continues_identifier(character)).unwrap_or(tail.len());
        self.at += end;
    }

    fn push_identifier(&mut self, start: usize) {
        let symbol = self.interner.intern(&self.source[start..self.at]);
        let kind = if symbol.0 < known::KEYWORD_COUNT {
            TokenKind::KEYWORDS[symbol.0 as usize]
        } else {
            TokenKind::Ident
        };
        self.push(kind, symbol.0, self.span_from(start));
    }

    fn not_ascii(&mut self) {
        let start = self.at;
        let character = self.source[start..].chars().next().expect("the caller saw a byte here");
        if starts_identifier(character) {
            self.at += character.len_utf8();
            self.identifier_tail();
            self.push_identifier(start);
        } else {
            self.unknown(character);
        }
    }

    /// A character that begins no token. A run of them is reported once.
    fn unknown(&mut self, character: char) {
        let start = self.at;
        self.at += character.len_utf8();
        if let Some(close) = foreign_quote(character) {
            // A string in the quotes of another language is one mistake.
            let line = self.source[self.at..].split('\n').next().unwrap_or_default();
            if let Some(end) = line.find(close) {
                self.at += end + close.len_utf8();
            }
        }
        let span = self.span_from(start);
        if let Some(last) = self.tokens.tokens.last_mut()
            && last.kind == TokenKind::Unknown
            && last.span.end == span.start
        {
            last.span.end = span.end;
            return;
        }
        let shown = if character.is_control() {
            character.escape_debug().to_string()
        } else {
            character.to_string()
        };
        let message = format!("the character `{shown}` begins nothing that Mochi knows");
        let diagnostic = Diagnostic::new(Code::P999, span, message);
        let help = match character {
            '&' => "`and` is written `&&`",
            '\u{a0}' => "this is a non-breaking space; write an ordinary one",
            _ if foreign_quote(character).is_some() => {
                "strings stand between double quotes: `\"…\"`"
            }
            _ => "",
        };
        self.report(diagnostic.with_help(help));
        self.push(TokenKind::Unknown, 0, span);
    }

    fn mark(&mut self, byte: u8) {
        use TokenKind::*;
        let start = self.at;
        let (kind, len) = match byte {
            b'=' if self.next_is(b'=') => (EqualEqual, 2),
            b'=' if self.next_is(b'>') => (FatArrow, 2),
            b'!' if self.next_is(b'=') => (NotEqual, 2),
            b'<' if self.next_is(b'=') => (LessEqual, 2),
            b'>' if self.next_is(b'=') => (GreaterEqual, 2),
            b'&' if self.next_is(b'&') => (AndAnd, 2),
            b'|' if self.next_is(b'|') => (OrOr, 2),
            b'.' if self.next_is(b'.') => (DotDot, 2),
            b'?' if self.next_is(b'?') => (QuestionQuestion, 2),
            b'+' => (Plus, 1),
            b'-' => (Minus, 1),
            b'*' => (Star, 1),
            b'/' => (Slash, 1),
            b'%' => (Percent, 1),
            b'=' => (Equal, 1),
            b'<' => (Less, 1),
            b'>' => (Greater, 1),
            b'!' => (Bang, 1),
            b'|' => (Pipe, 1),
            b'{' => (LeftBrace, 1),
            b'}' => (RightBrace, 1),
            b'[' => (LeftBracket, 1),
            b']' => (RightBracket, 1),
            b'(' => (LeftParen, 1),
            b')' => (RightParen, 1),
            b',' => (Comma, 1),
            b'.' => (Dot, 1),
            b':' => (Colon, 1),
            b'?' => (Question, 1),
            _ => return self.unknown(byte as char),
        };
        self.at += len;
        self.push(kind, 0, self.span_from(start));
    }

    fn line_comment(&mut self, kind: CommentKind) {
        let start = self.at;
        let rest = &self.bytes[start..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let mut span = self.span_from(start);
        if self.bytes[start..self.at].ends_with(b"\r") {
            span.end -= 1;
        }
        self.tokens.comments.push(Comment { kind, span });
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.source[start + 2..].find("*/") {
            Some(len) => self.at = start + 2 + len + 2,
            None => {
                self.at = self.source.len();
                let open = Span::new(start as u32, start as u32 + 2);
                self.report(
                    Diagnostic::new(Code::P042, open, "this comment is not closed")
                        .with_label("begins here")
                        .with_help("close it with `*/`; comments do not nest"),
                );
            }
        }
        let span = self.span_from(start);
        self.tokens.comments.push(Comment { kind: CommentKind::Block, span });
    }

    // ── Numbers ────────────────────────────────────────────────────────────────────────────────

    fn number(&mut self) {
        let start = self.at;
        let radix = match self.bytes.get(start + 1) {
            Some(b'x' | b'X') if self.bytes[start] == b'0' => 16,
            Some(b'b' | b'B') if self.bytes[start] == b'0' => 2,
            Some(b'o' | b'O') if self.bytes[start] == b'0' => 8,
            _ => 10,
        };
        let mut float = false;
        if radix == 10 {
            self.digits(10);
            if self.bytes.get(self.at) == Some(&b'.')
                && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit)
            {
                float = true;
                self.at += 1;
                self.digits(10);
            }
            if let Some(b'e' | b'E') = self.bytes.get(self.at) {
                let sign = usize::from(matches!(self.bytes.get(self.at + 1), Some(b'+' | b'-')));
                if self.bytes.get(self.at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                    float = true;
                    self.at += 1 + sign;
                    self.digits(10);
                }
            }
        } else {
            self.at += 2;
            self.digits(radix);
            if self.at == start + 2 {
                return self.prefix_without_digits(start, radix);
            }
        }
        if self.runs_into_name() {
            return self.number_runs_into_name(start);
        }
        let text = &self.source[start..self.at];
        let value = if float {
            text.parse::<f64>()
                .expect("digits, point and exponent are a float to Rust as well")
                .to_bits()
        } else {
            let digits = if radix == 10 { text } else { &text[2..] };
            match u64::from_str_radix(digits, radix) {
                // 2^63 is kept for `-9223372036854775808`; the parser refuses it elsewhere.
                Ok(value) if value <= 1 << 63 => value,
                _ => return self.integer_too_large(start),
            }
        };
        let payload = self.tokens.numbers.len() as u32;
        self.tokens.numbers.push(value);
        let kind = if float { TokenKind::Float } else { TokenKind::Int };
        self.push(kind, payload, self.span_from(start));
    }

    fn digits(&mut self, radix: u32) {
        while self.bytes.get(self.at).is_some_and(|&byte| (byte as char).is_digit(radix)) {
            self.at += 1;
        }
    }

    fn runs_into_name(&self) -> bool {
        match self.bytes.get(self.at) {
            Some(byte) if byte.is_ascii() => IDENTIFIER[*byte as usize] != 0,
            Some(_) => self.source[self.at..].starts_with(continues_identifier),
            None => false,
        }
    }

    fn prefix_without_digits(&mut self, start: usize, radix: u32) {
        if self.runs_into_name() {
            self.identifier_tail();
        }
        let span = self.span_from(start);
        let digits = match radix {
            16 => "hexadecimal digits, as in `0xff`",
            2 => "binary digits, as in `0b101`",
            _ => "octal digits, as in `0o17`",
        };
        let prefix = &self.source[start..start + 2];
        self.report(
            Diagnostic::new(Code::P046, span, format!("no digits follow the prefix `{prefix}`"))
                .with_help(format!("write {digits}")),
        );
        self.push(TokenKind::Unknown, 0, span);
    }

    fn number_runs_into_name(&mut self, start: usize) {
        let name_start = self.at;
        self.identifier_tail();
        let span = self.span_from(start);
        let (number, name) = (&self.source[start..name_start], &self.source[name_start..self.at]);
        let mut diagnostic =
            Diagnostic::new(Code::P043, span, format!("the number `{number}` runs into `{name}`"));
        diagnostic.help = if name.starts_with('_') {
            "digits are not grouped by `_` in Mochi".into()
        } else if matches!(name, "e" | "E") {
            format!("an exponent needs digits, as in `{number}e9`")
        } else {
            "put a space or an operator between them; a name cannot begin with a digit".into()
        };
        self.report(diagnostic);
        self.push(TokenKind::Unknown, 0, span);
    }

    /// The place reported begins where the token before it ends: that is where the value is missing.
    fn integer_too_large(&mut self, start: usize) {
        let span = self.span_from(start);
        self.push(TokenKind::Unknown, 0, span);
        let before = self.tokens.tokens.iter().rev().nth(1);
        let previous = before.map_or(self.start as u32, |token| token.span.end);
        let diagnostic = integer_too_large(self.source, previous, span);
        self.report(diagnostic);
    }

    // ── Strings ────────────────────────────────────────────────────────────────────────────────

    fn string(&mut self) {
        let start = self.at;
        let text_start = start + 1;
        let rest = &self.bytes[text_start..];
        let stop = rest
            .iter()
            .position(|&byte| matches!(byte, b'"' | b'\\' | b'\n'))
            .unwrap_or(rest.len());
        self.at = text_start + stop;
        match self.bytes.get(self.at) {
            Some(b'"') => {
                let symbol = self.interner.intern(&self.source[text_start..self.at]);
                self.at += 1;
                self.push(TokenKind::Str, symbol.0, self.span_from(start));
            }
            Some(b'\\') => self.string_with_escapes(start),
            _ => self.string_not_closed(start),
        }
    }

    fn string_with_escapes(&mut self, start: usize) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.push_str(&self.source[start + 1..self.at]);
        let mut bad: Option<Span> = None;
        // Bytes given by number may make up a character together, so they are collected first.
        let mut raw: Vec<u8> = Vec::new();
        loop {
            let run_start = self.at;
            let rest = &self.bytes[run_start..];
            let stop = rest
                .iter()
                .position(|&byte| matches!(byte, b'"' | b'\\' | b'\n'))
                .unwrap_or(rest.len());
            self.at = run_start + stop;
            if stop > 0 {
                flush(&mut raw, &mut text);
                text.push_str(&self.source[run_start..self.at]);
            }
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let escape_start = self.at;
                    match self.escape() {
                        Some(Escape::Character(character)) => {
                            flush(&mut raw, &mut text);
                            text.push(character);
                        }
                        Some(Escape::Byte(byte)) => raw.push(byte),
                        None => {
                            bad.get_or_insert(Span::new(escape_start as u32, self.at as u32));
                        }
                    }
                }
                _ => {
                    self.text = text;
                    return self.string_not_closed(start);
                }
            }
        }
        flush(&mut raw, &mut text);
        self.at += 1;
        let span = self.span_from(start);
        let symbol = self.interner.intern(&text);
        self.text = text;
        self.push(TokenKind::Str, symbol.0, span);
        if let Some(bad) = bad {
            let escape = &self.source[bad.range()];
            let message = format!("the escape sequence `{escape}` is not known");
            self.report(
                Diagnostic::new(Code::P041, span, message).with_secondary(bad, "this one").with_help(
                    "known are `\\n \\t \\r \\\\ \\\" \\a \\b \\f \\v`, `\\xHH`, `\\uHHHH`, `\\UHHHHHHHH` and three octal digits; \
                     a backslash itself is `\\\\`",
                ),
            );
        }
    }

    /// The escape at the backslash here; `None` if it is not known. Stops behind it, or behind what
    /// there is of it, but never behind the quote or the line.
    fn escape(&mut self) -> Option<Escape> {
        self.at += 1;
        let kind = self.source[self.at..].chars().next().filter(|&character| character != '\n')?;
        self.at += kind.len_utf8();
        let character = match kind {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '\\' => '\\',
            '"' => '"',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => return self.escape_digits(16, 2, 0).map(|value| Escape::Byte(value as u8)),
            'u' => {
                return self
                    .escape_digits(16, 4, 0)
                    .and_then(char::from_u32)
                    .map(Escape::Character);
            }
            'U' => {
                return self
                    .escape_digits(16, 8, 0)
                    .and_then(char::from_u32)
                    .map(Escape::Character);
            }
            '0'..='7' => {
                let value = self.escape_digits(8, 2, kind as u32 - '0' as u32)?;
                return u8::try_from(value).ok().map(Escape::Byte);
            }
            _ => return None,
        };
        Some(Escape::Character(character))
    }

    fn escape_digits(&mut self, radix: u32, count: usize, first: u32) -> Option<u32> {
        let mut value = first;
        for _ in 0..count {
            let digit = self.bytes.get(self.at).and_then(|&byte| (byte as char).to_digit(radix))?;
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        Some(value)
    }

    fn string_not_closed(&mut self, start: usize) {
        if self.bytes[..self.at].ends_with(b"\r") {
            self.at -= 1;
        }
        let span = self.span_from(start);
        self.report(
            Diagnostic::new(Code::P040, span, "this string is not closed")
                .with_label("no `\"` follows on this line")
                .with_help("close it with `\"`; a line break inside a string is written `\\n`"),
        );
        self.push(TokenKind::Str, known::EMPTY.0, span);
    }
}

/// The quote that would close a string opened by `open`, which opens none in Mochi.
fn foreign_quote(open: char) -> Option<char> {
    match open {
        '\'' | '`' => Some(open),
        '\u{201c}' => Some('\u{201d}'),
        '\u{2018}' => Some('\u{2019}'),
        _ => None,
    }
}

enum Escape {
    Character(char),
    Byte(u8),
}

/// Moves bytes given by number into the text; what is not UTF-8 becomes the replacement character.
fn flush(raw: &mut Vec<u8>, text: &mut String) {
    if !raw.is_empty() {
        text.push_str(&String::from_utf8_lossy(raw));
        raw.clear();
    }
}

/// The finding about the integer literal at `literal`, behind a token that ends at `previous`.
pub(crate) fn integer_too_large(source: &str, previous: u32, literal: Span) -> Diagnostic {
    let text = &source[literal.range()];
    Diagnostic::new(
        Code::P045,
        Span::new(previous.min(literal.start), literal.end),
        format!("the integer `{text}` does not fit into 64 bits"),
    )
    .with_help(
        "integers reach from -9223372036854775808 to 9223372036854775807; a larger one is made of its text: `bigint(\"…\")`",
    )
}

impl Token {
    /// The name or text of an `Ident`, keyword or `Str`.
    #[inline]
    pub(crate) fn symbol(self) -> Symbol {
        Symbol(self.payload)
    }
}
