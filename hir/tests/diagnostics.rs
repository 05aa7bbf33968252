//! The files `tests/diag/T*.mochi` and `valid-*.mochi` and their like: each says in lines
//! `// expect-error: CODE LINE:COLUMN` all that the checker finds in it. A file without such lines
//! must be accepted and its typed program well typed. `// edition: 2025` in the first line chooses
//! the edition.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mochi_base::{Code, Format, Interner, Sources, line_column, render};
use mochi_hir::{Edition, check, verify};

type Finding = (String, u32, u32);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/diag")
}

/// The files that are about the checker: those of the parser are named after their P-codes.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder is part of the repository") {
        let path = entry.expect("the folder can be listed").path();
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let of_the_parser =
            name.starts_with('P') && name.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if name.ends_with(".mochi") && !of_the_parser {
            files.push((name, std::fs::read_to_string(&path).expect("the file can be read")));
        }
    }
    files.sort();
    files
}

fn expected(source: &str) -> BTreeSet<Finding> {
    source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("// expect-error: "))
        .map(|text| {
            let (code, place) = text.split_once(' ').expect("a code and a place");
            let (line, column) = place.trim().split_once(':').expect("line:column");
            let number = |text: &str| text.parse().expect("a number");
            (code.to_owned(), number(line), number(column))
        })
        .collect()
}

#[test]
fn every_file_has_just_the_findings_it_names() {
    let mut wrong = Vec::new();
    for (name, source) in files() {
        let mut interner = Interner::new();
        let (ast, mut diagnostics) = mochi_syntax::parse(&source, &mut interner);
        assert!(diagnostics.is_empty(), "{name} has syntax errors: {diagnostics:?}");
        let edition = Edition::from_comment(&source).unwrap_or(Edition::E2026);
        let (hir, found) = check(&ast, &mut interner, edition);
        diagnostics.extend(found);
        let findings: BTreeSet<Finding> = diagnostics
            .iter()
            .map(|diagnostic| {
                let (line, column) = line_column(&source, diagnostic.span.start);
                (diagnostic.code.name().to_owned(), line, column)
            })
            .collect();
        if findings != expected(&source) {
            let report = render(&Sources::one(&*name, &*source), &diagnostics, Format::Line);
            wrong.push(format!("{name}: expected {:?}, found\n{report}", expected(&source)));
        }
        if diagnostics.is_empty()
            && let Err(problems) = verify::verify(&hir)
        {
            wrong.push(format!("{name} is not well typed:\n{problems}"));
        }
        for diagnostic in &diagnostics {
            let text = &diagnostic.message;
            if text.is_empty() || text.ends_with('.') || diagnostic.help.is_empty() {
                wrong.push(format!("{name}: `{text}` is no phrase or comes without help"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Codes of the table that stand for what the checker says with another code: `expect` and
/// assignments of a wrong type are T008, an index without an expression is the parser's P060, `any`
/// goes with every operator, and predicates are the only places that must be pure.
const SAID_OTHERWISE: &[Code] =
    &[Code::T009, Code::T011, Code::T014, Code::T016, Code::T021, Code::T043, Code::T066];

/// Codes of what is found while files are looked for: programs of several files, under `tests/lang/module`.
const OF_IMPORTS: &[Code] = &[Code::T067, Code::T068];

#[test]
fn every_code_of_the_checker_has_a_file() {
    let shown: BTreeSet<String> =
        files().iter().flat_map(|(_, source)| expected(source)).map(|(code, _, _)| code).collect();
    for code in Code::ALL {
        if code.name().starts_with('T') && !OF_IMPORTS.contains(code) {
            assert_ne!(
                shown.contains(code.name()),
                SAID_OTHERWISE.contains(code),
                "{} is in one of: a file of tests/diag, the list of codes said otherwise",
                code.name()
            );
        }
    }
}

/// As deep as the parser lets a program nest, and as long as a chain may be.
#[test]
fn deep_and_long_programs_are_checked() {
    let deep = mochi_syntax::MAX_DEPTH as usize / 2;
    let nested = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(deep), close.repeat(deep))
    };
    let long = 20_000;
    let programs = [
        format!("let x = {}", nested("(", "1", ")")),
        format!("let x = {}", nested("[", "1", "]")),
        format!("let x = {}", nested("!", "true", "")),
        format!("fun f(x: int): int {{ return x }}\nlet x = {}", nested("f(", "1", ")")),
        nested("if true { ", "print(1)", " }"),
        format!("let x = {}", nested("if true then ", "1", " else 2")),
        format!("let x = 1{}", " + 1".repeat(long)),
        format!("let x = true{}", " && true".repeat(long)),
        format!("let x = 1\nif x == 0 {{ }}{}", " else if x == 1 { print(x) }".repeat(long)),
        format!("let x = [{}]", "[1], ".repeat(long)),
    ];
    for source in programs {
        let mut interner = Interner::new();
        let (ast, mut diagnostics) = mochi_syntax::parse(&source, &mut interner);
        let (hir, found) = check(&ast, &mut interner, Edition::E2026);
        diagnostics.extend(found);
        assert!(diagnostics.is_empty(), "{}…: {diagnostics:?}", &source[..60]);
        verify::verify(&hir).expect("what is accepted is well typed");
    }
}
