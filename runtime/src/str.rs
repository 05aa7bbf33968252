//! Strings: making them, and what the language does with them.
//!
//! A string is UTF-8 with a flag for ASCII; characters are code points. The empty string and the strings of one ASCII
//! character exist once in each context and are never made.

mod edit;

pub(crate) use edit::{
    single, str_join, str_lower, str_pad_start, str_repeat, str_replace, str_split, str_trim,
    str_upper,
};

use mochi_abi::layout::{Context, Header, Kind, List, META_ASCII, Rep, STR_BYTES, Str};
use mochi_abi::trap::TrapKind;

use crate::context::{CHARACTER, ContextFields};
use crate::float_text::{self, IntText};
use crate::format::{Style, write};
use crate::list;
use crate::memory::{allocate, allocate_object, drop_object, dup, reallocate_object, release};
use crate::object::{ListFields, Object, StrFields, copy_bytes, offset, slice};
use crate::str_index::{byte_offset, char_count, char_width, count, release_index};
use crate::text::Text;
use crate::trap::{raise_kind, raise_message, raise_words};
use crate::words::Value;
use crate::{hash, sha256};

/// The smallest capacity of a string that grows.
const FIRST_CAPACITY: usize = 24;

// -- making --------------------------------------------------------------------

/// A new string with this text.
pub(crate) fn new(context: *mut Context, text: &str) -> *mut Str {
    from_bytes(context, text.as_bytes())
}

/// A new string with these bytes, which are UTF-8; null and a trap when memory has run out.
pub(crate) fn from_bytes(context: *mut Context, bytes: &[u8]) -> *mut Str {
    from_known(context, bytes, bytes.is_ascii())
}

#[inline]
fn from_known(context: *mut Context, bytes: &[u8], ascii: bool) -> *mut Str {
    match bytes {
        [] => empty(context),
        &[byte] => character(context, byte),
        _ => {
            let string = with_capacity(context, bytes.len());
            if !string.is_none() {
                fill(string, bytes, ascii);
            }
            string
        }
    }
}

fn fill(string: *mut Str, bytes: &[u8], ascii: bool) {
    copy_bytes(bytes.as_ptr(), string.start(), bytes.len());
    string.fields().len = bytes.len() as u64;
    set_ascii(string, ascii);
}

/// An empty string with room for at least so many bytes, counted as ASCII; null and a trap when memory has run out.
fn with_capacity(context: *mut Context, bytes: usize) -> *mut Str {
    let Some(size) = object_size(bytes) else {
        raise_kind(context, TrapKind::OutOfMemory);
        return std::ptr::null_mut();
    };
    let string: *mut Str = allocate_object(context, size).cast();
    if !string.is_none() {
        initialise(string, size - STR_BYTES);
    }
    string
}

/// Bytes of a string object with at least that capacity: a multiple of 16, which the allocator would take anyway.
fn object_size(capacity: usize) -> Option<usize> {
    Some(capacity.checked_add(STR_BYTES)?.checked_next_multiple_of(16)?)
        .filter(|&size| isize::try_from(size).is_ok())
}

fn initialise(string: *mut Str, capacity: usize) {
    let mut header = Header::new(Kind::Str, 0);
    header.meta |= META_ASCII;
    let object =
        Str { header, len: 0, capacity: capacity as u64, hash: 0, index: std::ptr::null_mut() };
    // SAFETY: the memory is new and large enough for the fixed part.
    unsafe { string.write(object) }
}

fn set_ascii(string: *mut Str, ascii: bool) {
    let head = string.head();
    let meta = if ascii { head.meta | META_ASCII } else { head.meta & !META_ASCII };
    string.set_head(Header { meta, ..head });
}

/// The empty string, owned by the caller.
pub(crate) fn empty(context: *mut Context) -> *mut Str {
    shared(context, 128)
}

/// The string of one ASCII character, owned by the caller.
#[inline]
pub(crate) fn character(context: *mut Context, byte: u8) -> *mut Str {
    shared(context, usize::from(byte))
}

#[inline]
fn shared(context: *mut Context, i: usize) -> *mut Str {
    let string: *mut Str = offset(context.state().characters, i * CHARACTER).cast();
    dup(string.header());
    string
}

