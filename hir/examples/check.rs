//! `check --edition 2026 FILE`: says what is wrong with a program, as `mochi check` does.

use std::process::ExitCode;

use mochi_base::{ColorChoice, Format, Interner, Sources, render};
use mochi_hir::Edition;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.retain(|argument| argument != "check" && argument != "run");
    let mut edition = None;
    let mut syntax_only = false;
    let mut times = false;
    let mut verify = false;
    let mut path = String::new();
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--edition" => edition = words.next().and_then(|name| Edition::from_name(&name)),
            "--syntax-only" => syntax_only = true,
            "--verify" => verify = true,
            "--time" => times = true,
            _ => path = word,
        }
    }
    let Ok(source) = std::fs::read_to_string(&path) else {
        return ExitCode::from(2);
    };
    let mut interner = Interner::new();
    let start = std::time::Instant::now();
    let (ast, mut diagnostics) = mochi_syntax::parse(&source, &mut interner);
    let parsed = start.elapsed();
    let mut found = String::new();
    if edition == Some(Edition::E2026) {
        diagnostics.extend(mochi_syntax::validate_2026(&source, &ast));
    }
    if diagnostics.is_empty() && !syntax_only {
        let first = edition.or_else(|| Edition::from_comment(&source)).unwrap_or(Edition::E2026);
        let mut hir;
        (hir, diagnostics) = mochi_hir::check(&ast, &mut interner, first);
        found = first.name().to_owned();
        if edition.is_none() && !diagnostics.is_empty() {
            let (relaxed_hir, relaxed) = mochi_hir::check(&ast, &mut interner, Edition::E2025);
            if relaxed.is_empty() {
                hir = relaxed_hir;
                diagnostics = relaxed;
                found = Edition::E2025.name().to_owned();
            }
        }
        if verify
            && diagnostics.is_empty()
            && let Err(problems) = mochi_hir::verify::verify(&hir)
        {
            panic!("the typed program is not well typed:\n{problems}");
        }
    }
    let all = start.elapsed();
    use std::io::Write;
    let mut out = std::io::stderr();
    let report =
        render(&Sources::one(path, source), &diagnostics, Format::Human(ColorChoice::Never));
    let written = out.write_all(report.as_bytes());
    let timing = if times { format!("parse {parsed:?} all {all:?}\n") } else { String::new() };
    let edition = if found.is_empty() || edition.is_some() {
        String::new()
    } else {
        format!("edition {found}\n")
    };
    let also = out.write_all(format!("{edition}{timing}").as_bytes());
    if written.is_ok() && also.is_ok() && diagnostics.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
