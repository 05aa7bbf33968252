//! The table of a map: entries in a row in order of insertion, and an index that finds them.
//!
//! One piece of memory: the head, `capacity` entries, a bit for each entry that was removed, and the index. There are
//! three ways to find a key:
//! - *packed*: int keys that were added one after the other, each one more than the last, need no index: the entry's place
//!   is the key less the first key;
//! - *scanned*: up to [`SCANNED`] entries are looked through;
//! - *indexed*: open addressing with linear probing, at most half full. A slot is the number of an entry in its low bits
//!   and, in the bits left over, as much of the key's hash as there is room for, so that most wrong entries are never
//!   looked at. Slots of removed entries stay until the table is rebuilt.

use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;

use crate::hash;
use crate::memory::{allocate, release};
use crate::object::{offset, slice, slice_mut};
use crate::trap::raise_kind;

/// A key and its value.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) key: u64,
    pub(crate) item: u64,
}

/// The head of the piece of memory.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Table {
    /// Entries there is room for, a power of two.
    capacity: usize,
    /// Entries in use, with those removed.
    used: usize,
    removed: usize,
    /// Slots of the index, a power of two; 0 when there is none.
    slots: usize,
    /// Where the index begins.
    index: *mut u32,
    /// The keys are `first`, `first + 1` and so on.
    packed: bool,
    first: i64,
    /// The places of all entries in the order of their keys, kept from the last time; null when it must be worked out.
    sorted: *mut u32,
    sorted_len: usize,
}

/// More entries than that are indexed.
const SCANNED: usize = 8;
/// The capacity of a map with one entry.
const FIRST_CAPACITY: usize = 4;
/// Beyond that an entry's number does not fit into a slot.
const LARGEST: usize = 1 << 30;
/// A slot without an entry: the number in it would be that of an entry that there is no room for.
const EMPTY: u32 = u32::MAX;

/// Where the parts of a table with this capacity and so many slots begin, and its size.
struct Parts {
    removed: usize,
    slots: usize,
    size: usize,
}

impl Parts {
    const ENTRIES: usize = size_of::<Table>();

    fn new(capacity: usize, slots: usize) -> Parts {
        let removed = Parts::ENTRIES + capacity * size_of::<Entry>();
        let slots_start = removed + capacity.div_ceil(64) * size_of::<u64>();
        Parts { removed, slots: slots_start, size: slots_start + slots * size_of::<u32>() }
    }
}

#[inline(always)]
fn head<'a>(table: *mut Table) -> &'a mut Table {
    // SAFETY: a map's table is null, which no caller passes on, or lives as long as the map leaves it in place.
    unsafe { &mut *table }
}

#[inline(always)]
fn entries<'a>(table: *mut Table) -> &'a mut [Entry] {
    slice_mut(offset(table.cast(), Parts::ENTRIES).cast(), head(table).used)
}

#[inline(always)]
fn removed_bits<'a>(table: *mut Table) -> &'a mut [u64] {
    let capacity = head(table).capacity;
    slice_mut(offset(table.cast(), Parts::new(capacity, 0).removed).cast(), capacity.div_ceil(64))
}

#[inline(always)]
fn index<'a>(table: *mut Table) -> &'a mut [u32] {
    let Table { slots, index, .. } = *head(table);
    slice_mut(index, slots)
}

/// The entry at a place.
#[inline(always)]
pub(crate) fn entry<'a>(table: *mut Table, place: usize) -> &'a mut Entry {
    &mut entries(table)[place]
}

#[inline(always)]
fn is_removed(table: *mut Table, place: usize) -> bool {
    head(table).removed > 0 && removed_bits(table)[place / 64] >> (place % 64) & 1 == 1
}

/// The place of the entry that was added last, unless it was brought back to one that a removed one had.
pub(crate) fn newest(table: *mut Table) -> usize {
    head(table).used - 1
}

/// The places of the entries that are there.
pub(crate) fn places(table: *mut Table) -> impl Iterator<Item = usize> {
    let used = if table.is_null() { 0 } else { head(table).used };
    (0..used).filter(move |&place| !is_removed(table, place))
}

// -- finding -----------------------------------------------------------------------

/// Where an int key (or a bool) is.
#[inline]
pub(crate) fn find_int(table: *mut Table, key: i64) -> Option<usize> {
    let head = head(table);
    if head.packed {
        let place = key.wrapping_sub(head.first) as u64;
        return (place < head.used as u64 && !is_removed(table, place as usize))
            .then_some(place as usize);
    }
    find(table, || hash::of_int(key), |other| other as i64 == key)
}

