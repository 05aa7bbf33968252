//! Reads the text form: text goes in, the program that it describes comes out, or the first place where it is wrong.
//!
//! The reader knows the shape of the text only: what the program means is the verifier's to judge, so that tests can
//! write down wrong programs.

use super::{rep_name, shape_kind_name, type_kind_name, type_operands};
use crate::op::Op;
use crate::program::{
    Field, FunctionId, Global, InlineId, InlinedCall, NOT_INLINED, Program, Shape, Signature,
};
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::program::{NO_TYPE, ShapeKind, TypeInfo, TypeKind};
use mochi_base::Span;
use std::collections::HashMap;
use std::fmt;

mod function;
mod lexer;
use lexer::{Lexer, Place, Token};

const TYPE_KINDS: [TypeKind; 14] = [
    TypeKind::Any,
    TypeKind::Unit,
    TypeKind::Int,
    TypeKind::Float,
    TypeKind::Bool,
    TypeKind::Str,
    TypeKind::BigInt,
    TypeKind::BigRat,
    TypeKind::List,
    TypeKind::Map,
    TypeKind::Record,
    TypeKind::Union,
    TypeKind::Function,
    TypeKind::Option,
];

/// Where a text is wrong and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    pub message: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for TextError {}

type Result<T> = std::result::Result<T, TextError>;

/// Reads a program.
pub fn read(text: &str) -> Result<Program> {
    let mut reader = Reader {
        lexer: Lexer::new(text)?,
        program: Program::default(),
        ops: Op::ALL.iter().map(|&op| (op.row().name, op)).collect(),
        functions: RuntimeFunction::ALL
            .iter()
            .map(|&function| (function.row().name, function))
            .collect(),
        calls: Vec::new(),
        most_values: text.len(),
    };
    reader.program()?;
    Ok(reader.program)
}

/// A use of a function's name, looked up when all functions are known.
struct NamedCall {
    place: Place,
    name: String,
    /// The function and instruction that it stands in; none for `main`.
    user: Option<(usize, usize)>,
}

struct Reader<'t> {
    lexer: Lexer<'t>,
    program: Program,
    ops: HashMap<&'static str, Op>,
    functions: HashMap<&'static str, RuntimeFunction>,
    calls: Vec<NamedCall>,
    /// No text defines more values than it has bytes.
    most_values: usize,
}

