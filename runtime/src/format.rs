//! Values as text: as `print` shows them inside containers, as `str` shows them, and as JSON.
//!
//! Maps come in the order of their keys' printed form, a struct's fields by name behind `__name`. A value that contains
//! itself shows `[...]` where it comes round again. The objects around what is being written are a list and not the machine's
//! stack, so that no nesting is too deep.

use std::collections::HashSet;
use std::rc::Rc;

use mochi_abi::layout::{Context, Header, List, Map, Record, Rep};
use mochi_abi::program::ShapeKind;
use mochi_abi::trap::TrapKind;

use crate::big::{self, NumberObject};
use crate::big_number::Fraction;
use crate::context::{ContextFields, text};
use crate::float_text::{self, FloatText, IntText};
use crate::map;
use crate::object::{ListFields, MapFields, Object, StrFields, Words, closure_function, read_word};
use crate::rust_memory::try_reserve;
use crate::text::Text;
use crate::trap::{raise_kind, raise_message};
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
    let mut writer = Writer { context, out, style, around: Vec::new(), set: HashSet::new() };
    match (style, value) {
        (Style::Print, Value::Str(string)) => writer.out.push(string.bytes()),
        (Style::Print, Value::Float(float)) => writer.out.push(float_text::alone(float).as_bytes()),
        _ => writer.whole(value),
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
    /// The objects around what is being written, outermost first.
    around: Vec<Frame>,
    /// The same as a set, once there are many.
    set: HashSet<*mut Header>,
}

/// An object that is being written.
struct Frame {
    object: *mut Header,
    inside: Inside,
    /// How many of its entries have been begun.
    begun: usize,
}

enum Inside {
    List(*mut List),
    Map(*mut Map),
    /// With its fields in the order of their names, and whether its own name has been written.
    Record(*mut Record, Rc<[u32]>, bool),
    /// A variable, which shows as what is in it.
    Cell(*mut Record),
}

/// Up to this depth looking through the frames is faster than a set.
const SHORT_PATH: usize = 32;
/// Indented JSON of more levels is refused: its size grows with the square of them.
const DEEPEST_INDENTED: usize = 10_000;

