//! `mochi run`: a program from its source text to its exit code.

use crate::options::{EngineName, Run};
use crate::output::Output;
use crate::{FAILED, USAGE};
use mochi_base::Sources;
use mochi_engine::run::{self, Ended};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use mochi_engine::{EmitError, Program, evaluate};
use std::convert::Infallible;
use std::process::ExitCode;

pub(crate) fn run(mut options: Run, output: &Output) -> ExitCode {
    // With `-e CODE` there is no file, so the first word is the program's.
    if options.input.code.is_some()
        && let Some(word) = options.input.file.take()
    {
        options.args.insert(0, word.display().to_string());
    }
    let source = match options.input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let mut timings = Timings::default();
    let (sources, program) = match options.input.compiled(&source, output, &mut timings) {
        Ok(program) => program,
        Err(code) => return code,
    };
    let ended = match options.engine {
        EngineName::Bytecode => run::interpret(&sources, &program, &mut timings, |_| (), |_| ())
            .map(|(ended, ())| ended),
        EngineName::Eval => {
            Ok(timings.time("run", || evaluate::evaluate(&sources, &program, |_| (), |_| ()).0))
        }
        EngineName::C => compiled(&options, &source, &sources, &program, output, &mut timings)
            .map(|never| match never {}),
    };
    options.input.report(&source, output, &timings);
    match ended {
        Ok(Ended::Exit(code)) => ExitCode::from(code),
        Ok(Ended::Stopped(stop)) => {
            output.write(&stop.render(&sources, output.human()));
            ExitCode::from(FAILED)
        }
        Err(error) => {
            output.error(&error.to_string());
            ExitCode::from(USAGE)
        }
    }
}

/// Builds the program and becomes it; comes back only with an error.
fn compiled(
    options: &Run,
    source: &Source,
    sources: &Sources,
    program: &Program,
    output: &Output,
    timings: &mut Timings,
) -> Result<Infallible, EmitError> {
    let executable = run::build_unnamed(sources, program, timings)?;
    options.input.report(source, output, timings);
    Err(executable.become_it(&options.args))
}
