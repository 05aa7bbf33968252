//! `save`: rows to a file, as a whole or not at all, or to standard output.
//!
//! A file is written under another name in the same folder, brought to the disk and then renamed, so that whoever reads
//! it finds the old rows or the new ones, also when the machine stops. What is no plain file (a device, a pipe) is written
//! to as it stands.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use mochi_abi::layout::{Context, Str};
use mochi_abi::program::ShapeKind;
use mochi_abi::trap::TrapKind;

use crate::big::NumberObject;
use crate::context::{ContextFields, text};
use crate::data::decode::VARIANT_NAME;
use crate::data::encode::{Datum, json_text, key_text};
use crate::data::{Format, Options, is_standard, options, reason, under_root};
use crate::float_text;
use crate::map::{entry, places};
use crate::object::{ListFields, MapFields, Object, StrFields, Words, read_word};
use crate::output;
use crate::trap::raise_message;
use crate::words::Value;

/// Why rows were not written.
enum Failure {
    Io(io::Error),
    /// A value has no form in the format.
    Value(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Failure {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Failure::Io(error),
            other => Failure::Value(format!("{other:?}")),
        }
    }
}

pub(crate) fn save(context: *mut Context, rows: u64, path: *mut Str, settings: u64) {
    let path = path.text();
    let Some(options) = options(context, "save", path, settings) else { return };
    let rows = rows_of(Value::of_any(rows));
    let saved = if is_standard(path) {
        write(context, &rows, StandardOutput(context), options)
    } else {
        to_file(context, &rows, path, options)
    };
    match saved {
        Ok(()) if is_standard(path) => output::line_done(context),
        Ok(()) => {}
        Err(_) if context.trapped() => {}
        Err(Failure::Io(error)) => {
            let text = format!("cannot write {path}: {}", reason(&error));
            raise_message(context, TrapKind::Data, text);
        }
        Err(Failure::Value(message)) => {
            let name = if is_standard(path) { "these rows" } else { path };
            raise_message(context, TrapKind::Data, format!("cannot write {name}: {message}"));
        }
    }
}

/// The items of a list; one value that is no list is one row.
fn rows_of(value: Value) -> Vec<Value> {
    match value {
        Value::List(list) => (0..list.len()).map(|i| Value::of(list.get(i), list.rep())).collect(),
        Value::None => Vec::new(),
        other => vec![other],
    }
}

/// What is printed, in pieces.
struct StandardOutput(*mut Context);

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        output::push_piece(self.0, bytes);
        if self.0.trapped() { Err(io::ErrorKind::Other.into()) } else { Ok(bytes.len()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// -- files ---------------------------------------------------------------------------

fn to_file(
    context: *mut Context,
    rows: &[Value],
    path: &str,
    options: Options,
) -> Result<(), Failure> {
    let place = place_of(path);
    match fs::metadata(&place) {
        // Asks the system whether the file may be written, which a rename would not.
        Ok(found) if found.is_file() => {
            drop(OpenOptions::new().write(true).open(&place)?);
            replace(context, rows, &place, Some(found.permissions()), options)
        }
        Ok(_) => {
            let file = OpenOptions::new().write(true).open(&place)?;
            write(context, rows, BufWriter::new(file), options)
        }
        Err(_) => replace(context, rows, &place, None, options),
    }
}

/// Where a path leads, behind links; under `MOCHI_ROOT` when its folder is only there.
fn place_of(path: &str) -> PathBuf {
    let has_folder =
        |path: &Path| path.parent().is_none_or(|folder| folder == Path::new("") || folder.is_dir());
    let direct = Path::new(path);
    let place = match under_root(path) {
        Some(other) if !has_folder(direct) && has_folder(&other) => other,
        _ => direct.to_owned(),
    };
    fs::canonicalize(&place).unwrap_or(place)
}

/// Removes a file that did not become what it was made for.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // When it cannot be removed either, the error that is on its way tells more.
        let _ = fs::remove_file(&self.0);
    }
}

fn replace(
    context: *mut Context,
    rows: &[Value],
    place: &Path,
    permissions: Option<Permissions>,
    options: Options,
) -> Result<(), Failure> {
    let (file, temporary) = temporary(place)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    let mut out = BufWriter::with_capacity(64 << 10, &file);
    write(context, rows, &mut out, options)?;
    out.flush()?;
    file.sync_all()?;
    fs::rename(&temporary.0, place)?;
    std::mem::forget(temporary);
    Ok(())
}

/// A new file beside the one it is to replace.
fn temporary(place: &Path) -> io::Result<(File, Temporary)> {
    let name = place.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let process = std::process::id();
    let mut number = 0;
    loop {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".tmp-{process}-{number}"));
        let path = place.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, Temporary(path))),
            // Left over from another process that had our number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                number += 1
            }
            Err(error) => return Err(error),
        }
    }
}

// -- formats -------------------------------------------------------------------------

