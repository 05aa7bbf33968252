//! Parses files and shows what is wrong with them, the way `mochi check --syntax-only` does:
//! `parse [check] [--edition 2025|2026] [--syntax-only] [--time] FILE…`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::process::ExitCode;

use mochi_base::{ColorChoice, Format, Interner, Sources, render};

fn main() -> ExitCode {
    let (mut edition_2026, mut time, mut failed) = (false, false, false);
    let mut arguments = std::env::args().skip(1).peekable();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "check" | "--syntax-only" => {}
            "--edition" => edition_2026 = arguments.next().as_deref() == Some("2026"),
            "--time" => time = true,
            path => failed |= !parse(path, edition_2026, time),
        }
    }
    ExitCode::from(u8::from(failed))
}

/// Whether the file at `path` is free of errors.
fn parse(path: &str, edition_2026: bool, time: bool) -> bool {
    let source = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            eprintln!("{path}: {error}");
            return false;
        }
    };
    let mut interner = Interner::new();
    let start = cpu_seconds();
    let (ast, mut diagnostics) = mochi_syntax::parse(&source, &mut interner);
    let seconds = cpu_seconds() - start;
    if edition_2026 && diagnostics.is_empty() {
        diagnostics = mochi_syntax::validate_2026(&source, &ast);
    }
    if time {
        let lines = source.lines().count();
        println!(
            "{lines} lines, {} bytes, {} expressions, {} statements in {seconds:.4} s: {:.0} klines/s",
            source.len(),
            ast.exprs.len(),
            ast.stmts.len(),
            lines as f64 / seconds / 1000.0
        );
    }
    eprint!(
        "{}",
        render(&Sources::one(path, source), &diagnostics, Format::Human(ColorChoice::Never))
    );
    diagnostics.is_empty()
}

/// How long this thread has run on a processor: on a busy machine the clock says little.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}
