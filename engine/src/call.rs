//! The only door into compiled code: machine code and a runtime go in, the code is loaded, its main function runs, and what it
//! leaves in the runtime is the result.
//!
//! An unsafe room. What it stands on:
//! - The code is what an emitter made of the verified program that comes along; it keeps the conventions of
//!   [`mochi_emit::driver`], and its own door saves what C functions must keep.
//! - The runtime was made for the same program.
//! - No Rust frame is ever skipped: code that traps returns through the door of its innermost entry.

#![expect(unsafe_code, reason = "compiled code is called, and its frames are walked")]

pub(crate) mod debugger;
pub(crate) mod later;
#[cfg(all(test, target_os = "linux"))]
mod outer;

use crate::placed::Placed;
use later::Later;
use mochi_abi::functions::RuntimeTable;
use mochi_abi::layout::{Closure, Context};
use mochi_abi::trap::TrapKind;
use mochi_base::Sources;
use mochi_emit::bytecode::{self, Interpreter, Left, Outside, Trapped, Words};
use mochi_emit::code_memory::{CodeBuffer, Published, Refused, Way};
use mochi_emit::driver::code::{Address, ArgumentPlace, ArgumentPlaces, Code, Image};
use mochi_ir::program::{Function, FunctionId, Param, Program};
use mochi_ir::types::Type;
use mochi_runtime::Runtime;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// A program's code in executable memory.
#[derive(Debug)]
pub struct Loaded<'p> {
    program: &'p Program,
    /// The code that there is when the program starts.
    first: Batch,
    /// The address of each function, or of the code that asks for it.
    functions: Box<[AtomicUsize]>,
    /// The words that arguments without a register are passed in.
    arguments: Box<[u64]>,
    /// The functions that the interpreter runs.
    interpreted: Option<bytecode::Code>,
    /// The interpreter, while the program runs.
    interpreter: AtomicPtr<Interpreter<'static>>,
    /// How the other functions are compiled.
    later: Option<Later>,
}

/// Code of some functions, in executable memory.
#[derive(Debug)]
struct Batch {
    code: Code,
    published: Published,
}

impl Batch {
    /// Fills in the addresses that are known only now and publishes the code.
    fn publish(
        mut code: Code,
        context: *mut Context,
        arguments: &[u64],
        way: Way,
    ) -> Result<Batch, Refused> {
        let mut buffer = CodeBuffer::new(std::mem::take(&mut code.bytes));
        for &(at, address) in &code.addresses {
            let word = match address {
                Address::Runtime(function) => runtime_function(context, function as usize),
                Address::Str(string) => string_address(context, string.index()),
                Address::Characters => mochi_runtime::characters(context).expose_provenance(),
                Address::Arguments => arguments.as_ptr().expose_provenance(),
                Address::Unwind => unwind as *const () as usize,
                Address::Interpret => interpret as *const () as usize,
                Address::Compile => compile as *const () as usize,
            };
            buffer.set_word(at as usize, word as u64);
        }
        let published = buffer.publish(way)?;
        Ok(Batch { code, published })
    }

    fn start(&self) -> usize {
        self.published.start()
    }

    /// Its functions and their addresses.
    fn entries(&self) -> impl Iterator<Item = (FunctionId, usize)> {
        let entries = self.code.functions.iter().zip(&self.code.entries);
        entries.map(|(&function, &entry)| (function, self.start() + entry as usize))
    }

    /// The site that a return address belongs to.
    fn site(&self, at: usize) -> Option<u32> {
        self.code.site(u32::try_from(at.wrapping_sub(self.start())).ok()?)
    }
}

/// Which way code becomes executable in this process: the first that works, as running a stub shows.
pub fn way() -> Option<Way> {
    static WAY: OnceLock<Option<Way>> = OnceLock::new();
    *WAY.get_or_init(|| Way::ALL.into_iter().find(|&way| probe(way)))
}

/// A stub's number, which no register holds by chance.
const PROBED: u32 = 0x6d6f_6368;

fn probe(way: Way) -> bool {
    let stub = if !cfg!(target_os = "linux") {
        return false;
    } else if cfg!(target_arch = "x86_64") {
        // mov eax, PROBED; ret
        let [a, b, c, d] = PROBED.to_le_bytes();
        vec![0xb8, a, b, c, d, 0xc3]
    } else if cfg!(target_arch = "aarch64") {
        // movz w0, PROBED; movk w0, PROBED >> 16, lsl 16; ret
        let part = |number: u32| (number & 0xffff) << 5;
        let words = [0x5280_0000 | part(PROBED), 0x72a0_0000 | part(PROBED >> 16), 0xd65f_03c0u32];
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    } else {
        return false;
    };
    let Ok(stub) = CodeBuffer::new(stub).publish(way) else { return false };
    let address = std::ptr::with_exposed_provenance::<()>(stub.start());
    // SAFETY: the address is of published code, a whole function of this type for this machine, as the check above says.
    let stub = unsafe { std::mem::transmute::<*const (), extern "C" fn() -> u32>(address) };
    stub() == PROBED
}

