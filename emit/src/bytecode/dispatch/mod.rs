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
use super::words::Words;
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

/// What runs the functions that are not the interpreter's.
pub trait Outside: std::fmt::Debug {
    /// Calls a function with words for its parameters; a trap stays in the runtime, and then the result means nothing.
    fn call(&self, context: *mut Context, function: u32, words: &[u64]) -> u64;
}

/// What the loop needs beside its registers.
#[derive(Debug)]
struct Machine<'a> {
    code: &'a Code,
    outside: Option<&'a dyn Outside>,
    /// The address behind the stack's last word; 0 once the program was interrupted.
    limit: AtomicUsize,
    /// Where a callback's frames may begin: above all that are in use.
    top: Cell<*mut u64>,
}

/// How a call of a function ended.
#[derive(Debug)]
pub enum Left {
    /// It returned this word.
    Result(u64),
    /// A function elsewhere, with these words for its parameters, gives its result.
    Outside(u32, Words),
}

/// The interpreter, for functions that are called one by one.
#[derive(Debug)]
pub struct Interpreter<'a>(&'a Machine<'a>);

impl Interpreter<'_> {
    /// Calls a function with words for its parameters, which **must** be of their types.
    pub fn call(
        &self,
        context: *mut Context,
        function: u32,
        words: &[u64],
    ) -> Result<Left, Trapped> {
        self.0.enter(context, function as usize, words)
    }
}

/// Gives `work` an interpreter of code beside which other code runs. The context **must** be of a runtime that was made for the
/// same program.
pub fn beside<R>(
    code: &Code,
    outside: &dyn Outside,
    context: *mut Context,
    work: impl FnOnce(&Interpreter) -> R,
) -> Result<R, Trapped> {
    with_machine(code, Some(outside), context, |machine| work(&Interpreter(machine)))
}

/// Runs a program from its main function. The runtime **must** have been made for the same program; runtime functions use
/// the thread's own stack, whose limit the engine sets.
pub fn run(code: &Code, runtime: &mut Runtime) -> Result<(), Trapped> {
    let context = runtime.context();
    with_machine(code, None, context, |machine| {
        runtime.set_door(door);
        runtime.set_host((&raw const *machine).cast_mut().cast());
        let result = machine.enter(context, code.main as usize, &[]);
        runtime.set_host(std::ptr::null_mut());
        result.map(|_| ())
    })?
}

fn with_machine<R>(
    code: &Code,
    outside: Option<&dyn Outside>,
    context: *mut Context,
    work: impl FnOnce(&Machine) -> R,
) -> Result<R, Trapped> {
    assert!(fits(code, context), "the runtime was made for the program that is run");
    let Some(stack) = Stack::reserve() else {
        raise(context, TrapKind::OutOfMemory, 0, 0);
        return Err(Trapped);
    };
    let limit = AtomicUsize::new(stack.end());
    let machine = Machine { code, outside, limit, top: Cell::new(stack.start()) };
    let _guard = LimitGuard::new(&machine.limit);
    Ok(work(&machine))
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
    let words: Words = std::iter::once(closure).chain(args.iter().copied()).collect();
    match machine.enter(context, function, &words) {
        Ok(Left::Result(word)) => word,
        // There is a trap in flight.
        Err(Trapped) => 0,
        Ok(Left::Outside(function, words)) => machine.outside().call(context, function, &words),
    }
}

impl Machine<'_> {
    #[inline(always)]
    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Calls a function from outside and runs it to its end.
    fn enter(&self, context: *mut Context, function: usize, args: &[u64]) -> Result<Left, Trapped> {
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
        for (position, &arg) in args.iter().enumerate() {
            callee.set_far(self.code.parameter(position as u32) as usize, arg);
        }
        let result = interpret::interpret(self, context, entry, callee);
        self.top.set(top);
        match result {
            Ok(None) => Ok(Left::Result(outer.get(0))),
            Ok(Some((function, frame))) => {
                Ok(Left::Outside(function, self.arguments(function, frame)))
            }
            Err((at, frame)) => {
                self.trace(context, at, frame);
                Err(Trapped)
            }
        }
    }

    /// Calls a function elsewhere with the arguments in a frame.
    #[inline(never)]
    fn call_outside(&self, context: *mut Context, function: u32, frame: Frame) -> u64 {
        self.outside().call(context, function, &self.arguments(function, frame))
    }

    fn arguments(&self, function: u32, frame: Frame) -> Words {
        let count = self.code.params[function as usize];
        (0..count).map(|i| frame.get_far(self.code.parameter(i) as usize)).collect()
    }

    fn outside(&self) -> &dyn Outside {
        self.outside.expect("code that calls outside is run beside other code")
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
