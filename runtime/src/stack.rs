//! A stack large enough for a million calls: reserved address space, of which only what is used becomes memory.
//!
//! The work runs on a thread of its own whose stack this is; the caller waits. The lowest page is a guard, and above it
//! stays room for the runtime's own functions, which do not check.

use std::any::Any;
use std::cell::Cell;
use std::io::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Reserved when the machine has enough memory that a runaway recursion meets the limit before the machine is full:
/// a million calls of 1 KiB.
const LARGEST: usize = 1 << 30;
/// With less there is no point in a stack of one's own.
const SMALLEST: usize = 1 << 20;
/// Below the limit, for functions that do not check: the runtime's, the C library's.
const HEADROOM: usize = 256 << 10;
/// The top of the stack, which every program uses.
const SMALL_PAGES: usize = 4 << 20;
/// Not accessible, so that what goes below the headroom stops at once.
const GUARD: usize = 64 << 10;

thread_local! {
    /// The limit of the big stack that this thread runs on; 0 when its stack is another one.
    static LIMIT: Cell<usize> = const { Cell::new(0) };
}

/// Runs `f` on a big stack and gives it the lowest address that a frame may begin at (`Context::stack_limit`). Whoever is on
/// one stays there. When no such stack is to be had, runs it on the present one, with a limit that leaves part of that.
pub fn on_big_stack<R: Send>(f: impl FnOnce(usize) -> R + Send) -> R {
    let limit = LIMIT.get();
    if limit != 0 {
        return f(limit);
    }
    // A stack is address space, of which there may be little.
    let mut size = LARGEST.min(half_of_memory()).min((address_space() / 4) & !0xffff);
    while size >= SMALLEST {
        if let Some(stack) = Stack::reserve(size) {
            return match stack.run(f) {
                Ok(result) => result,
                Err(f) => f(present_limit()),
            };
        }
        size /= 2;
    }
    f(present_limit())
}

/// A limit for code that runs on the present thread's own stack: takes the next 512 KiB as all there is.
pub fn present_limit() -> usize {
    let here = 0u8;
    (&raw const here).addr().saturating_sub(HEADROOM * 2)
}

fn half_of_memory() -> usize {
    // SAFETY: `sysconf` only reads its argument.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    // 2 KiB for each page of 4 KiB, rounded to pages.
    usize::try_from(pages).map_or(SMALLEST, |pages| pages.saturating_mul(2 << 10) & !0xffff)
}

/// Bytes of address space that the process may have.
fn address_space() -> usize {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is a value of our own, which the call fills.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

/// Reserved address space.
struct Stack {
    start: *mut libc::c_void,
    size: usize,
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and no thread runs on it any more.
        unsafe { libc::munmap(self.start, self.size) };
    }
}

/// What the thread takes along and brings back.
struct Work<F, R> {
    f: Option<F>,
    limit: usize,
    result: Option<Result<R, Box<dyn Any + Send>>>,
}

extern "C" fn enter<R, F: FnOnce(usize) -> R>(work: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: the pointer is to the work of the caller in `run`, who waits and does not touch it meanwhile.
    let work = unsafe { &mut *work.cast::<Work<F, R>>() };
    if let Some(f) = work.f.take() {
        let limit = work.limit;
        LIMIT.set(limit);
        work.result = Some(catch_unwind(AssertUnwindSafe(|| f(limit))));
    }
    std::ptr::null_mut()
}

impl Stack {
    fn reserve(size: usize) -> Option<Stack> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: a new mapping at an address that the system chooses.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        let stack = Stack { start, size };
        // SAFETY: the guard is the lowest part of this mapping.
        let guarded = unsafe { libc::mprotect(start, GUARD, libc::PROT_NONE) } == 0;
        // Deep recursion gets large pages, which come 512 at a time; where the stack begins small ones cost less. The
        // system may refuse.
        // SAFETY: all but the top of this mapping.
        unsafe { libc::madvise(start, size.saturating_sub(SMALL_PAGES), libc::MADV_HUGEPAGE) };
        guarded.then_some(stack)
    }

    /// Runs `f` on a new thread with this stack; gives it back when there can be no thread.
    fn run<R: Send, F: FnOnce(usize) -> R + Send>(self, f: F) -> Result<R, F> {
        let limit = self.start.addr() + GUARD + HEADROOM;
        let mut work = Work { f: Some(f), limit, result: None };
        if self.run_thread(enter::<R, F>, (&raw mut work).cast()).is_ok() {
            match work.result {
                Some(Ok(result)) => return Ok(result),
                Some(Err(panic)) => resume_unwind(panic),
                None => {}
            }
        }
        match work.f {
            Some(f) => Err(f),
            None => unreachable!("a thread that took the work leaves a result"),
        }
    }

    fn run_thread(
        &self,
        entry: extern "C" fn(*mut libc::c_void) -> *mut libc::c_void,
        work: *mut libc::c_void,
    ) -> Result<(), Error> {
        let check = |code| if code == 0 { Ok(()) } else { Err(Error::from_raw_os_error(code)) };
        let mut attributes = std::mem::MaybeUninit::uninit();
        // SAFETY: initialises the attributes.
        check(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the attributes are initialised; the stack is a mapping that outlives the thread, which is joined below.
        check(unsafe {
            libc::pthread_attr_setstack(attributes.as_mut_ptr(), self.start, self.size)
        })?;
        let mut thread = std::mem::MaybeUninit::uninit();
        // SAFETY: all pointers are valid; the entry gets the work that it was made for.
        check(unsafe {
            libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), entry, work)
        })?;
        // SAFETY: `pthread_create` has succeeded and so filled it.
        let thread = unsafe { thread.assume_init() };
        // SAFETY: the thread was made above and is joined once.
        check(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) })?;
        // SAFETY: the attributes are initialised and used no more.
        check(unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(n: usize, limit: usize) -> usize {
        let here = 0u8;
        if n == 0 || (&raw const here).addr() < limit {
            0
        } else {
            1 + std::hint::black_box(depth(n - 1, limit))
        }
    }

    #[test]
    fn a_million_calls_fit_and_the_limit_is_inside_the_stack() {
        if cfg!(miri) {
            return;
        }
        assert_eq!(on_big_stack(|limit| depth(1_000_000, limit)), 1_000_000);
        let (limit, here) = on_big_stack(|limit| {
            let here = 0u8;
            (limit, (&raw const here).addr())
        });
        assert!(limit < here && here - limit >= SMALLEST / 2);
    }

    #[test]
    fn whoever_is_on_a_big_stack_stays_there() {
        if cfg!(miri) {
            return;
        }
        let (outer, inner) = on_big_stack(|outer| (outer, on_big_stack(|inner| inner)));
        assert_eq!(outer, inner);
    }

    #[test]
    fn a_panic_comes_back_to_the_caller() {
        if cfg!(miri) {
            return;
        }
        let caught = catch_unwind(|| {
            on_big_stack(|_| {
                if present_limit() > 0 {
                    panic!("told")
                }
            })
        });
        assert_eq!(caught.expect_err("it panicked").downcast_ref::<&str>(), Some(&"told"));
    }
}