/// Makes the strings that exist once.
pub(crate) fn make_characters(context: *mut Context) {
    let memory = allocate(context, 129 * CHARACTER);
    assert!(!memory.is_null(), "a program starts with enough memory for its first strings");
    context.state().characters = memory;
    for i in 0..=128 {
        let string: *mut Str = offset(memory, i * CHARACTER).cast();
        initialise(string, CHARACTER - STR_BYTES);
        if i < 128 {
            fill(string, &[i as u8], true);
        }
    }
}

/// Goes over the strings that live as long as the context: those that exist once, and the program's constants.
pub(crate) fn for_each_permanent(context: *mut Context, mut f: impl FnMut(*mut Str)) {
    for i in 0..=128 {
        f(offset(context.state().characters, i * CHARACTER).cast());
    }
    let constants = context.program().strings.len;
    for &constant in slice(context.fields().strings, constants) {
        f(constant);
    }
}

/// Frees the strings that exist once.
pub(crate) fn release_characters(context: *mut Context) {
    let memory = std::mem::replace(&mut context.state().characters, std::ptr::null_mut());
    release(context, memory, 129 * CHARACTER);
}

/// Drops the program's own reference to a constant.
pub(crate) fn release_constant(context: *mut Context, string: *mut Str) {
    drop_object(context, string.header());
}

/// The same string once more.
fn again(context: *mut Context, string: *mut Str) -> *mut Str {
    if string.is_none() {
        return empty(context);
    }
    dup(string.header());
    string
}

/// A part of a string as a string.
fn part(context: *mut Context, string: *mut Str, bytes: &[u8]) -> *mut Str {
    from_known(context, bytes, string.is_ascii() || bytes.is_ascii())
}

/// The hash of its bytes, kept in the string.
#[inline]
pub(crate) fn hash_of(string: *mut Str) -> u64 {
    let fields = string.fields();
    if fields.hash == 0 {
        fields.hash = hash::of_bytes(string.bytes());
    }
    fields.hash
}

// -- putting together and comparing ----------------------------------------------

pub(crate) fn str_concat(context: *mut Context, a: *mut Str, b: *mut Str) -> *mut Str {
    let added = b.byte_len();
    if a.is_none() {
        return again(context, b);
    }
    if added == 0 {
        return a;
    }
    let len = a.byte_len();
    let ascii = a.is_ascii() && b.is_ascii();
    if a.is_unique() && a != b {
        let grown = if (a.fields().capacity as usize) - len < added {
            grow(context, a, len + added)
        } else {
            a
        };
        if grown.is_none() {
            drop_object(context, a.header());
            return grown;
        }
        if !grown.fields().index.is_null() {
            release_index(context, grown);
        }
        copy_bytes(b.start(), offset(grown.start(), len), added);
        let fields = grown.fields();
        fields.len = (len + added) as u64;
        fields.hash = 0;
        set_ascii(grown, ascii);
        return grown;
    }
    let joined =
        if len == 0 { again(context, b) } else { joined(context, a.bytes(), b.bytes(), ascii) };
    drop_object(context, a.header());
    joined
}

fn joined(context: *mut Context, a: &[u8], b: &[u8], ascii: bool) -> *mut Str {
    let string = with_capacity(context, a.len() + b.len());
    if !string.is_none() {
        fill(string, a, ascii);
        copy_bytes(b.as_ptr(), offset(string.start(), a.len()), b.len());
        string.fields().len = (a.len() + b.len()) as u64;
    }
    string
}

/// Moves a unique string to where there is room for `needed` bytes, at least twice as many as before; null and a trap, and
/// the string stays, when memory has run out.
#[cold]
fn grow(context: *mut Context, string: *mut Str, needed: usize) -> *mut Str {
    let capacity = string.fields().capacity as usize;
    let Some(size) = object_size(needed.max(capacity.saturating_mul(2)).max(FIRST_CAPACITY)) else {
        raise_kind(context, TrapKind::OutOfMemory);
        return std::ptr::null_mut();
    };
    let moved: *mut Str =
        reallocate_object(context, string.header(), STR_BYTES + capacity, size).cast();
    if !moved.is_none() {
        moved.fields().capacity = (size - STR_BYTES) as u64;
    }
    moved
}

