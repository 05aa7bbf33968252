//! `mochi run`: a program from its source text to its exit code.

use crate::{FAILED, USAGE};
use crate::options::{EngineName, Run};
use crate::output::Output;
use mochi_engine::run::Ended;
use mochi_engine::timing::Timings;
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
    let program = match options.input.compiled(&source, output, &mut timings) {
        Ok(program) => program,
        Err(code) => return code,
    };
    match options.engine {
        EngineName::Bytecode => {
            let ended = mochi_engine::run::interpret(&source, &program, &mut timings, |_| (), |_| ());
            options.input.report(&source, output, &timings);
            match ended {
                Ok((Ended::Exit(code), ())) => ExitCode::from(code),
                Ok((Ended::Stopped(stop), ())) => {
                    output.write(&stop.render(&source.path, &source.text, output.human()));
                    ExitCode::from(FAILED)
                }
                Err(error) => {
                    output.error(&error.to_string());
                    ExitCode::from(USAGE)
                }
            }
        }
    }
}
