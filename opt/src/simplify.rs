//! A function in, the same function without what every emitter would only carry along out:
//! unreachable blocks, block parameters that are always the same value, pure instructions nobody uses, and jumps to jumps.
//!
//! Runs before counts are placed, so it may duplicate or leave out uses freely: it **must not** be given `dup` or `drop`.
//! Each step is linear in the function, but for the parameters, which take a few linear rounds.

use mochi_abi::functions as runtime;
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Function, Inst, Value};

/// How often parameters are looked at again because others fell away. Nests of loops need one round per
/// level; what deeper nests leave over costs a move, not a wrong result.
const PARAM_ROUNDS: usize = 8;

mod jumps;
mod write;

/// Cleans up one function.
pub fn simplify(function: &mut Function) {
    let mut plan = Plan::new(function);
    plan.resolve_constant_branches();
    plan.find_reachable();
    plan.find_incoming();
    plan.prune_trivial_params();
    plan.mark_live();
    plan.skip_empty_blocks();
    plan.find_reachable();
    plan.find_incoming();
    // Fewer edges come to some blocks now.
    plan.prune_trivial_params();
    *function = plan.write();
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// As it did, to its targets.
    Same,
    /// By a jump to the one target with this number, whatever its terminator was.
    Jump(u32),
    /// By returning, where it jumped to a block that did only that.
    Return(Option<Value>),
}

/// Where a target goes after all.
#[derive(Debug, Clone)]
struct Edge {
    block: Block,
    /// Arguments in [`Plan::args`], one for each parameter of the block.
    args: std::ops::Range<u32>,
}

/// Everything that is decided about a function before it is written anew.
struct Plan<'f> {
    function: &'f Function,
    endings: Vec<Ending>,
    edges: Vec<Edge>,
    args: Vec<Value>,
    reachable: Vec<bool>,
    /// The edges that come to each block: `incoming[incoming_start[b]..incoming_start[b + 1]]`.
    incoming: Vec<u32>,
    incoming_start: Vec<u32>,
    /// What each value is replaced by, itself when by nothing; chains are followed by [`Plan::find`].
    replaced: Vec<Value>,
    /// Values that something with an effect needs, directly or not.
    live: Vec<bool>,
    /// How often each value is used, and each block come to; kept while edges change.
    uses: Vec<u32>,
    entered: Vec<u32>,
}

impl<'f> Plan<'f> {
    fn new(function: &'f Function) -> Plan<'f> {
        let mut args = Vec::with_capacity(function.pool.len());
        let edges = function
            .targets
            .iter()
            .map(|target| {
                let start = args.len() as u32;
                args.extend_from_slice(function.target_args(target));
                Edge { block: target.block, args: start..args.len() as u32 }
            })
            .collect();
        Plan {
            function,
            endings: vec![Ending::Same; function.blocks.len()],
            edges,
            args,
            reachable: Vec::new(),
            incoming: Vec::new(),
            incoming_start: Vec::new(),
            replaced: (0..function.values.len() as u32).map(Value).collect(),
            live: Vec::new(),
            uses: Vec::new(),
            entered: Vec::new(),
        }
    }

    fn find(&mut self, value: Value) -> Value {
        let mut root = value;
        while self.replaced[root.index()] != root {
            root = self.replaced[root.index()];
        }
        let mut at = value;
        while at != root {
            at = std::mem::replace(&mut self.replaced[at.index()], root);
        }
        root
    }

    fn edge_args(&self, edge: u32) -> &[Value] {
        let range = &self.edges[edge as usize].args;
        &self.args[range.start as usize..range.end as usize]
    }

    fn terminator(&self, block: Block) -> &'f Inst {
        let end = self.function.blocks[block.index()].insts.end;
        &self.function.insts[end as usize - 1]
    }

    /// The edges that a block leaves by.
    fn outgoing(&self, block: Block) -> std::ops::Range<u32> {
        match self.endings[block.index()] {
            Ending::Same => self.function.blocks[block.index()].targets.clone(),
            Ending::Jump(edge) => edge..edge + 1,
            Ending::Return(_) => 0..0,
        }
    }

    /// A branch on a constant is a jump, and so is a jump.
    fn resolve_constant_branches(&mut self) {
        const UNKNOWN: u8 = 2;
        let mut known = vec![UNKNOWN; self.function.values.len()];
        for inst in &self.function.insts {
            if let (Op::BoolConst, Some(result)) = (inst.op, inst.result) {
                known[result.index()] = inst.imm as u8;
            }
        }
        for block in self.function.block_ids() {
            let targets = self.function.blocks[block.index()].targets.clone();
            let inst = self.terminator(block);
            if inst.op == Op::Jump {
                self.endings[block.index()] = Ending::Jump(targets.start);
            } else if inst.op == Op::Branch {
                let condition = known[self.function.args(inst)[0].index()];
                if condition != UNKNOWN {
                    let edge = targets.start + u32::from(condition == 0);
                    self.endings[block.index()] = Ending::Jump(edge);
                }
            }
        }
    }

