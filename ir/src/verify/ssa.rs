//! Every value is defined once, and its definition dominates its uses.

use super::{Result, Subject};
use crate::cfg::Cfg;
use crate::program::{Block, InstId, Value};

/// Where a value is defined: its block, and the number of the instruction; a parameter comes before all of them.
#[derive(Clone, Copy)]
struct Definition {
    block: Block,
    /// The instruction's number plus one; the first one of the block for parameters.
    from: u32,
}

/// Checks definitions and uses of all values.
pub(super) fn verify(subject: Subject, cfg: &Cfg) -> Result {
    let function = subject.function;
    let mut definitions: Vec<Option<Definition>> = vec![None; function.values.len()];
    for block in function.block_ids() {
        let first = function.blocks[block.index()].insts.start;
        for &param in function.block_params(block) {
            let definition = Definition { block, from: first };
            if !define(&mut definitions, param, definition) {
                return subject.at_block(block, twice(param));
            }
        }
        for (id, inst) in function.block_insts(block) {
            if let Some(result) = inst.result {
                let definition = Definition { block, from: id.0 + 1 };
                if !define(&mut definitions, result, definition) {
                    return subject.at_inst(block, id, twice(result));
                }
            }
        }
    }
    let verify_use = |block: Block, id: InstId, value: Value| {
        let Some(definition) = definitions.get(value.index()).copied().flatten() else {
            return subject.at_inst(block, id, format!("{value} is not defined"));
        };
        if definition.block == block {
            if definition.from > id.0 {
                return subject.at_inst(block, id, format!("{value} is used before it is defined"));
            }
        } else if !cfg.dominates(definition.block, block) {
            return subject.at_inst(
                block,
                id,
                format!(
                    "{value} is defined in {}, which not all paths go through",
                    definition.block
                ),
            );
        }
        Ok(())
    };
    for block in function.block_ids() {
        for (id, inst) in function.block_insts(block) {
            for &value in function.args(inst) {
                verify_use(block, id, value)?;
            }
        }
        let last = InstId(function.blocks[block.index()].insts.end - 1);
        for target in function.block_targets(block) {
            for &value in function.target_args(target) {
                verify_use(block, last, value)?;
            }
        }
    }
    Ok(())
}

fn define(definitions: &mut [Option<Definition>], value: Value, definition: Definition) -> bool {
    match definitions.get_mut(value.index()) {
        Some(place @ None) => {
            *place = Some(definition);
            true
        }
        _ => false,
    }
}

fn twice(value: Value) -> String {
    format!("{value} is defined twice, or has no type")
}
