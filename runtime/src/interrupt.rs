//! Ctrl-C: the signal comes at any time, and the program stops with what it printed written out.
//!
//! At its next call, callback or wait for input it stops like with any other error, and the report names the place: the
//! handler moves the limits that calls compare their frames with, and whoever then raises a stack overflow has been
//! interrupted. Loops have nothing to look at, so that they cost nothing; a program that has not stopped after a while
//! is ended from the handler, on its own thread, as soon as it is not in the middle of its output.
//!
//! - Handlers store words, write and exit; they never allocate.
//! - A second Ctrl-C ends the process at once.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use mochi_abi::layout::Context;

use crate::context::ContextFields;

/// The exit code of what was ended by Ctrl-C: 128 and the number of the signal.
pub const EXIT_CODE: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// The program that Ctrl-C stops.
static CONTEXT: AtomicPtr<Context> = AtomicPtr::new(ptr::null_mut());
/// The limit of an interpreter's own stack, which 0 is below.
static FRAME_LIMIT: AtomicPtr<AtomicUsize> = AtomicPtr::new(ptr::null_mut());

/// So many microseconds a program has to stop by itself, and between looks whether it can be ended.
const PATIENCE: libc::suseconds_t = 60_000;
/// So often it is looked; a program that is still in its output then is held up by whoever reads it.
const LOOKS: u32 = 20;

/// What is shown when the program is ended where no place is known.
static REPORT: OnceLock<&'static str> = OnceLock::new();
static LOOKED: AtomicU32 = AtomicU32::new(0);
/// The thread that the registered program runs on.
static THREAD: AtomicUsize = AtomicUsize::new(0);

/// Takes Ctrl-C from now on; until a program runs that it can stop, it is only remembered. `report` is what a program
/// shows that is ended in the middle of a loop.
pub fn listen(report: String) {
    REPORT.get_or_init(|| report.leak());
    for (signal, handler) in [(libc::SIGINT, handle as Handler), (libc::SIGALRM, look as Handler)] {
        // SAFETY: all zeros is a valid `sigaction`: no flags, no signals masked.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // Without SA_RESTART, so that waiting for input ends.
        action.sa_sigaction = handler as usize;
        // SAFETY: the handlers do only what handlers may.
        unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    }
}

type Handler = extern "C" fn(libc::c_int);

/// Whether Ctrl-C came.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

extern "C" fn handle(_: libc::c_int) {
    if REQUESTED.swap(true, Ordering::SeqCst) {
        // SAFETY: ending the process is allowed in a handler.
        unsafe { libc::_exit(i32::from(EXIT_CODE)) };
    }
    stop(CONTEXT.load(Ordering::SeqCst));
}

/// Rings again after a while.
fn set_alarm() {
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let once = libc::timeval { tv_sec: 0, tv_usec: PATIENCE };
    let timer = libc::itimerval { it_interval: never, it_value: once };
    // SAFETY: the timer is a value of our own.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
}

/// The alarm after Ctrl-C: ends the program if it still runs.
extern "C" fn look(_: libc::c_int) {
    let context = CONTEXT.load(Ordering::SeqCst);
    if context.is_null() || !requested() {
        return;
    }
    let thread = THREAD.load(Ordering::SeqCst);
    // SAFETY: asking for the own thread's id has no conditions.
    if unsafe { libc::pthread_self() } as usize != thread {
        // The program must hold still while its output is looked at.
        // SAFETY: the thread is alive as long as its program is registered.
        unsafe { libc::pthread_kill(thread as libc::pthread_t, libc::SIGALRM) };
        return;
    }
    // SAFETY: the context is registered as long as it is alive.
    let in_flight = unsafe { &raw const (*context).trap };
    // SAFETY: the same.
    if unsafe { in_flight.read() } != 0 {
        // It is on its way out.
        set_alarm();
        return;
    }
    let output = &context.state().output;
    if output.is_busy() && LOOKED.fetch_add(1, Ordering::Relaxed) < LOOKS {
        set_alarm();
        return;
    }
    if !output.is_busy() && !output.is_captured() {
        write_all(libc::STDOUT_FILENO, &output.buffer);
    }
    write_all(libc::STDERR_FILENO, REPORT.get().copied().unwrap_or_default().as_bytes());
    // SAFETY: ending the process is allowed in a handler.
    unsafe { libc::_exit(i32::from(EXIT_CODE)) };
}