/// Where a key is that has this hash and that `same` recognises. The table is not packed, unless its keys are ints.
#[inline]
pub(crate) fn find(
    table: *mut Table,
    hash: impl FnOnce() -> u64,
    same: impl Fn(u64) -> bool,
) -> Option<usize> {
    let entries = entries(table);
    let Table { slots, index, .. } = *head(table);
    if slots == 0 {
        return (0..entries.len())
            .find(|&place| !is_removed(table, place) && same(entries[place].key));
    }
    let hash = hash();
    let mask = slots - 1;
    let tag = tag(hash, mask);
    let mut at = hash as usize & mask;
    loop {
        // SAFETY: `at` is masked to the slots of the index.
        let slot = unsafe { index.add(at) };
        // SAFETY: all slots are initialised.
        let slot = unsafe { *slot };
        if slot == EMPTY {
            return None;
        }
        if (slot ^ tag) & !(mask as u32) == 0 {
            let place = (slot & mask as u32) as usize;
            // The words of a removed entry are gone.
            if !is_removed(table, place) && same(entries[place].key) {
                return Some(place);
            }
        }
        at = (at + 1) & mask;
    }
}

/// The part of a hash that a slot keeps.
#[inline(always)]
fn tag(hash: u64, mask: usize) -> u32 {
    (hash >> 32) as u32 & !(mask as u32)
}

fn put_in_index(index: &mut [u32], hash: u64, place: usize) {
    let mask = index.len() - 1;
    let mut at = hash as usize & mask;
    while index[at] != EMPTY {
        at = (at + 1) & mask;
    }
    index[at] = tag(hash, mask) | place as u32;
}

// -- changing ----------------------------------------------------------------------

/// Adds an entry that is not there yet; `ints` says that keys are ints. Whether there was memory for it; if not, a trap is
/// in flight.
#[inline]
pub(crate) fn insert(
    context: *mut Context,
    place: &mut *mut u8,
    new: Entry,
    ints: bool,
    hash_of: impl Fn(u64) -> u64,
) -> bool {
    let mut table: *mut Table = place.cast();
    if !table.is_null() && brought_back(context, table, new) {
        return true;
    }
    if table.is_null() || !has_room(table, new.key) {
        if !make_room(context, place, new.key, ints, &hash_of) {
            return false;
        }
        table = place.cast();
    }
    forget_order(context, table);
    let head = head(table);
    if head.used == 0 {
        head.first = new.key as i64;
        head.packed = ints;
    } else if !follows(table, new.key) {
        head.packed = false;
    }
    let at = head.used;
    head.used += 1;
    entries(table)[at] = new;
    let index = index(table);
    if !index.is_empty() {
        put_in_index(index, hash_of(new.key), at);
    }
    true
}

/// Whether a packed table stays packed with this key.
#[inline(always)]
fn follows(table: *mut Table, key: u64) -> bool {
    let head = head(table);
    key as i64 == head.first.wrapping_add(head.used as i64)
}

/// Whether the key can be added as the table is: there is a place, and it will be found.
#[inline(always)]
fn has_room(table: *mut Table, key: u64) -> bool {
    let head = head(table);
    let found = head.slots > 0 || head.used < SCANNED || (head.packed && follows(table, key));
    head.used < head.capacity && found
}

/// Puts the entry where a packed table had one with this key that was removed.
#[inline]
fn brought_back(context: *mut Context, table: *mut Table, new: Entry) -> bool {
    let head = head(table);
    let place = (new.key as i64).wrapping_sub(head.first) as u64;
    if !head.packed || head.removed == 0 || place >= head.used as u64 {
        return false;
    }
    let place = place as usize;
    forget_order(context, table);
    removed_bits(table)[place / 64] &= !(1 << (place % 64));
    head.removed -= 1;
    *entry(table, place) = new;
    true
}

/// Removes the entry at a place, whose words the caller has taken.
pub(crate) fn remove(context: *mut Context, table: *mut Table, place: usize) {
    forget_order(context, table);
    let head = head(table);
    if head.removed == 0 {
        removed_bits(table).fill(0);
    }
    removed_bits(table)[place / 64] |= 1 << (place % 64);
    head.removed += 1;
    // An empty map starts again where that costs no more than the removals did.
    if head.removed == head.used && head.used >= head.capacity / 2 {
        index(table).fill(EMPTY);
        head.used = 0;
        head.removed = 0;
    }
}

