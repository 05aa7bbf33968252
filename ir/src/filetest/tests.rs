//! The files of scalars run on the evaluator here; with those that use objects, they run on every emitter in the
//! tests of the engine.

use super::*;
use crate::random::tests::run;
use std::collections::BTreeSet;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/run")
}

#[test]
fn calls_of_scalars_give_what_the_files_say() {
    let cases = below(&folder().join("scalar")).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for case in &cases {
        let outcome = run(&case.program);
        let is_right = match (&case.trap, &outcome.trap) {
            (None, None) => outcome.text == EXPECTED_OUTPUT,
            (Some(wanted), Some((kind, words, _))) => {
                wanted.kind == *kind && wanted.words.is_none_or(|wanted| wanted == *words)
            }
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{}: {:?} {:?}", case.place, outcome.text, outcome.trap));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_op_is_run_by_some_file() {
    let mut used = BTreeSet::new();
    for case in below(&folder()).unwrap_or_else(|error| panic!("{error}")) {
        let (_, functions) = case.program.functions.split_last().expect("there is a main function");
        for function in functions {
            used.extend(function.insts.iter().map(|inst| inst.op.row().name));
        }
    }
    let unused: Vec<&str> =
        Op::ALL.iter().map(|op| op.row().name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "no file in tests/ir/run uses {unused:?}");
}

#[test]
fn wrong_lines_are_told() {
    let function = "function f(v0: i64) {\nb0(v0: i64):\n  return\n}\n";
    let cases = [
        ("; run: g(1)", "there is no function `g`"),
        ("; run: f()", "`f` takes 1 arguments"),
        ("; run: f(x)", "`x` is no i64"),
        ("; run: f(1) == 2", "`f` returns nothing"),
        ("; trap: f(1) == Nothing", "there is no trap `Nothing`"),
        ("; trap: f(1)", "which trap?"),
    ];
    for (line, message) in cases {
        let error = parse("a.mir", &format!("{line}\n{function}")).err();
        assert_eq!(error, Some(format!("a.mir:1: {message}")));
    }
    assert_eq!(
        parse("a.mir", function).err(),
        Some("a.mir: it has no line that runs anything".to_owned())
    );
}
