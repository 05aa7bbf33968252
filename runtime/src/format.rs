//! Values as text: as `print` shows them inside containers, as `str` shows them, and as JSON.
//!
//! Maps come in the order of their keys' printed form, a struct's fields by name behind `__name`. A value that contains
//! itself shows `[...]` where it comes round again. Nesting too deep for the stack is the trap `StackOverflow`.

use std::collections::HashSet;
use std::rc::Rc;

use mochi_abi::layout::{Context, Header, List, Map, Record, Rep};
use mochi_abi::program::ShapeKind;
use mochi_abi::trap::TrapKind;

use crate::big::NumberObject;
use crate::big_number::Fraction;
use crate::context::{ContextFields, text};
use crate::float_text::{self, FloatText, IntText};
use crate::map;
use crate::object::{ListFields, MapFields, Object, StrFields, Words, closure_function, read_word};
use crate::text::Text;
use crate::trap::{raise_message, stack_is_short};
use crate::words::Value;

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the first level of `print`: strings bare, floats as short as they get; below it as [`Style::Inside`].
    Print,
    /// Inside containers: strings quoted, floats with a point.
    Inside,
    /// As `str`: nothing quoted, no commas.
    Str,
    /// On one line.
    CompactJson,
    /// One entry a line, indented by two.
    Json,
}

/// Writes the value of a word of this rep.
pub(crate) fn write(context: *mut Context, out: &mut Text, word: u64, rep: Rep, style: Style) {
    write_value(context, out, Value::of(word, rep), style);
}

/// Writes a value.
pub(crate) fn write_value(context: *mut Context, out: &mut Text, value: Value, style: Style) {
    let mut writer = Writer { context, out, style, path: Path::default() };
    match (style, value) {
        (Style::Print, Value::Str(string)) => writer.out.push(string.bytes()),
        (Style::Print, Value::Float(float)) => writer.out.push(float_text::alone(float).as_bytes()),
        _ => writer.value(value),
    }
}

/// A value as `print` shows it, for messages.
pub(crate) fn shown(context: *mut Context, word: u64, rep: Rep, style: Style) -> String {
    let mut out = Text::default();
    write(context, &mut out, word, rep, style);
    out.into_string()
}

struct Writer<'a> {
    context: *mut Context,
    out: &'a mut Text,
    style: Style,
    path: Path,
}

/// The objects around the one being written.
#[derive(Default)]
struct Path {
    objects: Vec<*mut Header>,
    /// The same as a set, once there are many.
    set: HashSet<*mut Header>,
}

/// Up to this depth looking through the path is faster than a set.
const SHORT_PATH: usize = 32;

impl Path {
    /// Goes into an object, unless it is already around us.
    fn enter(&mut self, object: *mut Header) -> bool {
        if self.objects.len() < SHORT_PATH {
            if self.objects.contains(&object) {
                return false;
            }
        } else {
            if self.set.is_empty() {
                self.set.extend(self.objects.iter());
            }
            if !self.set.insert(object) {
                return false;
            }
        }
        self.objects.push(object);
        true
    }

    fn leave(&mut self) {
        let object = self.objects.pop();
        if let Some(object) = object
            && !self.set.is_empty()
        {
            self.set.remove(&object);
        }
    }
}

