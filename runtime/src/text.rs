//! A growing text in Rust's hands, until it becomes a string object or output.

use mochi_abi::layout::{Context, Str};
use mochi_abi::trap::TrapKind;

use crate::context::ContextFields;
use crate::rust_memory::try_reserve;
use crate::str;
use crate::trap::raise_kind;

/// UTF-8 being put together. Running out of memory is remembered and raised at the end.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    failed: bool,
}

impl Text {
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes.capacity() - self.bytes.len();
        if room < bytes.len() && !self.grow(bytes.len()) {
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    #[cold]
    fn grow(&mut self, more: usize) -> bool {
        let wanted = self.bytes.len().saturating_add(more).max(2 * self.bytes.capacity());
        self.reserve(wanted - self.bytes.len())
    }

    /// Makes room for so many more bytes at once; false when there is no such room.
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        self.failed |= !try_reserve(&mut self.bytes, bytes);
        !self.failed
    }

    /// Whether something did not fit; what is pushed then is lost.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Adds it to what the program prints, unless memory has run out, which is a trap, or writing it raised one.
    pub(crate) fn print(&self, context: *mut Context) {
        if self.failed {
            raise_kind(context, TrapKind::OutOfMemory);
        }
        if !context.trapped() {
            context.state().output.push(&self.bytes);
        }
    }

    /// So many spaces.
    pub(crate) fn spaces(&mut self, count: usize) {
        const SPACES: &[u8] = &[b' '; 64];
        let mut left = count;
        while left > 0 && !self.failed {
            let piece = left.min(SPACES.len());
            self.push(&SPACES[..piece]);
            left -= piece;
        }
    }

    /// As a Rust string.
    pub(crate) fn into_string(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// As an object; null when memory has run out, which is a trap, or when writing it raised one.
    pub(crate) fn into_str(self, context: *mut Context) -> *mut Str {
        if self.failed {
            raise_kind(context, TrapKind::OutOfMemory);
        }
        if context.trapped() {
            return std::ptr::null_mut();
        }
        str::from_bytes(context, &self.bytes)
    }
}
