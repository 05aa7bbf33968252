//! The stack of frames: reserved address space that takes memory only where it has been written to.

use std::ptr;

/// Enough for a million frames of 128 words.
const RESERVED: usize = 1 << 30;
/// A stack is not worth having with less.
const LEAST: usize = 1 << 20;

/// The stack. Its words are 0 until they are written.
#[derive(Debug)]
pub(super) struct Stack {
    start: *mut u64,
    bytes: usize,
}

impl Stack {
    /// Reserves as much as the system grants, up to the usual size; `None` when that is next to nothing.
    pub(super) fn reserve() -> Option<Stack> {
        let mut bytes = RESERVED;
        while bytes >= LEAST {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: a fresh private mapping touches no memory of ours.
            let start = unsafe {
                libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
            };
            if start != libc::MAP_FAILED {
                return Some(Stack { start: start.cast(), bytes });
            }
            bytes /= 2;
        }
        None
    }

    pub(super) fn start(&self) -> *mut u64 {
        self.start
    }

    /// The address behind its last word.
    pub(super) fn end(&self) -> usize {
        self.start.addr() + self.bytes
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no frame is left when the stack goes.
        let failed = unsafe { libc::munmap(self.start.cast(), self.bytes) };
        debug_assert_eq!(failed, 0, "the mapping is exactly what was reserved");
    }
}
