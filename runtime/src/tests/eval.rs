//! `eval` without a compiler, and the value that a text's program leaves.

use super::Machine;

#[test]
fn without_a_compiler_there_is_an_error() {
    let m = Machine::new();
    let text = m.str("1 + 2");
    assert_eq!(
        m.trap("eval", &[text, 2026]),
        "`eval` failed: a built program has no compiler for it; run the program with `mochi run`"
    );
}

#[test]
fn a_value_that_nobody_takes_is_dropped() {
    let m = Machine::new();
    for text in ["first", "second"] {
        let text = m.str(text);
        m.raw("eval_result", &[text]);
    }
    crate::eval::release(m.context());
}
