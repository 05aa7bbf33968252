//! IR → a program that runs: interpreted, evaluated, or built by the C compiler.

use crate::data;
use crate::link::{Optimisation, Toolchain};
use crate::timing::Timings;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::stop::{Frame, Stop};
use mochi_base::{Code, Diagnostic, Sources, Span};
use mochi_emit::{EmitError, bytecode, c};
use mochi_ir::op::Op;
use mochi_ir::program::Program;
use mochi_ir::sites::Sites;
use mochi_runtime::stack::on_big_stack;
use mochi_runtime::{KEPT_SITES, Runtime, TrapReport};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// How a program came to its end.
#[derive(Debug)]
pub enum Ended {
    /// By itself, with this exit code.
    Exit(u8),
    /// With an error.
    Stopped(Stop),
}

/// Interprets a program. `prepare` may change the runtime before the program starts (its input, its limits), and `after`
/// looks at it when the program has ended.
pub fn interpret<R: Send>(
    sources: &Sources,
    program: &Program,
    timings: &mut Timings,
    prepare: impl FnOnce(&mut Runtime) + Send,
    after: impl FnOnce(&mut Runtime) -> R + Send,
) -> Result<(Ended, R), EmitError> {
    let sites = Sites::new(program);
    let code = timings.time("emit", || bytecode::compile(program, &sites))?;
    let data = data::of(sources, program, sites);
    let ended = timings.time("run", || {
        on_big_stack(move |limit| {
            let mut runtime = Runtime::new(data);
            runtime.set_stack_limit(limit);
            runtime.set_compiler(crate::eval::evaluate_text);
            prepare(&mut runtime);
            // A trap stays in the runtime until it is taken below.
            let _ = bytecode::run(&code, &mut runtime);
            let ended = end(&mut runtime);
            (ended, after(&mut runtime))
        })
    });
    Ok(ended)
}

/// The C text of a program.
pub fn c_text(sources: &Sources, program: &Program) -> Result<String, EmitError> {
    c::emit(program, &data::of(sources, program, Sites::new(program)))
}

/// What the program does that a built program cannot, for want of a compiler.
pub fn not_in_a_built_program(program: &Program) -> Vec<Diagnostic> {
    let mut spans: Vec<Span> = Vec::new();
    for function in &program.functions {
        for (inst, origin) in function.insts.iter().zip(&function.origins) {
            let is_eval = inst.op == Op::CallRuntime && inst.runtime() == RuntimeFunction::Eval;
            // A call that is inlined is there several times.
            if is_eval && !spans.contains(&origin.span) {
                spans.push(origin.span);
            }
        }
    }
    let missing = |span| {
        Diagnostic::new(Code::R017, span, "`eval` cannot be run in a built program")
            .with_label("a built program has no compiler for this text")
            .with_help("run the program with `mochi run`, in this process")
    };
    spans.into_iter().map(missing).collect()
}

/// Builds a program as a native executable.
pub fn build(
    sources: &Sources,
    program: &Program,
    output: &Path,
    timings: &mut Timings,
) -> Result<(), EmitError> {
    let toolchain = Toolchain::find()?;
    let text = timings.time("emit", || c_text(sources, program))?;
    timings.time("cc", || toolchain.build(&text, output, Optimisation::Full))
}

/// An executable that has no name any more, so that nothing is left behind whatever becomes of the process.
#[derive(Debug)]
pub struct Unnamed {
    file: File,
}

/// Builds a program as an executable without a name.
pub fn build_unnamed(
    sources: &Sources,
    program: &Program,
    timings: &mut Timings,
) -> Result<Unnamed, EmitError> {
    let failed = |error: std::io::Error| EmitError::Tool {
        command: String::from("temporary folder"),
        output: error.to_string(),
    };
    let folder = tempfile::Builder::new().prefix("mochi-run-").tempdir().map_err(failed)?;
    let path = folder.path().join("program");
    build(sources, program, &path, timings)?;
    File::open(&path).map(|file| Unnamed { file }).map_err(failed)
}

impl Unnamed {
    /// Replaces this process by the executable; comes back only when that cannot be done.
    pub fn become_it(&self, args: &[String]) -> EmitError {
        let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let error = Command::new(&path).args(args).exec();
        EmitError::Tool { command: path, output: error.to_string() }
    }
}

/// Builds an executable that holds many programs, for many at once: its first argument is the number of the one to run.
pub fn build_batch(
    programs: &[(&Sources, &Program)],
    output: &Path,
    optimisation: Optimisation,
) -> Result<(), EmitError> {
    let data: Vec<_> = programs
        .iter()
        .map(|&(sources, program)| data::of(sources, program, Sites::new(program)))
        .collect();
    let batch: Vec<_> =
        programs.iter().zip(&data).map(|(&(_, program), data)| (program, data)).collect();
    Toolchain::find()?.build(&c::emit_batch(&batch)?, output, optimisation)
}

/// Writes out what is left and says how the program ended.
pub(crate) fn end(runtime: &mut Runtime) -> Ended {
    runtime.flush();
    match runtime.take_trap() {
        None => Ended::Exit(0),
        // A program's exit code is a byte; what does not fit in one is a failure.
        Some(trap) if trap.kind == TrapKind::Exit => Ended::Exit(u8::try_from(trap.a).unwrap_or(1)),
        Some(trap) => Ended::Stopped(stop(trap)),
    }
}

fn stop(trap: TrapReport) -> Stop {
    Stop {
        code: trap.kind.diagnostic_code(),
        message: trap.message,
        help: trap.kind.help().to_owned(),
        frames: trap
            .frames
            .into_iter()
            .map(|frame| Frame {
                function: frame.function,
                span: Span::new(frame.start, frame.end),
            })
            .collect(),
        skipped: trap.skipped,
        skipped_after: KEPT_SITES,
    }
}
