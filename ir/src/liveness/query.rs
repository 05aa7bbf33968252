//! Asks whether a value is live at one place, exactly, for the few values that somebody asks about: the
//! blocks that a value is live out of are found at its first question and kept.
//!
//! All questions together may walk over so many blocks as the function has instructions, times a constant; then the
//! answer is yes, which whoever asks **must** be able to live with. So the cost stays linear whatever the program.

use super::{Intervals, for_each_use};
use crate::cfg::Preds;
use crate::program::{Block, Function, Value};

const NONE: u32 = u32::MAX;

/// Where the set of a value is that has not been asked about.
const UNKNOWN: (u32, u32) = (NONE, NONE);

/// Blocks walked per instruction of the function, at most: some twenty nanoseconds. Functions that need more have hundreds of
/// variables in loops of hundreds of blocks, and pay with some moves.
const BLOCKS_PER_INST: usize = 4;

/// Exact liveness on demand.
#[derive(Debug)]
pub struct LiveQuery {
    preds: Preds,
    defined: Vec<u32>,
    /// Uses by value, in order: where each value's begin, then instructions and their blocks.
    starts: Vec<u32>,
    uses: Vec<(u32, Block)>,
    /// Per value where its set begins and ends in `sets`.
    known: Vec<(u32, u32)>,
    /// The blocks that a value is live out of, sorted.
    sets: Vec<u32>,
    /// The blocks to walk on from.
    open: Vec<Block>,
    /// Per block the value that was last found live in and out of it.
    seen_in: Vec<u32>,
    seen_out: Vec<u32>,
    budget: usize,
}

impl LiveQuery {
    /// Prepares for questions about a function with these stretches.
    pub fn new(function: &Function, intervals: &Intervals) -> LiveQuery {
        // One place further on while the uses are filled in, so that they end up where they belong.
        let mut starts = vec![0u32; function.values.len() + 2];
        for_each_use(function, |_, _, value| starts[value.index() + 2] += 1);
        for value in 0..function.values.len() {
            starts[value + 2] += starts[value + 1];
        }
        let mut uses = vec![(0, Block(0)); starts[function.values.len() + 1] as usize];
        for_each_use(function, |block, inst, value| {
            let place = &mut starts[value.index() + 1];
            uses[*place as usize] = (inst, block);
            *place += 1;
        });
        LiveQuery {
            preds: Preds::new(function),
            defined: intervals.home.clone(),
            starts,
            uses,
            known: vec![UNKNOWN; function.values.len()],
            sets: Vec::new(),
            open: Vec::new(),
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
        if self.known[value.index()] == UNKNOWN {
            let start = self.sets.len();
            if self.budget == 0 || !self.walk(value) {
                self.sets.truncate(start);
                return true;
            }
            self.sets[start..].sort_unstable();
            self.known[value.index()] = (start as u32, self.sets.len() as u32);
        }
        let (start, end) = self.known[value.index()];
        self.sets[start as usize..end as usize].binary_search(&block.0).is_ok()
    }

    /// Adds the blocks that a value is live out of to `sets`; false when the walk costs too much.
    fn walk(&mut self, value: Value) -> bool {
        let home = self.defined[value.index()];
        let range = self.starts[value.index()] as usize..self.starts[value.index() + 1] as usize;
        self.open.clear();
        for &(_, block) in &self.uses[range] {
            if block.0 != home && self.seen_in[block.index()] != value.0 {
                self.seen_in[block.index()] = value.0;
                self.open.push(block);
            }
        }
        while let Some(block) = self.open.pop() {
            for &pred in self.preds.of(block) {
                if self.budget == 0 {
                    return false;
                }
                self.budget -= 1;
                if self.seen_out[pred.index()] != value.0 {
                    self.seen_out[pred.index()] = value.0;
                    self.sets.push(pred.0);
                }
                if pred.0 != home && self.seen_in[pred.index()] != value.0 {
                    self.seen_in[pred.index()] = value.0;
                    self.open.push(pred);
                }
            }
        }
        true
    }
}