pub(crate) fn str_eq(_: *mut Context, a: *mut Str, b: *mut Str) -> u64 {
    u64::from(same(a, b))
}

/// Whether two strings have the same text; none equals only none.
#[inline]
pub(crate) fn same(a: *mut Str, b: *mut Str) -> bool {
    a == b || (!a.is_none() && !b.is_none() && a.bytes() == b.bytes())
}

pub(crate) fn str_compare(_: *mut Context, a: *mut Str, b: *mut Str) -> i64 {
    a.bytes().cmp(b.bytes()) as i64
}

// -- characters ------------------------------------------------------------------

pub(crate) fn str_len(context: *mut Context, s: *mut Str) -> i64 {
    char_count(context, s) as i64
}

pub(crate) fn str_index(context: *mut Context, s: *mut Str, i: i64) -> *mut Str {
    let Some(start) = index(context, s, i) else { return empty(context) };
    let bytes = s.bytes();
    let first = bytes[start];
    if first < 0x80 {
        character(context, first)
    } else {
        from_known(context, &bytes[start..start + char_width(first)], false)
    }
}

pub(crate) fn str_code(context: *mut Context, s: *mut Str, i: i64) -> i64 {
    let Some(start) = index(context, s, i) else { return 0 };
    let first = s.bytes()[start];
    if first < 0x80 {
        return i64::from(first);
    }
    let letter = s.text()[start..].chars().next();
    i64::from(u32::from(letter.expect("a character begins at this place")))
}

/// Where character `i` begins, in bytes; none and a trap when there is no such character.
#[inline]
fn index(context: *mut Context, s: *mut Str, i: i64) -> Option<usize> {
    let len = char_count(context, s) as i64;
    let place = if i < 0 { i.wrapping_add(len) } else { i };
    if place < 0 || place >= len {
        raise_words(context, TrapKind::StringIndex, i, len);
        return None;
    }
    Some(byte_offset(context, s, place as usize))
}

/// A place from the start for one that may count from the end, inside `0..=len`.
pub(crate) fn clamp(place: i64, len: usize) -> usize {
    let len = len as i64;
    let place = if place < 0 { place.saturating_add(len) } else { place };
    place.clamp(0, len) as usize
}

pub(crate) fn str_slice(context: *mut Context, s: *mut Str, start: i64, end: i64) -> *mut Str {
    let len = char_count(context, s);
    let (start, end) = (clamp(start, len), clamp(end, len));
    if start >= end {
        return empty(context);
    }
    if end - start == len {
        return again(context, s);
    }
    let (from, to) = (byte_offset(context, s, start), byte_offset(context, s, end));
    part(context, s, &s.bytes()[from..to])
}

pub(crate) fn str_chars(context: *mut Context, s: *mut Str) -> *mut List {
    let chars = list::list_new(context, Rep::Ref as i64, char_count(context, s) as i64);
    let bytes = s.bytes();
    let mut at = 0;
    while at < bytes.len() && !context.trapped() {
        let width = char_width(bytes[at]);
        let char = from_known(context, &bytes[at..at + width], width == 1);
        list::push_own(context, chars, char.word());
        at += width;
    }
    chars
}

pub(crate) fn str_reverse(context: *mut Context, s: *mut Str) -> *mut Str {
    let reversed: String = s.text().chars().rev().collect();
    part(context, s, reversed.as_bytes())
}

// -- searching -------------------------------------------------------------------

fn find(s: *mut Str, part: *mut Str) -> Option<usize> {
    match part.bytes() {
        &[byte] => memchr::memchr(byte, s.bytes()),
        part => memchr::memmem::find(s.bytes(), part),
    }
}

pub(crate) fn str_contains(_: *mut Context, s: *mut Str, part: *mut Str) -> u64 {
    u64::from(find(s, part).is_some())
}

pub(crate) fn str_index_of(_: *mut Context, s: *mut Str, part: *mut Str) -> i64 {
    match find(s, part) {
        None => -1,
        Some(at) if s.is_ascii() => at as i64,
        Some(at) => count(&s.bytes()[..at]) as i64,
    }
}

