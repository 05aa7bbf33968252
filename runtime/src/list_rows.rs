//! Rows by number: the rows of each key of a table side by side, and the items at given places.

use mochi_abi::layout::{Context, List, Rep};

use crate::list::{push_own, with_capacity};
use crate::memory::{drop_object, dup_word};
use crate::object::{ListFields, Object};

pub(crate) fn list_pick(
    context: *mut Context,
    list: *mut List,
    places: *mut List,
    count: i64,
) -> *mut List {
    let count = usize::try_from(count).unwrap_or(0).min(places.len());
    let rep = list.rep();
    let result = with_capacity(context, rep, count);
    if result.is_none() {
        return result;
    }
    for i in 0..count {
        let word = list.get(places.get(i) as usize);
        dup_word(word, rep);
        push_own(context, result, word);
    }
    result
}

/// A counting sort: how many rows each place has says where its rows begin, and then each row goes to the next free spot
/// of its place.
pub(crate) fn list_part_rows(
    context: *mut Context,
    places: *mut List,
    numbers: *mut List,
    count: i64,
) -> *mut List {
    let count = usize::try_from(count).unwrap_or(0);
    let starts = ints(context, count + 2);
    let rows = ints(context, places.len());
    let parts = with_capacity(context, Rep::Ref, 2);
    if starts.is_none() || rows.is_none() || parts.is_none() {
        drop_object(context, starts.header());
        drop_object(context, rows.header());
        drop_object(context, parts.header());
        return std::ptr::null_mut();
    }
    let next = starts.words_mut();
    // One further on than the place, so that the sums are where each place begins.
    for &place in places.words() {
        next[place as usize + 2] += 1;
    }
    for i in 1..next.len() {
        next[i] += next[i - 1];
    }
    // As rows are put down, each place's beginning moves on to its end, which is where the next place begins.
    let sorted = rows.words_mut();
    for (row, &place) in places.words().iter().enumerate() {
        let spot = &mut next[place as usize + 1];
        sorted[*spot as usize] = if numbers.len() > 0 { numbers.get(row) } else { row as u64 };
        *spot += 1;
    }
    // They have all moved on by one place: back.
    next.copy_within(0..count + 1, 1);
    next[0] = 0;
    push_own(context, parts, starts.word());
    push_own(context, parts, rows.word());
    parts
}

/// A list of so many zeros.
fn ints(context: *mut Context, len: usize) -> *mut List {
    let list = with_capacity(context, Rep::I64, len);
    if !list.is_none() {
        list.fields().len = len as u64;
        list.words_mut().fill(0);
    }
    list
}
