//! Rows of cells, divided by commas, tabs or another character: each cell becomes a value of its column's type.
//!
//! - A struct takes its fields' columns by name, or by position where there is no header; columns that it has no field for
//!   are passed over. A map has all columns, a list the cells.
//! - An empty cell is none for `T?`, and "" for a string. White space around numbers, bools and column names does not count.
//! - A cell for a type that is no scalar holds JSON, as `save` writes it.
//! - Where a cell may be anything, numbers are ints or floats and all else is a string.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use mochi_abi::layout::{Context, List, Map, Rep, any};
use mochi_abi::program::{NO_TYPE, TypeKind};
use mochi_abi::trap::TrapKind;

use crate::any::any_from_int;
use crate::big::any_parse_big;
use crate::cast::{convert_word, type_info, type_rep, watch};
use crate::context::{ContextFields, text};
use crate::data::decode::{Short, VARIANT_NAME, is_optional, refusal};
use crate::data::{Options, in_option, json, reason, type_words};
use crate::equality::float_as_int;
use crate::list::{push_own, with_capacity};
use crate::map::{map_new, map_set};
use crate::memory::{Held, dup_word, out_of_memory, would_give};
use crate::object::Object;
use crate::record::{record_new, record_set};
use crate::rows::Reader;
use crate::str;
use crate::trap::raise_message;

/// See the file's header.
pub(super) struct Cells {
    name: String,
    reader: csv::Reader<Box<dyn Read>>,
    /// How much was read for the row that is being read.
    taken: Rc<Cell<usize>>,
    record: ByteRecord,
    columns: Vec<String>,
    row: Row,
    count: u64,
    /// The first row, where it had to be read to count the columns.
    waiting: bool,
}

/// Stops reading when a single row gets so large that there may be no memory for it.
struct Guarded {
    read: Box<dyn Read>,
    taken: Rc<Cell<usize>>,
}

impl Read for Guarded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        /// Below this a row is not asked for.
        const LARGE: usize = 1 << 20;
        let count = self.read.read(into)?;
        let (before, after) = (self.taken.get(), self.taken.get() + count);
        self.taken.set(after);
        // Room for a row is doubled when it is used up, and the old one is free only then.
        if after > LARGE && before / LARGE < after / LARGE && !would_give(after.saturating_mul(2)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(count)
    }
}

fn is_out_of_memory(error: &csv::Error) -> bool {
    matches!(error.kind(), ErrorKind::Io(error) if error.kind() == io::ErrorKind::OutOfMemory)
}

/// What a row becomes.
enum Row {
    /// A struct of this shape: for each field its column, none when there is no such column, and its type.
    Record {
        shape: u32,
        fields: Vec<(Option<usize>, u32)>,
    },
    /// A variant of a union: the column that says which one.
    Variant {
        union: u32,
        column: usize,
        variants: Vec<Variant>,
    },
    /// A map whose values have this type; its keys, one for each column.
    Map {
        item: u32,
        keys: Vec<Held>,
    },
    List {
        item: u32,
    },
}

/// A variant that a row can be, and its fields as those of a struct.
struct Variant {
    shape: u32,
    fields: Vec<(Option<usize>, u32)>,
}

impl Cells {
    /// Reads the header; none and a trap when it is wrong, or when rows of the type cannot be made of cells.
    pub(super) fn new(
        context: *mut Context,
        name: String,
        read: Box<dyn Read>,
        ty: u32,
        options: Options,
    ) -> Option<Cells> {
        let taken = Rc::new(Cell::new(0));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(options.delimiter)
            .buffer_capacity(64 << 10)
            .from_reader(Box::new(Guarded { read, taken: taken.clone() }) as Box<dyn Read>);
        let row = Row::List { item: NO_TYPE };
        let mut cells = Cells {
            name,
            reader,
            taken,
            record: ByteRecord::new(),
            columns: Vec::new(),
            row,
            count: 0,
            waiting: false,
        };
        let any_rows = cells.read(context)?;
        for i in 0..cells.record.len() {
            let column = if options.header {
                let name = cells.cell_text(context, i)?;
                name.trim_ascii().to_owned()
            } else {
                format!("c{i}")
            };
            cells.columns.push(column);
        }
        cells.waiting = any_rows && !options.header;
        match cells.plan(context, in_option(context, ty).0, options.header, any_rows) {
            Ok(row) => cells.row = row,
            Err(message) => {
                let text = format!("{}: {message}", cells.name);
                raise_message(context, TrapKind::Data, text);
                return None;
            }
        }
        (!context.trapped()).then_some(cells)
    }