pub(crate) fn str_starts_with(_: *mut Context, s: *mut Str, part: *mut Str) -> u64 {
    u64::from(s.bytes().starts_with(part.bytes()))
}

pub(crate) fn str_ends_with(_: *mut Context, s: *mut Str, part: *mut Str) -> u64 {
    u64::from(s.bytes().ends_with(part.bytes()))
}

// -- from and to other values ------------------------------------------------------

pub(crate) fn str_from_int(context: *mut Context, value: i64) -> *mut Str {
    from_known(context, IntText::new().write(value), true)
}

pub(crate) fn str_from_float(context: *mut Context, value: f64) -> *mut Str {
    from_known(context, float_text::alone(value).as_bytes(), true)
}

pub(crate) fn str_from_bool(context: *mut Context, value: u64) -> *mut Str {
    from_known(context, if value != 0 { b"true" } else { b"false" }, true)
}

pub(crate) fn str_from_any(context: *mut Context, value: u64) -> *mut Str {
    match Value::of_any(value) {
        Value::Str(string) => again(context, string),
        Value::Int(int) => str_from_int(context, int),
        _ => {
            let mut text = Text::default();
            write(context, &mut text, value, Rep::Any, Style::Str);
            text.into_str(context)
        }
    }
}

pub(crate) fn str_to_int(context: *mut Context, s: *mut Str) -> i64 {
    parse_int(context, s, 10)
}

pub(crate) fn str_parse_int(context: *mut Context, s: *mut Str, base: i64) -> i64 {
    match u32::try_from(base) {
        Ok(base @ 2..=36) => parse_int(context, s, base),
        _ => {
            raise_message(
                context,
                TrapKind::Argument,
                format!("a base is between 2 and 36, and this is {base}"),
            );
            0
        }
    }
}

fn parse_int(context: *mut Context, s: *mut Str, base: u32) -> i64 {
    i64::from_str_radix(s.text().trim(), base).unwrap_or_else(|error| {
        let too_large = matches!(
            error.kind(),
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
        );
        let why = if too_large { "does not fit in 64 bits" } else { "is not an int" };
        raise_message(context, TrapKind::Cast, format!("{} {why}", quoted(s)));
        0
    })
}

pub(crate) fn str_to_float(context: *mut Context, s: *mut Str) -> f64 {
    s.text().trim().parse().unwrap_or_else(|_| {
        raise_message(context, TrapKind::Cast, format!("{} is not a float", quoted(s)));
        0.0
    })
}

/// A string as messages show it: in quotes, and not too long.
pub(crate) fn quoted(s: *mut Str) -> String {
    const LONGEST: usize = 60;
    let mut text = Text::default();
    let shown: String = s.text().chars().take(LONGEST).collect();
    crate::format::quote(&mut text, &shown);
    let more = if shown.len() < s.byte_len() { "…" } else { "" };
    text.into_string() + more
}

// -- changed copies ----------------------------------------------------------------

pub(crate) fn str_sha256(context: *mut Context, s: *mut Str) -> *mut Str {
    from_known(context, &sha256::hexadecimal(s.bytes()), true)
}

pub(crate) fn sha256_bytes(context: *mut Context, value: u64) -> *mut List {
    let digest = match Value::of_any(value) {
        Value::Str(string) => sha256::digest(string.bytes()),
        Value::List(list) => {
            let byte = |i| match Value::of(list.get(i), list.rep()) {
                Value::Int(int) => u8::try_from(int).ok(),
                _ => None,
            };
            match (0..list.len()).map(byte).collect::<Option<Vec<u8>>>() {
                Some(bytes) => sha256::digest(&bytes),
                None => {
                    raise_message(
                        context,
                        TrapKind::Argument,
                        "`sha256` takes a string, or a list of ints from 0 to 255",
                    );
                    return std::ptr::null_mut();
                }
            }
        }
        other => {
            crate::any::refuse(context, other, "has no bytes that `sha256` could take");
            return std::ptr::null_mut();
        }
    };
    let result = list::with_capacity(context, Rep::I64, digest.len());
    for byte in digest {
        list::push_own(context, result, u64::from(byte));
    }
    result
}