/// Ends the process from wherever it is, with what the program has printed and these words.
pub(crate) fn end_now(words: &str, code: libc::c_int) -> ! {
    let context = CONTEXT.load(Ordering::SeqCst);
    // SAFETY: asking for the own thread's id has no conditions.
    let here = unsafe { libc::pthread_self() } as usize == THREAD.load(Ordering::SeqCst);
    if !context.is_null() && here {
        let output = &context.state().output;
        if !output.is_busy() && !output.is_captured() {
            write_all(libc::STDOUT_FILENO, &output.buffer);
        }
    }
    write_all(libc::STDERR_FILENO, words.as_bytes());
    // SAFETY: ending the process is always allowed.
    unsafe { libc::_exit(code) }
}

fn write_all(descriptor: libc::c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the pointer and length are those of a live slice.
        let written = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(written) => bytes = &bytes[written..],
            Err(_) => return,
        }
    }
}

/// Makes the program come to where it stops.
fn stop(context: *mut Context) {
    let limit = FRAME_LIMIT.load(Ordering::SeqCst);
    if !limit.is_null() {
        // SAFETY: whoever registered the limit takes it back before it goes.
        unsafe { &*limit }.store(0, Ordering::Relaxed);
    }
    if context.is_null() {
        return;
    }
    set_alarm();
    // SAFETY: the context is registered as long as it is alive.
    let poll = unsafe { &raw mut (*context).poll };
    // SAFETY: the same; others read the field as a whole word.
    unsafe { AtomicU32::from_ptr(poll) }.store(1, Ordering::Relaxed);
    // SAFETY: as for `poll`.
    let limit = unsafe { &raw mut (*context).stack_limit };
    // SAFETY: as for `poll`.
    unsafe { AtomicUsize::from_ptr(limit) }.store(usize::MAX, Ordering::Relaxed);
}

/// Makes this the program that Ctrl-C stops; if it came already, at its first step.
pub(crate) fn register(context: *mut Context) {
    // SAFETY: asking for the own thread's id has no conditions.
    THREAD.store(unsafe { libc::pthread_self() } as usize, Ordering::SeqCst);
    CONTEXT.store(context, Ordering::SeqCst);
    if requested() {
        stop(context);
    }
}

/// The program ends.
pub(crate) fn forget(context: *mut Context) {
    // Another program may be the registered one.
    let _ = CONTEXT.compare_exchange(context, ptr::null_mut(), Ordering::SeqCst, Ordering::SeqCst);
}

/// The limit of an interpreter's stack, which the handler makes 0 as long as the guard lives. Of several at a time the
/// first is the one.
#[derive(Debug)]
pub struct LimitGuard<'a> {
    limit: &'a AtomicUsize,
}

impl<'a> LimitGuard<'a> {
    pub fn new(limit: &'a AtomicUsize) -> LimitGuard<'a> {
        let word = ptr::from_ref(limit).cast_mut();
        let first =
            FRAME_LIMIT.compare_exchange(ptr::null_mut(), word, Ordering::SeqCst, Ordering::SeqCst);
        if first.is_ok() && requested() && !CONTEXT.load(Ordering::SeqCst).is_null() {
            limit.store(0, Ordering::Relaxed);
        }
        LimitGuard { limit }
    }
}

impl Drop for LimitGuard<'_> {
    fn drop(&mut self) {
        let word = ptr::from_ref(self.limit).cast_mut();
        let _ =
            FRAME_LIMIT.compare_exchange(word, ptr::null_mut(), Ordering::SeqCst, Ordering::SeqCst);
    }
}
