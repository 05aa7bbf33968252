//! JSON, as one text and as lines. Lines are read one at a time; a text is read whole, and then its array item by item.

use std::io::{self, BufRead, BufReader, Read};

use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;
use serde::de::{DeserializeSeed, IgnoredAny};

use crate::context::ContextFields;
use crate::data::decode::{Decode, Job};
use crate::data::{read_all, reason, too_deep};
use crate::memory::{Held, out_of_memory};
use crate::rows::Reader;
use crate::rust_memory::try_extend;
use crate::trap::raise_message;

/// The longest line: a file without line ends should not fill the memory before it is refused.
const LONGEST_LINE: usize = 256 << 20;

/// Why a value could not be decoded.
pub(crate) struct Refused {
    /// In the text, from 1; 0 when there is no place.
    line: usize,
    column: usize,
    message: String,
    /// The field that it is about.
    field: Option<String>,
}

impl Refused {
    fn new(error: &serde_json::Error, job: &Job) -> Refused {
        let (line, column) = (error.line(), error.column());
        Refused { line, column, message: message(error), field: job.place() }
    }

    /// As a phrase, without a place.
    pub(crate) fn phrase(&self) -> String {
        match &self.field {
            Some(field) => format!("field `{field}`: {}", self.message),
            None => self.message.clone(),
        }
    }

    fn raise(&self, context: *mut Context, name: &str, row: u64, line: u64, column: u64) {
        let place = format!("{name}, row {row} (line {line}, column {column})");
        raise_message(context, TrapKind::Data, format!("{place}: {}", self.phrase()));
    }
}

/// What an error says, without its place.
pub(super) fn message(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if let Some(words) = message.strip_suffix(&place) {
        message.truncate(words.len());
    }
    if message == "recursion limit exceeded" { too_deep() } else { message }
}

/// Decodes a JSON text as a value of a type.
pub(crate) fn decode(context: *mut Context, text: &[u8], ty: u32) -> Result<Held, Refused> {
    let job = Job::new(context, false);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let decoded = Decode { job: &job, ty }.deserialize(&mut deserializer);
    let decoded = decoded.and_then(|value| deserializer.end().map(|()| value));
    decoded.map_err(|error| Refused::new(&error, &job))
}

/// Rows of which each is a line; empty lines are none.
pub(super) struct Lines {
    name: String,
    read: BufReader<Box<dyn Read>>,
    ty: u32,
    text: Vec<u8>,
    line: u64,
    row: u64,
}

impl Lines {
    pub(super) fn new(name: String, read: Box<dyn Read>, ty: u32) -> Lines {
        let read = BufReader::with_capacity(64 << 10, read);
        Lines { name, read, ty, text: Vec::new(), line: 0, row: 0 }
    }
}

