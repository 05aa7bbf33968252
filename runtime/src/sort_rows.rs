//! The order of the rows of a table: columns of keys go in, the numbers of the rows in sorted order come out.
//!
//! Rows are sorted by their numbers, so that nothing but the order is made, and what else a row has stays where it is.
//! The sort is stable also where a column goes downwards; `none` is before everything that is something.

use std::cmp::Ordering;

use mochi_abi::layout::{Context, List, Rep};

use crate::equality::total_order;
use crate::list::{list_range, unless_trapped};
use crate::list_sort::{floats, sort_words};
use crate::object::{ListFields, Object};
use crate::words::Value;

pub(crate) fn list_row_order(
    context: *mut Context,
    columns: *mut List,
    descending: *mut List,
) -> *mut List {
    let keys: Vec<(*mut List, bool)> = (0..columns.len())
        .filter_map(|column| match Value::of(columns.get(column), columns.rep()) {
            Value::List(keys) => Some((keys, descending.get(column) != 0)),
            _ => None,
        })
        .collect();
    let rows = keys.first().map_or(0, |(keys, _)| keys.len());
    let order = list_range(context, 0, rows as i64, 1);
    if order.is_none() {
        return order;
    }
    sort_words(context, order, |a, b| {
        for &(keys, descending) in &keys {
            let compared = compare(context, keys, a as usize, b as usize);
            match if descending { compared.reverse() } else { compared } {
                Ordering::Less => return true,
                Ordering::Greater => return false,
                Ordering::Equal => {}
            }
        }
        true
    });
    unless_trapped(context, order)
}

/// How the keys of two rows compare.
fn compare(context: *mut Context, keys: *mut List, a: usize, b: usize) -> Ordering {
    let (a, b) = (keys.get(a), keys.get(b));
    match keys.rep() {
        Rep::I64 => (a as i64).cmp(&(b as i64)),
        Rep::F64 => floats(f64::from_bits(a), f64::from_bits(b)),
        Rep::Bool => a.cmp(&b),
        rep @ (Rep::Ref | Rep::Any) => total_order(context, Value::of(a, rep), Value::of(b, rep)),
    }
}
