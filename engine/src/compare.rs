//! Two runs of a program, held against each other: what a reference did and what another did go in, the first difference comes
//! out as text. And what a program must not do to be run twice.

use crate::suite::Outcome;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Span;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Inst, Program, Value};
use std::fmt::Write;

/// What is shown of a line on each side of the first character that differs.
const SHOWN: usize = 60;

/// What changes the world or is another each time.
const ONCE_ONLY: [(RuntimeFunction, &str); 3] = [
    (RuntimeFunction::Save, "saves to a file"),
    (RuntimeFunction::Fetch, "fetches from the network"),
    (RuntimeFunction::Generate, "asks a language model"),
];

/// What reads standard input, or can.
const READERS: [RuntimeFunction; 3] =
    [RuntimeFunction::Input, RuntimeFunction::Load, RuntimeFunction::RowsOpen];

/// Where a program does what cannot be done twice, and what that is.
pub fn once_only(program: &Program) -> Option<(Span, &'static str)> {
    calls(program).find_map(|(function, inst, span)| {
        let &(callee, what) = ONCE_ONLY.iter().find(|&&(callee, _)| callee == inst.runtime())?;
        let is_shown = callee == RuntimeFunction::Save
            && is_standard(program, function, function.args(inst)[1]);
        (!is_shown).then_some((span, what))
    })
}

/// Whether a program can read standard input.
pub fn reads_input(program: &Program) -> bool {
    calls(program).any(|(_, inst, _)| READERS.contains(&inst.runtime()))
}

/// Its calls of the runtime.
fn calls(program: &Program) -> impl Iterator<Item = (&Function, &Inst, Span)> {
    program.functions.iter().flat_map(|function| {
        let insts = function.insts.iter().zip(&function.origins);
        insts
            .filter(|(inst, _)| inst.op == Op::CallRuntime)
            .map(move |(inst, origin)| (function, inst, origin.span))
    })
}

/// Whether a path is a constant that stands for standard output.
fn is_standard(program: &Program, function: &Function, path: Value) -> bool {
    function.insts.iter().any(|inst| {
        inst.op == Op::StrConst
            && inst.result == Some(path)
            && matches!(&*program.strings[inst.string().index()], "" | "-")
    })
}

/// The first thing in which two runs differ, each under its name; `None` when they did the same.
pub fn difference(
    (name, reference): (&str, &Outcome),
    (other_name, other): (&str, &Outcome),
) -> Option<String> {
    let names = [name, other_name];
    if let Some((line, sides)) = lines(&reference.output, &other.output) {
        // How deep a recursion goes is no promise, so what it printed on the way may end anywhere.
        let is_overflow = [reference, other].iter().all(|run| is_overflow(&run.report));
        if !is_overflow || sides.iter().all(Option::is_some) {
            return Some(said(&format!("output, line {line}"), names, sides));
        }
    }
    let [report, other_report] = [reference, other].map(|run| compared(&run.report));
    if let Some((line, sides)) = lines(report, other_report) {
        let what = match (report.is_empty(), other_report.is_empty()) {
            (false, false) => format!("error report, line {line}"),
            _ => String::from("one stops with an error"),
        };
        return Some(said(&what, names, sides));
    }
    if reference.exit_code != other.exit_code {
        let codes = [reference, other].map(|run| Some(run.exit_code.to_string()));
        return Some(said("exit code", names, codes));
    }
    None
}

fn is_overflow(report: &str) -> bool {
    report.starts_with("error[R009]")
}

/// What of a report is the same on all emitters: where a stack overflows is not.
fn compared(report: &str) -> &str {
    if is_overflow(report) { report.lines().next().unwrap_or_default() } else { report }
}

