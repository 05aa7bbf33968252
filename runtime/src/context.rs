//! A program's data in, a context out that compiled code and interpreters run with: [`Runtime`] owns the context, the
//! tables it points to, and the runtime's own state.
//!
//! A runtime is used by one thread at a time and may move between threads.

use std::ptr;

use mochi_abi::functions::RuntimeTable;
use mochi_abi::layout::{Closure, Context, Header, Rep, STR_BYTES, Str};
use mochi_abi::program::{
    BuiltProgram, CallClosure, FunctionInfo, ProgramInfo, Shape, ShapeField, Signature, Site,
    SourceFile, TypeInfo,
};

use crate::events::{self, Events};
use crate::logic::{self, Logic};
use crate::memory::{self, Heap, ShapeFacts};
use crate::object::{slice, write_word};
use crate::output::{Input, Output};
use crate::program::{ProgramData, Tables};
use crate::trap::{TrapInFlight, TrapReport};
use crate::{TABLE, str};

/// Calls a closure for a runtime function that was given one: consumes the closure and the arguments, words as its
/// function takes them; the caller owns the result. A trap shows in `Context::trap`, and then the result means nothing.
pub type Door = fn(*mut Context, *mut Closure, &[u64]) -> u64;

/// The runtime's part of a context.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) heap: Heap,
    pub(crate) shapes: Vec<ShapeFacts>,
    pub(crate) trap: TrapInFlight,
    pub(crate) output: Output,
    pub(crate) input: Input,
    /// The 128 strings of one ASCII character and then the empty string, each in `CHARACTER` bytes.
    pub(crate) characters: *mut u8,
    pub(crate) door: Door,
    /// The door of a built program, which speaks C.
    compiled_door: Option<CallClosure>,
    /// A word of the engine's own.
    host: *mut u8,
    /// The words that the program was started with, the program itself first.
    pub(crate) arguments: std::rc::Rc<[String]>,
    /// The seed of `now`'s sequence, when it is seeded.
    pub(crate) now_seed: Option<i64>,
    /// For each shape, once it was asked for: its fields in the order of their names.
    pub(crate) field_orders: Vec<Option<std::rc::Rc<[u32]>>>,
    pub(crate) events: Events,
    pub(crate) eval: crate::eval::Eval,
    /// What the program has stated, once it has stated anything.
    pub(crate) logic: Option<Box<Logic>>,
    /// The settings of each model that was declared, as JSON, by its name.
    pub(crate) models: Vec<(String, Settings)>,
    /// Somebody asked the program to stop.
    pub(crate) interrupt: Interrupt,
    /// The process ends with the program.
    is_last: bool,
}

/// Names and values, as JSON.
pub(crate) type Settings = Vec<(String, String)>;

/// Why `poll` should stop the program.
pub(crate) type Interrupt = std::sync::Arc<std::sync::atomic::AtomicBool>;

/// Bytes for a string of one character, a multiple of the alignment.
pub const CHARACTER: usize = STR_BYTES + 8;

/// Where the strings of one ASCII character are, in order, each in [`CHARACTER`] bytes; they live as long as the context.
pub fn characters(context: *mut Context) -> *mut u8 {
    context.state().characters
}

/// What the rest of the crate reads through a context.
pub(crate) trait ContextFields: Copy {
    fn fields<'a>(self) -> &'a mut Context;
    fn state<'a>(self) -> &'a mut State;
    fn program<'a>(self) -> &'a ProgramInfo;

