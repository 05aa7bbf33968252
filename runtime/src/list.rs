//! Lists: items of one rep side by side, bytes for bools and words for all others.
//!
//! Ops that consume a list change it in place when they own it alone; else they copy it first. The `*_own` helpers take a
//! list that the caller has just made.

use mochi_abi::layout::{Closure, Header};
use mochi_abi::layout::{Context, Kind, List, Rep};
use mochi_abi::trap::TrapKind;

use crate::any::convert_word;
use crate::context::{ContextFields, call};
use crate::cycles::watch_like;
use crate::memory::{allocate, allocate_object, drop_object, drop_word, dup, dup_word, reallocate};
use crate::object::{ListFields, Object, copy_bytes, item_size, offset};
use crate::str::clamp;
use crate::trap::{raise_kind, raise_words};

/// The capacity a list gets with its first item.
const FIRST_CAPACITY: usize = 4;

/// The rep with this number.
pub(crate) fn rep_of(number: i64) -> Rep {
    Rep::from_number(number as u32)
}

// -- making --------------------------------------------------------------------

pub(crate) fn list_new(context: *mut Context, rep: i64, capacity: i64) -> *mut List {
    with_capacity(context, rep_of(rep), usize::try_from(capacity).unwrap_or(0))
}

/// An empty list with room for `capacity` items; null and a trap when memory has run out.
pub(crate) fn with_capacity(context: *mut Context, rep: Rep, capacity: usize) -> *mut List {
    let Some(bytes) = bytes_of(capacity, rep) else {
        raise_kind(context, TrapKind::OutOfMemory);
        return std::ptr::null_mut();
    };
    let list: *mut List = allocate_object(context, size_of::<List>()).cast();
    if list.is_none() {
        return list;
    }
    let header = Header::new(Kind::List, rep as u32);
    // SAFETY: the memory is new and of the list's size.
    unsafe { list.write(List { header, len: 0, capacity: 0, items: std::ptr::null_mut() }) };
    if capacity > 0 {
        let items = allocate(context, bytes);
        if items.is_null() {
            drop_object(context, list.header());
            return std::ptr::null_mut();
        }
        let fields = list.fields();
        fields.items = items;
        fields.capacity = capacity as u64;
    }
    list
}

/// An empty list for items of another one.
pub(crate) fn like(context: *mut Context, list: *mut List, capacity: usize) -> *mut List {
    let result = with_capacity(context, list.rep(), capacity);
    if !list.is_none() && !result.is_none() {
        watch_like(context, result.header(), list.header());
    }
    result
}

/// Bytes of so many items, if that many can be.
fn bytes_of(capacity: usize, rep: Rep) -> Option<usize> {
    capacity.checked_mul(item_size(rep)).filter(|&bytes| isize::try_from(bytes).is_ok())
}

/// Makes room for `more` items. Whether it could; if not, a trap is in flight and the list is as before.
fn reserve(context: *mut Context, list: *mut List, more: usize) -> bool {
    let fields = list.fields();
    let (len, capacity) = (fields.len as usize, fields.capacity as usize);
    if capacity - len >= more {
        return true;
    }
    let wanted = len.saturating_add(more).max(capacity.saturating_mul(2)).max(FIRST_CAPACITY);
    let (Some(old), Some(new)) = (bytes_of(capacity, list.rep()), bytes_of(wanted, list.rep()))
    else {
        raise_kind(context, TrapKind::OutOfMemory);
        return false;
    };
    let items = reallocate(context, fields.items, old, new);
    if items.is_null() {
        return false;
    }
    fields.items = items;
    fields.capacity = wanted as u64;
    true
}

/// Adds an item to a list that may be changed; the item is dropped when memory has run out. An item for a null list, whose
/// making has failed, **must** need no drop.
#[inline]
pub(crate) fn push_own(context: *mut Context, list: *mut List, item: u64) {
    if list.is_none() {
        return;
    }
    let fields = list.fields();
    if fields.len == fields.capacity && !reserve(context, list, 1) {
        drop_word(context, item, list.rep());
        return;
    }
    list.put(fields.len as usize, item);
    fields.len += 1;
}

/// A copy of items `start..end` with room for `more`.
fn copy(
    context: *mut Context,
    list: *mut List,
    start: usize,
    end: usize,
    more: usize,
) -> *mut List {
    let result = like(context, list, (end - start).saturating_add(more));
    if !result.is_none() {
        extend(result, list, start, end);
    }
    result
}