impl Writer<'_> {
    fn value(&mut self, value: Value) {
        match value {
            Value::None | Value::Unit => self.out.push(match self.style {
                Style::Print | Style::Inside => b"nil",
                Style::Str => b"<nil>",
                Style::CompactJson | Style::Json => b"null",
            }),
            Value::Bool(true) => self.out.push(b"true"),
            Value::Bool(false) => self.out.push(b"false"),
            Value::Int(int) => self.out.push(IntText::new().write(int)),
            Value::Float(float) => self.float(float),
            Value::BigInt(number) => self.out.push(number.number().text().as_bytes()),
            Value::BigRat(number) => self.fraction(number.number()),
            Value::Str(string) => match self.style {
                Style::Str => self.out.push(string.bytes()),
                Style::Print | Style::Inside => quote(self.out, string.text()),
                Style::CompactJson | Style::Json => quote_json(self.out, string.text()),
            },
            Value::List(list) => self.nested(list.header(), |writer| writer.list(list)),
            Value::Map(map) => self.nested(map.header(), |writer| writer.map(map)),
            Value::Record(record) => self.nested(record.header(), |writer| writer.record(record)),
            Value::Closure(closure) => {
                let name = self
                    .context
                    .functions()
                    .get(closure_function(closure))
                    .map_or("", |function| text(function.name))
                    // A literal has a name for call stacks only, which no declared one can have.
                    .trim_start_matches("<function>");
                match self.style {
                    Style::CompactJson | Style::Json => self.out.push(b"null"),
                    Style::Print | Style::Inside | Style::Str => {
                        self.out.push(if name.is_empty() { b"<fun" } else { b"<fun " });
                        self.out.push(name.as_bytes());
                        self.out.push(b">");
                    }
                }
            }
        }
    }

    /// JSON has no fractions: one that is not whole is a string there.
    fn fraction(&mut self, fraction: &Fraction) {
        let text = fraction.text();
        match self.style {
            Style::CompactJson | Style::Json if text.contains('/') => quote_json(self.out, &text),
            _ => self.out.push(text.as_bytes()),
        }
    }

    fn float(&mut self, float: f64) {
        let written = match self.style {
            Style::Print | Style::Inside => float_text::inside(float),
            Style::Str => float_text::alone(float),
            Style::CompactJson | Style::Json => match float_text::json(float) {
                Some(written) => written,
                None => {
                    let shown = float_text::alone(float);
                    raise_message(
                        self.context,
                        TrapKind::Data,
                        format!("JSON has no number {}", shown.as_str()),
                    );
                    return;
                }
            },
        };
        self.out.push(FloatText::as_bytes(&written));
    }

    /// Writes what is inside an object, unless we are inside it already or too deep.
    fn nested(&mut self, object: *mut Header, inside: impl FnOnce(&mut Self)) {
        if stack_is_short(self.context) || self.context.trapped() {
            return;
        }
        if !self.path.enter(object) {
            match self.style {
                Style::CompactJson | Style::Json => {
                    raise_message(
                        self.context,
                        TrapKind::Data,
                        "a value that contains itself has no JSON form",
                    );
                }
                Style::Print | Style::Inside | Style::Str => self.out.push(b"[...]"),
            }
            return;
        }
        inside(self);
        self.path.leave();
    }

    /// Before each item but the first.
    fn separator(&mut self) {
        self.out.push(match self.style {
            Style::Print | Style::Inside => b", ",
            Style::Str => b" ",
            Style::CompactJson | Style::Json => b",",
        });
    }

    /// Where an item begins, or where the closing bracket stands with one level less.
    fn new_line(&mut self, level: usize) {
        if self.style == Style::Json {
            self.out.push(b"\n");
            self.out.spaces(2 * level);
        }
    }

    fn list(&mut self, list: *mut List) {
        let rep = list.rep();
        let level = self.path.objects.len();
        self.out.push(b"[");
        for i in 0..list.len() {
            if i > 0 {
                self.separator();
            }
            self.new_line(level);
            self.value(Value::of(list.get(i), rep));
        }
        if list.len() > 0 {
            self.new_line(level - 1);
        }
        self.out.push(b"]");
    }

    fn open(&mut self) {
        self.out.push(if self.style == Style::Str { b"map[" } else { b"{" });
    }

    fn close(&mut self, any_entries: bool) {
        if any_entries {
            self.new_line(self.path.objects.len() - 1);
        }
        self.out.push(if self.style == Style::Str { b"]" } else { b"}" });
    }

    fn key(&mut self, key: &str, first: bool) {
        if !first {
            self.separator();
        }
        self.new_line(self.path.objects.len());
        match self.style {
            Style::Str => {
                self.out.push(key.as_bytes());
                self.out.push(b":");
            }
            Style::Print | Style::Inside => {
                quote(self.out, key);
                self.out.push(b": ");
            }
            Style::CompactJson => {
                quote_json(self.out, key);
                self.out.push(b":");
            }
            Style::Json => {
                quote_json(self.out, key);
                self.out.push(b": ");
            }
        }
    }

    fn map(&mut self, map: *mut Map) {
        self.open();
        let (key_rep, item_rep) = (map.key_rep(), map.item_rep());
        // The map keeps its sorted order, but writing its keys could ask for it again: by place, not by reference.
        for i in 0..map.entries() {
            let Some((key, item)) = map::sorted_entry(self.context, map, i) else { break };
            match Value::of(key, key_rep) {
                Value::Str(string) => self.key(string.text(), i == 0),
                other => {
                    let mut shown = Text::default();
                    write_value(self.context, &mut shown, other, Style::Print);
                    self.key(&shown.into_string(), i == 0);
                }
            }
            self.value(Value::of(item, item_rep));
        }
        self.close(map.entries() > 0);
    }

    fn record(&mut self, record: *mut Record) {
        let shape = self.context.shape(record.detail());
        if shape.kind == ShapeKind::Cell {
            // A cell stands for the variable that is in it.
            let rep = self.context.shape_fields(record.detail())[0].rep;
            return self.value(Value::of(read_word(record.words(), 0), rep));
        }
        let fields = self.context.shape_fields(record.detail());
        let name = text(shape.name);
        self.open();
        let mut first = true;
        let json = matches!(self.style, Style::Json | Style::CompactJson);
        let name_before = |field: &str| !json || "__name" < field;
        let mut named = name.is_empty();
        for &i in field_order(self.context, record.detail()).iter() {
            let field = &fields[i as usize];
            if !named && name_before(text(field.name)) {
                self.shape_name(name, first);
                (named, first) = (true, false);
            }
            self.key(text(field.name), first);
            first = false;
            self.value(Value::of(read_word(record.words(), i as usize), field.rep));
        }
        if !named {
            self.shape_name(name, first);
            first = false;
        }
        self.close(!first);
    }

    fn shape_name(&mut self, name: &str, first: bool) {
        self.key("__name", first);
        match self.style {
            Style::Str => self.out.push(name.as_bytes()),
            Style::Print | Style::Inside => quote(self.out, name),
            Style::CompactJson | Style::Json => quote_json(self.out, name),
        }
    }
}

