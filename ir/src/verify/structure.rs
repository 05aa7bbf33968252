//! Blocks, terminators, targets, and the order of blocks.

use super::{Result, Subject};
use crate::cfg::Cfg;
use crate::op::{Op, TERMINATES};
use crate::program::{Block, Function, NOT_INLINED, Origin};

/// Checks that every range lies in its array, that blocks begin and end right, and where terminators go.
pub(super) fn verify(subject: Subject) -> Result {
    let function = subject.function;
    if function.blocks.is_empty() {
        return subject.at_function("it has no block".to_owned());
    }
    if function.origins.len() != function.insts.len() {
        return subject.at_function("it has not one origin per instruction".to_owned());
    }
    let inlined = subject.program.inlined.len();
    let is_known =
        |origin: &Origin| origin.inlined == NOT_INLINED || origin.inlined.index() < inlined;
    if !function.origins.iter().all(is_known) {
        return subject.at_function("an inlined call is not there".to_owned());
    }
    if !ranges_lie_in_arrays(function) {
        return subject.at_function("a range reaches beyond its array".to_owned());
    }
    let mut next = 0;
    for block in function.block_ids() {
        let data = &function.blocks[block.index()];
        if data.insts.start != next {
            return subject.at_block(
                block,
                "its instructions do not follow those of the block before".to_owned(),
            );
        }
        if data.insts.is_empty() {
            return subject.at_block(block, "it is empty".to_owned());
        }
        next = data.insts.end;
        verify_block(subject, block)?;
    }
    if next as usize != function.insts.len() {
        return subject.at_function("instructions follow its last block".to_owned());
    }
    verify_entry(subject)
}

fn ranges_lie_in_arrays(function: &Function) -> bool {
    let pool = function.pool.len();
    let within = |range: &std::ops::Range<u32>, length: usize| {
        range.start <= range.end && range.end as usize <= length
    };
    function.blocks.iter().all(|block| {
        within(&block.params, pool)
            && within(&block.insts, function.insts.len())
            && within(&block.targets, function.targets.len())
    }) && function.insts.iter().all(|inst| inst.args as usize + inst.arg_count as usize <= pool)
        && function.targets.iter().all(|target| within(&target.args, pool))
}

fn verify_block(subject: Subject, block: Block) -> Result {
    let function = subject.function;
    let data = &function.blocks[block.index()];
    for (id, inst) in function.block_insts(block) {
        let is_last = id.0 + 1 == data.insts.end;
        if inst.op.has(TERMINATES) != is_last {
            let message = if is_last {
                "the last instruction of a block is a terminator"
            } else {
                "a terminator stands in the middle of a block"
            };
            return subject.at_inst(block, id, message.to_owned());
        }
    }
    let targets = function.block_targets(block);
    let last = &function.insts[data.insts.end as usize - 1];
    let is_right = match last.op {
        Op::Jump => targets.len() == 1,
        Op::Branch => targets.len() == 2,
        Op::Switch => !targets.is_empty(),
        _ => targets.is_empty(),
    };
    if !is_right {
        return subject.at_end_of(
            block,
            format!("`{}` has not {} targets", last.op.row().name, targets.len()),
        );
    }
    for target in targets {
        if target.block.index() >= function.blocks.len() {
            return subject.at_end_of(block, format!("{} is not there", target.block));
        }
        if target.block == Block(0) {
            return subject.at_end_of(block, "nothing goes to the entry".to_owned());
        }
    }
    Ok(())
}

fn verify_entry(subject: Subject) -> Result {
    let function = subject.function;
    let entry = function.block_params(Block(0));
    if entry.len() != function.params.len() {
        return subject.at_block(
            Block(0),
            format!(
                "it has {} parameters, the function has {}",
                entry.len(),
                function.params.len()
            ),
        );
    }
    for (&value, param) in entry.iter().zip(&function.params) {
        if value.index() < function.values.len() && function.ty(value) != param.ty {
            return subject.at_block(
                Block(0),
                format!(
                    "{value} is {}, the function's parameter is {}",
                    function.ty(value).name(),
                    param.ty.name()
                ),
            );
        }
    }
    Ok(())
}

/// Checks that blocks lie in reverse post-order and that back edges are those of loops.
pub(super) fn verify_order(subject: Subject, cfg: &Cfg) -> Result {
    let function = subject.function;
    for block in function.block_ids() {
        if !cfg.is_reachable(block) {
            return subject
                .at_block(block, "it cannot be reached by edges that go forward".to_owned());
        }
        let data = &function.blocks[block.index()];
        if data.is_loop_header && data.loop_depth == 0 {
            return subject.at_block(block, "a loop header has depth 0".to_owned());
        }
        for target in function.block_targets(block) {
            if target.block > block {
                continue;
            }
            if function.blocks[target.block.index()].loop_depth > data.loop_depth {
                return subject.at_block(
                    block,
                    format!("it closes the loop of {} and has a lower depth", target.block),
                );
            }
            if !function.blocks[target.block.index()].is_loop_header {
                return subject.at_end_of(
                    block,
                    format!("a back edge goes to {}, which is no loop header", target.block),
                );
            }
            if !cfg.dominates(target.block, block) {
                return subject.at_end_of(
                    block,
                    format!("a back edge goes to {}, which does not dominate it", target.block),
                );
            }
        }
    }
    Ok(())
}
