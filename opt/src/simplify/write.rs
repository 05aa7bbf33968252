//! Writes a function anew from what has been decided about it: what is kept, numbered in order.

use super::{Ending, Plan};
use crate::rewriter::Rewriter;
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Function, Value};

impl Plan<'_> {
    /// Writes the function anew. A block that only one jump comes to is written in the place of that jump.
    pub(super) fn write(mut self) -> Function {
        let function = self.function;
        let mut out = Rewriter::new(function);
        out.renumber();
        let mut values = vec![Value(u32::MAX); function.values.len()];
        let mut blocks = vec![Block(u32::MAX); function.blocks.len()];
        let mut written = vec![false; function.blocks.len()];
        let mut args = Vec::new();
        for start in function.block_ids() {
            if !self.reachable[start.index()] || written[start.index()] {
                continue;
            }
            let params: Vec<Value> = function
                .block_params(start)
                .iter()
                .copied()
                .filter(|&param| start == Block(0) || self.is_kept(param))
                .collect();
            for param in &params {
                values[param.index()] = out.value(function.ty(*param));
            }
            let params = params.iter().map(|param| values[param.index()]);
            let data = &function.blocks[start.index()];
            let number = out.begin(params, data.loop_depth, data.is_loop_header);
            blocks[start.index()] = number;
            let mut block = start;
            loop {
                written[block.index()] = true;
                for (id, inst) in function.block_insts(block) {
                    if inst.op.has(op::TERMINATES) || !self.is_needed(inst) {
                        continue;
                    }
                    args.clear();
                    for &arg in function.args(inst) {
                        args.push(values[self.find(arg).index()]);
                    }
                    let result = inst.result.map(|result| {
                        values[result.index()] = out.value(function.ty(result));
                        values[result.index()]
                    });
                    let origin = function.origins[id.index()];
                    out.push(inst.op, args.iter().copied(), inst.imm, result, origin);
                }
                let Ending::Jump(edge) = self.endings[block.index()] else {
                    break;
                };
                let next = self.edges[edge as usize].block;
                if self.incoming(next).len() != 1 || written[next.index()] || next == Block(0) {
                    break;
                }
                self.join_params(edge, next);
                block = next;
            }
            self.write_ending(block, &mut out, &values);
        }
        let mut function = out.finish(|block| blocks[block.index()]);
        mark_loop_headers(&mut function);
        function
    }

    /// The parameters of a block that is written in the place of the only jump to it are the jump's arguments.
    fn join_params(&mut self, edge: u32, block: Block) {
        for (place, &param) in self.function.block_params(block).iter().enumerate() {
            if self.is_kept(param) {
                let arg = self.edge_args(edge)[place];
                self.replaced[param.index()] = self.find(arg);
            }
        }
    }

    fn write_ending(&mut self, block: Block, out: &mut Rewriter, values: &[Value]) {
        let end = self.function.blocks[block.index()].insts.end as usize - 1;
        let origin = self.function.origins[end];
        let inst = &self.function.insts[end];
        match self.endings[block.index()] {
            Ending::Same => {
                let args: Vec<Value> = self
                    .function
                    .args(inst)
                    .iter()
                    .map(|&arg| values[self.find(arg).index()])
                    .collect();
                out.push(inst.op, args, inst.imm, None, origin);
            }
            Ending::Jump(_) => out.push(Op::Jump, [], 0, None, origin),
            Ending::Return(value) => {
                let value = value.map(|value| values[self.find(value).index()]);
                out.push(Op::Return, value, 0, None, origin);
            }
        }
        out.end();
        for edge in self.outgoing(block) {
            let to = self.edges[edge as usize].block;
            let mut args = Vec::with_capacity(self.edge_args(edge).len());
            for (place, &param) in self.function.block_params(to).iter().enumerate() {
                if self.is_kept(param) {
                    let arg = self.edge_args(edge)[place];
                    args.push(values[self.find(arg).index()]);
                }
            }
            out.target(to, args);
        }
    }
}

/// A loop's header is what a back edge comes to.
fn mark_loop_headers(function: &mut Function) {
    for block in &mut function.blocks {
        block.is_loop_header = false;
    }
    for block in function.block_ids() {
        let targets = function.blocks[block.index()].targets.clone();
        for target in targets {
            let to = function.targets[target as usize].block;
            if to <= block {
                function.blocks[to.index()].is_loop_header = true;
            }
        }
    }
}
