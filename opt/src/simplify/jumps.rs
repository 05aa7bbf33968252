//! Takes jumps over blocks that do nothing: an edge to a block that only jumps goes where that jumps, and a
//! jump to a block that only returns, returns.
//!
//! The parameters of such a block **must** have no use but in its own jump or return: what it dominates could use
//! them. Uses are counted, and counted off when a block is not come to any more.

use super::{Edge, Ending, Plan};
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Value};

/// A taken-over jump writes its arguments once for each edge to it.
const MAX_FORWARDED_ARGS: usize = 8;

impl Plan<'_> {
    /// Blocks are visited backwards, so an edge that goes forward finds its target settled, and a back edge goes to a
    /// loop's header, which is left alone.
    pub(super) fn skip_empty_blocks(&mut self) {
        self.count_uses();
        for block in self.function.block_ids().rev() {
            if !self.reachable[block.index()] || self.entered[block.index()] == 0 {
                continue;
            }
            for edge in self.outgoing(block) {
                self.skip(edge);
            }
            if let Ending::Jump(edge) = self.endings[block.index()] {
                self.return_at_once(block, edge);
            }
        }
    }

    /// How often each value is used after all replacing, and how many edges come to each block.
    fn count_uses(&mut self) {
        self.uses = vec![0; self.function.values.len()];
        self.entered = vec![0; self.function.blocks.len()];
        self.entered[0] = 1;
        for block in self.function.block_ids() {
            if !self.reachable[block.index()] {
                continue;
            }
            for (_, inst) in self.function.block_insts(block) {
                let goes =
                    self.endings[block.index()] != Ending::Same && inst.op.has(op::TERMINATES);
                if self.is_needed(inst) && !goes {
                    for &arg in self.function.args(inst) {
                        let arg = self.find(arg);
                        self.uses[arg.index()] += 1;
                    }
                }
            }
            for edge in self.outgoing(block) {
                self.enter_by(edge);
            }
        }
    }

    /// Counts what an edge uses.
    fn enter_by(&mut self, edge: u32) {
        self.entered[self.edges[edge as usize].block.index()] += 1;
        self.count_args(edge, u32::wrapping_add);
    }

    /// Counts off what an edge uses, and what the block behind it does when nothing else comes to it. That block
    /// **must** be empty but for its ending.
    fn leave_off(&mut self, edge: u32) {
        self.count_args(edge, u32::wrapping_sub);
        let to = self.edges[edge as usize].block;
        self.entered[to.index()] -= 1;
        if self.entered[to.index()] > 0 {
            return;
        }
        match self.endings[to.index()] {
            Ending::Jump(next) => self.count_args(next, u32::wrapping_sub),
            Ending::Return(_) | Ending::Same => {
                if let Some(value) = self.returned(to) {
                    self.uses[value.index()] -= 1;
                }
            }
        }
    }

    fn count_args(&mut self, edge: u32, change: fn(u32, u32) -> u32) {
        let to = self.edges[edge as usize].block;
        for (place, &param) in self.function.block_params(to).iter().enumerate() {
            if self.is_kept(param) {
                let arg = self.edge_args(edge)[place];
                let count = self.find(arg).index();
                self.uses[count] = change(self.uses[count], 1);
            }
        }
    }

    /// What a block that ends by returning returns, if it returns a value.
    fn returned(&mut self, block: Block) -> Option<Value> {
        let value = match self.endings[block.index()] {
            Ending::Return(value) => value,
            Ending::Same => self.function.args(self.terminator(block)).first().copied(),
            Ending::Jump(_) => None,
        };
        value.map(|value| self.find(value))
    }

    /// Whether a block has no instruction but its terminator, and its kept parameters have no uses but the
    /// `own` ones that its terminator and target make of them.
    fn is_empty(&self, block: Block, own: u32) -> bool {
        if block == Block(0) || self.function.blocks[block.index()].is_loop_header {
            return false;
        }
        let range = self.function.blocks[block.index()].insts.clone();
        let body = &self.function.insts[range.start as usize..range.end as usize - 1];
        if body.iter().any(|inst| self.is_needed(inst)) {
            return false;
        }
        let params = self.function.block_params(block).iter();
        let kept = params.filter(|&&param| self.is_kept(param));
        own == kept.map(|param| self.uses[param.index()]).sum::<u32>()
    }

    fn skip(&mut self, edge: u32) {
        let over = self.edges[edge as usize].block;
        let Ending::Jump(next) = self.endings[over.index()] else {
            return;
        };
        let to = self.edges[next as usize].block;
        if to == over || self.edges[next as usize].args.len() > MAX_FORWARDED_ARGS {
            return;
        }
        let params = self.function.block_params(to).len();
        let mut own = 0;
        for place in 0..params {
            if self.is_kept(self.function.block_params(to)[place]) {
                let arg = self.edge_args(next)[place];
                let arg = self.find(arg);
                own += u32::from(self.function.block_params(over).contains(&arg));
            }
        }
        if !self.is_empty(over, own) {
            return;
        }
        let start = self.args.len() as u32;
        for place in 0..params {
            let arg = self.edge_args(next)[place];
            let arg = self.through_edge(edge, arg);
            self.args.push(arg);
        }
        let end = self.args.len() as u32;
        self.leave_off(edge);
        self.edges[edge as usize] = Edge { block: to, args: start..end };
        self.enter_by(edge);
    }

    fn return_at_once(&mut self, block: Block, edge: u32) {
        let to = self.edges[edge as usize].block;
        let returns = match self.endings[to.index()] {
            Ending::Same => self.terminator(to).op == Op::Return,
            Ending::Return(_) => true,
            Ending::Jump(_) => false,
        };
        if !returns {
            return;
        }
        let value = self.returned(to);
        let own = value.is_some_and(|value| self.function.block_params(to).contains(&value));
        if !self.is_empty(to, own.into()) {
            return;
        }
        let value = value.map(|value| self.through_edge(edge, value));
        self.leave_off(edge);
        if let Some(value) = value {
            self.uses[value.index()] += 1;
        }
        self.endings[block.index()] = Ending::Return(value);
    }

    /// What `value` is before an edge: the edge's argument, when it is a parameter of the block behind it.
    fn through_edge(&mut self, edge: u32, value: Value) -> Value {
        let value = self.find(value);
        let params = self.function.block_params(self.edges[edge as usize].block);
        match params.iter().position(|&param| param == value) {
            Some(place) => {
                let arg = self.edge_args(edge)[place];
                self.find(arg)
            }
            None => value,
        }
    }
}
