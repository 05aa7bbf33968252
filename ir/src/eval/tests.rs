//! Calls, recursion, traps and their traces, on a host that has no objects.

use super::*;
use crate::program::{GlobalId, StrId};
use crate::text::read;
use mochi_abi::functions::RuntimeFunction;

/// Ints are printed into a list, traps and traces kept; `int_abs` calls back the program's function 1.
#[derive(Default)]
struct Scalars {
    printed: Vec<i64>,
    raised: Option<(TrapKind, i64, i64)>,
    trace: Vec<u32>,
    polls_left: usize,
}

impl Host for Scalars {
    fn runtime(
        &mut self,
        evaluator: &Evaluator,
        function: RuntimeFunction,
        args: &[u64],
    ) -> Stops<u64> {
        match function {
            RuntimeFunction::PrintInt => {
                self.printed.push(args[0] as i64);
                Ok(0)
            }
            RuntimeFunction::IntAbs => evaluator.call(self, FunctionId(1), args),
            RuntimeFunction::Raise => {
                let kind = TrapKind::from_code(args[0] as u32).expect("a kind");
                self.raised = Some((kind, args[1] as i64, args[2] as i64));
                Err(kind)
            }
            RuntimeFunction::Trace => {
                self.trace.push(args[0] as u32);
                Ok(0)
            }
            other => panic!("{} is not there", other.row().name),
        }
    }
    fn string(&mut self, _: StrId) -> u64 {
        0
    }
    fn global(&mut self, _: GlobalId) -> u64 {
        0
    }
    fn set_global(&mut self, _: GlobalId, _: u64) {}
    fn closure_function(&mut self, closure: u64) -> FunctionId {
        // A closure is its function's number, here.
        FunctionId(closure as u32)
    }
    fn poll(&mut self) -> Stops<()> {
        self.polls_left = self.polls_left.checked_sub(1).ok_or(TrapKind::Interrupted)?;
        Ok(())
    }
}

fn run(text: &str, limit: usize, args: &[u64]) -> (Stops<u64>, Scalars) {
    let program = read(text).unwrap_or_else(|error| panic!("{error}"));
    crate::verify::verify(&program).unwrap_or_else(|error| panic!("{error}"));
    let mut host = Scalars { polls_left: 10, ..Scalars::default() };
    let evaluator = Evaluator::new(&program, limit);
    let result = evaluator.call(&mut host, FunctionId(0), args);
    assert_eq!(evaluator.frames.get(), 0, "all frames are left");
    (result, host)
}

/// `main` comes last, so that the function under test is the first one.
const MAIN: &str = "main @main\nfunction main() {\nb0:\n  return\n}\n";

#[test]
fn fib_of_20() {
    let text = "function fib(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 2
  v2 = i64.cmp.lt v0, v1
  branch v2, b1, b2
b1:
  return v0
b2:
  v3 = i64.const 1
  v4 = i64.sub v0, v3
  v5: i64 = call @fib(v4)
  v6 = i64.sub v0, v1
  v7: i64 = call @fib(v6)
  v8 = i64.add v5, v7
  return v8
}
";
    assert_eq!(run(&format!("{text}{MAIN}"), 100, &[20]).0, Ok(6765));
}

/// Down to 0 by calls, then `1 / 0`.
const DOWN: &str = "function down(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 1
  v2 = i64.const 0
  v3 = i64.cmp.eq v0, v2
  branch v3, b1, b2
b1:
  v4 = i64.div v1, v0
  return v4
b2:
  v5 = i64.sub v0, v1
  v6: i64 = call @down(v5)
  return v6
}
";

#[test]
fn a_trap_leaves_through_all_calls() {
    let (result, host) = run(&format!("{DOWN}{MAIN}"), 100, &[3]);
    assert_eq!(result, Err(TrapKind::DivideByZero));
    // Sites: the division 0, the subtraction 1, the call 2.
    assert_eq!(host.trace, [0, 2, 2, 2]);
}

