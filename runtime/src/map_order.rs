//! The order in which maps are iterated and printed: their keys' printed forms, compared as strings. It is worked out
//! once and kept until the keys change.

use mochi_abi::layout::{Context, Map, Rep};

use crate::format::{Style, shown};
use crate::map::{entry, places};
use crate::map_table::{Table, keep_order, known_order};
use crate::object::{MapFields, StrFields};
use crate::words::Value;

/// The places of a map's entries in the order of their keys; empty after a trap.
pub(crate) fn sorted<'a>(context: *mut Context, map: *mut Map) -> &'a [u32] {
    if map.entries() == 0 {
        return &[];
    }
    let table: *mut Table = map.fields().table.cast();
    if let Some(order) = known_order(table) {
        return order;
    }
    let rep = map.key_rep();
    let keys = places(map).map(|place| (entry(map, place).0, place as u32));
    if rep == Rep::I64 {
        return keep_sorted(
            context,
            table,
            keys.map(|(key, place)| (decimal_order(key as i64), place)),
        );
    }
    let is_text = |place| matches!(Value::of(entry(map, place).0, rep), Value::Str(_));
    if rep == Rep::Ref && places(map).all(is_text) {
        return keep_sorted(context, table, keys.map(|(key, place)| (text_of(key), place)));
    }
    keep_sorted(
        context,
        table,
        keys.map(|(key, place)| (shown(context, key, rep, Style::Print), place)),
    )
}

fn keep_sorted<'a, K: Ord>(
    context: *mut Context,
    table: *mut Table,
    keys: impl Iterator<Item = (K, u32)>,
) -> &'a [u32] {
    let mut keys: Vec<(K, u32)> = keys.collect();
    keys.sort_unstable();
    keep_order(context, table, keys.iter().map(|&(_, place)| place))
}

/// The first 8 bytes as a number, which decides most comparisons, then all of them.
fn text_of<'a>(key: u64) -> (u64, &'a [u8]) {
    let bytes = (key as *mut mochi_abi::layout::Str).bytes();
    let mut first = [0; 8];
    let len = bytes.len().min(8);
    first[..len].copy_from_slice(&bytes[..len]);
    (u64::from_be_bytes(first), bytes)
}

/// Orders ints as their decimal forms are ordered: the minus sign comes before all digits; then the digits from the left,
/// as if there were zeros behind them, and of equal ones the shorter.
fn decimal_order(key: i64) -> (bool, u64, u32) {
    // 19 digits, the most that there are.
    const DIGITS: u32 = 19;
    let size = key.unsigned_abs();
    let digits = size.checked_ilog10().unwrap_or(0) + 1;
    (key >= 0, size * 10u64.pow(DIGITS - digits), digits)
}
