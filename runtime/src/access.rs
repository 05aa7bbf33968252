//! A context for code that works with words and calls back by itself: the reference evaluator's way in.

use crate::THUNKS;
use crate::context::{ContextFields, Runtime, host};
use crate::object::{read_word, write_word};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Closure, Context};
use mochi_abi::trap::TrapKind;

/// A context whose values are read and written as words. Words **must** be what the program's types say.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    context: *mut Context,
}

/// Who calls closures for runtime functions.
pub trait Callee {
    /// Calls a closure, consuming it and the arguments; the result is owned by the caller, and means nothing when there
    /// is a trap in flight afterwards.
    fn call(&self, access: Access, closure: u64, args: &[u64]) -> u64;
}

impl Runtime {
    /// Runs `work`, during which closures are called through `callee`.
    pub fn with_callee<R>(&mut self, callee: &dyn Callee, work: impl FnOnce(Access) -> R) -> R {
        let access = Access { context: self.context() };
        // A reference to a trait object is two words, and the host is one.
        let callee: &&dyn Callee = &callee;
        self.set_door(through_callee);
        self.set_host((&raw const *callee).cast_mut().cast());
        let result = work(access);
        self.set_host(std::ptr::null_mut());
        result
    }
}

fn through_callee(context: *mut Context, closure: *mut Closure, args: &[u64]) -> u64 {
    let callee: *const &dyn Callee = host(context).cast_const().cast();
    // SAFETY: `with_callee` set both this door and the host, which lives until the work that calls this has returned.
    let callee = unsafe { *callee };
    callee.call(Access { context }, closure as u64, args)
}

impl Access {
    /// Calls a runtime function with the ownership that its row says. The error is the trap in flight.
    pub fn call(self, function: RuntimeFunction, args: &[u64]) -> Result<u64, TrapKind> {
        let word = THUNKS[function as usize](self.context, args);
        match TrapKind::from_code(self.context.fields().trap) {
            None => Ok(word),
            Some(kind) => Err(kind),
        }
    }
    /// A constant string, which the program owns.
    pub fn string(self, number: usize) -> u64 {
        read_word(self.context.fields().strings.cast::<u64>().cast_mut(), number)
    }
    /// The word in a global, without a new owner.
    pub fn global(self, number: usize) -> u64 {
        read_word(self.context.fields().globals, number)
    }
    /// Replaces the word in a global, without dropping the old one.
    pub fn set_global(self, number: usize, word: u64) {
        write_word(self.context.fields().globals, number, word);
    }
    /// The number of a closure's function.
    pub fn closure_function(self, closure: u64) -> u32 {
        // It is the word behind the header.
        read_word(closure as *const u64, 1) as u32
    }
}
