//! A growing text in Rust's hands, until it becomes a string object or output.

use mochi_abi::layout::{Context, Str};
use mochi_abi::trap::TrapKind;

use crate::context::ContextFields;
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
        if room < bytes.len() && self.bytes.try_reserve(bytes.len()).is_err() {
            self.failed = true;
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes room for so many more bytes at once; false when there is no such room.
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        self.failed |= self.bytes.try_reserve_exact(bytes).is_err();
        !self.failed
    }

    /// So many spaces.
    pub(crate) fn spaces(&mut self, count: usize) {
        for _ in 0..count {
            self.push(b" ");
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
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
