//! Functions that are compiled when they are called: a number goes in, the address of the function's code comes out.
//!
//! Until then `Context::functions` has the address of code that asks for it. A batch is published as a piece of memory of its own,
//! which is never written again, and the table is all that changes. When a batch cannot be made or published (the memory for code
//! is used up) nothing more is compiled, and the functions that have no code yet are interpreted.
//!
//! Part of an unsafe room: its code is entered by [`super`].

use super::{Batch, Loaded};
use crate::batches::Batches;
use crate::native::{Maker, Options};
use mochi_abi::layout::Context;
use mochi_emit::EmitError;
use mochi_emit::bytecode::{self, Interpreter, Left, Trapped};
use mochi_emit::code_memory::Way;
use mochi_ir::program::FunctionId;
use mochi_ir::sites::Sites;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// How the functions are compiled that are nowhere yet.
#[derive(Debug)]
pub(crate) struct Later {
    maker: Maker,
    options: Options,
    way: Way,
    sites: Sites,
    batches: Mutex<Batches>,
    /// What has been compiled, by its addresses.
    published: Mutex<Vec<Batch>>,
    /// The code that asks for functions.
    ask: usize,
    /// All that has no code, when nothing more is compiled.
    rest: OnceLock<bytecode::Code>,
    /// Who interprets the rest at the moment.
    interpreter: AtomicPtr<Interpreter<'static>>,
}

impl Later {
    pub(crate) fn new(
        maker: Maker,
        options: Options,
        way: Way,
        sites: Sites,
        batches: Batches,
    ) -> Later {
        Later {
            maker,
            options,
            way,
            sites,
            batches: Mutex::new(batches),
            published: Mutex::default(),
            ask: 0,
            rest: OnceLock::new(),
            interpreter: AtomicPtr::default(),
        }
    }

    /// Says where the code is that asks for functions.
    pub(super) fn set_ask(&mut self, address: usize) {
        self.ask = address;
    }

    /// Whether this is the address of a function's own code.
    pub(super) fn is_there(&self, address: usize) -> bool {
        address != self.ask
    }

    /// The site that a return address belongs to.
    pub(super) fn site(&self, at: usize) -> Option<u32> {
        let published = locked(&self.published);
        let behind = published.partition_point(|batch| batch.start() <= at);
        published.get(behind.checked_sub(1)?)?.site(at)
    }

    /// Compiles a function that has no code; `None` when nothing is compiled any more.
    pub(super) fn compile(
        &self,
        loaded: &Loaded,
        context: *mut Context,
        function: FunctionId,
    ) -> Option<usize> {
        if self.rest.get().is_some() {
            return None;
        }
        let functions = locked(&self.batches).next(loaded.program, function);
        let made = self.maker.compile_some(loaded.program, &self.sites, self.options, &functions);
        // What must be interpreted was in the first batch, unless its size was misjudged.
        let code = made.ok().filter(|code| code.interpreted.is_empty());
        let batch =
            code.and_then(|code| Batch::publish(code, context, &loaded.arguments, self.way).ok());
        let Some(batch) = batch else {
            let rest = self.interpret_rest(loaded);
            self.rest.set(rest).unwrap_or_else(|_| unreachable!("it was not set above"));
            return None;
        };
        for (number, address) in batch.entries() {
            loaded.functions[number.index()].store(address, Ordering::Relaxed);
        }
        let mut published = locked(&self.published);
        let place = published.partition_point(|other| other.start() < batch.start());
        published.insert(place, batch);
        Some(loaded.functions[function.index()].load(Ordering::Relaxed))
    }

    /// All that has no code, for the interpreter.
    fn interpret_rest(&self, loaded: &Loaded) -> bytecode::Code {
        let has_code = |function: FunctionId| {
            self.is_there(loaded.functions[function.index()].load(Ordering::Relaxed))
        };
        bytecode::compile_beside(loaded.program, &self.sites, has_code)
            .unwrap_or_else(|error: EmitError| panic!("the interpreter declines nothing: {error}"))
    }

    /// Interprets a function that [`Later::compile`] has made nothing of.
    pub(super) fn interpret(
        &self,
        loaded: &Loaded,
        context: *mut Context,
        function: FunctionId,
        words: &[u64],
    ) -> Result<Left, Trapped> {
        let interpreter = self.interpreter.load(Ordering::Relaxed);
        if !interpreter.is_null() {
            // SAFETY: it is set below, while it is alive.
            return unsafe { &*interpreter }.call(context, function.0, words);
        }
        let rest = self.rest.get().expect("nothing more is compiled");
        bytecode::beside(rest, loaded, context, |interpreter| {
            let pointer: *const Interpreter = interpreter;
            self.interpreter.store(pointer.cast_mut().cast(), Ordering::Relaxed);
            let left = interpreter.call(context, function.0, words);
            self.interpreter.store(std::ptr::null_mut(), Ordering::Relaxed);
            left
        })?
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
