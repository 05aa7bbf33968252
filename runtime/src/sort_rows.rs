//! The order of the rows of a table: columns of keys go in, the numbers of the rows in sorted order come out.
//!
//! Rows are sorted by their numbers, so that nothing but the order is made, and what else a row has stays where it is.
//! The sort is stable also where a column goes downwards; `none` is before everything that is something. Where the keys
//! are numbers, bools and strings, each row is sorted with a word beside it that decides most comparisons without a look
//! at the columns.

use std::cmp::Ordering;

use mochi_abi::layout::{Context, List, Rep};

use crate::equality::total_order;
use crate::list::{list_range, unless_trapped};
use crate::list_sort::{floats, sort_words};
use crate::object::{ListFields, Object, StrFields};
use crate::words::Value;

/// A column of keys.
#[derive(Clone, Copy)]
struct Column {
    keys: *mut List,
    descending: bool,
    /// The items are numbers, bools or strings.
    plain: bool,
}

pub(crate) fn list_row_order(
    context: *mut Context,
    columns: *mut List,
    descending: *mut List,
) -> *mut List {
    let columns: Vec<Column> = (0..columns.len())
        .filter_map(|at| match Value::of(columns.get(at), columns.rep()) {
            Value::List(keys) => {
                Some(Column { keys, descending: descending.get(at) != 0, plain: is_plain(keys) })
            }
            _ => None,
        })
        .collect();
    let rows = columns.first().map_or(0, |column| column.keys.len());
    let order = list_range(context, 0, rows as i64, 1);
    if order.is_none() {
        return order;
    }
    if let Some((&first, others)) = columns.split_first()
        && columns.iter().all(|column| column.plain)
    {
        by_words(context, order, first, others);
        return order;
    }
    // Values of other kinds can contradict themselves; this sort puts up with that.
    sort_words(context, order, |a, b| {
        compare_rows(context, &columns, a as usize, b as usize) != Ordering::Greater
    });
    unless_trapped(context, order)
}

fn is_plain(keys: *mut List) -> bool {
    match keys.rep() {
        Rep::I64 | Rep::F64 | Rep::Bool => true,
        Rep::Ref => {
            (0..keys.len()).all(|i| matches!(Value::of(keys.get(i), Rep::Ref), Value::Str(_)))
        }
        Rep::Any => false,
    }
}

/// Sorts the rows by plain columns.
fn by_words(context: *mut Context, order: *mut List, first: Column, others: &[Column]) {
    let mut rows: Vec<(u64, u64)> = (0..order.len() as u64)
        .map(|row| {
            let word = prefix(first.keys, row as usize);
            (if first.descending { !word } else { word }, row)
        })
        .collect();
    // A string's first bytes may leave it open.
    let open = first.keys.rep() == Rep::Ref;
    if others.is_empty() && !open {
        rows.sort_unstable();
    } else {
        rows.sort_unstable_by(|&(a_word, a), &(b_word, b)| {
            let by_first = a_word.cmp(&b_word).then_with(|| {
                if open { compare(context, first, a as usize, b as usize) } else { Ordering::Equal }
            });
            by_first
                .then_with(|| compare_rows(context, others, a as usize, b as usize))
                .then(a.cmp(&b))
        });
    }
    for (word, (_, row)) in order.words_mut().iter_mut().zip(rows) {
        *word = row;
    }
}

/// A word that is smaller only where the key is; for numbers and bools also greater only where it is.
fn prefix(keys: *mut List, row: usize) -> u64 {
    const SIGN: u64 = 1 << 63;
    let word = keys.get(row);
    match keys.rep() {
        Rep::I64 => word ^ SIGN,
        Rep::Bool | Rep::Any => word,
        Rep::F64 => {
            let float = f64::from_bits(word);
            // All NaNs are the same, behind all numbers; so are both zeros.
            let bits = if float.is_nan() { u64::MAX >> 1 } else { (float + 0.0).to_bits() };
            if bits & SIGN != 0 { !bits } else { bits | SIGN }
        }
        Rep::Ref => match Value::of(word, Rep::Ref) {
            Value::Str(string) => {
                let mut first = [0; 8];
                let bytes = string.bytes();
                let len = bytes.len().min(8);
                first[..len].copy_from_slice(&bytes[..len]);
                u64::from_be_bytes(first)
            }
            _ => 0,
        },
    }
}

fn compare_rows(context: *mut Context, columns: &[Column], a: usize, b: usize) -> Ordering {
    columns
        .iter()
        .map(|&column| compare(context, column, a, b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// How the keys of two rows compare.
fn compare(context: *mut Context, column: Column, a: usize, b: usize) -> Ordering {
    let keys = column.keys;
    let (a, b) = (keys.get(a), keys.get(b));
    let order = match keys.rep() {
        Rep::I64 => (a as i64).cmp(&(b as i64)),
        Rep::F64 => floats(f64::from_bits(a), f64::from_bits(b)),
        Rep::Bool => a.cmp(&b),
        rep @ (Rep::Ref | Rep::Any) => total_order(context, Value::of(a, rep), Value::of(b, rep)),
    };
    if column.descending { order.reverse() } else { order }
}
