//! The one door to memory.
//!
//! All objects and their buffers come from [`allocate`] and go back by [`release`], which count them, and the digits of
//! large numbers are counted by [`account`]; so memory can be limited, `mem()` is exact, and tests can ask whether anything
//! was left over. A refused allocation raises `OutOfMemory` and returns null.

mod counts;
mod system;

use mochi_abi::layout::{Context, Header};
use mochi_abi::trap::TrapKind;

pub(crate) use counts::{
    BOXED_INT, Held, ShapeFacts, any_drop, any_dup, counted, drop_held_word, drop_object,
    drop_word, dup, dup_word, for_each_held, object_size, ref_drop, ref_dup, ref_free,
    release_whole,
};

use crate::context::ContextFields;
use crate::cycles::{self, Cycles};
use crate::object::Object;
use crate::sweep::{self, Tracked};

/// What a context knows of its memory.
#[derive(Debug)]
pub(crate) struct Heap {
    pub(crate) live_objects: usize,
    pub(crate) live_bytes: usize,
    /// Allocation beyond this asks [`grow_limit`].
    soft_limit: usize,
    /// Allocation beyond this fails; `usize::MAX` until somebody asks or sets it.
    hard_limit: usize,
    /// Given back when memory is short, so that the error can be told.
    reserve: *mut u8,
    /// Objects whose count is 0 and whose own references are still to be dropped.
    pending: Vec<*mut Header>,
    pub(crate) cycles: Cycles,
    pub(crate) tracked: Tracked,
}

/// Until so much is allocated, nobody looks how much memory the machine has, or asks for a collection of cycles.
const FIRST_LIMIT: usize = 64 << 20;
/// Enough to render an error.
const RESERVE: usize = 256 << 10;

impl Heap {
    pub(crate) fn new() -> Heap {
        Heap {
            live_objects: 0,
            live_bytes: 0,
            soft_limit: FIRST_LIMIT,
            hard_limit: usize::MAX,
            reserve: system::malloc(RESERVE),
            pending: Vec::new(),
            cycles: Cycles::new(),
            tracked: Tracked::default(),
        }
    }

    /// Makes allocation fail when more than `bytes` are in use.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.hard_limit = bytes;
        self.soft_limit = bytes.min(FIRST_LIMIT);
    }

    /// Asks for a collection of cycles when more than `bytes` are in use.
    pub(crate) fn set_byte_limit(&mut self, bytes: usize) {
        self.cycles.byte_limit = bytes;
        self.soft_limit = self.hard_limit.min(bytes);
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        system::free(self.reserve, RESERVE);
    }
}

/// `bytes` of memory, aligned to 8; null and a trap when there are none.
#[inline(always)]
pub(crate) fn allocate(context: *mut Context, bytes: usize) -> *mut u8 {
    let heap = context.heap();
    if bytes > heap.soft_limit.saturating_sub(heap.live_bytes) && !grow_limit(heap, bytes) {
        return out_of_memory(context);
    }
    let pointer = system::malloc(bytes);
    if pointer.is_null() {
        return out_of_memory(context);
    }
    heap.live_bytes += bytes;
    pointer
}

/// Memory that had `old` bytes gets `new`; null and a trap when that cannot be, and then the old stays.
pub(crate) fn reallocate(
    context: *mut Context,
    pointer: *mut u8,
    old: usize,
    new: usize,
) -> *mut u8 {
    let heap = context.heap();
    let more = new.saturating_sub(old);
    if more > heap.soft_limit.saturating_sub(heap.live_bytes) && !grow_limit(heap, more) {
        return out_of_memory(context);
    }
    let moved = system::realloc(pointer, old, new);
    if moved.is_null() {
        return out_of_memory(context);
    }
    heap.live_bytes = heap.live_bytes + new - old;
    moved
}

