//! `mochi build`: a program as a native executable.

use crate::options::Build;
use crate::output::Output;
use crate::{ExitCode, FAILED, INTERRUPTED, USAGE};
use mochi_engine::interrupt;
use mochi_engine::pipeline::Calls;
use mochi_engine::timing::Timings;
use std::path::{Path, PathBuf};

pub(crate) fn build(options: Build, output: &Output) -> ExitCode {
    interrupt::listen(mochi_base::stop::interrupted());
    let source = match options.input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let target = match options.output.clone().or_else(|| named_after(options.input.file.as_deref()))
    {
        Some(target) => target,
        None => {
            output.error("there is no file to name the executable after; name it with `-o OUT`");
            return ExitCode::from(USAGE);
        }
    };
    let mut timings = Timings::default();
    let (sources, program) =
        match options.input.compiled(&source, Calls::Inlined, output, &mut timings) {
            Ok(program) => program,
            Err(code) => return code,
        };
    let missing = mochi_engine::run::not_in_a_built_program(&program);
    if !missing.is_empty() {
        output.diagnostics(&sources, &missing);
        return ExitCode::from(FAILED);
    }
    let built = mochi_engine::run::build(&sources, &program, &target, &mut timings);
    options.input.report(&source, output, &timings);
    match built {
        Ok(()) => {
            output.detail(&format!("built {}", target.display()));
            ExitCode::SUCCESS
        }
        Err(_) if interrupt::requested() => ExitCode::from(INTERRUPTED),
        Err(error) => {
            output.error(&error.to_string());
            ExitCode::from(USAGE)
        }
    }
}

/// `dir/name.mochi` → `dir/name`.
fn named_after(file: Option<&Path>) -> Option<PathBuf> {
    let file = file.filter(|file| file.as_os_str() != "-")?;
    let target = file.with_extension("");
    (target != file).then_some(target)
}