    #[inline(always)]
    fn heap<'a>(self) -> &'a mut Heap {
        &mut self.state().heap
    }
    /// Whether a trap is in flight.
    #[inline(always)]
    fn trapped(self) -> bool {
        self.fields().trap != 0
    }
    #[inline(always)]
    fn shapes<'a>(self) -> &'a [Shape] {
        let shapes = self.program().shapes;
        slice(shapes.items, shapes.len)
    }
    #[inline(always)]
    fn shape<'a>(self, shape: u32) -> &'a Shape {
        &self.shapes()[shape as usize]
    }
    #[inline(always)]
    fn shape_fields<'a>(self, shape: u32) -> &'a [ShapeField] {
        let fields = self.shape(shape).fields;
        slice(fields.items, fields.len)
    }
    fn types<'a>(self) -> &'a [TypeInfo] {
        let types = self.program().types;
        slice(types.items, types.len)
    }
    fn signatures<'a>(self) -> &'a [Signature] {
        let signatures = self.program().signatures;
        slice(signatures.items, signatures.len)
    }
    fn functions<'a>(self) -> &'a [FunctionInfo] {
        let functions = self.program().functions;
        slice(functions.items, functions.len)
    }
}

impl ContextFields for *mut Context {
    #[inline(always)]
    fn fields<'a>(self) -> &'a mut Context {
        // SAFETY: a context that reaches the runtime is alive; the borrow is used for one field access.
        unsafe { &mut *self }
    }
    #[inline(always)]
    fn state<'a>(self) -> &'a mut State {
        let state = self.fields().state.cast::<State>();
        // SAFETY: the state lives as long as its context; the borrow is used for one field access.
        unsafe { &mut *state }
    }
    #[inline(always)]
    fn program<'a>(self) -> &'a ProgramInfo {
        let program = self.fields().program;
        // SAFETY: the tables live as long as the context, and nobody writes to them.
        unsafe { &*program }
    }
}

/// A text of the program's tables.
pub(crate) fn text<'a>(text: mochi_abi::program::Text) -> &'a str {
    // SAFETY: the tables' texts are UTF-8; both their makers build them from strings.
    unsafe { std::str::from_utf8_unchecked(slice(text.items, text.len)) }
}

/// A context with all that it points to.
#[derive(Debug)]
pub struct Runtime {
    context: *mut Context,
    /// What the context's tables live in, unless they are a built program's static data.
    tables: Option<Tables>,
    strings: *mut *mut Str,
    string_count: usize,
    /// Objects that the constants are.
    constants: usize,
}

// SAFETY: everything that a runtime points to is its own or constant, and its memory may be freed by any thread.
unsafe impl Send for Runtime {}

impl Runtime {
    /// A context for a program that is in memory. `functions` stays empty: the engine fills [`Context::functions`].
    pub fn new(data: ProgramData) -> Runtime {
        let mut tables = Tables::new(data);
        let info: *const ProgramInfo = tables.info();
        let (globals, strings) = (tables.globals(), tables.strings());
        Runtime::with_tables(info, globals, strings, Some(tables), &TABLE)
    }

    /// A context for a built program, whose tables are its static data.
    pub(crate) fn for_built_program(program: &'static BuiltProgram) -> Runtime {
        // It calls runtime functions by name: with a table of all, the linker could leave none out.
        let runtime =
            Runtime::with_tables(program.info, program.globals, program.strings, None, ptr::null());
        runtime.context.fields().functions = program.functions;
        let state = runtime.context.state();
        state.compiled_door = Some(program.call_closure);
        state.door = compiled_door;
        runtime
    }

    fn with_tables(
        info: *const ProgramInfo,
        globals: *mut u64,
        strings: *mut *mut Str,
        tables: Option<Tables>,
        functions: *const RuntimeTable,
    ) -> Runtime {
        let state = Box::into_raw(Box::new(State {
            heap: Heap::new(),
            shapes: Vec::new(),
            trap: TrapInFlight::default(),
            output: Output::new(),
            input: Input::new(),
            characters: ptr::null_mut(),
            door: no_door,
            compiled_door: None,
            host: ptr::null_mut(),
            arguments: std::rc::Rc::new([]),
            now_seed: crate::world::seed_from_environment(),
            field_orders: Vec::new(),
            models: Vec::new(),
            events: Events::new(),
            eval: crate::eval::Eval::default(),
            logic: None,
            interrupt: Interrupt::default(),
            is_last: false,
        }));
        let context = Box::into_raw(Box::new(Context {
            stack_limit: 0,
            poll: 0,
            trap: 0,
            saved_stack: 0,
            functions: ptr::null(),
            runtime: functions,
            globals,
            strings: strings.cast_const(),
            program: info,
            state: state.cast(),
        }));
        let shapes = context.shapes().iter();
        let facts = shapes.map(|shape| {
            let fields = slice(shape.fields.items, shape.fields.len).iter();
            ShapeFacts::new(fields.map(|field| field.rep), shape.cyclic)
        });
        context.state().shapes = facts.collect();
        str::make_characters(context);
        let texts = context.program().strings;
        for (i, constant) in slice(texts.items, texts.len).iter().enumerate() {
            write_word(strings.cast(), i, str::new(context, text(*constant)) as u64);
        }
        Runtime {
            context,
            tables,
            strings,
            string_count: texts.len,
            constants: context.heap().live_objects,
        }
    }