    fn plan(
        &self,
        context: *mut Context,
        ty: u32,
        header: bool,
        any_rows: bool,
    ) -> Result<Row, String> {
        let kind = type_info(context, ty)
            .map_or((TypeKind::Any, 0, 0), |info| (info.kind, info.a, info.b));
        match kind {
            (TypeKind::Record, shape, _) => {
                let fields = self.fields(context, shape, header)?;
                if any_rows && let Some(field) = missing_field(context, shape, &fields) {
                    return Err(self.no_column(context, shape, field, header));
                }
                Ok(Row::Record { shape, fields })
            }
            (TypeKind::Union, union, _) => {
                let Some(column) = self.columns.iter().position(|name| name == VARIANT_NAME) else {
                    return Err(format!(
                        "there is no column `{VARIANT_NAME}`, which says whether a row is {}",
                        type_words(context, ty)
                    ));
                };
                let shapes = context.shapes().iter().enumerate();
                let shapes = shapes.filter(|(_, shape)| shape.union == union);
                let variants = shapes.map(|(shape, _)| {
                    let shape = shape as u32;
                    Ok(Variant { shape, fields: self.fields(context, shape, header)? })
                });
                let variants = variants.collect::<Result<_, String>>()?;
                Ok(Row::Variant { union: ty, column, variants })
            }
            (TypeKind::Map, key, item) => {
                if !matches!(
                    type_info(context, key).map_or(TypeKind::Any, |info| info.kind),
                    TypeKind::Str | TypeKind::Any
                ) {
                    return Err(format!(
                        "a row's columns have names: it cannot be a {}",
                        type_words(context, ty)
                    ));
                }
                Ok(Row::Map { item, keys: self.keys(context) })
            }
            (TypeKind::Any, ..) => Ok(Row::Map { item: NO_TYPE, keys: self.keys(context) }),
            (TypeKind::List, item, _) => Ok(Row::List { item }),
            _ => {
                Err(format!("a row of cells cannot be a value of type {}", type_words(context, ty)))
            }
        }
    }

    /// The columns of a struct's fields, and their types.
    fn fields(
        &self,
        context: *mut Context,
        shape: u32,
        header: bool,
    ) -> Result<Vec<(Option<usize>, u32)>, String> {
        let mut fields = Vec::new();
        for (i, field) in context.shape_fields(shape).iter().enumerate() {
            let name = text(field.name);
            let mut named = self.columns.iter().enumerate().filter(|(_, column)| *column == name);
            let column = if header {
                named.next().map(|(column, _)| column)
            } else {
                Some(i).filter(|&i| i < self.columns.len())
            };
            if header && named.next().is_some() {
                return Err(format!("there are two columns with the name `{name}`"));
            }
            fields.push((column, field.ty));
        }
        Ok(fields)
    }

    fn no_column(&self, context: *mut Context, shape: u32, field: &str, header: bool) -> String {
        let owner = match text(context.shape(shape).name) {
            "" => String::new(),
            name => format!(" of {name}"),
        };
        if header {
            let columns = self.columns.join(", ");
            format!("there is no column for the field `{field}`{owner}; the columns are {columns}")
        } else {
            let count = self.columns.len();
            format!("there is no column for the field `{field}`{owner}: a row has {count} cells")
        }
    }

    fn keys(&self, context: *mut Context) -> Vec<Held> {
        let key = |name: &String| Held::new(context, str::new(context, name).word(), Rep::Ref);
        self.columns.iter().map(key).collect()
    }

