//! Every row of every table has a test.

use crate::{files_below, read, root};
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Code;
use mochi_ir::op::Op;

fn all_text(folder: &str, ending: &str) -> String {
    files_below(&root().join(folder), ending).iter().map(|path| read(path)).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_op_runs_in_an_ir_test() {
    let text = all_text("tests/ir/run", ".mir");
    let words: std::collections::BTreeSet<&str> = text.split([' ', '\n', ',', '(']).collect();
    let missing: Vec<&str> = Op::ALL
        .iter()
        .map(|op| op.row().name)
        .filter(|name| {
            // The condition is part of the word: `i64.cmp.lt`.
            !words.iter().any(|word| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
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
        text.push_str(if is_test_file { &source } else { source.split("#[cfg(test)]").nth(1).unwrap_or_default() });
    }
    text.push_str(&all_text("tests/ir", ".mir"));
    let missing: Vec<&str> =
        RuntimeFunction::ALL.iter().map(|function| function.row().name).filter(|name| !text.contains(name)).collect();
    assert!(missing.is_empty(), "no test names these runtime functions: {missing:?}");
}

#[test]
fn every_diagnostic_has_a_test() {
    let text = format!("{}{}", all_text("tests/diag", ".mochi"), all_text("tests/lang", ".mochi"));
    let missing: Vec<&str> =
        Code::ALL.iter().map(|code| code.name()).filter(|name| !text.contains(&format!("expect-error: {name}"))).collect();
    assert!(missing.is_empty(), "no program under tests/ provokes these diagnostics: {missing:?}");
}
