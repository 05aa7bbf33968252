//! What the lowering makes of small programs, and what it declines.
//!
//! That programs mean what they should is for the language suite; here is tested what cannot be seen from outside: which
//! values a join passes, what is moved out of its place, which functions are copied, that the work stays linear.

use mochi_base::{Code, Diagnostic, Interner};
use mochi_hir::Edition;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Program};
use std::path::{Path, PathBuf};

/// Text → IR, verified.
fn lower(text: &str) -> Result<Program, Vec<Diagnostic>> {
    let mut interner = Interner::default();
    let (ast, found) = mochi_syntax::parse(text, &mut interner);
    assert!(found.is_empty(), "{found:?}");
    let asked = Edition::from_comment(text);
    let (mut hir, mut found) =
        mochi_hir::check(&ast, &mut interner, asked.unwrap_or(Edition::E2026));
    if asked.is_none() && found.iter().any(Diagnostic::is_error) {
        (hir, found) = mochi_hir::check(&ast, &mut interner, Edition::E2025);
    }
    assert!(!found.iter().any(Diagnostic::is_error), "{found:?}");
    let program = mochi_lower::lower(&hir, &interner)?;
    mochi_ir::verify::verify(&program).unwrap_or_else(|errors| panic!("{errors}\nof\n{text}"));
    Ok(program)
}

fn lowered(text: &str) -> Program {
    lower(text).unwrap_or_else(|found| panic!("{found:?}"))
}

fn function<'a>(program: &'a Program, name: &str) -> &'a Function {
    let mut found = program.functions.iter().filter(|function| &*function.name == name);
    let function = found.next().unwrap_or_else(|| panic!("there is a function {name}"));
    assert!(found.next().is_none(), "there is one function {name}");
    function
}

fn count(function: &Function, op: Op) -> usize {
    function.insts.iter().filter(|inst| inst.op == op).count()
}

/// How many values are passed to blocks, the entry's parameters not counted.
fn passed(function: &Function) -> usize {
    function.targets.iter().map(|target| target.args.len()).sum()
}

fn text_of(program: &Program) -> String {
    mochi_ir::text::print(program, false)
}

fn declined(text: &str) -> (String, String) {
    let found = lower(text).expect_err("it cannot be run");
    assert_eq!(found[0].code, Code::R017);
    (found[0].message.clone(), text[found[0].span.range()].to_owned())
}

#[test]
fn every_program_of_the_language_suite_is_valid() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lang")];
    let mut programs: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the suite's folders can be read") {
            let path = entry.expect("the suite's folders can be read").path();
            if path.is_dir() {
                // A folder with this file is one program of several files, which only the engine puts together.
                if !path.join("main.mochi").exists() {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "mochi") {
                programs.push(path);
            }
        }
    }
    assert!(programs.len() > 100, "the suite is where it was");
    for path in programs {
        lowered(&std::fs::read_to_string(&path).expect("the suite's programs can be read"));
    }
}

#[test]
fn a_join_passes_what_differs() {
    let program = lowered(
        "fun f(a: bool): int {
           var same = 1
           var changed = 2
           if a { changed = 3 } else { changed = 4 }
           return same + changed
         }
         print(f(true))",
    );
    assert_eq!(passed(function(&program, "f")), 2);
}

#[test]
fn a_join_does_not_pass_what_all_branches_agree_on() {
    let program = lowered(
        "fun f(a: bool, b: int): int {
           var x = 1
           if a { x = b } else { x = b }
           return x
         }
         print(f(true, 1))",
    );
    assert_eq!(passed(function(&program, "f")), 0);
}

#[test]
fn a_chain_of_ifs_has_one_join() {
    let program = lowered(
        "fun f(n: int): int {
           var x = 0
           if n == 1 { x = 10 } else if n == 2 { x = 20 } else if n == 3 { x = 30 }
           return x
         }
         print(f(1))",
    );
    // Three branches and the way past all of them, one value each.
    assert_eq!(passed(function(&program, "f")), 4);
}

#[test]
fn a_loop_passes_what_it_assigns() {
    let program = lowered(
        "fun f(n: int): int {
           let constant = n * 2
           var total = 0
           var i = 0
           while i < n {
             let inner = i + constant
             total = total + inner
             i = i + 1
           }
           return total
         }
         print(f(3))",
    );
    // Two variables, into the loop and around it.
    assert_eq!(passed(function(&program, "f")), 4);
}

