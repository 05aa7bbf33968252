//! Maps: what the language does with them. How entries are kept and found is [`crate::map_table`]'s.

use mochi_abi::layout::Header;
use mochi_abi::layout::{Context, Kind, List, Map, Rep, Str};
use mochi_abi::trap::TrapKind;

use crate::any::convert_word;
use crate::context::ContextFields;
use crate::format::{Style, shown};
use crate::list::{push_own, rep_of, unless_trapped, with_capacity};
use crate::map_order::sorted;
use crate::map_table::{self, Entry, Table};
use crate::memory::{allocate_object, drop_held_word, drop_object, drop_word, dup_word};
use crate::object::{MapFields, Object, StrFields};
use crate::trap::{raise_kind, raise_message};
use crate::words::Value;
use crate::{hash, str};

// -- for the rest of the runtime ---------------------------------------------------

fn table(map: *mut Map) -> *mut Table {
    if map.is_none() { std::ptr::null_mut() } else { map.fields().table.cast() }
}

/// The places of all entries, in no order that means anything.
pub(crate) fn places(map: *mut Map) -> impl Iterator<Item = usize> {
    map_table::places(table(map))
}

/// Key and value at a place, which the map goes on owning.
pub(crate) fn entry(map: *mut Map, place: usize) -> (u64, u64) {
    let Entry { key, item } = *map_table::entry(table(map), place);
    (key, item)
}

/// Entry number `i` in the order of the keys' printed form; none after a trap.
pub(crate) fn sorted_entry(context: *mut Context, map: *mut Map, i: usize) -> Option<(u64, u64)> {
    sorted(context, map).get(i).map(|&place| entry(map, place as usize))
}

/// Drops all entries of a map that is being freed, and its table.
pub(crate) fn free_table(context: *mut Context, map: *mut Map) {
    let (key_rep, item_rep) = (map.key_rep(), map.item_rep());
    if key_rep.is_counted() || item_rep.is_counted() {
        for place in places(map) {
            let (key, item) = entry(map, place);
            drop_held_word(context, key, key_rep);
            drop_held_word(context, item, item_rep);
        }
    }
    release_table(context, map);
}

/// Gives back the table of a map whose entries have been dropped.
pub(crate) fn release_table(context: *mut Context, map: *mut Map) {
    map_table::release_table(context, table(map));
    map.fields().table = std::ptr::null_mut();
}

/// Where the entry for a key is.
#[inline]
fn find(context: *mut Context, map: *mut Map, key: u64) -> Option<usize> {
    let table = table(map);
    if table.is_null() {
        return None;
    }
    match map.key_rep() {
        Rep::I64 => map_table::find_int(table, key as i64),
        rep => find_other(context, map, table, key, rep),
    }
}

#[inline(never)]
fn find_other(
    context: *mut Context,
    map: *mut Map,
    table: *mut Table,
    key: u64,
    rep: Rep,
) -> Option<usize> {
    match rep {
        Rep::I64 | Rep::Bool => map_table::find_int(table, key as i64),
        Rep::F64 => {
            let float = f64::from_bits(key);
            let hash = || hash::of_word(context, key, Rep::F64);
            map_table::find(table, hash, |other| f64::from_bits(other) == float)
        }
        Rep::Ref => match Value::of(key, Rep::Ref) {
            Value::Str(string) => find_text(table, string),
            value => find_by_value(context, map, value),
        },
        Rep::Any => find_by_value(context, map, Value::of(key, Rep::Any)),
    }
}

/// In a map whose keys are objects.
fn find_text(table: *mut Table, key: *mut Str) -> Option<usize> {
    let hash = str::hash_of(key);
    let bytes = key.bytes();
    let same = |other: u64| {
        other == key.word()
            || matches!(Value::of(other, Rep::Ref), Value::Str(other) if str::hash_of(other) == hash && other.bytes() == bytes)
    };
    map_table::find(table, || hash, same)
}