impl Lines {
    /// Adds the next line, with its end, to the text, which stays empty at the end of the file; false when there is no memory
    /// for it. A line that is too long is not read to its end.
    fn read_line(&mut self) -> io::Result<bool> {
        loop {
            let ready = match self.read.fill_buf() {
                Ok(ready) => ready,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = memchr::memchr(b'\n', ready).map(|at| at + 1);
            let count = end.unwrap_or(ready.len());
            if !try_extend(&mut self.text, &ready[..count]) {
                return Ok(false);
            }
            self.read.consume(count);
            if end.is_some() || count == 0 || self.text.len() >= LONGEST_LINE {
                return Ok(true);
            }
        }
    }
}

impl Reader for Lines {
    fn next(&mut self, context: *mut Context) -> Option<u64> {
        loop {
            self.text.clear();
            self.line += 1;
            match self.read_line() {
                _ if context.trapped() => return None,
                Ok(false) => {
                    out_of_memory(context);
                    return None;
                }
                Ok(true) if self.text.is_empty() => return None,
                Ok(true) if self.text.len() >= LONGEST_LINE => {
                    let text = format!(
                        "{}, line {}: the line is longer than 256 MiB",
                        self.name, self.line
                    );
                    raise_message(context, TrapKind::Data, text);
                    return None;
                }
                Ok(true) => {}
                Err(error) => {
                    let text = format!("cannot read {}: {}", self.name, reason(&error));
                    raise_message(context, TrapKind::Data, text);
                    return None;
                }
            }
            let text = match self.line {
                1 => without_mark(&self.text),
                _ => &self.text,
            };
            if text.trim_ascii().is_empty() {
                continue;
            }
            self.row += 1;
            return match decode(context, text, self.ty) {
                Ok(row) => Some(row.take()),
                Err(refused) => {
                    let column = refused.column as u64;
                    refused.raise(context, &self.name, self.row, self.line, column);
                    None
                }
            };
        }
    }
}

/// A text without the mark that says that it is UTF-8.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The items of an array, or one value that is no array.
pub(super) struct Array {
    name: String,
    bytes: Vec<u8>,
    at: usize,
    ty: u32,
    row: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the only value.
    Single,
    /// Before the first item of an array, or its end.
    First,
    /// Behind an item.
    Behind,
    Ended,
}

impl Array {
    /// Reads the text; none and a trap when that cannot be.
    pub(super) fn new(
        context: *mut Context,
        name: String,
        read: Box<dyn Read>,
        ty: u32,
    ) -> Option<Array> {
        let bytes = read_all(context, &name, read)?;
        let at = bytes.len() - without_mark(&bytes).len();
        let mut array = Array { name, bytes, at, ty, row: 0, state: State::Single };
        if array.peek() == Some(b'[') {
            array.at += 1;
            array.state = State::First;
        }
        Some(array)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.bytes[self.at..];
        self.at += rest.len() - rest.trim_ascii_start().len();
        self.bytes.get(self.at).copied()
    }

    /// Goes on to the next item, when there is one.
    fn find_item(&mut self) -> Result<bool, &'static str> {
        let next = self.peek();
        match (self.state, next) {
            (State::Ended, None) => Ok(false),
            (State::Ended, Some(_)) => Err("there is more behind the end of the value"),
            (State::Single, _) => {
                self.state = State::Ended;
                Ok(true)
            }
            (State::First | State::Behind, Some(b']')) => {
                self.at += 1;
                self.state = State::Ended;
                self.find_item()
            }
            (State::First, _) => {
                self.state = State::Behind;
                Ok(true)
            }
            (State::Behind, Some(b',')) => {
                self.at += 1;
                Ok(true)
            }
            (State::Behind, _) => Err("expected `,` or `]`"),
        }
    }

    /// The item that begins here, and where it ends.
    fn item(&mut self, context: *mut Context) -> Result<Held, Refused> {
        let rest = &self.bytes[self.at..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        let job = Job::new(context, false);
        match values.next() {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(Refused::new(&error, &job)),
            None => {
                let message = "the text ends where a value is expected".to_owned();
                return Err(Refused { line: 1, column: 0, message, field: None });
            }
        }
        let end = values.byte_offset();
        let value = decode(context, &rest[..end], self.ty)?;
        self.at += end;
        Ok(value)
    }

    fn refuse(&self, context: *mut Context, refused: &Refused) {
        let before = &self.bytes[..self.at];
        let lines = memchr::memchr_iter(b'\n', before).count();
        let mut column = refused.column;
        if refused.line <= 1 {
            column += self.at - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        }
        let line = lines + refused.line.max(1);
        refused.raise(context, &self.name, self.row, line as u64, column as u64);
    }
}

impl Reader for Array {
    fn next(&mut self, context: *mut Context) -> Option<u64> {
        let found = self.find_item();
        self.row += 1;
        let refused = match found {
            Ok(false) => return None,
            Ok(true) => match self.item(context) {
                Ok(row) => return Some(row.take()),
                Err(refused) => refused,
            },
            Err(message) => Refused { line: 1, column: 1, message: message.into(), field: None },
        };
        self.refuse(context, &refused);
        None
    }
}