    /// Reads the next row of cells; false at the end, none after a trap.
    fn read(&mut self, context: *mut Context) -> Option<bool> {
        self.taken.set(0);
        let read = self.reader.read_byte_record(&mut self.record);
        if context.trapped() {
            return None;
        }
        if matches!(&read, Err(error) if is_out_of_memory(error)) {
            out_of_memory(context);
            return None;
        }
        let error = match read {
            Ok(any) => return Some(any),
            Err(error) => error,
        };
        let text = match error.kind() {
            ErrorKind::Io(error) => format!("cannot read {}: {}", self.name, reason(error)),
            ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let line = pos.as_ref().map_or(0, csv::Position::line);
                format!(
                    "{}, row {} (line {line}): there are {len} cells where {expected_len} are expected",
                    self.name,
                    self.count + 1
                )
            }
            _ => format!("{}, row {}: {error}", self.name, self.count + 1),
        };
        raise_message(context, TrapKind::Data, text);
        None
    }

    /// A cell that must be text.
    fn cell_text(&self, context: *mut Context, column: usize) -> Option<&str> {
        let text = std::str::from_utf8(&self.record[column]);
        if text.is_err() {
            self.refuse(context, column, "this is not UTF-8");
        }
        text.ok()
    }

    /// A cell as an owned word of a type.
    fn cell(&self, context: *mut Context, column: usize, ty: u32) -> Option<u64> {
        let bytes = &self.record[column];
        let word = match value(context, bytes, ty) {
            Ok(word) if !context.trapped() => return Some(word),
            Ok(_) => None,
            Err(Refusal::Utf8) => Some("this is not UTF-8".to_owned()),
            Err(Refusal::Json(message)) => Some(message),
            Err(Refusal::Type) => {
                let wanted = type_words(context, ty);
                Some(match String::from_utf8_lossy(bytes) {
                    found if found.is_empty() => {
                        format!("expected {wanted}, and the cell is empty")
                    }
                    found => format!("expected {wanted}, found {:?}", Short(&found)),
                })
            }
        };
        if let Some(message) = word {
            self.refuse(context, column, &message);
        }
        None
    }

    fn refuse(&self, context: *mut Context, column: usize, message: &str) {
        let line = self.record.position().map_or(0, csv::Position::line);
        let name = self.columns.get(column).map_or(String::new(), |name| format!(" `{name}`"));
        let place = if self.count == 0 {
            format!("{}, header, column {}", self.name, column + 1)
        } else {
            let row = self.count;
            format!("{}, row {row} (line {line}), column {}{name}", self.name, column + 1)
        };
        raise_message(context, TrapKind::Data, format!("{place}: {message}"));
    }

    fn record(
        &self,
        context: *mut Context,
        shape: u32,
        fields: &[(Option<usize>, u32)],
    ) -> Option<u64> {
        let record = record_new(context, i64::from(shape));
        if record.is_none() {
            return None;
        }
        let held = Held::new(context, record.word(), Rep::Ref);
        for (i, &(column, ty)) in fields.iter().enumerate() {
            // A field without a column stays 0, which is none.
            if let Some(column) = column {
                let cell = self.cell(context, column, ty)?;
                record_set(context, record, i as i64, cell);
            }
        }
        Some(held.take())
    }

    /// The variant that a row says it is.
    fn variant(
        &self,
        context: *mut Context,
        union: u32,
        column: usize,
        variants: &[Variant],
    ) -> Option<u64> {
        let name = self.cell_text(context, column)?.trim_ascii();
        let is_it = |variant: &&Variant| text(context.shape(variant.shape).name) == name;
        let Some(&Variant { shape, ref fields }) = variants.iter().find(is_it) else {
            let wanted = type_words(context, union);
            self.refuse(context, column, &format!("expected {wanted}, found {:?}", Short(name)));
            return None;
        };
        if let Some(field) = missing_field(context, shape, fields) {
            let message = self.no_column(context, shape, field, true);
            self.refuse(context, column, &message);
            return None;
        }
        self.record(context, shape, fields)
    }

    fn map(&self, context: *mut Context, item: u32, keys: &[Held]) -> Option<u64> {
        let rep = if item == NO_TYPE { Rep::Any } else { type_rep(context, item) };
        let map: *mut Map = map_new(context, Rep::Ref as i64, rep as i64, keys.len() as i64);
        if map.is_none() {
            return None;
        }
        watch(context, map.header(), item);
        let held = Held::new(context, map.word(), Rep::Ref);
        for (column, key) in keys.iter().enumerate() {
            let cell = self.cell(context, column, item)?;
            dup_word(key.word(), Rep::Ref);
            map_set(context, map, key.word(), cell);
        }
        (!context.trapped()).then(|| held.take())
    }

    fn list(&self, context: *mut Context, item: u32) -> Option<u64> {
        let rep = if item == NO_TYPE { Rep::Any } else { type_rep(context, item) };
        let list: *mut List = with_capacity(context, rep, self.record.len());
        watch(context, list.header(), item);
        let held = Held::new(context, list.word(), Rep::Ref);
        for column in 0..self.record.len() {
            push_own(context, list, self.cell(context, column, item)?);
        }
        (!context.trapped()).then(|| held.take())
    }
}

