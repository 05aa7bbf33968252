//! The program a command is about: read, checked, compiled, with everything said that there is to say.

use crate::options::{EditionName, Input};
use crate::output::Output;
use crate::{ExitCode, FAILED, USAGE};
use mochi_base::Sources;
use mochi_engine::pipeline::{self, Calls, Checked, EditionChoice, Libraries};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use mochi_engine::{Edition, Program};

impl From<EditionName> for EditionChoice {
    fn from(name: EditionName) -> EditionChoice {
        match name {
            EditionName::Auto => EditionChoice::Auto,
            EditionName::E2025 => EditionChoice::Fixed(Edition::E2025),
            EditionName::E2026 => EditionChoice::Fixed(Edition::E2026),
        }
    }
}

impl Input {
    /// The program's text.
    pub(crate) fn source(&self, output: &Output) -> Result<Source, ExitCode> {
        if let Some(code) = &self.code {
            return Ok(Source::from_command_line(code.clone()));
        }
        let path = self.file.as_deref().expect("without code a file is required");
        Source::read(path).map_err(|message| {
            output.error(&message);
            ExitCode::from(USAGE)
        })
    }

    /// The program, checked; what is wrong with it has been shown.
    pub(crate) fn checked(
        &self,
        source: &Source,
        output: &Output,
        timings: &mut Timings,
    ) -> Result<Checked, ExitCode> {
        let checked = pipeline::check(source, self.edition.into(), Libraries::Needed, timings);
        output.diagnostics(&checked.sources, &checked.diagnostics);
        if !checked.is_correct() {
            let kind = if checked.hir.is_some() { "type" } else { "syntax" };
            output.write(&format!("aborted due to {kind} errors\n"));
            return Err(ExitCode::from(FAILED));
        }
        if checked.stricter_findings > 0 {
            output.note(&format!(
                "this program is edition 2025: edition 2026 finds {} in it (mochi check {})",
                plural(checked.stricter_findings, "error"),
                source.path
            ));
        }
        Ok(checked)
    }

    /// The program as IR, with its files.
    pub(crate) fn compiled(
        &self,
        source: &Source,
        calls: Calls,
        output: &Output,
        timings: &mut Timings,
    ) -> Result<(Sources, Program), ExitCode> {
        let checked = self.checked(source, output, timings)?;
        match pipeline::compile_with(&checked, calls, timings) {
            Ok(program) => Ok((checked.sources, program)),
            Err(diagnostics) => {
                output.diagnostics(&checked.sources, &diagnostics);
                Err(ExitCode::from(FAILED))
            }
        }
    }

    /// The times, when they were asked for.
    pub(crate) fn report(&self, source: &Source, output: &Output, timings: &Timings) {
        if self.time_passes {
            output.write(&timings.report(source.text.lines().count()));
        }
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
