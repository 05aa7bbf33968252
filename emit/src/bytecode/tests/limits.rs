//! Functions beyond what 16 bits can name: really large ones, and random ones under limits so narrow that
//! everything is far and long.

use super::*;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Span;
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::random::{self, Options};
use mochi_ir::types::Type;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Far slots begin in the middle of most frames, and every branch goes around a jump.
const NARROW: Limits = Limits { near_slots: 4, always_long: true };

#[test]
fn random_programs_do_the_same_under_narrow_limits() {
    let begin = Instant::now();
    let mut seed = 0;
    while seed < 20 || begin.elapsed() < Duration::from_secs(1) {
        let program = random::program(seed, Options { fold: seed % 2 == 0, ..Options::default() });
        let usual = run_program(&program);
        for limits in [
            NARROW,
            Limits { always_long: true, ..LIMITS },
            Limits { always_long: false, ..NARROW },
        ] {
            assert_eq!(
                run_code(&program, &narrow_code(&program, limits)),
                usual,
                "seed {seed}, {limits:?}"
            );
        }
        seed += 1;
    }
}

/// A function in which `count` values are alive at once, summed up at the end.
fn many_values(count: usize) -> String {
    let mut text = String::from(
        "main @main
function main() {
b0:
  v0 = i64.const 1
  v1: i64 = call @sum(v0)
  call.runtime print_int(v1)
  return
}
function sum(v0: i64) -> i64 {
b0(v0: i64):
",
    );
    for value in 1..count {
        writeln!(text, "  v{value} = i64.add v{}, v0", value - 1).expect("a string takes all");
    }
    let mut sum = 0;
    for value in 1..count {
        let next = count + value;
        writeln!(text, "  v{next} = i64.add v{sum}, v{value}").expect("a string takes all");
        sum = next;
    }
    writeln!(text, "  return v{sum}\n}}").expect("a string takes all");
    text
}

#[test]
fn a_hundred_thousand_slots() {
    assert_eq!(output(&many_values(100_000)), "5000050000");
}

#[test]
fn a_hundred_thousand_blocks() {
    // A loop around a chain of branches, each of which adds one when the counter is even.
    let count = 100_000;
    let mut text = String::from(
        "main @main
function main() {
b0:
  v0 = i64.const 0
  v1 = i64.const 0
  v2 = i64.const 2
  jump b1(v0, v1)
b1(v3: i64, v4: i64) loop depth 1:
  v5 = i64.rem v3, v2
  jump b2(v4)
",
    );
    let mut block = 2;
    let mut value = 6;
    for _ in 0..count {
        writeln!(
            text,
            "b{block}(v{value}: i64) depth 1:
  v{} = i64.const 0
  v{} = i64.cmp.eq v5, v{}
  branch v{}, b{}, b{}(v{value})
b{} depth 1:
  v{} = i64.const 1
  v{} = i64.add v{value}, v{}
  jump b{}(v{})",
            value + 1,
            value + 2,
            value + 1,
            value + 2,
            block + 1,
            block + 2,
            block + 1,
            value + 3,
            value + 4,
            value + 3,
            block + 2,
            value + 4,
        )
        .expect("a string takes all");
        block += 2;
        value += 5;
    }
    writeln!(
        text,
        "b{block}(v{value}: i64) depth 1:
  v{} = i64.const 1
  v{} = i64.add v3, v{}
  v{} = i64.const 5
  v{} = i64.cmp.lt v{}, v{}
  branch v{}, b1(v{}, v{value}), b{}
b{}:
  call.runtime print_int(v{value})
  return
}}",
        value + 1,
        value + 2,
        value + 1,
        value + 3,
        value + 4,
        value + 2,
        value + 3,
        value + 4,
        value + 2,
        block + 1,
        block + 1,
    )
    .expect("a string takes all");
    assert_eq!(output(&text), (3 * count).to_string());
}

#[test]
fn seventy_thousand_arguments_in_a_circle() {
    // Each turn passes the first argument on behind all others, until the first one is 5.
    let count = 70_000;
    let types = vec![Type::I64; count];
    let (mut turn, params) = FunctionBuilder::new("turn", &types, Some(Type::I64), Span::new(0, 0));
    let (done, again) = (turn.block(), turn.block());
    let five = turn.i64(5);
    let is_five = turn.compare(Op::I64Cmp, Condition::Eq, params[0], five);
    turn.branch(is_five, (done, &[]), (again, &[]));
    turn.go_to(done);
    turn.ret(params.last().copied());
    turn.go_to(again);
    let mut rotated = params[1..].to_vec();
    rotated.push(params[0]);
    turn.terminate(Op::TailCall, &rotated, 1, &[]);
    let (mut main, _) = FunctionBuilder::new("main", &[], None, Span::new(0, 0));
    let args: Vec<Value> = (0..count as i64).map(|i| main.i64(i)).collect();
    let result = main.call(FunctionId(1), &args, Some(Type::I64));
    main.runtime(RuntimeFunction::PrintInt, result.as_slice(), None);
    main.ret(None);
    let program = Program { functions: vec![main.finish(), turn.finish()], ..Program::default() };
    let outcome = run_program(&program);
    assert_eq!((outcome.output.as_str(), outcome.trap), ("4", None));
}