/// Copies items `start..end` of a list with the same rep behind those of `result`, which has room for them.
fn extend(result: *mut List, list: *mut List, start: usize, end: usize) {
    if start == end {
        return;
    }
    let rep = list.rep();
    let size = item_size(rep);
    let len = result.len();
    let (from, to) =
        (offset(list.fields().items, start * size), offset(result.fields().items, len * size));
    copy_bytes(from, to, (end - start) * size);
    result.fields().len = (len + end - start) as u64;
    if rep.is_counted() {
        for &word in &result.words()[len..] {
            dup_word(word, rep);
        }
    }
}

// -- items ---------------------------------------------------------------------

/// The place of an index that may count from the end; raises a trap when it is outside.
#[inline]
fn place(context: *mut Context, list: *mut List, i: i64) -> Option<usize> {
    let len = list.len();
    let place = if i < 0 { i.wrapping_add(len as i64) } else { i };
    if (place as u64) < len as u64 {
        return Some(place as usize);
    }
    raise_words(context, TrapKind::ListIndex, i, len as i64);
    None
}

pub(crate) fn list_get(context: *mut Context, list: *mut List, i: i64) -> u64 {
    let Some(place) = place(context, list, i) else { return 0 };
    let word = list.get(place);
    dup_word(word, list.rep());
    word
}

pub(crate) fn list_set(context: *mut Context, list: *mut List, i: i64, item: u64) {
    let rep = list.rep();
    let Some(place) = place(context, list, i) else { return drop_word(context, item, rep) };
    let old = list.get(place);
    list.put(place, item);
    drop_word(context, old, rep);
}

pub(crate) fn list_take(context: *mut Context, list: *mut List, i: i64) -> u64 {
    let Some(place) = place(context, list, i) else { return 0 };
    let word = list.get(place);
    list.put(place, 0);
    word
}

pub(crate) fn list_push(context: *mut Context, list: *mut List, item: u64) -> *mut List {
    if list.is_none() {
        drop_word(context, item, Rep::Any);
        raise_kind(context, TrapKind::NoneValue);
        return list;
    }
    if list.is_unique() {
        push_own(context, list, item);
        return list;
    }
    // Whoever appends once is likely to go on.
    let result = copy(context, list, 0, list.len(), list.len().max(FIRST_CAPACITY));
    if result.is_none() {
        drop_word(context, item, list.rep());
    }
    push_own(context, result, item);
    drop_object(context, list.header());
    result
}

pub(crate) fn list_grow(context: *mut Context, list: *mut List) {
    reserve(context, list, 1);
}

pub(crate) fn list_append_shared(context: *mut Context, list: *mut List, item: u64) {
    if list.is_none() {
        drop_word(context, item, Rep::Any);
        return raise_kind(context, TrapKind::NoneValue);
    }
    push_own(context, list, item);
}

// -- whole lists -----------------------------------------------------------------

pub(crate) fn list_concat(context: *mut Context, a: *mut List, b: *mut List) -> *mut List {
    if a.is_none() || b.is_none() {
        let other = if a.is_none() { b } else { a };
        if a.is_none() {
            dup(other.header());
        }
        return other;
    }
    if a.rep() != b.rep() {
        let converted = list_convert(context, b, a.rep() as i64);
        if converted.is_none() {
            drop_object(context, a.header());
            return converted;
        }
        let result = list_concat(context, a, converted);
        drop_object(context, converted.header());
        return result;
    }
    let result = if a.is_unique() {
        if !reserve(context, a, b.len()) {
            drop_object(context, a.header());
            return std::ptr::null_mut();
        }
        a
    } else {
        let copied = copy(context, a, 0, a.len(), b.len());
        drop_object(context, a.header());
        copied
    };
    if !result.is_none() {
        extend(result, b, 0, b.len());
    }
    result
}

pub(crate) fn list_slice(
    context: *mut Context,
    list: *mut List,
    start: i64,
    end: i64,
) -> *mut List {
    let len = list.len();
    let (start, end) = (clamp(start, len), clamp(end, len));
    copy(context, list, start, end.max(start), 0)
}

pub(crate) fn list_slice_step(
    context: *mut Context,
    list: *mut List,
    start: u64,
    end: u64,
    step: i64,
) -> *mut List {
    let Some((start, count)) = steps(context, list.len(), start, end, step) else {
        return std::ptr::null_mut();
    };
    let rep = list.rep();
    let result = like(context, list, count);
    if result.is_none() {
        return result;
    }
    for i in 0..count {
        let word = list.get((start + i as i64 * step) as usize);
        dup_word(word, rep);
        push_own(context, result, word);
    }
    result
}