impl Reader for Cells {
    fn next(&mut self, context: *mut Context) -> Option<u64> {
        if !std::mem::take(&mut self.waiting) && !self.read(context)? {
            return None;
        }
        self.count += 1;
        match &self.row {
            Row::Record { shape, fields } => self.record(context, *shape, fields),
            Row::Variant { union, column, variants } => {
                self.variant(context, *union, *column, variants)
            }
            Row::Map { item, keys } => self.map(context, *item, keys),
            Row::List { item } => self.list(context, *item),
        }
    }
}

/// The first field that must have a column and has none.
fn missing_field(
    context: *mut Context,
    shape: u32,
    fields: &[(Option<usize>, u32)],
) -> Option<&'static str> {
    let mut all = context.shape_fields(shape).iter().zip(fields);
    let missing = all.find(|(_, (column, ty))| column.is_none() && !is_optional(context, *ty));
    missing.map(|(field, _)| text(field.name))
}

/// Why a cell is no value of a type.
enum Refusal {
    Type,
    Utf8,
    Json(String),
}

/// A cell as an owned word of a type, which means nothing after a trap.
fn value(context: *mut Context, bytes: &[u8], ty: u32) -> Result<u64, Refusal> {
    let kind = type_info(context, ty).map_or(TypeKind::Any, |info| info.kind);
    match kind {
        TypeKind::Str => Ok(str::new(context, utf8(bytes)?).word()),
        TypeKind::Int => {
            let text = utf8(bytes)?.trim_ascii();
            let int = text.parse().ok().or_else(|| float_as_int(number(text)?));
            int.map(|int: i64| int as u64).ok_or(Refusal::Type)
        }
        TypeKind::Float => {
            let parsed = utf8(bytes)?.trim_ascii().parse::<f64>();
            parsed.map(f64::to_bits).map_err(|_| Refusal::Type)
        }
        TypeKind::Bool => match utf8(bytes)?.trim_ascii() {
            text if text.eq_ignore_ascii_case("true") || text == "1" => Ok(1),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(0),
            _ => Err(Refusal::Type),
        },
        TypeKind::Option if bytes.is_empty() => Ok(any::NONE),
        TypeKind::Option => {
            let (inner, rep) = in_option(context, ty);
            let word = value(context, bytes, inner)?;
            let held = Held::new(context, word, rep);
            if context.trapped() {
                return Ok(0);
            }
            Ok(convert_word(context, held.word(), rep, type_rep(context, ty)).unwrap_or(0))
        }
        TypeKind::BigInt | TypeKind::BigRat => {
            let string = str::new(context, utf8(bytes)?);
            let string = Held::new(context, string.word(), Rep::Ref);
            let fraction = u64::from(kind == TypeKind::BigRat);
            let number = any_parse_big(context, string.word(), fraction);
            // Our own message says what was expected.
            refusal(context).map_or(Ok(number.word()), |_| Err(Refusal::Type))
        }
        TypeKind::Any | TypeKind::Unit => anything(context, utf8(bytes)?),
        _ => match json::decode(context, bytes, ty) {
            Ok(value) => Ok(value.take()),
            Err(refused) => Err(Refusal::Json(refused.phrase())),
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(bytes).map_err(|_| Refusal::Utf8)
}

/// A number that begins like one: neither `inf` nor `nan`.
fn number(text: &str) -> Option<f64> {
    let begins = text.bytes().next()?;
    let is_number = begins.is_ascii_digit() || matches!(begins, b'+' | b'-' | b'.');
    text.parse().ok().filter(|value: &f64| is_number && value.is_finite())
}

/// A cell that may be anything. An int that has too many digits stays text, so that none is lost.
fn anything(context: *mut Context, cell: &str) -> Result<u64, Refusal> {
    let trimmed = cell.trim_ascii();
    if let Ok(int) = trimmed.parse() {
        return Ok(any_from_int(context, int));
    }
    let has_digits_only =
        trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
    match number(trimmed) {
        Some(float) if !has_digits_only => Ok(any::from_float(float)),
        _ => Ok(str::new(context, cell).word()),
    }
}
