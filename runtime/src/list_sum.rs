//! Lists of numbers to one value: sums, means, the smallest and the largest item.
//!
//! All pass over items that are none, as the unmatched side of a join is.

use std::cmp::Ordering;

use mochi_abi::layout::{Context, List, Rep, any};
use mochi_abi::trap::TrapKind;

use crate::any::{any_add, any_from_int};
use crate::big;
use crate::context::ContextFields;
use crate::equality::order;
use crate::memory::{drop_word, dup_word};
use crate::object::ListFields;
use crate::trap::{raise_message, raise_words};
use crate::words::Value;

pub(crate) fn list_sum_int(context: *mut Context, list: *mut List) -> i64 {
    let mut sum = 0i64;
    for i in 0..list.len() {
        let item = list.get(i) as i64;
        let Some(next) = sum.checked_add(item) else {
            raise_words(context, TrapKind::AddOverflow, sum, item);
            return 0;
        };
        sum = next;
    }
    sum
}

pub(crate) fn list_sum_float(_: *mut Context, list: *mut List) -> f64 {
    list.words().iter().fold(0.0, |sum, &word| sum + f64::from_bits(word))
}

pub(crate) fn list_sum_any(context: *mut Context, list: *mut List) -> u64 {
    match list.rep() {
        Rep::I64 => return any_from_int(context, list_sum_int(context, list)),
        Rep::F64 => return any::from_float(list_sum_float(context, list)),
        Rep::Bool => return any_from_int(context, trues(list)),
        Rep::Ref | Rep::Any => {}
    }
    let mut sum = any_from_int(context, 0);
    for i in 0..list.len() {
        let word = list.get(i);
        let value = Value::of(word, list.rep());
        if matches!(value, Value::None) {
            continue;
        }
        if number(value).is_none() {
            not_a_number(context, "sum", value);
            return sum;
        }
        let next = any_add(context, sum, word);
        drop_word(context, sum, Rep::Any);
        sum = next;
    }
    sum
}

/// How many items of a list of bools are true.
fn trues(list: *mut List) -> i64 {
    (0..list.len()).filter(|&i| list.get(i) != 0).count() as i64
}

pub(crate) fn list_avg(context: *mut Context, list: *mut List) -> f64 {
    if list.rep() == Rep::Bool && list.len() > 0 {
        return trues(list) as f64 / list.len() as f64;
    }
    let (mut sum, mut count) = (0.0, 0u64);
    for i in 0..list.len() {
        let value = Value::of(list.get(i), list.rep());
        match number(value) {
            Some(item) => {
                sum += item;
                count += 1;
            }
            None if matches!(value, Value::None) => {}
            None => {
                not_a_number(context, "avg", value);
                return 0.0;
            }
        }
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn number(value: Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(int as f64),
        Value::Float(float) => Some(float),
        Value::BigInt(_) | Value::BigRat(_) => big::float(value),
        Value::None
        | Value::Unit
        | Value::Bool(_)
        | Value::Str(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Record(_)
        | Value::Closure(_) => None,
    }
}

fn not_a_number(context: *mut Context, function: &str, value: Value) {
    let found = value.type_name();
    raise_message(
        context,
        TrapKind::Argument,
        format!("`{function}` takes numbers, and one of the items is {found}"),
    );
}

pub(crate) fn list_min(context: *mut Context, list: *mut List) -> u64 {
    extreme(context, list, Ordering::Less, "min")
}

pub(crate) fn list_max(context: *mut Context, list: *mut List) -> u64 {
    extreme(context, list, Ordering::Greater, "max")
}

/// The first item that is `wanted` when compared with all before it.
fn extreme(context: *mut Context, list: *mut List, wanted: Ordering, function: &str) -> u64 {
    let rep = list.rep();
    let mut found = None;
    for i in 0..list.len() {
        if matches!(Value::of(list.get(i), rep), Value::None) {
            continue;
        }
        let Some(best) = found else {
            found = Some(i);
            continue;
        };
        match order(context, Value::of(list.get(i), rep), Value::of(list.get(best), rep)) {
            Some(order) if order == wanted => found = Some(i),
            Some(_) => {}
            None if context.trapped() => return 0,
            None => {
                let (a, b) = (
                    Value::of(list.get(best), rep).type_name(),
                    Value::of(list.get(i), rep).type_name(),
                );
                let message = format!("`{function}` cannot compare {a} with {b}");
                raise_message(context, TrapKind::Argument, message);
                return 0;
            }
        }
    }
    let Some(best) = found else {
        return if rep == Rep::Any { any_from_int(context, 0) } else { 0 };
    };
    let word = list.get(best);
    dup_word(word, rep);
    word
}
