//! `print` and `json`: values to the line being printed.

use mochi_abi::layout::{Context, Rep, Str};

use crate::context::ContextFields;
use crate::float_text::{self, IntText};
use crate::format::{Style, write};
use crate::object::{Object, StrFields};
use crate::output;
use crate::text::Text;

fn push(context: *mut Context, bytes: &[u8]) {
    context.state().output.push(bytes);
}

pub(crate) fn print_int(context: *mut Context, value: i64) {
    push(context, IntText::new().write(value));
}

pub(crate) fn print_float(context: *mut Context, value: f64) {
    push(context, float_text::alone(value).as_bytes());
}

pub(crate) fn print_bool(context: *mut Context, value: u64) {
    push(context, if value != 0 { b"true" } else { b"false" });
}

pub(crate) fn print_str(context: *mut Context, value: *mut Str) {
    push(context, if value.is_none() { b"nil" } else { value.bytes() });
}

pub(crate) fn print_any(context: *mut Context, value: u64) {
    let mut text = Text::default();
    write(context, &mut text, value, Rep::Any, Style::Print);
    text.print(context);
}

pub(crate) fn print_space(context: *mut Context) {
    push(context, b" ");
}

pub(crate) fn print_end(context: *mut Context, trim: u64) {
    output::end_line(context, trim != 0);
}

pub(crate) fn print_json(context: *mut Context, value: u64) {
    let mut text = Text::default();
    write(context, &mut text, value, Rep::Any, Style::Json);
    text.push(b"\n");
    text.print(context);
    if !context.trapped() {
        output::line_done(context);
    }
}

pub(crate) fn json_text(context: *mut Context, value: u64) -> *mut Str {
    let mut text = Text::default();
    write(context, &mut text, value, Rep::Any, Style::CompactJson);
    text.into_str(context)
}