impl Writer<'_> {
    /// Writes a value with all that is in it.
    fn whole(&mut self, value: Value) {
        self.begin(value);
        while !self.around.is_empty() && !self.out.has_failed() && !self.context.trapped() {
            match self.next() {
                Some(value) => self.begin(value),
                None => self.leave(),
            }
        }
    }

    /// Writes a value, and of a container only how it begins.
    fn begin(&mut self, value: Value) {
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
            Value::BigInt(number) => {
                let number = number.number();
                if big::has_room_for_text(self.context, number.bytes()) {
                    self.out.push(number.text().as_bytes());
                }
            }
            Value::BigRat(number) => {
                if big::has_room_for_text(self.context, number.number().bytes()) {
                    self.fraction(number.number());
                }
            }
            Value::Str(string) => match self.style {
                Style::Str => self.out.push(string.bytes()),
                Style::Print | Style::Inside => quote(self.out, string.text()),
                Style::CompactJson | Style::Json => quote_json(self.out, string.text()),
            },
            Value::List(list) => self.enter(list.header(), Inside::List(list)),
            Value::Map(map) => self.enter(map.header(), Inside::Map(map)),
            Value::Record(record) => {
                let is_cell = self.context.shape(record.detail()).kind == ShapeKind::Cell;
                let inside = if is_cell {
                    Inside::Cell(record)
                } else {
                    let named = text(self.context.shape(record.detail()).name).is_empty();
                    Inside::Record(record, field_order(self.context, record.detail()), named)
                };
                self.enter(record.header(), inside);
            }
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

    /// Goes into an object, unless it is already around us.
    fn enter(&mut self, object: *mut Header, inside: Inside) {
        let json = matches!(self.style, Style::CompactJson | Style::Json);
        if self.is_around(object) {
            if json {
                let text = "a value that contains itself has no JSON form";
                raise_message(self.context, TrapKind::Data, text);
            } else {
                self.out.push(b"[...]");
            }
            return;
        }
        let depth = self.around.len();
        if self.style == Style::Json && depth == DEEPEST_INDENTED {
            let text = format!("JSON of more than {DEEPEST_INDENTED} levels cannot be indented");
            return raise_message(self.context, TrapKind::Data, text);
        }
        if !self.remember(object) {
            return raise_kind(self.context, TrapKind::OutOfMemory);
        }
        match inside {
            Inside::List(_) => self.out.push(b"["),
            Inside::Map(_) | Inside::Record(..) => self.open(),
            Inside::Cell(_) => {}
        }
        self.around.push(Frame { object, inside, begun: 0 });
    }

    fn is_around(&self, object: *mut Header) -> bool {
        if self.set.is_empty() {
            self.around.iter().any(|frame| frame.object == object)
        } else {
            self.set.contains(&object)
        }
    }

    /// Makes room for one more object around us. Whether there is memory for it.
    fn remember(&mut self, object: *mut Header) -> bool {
        if self.around.len() == self.around.capacity() {
            let more = self.around.len().max(SHORT_PATH);
            if !try_reserve(&mut self.around, more) {
                return false;
            }
        }
        // The set is whole as long as it is not empty, and there when it is asked.
        if self.set.is_empty() && self.around.len() + 1 < SHORT_PATH {
            return true;
        }
        if self.set.try_reserve(SHORT_PATH).is_err() {
            return false;
        }
        if self.set.is_empty() {
            self.set.extend(self.around.iter().map(|frame| frame.object));
        }
        self.set.insert(object)
    }

    fn leave(&mut self) {
        if let Some(frame) = self.around.pop()
            && !self.set.is_empty()
        {
            self.set.remove(&frame.object);
        }
    }

    /// Writes what stands before the next value inside the innermost object and gives that value; at the object's end,
    /// writes how it ends.
    fn next(&mut self) -> Option<Value> {
        let frame = self.around.last_mut()?;
        let i = frame.begun;
        frame.begun += 1;
        match frame.inside {
            Inside::List(list) => self.list_item(list, i),
            Inside::Map(map) => self.map_item(map, i),
            Inside::Record(record, ref order, named) => {
                let order = Rc::clone(order);
                self.field(record, &order, named, i)
            }
            // A cell stands for the variable that is in it.
            Inside::Cell(cell) => (i == 0).then(|| {
                let rep = self.context.shape_fields(cell.detail())[0].rep;
                Value::of(read_word(cell.words(), 0), rep)
            }),
        }
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

    fn list_item(&mut self, list: *mut List, i: usize) -> Option<Value> {
        let level = self.around.len();
        if i < list.len() {
            if i > 0 {
                self.separator();
            }
            self.new_line(level);
            return Some(Value::of(list.get(i), list.rep()));
        }
        if i > 0 {
            self.new_line(level - 1);
        }
        self.out.push(b"]");
        None
    }

    fn open(&mut self) {
        self.out.push(if self.style == Style::Str { b"map[" } else { b"{" });
    }

    fn close(&mut self, any_entries: bool) {
        if any_entries {
            self.new_line(self.around.len() - 1);
        }
        self.out.push(if self.style == Style::Str { b"]" } else { b"}" });
    }

    fn key(&mut self, key: &str, first: bool) {
        if !first {
            self.separator();
        }
        self.new_line(self.around.len());
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

    fn map_item(&mut self, map: *mut Map, i: usize) -> Option<Value> {
        // The map keeps its sorted order, but writing its keys could ask for it again: by place, not by reference.
        let Some((key, item)) = map::sorted_entry(self.context, map, i) else {
            self.close(i > 0);
            return None;
        };
        match Value::of(key, map.key_rep()) {
            Value::Str(string) => self.key(string.text(), i == 0),
            other => {
                let mut shown = Text::default();
                write_value(self.context, &mut shown, other, Style::Print);
                self.key(&shown.into_string(), i == 0);
            }
        }
        Some(Value::of(item, map.item_rep()))
    }

    fn field(
        &mut self,
        record: *mut Record,
        order: &[u32],
        named: bool,
        i: usize,
    ) -> Option<Value> {
        let fields = self.context.shape_fields(record.detail());
        let place = order.get(i).map(|&place| place as usize);
        let json = matches!(self.style, Style::Json | Style::CompactJson);
        let mut first = i == 0;
        let name_here = place.is_none_or(|place| !json || "__name" < text(fields[place].name));
        if !named && name_here {
            self.shape_name(text(self.context.shape(record.detail()).name), first);
            first = false;
            if let Some(Frame { inside: Inside::Record(_, _, named), .. }) = self.around.last_mut()
            {
                *named = true;
            }
        }
        let Some(place) = place else {
            self.close(!first);
            return None;
        };
        self.key(text(fields[place].name), first);
        Some(Value::of(read_word(record.words(), place), fields[place].rep))
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