impl Reader<'_> {
    fn program(&mut self) -> Result<()> {
        loop {
            self.skip_lines()?;
            let place = self.lexer.place;
            let Token::Word(word) = self.lexer.token.clone() else {
                if self.lexer.token == Token::End {
                    break;
                }
                return self.lexer.expected("a declaration");
            };
            self.lexer.advance()?;
            if word == "function" {
                self.function()?;
            } else if word == "main" {
                if let Some(function) = self.function_name(None)? {
                    self.program.main = function;
                }
            } else if let Some(number) = numbered(&word, "shape") {
                self.in_order(place, "shape", number, self.program.shapes.len())?;
                self.shape()?;
            } else if let Some(number) = numbered(&word, "type") {
                self.in_order(place, "type", number, self.program.types.len())?;
                self.type_info()?;
            } else if let Some(number) = numbered(&word, "sig") {
                self.in_order(place, "signature", number, self.program.signatures.len())?;
                self.signature()?;
            } else if let Some(number) = numbered(&word, "name") {
                self.in_order(place, "name", number, self.program.inlined_names.len())?;
                self.expect(Token::Equals)?;
                let name = self.name()?.into();
                self.program.inlined_names.push(name);
            } else if let Some(number) = numbered(&word, "inlined") {
                self.in_order(place, "inlined call", number, self.program.inlined.len())?;
                self.inlined_call()?;
            } else if let Some(number) = numbered(&word, "s") {
                self.in_order(place, "string", number, self.program.strings.len())?;
                self.expect(Token::Equals)?;
                let string = self.quoted()?;
                self.program.strings.push(string.into());
            } else if let Some(number) = numbered(&word, "g") {
                self.in_order(place, "global", number, self.program.globals.len())?;
                self.expect(Token::Equals)?;
                let name = self.name()?.into();
                self.expect(Token::Colon)?;
                let ty = self.ty()?;
                self.program.globals.push(Global { name, ty });
            } else {
                return place.error(format!(
                    "`{word}` is no declaration: function, main, type0, sig0, shape0, s0, g0, name0, inlined0"
                ));
            }
            self.end_of_line()?;
        }
        self.resolve_calls()
    }

    fn resolve_calls(&mut self) -> Result<()> {
        let mut by_name: HashMap<&str, Vec<u32>> = HashMap::new();
        for (number, function) in self.program.functions.iter().enumerate() {
            by_name.entry(&function.name).or_default().push(number as u32);
        }
        let mut found = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            match by_name.get(call.name.as_str()).map(Vec::as_slice) {
                Some(&[number]) => found.push(number),
                None => {
                    return call.place.error(format!("there is no function `{}`", call.name));
                }
                Some(several) => {
                    return call.place.error(format!(
                        "{} functions are called `{}`: write f{} for the first one",
                        several.len(),
                        call.name,
                        several[0]
                    ));
                }
            }
        }
        for (call, number) in self.calls.iter().zip(found) {
            match call.user {
                None => self.program.main = FunctionId(number),
                Some((function, inst)) => {
                    self.program.functions[function].insts[inst].imm = u64::from(number);
                }
            }
        }
        Ok(())
    }

    fn in_order(&self, place: Place, what: &str, number: u32, expected: usize) -> Result<()> {
        if number as usize == expected {
            Ok(())
        } else {
            place.error(format!("{what} {number} stands in place {expected}: they stand in order"))
        }
    }

    /// What follows the number of a type.
    fn type_info(&mut self) -> Result<()> {
        self.expect(Token::Equals)?;
        let place = self.lexer.place;
        let word = self.word()?;
        let Some(&kind) = TYPE_KINDS.iter().find(|&&kind| type_kind_name(kind) == word) else {
            return place.error(format!("`{word}` is no kind of type"));
        };
        let mut numbers = [0, 0];
        for (place, prefix) in type_operands(kind).iter().enumerate() {
            if place != 0 {
                self.expect(Token::Comma)?;
            }
            numbers[place] =
                if prefix.is_empty() { self.number()? } else { self.numbered_word(prefix)? };
        }
        self.program.types.push(TypeInfo { kind, a: numbers[0], b: numbers[1] });
        Ok(())
    }

    /// What follows the number of an inlined call.
    fn inlined_call(&mut self) -> Result<()> {
        self.expect(Token::Equals)?;
        let callee = self.numbered_word("name")?;
        if !self.take_word("in")? {
            return self.lexer.expected("`in`");
        }
        let caller = self.numbered_word("name")?;
        let span = self.span()?;
        let outer = self.inlined()?;
        self.program.inlined.push(InlinedCall { callee, caller, span, outer });
        Ok(())
    }

    /// The inlined call that something came by, when it is there.
    fn inlined(&mut self) -> Result<InlineId> {
        if self.lexer.token == Token::Newline || self.lexer.token == Token::End {
            return Ok(NOT_INLINED);
        }
        self.numbered_word("inlined").map(InlineId)
    }

    /// What follows the number of a signature.
    fn signature(&mut self) -> Result<()> {
        self.expect(Token::Equals)?;
        self.expect(Token::Open)?;
        let mut params = Vec::new();
        while self.lexer.token != Token::Close {
            if !params.is_empty() {
                self.expect(Token::Comma)?;
            }
            params.push(self.numbered_word("type")?);
        }
        self.lexer.advance()?;
        self.expect(Token::Arrow)?;
        let result = self.numbered_word("type")?;
        self.program.signatures.push(Signature { params: params.into(), result });
        Ok(())
    }

    /// What follows the number of a shape.
    fn shape(&mut self) -> Result<()> {
        self.expect(Token::Equals)?;
        let place = self.lexer.place;
        let word = self.word()?;
        let kinds = [
            ShapeKind::Struct,
            ShapeKind::Variant,
            ShapeKind::Cell,
            ShapeKind::Captures,
            ShapeKind::Agent,
        ];
        let Some(&kind) = kinds.iter().find(|&&kind| shape_kind_name(kind) == word) else {
            return place.error(format!("`{word}` is no kind of shape"));
        };
        let name = self.name()?.into();
        let mut union = 0;
        if self.take_word("union")? {
            union = self.number()?;
        }
        let cyclic = self.take_word("cyclic")?;
        self.expect(Token::OpenBrace)?;
        let mut fields = Vec::new();
        while self.lexer.token != Token::CloseBrace {
            if !fields.is_empty() {
                self.expect(Token::Comma)?;
            }
            let name = self.name()?.into();
            self.expect(Token::Colon)?;
            let place = self.lexer.place;
            let word = self.word()?;
            let Some(&rep) = Rep::ALL.iter().find(|&&rep| rep_name(rep) == word) else {
                return place.error(format!("`{word}` is no representation"));
            };
            let mut ty = NO_TYPE;
            if matches!(self.lexer.token, Token::Word(_)) {
                ty = self.numbered_word("type")?;
            }
            fields.push(Field { name, rep, ty });
        }
        self.lexer.advance()?;
        self.program.shapes.push(Shape { name, kind, union, cyclic, fields });
        Ok(())
    }

    /// A name with a meaning, or a bare number.
    fn numbered_name(&mut self, find: impl Fn(&Self, &str) -> Option<u64>) -> Result<u64> {
        let place = self.lexer.place;
        if let Token::Int(number) = self.lexer.token {
            self.lexer.advance()?;
            return Ok(number as u64);
        }
        let word = self.word()?;
        match find(self, &word) {
            Some(number) => Ok(number),
            None => place.error(format!("`{word}` is not known")),
        }
    }

    /// `at 3..4`, when it is there.
    fn span(&mut self) -> Result<Span> {
        if !self.take_word("at")? {
            return Ok(Span::default());
        }
        let start = self.number()?;
        self.expect(Token::DotDot)?;
        let end = self.number()?;
        Ok(Span { start, end })
    }

    fn ty(&mut self) -> Result<Type> {
        let place = self.lexer.place;
        let word = self.word()?;
        match Type::ALL.iter().find(|ty| ty.name() == word) {
            Some(&ty) => Ok(ty),
            None => place.error(format!("`{word}` is no type")),
        }
    }

    fn numbered_word(&mut self, prefix: &str) -> Result<u32> {
        if let Token::Word(word) = &self.lexer.token
            && let Some(number) = numbered(word, prefix)
        {
            self.lexer.advance()?;
            return Ok(number);
        }
        self.lexer.expected(&format!("`{prefix}` with a number"))
    }

    fn number(&mut self) -> Result<u32> {
        if let Token::Int(number) = self.lexer.token
            && let Ok(number) = u32::try_from(number)
        {
            self.lexer.advance()?;
            return Ok(number);
        }
        self.lexer.expected("a number")
    }

    fn word(&mut self) -> Result<String> {
        if let Token::Word(word) = self.lexer.token.clone() {
            self.lexer.advance()?;
            return Ok(word);
        }
        self.lexer.expected("a word")
    }

    fn quoted(&mut self) -> Result<String> {
        if let Token::Quoted(text) = self.lexer.token.clone() {
            self.lexer.advance()?;
            return Ok(text);
        }
        self.lexer.expected("a text in quotes")
    }

    fn name(&mut self) -> Result<String> {
        if let Token::Word(text) | Token::Quoted(text) = self.lexer.token.clone() {
            self.lexer.advance()?;
            return Ok(text);
        }
        self.lexer.expected("a name")
    }

    fn take(&mut self, token: Token) -> Result<bool> {
        let found = self.lexer.token == token;
        if found {
            self.lexer.advance()?;
        }
        Ok(found)
    }

    fn take_word(&mut self, word: &str) -> Result<bool> {
        self.take(Token::Word(word.to_owned()))
    }

    fn expect(&mut self, token: Token) -> Result<()> {
        let wanted = token.describe();
        if self.take(token)? { Ok(()) } else { self.lexer.expected(&wanted) }
    }

    fn end_of_line(&mut self) -> Result<()> {
        if self.lexer.token == Token::End || self.take(Token::Newline)? {
            Ok(())
        } else {
            self.lexer.expected("the end of the line")
        }
    }

    fn skip_lines(&mut self) -> Result<()> {
        while self.take(Token::Newline)? {}
        Ok(())
    }
}

/// The number in `v12`, for the prefix `v`.
fn numbered(word: &str, prefix: &str) -> Option<u32> {
    let digits = word.strip_prefix(prefix)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}