impl<'p> Loaded<'p> {
    /// Makes code executable. It **must** have been made of the program, the runtime for it, what is interpreted of the functions
    /// that the code leaves to the interpreter, and `later` have made it, unless all functions are there.
    pub(crate) fn load(
        program: &'p Program,
        code: Code,
        interpreted: Option<bytecode::Code>,
        mut later: Option<Later>,
        runtime: &Runtime,
        way: Way,
    ) -> Result<Loaded<'p>, Refused> {
        let context = runtime.context();
        let mut spilled = code.spilled_arguments as usize;
        if later.is_some() {
            spilled = program.functions.iter().map(in_memory).max().unwrap_or_default();
        }
        let arguments = vec![0u64; spilled].into_boxed_slice();
        let compile = code.compile;
        let first = Batch::publish(code, context, &arguments, way)?;
        let ask = compile.map_or(0, |compile| first.start() + compile as usize);
        if let Some(later) = &mut later {
            later.set_ask(ask);
        }
        let functions: Box<[AtomicUsize]> =
            program.functions.iter().map(|_| AtomicUsize::new(ask)).collect();
        for (function, address) in first.entries() {
            functions[function.index()].store(address, Ordering::Relaxed);
        }
        let interpreter = AtomicPtr::default();
        Ok(Loaded { program, first, functions, arguments, interpreted, interpreter, later })
    }

    /// The code that there is at first, as tools outside see it.
    pub(crate) fn placed<'a>(&'a self, sources: &'a Sources) -> Placed<'a> {
        let Batch { code, published } = &self.first;
        let (start, len) = (published.start(), published.len());
        Placed { sources, program: self.program, code, start, len }
    }

    /// Runs the program from its main function. A trap stays in the runtime.
    pub fn run(&self, runtime: &mut Runtime) {
        self.call(runtime, self.program.main, &[]);
    }

    /// Calls a function with words for its parameters, which **must** be of their types; gives its result as a word, which
    /// means nothing when there is a trap, which stays in the runtime.
    pub fn call(&self, runtime: &mut Runtime, function: FunctionId, words: &[u64]) -> u64 {
        let called = self.during(runtime, |runtime| self.enter(runtime.context(), function, words));
        // Without room for an interpreter there is a trap in flight.
        called.unwrap_or(0)
    }

    /// The address of a function's entry by the platform's C ABI ([`Options::outer`](crate::native::Options::outer)), which can be
    /// called while [`Loaded::during`] does its work.
    pub fn outer(&self, function: FunctionId) -> Option<usize> {
        let Batch { code, published } = &self.first;
        let place = code.functions.iter().position(|&other| other == function)?;
        Some(published.start() + *code.outer.get(place)? as usize)
    }

    /// Does work during which the program's code may run. `None` when there is no room for an interpreter that it needs, which is a
    /// trap in the runtime.
    pub fn during<R>(
        &self,
        runtime: &mut Runtime,
        work: impl FnOnce(&mut Runtime) -> R,
    ) -> Option<R> {
        runtime.set_functions(self.functions.as_ptr().cast());
        runtime.set_door(door);
        runtime.set_host((&raw const *self).cast_mut().cast());
        let result = match &self.interpreted {
            None => Some(work(runtime)),
            Some(code) => {
                let result = bytecode::beside(code, self, runtime.context(), |interpreter| {
                    let pointer: *const Interpreter = interpreter;
                    self.interpreter.store(pointer.cast_mut().cast(), Ordering::Relaxed);
                    let result = work(runtime);
                    self.interpreter.store(std::ptr::null_mut(), Ordering::Relaxed);
                    result
                });
                result.ok()
            }
        };
        runtime.set_host(std::ptr::null_mut());
        runtime.set_functions(std::ptr::null());
        result
    }

    /// The address of a function's code, which is made if it is not there; `None` when the function is to be interpreted.
    fn entry(&self, context: *mut Context, function: FunctionId) -> Option<usize> {
        let address = self.functions[function.index()].load(Ordering::Relaxed);
        match &self.later {
            Some(later) if !later.is_there(address) => later.compile(self, context, function),
            _ => Some(address),
        }
    }

    /// Calls a function with words for its parameters; gives its result as a word.
    fn enter(&self, context: *mut Context, function: FunctionId, words: &[u64]) -> u64 {
        let Some(entry) = self.entry(context, function) else {
            return match self.interpret_rest(context, function, words) {
                Ok(Left::Result(word)) => word,
                // What has code is entered by that.
                Ok(Left::Outside(next, words)) => self.enter(context, FunctionId(next), &words),
                Err(Trapped) => 0,
            };
        };
        let callee = &self.program.functions[function.index()];
        assert_eq!(words.len(), callee.params.len(), "a function gets what it takes");
        let mut image = Image::default();
        self.pass(callee, words, &mut image);
        let door = std::ptr::with_exposed_provenance::<()>(
            self.first.start() + self.first.code.door as usize,
        );
        // SAFETY: the code's door is a function of this type, by the emitter.
        let door = unsafe {
            std::mem::transmute::<*const (), extern "C" fn(*mut Context, usize, *mut Image)>(door)
        };
        door(context, entry, &mut image);
        match callee.result {
            Some(Type::F64) => image.float_result,
            Some(_) => image.int_result,
            None => 0,
        }
    }

    /// Puts words where a function expects its arguments.
    fn pass(&self, callee: &Function, words: &[u64], image: &mut Image) {
        let mut places = ArgumentPlaces::default();
        for (param, &word) in callee.params.iter().zip(words) {
            match places.next(param.ty) {
                ArgumentPlace::Int(number) => image.ints[number] = word,
                ArgumentPlace::Float(number) => image.floats[number] = word,
                // SAFETY: the word is one of ours, and only compiled code, which does not run now, refers to it otherwise.
                ArgumentPlace::Memory(number) => unsafe { self.argument(number).write(word) },
            }
        }
    }

    /// The words that a function finds where it expects its arguments.
    fn passed(&self, callee: &Function, image: &Image) -> Words {
        let mut places = ArgumentPlaces::default();
        let word = |param: &Param| match places.next(param.ty) {
            ArgumentPlace::Int(number) => image.ints[number],
            ArgumentPlace::Float(number) => image.floats[number],
            // SAFETY: the word is one of ours, and only compiled code, which does not run now, refers to it otherwise.
            ArgumentPlace::Memory(number) => unsafe { self.argument(number).read() },
        };
        callee.params.iter().map(word).collect()
    }

    /// Where the argument with this number among those in memory is.
    fn argument(&self, number: usize) -> *mut u64 {
        assert!(number < self.arguments.len(), "there is a word for every argument");
        let at = self.arguments.as_ptr().expose_provenance() + number * size_of::<u64>();
        std::ptr::with_exposed_provenance_mut(at)
    }

    /// Calls a function that has no code and gets none.
    fn interpret_rest(
        &self,
        context: *mut Context,
        function: FunctionId,
        words: &[u64],
    ) -> Result<Left, Trapped> {
        let later = self.later.as_ref().expect("only functions that come later have no code");
        later.interpret(self, context, function, words)
    }

    /// Puts how a call by the interpreter ended where compiled code looks for it; gives the address to go on at, or 0.
    fn left(&self, context: *mut Context, left: Result<Left, Trapped>, image: &mut Image) -> usize {
        match left {
            Ok(Left::Result(word)) => {
                image.int_result = word;
                image.float_result = word;
                0
            }
            Ok(Left::Outside(next, words)) => {
                let next = FunctionId(next);
                self.pass(&self.program.functions[next.index()], &words, image);
                self.entry(context, next).expect("what is outside of the interpreter has code")
            }
            // The code looks for the trap.
            Err(Trapped) => 0,
        }
    }

    /// The site that a return address belongs to.
    fn site(&self, at: usize) -> Option<u32> {
        self.first.site(at).or_else(|| self.later.as_ref()?.site(at))
    }

    /// The interpreter of the running program.
    fn interpreter(&self) -> &Interpreter<'_> {
        let interpreter = self.interpreter.load(Ordering::Relaxed);
        assert!(!interpreter.is_null(), "code that calls the interpreter runs beside one");
        // SAFETY: `call` set it to one that lives until compiled code has returned.
        unsafe { &*interpreter }
    }
}