#[test]
fn conditions_are_not_made_into_values() {
    let program = lowered(
        "fun f(a: int, b: int): int {
           if (a > 0 && b > 0) || !(a < b) { return 1 }
           return 2
         }
         print(f(1, 2))",
    );
    let f = function(&program, "f");
    assert_eq!((count(f, Op::BoolConst), count(f, Op::BoolNot), passed(f)), (0, 0, 0));
}

#[test]
fn ways_out_of_a_long_loop_cost_what_they_pass() {
    let body = |n: usize| {
        let ways: String =
            (0..n).map(|i| format!("if a == {i} {{ break }}\na = a + 1\nlet t{i} = a\n")).collect();
        let text = format!(
            "fun f(): int {{\nvar a = 0\nwhile a < 10 {{\n{ways}}}\nreturn a\n}}\nprint(f())"
        );
        passed(function(&lowered(&text), "f"))
    };
    let (short, long) = (body(50), body(100));
    assert!(long <= short * 2, "{short} values are passed for 50 ways out, {long} for 100");
}

#[test]
fn what_grows_is_moved_out_of_its_place() {
    let program = lowered(
        "type Bag { items: list<int> }
         var shared: list<int> = []
         fun grow(g: list<list<int>>, b: Bag, m: map<string, list<int>>, v: int) {
           var graph = g
           var bag = b
           var groups = m
           graph[v] = append(graph[v], v)
           bag.items = append(bag.items, v)
           groups[\"k\"] = append(groups[\"k\"] ?? [], v)
           shared = append(shared, v)
         }
         grow([[]], Bag { items: [] }, {}, 0)",
    );
    let grow = function(&program, "grow");
    assert_eq!(
        (count(grow, Op::ListTake), count(grow, Op::FieldTake), count(grow, Op::GlobalTake)),
        (1, 1, 1)
    );
    assert!(text_of(&program).contains("map_take"));
}

#[test]
fn a_call_that_can_change_the_place_is_guarded() {
    let program = lowered(
        "var xs: list<int> = []
         fun next(): int { return len(xs) }
         fun grow() { xs = append(xs, next()) }
         grow()",
    );
    assert_eq!(count(function(&program, "grow"), Op::RefSame), 1);
}

#[test]
fn nested_functions_that_are_only_called_are_no_closures() {
    let program = lowered(
        "fun outer(n: int): int {
           var calls = 0
           fun go(i: int): int {
             calls = calls + 1
             if i == 0 { return n }
             return go(i - 1)
           }
           return go(3) + calls
         }
         print(outer(1))",
    );
    assert!(!text_of(&program).contains("closure"), "{}", text_of(&program));
}

#[test]
fn generic_functions_are_copied_once_for_each_type() {
    let program = lowered(
        "fun same<T>(x: T): T { return x }
         print(same(1), same(2), same(\"a\"), same(2.5))",
    );
    assert_eq!(program.functions.iter().filter(|function| &*function.name == "same").count(), 3);
}

#[test]
fn a_match_over_variants_is_a_switch() {
    let program = lowered(
        "type Shape = Dot {} | Line { n: int } | Box { w: int, h: int }
         fun size(s: Shape): int {
           return match s { Dot => 0 Line(n) => n Box(w, h) => w * h }
         }
         print(size(Dot {}))",
    );
    let size = function(&program, "size");
    assert_eq!(
        (count(size, Op::Switch), count(size, Op::RecordShape), count(size, Op::Trap)),
        (1, 1, 0)
    );
}

#[test]
fn functions_that_nobody_calls_are_left_out() {
    let program = lowered("fun unused(): int { return 1 }\nprint(1)");
    assert_eq!(program.functions.len(), 1);
}

#[test]
fn what_cannot_be_run_is_said_where_it_stands() {
    let (message, place) = declined("import go \"math\" as math auto\nprint(math)");
    assert_eq!((message.as_str(), place.as_str()), ("a module as a value cannot be run", "math"));
}

#[test]
fn ever_larger_type_arguments_are_refused() {
    let text = "fun deeper<T>(x: T, n: int): int {
           if n == 0 { return 0 }
           return deeper([x], n - 1)
         }
         print(deeper(1, 3))";
    let (message, place) = declined(text);
    assert_eq!(message, "`deeper` needs a copy of itself for ever larger types");
    assert_eq!(place, "deeper([x], n - 1)");
}
