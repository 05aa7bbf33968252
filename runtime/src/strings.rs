//! The functions of Go's package `strings` that are no builtins of Mochi. Where Go counts bytes, these count
//! characters, as everything does in Mochi.

use mochi_abi::layout::{Context, List, Rep, Str};

use crate::context::ContextFields;
use crate::object::{Object, StrFields};
use crate::text::Text;
use crate::{list, str};

/// The parts between runs of white space.
pub(crate) fn str_fields(context: *mut Context, s: *mut Str) -> *mut List {
    let parts = list::list_new(context, Rep::Ref as i64, 0);
    if parts.is_none() {
        return parts;
    }
    for field in s.text().split_whitespace() {
        let field = str::new(context, field);
        list::push_own(context, parts, field.word());
        if context.trapped() {
            break;
        }
    }
    parts
}

pub(crate) fn str_last_index_of(_: *mut Context, s: *mut Str, part: *mut Str) -> i64 {
    match s.text().rfind(part.text()) {
        Some(at) => s.text()[..at].chars().count() as i64,
        None => -1,
    }
}

/// How often `part` occurs without overlapping; an empty one stands between all characters and at both ends.
pub(crate) fn str_count(_: *mut Context, s: *mut Str, part: *mut Str) -> i64 {
    s.text().matches(part.text()).count() as i64
}

/// Without the characters of `cut` at the start (`ends` has bit 1) and at the end (bit 2).
pub(crate) fn str_trim_of(
    context: *mut Context,
    s: *mut Str,
    cut: *mut Str,
    ends: i64,
) -> *mut Str {
    let cut = cut.text();
    let mut text = s.text();
    if ends & 1 != 0 {
        text = text.trim_start_matches(|c| cut.contains(c));
    }
    if ends & 2 != 0 {
        text = text.trim_end_matches(|c| cut.contains(c));
    }
    str::new(context, text)
}

pub(crate) fn str_without_prefix(context: *mut Context, s: *mut Str, part: *mut Str) -> *mut Str {
    let text = s.text();
    str::new(context, text.strip_prefix(part.text()).unwrap_or(text))
}

pub(crate) fn str_without_suffix(context: *mut Context, s: *mut Str, part: *mut Str) -> *mut Str {
    let text = s.text();
    str::new(context, text.strip_suffix(part.text()).unwrap_or(text))
}

/// The first `count` occurrences replaced; all, if it is negative.
pub(crate) fn str_replace_some(
    context: *mut Context,
    s: *mut Str,
    from: *mut Str,
    to: *mut Str,
    count: i64,
) -> *mut Str {
    let mut text = Text::default();
    let mut start = 0;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    for (at, found) in s.text().match_indices(from.text()).take(count) {
        text.push(&s.bytes()[start..at]);
        text.push(to.bytes());
        start = at + found.len();
    }
    text.push(&s.bytes()[start..]);
    text.into_str(context)
}

/// Whether both are the same but for the case of their letters, one character for one.
pub(crate) fn str_equal_fold(_: *mut Context, a: *mut Str, b: *mut Str) -> u64 {
    let folded = |s: *mut Str| {
        s.text().chars().map(|char| {
            let upper = str::single(char, char.to_uppercase());
            str::single(upper, upper.to_lowercase())
        })
    };
    u64::from(folded(a).eq(folded(b)))
}

/// With a capital at the start of each word.
pub(crate) fn str_title(context: *mut Context, s: *mut Str) -> *mut Str {
    let mut inside = false;
    let titled = |char: char| {
        let first =
            !std::mem::replace(&mut inside, char.is_alphanumeric() || matches!(char, '_' | '\''));
        let mut upper = char.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(capital), None) if first => capital,
            _ => char,
        }
    };
    str::new(context, &s.text().chars().map(titled).collect::<String>())
}

/// The MD5 digest of the bytes, in hexadecimal.
pub(crate) fn str_md5(context: *mut Context, s: *mut Str) -> *mut Str {
    let digits: String =
        crate::md5::digest(s.bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    str::new(context, &digits)
}