    /// What compiled code and interpreters get as their first argument. Valid as long as the runtime.
    pub fn context(&self) -> *mut Context {
        self.context
    }

    /// Sets who calls closures for runtime functions.
    pub fn set_door(&mut self, door: Door) {
        self.context.state().door = door;
    }

    /// Keeps a word for the engine, which [`host`] gives back.
    pub fn set_host(&mut self, host: *mut u8) {
        self.context.state().host = host;
    }

    /// The table that [`Context::functions`] is to be.
    pub fn set_functions(&mut self, functions: *const usize) {
        self.context.fields().functions = functions;
    }

    /// The lowest address that a frame may begin at, from [`crate::stack::on_big_stack`]; 0 (as at first) checks nothing.
    pub fn set_stack_limit(&mut self, limit: usize) {
        self.context.fields().stack_limit = limit;
    }

    /// Makes allocation fail when the program's objects take more than that.
    pub fn set_memory_limit(&mut self, bytes: usize) {
        self.context.heap().set_limit(bytes);
    }

    /// What `input()` reads instead of standard input.
    pub fn set_input(&mut self, text: &[u8]) {
        self.context.state().input = Input::from_text(text);
    }

    /// `now` gives the sequence that begins with this number, as `MOCHI_NOW_SEED` asks for.
    pub fn seed_now(&mut self, seed: i64) {
        self.context.state().now_seed = Some(seed);
    }

    /// What the program sees as the words it was started with, the program itself first.
    pub fn set_arguments(&mut self, words: impl IntoIterator<Item = String>) {
        self.context.state().arguments = words.into_iter().collect();
    }

    /// Collects what the program prints from now on, for [`Runtime::take_output`].
    pub fn capture_output(&mut self) {
        self.context.state().output.capture();
    }