fn write(
    context: *mut Context,
    rows: &[Value],
    mut out: impl Write,
    options: Options,
) -> Result<(), Failure> {
    match options.format {
        Format::Csv => return write_cells(context, rows, out, options),
        Format::JsonLines => {
            for (i, &row) in rows.iter().enumerate() {
                out.write_all(&json_row(context, row, i)?)?;
                out.write_all(b"\n")?;
            }
        }
        Format::Json if rows.is_empty() => out.write_all(b"[]\n")?,
        Format::Json => {
            for (i, &row) in rows.iter().enumerate() {
                out.write_all(if i == 0 { b"[\n  " } else { b",\n  " })?;
                out.write_all(&json_row(context, row, i)?)?;
            }
            out.write_all(b"\n]\n")?;
        }
        Format::Yaml => {
            let rows: Vec<Datum> = rows.iter().map(|&row| Datum::new(context, row, true)).collect();
            let text = serde_saphyr::to_string(&rows)
                .map_err(|error| Failure::Value(error.to_string()))?;
            out.write_all(text.as_bytes())?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A row as JSON: whole, so that a row that cannot be written leaves no half of it behind.
fn json_row(context: *mut Context, row: Value, i: usize) -> Result<Vec<u8>, Failure> {
    json_text(context, row).map_err(|message| Failure::Value(format!("row {}: {message}", i + 1)))
}

/// The names and values of a row; a list has no names.
enum Cells {
    Named(Vec<(String, Cell)>),
    Plain(Vec<Value>),
}

enum Cell {
    Value(Value),
    /// What the row is called.
    Text(&'static str),
}

fn cells_of(context: *mut Context, row: Value) -> Result<Cells, Failure> {
    Ok(match row {
        Value::Map(map) => Cells::Named(
            places(map)
                .map(|place| {
                    let (key, item) = entry(map, place);
                    let value = Value::of(item, map.item_rep());
                    (key_text(context, key, map.key_rep()), Cell::Value(value))
                })
                .collect(),
        ),
        Value::Record(record) if context.shape(record.detail()).kind != ShapeKind::Cell => {
            let fields = context.shape_fields(record.detail()).iter().enumerate();
            let fields = fields.map(|(i, field)| {
                let word = read_word(record.words(), i);
                (text(field.name).to_owned(), Cell::Value(Value::of(word, field.rep)))
            });
            let shape = context.shape(record.detail());
            let variant = (shape.kind == ShapeKind::Variant)
                .then(|| (VARIANT_NAME.to_owned(), Cell::Text(text(shape.name))));
            Cells::Named(variant.into_iter().chain(fields).collect())
        }
        Value::List(list) => {
            Cells::Plain((0..list.len()).map(|i| Value::of(list.get(i), list.rep())).collect())
        }
        other => {
            let found = other.type_name();
            return Err(Failure::Value(format!(
                "a row of cells must be a struct, a map or a list, found {found}"
            )));
        }
    })
}

fn write_cells(
    context: *mut Context,
    rows: &[Value],
    out: impl Write,
    options: Options,
) -> Result<(), Failure> {
    // Every row has a cell in every column, so all names must be known before the first row is written.
    let mut columns: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut shape = None;
    for &row in rows {
        // Structs of one shape have the same columns.
        let same = if let Value::Record(record) = row { Some(record.detail()) } else { None };
        if same.is_some() && same == shape {
            continue;
        }
        shape = same;
        if let Cells::Named(cells) = cells_of(context, row)? {
            for (name, _) in cells {
                if !places.contains_key(&name) {
                    places.insert(name.clone(), columns.len());
                    columns.push(name);
                }
            }
        }
    }
    let mut writer =
        csv::WriterBuilder::new().delimiter(options.delimiter).flexible(true).from_writer(out);
    if options.header && !columns.is_empty() {
        writer.write_record(&columns)?;
    }
    let mut record: Vec<Vec<u8>> = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        record.clear();
        let failed = |message: String| Failure::Value(format!("row {}: {message}", i + 1));
        match cells_of(context, row)? {
            Cells::Plain(cells) => {
                for cell in cells {
                    record.push(cell_text(context, cell).map_err(failed)?);
                }
            }
            Cells::Named(cells) => {
                record.resize(columns.len(), Vec::new());
                for (name, cell) in cells {
                    record[places[&name]] = match cell {
                        Cell::Value(value) => cell_text(context, value).map_err(failed)?,
                        Cell::Text(text) => text.as_bytes().to_vec(),
                    };
                }
            }
        }
        writer.write_record(&record)?;
    }
    writer.flush()?;
    Ok(())
}

/// A value as it stands in a cell: containers as JSON.
fn cell_text(context: *mut Context, value: Value) -> Result<Vec<u8>, String> {
    Ok(match value {
        Value::None | Value::Unit => Vec::new(),
        Value::Str(string) => string.bytes().to_vec(),
        Value::BigInt(number) => number.number().text().into_bytes(),
        Value::BigRat(number) => number.number().text().into_bytes(),
        Value::Float(float) => match float_text::json(float) {
            Some(text) => text.as_bytes().to_vec(),
            None => float_text::alone(float).as_bytes().to_vec(),
        },
        other => return json_text(context, other),
    })
}
