//! Lists in order: by the items' own order, or by what a closure says.
//!
//! Both are stable merge sorts. The closure may contradict itself or stop the program, so its sort is our own: whatever
//! it answers, every item comes out once.

use std::cmp::Ordering;

use mochi_abi::layout::{Closure, Context, List, Rep};

use crate::context::{ContextFields, call};
use crate::equality::total_order;
use crate::list::{list_slice, unless_trapped};
use crate::memory::dup_word;
use crate::object::{ListFields, Object};
use crate::trap::raise_kind;
use crate::words::Value;

pub(crate) fn list_sort(context: *mut Context, list: *mut List) -> *mut List {
    let result = list_slice(context, list, 0, i64::MAX);
    if result.is_none() {
        return result;
    }
    match result.rep() {
        Rep::I64 => result.words_mut().sort_unstable_by_key(|&word| word as i64),
        Rep::F64 => {
            result.words_mut().sort_by(|&a, &b| floats(f64::from_bits(a), f64::from_bits(b)))
        }
        Rep::Bool => {
            let len = result.len();
            let falses = (0..len).filter(|&i| result.get(i) == 0).count();
            for i in 0..len {
                result.put(i, u64::from(i >= falses));
            }
        }
        rep @ (Rep::Ref | Rep::Any) => {
            sort_words(context, result, |a, b| {
                total_order(context, Value::of(a, rep), Value::of(b, rep)) != Ordering::Greater
            });
        }
    }
    unless_trapped(context, result)
}

/// The order of floats with the NaNs behind all others.
pub(crate) fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

pub(crate) fn list_sort_by(
    context: *mut Context,
    list: *mut List,
    f: *mut Closure,
    compares: u64,
) -> *mut List {
    let rep = list.rep();
    let ask = |a: u64, b: u64| {
        dup_word(a, rep);
        dup_word(b, rep);
        call(context, f, &[a, b])
    };
    let result = list_slice(context, list, 0, i64::MAX);
    if compares != 0 {
        sort_words(context, result, |a, b| ask(a, b) as i64 <= 0);
    } else {
        // `a` stays in front unless `b` must come before it.
        sort_words(context, result, |a, b| ask(b, a) == 0);
    }
    unless_trapped(context, result)
}

/// Bottom-up merge sort: `in_order(a, b)` says whether `a` may stand before `b`. After a trap the rest is only copied.
pub(crate) fn sort_words(
    context: *mut Context,
    list: *mut List,
    mut in_order: impl FnMut(u64, u64) -> bool,
) {
    let len = list.len();
    let mut from: Vec<u64> = Vec::new();
    let mut to: Vec<u64> = Vec::new();
    if from.try_reserve_exact(len).is_err() || to.try_reserve_exact(len).is_err() {
        return raise_kind(context, mochi_abi::trap::TrapKind::OutOfMemory);
    }
    from.extend((0..len).map(|i| list.get(i)));
    let mut width = 1;
    while width < len {
        to.clear();
        for start in (0..len).step_by(2 * width) {
            let middle = (start + width).min(len);
            let end = (start + 2 * width).min(len);
            merge(context, &from[start..middle], &from[middle..end], &mut to, &mut in_order);
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    for (i, &word) in from.iter().enumerate() {
        list.put(i, word);
    }
}

fn merge(
    context: *mut Context,
    a: &[u64],
    b: &[u64],
    to: &mut Vec<u64>,
    in_order: &mut impl FnMut(u64, u64) -> bool,
) {
    let (mut i, mut j) = (0, 0);
    // Runs that already follow each other are the common case of sorted input.
    if let (Some(&last), Some(&first)) = (a.last(), b.first())
        && !context.trapped()
        && in_order(last, first)
    {
        i = a.len();
        to.extend_from_slice(a);
    }
    while i < a.len() && j < b.len() && !context.trapped() {
        if in_order(a[i], b[j]) {
            to.push(a[i]);
            i += 1;
        } else {
            to.push(b[j]);
            j += 1;
        }
    }
    to.extend_from_slice(&a[i..]);
    to.extend_from_slice(&b[j..]);
}
