//! Asks whether a value is live at one place, exactly, for the few values that somebody asks about: the
//! blocks that a value is live out of are found at its first question and kept.
//!
//! All questions together may walk over so many blocks as the function has instructions, times a constant; then the
//! answer is yes, which whoever asks **must** be able to live with. So the cost stays linear whatever the program.

use super::for_each_use;
use crate::cfg::Cfg;
use crate::program::{Block, Function, Value};

const NONE: u32 = u32::MAX;

/// Blocks walked per instruction of the function, at most: enough for every loop of a function with some hundred
/// variables, and not more than a few milliseconds for the largest function.
const BLOCKS_PER_INST: usize = 16;

/// Exact liveness on demand.
#[derive(Debug)]
pub struct LiveQuery {
    cfg: Cfg,
    defined: Vec<u32>,
    /// Uses by value, in order: where each value's begin, then instructions and their blocks.
    starts: Vec<u32>,
    uses: Vec<(u32, Block)>,
    /// Per value its place in `sets`.
    known: Vec<u32>,
    /// The blocks that a value is live out of, sorted.
    sets: Vec<Vec<u32>>,
    /// Per block the value that was last found live in and out of it.
    seen_in: Vec<u32>,
    seen_out: Vec<u32>,
    budget: usize,
}

impl LiveQuery {
    /// Prepares for questions about a function.
    pub fn new(function: &Function) -> LiveQuery {
        let mut starts = vec![0u32; function.values.len() + 1];
        for_each_use(function, |_, _, value| starts[value.index() + 1] += 1);
        for value in 0..function.values.len() {
            starts[value + 1] += starts[value];
        }
        let mut next = starts.clone();
        let mut uses = vec![(0, Block(0)); starts[function.values.len()] as usize];
        for_each_use(function, |block, inst, value| {
            uses[next[value.index()] as usize] = (inst, block);
            next[value.index()] += 1;
        });
        LiveQuery {
            cfg: Cfg::new(function),
            defined: super::defining_blocks(function),
            starts,
            uses,
            known: vec![NONE; function.values.len()],
            sets: Vec::new(),
            seen_in: vec![NONE; function.blocks.len()],
            seen_out: vec![NONE; function.blocks.len()],
            budget: function.insts.len() * BLOCKS_PER_INST,
        }
    }

    fn uses(&self, value: Value) -> &[(u32, Block)] {
        let start = self.starts[value.index()] as usize;
        &self.uses[start..self.starts[value.index() + 1] as usize]
    }

    /// Whether `value` is used after instruction `inst` of `block`, in it or later; it is defined before.
    pub fn is_live_after(&mut self, value: Value, block: Block, inst: u32) -> bool {
        let uses = self.uses(value);
        let next = uses.partition_point(|&(user, _)| user <= inst);
        uses.get(next).is_some_and(|&(_, user)| user == block) || self.is_live_out(value, block)
    }

    /// Whether `value` is used in `block` or later. When it is a parameter of the block the answer is yes.
    pub fn is_live_at_start(&mut self, value: Value, block: Block) -> bool {
        if self.defined[value.index()] == block.0 {
            return true;
        }
        let uses = self.uses(value);
        let next = uses.partition_point(|&(_, user)| user < block);
        uses.get(next).is_some_and(|&(_, user)| user == block) || self.is_live_out(value, block)
    }

    /// Whether `value` is live in a successor of `block`.
    fn is_live_out(&mut self, value: Value, block: Block) -> bool {
        if self.known[value.index()] == NONE {
            match self.walk(value) {
                Some(set) => {
                    self.known[value.index()] = self.sets.len() as u32;
                    self.sets.push(set);
                }
                None => return true,
            }
        }
        self.sets[self.known[value.index()] as usize].binary_search(&block.0).is_ok()
    }

    /// The blocks that a value is live out of; none when the walk costs too much.
    fn walk(&mut self, value: Value) -> Option<Vec<u32>> {
        let home = self.defined[value.index()];
        let mut set = Vec::new();
        let mut open = Vec::new();
        let range = self.starts[value.index()] as usize..self.starts[value.index() + 1] as usize;
        for &(_, block) in &self.uses[range] {
            if block.0 != home && self.seen_in[block.index()] != value.0 {
                self.seen_in[block.index()] = value.0;
                open.push(block);
            }
        }
        while let Some(block) = open.pop() {
            for &pred in self.cfg.preds(block) {
                self.budget = self.budget.checked_sub(1)?;
                if self.seen_out[pred.index()] != value.0 {
                    self.seen_out[pred.index()] = value.0;
                    set.push(pred.0);
                }
                if pred.0 != home && self.seen_in[pred.index()] != value.0 {
                    self.seen_in[pred.index()] = value.0;
                    open.push(pred);
                }
            }
        }
        set.sort_unstable();
        Some(set)
    }
}
