//! `mochi dump`: what a station of the pipeline makes of a program, as text on stdout.

use crate::options::{Dump, Stage};
use crate::output::Output;
use crate::{ExitCode, FAILED, USAGE};
use mochi_engine::disassemble::{Shown, disassemble};
use mochi_engine::native::Maker;
use mochi_engine::pipeline::Calls;
use mochi_engine::timing::Timings;
use mochi_engine::{dump, pipeline};

pub(crate) fn dump(options: Dump, output: &Output) -> ExitCode {
    let source = match options.input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let mut timings = Timings::default();
    let text = match options.stage {
        Stage::Tokens => dump::tokens(&source),
        Stage::Ast => {
            let parsed = pipeline::parse(&source, options.input.edition.into(), &mut timings);
            output.diagnostics(&parsed.sources, &parsed.diagnostics);
            dump::ast(&parsed)
        }
        Stage::Hir => match options.input.checked(&source, output, &mut timings) {
            Ok(checked) => dump::hir(&checked),
            Err(code) => return code,
        },
        Stage::Ir | Stage::Bytecode | Stage::C | Stage::Asm => {
            let (sources, program) =
                match options.input.compiled(&source, Calls::Inlined, output, &mut timings) {
                    Ok(program) => program,
                    Err(code) => return code,
                };
            let text = match options.stage {
                Stage::Bytecode => dump::bytecode(&program),
                Stage::C => dump::c(&sources, &program),
                Stage::Asm => disassemble(&sources, &program, Maker::Template, Shown::default()),
                Stage::Tokens | Stage::Ast | Stage::Hir | Stage::Ir => Ok(dump::ir(&program)),
            };
            match text {
                Ok(text) => text,
                Err(error) => {
                    output.error(&error.to_string());
                    return ExitCode::from(USAGE);
                }
            }
        }
    };
    options.input.report(&source, output, &timings);
    if output.result(&text) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}
