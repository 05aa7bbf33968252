//! No two values that are live at the same time share a slot, by the exact sets of the liveness analysis; and the
//! jumps of plain loops move nothing.

use super::*;
use crate::cfg::Cfg;
use crate::liveness::Liveness;
use crate::program::{FunctionId, Program};
use crate::text::{print_function, read};
use std::collections::HashMap;

/// Panics when two values in one slot are live together.
pub(crate) fn check(program: &Program, function: &Function) {
    let slots = Slots::new(function);
    let live = Liveness::new(function, &Cfg::new(function), |_| true);
    for (place, param) in function.block_params(Block(0)).iter().enumerate() {
        assert_eq!(slots.slot[param.index()], place as u32, "parameters keep their order");
    }
    for block in function.block_ids() {
        let mut owner: HashMap<u32, Value> = HashMap::new();
        let claim = |value: Value, owner: &mut HashMap<u32, Value>| {
            let slot = slots.slot[value.index()];
            assert!(slot < slots.count);
            if let Some(other) = owner.insert(slot, value)
                && other != value
            {
                panic!(
                    "{value} and {other} share slot {slot} in {block} of\n{}",
                    crate::text::print(program, false)
                );
            }
        };
        // Backward from what is live at the end.
        for &value in live.live_out(block) {
            claim(value, &mut owner);
        }
        for target in function.block_targets(block) {
            for &value in function.target_args(target) {
                claim(value, &mut owner);
            }
        }
        for (_, inst) in function.block_insts(block).rev() {
            if let Some(result) = inst.result {
                claim(result, &mut owner);
                owner.remove(&slots.slot[result.index()]);
            }
            for &value in function.args(inst) {
                claim(value, &mut owner);
            }
        }
        for &param in function.block_params(block) {
            claim(param, &mut owner);
        }
        for &value in live.live_in(block) {
            claim(value, &mut owner);
        }
    }
}

/// How many arguments of jumps come from another slot than they go to.
fn moves(function: &Function) -> usize {
    let slots = Slots::new(function);
    let mut count = 0;
    for target in &function.targets {
        let params = function.block_params(target.block);
        for (arg, param) in function.target_args(target).iter().zip(params) {
            count += usize::from(slots.slot[arg.index()] != slots.slot[param.index()]);
        }
    }
    count
}

fn program(text: &str) -> Program {
    read(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_counting_loop_and_a_join_move_nothing() {
    let program = program(
        "main @f
function f(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 0
  v2 = i64.const 0
  jump b1(v1, v2)
b1(v3: i64, v4: i64) loop depth 1:
  v5 = i64.cmp.lt v3, v0
  branch v5, b2, b6
b2 depth 1:
  v6 = i64.cmp.lt v4, v3
  branch v6, b3, b4
b3 depth 1:
  v7 = i64.add v4, v3
  jump b5(v7)
b4 depth 1:
  v8 = i64.sub v4, v3
  jump b5(v8)
b5(v9: i64) depth 1:
  v10 = i64.const 1
  v11 = i64.add v3, v10
  jump b1(v11, v9)
b6:
  return v4
}
",
    );
    check(&program, &program.functions[0]);
    assert_eq!(moves(&program.functions[0]), 0, "{:?}", Slots::new(&program.functions[0]));
    assert_eq!(
        Slots::new(&program.functions[0]).count,
        4,
        "{}",
        print_function(&program, FunctionId(0), false)
    );
}

#[test]
fn values_that_change_places_are_moved_and_do_not_clash() {
    let program = program(
        "main @f
function f(v0: i64, v1: i64, v2: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool):
  jump b1(v0, v1)
b1(v3: i64, v4: i64) loop depth 1:
  branch v2, b1(v4, v3), b2
b2:
  return v3
}
",
    );
    check(&program, &program.functions[0]);
    assert_eq!(moves(&program.functions[0]), 2);
}

#[test]
fn a_value_defined_before_a_loop_outlives_a_break_in_it() {
    // v1 is used only in b3, which leaves the loop but lies inside of it; b4 must not reuse its slot.
    let program = program(
        "main @f
function f(v0: bool) -> i64 {
b0(v0: bool):
  v1 = i64.const 7
  jump b1
b1 loop depth 1:
  branch v0, b2, b4
b2 depth 1:
  branch v0, b3, b4
b3 depth 1:
  return v1
b4 depth 1:
  v2 = i64.const 8
  call.runtime print_int(v2)
  jump b1
}
",
    );
    check(&program, &program.functions[0]);
}

#[test]
fn many_values_live_at_once_take_many_slots() {
    let mut text = "main @f\nfunction f() -> i64 {\nb0:\n".to_owned();
    for value in 0..10_000 {
        text += &format!("  v{value} = i64.const {value}\n");
    }
    text += "  v10000 = i64.const 0\n";
    for value in 0..10_000 {
        text += &format!("  v{} = i64.add v{}, v{value}\n", 10_001 + value, 10_000 + value);
    }
    text += "  return v20000\n}\n";
    let program = program(&text);
    check(&program, &program.functions[0]);
    assert_eq!(Slots::new(&program.functions[0]).count, 10_001);
}