impl Outside for Loaded<'_> {
    fn call(&self, context: *mut Context, function: u32, words: &[u64]) -> u64 {
        if !has_room(context) {
            return 0;
        }
        self.enter(context, FunctionId(function), words)
    }
}

/// Where a runtime function is.
fn runtime_function(context: *mut Context, number: usize) -> usize {
    // SAFETY: the context is a runtime's, which is alive.
    let table: *const RuntimeTable = unsafe { (*context).runtime };
    let entry = table.cast::<usize>().wrapping_add(number);
    // SAFETY: the table has a pointer for each function's number, by its definition.
    unsafe { entry.read() }
}

/// Where a constant string is.
fn string_address(context: *mut Context, number: usize) -> usize {
    // SAFETY: the context is a runtime's, which is alive.
    let strings = unsafe { (*context).strings };
    let at = strings.wrapping_add(number);
    // SAFETY: the program has a string with this number, by the verifier, and the runtime is the program's.
    unsafe { at.read() }.expose_provenance()
}

/// The code that a context's program runs as.
fn loaded<'a>(context: *mut Context) -> &'a Loaded<'a> {
    let loaded: *const Loaded = mochi_runtime::host(context).cast_const().cast();
    // SAFETY: `run` set the host, and what it refers to lives until `run` returns, so as long as anything runs that could ask.
    unsafe { &*loaded }
}

