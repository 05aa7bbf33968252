//! What the arms of the loop call: the rare halves of instructions, the context's fields, and objects that are made.

use super::super::ops::CAPTURES_AFTER_FIELDS;
use super::cursor::{Cursor, Frame};
use super::object::{self, object, word};
use super::{raise, table, trapped};
use mochi_abi::layout::{Context, Rep};
use mochi_abi::trap::TrapKind;

/// Toward zero, if it fits.
#[inline(always)]
pub(super) fn float_to_int(value: f64) -> Option<i64> {
    // Both bounds are floats; the upper one is the first that does not fit.
    (value >= i64::MIN as f64 && value < -(i64::MIN as f64)).then_some(value as i64)
}

#[cold]
pub(super) fn raise_float_to_int(context: *mut Context, value: f64) {
    let text = (table(context).str_from_float)(context, value);
    (table(context).raise_text)(context, TrapKind::FloatToInt as i64, text);
    (table(context).ref_drop)(context, text.cast());
}

/// Raises the trap of a failed cast to an object of this kind.
#[cold]
pub(super) fn refuse_object(context: *mut Context, value: u64, kind: u16) {
    (table(context).any_to_ref)(context, value, i64::from(kind));
}

/// Raises the trap of a failed cast to a list of this rep.
#[cold]
pub(super) fn refuse_list(context: *mut Context, value: u64, rep: u16) {
    let converted = (table(context).any_to_list)(context, value, i64::from(rep));
    if !trapped(context) {
        // A list of other items: a cast converts nothing.
        (table(context).ref_drop)(context, converted.cast());
        raise(context, TrapKind::Cast, 0, 0);
    }
}

#[cold]
pub(super) fn free(context: *mut Context, word: u64) {
    (table(context).ref_free)(context, object(word));
}

#[inline(always)]
pub(super) fn is_polled(context: *mut Context) -> bool {
    // SAFETY: the context of a running program is alive.
    unsafe { (*context).poll != 0 }
}

#[cold]
pub(super) fn interrupted(context: *mut Context) -> bool {
    (table(context).poll)(context);
    trapped(context)
}

#[inline(always)]
pub(super) fn call_runtime<const N: usize>(
    context: *mut Context,
    function: u16,
    args: &[u64; N],
) -> u64 {
    mochi_runtime::THUNKS[usize::from(function)](context, args)
}

#[inline(always)]
pub(super) fn text(context: *mut Context, number: u32) -> u64 {
    // SAFETY: the context of a running program is alive.
    let strings = unsafe { (*context).strings };
    let at = strings.wrapping_add(number as usize);
    // SAFETY: the program has a string with this number, by the verifier.
    word(unsafe { *at })
}

#[inline(always)]
fn global_at(context: *mut Context, number: u32) -> *mut u64 {
    // SAFETY: the context of a running program is alive.
    let globals = unsafe { (*context).globals };
    globals.wrapping_add(number as usize)
}

#[inline(always)]
pub(super) fn global(context: *mut Context, number: u32) -> u64 {
    let at = global_at(context, number);
    // SAFETY: the program has a global with this number, by the verifier.
    unsafe { *at }
}

#[inline(always)]
pub(super) fn set_global(context: *mut Context, number: u32, word: u64) {
    let at = global_at(context, number);
    // SAFETY: the program has a global with this number, by the verifier.
    unsafe { *at = word };
}

/// What is in the slots that are named from the instruction's word `first` on.
#[inline(always)]
fn named(pc: Cursor, base: Frame, first: usize) -> impl Iterator<Item = u64> {
    (0..usize::from(pc.c())).map(move |i| {
        let four = pc.word(first + i / 4);
        base.get([four.op, four.a, four.b, four.c][i % 4])
    })
}

#[inline(never)]
pub(super) fn list_of(context: *mut Context, pc: Cursor, base: Frame) -> u64 {
    let list = word((table(context).list_new)(context, i64::from(pc.b()), i64::from(pc.c())));
    if trapped(context) {
        return 0;
    }
    let is_bytes = pc.b() == Rep::Bool as u16;
    for (i, item) in named(pc, base, 1).enumerate() {
        if is_bytes {
            object::store_byte(list, i as u64, item);
        } else {
            object::store_item(list, i as u64, item);
        }
    }
    object::set_list_length(list, u64::from(pc.c()));
    list
}

#[inline(never)]
pub(super) fn record_new(context: *mut Context, pc: Cursor, base: Frame) -> u64 {
    let record = word((table(context).record_new)(context, i64::from(pc.word(1).low())));
    if !trapped(context) {
        for (i, field) in named(pc, base, 2).enumerate() {
            object::store_field(record, i, field);
        }
    }
    record
}

#[inline(never)]
pub(super) fn closure_new(context: *mut Context, pc: Cursor, base: Frame) -> u64 {
    let (function, shape) = (pc.word(1).low(), pc.word(1).high());
    let closure =
        word((table(context).closure_new)(context, i64::from(function), i64::from(shape)));
    if !trapped(context) {
        for (i, capture) in named(pc, base, 2).enumerate() {
            object::store_field(closure, CAPTURES_AFTER_FIELDS as usize + i, capture);
        }
    }
    closure
}
