//! Every row of every table has a test.

use crate::{files_below, read, root};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_engine::suite::Case;
use mochi_ir::op::Op;
use std::collections::BTreeSet;

fn all_text(folder: &str, ending: &str) -> String {
    files_below(&root().join(folder), ending)
        .iter()
        .map(|path| read(path))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_op_runs_in_an_ir_test() {
    let text = all_text("tests/ir/run", ".mir");
    let words: BTreeSet<&str> = text.split([' ', '\n', ',', '(']).collect();
    let missing: Vec<&str> = Op::ALL
        .iter()
        .map(|op| op.row().name)
        .filter(|name| {
            // The condition is part of the word: `i64.cmp.lt`.
            !words.iter().any(|word| {
                word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
            })
        })
        .collect();
    assert!(missing.is_empty(), "no program under tests/ir/run has these ops: {missing:?}");
}

#[test]
fn every_runtime_function_has_a_test() {
    let mut text = String::new();
    for path in files_below(&root().join("runtime"), ".rs") {
        let source = read(&path);
        let is_test_file = path.components().any(|part| part.as_os_str() == "tests");
        text.push_str(if is_test_file {
            &source
        } else {
            source.split("#[cfg(test)]").nth(1).unwrap_or_default()
        });
    }
    text.push_str(&all_text("tests/ir", ".mir"));
    let reached = reached_by_programs();
    let missing: Vec<&str> = RuntimeFunction::ALL
        .iter()
        .filter(|function| !reached.contains(&(**function as u16)))
        .map(|function| function.row().name)
        .filter(|name| !text.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "no test names these runtime functions, and no program calls them: {missing:?}"
    );
}

/// The numbers of the runtime functions that programs under `tests/lang` call.
fn reached_by_programs() -> BTreeSet<u16> {
    let programs = Case::below(&root().join("tests/lang"));
    let programs = programs
        .iter()
        .filter(|case| !case.is_refused())
        .map(|case| case.compile().unwrap_or_else(|report| panic!("{}:\n{report}", case.name)));
    programs
        .map(|compiled| compiled.program)
        .flat_map(|program| program.functions)
        .flat_map(|function| function.insts)
        .filter(|inst| inst.op == Op::CallRuntime)
        .map(|inst| inst.runtime() as u16)
        .collect()
}

/// Codes of the parser and the checker are looked after by the tests of `syntax` and `hir`.
#[test]
fn every_error_of_a_running_program_has_a_test() {
    let text = all_text("tests/lang", ".mochi");
    let missing: Vec<&str> = TrapKind::ALL
        .iter()
        // Nothing that a program does by itself.
        .filter(|kind| !matches!(kind, TrapKind::Interrupted | TrapKind::Exit))
        .map(|kind| kind.diagnostic_code())
        .filter(|code| !text.contains(&format!("expect-error: {code}")))
        .collect();
    assert!(missing.is_empty(), "no program under tests/lang stops with these: {missing:?}");
}

/// A rule's test names it in a line of its own, `// rule: NAME`.
#[test]
fn every_rule_of_an_edition_has_a_test() {
    let table = read(&root().join("hir/src/edition.rs"));
    let text = all_text("tests/lang", ".mochi");
    let tested: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("// rule: ")).collect();
    let rules: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(": bool,"))
        .collect();
    assert_eq!(
        tested, rules,
        "tests under tests/lang on the left, rules of edition.rs on the right"
    );
}