/// In a map whose keys are objects or any.
fn find_by_value(context: *mut Context, map: *mut Map, value: Value) -> Option<usize> {
    let rep = map.key_rep();
    let same = |other: u64| crate::equality::same_values(context, Value::of(other, rep), value);
    map_table::find(table(map), || hash::of_value(context, value), same)
}

/// Where the entry for a key of any kind is: none when no key of this map can be equal to it.
pub(crate) fn find_value(context: *mut Context, map: *mut Map, key: Value) -> Option<usize> {
    if map.entries() == 0 {
        return None;
    }
    match (map.key_rep(), key) {
        (Rep::I64, Value::Int(int)) => find(context, map, int as u64),
        (Rep::I64, Value::Float(float)) => {
            find(context, map, crate::equality::float_as_int(float)? as u64)
        }
        (Rep::F64, Value::Float(float)) => find(context, map, float.to_bits()),
        (Rep::F64, Value::Int(int)) => {
            let float = int as f64;
            if crate::equality::float_as_int(float) == Some(int) {
                find(context, map, float.to_bits())
            } else {
                None
            }
        }
        (Rep::Bool, Value::Bool(bool)) => find(context, map, u64::from(bool)),
        (Rep::Ref, Value::Str(string)) => find(context, map, string.word()),
        (Rep::Ref | Rep::Any, value) => find_by_value(context, map, value),
        (Rep::I64 | Rep::F64 | Rep::Bool, _) => None,
    }
}

/// Whether there is an entry for a key.
pub(crate) fn has(context: *mut Context, map: *mut Map, key: u64) -> bool {
    find(context, map, key).is_some()
}

/// Adds an entry for a key that the caller keeps, with the value 0. Whether it was new.
pub(crate) fn insert_key(context: *mut Context, map: *mut Map, key: u64) -> bool {
    if has(context, map, key) {
        return false;
    }
    dup_word(key, map.key_rep());
    insert_new(context, map, key, 0)
}

/// Adds an entry that is not there yet; consumes both words also when memory has run out, and then is false.
fn insert_new(context: *mut Context, map: *mut Map, key: u64, item: u64) -> bool {
    let rep = map.key_rep();
    let fields = map.fields();
    let hash_of = |key| hash::of_word(context, key, rep);
    let added = map_table::insert(
        context,
        &mut fields.table,
        Entry { key, item },
        rep == Rep::I64,
        hash_of,
    );
    if added {
        fields.len += 1;
    } else {
        drop_word(context, key, rep);
        drop_word(context, item, map.item_rep());
    }
    added
}

fn missing(context: *mut Context, map: *mut Map, key: u64) {
    let shown = shown(context, key, map.key_rep(), Style::Inside);
    raise_message(context, TrapKind::MissingKey, shown);
}

// -- rows ----------------------------------------------------------------------------

pub(crate) fn map_new(context: *mut Context, key: i64, item: i64, capacity: i64) -> *mut Map {
    let map: *mut Map = allocate_object(context, size_of::<Map>()).cast();
    if map.is_none() {
        return map;
    }
    let header = Header::new(Kind::Map, rep_of(key) as u32 | (rep_of(item) as u32) << 4);
    // SAFETY: the memory is new and of the map's size.
    unsafe { map.write(Map { header, len: 0, table: std::ptr::null_mut() }) };
    let capacity = usize::try_from(capacity).unwrap_or(0);
    if capacity > 0 && !map_table::reserve(context, &mut map.fields().table, capacity) {
        drop_object(context, map.header());
        return std::ptr::null_mut();
    }
    map
}

pub(crate) fn map_len(_: *mut Context, map: *mut Map) -> i64 {
    map.entries() as i64
}

pub(crate) fn map_find(context: *mut Context, map: *mut Map, key: u64) -> i64 {
    find(context, map, key).map_or(-1, |place| place as i64)
}

