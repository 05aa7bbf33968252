//! Executable memory: bytes go in, become executable and can never be written again.
//!
//! - No page is writable and executable at once. A [`Way`] says how that is done; the engine tries them in their order and runs a
//!   stub to see.
//! - [`CodeBuffer`] holds ordinary bytes; [`CodeBuffer::publish`] consumes it, and [`Published`] has no method to write.
//! - What is left of the last page is filled with traps, and pages that cannot be touched stand before and behind the code.
//! - All code of a process together takes at most [`LIMIT`] bytes: when they are used up nothing more is compiled.

#![expect(unsafe_code, reason = "memory is mapped and filled by system calls")]

use std::io::Error;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So that direct jumps reach everywhere with room to spare, and nothing grows without end.
pub const LIMIT: usize = 64 << 20;

/// What an unused byte of code holds: a trap, on x86-64 the breakpoint, on AArch64 a word that is no instruction for ever.
const FILL: u8 = if cfg!(target_arch = "aarch64") { 0 } else { 0xcc };

/// Bytes that are published at the moment.
static USED: AtomicUsize = AtomicUsize::new(0);

/// How many bytes of code there are in this process at the moment, in whole pages; at most [`LIMIT`].
pub fn used() -> usize {
    USED.load(Ordering::Relaxed)
}

/// How code becomes executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Memory that has no name in a file system is mapped twice: writable for us, executable for the processor. Works where
    /// a process may not make writable memory executable (`PR_SET_MDWE`).
    MappedTwice,
    /// Memory is written, and then sealed by taking away writing and adding execution, once.
    Sealed,
}

impl Way {
    /// In the order in which they are tried.
    pub const ALL: [Way; 2] = [Way::MappedTwice, Way::Sealed];
}

/// Why code was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub why: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// Code that is being put together.
#[derive(Debug, Clone, Default)]
pub struct CodeBuffer {
    bytes: Vec<u8>,
}

/// Code that can be executed.
#[derive(Debug)]
pub struct Published {
    /// Of the mapping, which begins and ends with a guard.
    mapping: *mut libc::c_void,
    mapped: usize,
    /// Of the code.
    start: usize,
    len: usize,
    /// What it counts for in [`USED`].
    pages: usize,
}

// SAFETY: published code is constant memory; the mapping goes with the value, whichever thread drops it.
unsafe impl Send for Published {}
// SAFETY: as above: nobody can change it.
unsafe impl Sync for Published {}

impl CodeBuffer {
    pub fn new(bytes: Vec<u8>) -> CodeBuffer {
        CodeBuffer { bytes }
    }

    /// Overwrites the word at a place, which **must** be inside.
    pub fn set_word(&mut self, at: usize, word: u64) {
        self.bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }

    /// Makes the code executable.
    pub fn publish(mut self, way: Way) -> Result<Published, Refused> {
        let page = page_size();
        let len = self.bytes.len();
        let pages = len.next_multiple_of(page).max(page);
        self.bytes.resize(pages, FILL);
        let room = Room::take(pages)?;
        let mapped = pages + 2 * page;
        let mapping = map(ptr::null_mut(), mapped, libc::PROT_NONE, ANONYMOUS, -1)?;
        // From here on the mapping is given back whatever happens.
        let published =
            Published { mapping, mapped, start: mapping.addr() + page, len, pages: room.keep() };
        let start = mapping.wrapping_byte_add(page);
        match way {
            Way::MappedTwice => write_by_another_mapping(start, &self.bytes)?,
            Way::Sealed => write_and_seal(start, &self.bytes)?,
        }
        fetch_anew(published.start, pages);
        Ok(published)
    }
}

impl Published {
    /// The address of the code.
    pub fn start(&self) -> usize {
        self.start
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own; whoever runs its code borrows the value.
        unsafe { libc::munmap(self.mapping, self.mapped) };
        USED.fetch_sub(self.pages, Ordering::Relaxed);
    }
}

/// A part of [`LIMIT`], given back unless it is kept.
struct Room(usize);

impl Room {
    fn take(bytes: usize) -> Result<Room, Refused> {
        let room = Room(bytes);
        if USED.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > LIMIT {
            return Err(Refused { why: format!("all {} MiB for code are used", LIMIT >> 20) });
        }
        Ok(room)
    }