    /// What the program printed since the last time.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.context.state().output.take()
    }

    /// Writes out what is still buffered. A failure becomes the trap in flight, unless there is one.
    pub fn flush(&mut self) {
        crate::output::flush(self.context);
    }

    /// Makes this the program that Ctrl-C stops, if [`crate::interrupt::listen`] was called.
    pub fn stop_on_interrupt(&mut self) {
        crate::interrupt::register(self.context);
    }

    /// The process ends with this program: what is alive then goes with it, and is not freed object by object before.
    pub fn end_the_process(&mut self) {
        self.context.state().is_last = true;
    }

    /// Lets another thread stop the program: set the flag, then make [`Context::poll`] nonzero.
    pub fn interrupt(&self) -> std::sync::Arc<std::sync::atomic::AtomicBool> {
        self.context.state().interrupt.clone()
    }

    /// Takes the trap in flight, if there is one; afterwards the context can be used again.
    pub fn take_trap(&mut self) -> Option<TrapReport> {
        crate::trap::take_report(self.context)
    }

    /// The paths of the program's files with where each begins in the text of all.
    pub fn source_files(&self) -> Vec<(&str, u32)> {
        let files = self.context.program().files;
        let file = |file: &SourceFile| (text(file.path), file.start as u32);
        slice(files.items, files.len).iter().map(file).collect()
    }

    /// The text of all files of the program.
    pub fn source_text(&self) -> &str {
        text(self.context.program().source)
    }

    /// How many objects are alive that the program has made: neither constants nor the runtime's own.
    pub fn live_objects(&self) -> usize {
        self.context.heap().live_objects - self.constants
    }

    /// Makes [`Runtime::sweep`] possible. The program **must not** have made an object yet.
    pub fn track_objects(&mut self) {
        assert_eq!(self.live_objects(), 0, "objects are tracked from the first one on");
        self.context.heap().tracked.turn_on();
    }

    /// After a trap, when nothing of the program runs any more: frees what the calls that it left owned. What the globals
    /// reach stays, and what the words in `held` do, each of which the host owns once. Whether that could be done: not
    /// without [`Runtime::track_objects`], nor without memory for a list of the objects.
    pub fn sweep(&mut self, held: &[(u64, Rep)]) -> bool {
        self.context.heap().tracked.is_on() && crate::sweep::sweep(self.context, held)
    }

    /// Frees all objects that only refer to one another; how many there were.
    pub fn collect_cycles(&mut self) -> usize {
        crate::cycles::collect_all(self.context)
    }

    /// Drops what the globals hold and makes them 0, lets go of the handlers that listen and forgets facts and rules, so that
    /// [`Runtime::live_objects`] tells what was left over.
    pub fn release_globals(&mut self) {
        events::release(self.context);
        logic::release(self.context);
        crate::eval::release(self.context);
        let reps = self.context.program().globals;
        for (i, &rep) in slice(reps.items, reps.len).iter().enumerate() {
            let globals = self.context.fields().globals;
            let word = crate::object::read_word(globals, i);
            write_word(globals, i, 0);
            memory::drop_word(self.context, word, rep);
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        crate::interrupt::forget(self.context);
        if self.context.state().is_last {
            return;
        }
        self.release_globals();
        self.collect_cycles();
        // The constants were there first.
        self.context.heap().tracked = crate::sweep::Tracked::default();
        for &string in slice(self.strings.cast_const(), self.string_count) {
            str::release_constant(self.context, string);
        }
        str::release_characters(self.context);
        drop(self.tables.take());
        // SAFETY: the state was made by `Box::into_raw` and nobody uses it any more.
        drop(unsafe { Box::from_raw(self.context.fields().state.cast::<State>()) });
        // SAFETY: as above, for the context.
        drop(unsafe { Box::from_raw(self.context) });
    }
}

/// The word that the engine keeps in this context.
pub fn host(context: *mut Context) -> *mut u8 {
    context.state().host
}

/// Calls a closure with words as its function takes them: borrows the closure, consumes the arguments.
pub(crate) fn call(context: *mut Context, closure: *mut Closure, args: &[u64]) -> u64 {
    memory::dup(closure.cast::<Header>());
    (context.state().door)(context, closure, args)
}

/// The door of a program that cannot call closures: there is none.
fn no_door(context: *mut Context, closure: *mut Closure, _: &[u64]) -> u64 {
    memory::drop_object(context, closure.cast());
    crate::trap::raise_message(
        context,
        mochi_abi::trap::TrapKind::Operand,
        "nothing here can call a function value",
    );
    0
}

fn compiled_door(context: *mut Context, closure: *mut Closure, args: &[u64]) -> u64 {
    match context.state().compiled_door {
        Some(door) => door(context, closure, args.as_ptr(), args.len()),
        None => no_door(context, closure, args),
    }
}

/// How a shape's field is counted: its rep if that is counted, else any rep that is not.
#[inline]
pub(crate) fn counting_rep(context: *mut Context, shape: u32, i: usize) -> Rep {
    if i >= u64::BITS as usize {
        return context.shape_fields(shape)[i].rep;
    }
    let facts = context.state().shape(shape);
    if facts.refs >> i & 1 == 1 {
        Rep::Ref
    } else if facts.anys >> i & 1 == 1 {
        Rep::Any
    } else {
        Rep::I64
    }
}

/// The site with this number, if there is one.
pub(crate) fn site(context: *mut Context, site: u32) -> Option<Site> {
    let sites = context.program().sites;
    slice(sites.items, sites.len).get(site as usize).copied()
}