    fn find_reachable(&mut self) {
        self.reachable = vec![false; self.function.blocks.len()];
        let mut work = vec![Block(0)];
        self.reachable[0] = true;
        while let Some(block) = work.pop() {
            for edge in self.outgoing(block) {
                let to = self.edges[edge as usize].block;
                if !std::mem::replace(&mut self.reachable[to.index()], true) {
                    work.push(to);
                }
            }
        }
    }

    fn find_incoming(&mut self) {
        let blocks = self.function.blocks.len();
        let mut start = vec![0u32; blocks + 1];
        for block in self.function.block_ids() {
            if self.reachable[block.index()] {
                for edge in self.outgoing(block) {
                    start[self.edges[edge as usize].block.index() + 1] += 1;
                }
            }
        }
        for block in 0..blocks {
            start[block + 1] += start[block];
        }
        let mut next = start.clone();
        let mut incoming = vec![0; start[blocks] as usize];
        for block in self.function.block_ids() {
            if self.reachable[block.index()] {
                for edge in self.outgoing(block) {
                    let to = self.edges[edge as usize].block.index();
                    incoming[next[to] as usize] = edge;
                    next[to] += 1;
                }
            }
        }
        self.incoming = incoming;
        self.incoming_start = start;
    }

    fn incoming(&self, block: Block) -> std::ops::Range<usize> {
        self.incoming_start[block.index()] as usize..self.incoming_start[block.index() + 1] as usize
    }

    /// A parameter whose arguments are all one value, or itself, is that value.
    fn prune_trivial_params(&mut self) {
        for _ in 0..PARAM_ROUNDS {
            let mut changed = false;
            for block in self.function.block_ids().skip(1) {
                for (place, &param) in self.function.block_params(block).iter().enumerate() {
                    if self.replaced[param.index()] != param {
                        continue;
                    }
                    if let Some(only) = self.only_argument(block, place, param) {
                        self.replaced[param.index()] = only;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
    }

    fn only_argument(&mut self, block: Block, place: usize, param: Value) -> Option<Value> {
        let mut only = None;
        for at in self.incoming(block) {
            let arg = self.edge_args(self.incoming[at])[place];
            let arg = self.find(arg);
            if arg == param || only == Some(arg) {
                continue;
            }
            if only.is_some() {
                return None;
            }
            only = Some(arg);
        }
        only
    }

    /// Marks what instructions with effects need. A parameter is needed only when what is made of it is.
    fn mark_live(&mut self) {
        const PARAM: u32 = 1 << 31;
        // Where a value comes from: an instruction's number, or a block's with the mark.
        let mut origin = vec![0u32; self.function.values.len()];
        let mut place = vec![0u32; self.function.values.len()];
        self.live = vec![false; self.function.values.len()];
        let mut work = Vec::new();
        for block in self.function.block_ids() {
            if !self.reachable[block.index()] {
                continue;
            }
            for (at, &param) in self.function.block_params(block).iter().enumerate() {
                origin[param.index()] = PARAM | block.0;
                place[param.index()] = at as u32;
            }
            let ends_by_jump = self.endings[block.index()] != Ending::Same;
            for (id, inst) in self.function.block_insts(block) {
                if let Some(result) = inst.result {
                    origin[result.index()] = id.0;
                }
                let goes = ends_by_jump && inst.op.has(op::TERMINATES);
                if !is_removable(inst) && !goes {
                    for &arg in self.function.args(inst) {
                        let arg = self.find(arg);
                        work.push(arg);
                    }
                    work.extend(inst.result);
                }
            }
        }
        work.extend_from_slice(self.function.block_params(Block(0)));
        while let Some(value) = work.pop() {
            if std::mem::replace(&mut self.live[value.index()], true) {
                continue;
            }
            let from = origin[value.index()];
            if from & PARAM == 0 {
                let inst = self.function.insts[from as usize];
                for &arg in self.function.args(&inst) {
                    let arg = self.find(arg);
                    work.push(arg);
                }
            } else {
                for at in self.incoming(Block(from & !PARAM)) {
                    let arg = self.edge_args(self.incoming[at])[place[value.index()] as usize];
                    let arg = self.find(arg);
                    work.push(arg);
                }
            }
        }
    }

    /// Whether a parameter is kept.
    fn is_kept(&self, param: Value) -> bool {
        self.live[param.index()] && self.replaced[param.index()] == param
    }

    /// Whether an instruction is kept.
    fn is_needed(&self, inst: &Inst) -> bool {
        !is_removable(inst) || inst.result.is_some_and(|result| self.live[result.index()])
    }
}

/// Whether nothing but the result tells that the instruction ran. Running out of memory does not count: an op that
/// allocates and traps, traps with nothing else, by its row.
fn is_removable(inst: &Inst) -> bool {
    if inst.op == Op::CallRuntime {
        let effects = inst.runtime().row().effects;
        return effects & (runtime::TRAPS | runtime::WRITES | runtime::CALLS) == 0;
    }
    let lasting = op::WRITES | op::CALLS | op::COUNTS | op::TERMINATES;
    !inst.op.has(lasting) && (!inst.op.has(op::TRAPS) || inst.op.has(op::ALLOCATES))
}
