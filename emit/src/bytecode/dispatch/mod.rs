//! Runs bytecode. An unsafe room: what its parts stand on is said at the head of [`cursor`] and [`object`].
//!
//! Calls of the program do not recurse in Rust: frames lie on a stack of their own ([`stack`]), and a trap leaves the loop
//! at once. Only a runtime function that was given a closure comes back in, through [`door`].

#![expect(
    unsafe_code,
    reason = "the interpreter reads code and frames through plain pointers, or it would be slow"
)]

mod cursor;
mod interpret;
mod object;
mod services;
mod stack;

use super::code::{Code, EXIT};
use super::instruction::{FRAME_HEAD, Word};
use cursor::{Cursor, Frame};
use mochi_abi::functions::RuntimeTable;
use mochi_abi::layout::{Closure, Context};
use mochi_abi::trap::TrapKind;
use mochi_runtime::Runtime;
use mochi_runtime::interrupt::LimitGuard;
use stack::Stack;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A trap has left the program; the runtime has its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trapped;

/// What the loop needs beside its registers.
#[derive(Debug)]
struct Machine<'a> {
    code: &'a Code,
    /// The address behind the stack's last word; 0 once the program was interrupted.
    limit: AtomicUsize,
    /// Where a callback's frames may begin: above all that are in use.
    top: Cell<*mut u64>,
}

/// Runs a program from its main function. The runtime **must** have been made for the same program; runtime functions use
/// the thread's own stack, whose limit the engine sets.
pub fn run(code: &Code, runtime: &mut Runtime) -> Result<(), Trapped> {
    let context = runtime.context();
    assert!(fits(code, context), "the runtime was made for the program that is run");
    let Some(stack) = Stack::reserve() else {
        raise(context, TrapKind::OutOfMemory, 0, 0);
        return Err(Trapped);
    };
    let limit = AtomicUsize::new(stack.end());
    let machine = Machine { code, limit, top: Cell::new(stack.start()) };
    let _guard = LimitGuard::new(&machine.limit);
    runtime.set_door(door);
    runtime.set_host((&raw const machine).cast_mut().cast());
    let result = machine.enter(context, code.main as usize, &[]);
    runtime.set_host(std::ptr::null_mut());
    result.map(|_| ())
}

/// Whether the runtime has the functions, strings and globals that the code counts on. Behind the functions it has names of
/// inlined ones.
fn fits(code: &Code, context: *mut Context) -> bool {
    // SAFETY: the runtime that the context is of is alive.
    let program = unsafe { (*context).program };
    // SAFETY: its tables live as long.
    let program = unsafe { &*program };
    program.functions.len >= code.entries.len()
        && (program.strings.len, program.globals.len) == (code.strings, code.globals)
}

/// Lets runtime functions call closures: a closure and its arguments in, both consumed; the result out, unless there is
/// a trap in flight. The call's frames begin where the interrupted frame's extent ends, and are gone when it returns.
fn door(context: *mut Context, closure: *mut Closure, args: &[u64]) -> u64 {
    let machine: *const Machine = mochi_runtime::host(context).cast_const().cast();
    // SAFETY: `run` set the host to its machine, which lives until `run` returns, and so as long as anything runs that
    // could call this.
    let machine = unsafe { &*machine };
    let here = 0u8;
    // SAFETY: the context of a running program is alive.
    let limit = unsafe { (*context).stack_limit };
    if (&raw const here).addr() < limit {
        raise(context, TrapKind::StackOverflow, 0, 0);
        return 0;
    }
    let closure = object::word(closure);
    let function = object::closure_function(closure);
    let mut words = Vec::with_capacity(args.len() + 1);
    words.push(closure);
    words.extend_from_slice(args);
    machine.enter(context, function, &words).unwrap_or(0)
}

impl Machine<'_> {
    #[inline(always)]
    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Calls a function from outside and runs it to its end.
    fn enter(&self, context: *mut Context, function: usize, args: &[u64]) -> Result<u64, Trapped> {
        let top = self.top.get();
        // A frame of one slot, for the result.
        let outer = Frame::new(top);
        let callee = outer.window(1 + FRAME_HEAD as usize);
        let entry = self.entry(function);
        if callee.exceeds(entry.before().low(), self.limit()) {
            raise(context, TrapKind::StackOverflow, 0, 0);
            return Err(Trapped);
        }
        callee.set_way_back(self.exit(), outer);
        for (slot, &arg) in args.iter().enumerate() {
            callee.set_far(slot, arg);
        }
        let result = interpret::interpret(self, context, entry, callee);
        self.top.set(top);
        match result {
            Ok(()) => Ok(outer.get(0)),
            Err((at, frame)) => {
                self.trace(context, at, frame);
                Err(Trapped)
            }
        }
    }

    /// Tells the runtime which calls the trap leaves, innermost first.
    #[cold]
    fn trace(&self, context: *mut Context, mut at: Cursor, mut frame: Frame) {
        loop {
            if let Some(site) = self.code.site(self.position(at)) {
                (table(context).trace)(context, i64::from(site));
            }
            let (behind, caller) = frame.way_back();
            if behind == self.exit() {
                return;
            }
            at = Cursor::new(behind.pointer().wrapping_sub(1));
            frame = caller;
        }
    }

    fn exit(&self) -> Cursor {
        Cursor::new(&raw const self.code.words[EXIT])
    }

    fn position(&self, at: Cursor) -> usize {
        (at.pointer().addr() - self.code.words.as_ptr().addr()) / size_of::<Word>()
    }

    #[inline(always)]
    fn entry(&self, function: usize) -> Cursor {
        Cursor::new(&raw const self.code.words[self.code.entries[function] as usize])
    }
}

/// The runtime functions.
#[inline(always)]
fn table<'a>(context: *mut Context) -> &'a RuntimeTable {
    // SAFETY: the context of a running program is alive.
    let table = unsafe { (*context).runtime };
    // SAFETY: the table is a static of the runtime.
    unsafe { &*table }
}

/// Whether a trap is in flight.
#[inline(always)]
fn trapped(context: *mut Context) -> bool {
    // SAFETY: the context of a running program is alive.
    unsafe { (*context).trap != 0 }
}

#[cold]
fn raise(context: *mut Context, kind: TrapKind, a: u64, b: u64) {
    (table(context).raise)(context, kind as i64, a as i64, b as i64);
}
