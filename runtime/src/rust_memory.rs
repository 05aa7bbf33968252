//! Memory of Rust's own collections: the allocator of the binaries, and [`try_reserve`] for what grows with a program's data.
//!
//! A program's objects ask [`crate::memory`], which says no with a trap. Collections of Rust cannot be told no: where they
//! do not ask by [`try_reserve`], and the system has nothing left, a small amount set aside keeps them going until the
//! program asks for its next object and gets the trap. When that is used up too, or much is wanted, the process ends with
//! the same error, without a place. So running out of memory is never an abort.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this nobody asks how much the machine has.
const MUCH: usize = 16 << 20;

thread_local! {
    /// Somebody asks who takes no for an answer.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Makes room for so many more items. Whether there is memory for them.
pub(crate) fn try_reserve<T>(items: &mut Vec<T>, more: usize) -> bool {
    let Some(bytes) = items.len().checked_add(more).and_then(|n| n.checked_mul(size_of::<T>()))
    else {
        return false;
    };
    // What is mapped and not touched yet costs nothing, so that the system would give more than the machine has.
    if bytes > MUCH && !crate::memory::machine_has(bytes) {
        return false;
    }
    ASKING.set(true);
    let done = items.try_reserve_exact(more).is_ok();
    ASKING.set(false);
    done
}

/// Adds items at the end; whether there is memory for them. Room is doubled when it is used up, or grows by a quarter where
/// that is too much; by less it does not, for each time all items may be copied.
pub(crate) fn try_extend<T: Copy>(items: &mut Vec<T>, more: &[T]) -> bool {
    let free = items.capacity() - items.len();
    let (all, quarter) = (items.len().max(more.len()), (items.len() / 4).max(more.len()));
    if free < more.len() && !try_reserve(items, all) && !try_reserve(items, quarter) {
        return false;
    }
    items.extend_from_slice(more);
    true
}

/// The allocator of the binaries: mimalloc, and what is set aside.
#[derive(Debug, Default)]
pub struct Allocator;

/// Where mimalloc says how much address space it asks for first, in KiB: `mi_option_arena_reserve`, which the bindings do not name.
const FIRST_SPACE: libmimalloc_sys::mi_option_t = 23;
/// What it says there by itself. Another number: it is another option, or somebody has chosen.
const BY_ITSELF: libc::c_long = 1 << 20;
/// The tables about a space lie at its beginning, and each has a word to be set: for 1 GiB forty pages, for this three. When
/// it is full the next one is reserved.
const SMALL: libc::c_long = 64 << 10;

/// Runs before anything is allocated.
#[cfg(all(target_os = "linux", not(miri)))]
#[used]
// SAFETY: the section holds functions of C that take up to three words and give nothing.
#[unsafe(link_section = ".init_array")]
static BEFORE_ALL: extern "C" fn() = begin_small;

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "it is the start of Linux that is measured")
)]
extern "C" fn begin_small() {
    // SAFETY: an option's value may be asked for at any time; one that does not exist is 0.
    if unsafe { libmimalloc_sys::mi_option_get(FIRST_SPACE) } == BY_ITSELF {
        // SAFETY: options may be set as long as there is one thread.
        unsafe { libmimalloc_sys::mi_option_set(FIRST_SPACE, SMALL) };
    }
}

/// What is set aside.
#[repr(align(4096))]
struct Reserve(UnsafeCell<[u8; RESERVE]>);

const RESERVE: usize = 2 << 20;
/// More is not taken from it at once.
const LARGEST: usize = 64 << 10;

// SAFETY: each byte is given out once, by an atomic counter.
unsafe impl Sync for Reserve {}

static SET_ASIDE: Reserve = Reserve(UnsafeCell::new([0; RESERVE]));
static USED: AtomicUsize = AtomicUsize::new(0);

fn is_set_aside(pointer: *mut u8) -> bool {
    pointer.addr().wrapping_sub(SET_ASIDE.0.get().addr()) < RESERVE
}

/// The system has nothing left.
#[cold]
fn refused(layout: Layout) -> *mut u8 {
    if ASKING.get() {
        return std::ptr::null_mut();
    }
    let size = layout.size().next_multiple_of(16);
    if size <= LARGEST && layout.align() <= 16 {
        let start = USED.fetch_add(size, Ordering::Relaxed);
        if start.saturating_add(size) <= RESERVE {
            return SET_ASIDE.0.get().cast::<u8>().wrapping_add(start);
        }
    }
    crate::interrupt::end_now("error[R010]: out of memory\n", 1)
}

// SAFETY: mimalloc's functions keep the promises of an allocator, and so does what is set aside: it is aligned to 16, given
// out once and never taken back.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size and alignment of a layout may be asked for.
        let pointer = unsafe { libmimalloc_sys::mi_malloc_aligned(layout.size(), layout.align()) };
        if pointer.is_null() { refused(layout) } else { pointer.cast() }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same.
        let pointer = unsafe { libmimalloc_sys::mi_zalloc_aligned(layout.size(), layout.align()) };
        // What is set aside is zero, for it is given out once.
        if pointer.is_null() { refused(layout) } else { pointer.cast() }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        if !is_set_aside(pointer) {
            // SAFETY: the pointer came from this allocator, and so from mimalloc.
            unsafe { libmimalloc_sys::mi_free(pointer.cast()) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !is_set_aside(pointer) {
            // SAFETY: the pointer came from mimalloc with this alignment.
            let moved = unsafe {
                libmimalloc_sys::mi_realloc_aligned(pointer.cast(), size, layout.align())
            };
            if !moved.is_null() {
                return moved.cast();
            }
        }
        // SAFETY: the size is not 0 and the alignment a layout's, by the caller.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the layout is not empty, by the caller.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            crate::object::copy_bytes(pointer, moved, layout.size().min(size));
            // SAFETY: the pointer is this allocator's and used no more.
            unsafe { self.dealloc(pointer, layout) };
        }
        moved
    }
}
