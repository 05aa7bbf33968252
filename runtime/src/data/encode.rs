//! Values as serde's serializers see them, for all formats: maps in the order in which their keys were added, structs in
//! the order of their fields. A struct's name is not written; a variant's is, because its fields do not tell it.

use std::io;

use mochi_abi::layout::{Context, Rep};
use mochi_abi::program::ShapeKind;
use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::ser::Formatter;
use serde_json::value::RawValue;

use crate::big::NumberObject;
use crate::context::{ContextFields, text};
use crate::data::decode::VARIANT_NAME;
use crate::data::{DEEPEST, too_deep};
use crate::float_text::{self, IntText};
use crate::format::{Style, shown};
use crate::map::{entry, places};
use crate::object::{ListFields, MapFields, Object, StrFields, Words, read_word};
use crate::words::Value;

/// A value to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datum {
    context: *mut Context,
    value: Value,
    /// How many containers it is in.
    depth: usize,
    /// The format has numbers that are none.
    has_nan: bool,
}

impl Datum {
    pub(crate) fn new(context: *mut Context, value: Value, has_nan: bool) -> Datum {
        Datum { context, value, depth: 0, has_nan }
    }

    /// A number of any size: a number in JSON, if it is no fraction; text in other formats.
    fn digits<S: Serializer>(self, text: &str, out: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(text.to_owned()) {
            Ok(number) if !self.has_nan => number.serialize(out),
            _ => out.serialize_str(text),
        }
    }

    fn inside(self, word: u64, rep: Rep) -> Datum {
        Datum { value: Value::of(word, rep), depth: self.depth + 1, ..self }
    }
}

/// A key as text.
pub(crate) fn key_text(context: *mut Context, key: u64, rep: Rep) -> String {
    match Value::of(key, rep) {
        Value::Str(string) => string.text().to_owned(),
        _ => shown(context, key, rep, Style::Print),
    }
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if self.depth > DEEPEST {
            let text = too_deep();
            return Err(S::Error::custom(format!("{text}, or one contains itself")));
        }
        match self.value {
            Value::None | Value::Unit => out.serialize_unit(),
            Value::Bool(bool) => out.serialize_bool(bool),
            Value::Int(int) => out.serialize_i64(int),
            Value::Float(float) if float.is_finite() || self.has_nan => out.serialize_f64(float),
            Value::Float(float) => {
                let shown = float_text::alone(float);
                Err(S::Error::custom(format!("JSON has no number {}", shown.as_str())))
            }
            Value::BigInt(number) => self.digits(&number.number().text(), out),
            Value::BigRat(number) => self.digits(&number.number().text(), out),
            Value::Str(string) => out.serialize_str(string.text()),
            Value::List(list) => {
                let mut items = out.serialize_seq(Some(list.len()))?;
                for i in 0..list.len() {
                    items.serialize_element(&self.inside(list.get(i), list.rep()))?;
                }
                items.end()
            }
            Value::Map(map) => {
                let mut entries = out.serialize_map(Some(map.entries()))?;
                for place in places(map) {
                    let (key, item) = entry(map, place);
                    let name = key_text(self.context, key, map.key_rep());
                    entries.serialize_entry(&name, &self.inside(item, map.item_rep()))?;
                }
                entries.end()
            }
            Value::Record(record) => {
                let shape = self.context.shape(record.detail());
                let fields = self.context.shape_fields(record.detail());
                let words = record.words();
                if shape.kind == ShapeKind::Cell {
                    return self.inside(read_word(words, 0), fields[0].rep).serialize(out);
                }
                let mut entries = out.serialize_map(None)?;
                if shape.kind == ShapeKind::Variant {
                    entries.serialize_entry(VARIANT_NAME, text(shape.name))?;
                }
                for (i, field) in fields.iter().enumerate() {
                    let item = self.inside(read_word(words, i), field.rep);
                    entries.serialize_entry(text(field.name), &item)?;
                }
                entries.end()
            }
            Value::Closure(_) => Err(S::Error::custom("a function cannot be written to data")),
        }
    }
}

/// JSON on one line with a space behind `,` and `:`, floats as `json` prints them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneLine;

impl Formatter for OneLine {
    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        match float_text::json(value) {
            Some(text) => out.write_all(text.as_bytes()),
            None => out.write_all(b"null"),
        }
    }
    fn write_i64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: i64) -> io::Result<()> {
        out.write_all(IntText::new().write(value))
    }
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// A value as JSON text on one line.
pub(crate) fn json_text(context: *mut Context, value: Value) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let datum = Datum::new(context, value, false);
    let written = datum.serialize(&mut serde_json::Serializer::with_formatter(&mut text, OneLine));
    written.map_err(|error| error.to_string())?;
    Ok(text)
}