pub(crate) fn map_place(context: *mut Context, map: *mut Map, key: u64) -> i64 {
    if let Some(place) = find(context, map, key) {
        drop_word(context, key, map.key_rep());
        return place as i64;
    }
    if insert_new(context, map, key, 0) { map_table::newest(table(map)) as i64 } else { 0 }
}

pub(crate) fn map_item(_: *mut Context, map: *mut Map, place: i64) -> u64 {
    let (_, item) = entry(map, place as usize);
    dup_word(item, map.item_rep());
    item
}

pub(crate) fn map_get(context: *mut Context, map: *mut Map, key: u64) -> u64 {
    let Some(place) = find(context, map, key) else {
        missing(context, map, key);
        return 0;
    };
    map_item(context, map, place as i64)
}

pub(crate) fn map_set(context: *mut Context, map: *mut Map, key: u64, item: u64) {
    let place = find(context, map, key).map_or(-1, |place| place as i64);
    map_set_at(context, map, place, key, item);
}

#[inline]
pub(crate) fn map_set_at(context: *mut Context, map: *mut Map, place: i64, key: u64, item: u64) {
    if map.is_none() {
        return raise_kind(context, TrapKind::NoneValue);
    }
    let Ok(place) = usize::try_from(place) else {
        insert_new(context, map, key, item);
        return;
    };
    let entry = map_table::entry(table(map), place);
    let old = std::mem::replace(&mut entry.item, item);
    drop_word(context, key, map.key_rep());
    drop_word(context, old, map.item_rep());
}

pub(crate) fn map_take(context: *mut Context, map: *mut Map, key: u64) -> u64 {
    let Some(place) = find(context, map, key) else {
        missing(context, map, key);
        return 0;
    };
    std::mem::take(&mut map_table::entry(table(map), place).item)
}

pub(crate) fn map_has(context: *mut Context, map: *mut Map, key: u64) -> u64 {
    u64::from(has(context, map, key))
}

pub(crate) fn map_remove(context: *mut Context, map: *mut Map, key: u64) {
    let Some(place) = find(context, map, key) else { return };
    let (key, item) = entry(map, place);
    map_table::remove(context, table(map), place);
    map.fields().len -= 1;
    drop_word(context, key, map.key_rep());
    drop_word(context, item, map.item_rep());
}

/// One word of each entry in the order of the keys.
fn in_order(
    context: *mut Context,
    map: *mut Map,
    rep: Rep,
    word: impl Fn(&Entry) -> u64,
) -> *mut List {
    let result = with_capacity(context, rep, map.entries());
    if result.is_none() {
        return result;
    }
    for &place in sorted(context, map) {
        let word = word(map_table::entry(table(map), place as usize));
        dup_word(word, rep);
        push_own(context, result, word);
    }
    unless_trapped(context, result)
}

pub(crate) fn map_keys(context: *mut Context, map: *mut Map) -> *mut List {
    in_order(context, map, map.key_rep(), |entry| entry.key)
}

pub(crate) fn map_values(context: *mut Context, map: *mut Map) -> *mut List {
    in_order(context, map, map.item_rep(), |entry| entry.item)
}

pub(crate) fn map_convert(context: *mut Context, map: *mut Map, key: i64, item: i64) -> *mut Map {
    let result = map_new(context, key, item, map.entries() as i64);
    if result.is_none() {
        return result;
    }
    for place in places(map) {
        let (key, item) = entry(map, place);
        let Some(key) = convert_word(context, key, map.key_rep(), result.key_rep()) else { break };
        match convert_word(context, item, map.item_rep(), result.item_rep()) {
            Some(item) => map_set(context, result, key, item),
            None => drop_word(context, key, result.key_rep()),
        }
        if context.trapped() {
            break;
        }
    }
    if context.trapped() {
        drop_object(context, result.header());
        return std::ptr::null_mut();
    }
    result
}
