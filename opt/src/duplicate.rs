//! Puts a small block where several come together into each of those that lead to it, when they differ in which constant
//! text they choose: where it is known, appending it or comparing it is a few instructions, and nobody counts its owners
//! (tail duplication).
//!
//! Runs after `ranges`, whose facts are about blocks as they were.

use crate::rewriter::Rewriter;
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Function, Program, Value};
use mochi_ir::types::Type;

/// How many instructions such a block may have that are more than constants, its jump not counted.
const MOST_INSTS: usize = 4;
/// How many copies there may be.
const MOST_COPIES: usize = 6;

/// Does so in all functions.
pub fn duplicate_choices(program: &mut Program) {
    for function in &mut program.functions {
        if let Some(copied) = choices(function) {
            *function = write(function, &copied);
        }
    }
}

/// By block: whether it is to be copied. None when there is none.
fn choices(function: &Function) -> Option<Vec<bool>> {
    let is_choice = |block: Block| {
        let data = &function.blocks[block.index()];
        let texts = |value: &Value| function.ty(*value) == Type::Str;
        let insts = &function.insts[data.insts.start as usize..data.insts.end as usize];
        block != Block(0)
            && !data.is_loop_header
            && data.targets.len() == 1
            && insts.iter().filter(|inst| !is_constant(inst.op)).count() <= MOST_INSTS + 1
            && insts.last().is_some_and(|inst| inst.op == Op::Jump)
            && function.block_params(block).iter().any(texts)
    };
    let mut chosen: Vec<bool> = function.block_ids().map(is_choice).collect();
    if !chosen.contains(&true) {
        return None;
    }
    let mut constant = vec![false; function.values.len()];
    for inst in &function.insts {
        if let (Op::StrConst, Some(result)) = (inst.op, inst.result) {
            constant[result.index()] = true;
        }
    }
    // Each comes to it by a jump, with constants at one place at least.
    let mut incoming = vec![0; function.blocks.len()];
    // By parameter.
    let mut varying = vec![false; function.values.len()];
    for block in function.block_ids() {
        let targets = function.block_targets(block);
        for target in targets {
            let to = target.block.index();
            incoming[to] += 1;
            // Into a block that goes itself, nothing is put.
            chosen[to] &= targets.len() == 1 && !chosen[block.index()];
            let params = function.block_params(target.block);
            for (param, arg) in params.iter().zip(function.target_args(target)) {
                varying[param.index()] |= !constant[arg.index()];
            }
        }
    }
    // What it defines is used in it alone.
    let mut home = vec![Block(0); function.values.len()];
    for block in function.block_ids() {
        let results = function.block_insts(block).filter_map(|(_, inst)| inst.result);
        for value in function.block_params(block).iter().copied().chain(results) {
            home[value.index()] = block;
        }
    }
    for block in function.block_ids() {
        let mut used = |value: &Value| {
            let home = home[value.index()];
            chosen[home.index()] &= home == block;
        };
        for (_, inst) in function.block_insts(block) {
            function.args(inst).iter().for_each(&mut used);
        }
        for target in function.block_targets(block) {
            function.target_args(target).iter().for_each(&mut used);
        }
    }
    for block in function.block_ids() {
        let number = block.index();
        let is_known = |param: &Value| function.ty(*param) == Type::Str && !varying[param.index()];
        chosen[number] &= (2..=MOST_COPIES).contains(&incoming[number])
            && function.block_params(block).iter().any(is_known);
    }
    chosen.contains(&true).then_some(chosen)
}

fn is_constant(op: Op) -> bool {
    matches!(op, Op::I64Const | Op::F64Const | Op::BoolConst | Op::StrConst | Op::None)
}

fn write(function: &Function, copied: &[bool]) -> Function {
    let mut out = Rewriter::new(function);
    let mut numbers = Vec::with_capacity(function.blocks.len());
    // By value: what stands for it in the copy at hand.
    let mut stands: Vec<Value> = (0..function.values.len() as u32).map(Value).collect();
    for block in function.block_ids() {
        numbers.push(out.next_block());
        // All edges to it have become copies of it.
        if copied[block.index()] {
            continue;
        }
        let data = &function.blocks[block.index()];
        let params = function.block_params(block).iter().copied();
        out.begin(params, data.loop_depth, data.is_loop_header);
        let into = match function.block_targets(block) {
            [only] if copied[only.block.index()] => Some(only),
            _ => None,
        };
        for (id, inst) in function.block_insts(block) {
            if into.is_none() || !inst.op.has(op::TERMINATES) {
                let args = function.args(inst).iter().copied();
                out.push(inst.op, args, inst.imm, inst.result, function.origins[id.index()]);
            }
        }
        let Some(target) = into else {
            out.end();
            for target in function.block_targets(block) {
                out.target(target.block, function.target_args(target).iter().copied());
            }
            continue;
        };
        let params = function.block_params(target.block);
        for (&param, &arg) in params.iter().zip(function.target_args(target)) {
            stands[param.index()] = arg;
        }
        for (id, inst) in function.block_insts(target.block) {
            let args: Vec<Value> =
                function.args(inst).iter().map(|arg| stands[arg.index()]).collect();
            let result = inst.result.map(|result| {
                let copy = out.value(function.ty(result));
                stands[result.index()] = copy;
                copy
            });
            out.push(inst.op, args, inst.imm, result, function.origins[id.index()]);
        }
        out.end();
        let [onward] = function.block_targets(target.block) else {
            unreachable!("such a block ends in a jump")
        };
        let args: Vec<Value> =
            function.target_args(onward).iter().map(|arg| stands[arg.index()]).collect();
        out.target(onward.block, args);
    }
    out.finish(|block| numbers[block.index()])
}
