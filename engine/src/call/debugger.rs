//! Tells a debugger of code that was made in memory: an object with symbols goes in, and is known for as long as the value that
//! comes out.
//!
//! An unsafe room. gdb's interface for compilers in memory ("JIT Compilation Interface" in its manual; lldb knows it too) is a
//! list of objects that begins at a static with a name of its own, and a function of which a debugger puts a breakpoint: when it
//! is called, the debugger reads the list.
//! - The list is read by the debugger while the process stands still, and changed by us under a lock.
//! - An entry and its object live until they are taken out of the list.

#![expect(
    unsafe_code,
    reason = "the debugger's list has names that it looks for, and plain pointers"
)]
#![cfg(target_os = "linux")]

use std::ptr;
use std::sync::{Mutex, PoisonError};

/// `jit_code_entry`.
#[repr(C)]
#[derive(Debug)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    object: *const u8,
    size: u64,
}

/// `jit_descriptor`.
#[repr(C)]
#[derive(Debug)]
struct Descriptor {
    version: u32,
    /// One of the actions below.
    action: u32,
    /// What the action is about.
    relevant: *mut Entry,
    first: *mut Entry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// The list, under the name by which debuggers find it.
#[unsafe(export_name = "__jit_debug_descriptor")]
#[used]
static mut DESCRIPTOR: Descriptor =
    Descriptor { version: 1, action: 0, relevant: ptr::null_mut(), first: ptr::null_mut() };

/// Who changes the list.
static LOCK: Mutex<()> = Mutex::new(());

/// Debuggers stop here to read the list.
#[unsafe(export_name = "__jit_debug_register_code")]
#[inline(never)]
extern "C" fn registered() {
    // An empty function would be merged with others that are, and calls of it left out.
    std::hint::black_box(&raw const DESCRIPTOR);
}

/// An object that debuggers know.
#[derive(Debug)]
pub(crate) struct Registered {
    entry: *mut Entry,
    /// What the entry refers to.
    _object: Box<[u8]>,
}

// SAFETY: the entry is this value's own, and is changed only under the lock.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

/// Tells debuggers of an object.
pub(crate) fn register(object: Vec<u8>) -> Registered {
    let object = object.into_boxed_slice();
    let _guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: under the lock.
    let first = unsafe { DESCRIPTOR.first };
    let (pointer, size) = (object.as_ptr(), object.len() as u64);
    let entry = Entry { next: first, previous: ptr::null_mut(), object: pointer, size };
    let entry = Box::into_raw(Box::new(entry));
    if !first.is_null() {
        // SAFETY: what is in the list is alive, and changed only under the lock.
        unsafe { (*first).previous = entry };
    }
    // SAFETY: under the lock.
    unsafe { DESCRIPTOR.first = entry };
    announce(REGISTER, entry);
    Registered { entry, _object: object }
}

/// Says what has become of an entry. The lock **must** be held.
fn announce(action: u32, entry: *mut Entry) {
    // SAFETY: under the lock.
    unsafe { DESCRIPTOR.relevant = entry };
    // SAFETY: under the lock.
    unsafe { DESCRIPTOR.action = action };
    registered();
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the entry is alive until below, and changed only under the lock.
        let &Entry { next, previous, .. } = unsafe { &*self.entry };
        if !next.is_null() {
            // SAFETY: what is in the list is alive, and changed only under the lock.
            unsafe { (*next).previous = previous };
        }
        if previous.is_null() {
            // SAFETY: under the lock.
            unsafe { DESCRIPTOR.first = next };
        } else {
            // SAFETY: what is in the list is alive, and changed only under the lock.
            unsafe { (*previous).next = next };
        }
        announce(UNREGISTER, self.entry);
        // SAFETY: it came from a box, and nothing refers to it any more.
        drop(unsafe { Box::from_raw(self.entry) });
    }
}