    fn keep(mut self) -> usize {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        USED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

const ANONYMOUS: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

fn page_size() -> usize {
    // SAFETY: `sysconf` only reads its argument.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

fn refused(what: &str) -> Refused {
    Refused { why: format!("{what}: {}", Error::last_os_error()) }
}

/// A mapping of a file, or of none, at an address that is free or a part of a mapping of ours.
fn map(
    at: *mut libc::c_void,
    bytes: usize,
    access: libc::c_int,
    flags: libc::c_int,
    file: libc::c_int,
) -> Result<*mut libc::c_void, Refused> {
    // SAFETY: a new mapping at an address that the system chooses, or over a guard that this file has made.
    let mapping = unsafe { libc::mmap(at, bytes, access, flags, file, 0) };
    if mapping == libc::MAP_FAILED { Err(refused("mmap")) } else { Ok(mapping) }
}

/// A file that is only memory and is closed with this value.
struct Memory(libc::c_int);

impl Memory {
    #[cfg(target_os = "linux")]
    fn new(bytes: usize) -> Result<Memory, Refused> {
        /// Asks for memory that may be executed; older systems do not know it.
        const MFD_EXEC: libc::c_uint = 0x10;
        let create = |flags| {
            // SAFETY: the name is a constant string.
            unsafe { libc::memfd_create(c"mochi code".as_ptr(), libc::MFD_CLOEXEC | flags) }
        };
        let mut file = create(MFD_EXEC);
        if file < 0 {
            file = create(0);
        }
        if file < 0 {
            return Err(refused("memfd_create"));
        }
        let memory = Memory(file);
        let size = libc::off_t::try_from(bytes).unwrap_or(libc::off_t::MAX);
        // SAFETY: the file is open and ours.
        if unsafe { libc::ftruncate(file, size) } != 0 {
            return Err(refused("ftruncate"));
        }
        Ok(memory)
    }

    #[cfg(not(target_os = "linux"))]
    fn new(_: usize) -> Result<Memory, Refused> {
        Err(Refused { why: String::from("this system has no memory files") })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the file is open and ours; mappings of it stay.
        unsafe { libc::close(self.0) };
    }
}

fn write_by_another_mapping(start: *mut libc::c_void, bytes: &[u8]) -> Result<(), Refused> {
    let memory = Memory::new(bytes.len())?;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let writable = map(ptr::null_mut(), bytes.len(), access, libc::MAP_SHARED, memory.0)?;
    // SAFETY: the mapping is new, writable and of this length.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), writable.cast(), bytes.len()) };
    // SAFETY: the mapping was made above, and nothing refers to it any more.
    unsafe { libc::munmap(writable, bytes.len()) };
    let access = libc::PROT_READ | libc::PROT_EXEC;
    // Private, so that a debugger can put breakpoints there: in shared memory that is not writable it may not.
    map(start, bytes.len(), access, libc::MAP_PRIVATE | libc::MAP_FIXED, memory.0)?;
    Ok(())
}

fn write_and_seal(start: *mut libc::c_void, bytes: &[u8]) -> Result<(), Refused> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    map(start, bytes.len(), access, ANONYMOUS | libc::MAP_FIXED, -1)?;
    // SAFETY: the mapping is new, writable and of this length.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start.cast(), bytes.len()) };
    // SAFETY: the pages of this mapping.
    let sealed =
        unsafe { libc::mprotect(start, bytes.len(), libc::PROT_READ | libc::PROT_EXEC) } == 0;
    if sealed { Ok(()) } else { Err(refused("mprotect")) }
}

/// Makes what was written as data visible where instructions are fetched, as it is by itself on x86-64.
#[cfg(not(target_arch = "aarch64"))]
fn fetch_anew(_: usize, _: usize) {}

/// Makes what was written as data visible where instructions are fetched: the lines of the data's cache are written to where both
/// caches look, then those of the instructions' are forgotten. Data is found by its physical address, so it does not matter by
/// which mapping it was written.
#[cfg(target_arch = "aarch64")]
fn fetch_anew(start: usize, len: usize) {
    use std::arch::asm;
    let kinds: usize;
    // SAFETY: programs may read the register that describes the caches.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) kinds, options(nomem, nostack, preserves_flags)) };
    // The sizes are logarithms, in words of 4 bytes.
    let data = 4usize << (kinds >> 16 & 15);
    let instructions = 4usize << (kinds & 15);
    let end = start + len;
    for line in (start & !(data - 1)..end).step_by(data) {
        // SAFETY: the line is of a mapping that can be read; nothing changes but where its bytes are.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: waits.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in (start & !(instructions - 1)..end).step_by(instructions) {
        // SAFETY: the line is of a mapping that can be read; it is fetched again when it is executed.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: waits, and forgets what was fetched before.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the process's mappings between two addresses, as access rights.
    fn rights(from: usize, to: usize) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux tells its mappings");
        let address = |text: &str| usize::from_str_radix(text, 16).expect("it is an address");
        let lines = maps.lines().filter_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let inside = address(start) < to && address(end) > from;
            inside.then(|| rest[..3].to_owned())
        });
        lines.collect()
    }

    #[test]
    fn code_is_never_writable_and_executable() {
        for way in Way::ALL {
            let page = page_size();
            let bytes: Vec<u8> = (0..page + 100).map(|i| i as u8).collect();
            let mut buffer = CodeBuffer::new(bytes.clone());
            buffer.set_word(8, 7);
            let published = buffer.publish(way).expect("tests may make executable memory");
            let start = published.start();
            assert_eq!(rights(start, start + 2 * page), ["r-x"], "{way:?}");
            assert_eq!(rights(start - page, start), ["---"], "{way:?}");
            assert_eq!(rights(start + 2 * page, start + 3 * page), ["---"], "{way:?}");
            let code: *const u8 = published.mapping.cast_const().cast::<u8>().wrapping_add(page);
            // SAFETY: two readable pages that live as long as `published`.
            let code = unsafe { std::slice::from_raw_parts(code, 2 * page) };
            assert_eq!(code[8..16], 7u64.to_le_bytes());
            assert_eq!(code[16..page + 100], bytes[16..]);
            assert!(code[page + 100..].iter().all(|&byte| byte == FILL), "{way:?}");
            let everywhere = rights(0, usize::MAX);
            assert!(everywhere.iter().all(|rights| rights != "rwx"), "{everywhere:?}");
        }
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        // One after the other, more than there may be at a time.
        for _ in 0..100 {
            let published = CodeBuffer::new(vec![0; LIMIT / 16]).publish(Way::MappedTwice);
            assert!(published.is_ok_and(|published| published.len() == LIMIT / 16));
        }
        let refused = CodeBuffer::new(vec![0; LIMIT + 1]).publish(Way::MappedTwice);
        assert!(refused.is_err());
    }
}
