//! Cuts the text form into tokens, one at a time, each with its place.

use super::{Result, TextError};

/// A line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: u32,
    column: u32,
}

impl Place {
    pub(super) fn error<T>(self, message: String) -> Result<T> {
        Err(TextError { line: self.line, column: self.column, message })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Letters, digits, `_` and dots, not beginning with a digit.
    Word(String),
    Quoted(String),
    Int(i64),
    /// The bits.
    Float(u64),
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    Comma,
    Colon,
    Equals,
    At,
    Arrow,
    DotDot,
    Newline,
    End,
}

impl Token {
    pub(super) fn describe(&self) -> String {
        let text = match self {
            Token::Word(word) => return format!("`{word}`"),
            Token::Quoted(text) => return format!("{text:?}"),
            Token::Int(number) => return format!("`{number}`"),
            Token::Float(bits) => return format!("`{:?}`", f64::from_bits(*bits)),
            Token::Open => "`(`",
            Token::Close => "`)`",
            Token::OpenBrace => "`{`",
            Token::CloseBrace => "`}`",
            Token::Comma => "`,`",
            Token::Colon => "`:`",
            Token::Equals => "`=`",
            Token::At => "`@`",
            Token::Arrow => "`->`",
            Token::DotDot => "`..`",
            Token::Newline => "the end of the line",
            Token::End => "the end of the text",
        };
        text.to_owned()
    }
}

/// The text and the token that is to be looked at next.
pub(super) struct Lexer<'t> {
    text: &'t str,
    /// Behind `token`.
    offset: usize,
    line: u32,
    line_start: usize,
    pub(super) token: Token,
    /// Of `token`.
    pub(super) place: Place,
}

impl<'t> Lexer<'t> {
    /// Stands at the first token.
    pub(super) fn new(text: &'t str) -> Result<Lexer<'t>> {
        let mut lexer = Lexer {
            text,
            offset: 0,
            line: 1,
            line_start: 0,
            token: Token::Newline,
            place: Place { line: 1, column: 1 },
        };
        lexer.advance()?;
        Ok(lexer)
    }

    /// An error that says what should stand here instead of the token.
    pub(super) fn expected<T>(&self, wanted: &str) -> Result<T> {
        self.place.error(format!("expected {wanted}, found {}", self.token.describe()))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.offset..]
    }

    /// How many bytes from here on satisfy `test`.
    fn run(&self, test: impl Fn(u8) -> bool) -> usize {
        self.rest().bytes().take_while(|&byte| test(byte)).count()
    }

    /// Goes to the next token.
    pub(super) fn advance(&mut self) -> Result<()> {
        self.offset += self.run(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        if self.rest().starts_with(';') {
            self.offset += self.run(|byte| byte != b'\n');
        }
        let column = self.text[self.line_start..self.offset].chars().count() as u32 + 1;
        self.place = Place { line: self.line, column };
        let rest = self.rest();
        let Some(first) = rest.bytes().next() else {
            self.token = Token::End;
            return Ok(());
        };
        let (token, length) = match first {
            b'\n' => {
                self.line += 1;
                self.line_start = self.offset + 1;
                (Token::Newline, 1)
            }
            b'(' => (Token::Open, 1),
            b')' => (Token::Close, 1),
            b'{' => (Token::OpenBrace, 1),
            b'}' => (Token::CloseBrace, 1),
            b',' => (Token::Comma, 1),
            b':' => (Token::Colon, 1),
            b'=' => (Token::Equals, 1),
            b'@' => (Token::At, 1),
            b'.' if rest.starts_with("..") => (Token::DotDot, 2),
            b'-' if rest.starts_with("->") => (Token::Arrow, 2),
            b'-' if rest.starts_with("-inf") => (Token::Float(f64::NEG_INFINITY.to_bits()), 4),
            b'"' => return self.quoted(),
            b'-' | b'0'..=b'9' => return self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(),
            _ => {
                let found = rest.chars().next().unwrap_or(' ');
                return self.place.error(format!("{found:?} begins no token"));
            }
        };
        self.token = token;
        self.offset += length;
        Ok(())
    }

    fn word(&mut self) -> Result<()> {
        let length = self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
        let word = &self.rest()[..length];
        self.offset += length;
        self.token = Token::Word(word.to_owned());
        if word == "nan" && self.rest().starts_with(":0x") {
            self.offset += 3;
            let length = self.run(|byte| byte.is_ascii_hexdigit());
            let digits = &self.rest()[..length];
            self.offset += length;
            match u64::from_str_radix(digits, 16) {
                Ok(bits) if f64::from_bits(bits).is_nan() => self.token = Token::Float(bits),
                _ => return self.place.error(format!("0x{digits} is no NaN")),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        let rest = self.rest().as_bytes();
        let digits = |mut at: usize| {
            while rest.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(1);
        let mut is_float = false;
        if rest.get(end) == Some(&b'.') && rest.get(end + 1).is_some_and(u8::is_ascii_digit) {
            is_float = true;
            end = digits(end + 1);
        }
        if rest.get(end) == Some(&b'e') {
            is_float = true;
            end = digits(end + 1 + usize::from(rest.get(end + 1) == Some(&b'-')));
        }
        let number = &self.rest()[..end];
        self.offset += end;
        let token = if is_float {
            number.parse().ok().map(|value: f64| Token::Float(value.to_bits()))
        } else {
            number.parse().ok().map(Token::Int)
        };
        match token {
            Some(token) => {
                self.token = token;
                Ok(())
            }
            None => self.place.error(format!("`{number}` is no number")),
        }
    }

    fn quoted(&mut self) -> Result<()> {
        let start = self.offset + 1;
        let mut text = String::new();
        let mut chars = self.text[start..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.offset = start + offset + 1;
                    self.token = Token::Quoted(text);
                    return Ok(());
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    Some((_, 'u')) => {
                        let digits: String = chars
                            .by_ref()
                            .map(|(_, c)| c)
                            .skip_while(|&c| c == '{')
                            .take_while(|&c| c != '}')
                            .collect();
                        let c = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        match c {
                            Some(c) => text.push(c),
                            None => {
                                return self
                                    .place
                                    .error(format!("\\u{{{digits}}} is no character"));
                            }
                        }
                    }
                    _ => {
                        return self
                            .place
                            .error("an escape is one of \\n \\t \\\" \\\\ \\u{…}".into());
                    }
                },
                c => text.push(c),
            }
        }
        self.place.error("the text in quotes does not end".into())
    }
}