/// Makes room for `capacity` entries in a map that has none yet.
pub(crate) fn reserve(context: *mut Context, place: &mut *mut u8, capacity: usize) -> bool {
    // An index is only made when a key asks for it: the keys may turn out packed.
    let Some(table) = allocate_table(context, capacity, 0) else { return false };
    *place = table.cast();
    true
}

/// Moves the entries to a table that has room for this key and finds it.
#[cold]
fn make_room(
    context: *mut Context,
    place: &mut *mut u8,
    key: u64,
    ints: bool,
    hash_of: &impl Fn(u64) -> u64,
) -> bool {
    let old: *mut Table = place.cast();
    let (capacity, live) = if old.is_null() {
        (FIRST_CAPACITY, 0)
    } else {
        let Table { capacity, used, removed, .. } = *head(old);
        let live = used - removed;
        // A table that is full only because of what was removed keeps its size.
        let full = used == capacity && live > capacity / 4 * 3;
        (if full { capacity.saturating_mul(2) } else { capacity }, live)
    };
    let first = places(old).next().map_or(key, |place| entry(old, place).key) as i64;
    let keys = places(old).map(|place| entry(old, place).key).chain([key]);
    let packed =
        ints && keys.enumerate().all(|(i, key)| key as i64 == first.wrapping_add(i as i64));
    let slots = if packed || capacity <= SCANNED { 0 } else { capacity.saturating_mul(2) };
    let Some(table) = allocate_table(context, capacity, slots) else { return false };
    let new = head(table);
    (new.packed, new.first, new.used) = (packed, first, live);
    for (to, from) in entries(table).iter_mut().zip(places(old)) {
        *to = *entry(old, from);
    }
    let index = index(table);
    if !index.is_empty() {
        for (place, entry) in entries(table).iter().enumerate() {
            put_in_index(index, hash_of(entry.key), place);
        }
    }
    release_table(context, old);
    *place = table.cast();
    true
}

/// An empty table; a trap when there can be none.
fn allocate_table(context: *mut Context, capacity: usize, slots: usize) -> Option<*mut Table> {
    if capacity > LARGEST {
        raise_kind(context, TrapKind::OutOfMemory);
        return None;
    }
    let capacity = capacity.next_power_of_two().max(FIRST_CAPACITY);
    let parts = Parts::new(capacity, slots);
    let table: *mut Table = allocate(context, parts.size).cast();
    if table.is_null() {
        return None;
    }
    let head = Table {
        capacity,
        used: 0,
        removed: 0,
        slots,
        index: offset(table.cast(), parts.slots).cast(),
        packed: false,
        first: 0,
        sorted: std::ptr::null_mut(),
        sorted_len: 0,
    };
    // SAFETY: the memory is new and has room for the head.
    unsafe { table.write(head) };
    index(table).fill(EMPTY);
    Some(table)
}

/// Gives back a table and its kept order, if there is one.
pub(crate) fn release_table(context: *mut Context, table: *mut Table) {
    if !table.is_null() {
        forget_order(context, table);
        let Table { capacity, slots, .. } = *head(table);
        release(context, table.cast(), Parts::new(capacity, slots).size);
    }
}

// -- the order of the keys -----------------------------------------------------------

/// The places in the order of the keys, if it is still known.
pub(crate) fn known_order<'a>(table: *mut Table) -> Option<&'a [u32]> {
    let head = head(table);
    (!head.sorted.is_null()).then(|| slice(head.sorted, head.sorted_len))
}

/// Keeps the places in the order of the keys until the keys change.
pub(crate) fn keep_order<'a>(
    context: *mut Context,
    table: *mut Table,
    places: impl ExactSizeIterator<Item = u32>,
) -> &'a [u32] {
    forget_order(context, table);
    let len = places.len();
    let memory: *mut u32 = allocate(context, len * size_of::<u32>()).cast();
    if memory.is_null() {
        return &[];
    }
    let head = head(table);
    head.sorted = memory;
    head.sorted_len = len;
    for (i, place) in places.enumerate() {
        // SAFETY: `i` is below the number of places that the memory was made for.
        let to = unsafe { memory.add(i) };
        // SAFETY: as above.
        unsafe { to.write(place) };
    }
    slice(memory, len)
}

#[inline]
fn forget_order(context: *mut Context, table: *mut Table) {
    let head = head(table);
    if !head.sorted.is_null() {
        release(context, head.sorted.cast(), head.sorted_len * size_of::<u32>());
        head.sorted = std::ptr::null_mut();
    }
}