/// Lets runtime functions call closures: a closure and its arguments in, both consumed; the result out, unless there is a trap
/// in flight.
fn door(context: *mut Context, closure: *mut Closure, args: &[u64]) -> u64 {
    if !has_room(context) {
        return 0;
    }
    // SAFETY: whoever calls has an owned closure.
    let function = unsafe { (*closure).function };
    let closure = closure.expose_provenance() as u64;
    let words: Words = std::iter::once(closure).chain(args.iter().copied()).collect();
    loaded(context).enter(context, FunctionId(function as u32), &words)
}

/// Whether there is room on the stack; if not, there is a trap in flight.
fn has_room(context: *mut Context) -> bool {
    let here = 0u8;
    // SAFETY: the context of a running program is alive.
    let limit = unsafe { (*context).stack_limit };
    if (&raw const here).addr() >= limit {
        return true;
    }
    // SAFETY: as above.
    let table = unsafe { (*context).runtime };
    // SAFETY: the table is a static of the runtime.
    let raise = unsafe { (*table).raise };
    raise(context, TrapKind::StackOverflow as i64, 0, 0);
    false
}

/// Runs a function in the interpreter for compiled code, as [`Address::Interpret`] says.
extern "C" fn interpret(context: *mut Context, function: usize, image: *mut Image) -> usize {
    if !has_room(context) {
        return 0;
    }
    let loaded = loaded(context);
    // SAFETY: it is in the frame of the code that calls this.
    let image = unsafe { &mut *image };
    let words = loaded.passed(&loaded.program.functions[function], image);
    let left = loaded.interpreter().call(context, function as u32, &words);
    loaded.left(context, left, image)
}

/// Compiles a function for compiled code, as [`Address::Compile`] says.
extern "C" fn compile(context: *mut Context, function: usize, image: *mut Image) -> usize {
    if !has_room(context) {
        return 0;
    }
    let (loaded, function) = (loaded(context), FunctionId(function as u32));
    if let Some(entry) = loaded.entry(context, function) {
        return entry;
    }
    // SAFETY: it is in the frame of the code that calls this.
    let image = unsafe { &mut *image };
    let words = loaded.passed(&loaded.program.functions[function.index()], image);
    let left = loaded.interpret_rest(context, function, &words);
    loaded.left(context, left, image)
}

/// How many words of a function's arguments are passed in memory.
fn in_memory(function: &Function) -> usize {
    let mut places = ArgumentPlaces::default();
    for param in &function.params {
        places.next(param.ty);
    }
    places.in_memory()
}

/// Tells the runtime which calls a trap leaves, innermost first: the one whose return address is `at`, and those of the frames
/// from `frame` on, up to the innermost door.
extern "C" fn unwind(context: *mut Context, frame: *const usize, at: usize) {
    let loaded = loaded(context);
    // SAFETY: the context of a running program is alive.
    let table = unsafe { (*context).runtime };
    // SAFETY: the table is a static of the runtime.
    let trace = unsafe { (*table).trace };
    let tell = |at: usize| {
        if let Some(site) = loaded.site(at) {
            trace(context, site.into());
        }
    };
    tell(at);
    let mut frame = frame;
    while !frame.is_null() {
        // SAFETY: a frame begins with the address of the frame that called it; the chain ends at the door with null.
        let next = unsafe { frame.read() };
        let behind = frame.wrapping_add(1);
        // SAFETY: the return address follows.
        tell(unsafe { behind.read() });
        frame = std::ptr::with_exposed_provenance(next);
    }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;