/// The first line, from one, in which texts differ, with both; nothing for a text that has ended.
fn lines(a: &str, b: &str) -> Option<(usize, [Option<String>; 2])> {
    if a == b {
        return None;
    }
    let (mut a, mut b) = (a.split_inclusive('\n'), b.split_inclusive('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let sides = [a.next(), b.next()];
        if sides[0] != sides[1] {
            return Some((number, shown(sides)));
        }
    }
}

/// Both lines around the first character that differs. An end of line is shown where only that differs.
fn shown(sides: [Option<&str>; 2]) -> [Option<String>; 2] {
    let [a, b] = sides.map(Option::unwrap_or_default);
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(SHOWN);
    let is_end = |text: &str| matches!(text.chars().nth(same), None | Some('\n'));
    let ends = is_end(a) && is_end(b);
    sides.map(|side| {
        let text = side?;
        let text = if ends { text } else { text.trim_end_matches('\n') };
        let text = text.replace('\n', "\\n");
        let before = if from > 0 { "…" } else { "" };
        let behind = if text.chars().count() > from + 2 * SHOWN { "…" } else { "" };
        let text: String = text.chars().skip(from).take(2 * SHOWN).collect();
        Some(format!("{before}{text}{behind}"))
    })
}

fn said(what: &str, names: [&str; 2], sides: [Option<String>; 2]) -> String {
    let mut said = format!("first difference: {what}\n");
    let width = names.iter().map(|name| name.len()).max().unwrap_or_default() + 1;
    for (name, side) in names.iter().zip(sides) {
        let name = format!("{name}:");
        let side = side.as_deref().unwrap_or("(nothing: it has ended)");
        writeln!(said, "  {name:width$} {side}").expect("writing to a string does not fail");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(output: &str, report: &str, exit_code: u8) -> Outcome {
        Outcome { output: output.into(), report: report.into(), exit_code }
    }

    fn check(reference: &Outcome, other: &Outcome, expected: &str) {
        let found = difference(("eval", reference), ("template", other)).unwrap_or_default();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_difference_is_told() {
        let one = outcome("1\n2\n", "", 0);
        check(&one, &one, "");
        check(
            &one,
            &outcome("1\n3\n4\n", "", 0),
            "first difference: output, line 2\n  eval:     2\n  template: 3\n",
        );
        check(
            &one,
            &outcome("1\n2\n3\n", "", 0),
            "first difference: output, line 3\n  eval:     (nothing: it has ended)\n  template: 3\n",
        );
        check(
            &one,
            &outcome("1\n2", "", 0),
            "first difference: output, line 2\n  eval:     2\\n\n  template: 2\n",
        );
        check(
            &one,
            &outcome("1\n2\n", "", 3),
            "first difference: exit code\n  eval:     0\n  template: 3\n",
        );
    }

    #[test]
    fn long_lines_are_shown_where_they_differ() {
        let line =
            |last: &str| outcome(&format!("{}{last}{}\n", "x".repeat(500), "y".repeat(500)), "", 0);
        let found = difference(("eval", &line("a")), ("template", &line("b")));
        let found = found.expect("they differ");
        assert!(found.contains("x…") || found.contains("…x"), "{found}");
        assert!(found.contains("xay") && found.contains("xby"), "{found}");
        assert!(found.lines().all(|line| line.chars().count() < 150), "{found}");
    }

    #[test]
    fn reports_are_compared_by_line_and_calls() {
        let stopped = |line: u32, calls: &str| {
            outcome("", &format!("error[R001]: x\n --> a.mochi:{line}:1\n{calls}"), 1)
        };
        check(&stopped(7, "f\n"), &stopped(7, "f\n"), "");
        check(
            &stopped(7, ""),
            &stopped(8, ""),
            "first difference: error report, line 2\n  eval:      --> a.mochi:7:1\n  template:  --> a.mochi:8:1\n",
        );
        check(
            &stopped(7, "f\n"),
            &stopped(7, ""),
            "first difference: error report, line 3\n  eval:     f\n  template: (nothing: it has ended)\n",
        );
        check(
            &stopped(7, ""),
            &outcome("", "", 0),
            "first difference: one stops with an error\n  eval:     error[R001]: x\n  template: (nothing: it has ended)\n",
        );
    }

    #[test]
    fn a_stack_may_overflow_sooner() {
        let overflow = |output: &str, calls: &str| {
            outcome(output, &format!("error[R009]: stack overflow\n{calls}"), 1)
        };
        check(&overflow("1\n2\n3\n", "f 1\nf 2\n"), &overflow("1\n2\n", "g 1\n"), "");
        check(
            &overflow("1\n2\n", ""),
            &overflow("1\n3\n", ""),
            "first difference: output, line 2\n  eval:     2\n  template: 3\n",
        );
    }
}
