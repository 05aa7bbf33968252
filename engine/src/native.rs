//! IR → machine code in this process → a program that runs.

use crate::batches::Batches;
use crate::call::{self, Loaded, debugger, later::Later};
use crate::run::{Ended, end};
use crate::timing::Timings;
use crate::{data, debug_info, perf_map};
use mochi_base::Sources;
use mochi_emit::code_memory::Refused;
use mochi_emit::driver::code::Code;
use mochi_emit::{EmitError, bytecode, stencil, template};
use mochi_ir::program::{Function, FunctionId, Program};
use mochi_ir::sites::Sites;
use mochi_runtime::Runtime;
use mochi_runtime::stack::on_big_stack;

pub use crate::batches::Pace;
pub use mochi_emit::baseline::{Interpreted, Options};

/// Who makes the machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    Template,
    Stencil,
}

impl Maker {
    /// Each of them.
    pub const ALL: &'static [Maker] = &[Maker::Template, Maker::Stencil];

    /// The emitter's name.
    pub const fn name(self) -> &'static str {
        match self {
            Maker::Template => "template",
            Maker::Stencil => "stencil",
        }
    }

    /// A program as machine code.
    pub fn compile(
        self,
        program: &Program,
        sites: &Sites,
        options: Options,
    ) -> Result<Code, EmitError> {
        match self {
            Maker::Template => template::compile(program, sites, options),
            Maker::Stencil => stencil::compile(program, sites, options),
        }
    }

    /// Some functions of a program; the others are called by `Context::functions`.
    pub(crate) fn compile_some(
        self,
        program: &Program,
        sites: &Sites,
        options: Options,
        functions: &[FunctionId],
    ) -> Result<Code, EmitError> {
        match self {
            Maker::Template => template::compile_some(program, sites, options, functions),
            Maker::Stencil => stencil::compile_some(program, sites, options, functions),
        }
    }

    /// Whether it may leave a function to the interpreter; when this is false it certainly does not.
    fn may_leave(self, function: &Function, number: FunctionId, options: Options) -> bool {
        match self {
            Maker::Template => template::may_be_left(function, number, options),
            Maker::Stencil => stencil::may_be_left(function, number, options),
        }
    }
}

/// How a program runs as machine code, and who is told of the code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    pub options: Options,
    /// When functions are compiled.
    pub pace: Pace,
    /// Debuggers, of functions, lines and frames.
    pub debugger: bool,
    /// `perf`, of functions.
    pub perf_map: bool,
}

impl From<Options> for Settings {
    fn from(options: Options) -> Settings {
        Settings { options, ..Settings::default() }
    }
}

/// Why a program did not run as machine code. It has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRun {
    Emit(EmitError),
    /// There is no memory for code, or none that may be executed.
    Memory(Refused),
    /// The file for `perf` could not be written.
    PerfMap(String),
}

impl std::fmt::Display for NotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            NotRun::Emit(error) => error.fmt(f),
            NotRun::Memory(refused) => write!(f, "no executable memory: {refused}"),
            NotRun::PerfMap(why) => write!(f, "the map for perf cannot be written: {why}"),
        }
    }
}

/// Compiles a program and runs it in this process. `prepare` and `after` are those of [`crate::run::interpret`].
pub fn run<R: Send>(
    sources: &Sources,
    program: &Program,
    maker: Maker,
    settings: impl Into<Settings>,
    timings: &mut Timings,
    prepare: impl FnOnce(&mut Runtime) + Send,
    after: impl FnOnce(&mut Runtime) -> R + Send,
) -> Result<(Ended, R), NotRun> {
    let Some(way) = call::way() else {
        return Err(NotRun::Memory(Refused {
            why: String::from("the system, or this machine, lets no code of ours be executed"),
        }));
    };
    let mut settings = settings.into();
    settings.options.lines |= settings.debugger;
    let options = settings.options;
    // Who is told of code, or asks for entries, gets all of it.
    let is_told = settings.debugger || settings.perf_map || options.outer;
    let pace = if is_told { Pace::AtOnce } else { settings.pace };
    let sites = Sites::new(program);
    let (code, interpreted, later) = timings
        .time("emit", || {
            let may_leave = |number: FunctionId| {
                maker.may_leave(&program.functions[number.index()], number, options)
            };
            let (code, later) = match Batches::new(program, pace, may_leave) {
                None => (maker.compile(program, &sites, options)?, None),
                Some((batches, first)) => (
                    maker.compile_some(program, &sites, options, &first)?,
                    Some(Later::new(maker, options, way, sites.clone(), batches)),
                ),
            };
            let interpreted = interpreted(program, &sites, &code)?;
            Ok((code, interpreted, later))
        })
        .map_err(NotRun::Emit)?;
    let mut runtime = Runtime::new(data::of(sources, program, sites));
    let loaded = timings
        .time("load", || Loaded::load(program, code, interpreted, later, &runtime, way))
        .map_err(NotRun::Memory)?;
    let placed = loaded.placed(sources);
    if settings.perf_map {
        perf_map::write(&placed, &perf_map::path()).map_err(NotRun::PerfMap)?;
    }
    // Known until the end of this function, and so as long as the code.
    let _registered = settings.debugger.then(|| debugger::register(debug_info::object(&placed)));
    let loaded = &loaded;
    let ended = timings.time("run", || {
        on_big_stack(move |limit| {
            runtime.set_stack_limit(limit);
            runtime.set_compiler(crate::eval::evaluate_text);
            prepare(&mut runtime);
            loaded.run(&mut runtime);
            let ended = end(&mut runtime);
            let result = after(&mut runtime);
            (ended, result)
        })
    });
    Ok(ended)
}

/// The functions that are left to the interpreter, if there are any.
pub(crate) fn interpreted(
    program: &Program,
    sites: &Sites,
    code: &Code,
) -> Result<Option<bytecode::Code>, EmitError> {
    if code.interpreted.is_empty() {
        return Ok(None);
    }
    let is_outside = |function| code.interpreted.binary_search(&function).is_err();
    bytecode::compile_beside(program, sites, is_outside).map(Some)
}
