//! `eval` of a running program: its text in, through the same stations, interpreted, its value out.
//!
//! The interpreter runs the text whatever runs the program: it is made in the shortest time, and most texts run once.

use crate::data;
use crate::pipeline;
use crate::source::Source;
use crate::timing::Timings;
use mochi_abi::trap::TrapKind;
use mochi_base::{Code, Diagnostic, Sources, Span};
use mochi_emit::bytecode;
use mochi_hir::Edition;
use mochi_ir::sites::Sites;
use mochi_runtime::{Caller, Runtime};

/// Compiles a text and runs it for its caller; see [`mochi_runtime::Compiler`].
pub(crate) fn evaluate_text(text: &str, edition: i64, caller: &mut Caller) -> Result<(), String> {
    let edition = if edition == 2025 { Edition::E2025 } else { Edition::E2026 };
    let checked = pipeline::check_text(&Source::for_eval(text), edition);
    if !checked.is_correct() {
        return Err(findings(&checked.sources, &checked.diagnostics));
    }
    let program = pipeline::compile(&checked, &mut Timings::default())
        .map_err(|diagnostics| findings(&checked.sources, &diagnostics))?;
    let sites = Sites::new(&program);
    let code = bytecode::compile(&program, &sites).map_err(|error| error.to_string())?;
    let runtime = Runtime::new(data::of(&checked.sources, &program, sites));
    let stopped = caller.run(runtime, |runtime| {
        // A trap stays in the runtime, where the caller takes it.
        let _ = bytecode::run(&code, runtime);
    });
    let Some(trap) = stopped else { return Ok(()) };
    // A text inside the text says itself where.
    if trap.kind == TrapKind::Eval {
        return Err(trap.text);
    }
    let span =
        trap.frames.first().map_or(Span::new(0, 0), |frame| Span::new(frame.start, frame.end));
    Err(phrase(&checked.sources, trap.kind.diagnostic_code(), &trap.message, span))
}

/// The first error, and how many more there are.
fn findings(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<&Diagnostic> =
        diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let Some(first) = errors.first() else { return String::from("the text cannot be compiled") };
    let code: Code = first.code;
    let mut words = phrase(sources, code.name(), &first.message, first.span);
    match errors.len() - 1 {
        0 => {}
        1 => words.push_str(", and 1 more error"),
        more => words.push_str(&format!(", and {more} more errors")),
    }
    words
}

/// An error with its place in the text.
fn phrase(sources: &Sources, code: &str, message: &str, span: Span) -> String {
    let place = sources.place(span.start);
    format!("{}:{}:{}: {code}: {message}", place.path, place.line, place.column)
}
