//! What the encoder makes of idioms, as the disassembler shows it.

use super::*;

/// The instructions of a function, by name.
fn names(text: &str, function: &str) -> Vec<String> {
    let program = program(text);
    let listing = disassemble(&code(&program), &program);
    let body = listing.split(&format!("{function}: #")).nth(1).expect("the function is listed");
    let lines = body.lines().skip(1).take_while(|line| line.starts_with(' '));
    lines
        .map(|line| line.split_whitespace().nth(1).expect("an instruction has a name").to_owned())
        .collect()
}

#[test]
fn arguments_are_made_in_the_window_and_comparisons_in_the_branch() {
    assert_eq!(
        names(FIB, "fib"),
        [
            "branch.greater.equal.immediate",
            "return",
            "subtract.immediate",
            "call",
            "subtract.immediate",
            "call",
            "add",
            "return"
        ]
    );
}
