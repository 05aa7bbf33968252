//! Data from outside: which format a file has, how it is opened, and who reads its rows.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mochi_abi::layout::{Context, Rep};
use mochi_abi::program::TypeKind;
use mochi_abi::trap::TrapKind;

use crate::cast::{type_info, type_rep};
use crate::context::{ContextFields, text};
use crate::map::{entry, places};
use crate::memory::out_of_memory;
use crate::object::{MapFields, Object, StrFields, Words, read_word};
use crate::output;
use crate::rows::Reading;
use crate::rust_memory::try_extend;
use crate::trap::raise_message;
use crate::words::Value;

mod cells;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod json;
mod yaml;

/// How rows are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// With commas or with tabs.
    Csv,
    Json,
    JsonLines,
    Yaml,
}

/// What stands behind `with`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) format: Format,
    /// The first row has the columns' names.
    pub(crate) header: bool,
    /// What is between the cells of a row.
    pub(crate) delimiter: u8,
}

/// The deepest that values may be nested in a file.
pub(crate) const DEEPEST: usize = 128;

/// What is said of values that are nested deeper.
pub(crate) fn too_deep() -> String {
    format!("values are nested deeper than {DEEPEST} levels")
}

/// The entries of a map or the fields of a struct, by name; none for `none`, and nothing at all for other values.
pub(crate) fn settings(context: *mut Context, options: u64) -> Option<Vec<(String, Value)>> {
    match Value::of_any(options) {
        Value::None => Some(Vec::new()),
        Value::Map(map) => places(map)
            .map(|place| {
                let (key, item) = entry(map, place);
                match Value::of(key, map.key_rep()) {
                    Value::Str(key) => {
                        Some((key.text().to_owned(), Value::of(item, map.item_rep())))
                    }
                    _ => None,
                }
            })
            .collect(),
        Value::Record(record) => {
            let fields = context.shape_fields(record.detail()).iter().enumerate();
            let named = fields.map(|(i, field)| {
                let word = read_word(record.words(), i);
                (text(field.name).to_owned(), Value::of(word, field.rep))
            });
            Some(named.collect())
        }
        _ => None,
    }
}

/// The options of a `load` or `save` (`what`) of this path; none and a trap when one of them is wrong.
pub(crate) fn options(
    context: *mut Context,
    what: &str,
    path: &str,
    options: u64,
) -> Option<Options> {
    parse_options(context, what, path, options)
        .map_err(|message| raise_message(context, TrapKind::Argument, message))
        .ok()
}

fn parse_options(
    context: *mut Context,
    what: &str,
    path: &str,
    options: u64,
) -> Result<Options, String> {
    let mut format = None;
    let mut header = true;
    let mut delimiter = None;
    let Some(settings) = settings(context, options) else {
        return Err(format!("the options of a {what} must be a map of names to values"));
    };
    for (name, value) in settings {
        match (name.as_str(), value) {
            (_, Value::None) => {}
            ("format", Value::Str(string)) => {
                let name = string.text();
                format = Some(format_named(name).ok_or_else(|| {
                    format!("there is no format `{name}`: there are csv, tsv, json, jsonl and yaml")
                })?);
            }
            ("header", Value::Bool(value)) => header = value,
            ("delimiter", Value::Str(string)) => match *string.bytes() {
                [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => {
                    delimiter = Some(byte);
                }
                _ => return Err("the delimiter must be one ASCII character, such as \";\"".into()),
            },
            ("format" | "delimiter", other) => {
                return Err(format!(
                    "the option `{name}` must be a string, found {}",
                    other.type_name()
                ));
            }
            ("header", other) => {
                return Err(format!(
                    "the option `header` must be a bool, found {}",
                    other.type_name()
                ));
            }
            _ => {
                return Err(format!(
                    "a {what} has no option `{name}`: it has `format`, `header` and `delimiter`"
                ));
            }
        }
    }
    let (format, usual) = match format {
        Some(format) => format,
        None if is_standard(path) => (Format::Csv, b','),
        None => {
            let ending = Path::new(path).extension().unwrap_or_default().to_string_lossy();
            format_named(&ending.to_lowercase()).ok_or_else(|| {
                format!("the name `{path}` does not tell the format: say it, as in `with {{format: \"csv\"}}`")
            })?
        }
    };
    Ok(Options { format, header, delimiter: delimiter.unwrap_or(usual) })
}

/// A format by its name or ending, and what its cells are usually divided by.
fn format_named(name: &str) -> Option<(Format, u8)> {
    Some(match name {
        "csv" => (Format::Csv, b','),
        "tsv" => (Format::Csv, b'\t'),
        "json" => (Format::Json, b','),
        "jsonl" | "ndjson" => (Format::JsonLines, b','),
        "yaml" | "yml" => (Format::Yaml, b','),
        _ => return None,
    })
}

/// Whether a path stands for standard input or output.
pub(crate) fn is_standard(path: &str) -> bool {
    path.is_empty() || path == "-"
}

/// Where a relative path may be meant as well: under `MOCHI_ROOT`, without going up.
pub(crate) fn under_root(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MOCHI_ROOT").filter(|root| !root.is_empty())?;
    let mut inside = path;
    while let Some(rest) = inside.strip_prefix("../") {
        inside = rest;
    }
    (!Path::new(path).is_absolute()).then(|| Path::new(&root).join(inside))
}

/// An error of the system in words, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// Standard input as a reader; what `input()` has read ahead comes first.
struct StandardInput(*mut Context);

impl Read for StandardInput {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(output::read(self.0, bytes))
    }
}

