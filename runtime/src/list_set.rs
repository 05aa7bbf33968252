//! Lists as sets: without repeats, union, difference, intersection; and where an item is.

use mochi_abi::layout::{Context, List, Map, Rep};

use crate::equality::same_values;
use crate::list::{like, list_convert, push_own};
use crate::map::{self, insert_key};
use crate::memory::{drop_object, dup_word};
use crate::object::{ListFields, Object};
use crate::words::Value;

/// A set of keys with this rep: a map whose values mean nothing. Null and a trap when memory has run out.
fn set(context: *mut Context, rep: Rep) -> *mut Map {
    map::map_new(context, rep as i64, Rep::Bool as i64, 0)
}

/// Adds to `result` the items of `list` that `seen` has not yet and that `wanted` says yes to.
fn add_new(
    context: *mut Context,
    result: *mut List,
    seen: *mut Map,
    list: *mut List,
    wanted: impl Fn(u64) -> bool,
) {
    let rep = list.rep();
    if seen.is_none() || result.is_none() {
        return;
    }
    for i in 0..list.len() {
        let word = list.get(i);
        if wanted(word) && insert_key(context, seen, word) {
            dup_word(word, rep);
            push_own(context, result, word);
        }
    }
}

pub(crate) fn list_distinct(context: *mut Context, list: *mut List) -> *mut List {
    let seen = set(context, list.rep());
    let result = like(context, list, 0);
    add_new(context, result, seen, list, |_| true);
    drop_object(context, seen.header());
    result
}

/// Calls `f` with both lists in the same rep.
fn with_common_rep(
    context: *mut Context,
    a: *mut List,
    b: *mut List,
    f: impl Fn(*mut List, *mut List) -> *mut List,
) -> *mut List {
    if a.rep() == b.rep() || a.is_none() || b.is_none() {
        return f(a, b);
    }
    let (a, b) =
        (list_convert(context, a, Rep::Any as i64), list_convert(context, b, Rep::Any as i64));
    let result = f(a, b);
    drop_object(context, a.header());
    drop_object(context, b.header());
    result
}

pub(crate) fn list_union(context: *mut Context, a: *mut List, b: *mut List) -> *mut List {
    with_common_rep(context, a, b, |a, b| {
        let model = if a.is_none() { b } else { a };
        let seen = set(context, model.rep());
        let result = like(context, model, 0);
        add_new(context, result, seen, a, |_| true);
        add_new(context, result, seen, b, |_| true);
        drop_object(context, seen.header());
        result
    })
}

pub(crate) fn list_except(context: *mut Context, a: *mut List, b: *mut List) -> *mut List {
    with_common_rep(context, a, b, |a, b| filtered(context, a, b, false))
}

pub(crate) fn list_intersect(context: *mut Context, a: *mut List, b: *mut List) -> *mut List {
    with_common_rep(context, a, b, |a, b| filtered(context, a, b, true))
}

/// The items of `a`, without repeats, that are in `b` or are not.
fn filtered(context: *mut Context, a: *mut List, b: *mut List, in_b: bool) -> *mut List {
    let others = set(context, a.rep());
    if !others.is_none() && a.rep() == b.rep() {
        for i in 0..b.len() {
            insert_key(context, others, b.get(i));
        }
    }
    let seen = set(context, a.rep());
    let result = like(context, a, 0);
    if !others.is_none() {
        add_new(context, result, seen, a, |word| map::has(context, others, word) == in_b);
    }
    drop_object(context, others.header());
    drop_object(context, seen.header());
    result
}

pub(crate) fn list_contains(context: *mut Context, list: *mut List, item: u64) -> u64 {
    u64::from(list_index_of(context, list, item) >= 0)
}

pub(crate) fn list_index_of(context: *mut Context, list: *mut List, item: u64) -> i64 {
    let (rep, wanted) = (list.rep(), Value::of_any(item));
    if let (Rep::I64, Value::Int(int)) = (rep, wanted) {
        return list.words().iter().position(|&word| word as i64 == int).map_or(-1, |i| i as i64);
    }
    let found =
        (0..list.len()).find(|&i| same_values(context, Value::of(list.get(i), rep), wanted));
    found.map_or(-1, |i| i as i64)
}