#[test]
fn a_million_calls_are_deep_and_one_more_is_too_deep() {
    let down = DOWN.replace("i64.div v1, v0", "i64.add v1, v0");
    let (result, _) = run(&format!("{down}{MAIN}"), 1_000_001, &[1_000_000]);
    assert_eq!(result, Ok(1));
    let (result, host) = run(&format!("{down}{MAIN}"), 1_000_000, &[1_000_000]);
    assert_eq!(result, Err(TrapKind::StackOverflow));
    assert_eq!(host.trace.len(), 1_000_000, "the call that did not fit has no frame");
    assert_eq!(host.trace[0], 2);
}

#[test]
fn tail_calls_take_no_frame() {
    let text = "function f(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 0
  v2 = i64.cmp.eq v0, v1
  branch v2, b1, b2
b1:
  return v0
b2:
  v3 = i64.const 1
  v4 = i64.sub v0, v3
  tail.call @f(v4)
}
";
    assert_eq!(run(&format!("{text}{MAIN}"), 1, &[100_000]).0, Ok(0));
}

#[test]
fn arguments_of_a_jump_are_bound_all_at_once() {
    let text = "function f(v0: i64, v1: i64, v2: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool):
  jump b1(v0, v1, v2)
b1(v3: i64, v4: i64, v5: bool) loop depth 1:
  v6 = bool.const 0
  branch v5, b1(v4, v3, v6), b2
b2:
  v7 = i64.sub v3, v4
  return v7
}
";
    assert_eq!(run(&format!("{text}{MAIN}"), 1, &[10, 3, 1]).0, Ok((-7i64) as u64));
}

#[test]
fn switch_counts_from_its_immediate() {
    let text = "function f(v0: i64) -> i64 {
b0(v0: i64):
  switch v0, -1, b1, b2, b3
b1:
  v1 = i64.const 10
  return v1
b2:
  v2 = i64.const 20
  return v2
b3:
  v3 = i64.const 30
  return v3
}
";
    let text = format!("{text}{MAIN}");
    for (n, expected) in [(-1, 10), (0, 20), (1, 30), (7, 30), (-2, 30), (i64::MAX, 30)] {
        assert_eq!(run(&text, 1, &[n as u64]).0, Ok(expected), "{n}");
    }
}

#[test]
fn runtime_functions_call_back() {
    let text = "function f(v0: i64) -> i64 {
b0(v0: i64):
  v1: i64 = call.runtime int_abs(v0)
  call.runtime print_int(v1)
  return v1
}
function half(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 2
  v2 = i64.div v1, v0
  return v2
}
";
    let (result, host) = run(&format!("{text}{MAIN}"), 2, &[1]);
    assert_eq!((result, host.printed), (Ok(2), vec![2]));
    let (result, host) = run(&format!("{text}{MAIN}"), 2, &[0]);
    assert_eq!(result, Err(TrapKind::DivideByZero));
    assert_eq!(host.trace, [2, 0], "the division, then the call of the runtime function");
    let (result, host) = run(&format!("{text}{MAIN}"), 1, &[1]);
    assert_eq!(result, Err(TrapKind::StackOverflow));
    assert_eq!(host.trace, [0]);
}

#[test]
fn closures_traps_and_polls() {
    let text = "shape0 = captures g { }
function f(v0: closure, v1: i64) -> i64 {
b0(v0: closure, v1: i64):
  v2: i64 = call.closure v0, v1
  return v2
}
function g(v0: closure, v1: i64) -> i64 captures shape0 {
b0(v0: closure, v1: i64):
  jump b1(v1)
b1(v2: i64) loop depth 1:
  v3 = i64.const 0
  v4 = i64.cmp.gt v2, v3
  branch v4, b2, b3
b2 depth 1:
  v5 = i64.const 1
  v6 = i64.sub.proved v2, v5
  poll
  jump b1(v6)
b3:
  trap ListIndex(v1, v2)
}
";
    let (result, host) = run(&format!("{text}{MAIN}"), 9, &[1, 4]);
    assert_eq!(result, Err(TrapKind::ListIndex));
    assert_eq!(host.raised, Some((TrapKind::ListIndex, 4, 0)));
    let (result, host) = run(&format!("{text}{MAIN}"), 9, &[1, 40]);
    assert_eq!(result, Err(TrapKind::Interrupted));
    assert_eq!(host.trace.len(), 2);
}