/// The file behind a path, or standard input.
fn source(context: *mut Context, path: &str) -> io::Result<Box<dyn Read>> {
    if is_standard(path) {
        return Ok(Box::new(StandardInput(context)));
    }
    let opened = File::open(path).or_else(|error| match under_root(path) {
        Some(other) => File::open(other).map_err(|_| error),
        None => Err(error),
    });
    Ok(Box::new(opened?))
}

/// Opens a file to read rows of the type with this number; none and a trap when that cannot be.
pub(crate) fn open(context: *mut Context, path: &str, ty: u32, settings: u64) -> Option<Reading> {
    let options = options(context, "load", path, settings)?;
    let name = if is_standard(path) { "standard input" } else { path };
    let read = match source(context, path) {
        Ok(read) => read,
        Err(error) => {
            raise_message(
                context,
                TrapKind::Data,
                format!("cannot read {name}: {}", reason(&error)),
            );
            return None;
        }
    };
    let name = name.to_owned();
    let reader: Box<dyn crate::rows::Reader> = match options.format {
        Format::Csv => Box::new(cells::Cells::new(context, name, read, ty, options)?),
        Format::JsonLines => Box::new(json::Lines::new(name, read, ty)),
        Format::Json => Box::new(json::Array::new(context, name, read, ty)?),
        Format::Yaml => Box::new(yaml::read(context, &name, read, ty)?),
    };
    Some(Reading::new(reader, type_rep(context, ty)))
}

/// All that is left to read; none and a trap when it cannot be read.
fn read_all(context: *mut Context, name: &str, mut read: Box<dyn Read>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match read.read(&mut piece) {
            _ if context.trapped() => return None,
            Ok(0) => return Some(bytes),
            Ok(count) if try_extend(&mut bytes, &piece[..count]) => {}
            Ok(_) => {
                out_of_memory(context);
                return None;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let text = format!("cannot read {name}: {}", reason(&error));
                raise_message(context, TrapKind::Data, text);
                return None;
            }
        }
    }
}

/// A type in the words of messages.
pub(crate) fn type_words(context: *mut Context, ty: u32) -> String {
    let Some(info) = type_info(context, ty) else { return "any".into() };
    match info.kind {
        TypeKind::Any => "any".into(),
        TypeKind::Unit => "nothing".into(),
        TypeKind::Int => "int".into(),
        TypeKind::Float => "float".into(),
        TypeKind::Bool => "bool".into(),
        TypeKind::Str => "string".into(),
        TypeKind::BigInt => "bigint".into(),
        TypeKind::BigRat => "bigrat".into(),
        TypeKind::List => format!("list<{}>", type_words(context, info.a)),
        TypeKind::Map => {
            format!("map<{}, {}>", type_words(context, info.a), type_words(context, info.b))
        }
        TypeKind::Record => match text(context.shape(info.a).name) {
            "" => "a struct".into(),
            name => name.to_owned(),
        },
        TypeKind::Union => {
            let shapes = context.shapes().iter().filter(|shape| shape.union == info.a);
            let names: Vec<&str> = shapes.map(|shape| text(shape.name)).collect();
            names.join(" or ")
        }
        TypeKind::Function => "a function".into(),
        TypeKind::Option => format!("{}?", type_words(context, info.a)),
    }
}

/// The rep of an option's word as that of the value in it, when there is one.
pub(crate) fn in_option(context: *mut Context, ty: u32) -> (u32, Rep) {
    match type_info(context, ty) {
        Some(info) if info.kind == TypeKind::Option => (info.a, type_rep(context, info.a)),
        _ => (ty, type_rep(context, ty)),
    }
}
