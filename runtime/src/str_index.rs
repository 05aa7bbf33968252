//! Where the characters of a long string that is not ASCII begin: every 64th one, worked out at the first question.
//!
//! So `len` costs nothing from the second time on, and finding a character walks over at most 64.

use mochi_abi::layout::{Context, Str};

use crate::memory::{allocate, release};
use crate::object::{StrFields, read_word, slice, slice_mut};

/// Characters from one entry to the next.
const STRIDE: usize = 64;
/// Shorter strings are walked from the start.
const WORTH_AN_INDEX: usize = 256;

/// How many characters the string has.
pub(crate) fn char_count(context: *mut Context, string: *mut Str) -> usize {
    if string.is_ascii() {
        string.byte_len()
    } else if let Some(index) = index(context, string) {
        index[0] as usize
    } else {
        count(string.bytes())
    }
}

/// Where character `i` begins, in bytes; the byte length for the number of characters.
pub(crate) fn byte_offset(context: *mut Context, string: *mut Str, i: usize) -> usize {
    if string.is_ascii() {
        return i;
    }
    let bytes = string.bytes();
    let (mut at, mut left) = (0, i);
    if let Some(index) = index(context, string) {
        // Entry 0 is the count, entry n where character 64·n begins.
        let entry = (i / STRIDE).min(index.len() - 1);
        if entry > 0 {
            at = index[entry] as usize;
            left = i - entry * STRIDE;
        }
    }
    while left > 0 {
        at += char_width(bytes[at]);
        left -= 1;
    }
    at
}

/// Bytes of the character that begins with this byte.
#[inline]
pub(crate) fn char_width(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// Characters in some UTF-8: all bytes but the continuing ones.
pub(crate) fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte as i8 >= -0x40).count()
}

/// The index, made when there is none and the string is long enough; none when memory has run out.
fn index<'a>(context: *mut Context, string: *mut Str) -> Option<&'a [u64]> {
    let fields = string.fields();
    if fields.index.is_null() {
        if string.byte_len() < WORTH_AN_INDEX {
            return None;
        }
        let bytes = string.bytes();
        let chars = count(bytes);
        let words = entries(chars);
        let memory: *mut u64 = allocate(context, words * size_of::<u64>()).cast();
        if memory.is_null() {
            return None;
        }
        write_index(slice_mut(memory, words), bytes, chars);
        fields.index = memory;
    }
    let chars = read_word(fields.index, 0) as usize;
    Some(slice(fields.index, entries(chars)))
}

fn entries(chars: usize) -> usize {
    1 + chars / STRIDE
}

fn write_index(index: &mut [u64], bytes: &[u8], chars: usize) {
    index.fill(0);
    index[0] = chars as u64;
    let mut at = 0;
    for ordinal in 0..chars {
        if ordinal % STRIDE == 0 && ordinal > 0 {
            index[ordinal / STRIDE] = at as u64;
        }
        at += char_width(bytes[at]);
    }
    if chars.is_multiple_of(STRIDE) && chars > 0 {
        index[chars / STRIDE] = at as u64;
    }
}

/// Gives the index back: the string is changed or freed.
pub(crate) fn release_index(context: *mut Context, string: *mut Str) {
    let fields = string.fields();
    if !fields.index.is_null() {
        let chars = read_word(fields.index, 0) as usize;
        release(context, fields.index.cast(), entries(chars) * size_of::<u64>());
        fields.index = std::ptr::null_mut();
    }
}
