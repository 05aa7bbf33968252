//! A function in, the same function without what every emitter would only carry along out:
//! unreachable blocks, block parameters that are always the same value, pure instructions nobody uses, and jumps to jumps.
//!
//! Runs before counts are placed, so it may duplicate or leave out uses freely: it **must not** be given `dup` or `drop`.
//! Each step is linear in the function, but for the parameters, which take a few linear rounds.

use crate::rewriter::Rewriter;
use mochi_abi::functions as runtime;
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Function, Inst, Value};

/// How often parameters are looked at again because others fell away. Nests of loops need one round per
/// level; what deeper nests leave over costs a move, not a wrong result.
const PARAM_ROUNDS: usize = 8;

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
    *function = plan.emit();
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

    /// Edges to a block that only jumps go where it jumps; a jump to a block that only returns, returns.
    ///
    /// The parameters of such a block **must** have no use but in its own jump or return: what it dominates could use
    /// them. Blocks are visited backwards, so an edge that goes forward finds its target settled, and a back edge goes to a
    /// loop's header, which is left alone.
    fn skip_empty_blocks(&mut self) {
        let mut uses = self.param_uses();
        for block in self.function.block_ids().rev() {
            if !self.reachable[block.index()] {
                continue;
            }
            for edge in self.outgoing(block) {
                self.skip_from(edge, &mut uses);
            }
            if let Ending::Jump(edge) = self.endings[block.index()] {
                let to = self.edges[edge as usize].block;
                let inst = self.terminator(to);
                let value = match self.endings[to.index()] {
                    Ending::Same if inst.op == Op::Return => {
                        self.function.args(inst).first().copied()
                    }
                    Ending::Return(value) => value,
                    Ending::Same | Ending::Jump(_) => continue,
                };
                let value = value.map(|value| self.find(value));
                let own =
                    value.is_some_and(|value| self.function.block_params(to).contains(&value));
                if self.is_empty(to, own.into(), &uses) {
                    self.count_edge(edge, &mut uses, u32::wrapping_sub);
                    let value = value.map(|value| self.through_edge(edge, value));
                    if let Some(value) = value {
                        uses[value.index()] += 1;
                    }
                    self.endings[block.index()] = Ending::Return(value);
                }
            }
        }
    }

    /// How often each block parameter is used after all replacing.
    fn param_uses(&mut self) -> Vec<u32> {
        let mut uses = vec![0u32; self.function.values.len()];
        for block in self.function.block_ids() {
            if !self.reachable[block.index()] {
                continue;
            }
            for (_, inst) in self.function.block_insts(block) {
                let goes =
                    self.endings[block.index()] != Ending::Same && inst.op.has(op::TERMINATES);
                if self.is_needed(inst) && !goes {
                    for &arg in self.function.args(inst) {
                        uses[self.find(arg).index()] += 1;
                    }
                }
            }
            for edge in self.outgoing(block) {
                self.count_edge(edge, &mut uses, u32::wrapping_add);
            }
        }
        uses
    }

    /// Adds what an edge uses to the counts, or takes it off.
    fn count_edge(&mut self, edge: u32, uses: &mut [u32], change: fn(u32, u32) -> u32) {
        let to = self.edges[edge as usize].block;
        for (place, &param) in self.function.block_params(to).iter().enumerate() {
            if self.is_kept(param) {
                let arg = self.edge_args(edge)[place];
                let count = &mut uses[self.find(arg).index()];
                *count = change(*count, 1);
            }
        }
    }

    /// Whether a block has no instruction but its terminator, and its kept parameters have no uses but the
    /// `own` ones that its terminator and target make of them.
    fn is_empty(&mut self, block: Block, own: u32, uses: &[u32]) -> bool {
        if block == Block(0) || self.function.blocks[block.index()].is_loop_header {
            return false;
        }
        let range = self.function.blocks[block.index()].insts.clone();
        let body = &self.function.insts[range.start as usize..range.end as usize - 1];
        if body.iter().any(|inst| self.is_needed(inst)) {
            return false;
        }
        let params = self.function.block_params(block);
        let all: u32 = params
            .iter()
            .filter(|&&param| self.is_kept(param))
            .map(|param| uses[param.index()])
            .sum();
        all == own
    }

    fn skip_from(&mut self, edge: u32, uses: &mut [u32]) {
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
        if !self.is_empty(over, own, uses) {
            return;
        }
        let start = self.args.len() as u32;
        for place in 0..params {
            let arg = self.edge_args(next)[place];
            let arg = self.through_edge(edge, arg);
            self.args.push(arg);
        }
        self.count_edge(edge, uses, u32::wrapping_sub);
        self.edges[edge as usize] = Edge { block: to, args: start..self.args.len() as u32 };
        self.count_edge(edge, uses, u32::wrapping_add);
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

    /// Writes the function anew. A block that only one jump comes to is written in the place of that jump.
    fn emit(mut self) -> Function {
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
                    let span = function.spans[id.index()];
                    out.push(inst.op, args.iter().copied(), inst.imm, result, span);
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
            self.emit_ending(block, &mut out, &values);
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

    fn emit_ending(&mut self, block: Block, out: &mut Rewriter, values: &[Value]) {
        let end = self.function.blocks[block.index()].insts.end as usize - 1;
        let span = self.function.spans[end];
        let inst = &self.function.insts[end];
        match self.endings[block.index()] {
            Ending::Same => {
                let args: Vec<Value> = self
                    .function
                    .args(inst)
                    .iter()
                    .map(|&arg| values[self.find(arg).index()])
                    .collect();
                out.push(inst.op, args, inst.imm, None, span);
            }
            Ending::Jump(_) => out.push(Op::Jump, [], 0, None, span),
            Ending::Return(value) => {
                let value = value.map(|value| values[self.find(value).index()]);
                out.push(Op::Return, value, 0, None, span);
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

/// Jumping over a block writes its jump's arguments once for each edge to it.
const MAX_FORWARDED_ARGS: usize = 8;

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