/// Where a slice of a sequence begins and how many steps it has; a bound that is none is the end that the step comes from
/// or goes to. None when a trap was raised.
pub(crate) fn steps(
    context: *mut Context,
    len: usize,
    start: u64,
    end: u64,
    step: i64,
) -> Option<(i64, usize)> {
    if step == 0 {
        raise_kind(context, TrapKind::ZeroStep);
        return None;
    }
    let len = len as i64;
    // Going down, a bound may stand before the first item, so that the first can be reached.
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |word: u64, missing: i64| -> Option<i64> {
        if word == mochi_abi::layout::any::NONE {
            return Some(missing);
        }
        let place = crate::any::any_to_int(context, word);
        (!context.trapped())
            .then(|| if place < 0 { place.saturating_add(len) } else { place }.clamp(low, high))
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, end) = (bound(start, first)?, bound(end, last)?);
    let distance = if step > 0 { end - start } else { start - end };
    let count = if distance <= 0 { 0 } else { (distance as u64).div_ceil(step.unsigned_abs()) };
    Some((start, count as usize))
}

pub(crate) fn list_reverse(context: *mut Context, list: *mut List) -> *mut List {
    let result = copy(context, list, 0, list.len(), 0);
    if !result.is_none() {
        if result.rep() == Rep::Bool {
            let len = result.len();
            for i in 0..len / 2 {
                let (a, b) = (result.get(i), result.get(len - 1 - i));
                result.put(i, b);
                result.put(len - 1 - i, a);
            }
        } else {
            result.words_mut().reverse();
        }
    }
    result
}

pub(crate) fn list_range(context: *mut Context, start: i64, end: i64, step: i64) -> *mut List {
    if step == 0 {
        raise_kind(context, TrapKind::ZeroStep);
        return std::ptr::null_mut();
    }
    let distance = if step > 0 {
        i128::from(end) - i128::from(start)
    } else {
        i128::from(start) - i128::from(end)
    };
    let count = if distance <= 0 {
        0
    } else {
        (distance as u128).div_ceil(u128::from(step.unsigned_abs())) as usize
    };
    let result = with_capacity(context, Rep::I64, count);
    if !result.is_none() {
        result.fields().len = count as u64;
        let mut next = start;
        for word in result.words_mut() {
            *word = next as u64;
            next = next.wrapping_add(step);
        }
    }
    result
}

pub(crate) fn list_convert(context: *mut Context, list: *mut List, rep: i64) -> *mut List {
    let (from, to) = (list.rep(), rep_of(rep));
    if from == to {
        return copy(context, list, 0, list.len(), 0);
    }
    let result = with_capacity(context, to, list.len());
    if result.is_none() {
        return result;
    }
    for i in 0..list.len() {
        match convert_word(context, list.get(i), from, to) {
            Some(word) => push_own(context, result, word),
            None => {
                drop_object(context, result.header());
                return std::ptr::null_mut();
            }
        }
    }
    result
}

// -- with closures -----------------------------------------------------------------

/// Calls `f` with item `i` of the list, if it has one still.
fn call_with_item(context: *mut Context, list: *mut List, f: *mut Closure, i: usize) -> u64 {
    let word = list.get(i);
    dup_word(word, list.rep());
    call(context, f, &[word])
}

pub(crate) fn list_map(
    context: *mut Context,
    list: *mut List,
    f: *mut Closure,
    rep: i64,
) -> *mut List {
    let result = with_capacity(context, rep_of(rep), list.len());
    // The closure may append to the list: what is new is visited as well.
    let mut i = 0;
    while i < list.len() && !context.trapped() {
        let word = call_with_item(context, list, f, i);
        if !context.trapped() {
            push_own(context, result, word);
        }
        i += 1;
    }
    unless_trapped(context, result)
}

pub(crate) fn list_filter(context: *mut Context, list: *mut List, f: *mut Closure) -> *mut List {
    let rep = list.rep();
    let result = like(context, list, 0);
    let mut i = 0;
    while i < list.len() && !context.trapped() {
        let word = list.get(i);
        let kept = call_with_item(context, list, f, i);
        if kept != 0 && !context.trapped() {
            dup_word(word, rep);
            push_own(context, result, word);
        }
        i += 1;
    }
    unless_trapped(context, result)
}

pub(crate) fn list_reduce(
    context: *mut Context,
    list: *mut List,
    f: *mut Closure,
    initial: u64,
) -> u64 {
    let mut result = initial;
    let mut i = 0;
    while i < list.len() && !context.trapped() {
        let word = list.get(i);
        dup_word(word, list.rep());
        result = call(context, f, &[result, word]);
        i += 1;
    }
    result
}

/// The list, or null when a trap is in flight.
pub(crate) fn unless_trapped(context: *mut Context, list: *mut List) -> *mut List {
    if context.trapped() {
        drop_object(context, list.header());
        return std::ptr::null_mut();
    }
    list
}