/// The places of a shape's fields in the order of their names, worked out once.
fn field_order(context: *mut Context, shape: u32) -> Rc<[u32]> {
    let orders = &mut context.state().field_orders;
    if orders.is_empty() {
        orders.resize(context.shapes().len(), None);
    }
    let order = &mut orders[shape as usize];
    if let Some(order) = order {
        return order.clone();
    }
    let fields = context.shape_fields(shape);
    let mut places: Vec<u32> = (0..fields.len() as u32).collect();
    places.sort_by_key(|&i| text(fields[i as usize].name));
    order.insert(places.into()).clone()
}

/// A string in quotes, as in source text; what cannot be seen is escaped.
pub(crate) fn quote(out: &mut Text, string: &str) {
    out.push(b"\"");
    let mut plain = 0;
    for (at, char) in string.char_indices() {
        if matches!(char, ' '..='~') && char != '"' && char != '\\'
            || !char.is_ascii() && is_visible(char)
        {
            continue;
        }
        out.push(&string.as_bytes()[plain..at]);
        plain = at + char.len_utf8();
        match char {
            '"' => out.push(b"\\\""),
            '\\' => out.push(b"\\\\"),
            '\x07' => out.push(b"\\a"),
            '\x08' => out.push(b"\\b"),
            '\x0c' => out.push(b"\\f"),
            '\n' => out.push(b"\\n"),
            '\r' => out.push(b"\\r"),
            '\t' => out.push(b"\\t"),
            '\x0b' => out.push(b"\\v"),
            '\0'..'\u{80}' => out.push(format!("\\x{:02x}", char as u32).as_bytes()),
            '\u{80}'..='\u{ffff}' => out.push(format!("\\u{:04x}", char as u32).as_bytes()),
            _ => out.push(format!("\\U{:08x}", char as u32).as_bytes()),
        }
    }
    out.push(&string.as_bytes()[plain..]);
    out.push(b"\"");
}

/// Whether a character has a visible form of its own. The standard library knows, but tells it only by escaping; behind
/// another character it lets combining marks through.
fn is_visible(char: char) -> bool {
    let mut bytes = [b'a'; 5];
    let len = char.encode_utf8(&mut bytes[1..]).len();
    let pair = std::str::from_utf8(&bytes[..=len]).unwrap_or_default();
    pair.escape_debug().count() == 2
}

/// A string in quotes as JSON writes it, safe to stand in HTML.
fn quote_json(out: &mut Text, string: &str) {
    out.push(b"\"");
    let mut plain = 0;
    for (at, char) in string.char_indices() {
        let escape: &[u8] = match char {
            '"' => b"\\\"",
            '\\' => b"\\\\",
            '\n' => b"\\n",
            '\r' => b"\\r",
            '\t' => b"\\t",
            '\x08' => b"\\b",
            '\x0c' => b"\\f",
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => b"",
            _ => continue,
        };
        out.push(&string.as_bytes()[plain..at]);
        plain = at + char.len_utf8();
        if escape.is_empty() {
            out.push(format!("\\u{:04x}", char as u32).as_bytes());
        } else {
            out.push(escape);
        }
    }
    out.push(&string.as_bytes()[plain..]);
    out.push(b"\"");
}
