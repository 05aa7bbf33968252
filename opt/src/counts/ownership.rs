//! Decides which parameters own what they are given: a parameter owns when its function takes it over
//! somewhere, itself or by passing it to one that owns; all others are lent by the caller (borrow inference).
//!
//! Who is called without its parameters being looked at owns them all: the functions of closures, and the
//! functions that a `tail.call` leaves its frame to, since nobody is left to drop anything after them.

use super::is_same_reference;
use crate::tail::tail_called;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Program};
use mochi_ir::verify::counts::takes_over;

/// Sets [`mochi_ir::program::Param::own`] of every function: the least solution, found from the parameters that own for a
/// reason of their own along the calls that pass a parameter on.
pub(super) fn infer(program: &mut Program) {
    let mut first = Vec::with_capacity(program.functions.len() + 1);
    let mut count = 0u32;
    for function in &program.functions {
        first.push(count);
        count += function.params.len() as u32;
    }
    first.push(count);
    let mut own = vec![false; count as usize];
    let tail_called = tail_called(program);
    for (number, function) in program.functions.iter().enumerate() {
        let all = function.captures.is_some() || tail_called[number];
        let counted = function.params.iter().map(|param| param.ty.rep().is_counted());
        for (place, counted) in counted.enumerate() {
            own[first[number] as usize + place] = all && counted;
        }
    }
    // (parameter passed to, parameter passed)
    let mut passed = Vec::new();
    for (number, function) in program.functions.iter().enumerate() {
        find_uses(program, function, first[number], &first, &mut own, &mut passed);
    }
    passed.sort_unstable();
    let mut work: Vec<u32> = (0..count).filter(|&param| own[param as usize]).collect();
    while let Some(param) = work.pop() {
        let from = passed.partition_point(|&(to, _)| to < param);
        for &(to, caller) in &passed[from..] {
            if to != param {
                break;
            }
            if !std::mem::replace(&mut own[caller as usize], true) {
                work.push(caller);
            }
        }
    }
    for (number, function) in program.functions.iter_mut().enumerate() {
        for (place, param) in function.params.iter_mut().enumerate() {
            param.own = own[first[number] as usize + place];
        }
    }
}

/// Marks the parameters that the function itself takes over, and collects those it passes to direct calls.
fn find_uses(
    program: &Program,
    function: &Function,
    first_own: u32,
    first: &[u32],
    own: &mut [bool],
    passed: &mut Vec<(u32, u32)>,
) {
    const NO_PARAM: u32 = u32::MAX;
    let mut param_of = vec![NO_PARAM; function.values.len()];
    let mut any = false;
    for (place, &value) in function.block_params(mochi_ir::program::Block(0)).iter().enumerate() {
        if function.ty(value).rep().is_counted() {
            param_of[value.index()] = first_own + place as u32;
            any = true;
        }
    }
    if !any {
        return;
    }
    for inst in &function.insts {
        for (place, &arg) in function.args(inst).iter().enumerate() {
            let param = param_of[arg.index()];
            if param == NO_PARAM {
                continue;
            }
            if is_same_reference(function, inst) {
                if let Some(result) = inst.result {
                    param_of[result.index()] = param;
                }
            } else if inst.op == Op::Call {
                passed.push((first[inst.function().index()] + place as u32, param));
            } else if takes_over(program, inst, place) {
                own[param as usize] = true;
            }
        }
    }
    for target in &function.targets {
        for &arg in function.target_args(target) {
            if let Some(own) = own.get_mut(param_of[arg.index()] as usize) {
                *own = true;
            }
        }
    }
}
