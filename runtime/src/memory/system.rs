//! The allocator below the door, and how much memory there is.

#[cfg(miri)]
use libc::{free as raw_free, malloc as raw_malloc, realloc as raw_realloc};
#[cfg(not(miri))]
use libmimalloc_sys::{mi_free as raw_free, mi_malloc as raw_malloc, mi_realloc as raw_realloc};

/// Memory of at least that size is a mapping of its own: it grows without being copied, and what is never touched
/// costs nothing.
const LARGE: usize = if cfg!(miri) { usize::MAX } else { 4 << 20 };

#[inline]
pub(super) fn malloc(bytes: usize) -> *mut u8 {
    if bytes >= LARGE {
        return large::map(bytes);
    }
    // SAFETY: any size may be asked for.
    unsafe { raw_malloc(bytes) }.cast()
}

/// Memory that had `old` bytes gets `bytes`, and keeps what fits.
pub(super) fn realloc(pointer: *mut u8, old: usize, bytes: usize) -> *mut u8 {
    if old >= LARGE && bytes >= LARGE {
        return large::remap(pointer, old, bytes);
    }
    if old >= LARGE || bytes >= LARGE {
        let moved = malloc(bytes);
        if !moved.is_null() {
            crate::object::copy_bytes(pointer, moved, old.min(bytes));
            free(pointer, old);
        }
        return moved;
    }
    // SAFETY: the pointer is null or came from this allocator and has not been freed.
    unsafe { raw_realloc(pointer.cast(), bytes) }.cast()
}

/// Whether so much is to be had in one piece.
pub(super) fn would_give(bytes: usize) -> bool {
    // SAFETY: any size may be asked for.
    let piece = unsafe { raw_malloc(bytes) };
    // SAFETY: the pointer is null or has just come from this allocator.
    unsafe { raw_free(piece) };
    !piece.is_null()
}

/// Gives back memory that has that many bytes.
#[inline]
pub(super) fn free(pointer: *mut u8, bytes: usize) {
    if bytes >= LARGE {
        return large::unmap(pointer, bytes);
    }
    // SAFETY: the pointer is null or came from this allocator and has not been freed.
    unsafe { raw_free(pointer.cast()) }
}

/// Mappings of the program's own.
mod large {
    /// Whole pages, which is what the system maps.
    fn pages(bytes: usize) -> usize {
        bytes.next_multiple_of(4096)
    }

    fn checked(address: *mut libc::c_void, bytes: usize) -> *mut u8 {
        if address == libc::MAP_FAILED {
            return std::ptr::null_mut();
        }
        // Clearing large pages takes no longer, and there are fewer of them to ask for. The system may refuse.
        // SAFETY: the pages of this mapping.
        unsafe { libc::madvise(address, pages(bytes), libc::MADV_HUGEPAGE) };
        address.cast()
    }

    pub(super) fn map(bytes: usize) -> *mut u8 {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address that the system chooses.
        let address =
            unsafe { libc::mmap(std::ptr::null_mut(), pages(bytes), access, flags, -1, 0) };
        checked(address, bytes)
    }

    pub(super) fn remap(pointer: *mut u8, old: usize, bytes: usize) -> *mut u8 {
        // SAFETY: the mapping was made by `map` with this size; nobody uses its old address any more.
        let address =
            unsafe { libc::mremap(pointer.cast(), pages(old), pages(bytes), libc::MREMAP_MAYMOVE) };
        checked(address, bytes)
    }

    pub(super) fn unmap(pointer: *mut u8, bytes: usize) {
        // SAFETY: the mapping was made by `map` with this size, and nobody uses it any more.
        unsafe { libc::munmap(pointer.cast(), pages(bytes)) };
    }
}

/// Bytes that the program's objects may take: what the machine or the container has, less a share for all else.
pub(super) fn memory() -> usize {
    let machine = machine_memory();
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok()).unwrap_or(usize::MAX);
    let all = machine.min(container);
    all - all / 16
}

/// Bytes of the machine's memory that this process uses.
pub(super) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0).saturating_mul(4096)
}

fn machine_memory() -> usize {
    // SAFETY: `sysconf` only reads its argument.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    // SAFETY: as above.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    match (usize::try_from(pages), usize::try_from(page)) {
        (Ok(pages), Ok(page)) => pages.saturating_mul(page),
        _ => usize::MAX,
    }
}
