//! `mochi explain`: how a program's queries will be run, as text on stdout.

use crate::options::Explain;
use crate::output::Output;
use crate::{ExitCode, FAILED};
use mochi_engine::explain;
use mochi_engine::timing::Timings;

pub(crate) fn explain(options: Explain, output: &Output) -> ExitCode {
    let source = match options.input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let mut timings = Timings::default();
    let checked = match options.input.checked(&source, output, &mut timings) {
        Ok(checked) => checked,
        Err(code) => return code,
    };
    let text = match timings.time("plan", || explain::queries(&checked)) {
        Ok(text) => text,
        Err(diagnostics) => {
            output.diagnostics(&checked.sources, &diagnostics);
            return ExitCode::from(FAILED);
        }
    };
    options.input.report(&source, output, &timings);
    if output.result(&text) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}
