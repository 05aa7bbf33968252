//! Calls, recursion, closures, callbacks and the call stack of a trap.

use super::*;

/// `down(n)` calls itself `n` times and adds one each time.
fn recursion(depth: i64) -> String {
    format!(
        "
main @main
function main() {{
b0:
  v0 = i64.const {depth}
  v1: i64 = call @down(v0) at 1..2
  call.runtime print_int(v1)
  return
}}
function down(v0: i64) -> i64 {{
b0(v0: i64):
  v1 = i64.const 0
  v2 = i64.cmp.eq v0, v1
  branch v2, b1, b2
b1:
  return v0
b2:
  v3 = i64.const 1
  v4 = i64.sub v0, v3
  v5: i64 = call @down(v4) at 3..4
  v6 = i64.const 1
  v7 = i64.add v5, v6
  return v7
}}
"
    )
}

#[test]
fn a_million_frames_fit() {
    assert_eq!(output(&recursion(1_000_000)), "1000000");
}

#[test]
fn endless_recursion_is_a_stack_overflow() {
    let report = run_text(&recursion(-1)).trap.expect("the stack has an end");
    assert_eq!(report.message, "stack overflow");
    assert!(report.skipped > 1_000_000, "{} frames", report.skipped);
    assert_eq!(
        report.frames.first().map(|frame| (frame.start, frame.function.as_str())),
        Some((3, "down"))
    );
    assert_eq!(
        report.frames.last().map(|frame| (frame.start, frame.function.as_str())),
        Some((1, "main"))
    );
}

#[test]
fn tail_calls_take_no_stack() {
    let text = "
main @main
function main() {
b0:
  v0 = i64.const 10000000
  v1 = i64.const 1
  v2 = i64.const 2
  v3: i64 = call @swap(v0, v1, v2)
  call.runtime print_int(v3)
  return
}
function swap(own v0: i64, own v1: i64, own v2: i64) -> i64 {
b0(v0: i64, v1: i64, v2: i64):
  v3 = i64.const 0
  v4 = i64.cmp.eq v0, v3
  branch v4, b1, b2
b1:
  v5 = i64.const 10
  v6 = i64.mul v1, v5
  v7 = i64.add v6, v2
  return v7
b2:
  v8 = i64.const 1
  v9 = i64.sub v0, v8
  tail.call @swap(v9, v2, v1)
}
";
    assert_eq!(output(text), "12");
    let odd = text.replace("10000000", "10000001");
    assert_eq!(output(&odd), "21");
}

#[test]
fn a_trap_names_its_calls_innermost_first() {
    let report = run_text(
        "
main @main
function main() {
b0:
  v0 = i64.const 5
  call @outer(v0) at 1..2
  return
}
function outer(v0: i64) {
b0(v0: i64):
  v1 = i64.const 0
  v2: i64 = call @inner(v0, v1) at 3..4
  v3: i64 = call @inner(v2, v1) at 5..6
  call.runtime print_int(v3)
  return
}
function inner(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
  v2 = i64.add v0, v1 at 7..8
  v3 = i64.div v2, v1 at 9..10
  return v3
}
",
    )
    .trap
    .expect("the program divides by zero");
    assert_eq!(report.message, "division by zero");
    let frames: Vec<(u32, &str)> =
        report.frames.iter().map(|frame| (frame.start, frame.function.as_str())).collect();
    assert_eq!(frames, [(9, "inner"), (3, "outer"), (1, "main")]);
}

/// Sorts a list by a closure that divides by the difference of two items.
fn sort_by(last: i64) -> String {
    format!(
        "
shape0 = captures compare {{ divisor: i64 }}
main @main
function main() {{
b0:
  v0 = i64.const 3
  v1 = i64.const 1
  v2 = i64.const {last}
  v3: list.i64 = list.of v0, v1, v2
  v4 = i64.const 7
  v5 = closure.make @compare(v4)
  v6 = bool.const 1
  v7: list.i64 = call.runtime list_sort_by(v3, v5, v6) at 1..2
  v8 = i64.const 0
  v9: i64 = list.get v7, v8
  call.runtime print_int(v9)
  drop v3
  drop v5
  drop v7
  return
}}
function compare(own v0: closure, own v1: i64, own v2: i64) -> i64 captures shape0 {{
b0(v0: closure, v1: i64, v2: i64):
  v3: i64 = capture.get v0, 0
  v4 = i64.sub v1, v2
  drop v0
  v5 = i64.div v3, v4 at 3..4
  v6 = i64.sub v1, v2
  return v6
}}
"
    )
}

#[test]
fn a_runtime_function_calls_back() {
    assert_eq!(output(&sort_by(2)), "1");
}

#[test]
fn a_trap_in_a_callback_leaves_through_the_runtime_function() {
    let report = run_text(&sort_by(1)).trap.expect("two items are equal");
    assert_eq!(report.message, "division by zero");
    let frames: Vec<(u32, &str)> =
        report.frames.iter().map(|frame| (frame.start, frame.function.as_str())).collect();
    assert_eq!(frames, [(3, "compare"), (1, "main")]);
}
