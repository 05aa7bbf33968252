//! Which edges come to each block of a function.

use mochi_ir::program::{Block, Function};

/// Where each block is come to from, once for each edge.
#[derive(Debug)]
pub(super) struct Flow {
    start: Vec<u32>,
    sources: Vec<Block>,
}

impl Flow {
    pub(super) fn new(function: &Function) -> Flow {
        let blocks = function.blocks.len();
        let mut start = vec![0u32; blocks + 1];
        for target in &function.targets {
            start[target.block.index() + 1] += 1;
        }
        for block in 0..blocks {
            start[block + 1] += start[block];
        }
        let mut next = start.clone();
        let mut sources = vec![Block(0); function.targets.len()];
        for block in function.block_ids() {
            for target in function.block_targets(block) {
                let at = &mut next[target.block.index()];
                sources[*at as usize] = block;
                *at += 1;
            }
        }
        Flow { start, sources }
    }

    /// The blocks that the edges to `block` come from.
    pub(super) fn sources(&self, block: Block) -> &[Block] {
        let range = self.start[block.index()] as usize..self.start[block.index() + 1] as usize;
        &self.sources[range]
    }
}
