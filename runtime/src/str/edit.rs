//! Texts made of texts: other letters, cut, split, joined, repeated, replaced, padded.

use mochi_abi::layout::{Context, List, Rep, Str};
use mochi_abi::trap::TrapKind;

use super::{again, empty, fill, find, from_known, new, part, str_chars, with_capacity};
use crate::context::ContextFields;
use crate::format::{Style, write};
use crate::list;
use crate::object::{ListFields, Object, StrFields, copy_bytes, offset};
use crate::str_index::char_count;
use crate::text::Text;
use crate::trap::raise_kind;

pub(crate) fn str_upper(context: *mut Context, s: *mut Str) -> *mut Str {
    if s.is_ascii() {
        return from_known(context, &s.bytes().to_ascii_uppercase(), true);
    }
    new(
        context,
        &s.text().chars().map(|char| single(char, char.to_uppercase())).collect::<String>(),
    )
}

pub(crate) fn str_lower(context: *mut Context, s: *mut Str) -> *mut Str {
    if s.is_ascii() {
        return from_known(context, &s.bytes().to_ascii_lowercase(), true);
    }
    new(
        context,
        &s.text().chars().map(|char| single(char, char.to_lowercase())).collect::<String>(),
    )
}

/// The other case of a character where that is one character: `ß` stays, as lengths do.
pub(crate) fn single(char: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(other), None) => other,
        _ => char,
    }
}

pub(crate) fn str_trim(context: *mut Context, s: *mut Str) -> *mut Str {
    let trimmed = s.text().trim();
    if trimmed.len() == s.byte_len() {
        again(context, s)
    } else {
        part(context, s, trimmed.as_bytes())
    }
}

pub(crate) fn str_split(context: *mut Context, s: *mut Str, separator: *mut Str) -> *mut List {
    if separator.byte_len() == 0 {
        return str_chars(context, s);
    }
    let parts = list::list_new(context, Rep::Ref as i64, 0);
    if parts.is_none() {
        return parts;
    }
    let bytes = s.bytes();
    let mut start = 0;
    for at in memchr::memmem::find_iter(bytes, separator.bytes()) {
        let found = part(context, s, &bytes[start..at]);
        list::push_own(context, parts, found.word());
        start = at + separator.byte_len();
        if context.trapped() {
            return parts;
        }
    }
    let last = part(context, s, &bytes[start..]);
    list::push_own(context, parts, last.word());
    parts
}

pub(crate) fn str_join(context: *mut Context, parts: *mut List, separator: *mut Str) -> *mut Str {
    let mut text = Text::default();
    for i in 0..parts.len() {
        if i > 0 {
            text.push(separator.bytes());
        }
        write(context, &mut text, parts.get(i), parts.rep(), Style::Str);
    }
    text.into_str(context)
}

pub(crate) fn str_repeat(context: *mut Context, s: *mut Str, count: i64) -> *mut Str {
    let count = usize::try_from(count).unwrap_or(0);
    let len = s.byte_len();
    if count == 0 || len == 0 {
        return empty(context);
    }
    if count == 1 {
        return again(context, s);
    }
    let string = with_capacity(context, len.saturating_mul(count));
    if string.is_none() {
        return string;
    }
    fill(string, s.bytes(), s.is_ascii());
    // Doubles what is there until the rest is less than that.
    let (mut filled, total) = (len, len * count);
    while filled < total {
        let piece = filled.min(total - filled);
        copy_bytes(string.start(), offset(string.start(), filled), piece);
        filled += piece;
    }
    string.fields().len = total as u64;
    string
}

pub(crate) fn str_replace(
    context: *mut Context,
    s: *mut Str,
    from: *mut Str,
    to: *mut Str,
) -> *mut Str {
    if from.byte_len() > 0 && find(s, from).is_none() {
        return again(context, s);
    }
    // Few replacements can make a text larger than memory, so it is put together where that is an error.
    let mut text = Text::default();
    let mut start = 0;
    for (at, found) in s.text().match_indices(from.text()) {
        text.push(&s.bytes()[start..at]);
        text.push(to.bytes());
        start = at + found.len();
    }
    text.push(&s.bytes()[start..]);
    text.into_str(context)
}

pub(crate) fn str_pad_start(
    context: *mut Context,
    s: *mut Str,
    width: i64,
    fill: *mut Str,
) -> *mut Str {
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(char_count(context, s));
    if missing == 0 {
        return again(context, s);
    }
    if missing > isize::MAX as usize / 4 {
        raise_kind(context, TrapKind::OutOfMemory);
        return empty(context);
    }
    let fill = if fill.byte_len() == 0 { " " } else { fill.text() };
    let widest = fill.chars().count();
    let (times, rest) = (missing / widest, missing % widest);
    let rest: String = fill.chars().take(rest).collect();
    let mut text = Text::default();
    if text.reserve(times * fill.len() + rest.len() + s.byte_len()) {
        for _ in 0..times {
            text.push(fill.as_bytes());
        }
        text.push(rest.as_bytes());
        text.push(s.bytes());
    }
    text.into_str(context)
}