/// Gives back memory of that many bytes; null is no memory.
#[inline]
pub(crate) fn release(context: *mut Context, pointer: *mut u8, bytes: usize) {
    if !pointer.is_null() {
        context.heap().live_bytes -= bytes;
        system::free(pointer, bytes);
    }
}

/// Whether so much more memory may be used; a trap when not.
pub(crate) fn has_room(context: *mut Context, bytes: usize) -> bool {
    let heap = context.heap();
    let fits = bytes <= heap.soft_limit.saturating_sub(heap.live_bytes) || grow_limit(heap, bytes);
    if !fits {
        out_of_memory(context);
    }
    fits
}

/// Whether the machine has so much memory besides what this process uses now.
pub(crate) fn machine_has(bytes: usize) -> bool {
    bytes <= system::memory().saturating_sub(system::resident())
}

/// Whether the allocator would give so much in one piece.
pub(crate) fn would_give(bytes: usize) -> bool {
    system::would_give(bytes)
}

/// The same; a trap when not.
pub(crate) fn can_allocate(context: *mut Context, bytes: usize) -> bool {
    let can = would_give(bytes);
    if !can {
        out_of_memory(context);
    }
    can
}

/// Counts memory that a number has from Rust's own allocator: it had `old` bytes and has `new`.
#[inline]
pub(crate) fn account(context: *mut Context, old: usize, new: usize) {
    let heap = context.heap();
    heap.live_bytes = heap.live_bytes + new - old;
}

/// Memory for an object of that many bytes.
#[inline(always)]
pub(crate) fn allocate_object(context: *mut Context, bytes: usize) -> *mut u8 {
    if context.heap().tracked.is_on() {
        return sweep::allocate_tracked(context, bytes);
    }
    let pointer = allocate(context, bytes);
    context.heap().live_objects += usize::from(!pointer.is_null());
    pointer
}

/// An object that had `old` bytes gets `new`; as [`reallocate`].
pub(crate) fn reallocate_object(
    context: *mut Context,
    object: *mut Header,
    old: usize,
    new: usize,
) -> *mut u8 {
    if context.heap().tracked.is_on() {
        return sweep::reallocate_tracked(context, object, old, new);
    }
    reallocate(context, object.cast(), old, new)
}

/// Gives back the memory of an object, whose words have been dropped, unless the cycle collector has to see it first.
#[inline(always)]
fn release_object(context: *mut Context, object: *mut Header, bytes: usize) {
    if object.is_cyclic() && !cycles::forget(context, object) {
        return;
    }
    release_memory(context, object, bytes);
}

/// Gives back the memory of an object.
#[inline(always)]
pub(crate) fn release_memory(context: *mut Context, object: *mut Header, bytes: usize) {
    context.heap().live_objects -= 1;
    if context.heap().tracked.is_on() {
        return sweep::release_tracked(context, object, bytes);
    }
    release(context, object.cast(), bytes);
}

/// Looks whether the machine has so much, once the first limit is reached.
#[cold]
fn grow_limit(heap: &mut Heap, bytes: usize) -> bool {
    if heap.hard_limit == usize::MAX {
        heap.hard_limit = system::memory();
    }
    let Some(total) = heap.live_bytes.checked_add(bytes) else { return false };
    if total > heap.hard_limit {
        return false;
    }
    if total > heap.cycles.byte_limit {
        heap.cycles.ask(total);
    }
    heap.soft_limit = heap.hard_limit.min(heap.cycles.byte_limit);
    true
}

#[cold]
pub(crate) fn out_of_memory(context: *mut Context) -> *mut u8 {
    let heap = context.heap();
    system::free(std::mem::replace(&mut heap.reserve, std::ptr::null_mut()), RESERVE);
    crate::trap::raise_kind(context, TrapKind::OutOfMemory);
    std::ptr::null_mut()
}

/// Bytes that the program's objects and their buffers take.
pub(crate) fn mem(context: *mut Context) -> i64 {
    context.heap().live_bytes as i64
}
