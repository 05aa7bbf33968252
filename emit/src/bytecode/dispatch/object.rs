//! Words that are objects, as the handlers read and write them.
//!
//! *An object*: a word in a slot of a pointer type is the address of a live object of that type, or 0 where the program's
//! own type is an option; lowering checks options before it makes an op that needs the object. That is what verified IR
//! says, and the counts keep every object alive that a slot still needs.

use mochi_abi::layout::{Closure, Header, Kind, List, RECORD_FIELDS, any};
use std::ptr::with_exposed_provenance_mut;

/// A word as the address of an object.
#[inline(always)]
pub(super) fn object<T>(word: u64) -> *mut T {
    with_exposed_provenance_mut(word as usize)
}

/// The address of an object as a word.
#[inline(always)]
pub(super) fn word<T>(object: *mut T) -> u64 {
    object.expose_provenance() as u64
}

#[inline(always)]
pub(super) fn header(object: *mut Header) -> Header {
    // SAFETY: an object.
    unsafe { *object }
}

#[inline(always)]
pub(super) fn count(word: u64) -> u32 {
    // SAFETY: an object.
    unsafe { (*object::<Header>(word)).count }
}

#[inline(always)]
pub(super) fn set_count(word: u64, count: u32) {
    // SAFETY: an object.
    unsafe { (*object::<Header>(word)).count = count };
}

/// One more owner, if it is an object.
#[inline(always)]
pub(super) fn dup(word: u64) {
    if word != 0 {
        set_count(word, count(word).wrapping_add(1));
    }
}

/// One owner less, if it is an object; whether `ref_free` has to see to it.
#[inline(always)]
pub(super) fn release(word: u64) -> bool {
    if word == 0 {
        return false;
    }
    let count = count(word).wrapping_sub(1);
    set_count(word, count);
    count as i32 <= 0
}

/// Whether an object has one owner.
#[inline(always)]
pub(super) fn is_unique(word: u64) -> bool {
    header(object(word)).owners() == 1
}

/// Whether an `any` is an object of this kind.
#[inline(always)]
pub(super) fn is_kind(word: u64, kind: u16) -> bool {
    if !any::is_ref(word) {
        return false;
    }
    let found = header(object(word)).kind();
    found as u16 == kind || found == Kind::BigRat && kind == Kind::BigInt as u16
}

/// Whether an `any` is a list of items with this rep.
#[inline(always)]
pub(super) fn is_list_of(word: u64, rep: u16) -> bool {
    is_kind(word, Kind::List as u16) && header(object(word)).detail() == u32::from(rep)
}

#[inline(always)]
pub(super) fn list_length(list: u64) -> u64 {
    // SAFETY: an object, a list.
    unsafe { (*object::<List>(list)).len }
}

#[inline(always)]
pub(super) fn set_list_length(list: u64, length: u64) {
    // SAFETY: an object, a list.
    unsafe { (*object::<List>(list)).len = length };
}

#[inline(always)]
pub(super) fn list_capacity(list: u64) -> u64 {
    // SAFETY: an object, a list.
    unsafe { (*object::<List>(list)).capacity }
}

#[inline(always)]
fn list_items(list: u64) -> *mut u8 {
    // SAFETY: an object, a list.
    unsafe { (*object::<List>(list)).items }
}

/// The item at an index that is less than the capacity.
#[inline(always)]
pub(super) fn load_item(list: u64, index: u64) -> u64 {
    let at = list_items(list).cast::<u64>().wrapping_add(index as usize);
    // SAFETY: the index is inside of the list's items, which are words.
    unsafe { *at }
}

#[inline(always)]
pub(super) fn store_item(list: u64, index: u64, item: u64) {
    let at = list_items(list).cast::<u64>().wrapping_add(index as usize);
    // SAFETY: the index is inside of the list's items, which are words.
    unsafe { *at = item };
}

#[inline(always)]
pub(super) fn load_byte(list: u64, index: u64) -> u64 {
    let at = list_items(list).wrapping_add(index as usize);
    // SAFETY: the index is inside of the list's items, which are bytes.
    u64::from(unsafe { *at })
}

#[inline(always)]
pub(super) fn store_byte(list: u64, index: u64, item: u64) {
    let at = list_items(list).wrapping_add(index as usize);
    // SAFETY: the index is inside of the list's items, which are bytes.
    unsafe { *at = item as u8 };
}

/// The index into a list of that length, counted from the start; `None` when it is outside.
#[inline(always)]
pub(super) fn inside(index: u64, length: u64) -> Option<u64> {
    if index < length {
        return Some(index);
    }
    // Only a negative index wraps.
    let from_end = index.wrapping_add(length);
    (from_end < length).then_some(from_end)
}

#[inline(always)]
fn field_at(object_word: u64, field: usize) -> *mut u64 {
    object::<u64>(object_word).wrapping_add(RECORD_FIELDS / size_of::<u64>() + field)
}

/// Field `field` of a record; or of a closure, whose captures the encoder numbers on from a record's fields.
#[inline(always)]
pub(super) fn load_field(object: u64, field: u16) -> u64 {
    let at = field_at(object, field as usize);
    // SAFETY: an object, with that field in its shape.
    unsafe { *at }
}

#[inline(always)]
pub(super) fn store_field(object: u64, field: usize, value: u64) {
    let at = field_at(object, field);
    // SAFETY: an object, with that field in its shape.
    unsafe { *at = value };
}

/// The number of a closure's function.
#[inline(always)]
pub(super) fn closure_function(closure: u64) -> usize {
    // SAFETY: an object, a closure.
    unsafe { (*object::<Closure>(closure)).function as usize }
}
