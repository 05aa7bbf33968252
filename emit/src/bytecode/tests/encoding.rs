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

/// Adds `step(sum, i)` up for `i` below `n`, with or without a poll in each round.
fn counting_loop(body: &str, poll: &str) -> String {
    format!(
        "
main @main
function main() {{
b0:
  v0 = i64.const 1000
  v1: f64 = call @sum(v0)
  call.runtime print_float(v1)
  return
}}
function sum(v0: i64) -> f64 {{
b0(v0: i64):
  v1 = i64.const 0
  v2 = f64.const 0.0
  jump b1(v1, v2)
b1(v3: i64, v4: f64) loop depth 1:
  v5 = i64.cmp.lt v3, v0
  branch v5, b2, b3
b2 depth 1:
{body}
  v20 = i64.const 1
  v21 = i64.add.proved v3, v20
{poll}
  jump b1(v21, v19)
b3:
  return v4
}}
"
    )
}

#[test]
fn a_round_of_a_loop_is_one_jump() {
    let body =
        "  v6 = i64.to.f64 v3\n  v7 = f64.const 0.1\n  v8 = f64.mul v6, v7\n  v19 = f64.add v4, v8";
    let setup = ["constant.word", "constant", "constant", "branch.less.equal"];
    for (poll, end) in [("", "next.less"), ("  poll", "loop.next.less")] {
        let text = counting_loop(body, poll);
        let names = names(&text, "sum");
        assert_eq!(names[..4], setup);
        assert_eq!(names[4..], ["int.to.float", "float.add.multiply", end, "return"]);
        assert_eq!(output(&text), "49950");
    }
}

#[test]
fn neither_operand_of_a_fused_product_is_overwritten() {
    // The product's first factor dies with it, and the constant between could be put in its slot.
    let text = "
main @main
function main() {
b0:
  v0 = f64.const 3.0
  v1: f64 = call @f(v0)
  call.runtime print_float(v1)
  return
}
function f(v0: f64) -> f64 {
b0(v0: f64):
  v1 = f64.const 2.0
  v2 = f64.mul v0, v1
  v3 = f64.const 0.5
  v4 = f64.sub v3, v2
  return v4
}
";
    assert_eq!(output(text), "-5.5");
}

#[test]
fn drops_and_moves_in_a_row_are_one_instruction() {
    let text = "
main @main
function main() {
b0:
  v0 = i64.const 3
  v1: list.i64 = list.of v0, v0
  v2: list.i64 = list.of v0
  v3: str = call.runtime str_from_int(v0)
  call.runtime print_str(v3)
  drop v1
  drop v2
  drop v3
  return
}
";
    assert!(names(text, "main").contains(&"drop.three".to_owned()));
    assert_eq!(output(text), "3");
}

#[test]
fn a_trap_that_is_reached_says_its_words() {
    let text = "
main @main
function main() {
b0:
  v0 = i64.const 9223372036854775807
  v1: i64 = call @next(v0)
  call.runtime print_int(v1)
  return
}
function next(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 1
  v2 = i64.add v0, v1
  return v2
}
";
    assert_eq!(trap(text), "integer overflow: 9223372036854775807 + 1 does not fit in 64 bits");
}

/// `a[i][j]` and `a[i][j] = v` with these indexes into a list of two lists of two.
fn nested(i: i64, j: i64) -> String {
    format!(
        "
main @main
function main() {{
b0:
  v0 = i64.const {i}
  v1 = i64.const {j}
  v2 = i64.const 7
  v3 = i64.const 8
  v4: list.i64 = list.of v2, v3
  v5: list.i64 = list.of v3, v2
  v6: list.ref = list.of v4, v5
  v7: i64 = call @swap(v6, v0, v1)
  call.runtime print_int(v7)
  v8: i64 = list.get v5, v1
  call.runtime print_int(v8)
  drop v6
  return
}}
function swap(v0: list.ref, v1: i64, v2: i64) -> i64 {{
b0(v0: list.ref, v1: i64, v2: i64):
  v3: list.i64 = list.get v0, v1 at 1..2
  v4: i64 = list.get v3, v2 at 3..4
  v5: list.i64 = list.get v0, v1 at 5..6
  list.set v5, v2, v1 at 7..8
  return v4
}}
"
    )
}

#[test]
fn an_item_of_a_list_in_a_list_is_one_access_with_two_sites() {
    assert_eq!(names(&nested(0, 0), "swap"), ["list.get.nested", "list.set.nested", "return"]);
    assert_eq!(output(&nested(1, -1)), "71");
    for (i, j, site) in [(2, 0, 1), (0, 2, 3)] {
        let report = run_text(&nested(i, j)).trap.expect("the index is outside");
        assert_eq!(report.message, "list index out of range: 2 (len 2)");
        assert_eq!(report.frames.first().map(|frame| frame.start), Some(site));
    }
}

#[test]
fn a_nested_read_does_not_move_past_a_write() {
    let text = nested(0, 1).replace(
        "  v4: i64 = list.get v3, v2 at 3..4\n",
        "  v9 = i64.const 5\n  list.set v3, v2, v9\n  v4: i64 = list.get v3, v2 at 3..4\n",
    );
    let alone = nested(0, 1).replace(
        "  v4: i64 = list.get v3, v2 at 3..4\n",
        "  call.runtime print_int(v1)\n  v4: i64 = list.get v3, v2 at 3..4\n",
    );
    assert!(names(&text, "swap").starts_with(&[
        "list.get".to_owned(),
        "constant".to_owned(),
        "list.set".to_owned()
    ]));
    assert_eq!(output(&text), "57");
    assert!(names(&alone, "swap").starts_with(&[
        "list.get".to_owned(),
        "runtime.1".to_owned(),
        "list.get".to_owned()
    ]));
    assert_eq!(output(&alone), "087");
}
