//! Calls in tail position become `tail.call`, and a function's tail calls of itself become a loop,
//! so that they run in constant stack on every emitter.
//!
//! Only the calls that can come back to their caller through tail calls alone are rewritten: those inside one strongly
//! connected component of the graph of tail-position calls. A chain of the others is no longer than the program has
//! functions, so as ordinary calls they cost bounded stack; they keep their frame in the call stack of
//! an error, and their callees may borrow, where a `tail.call` hands over every argument. A closure may be any function that
//! closures are made of, so these stand for each other in the graph.
//!
//! A self tail call as a loop keeps its values where the loop's are kept, needs nothing of the emitter, and leaves
//! parameters that each turn passes on unchanged what they were: parameters that can be borrowed.
//!
//! The back edge of such a loop gets a `poll` when the back edges of the program have them.
//!
//! Runs after `simplify`, which turns a jump to a `return` into a `return`; before counts are placed.

use crate::graph::Graph;
use crate::rewriter::Rewriter;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, FunctionId, Inst, Program, Value};

/// Rewrites the tail calls of all functions.
pub fn tail_calls(program: &mut Program) {
    let closures = program.functions.len() as u32;
    let mut edges = Vec::new();
    for (number, function) in program.functions.iter().enumerate() {
        if function.captures.is_some() {
            edges.push((closures, number as u32));
        }
        for block in function.block_ids() {
            if let Some(call) = tail_position_call(function, block) {
                edges.push((number as u32, callee(call, closures)));
            }
        }
    }
    let component = Graph::new(closures as usize + 1, &edges).components();
    let polls = program.functions.iter().any(|f| f.insts.iter().any(|inst| inst.op == Op::Poll));
    for number in 0..closures {
        let function = &program.functions[number as usize];
        let mut tails: Vec<Option<Tail>> = Vec::new();
        for block in function.block_ids() {
            let Some(call) = tail_position_call(function, block) else {
                continue;
            };
            let to = callee(call, closures);
            if component[number as usize] == component[to as usize] {
                tails.resize(function.blocks.len(), None);
                tails[block.index()] = Some(if to == number { Tail::Loop } else { Tail::Call });
            }
        }
        if !tails.is_empty() {
            let rewritten = rewrite(function, &tails, polls);
            program.functions[number as usize] = rewritten;
        }
    }
}

/// What the call at the end of a block becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// `tail.call` or `tail.call.closure`.
    Call,
    /// A jump to the function's beginning.
    Loop,
}

/// The node of the graph that a call goes to.
fn callee(call: &Inst, closures: u32) -> u32 {
    if call.op == Op::Call { call.function().0 } else { closures }
}

/// The call that a block ends with, when its result is at once the function's.
fn tail_position_call(function: &Function, block: Block) -> Option<&Inst> {
    let range = &function.blocks[block.index()].insts;
    let [.., call, last] = &function.insts[range.start as usize..range.end as usize] else {
        return None;
    };
    let calls = matches!(call.op, Op::Call | Op::CallClosure);
    let same = function.args(last) == call.result.as_slice();
    (calls && last.op == Op::Return && same).then_some(call)
}

fn rewrite(function: &Function, tails: &[Option<Tail>], polls: bool) -> Function {
    let mut out = Rewriter::new(function);
    let turns = Turns::new(function, tails);
    let mut shift = 0;
    if let Some(turns) = &turns {
        begin_loop(function, turns, &mut out);
        shift = 1;
    }
    for block in function.block_ids() {
        let data = &function.blocks[block.index()];
        match &turns {
            Some(turns) if block == Block(0) => {
                let params = turns.varying.iter().map(|&(_, param)| param);
                out.begin(params, data.loop_depth + 1, true);
            }
            turns => {
                let deeper = turns.as_ref().is_some_and(|turns| turns.inside[block.index()]);
                let params = function.block_params(block).iter().copied();
                out.begin(params, data.loop_depth + u16::from(deeper), data.is_loop_header);
            }
        }
        let tail = tails[block.index()];
        let kept = data.insts.len() - if tail.is_some() { 2 } else { 0 };
        for (id, inst) in function.block_insts(block).take(kept) {
            let args = function.args(inst).iter().copied();
            out.push(inst.op, args, inst.imm, inst.result, function.origins[id.index()]);
        }
        let at = data.insts.start as usize + kept;
        match (tail, &turns) {
            (None, _) => {
                out.end();
                for target in function.block_targets(block) {
                    let args = function.target_args(target).iter().copied();
                    out.target(Block(target.block.0 + shift), args);
                }
            }
            (Some(Tail::Loop), Some(turns)) => {
                let args = function.args(&function.insts[at]);
                if polls {
                    out.push(Op::Poll, [], 0, None, function.origins[at]);
                }
                out.push(Op::Jump, [], 0, None, function.origins[at]);
                out.end();
                out.target(Block(1), turns.varying.iter().map(|&(place, _)| args[place]));
            }
            (Some(_), _) => {
                let call = &function.insts[at];
                let op = if call.op == Op::Call { Op::TailCall } else { Op::TailCallClosure };
                let args = function.args(call).iter().copied();
                out.push(op, args, call.imm, None, function.origins[at]);
                out.end();
            }
        }
    }
    out.finish(|block| block)
}

/// The new entry, which goes to the old one.
fn begin_loop(function: &Function, turns: &Turns, out: &mut Rewriter) {
    let mut params = function.block_params(Block(0)).to_vec();
    for &(place, param) in &turns.varying {
        params[place] = out.value(function.ty(param));
    }
    out.begin(params.iter().copied(), 0, false);
    let start = function.blocks[0].insts.start as usize;
    out.push(Op::Jump, [], 0, None, function.origins[start]);
    out.end();
    out.target(Block(1), turns.varying.iter().map(|&(place, _)| params[place]));
}

/// The loop that the self tail calls of a function are.
struct Turns {
    /// The parameters that some turn changes, with their places.
    varying: Vec<(usize, Value)>,
    /// The blocks from which another turn can be reached.
    inside: Vec<bool>,
}

impl Turns {
    fn new(function: &Function, tails: &[Option<Tail>]) -> Option<Turns> {
        let loops: Vec<Block> =
            function.block_ids().filter(|b| tails[b.index()] == Some(Tail::Loop)).collect();
        if loops.is_empty() {
            return None;
        }
        let varying = function
            .block_params(Block(0))
            .iter()
            .copied()
            .enumerate()
            .filter(|&(place, param)| {
                loops.iter().any(|&block| {
                    let end = function.blocks[block.index()].insts.end as usize;
                    function.args(&function.insts[end - 2])[place] != param
                })
            })
            .collect();
        let mut sources = vec![Vec::new(); function.blocks.len()];
        for block in function.block_ids() {
            for target in function.block_targets(block) {
                sources[target.block.index()].push(block);
            }
        }
        let mut inside = vec![false; function.blocks.len()];
        let mut work = loops;
        while let Some(block) = work.pop() {
            if !std::mem::replace(&mut inside[block.index()], true) {
                work.extend_from_slice(&sources[block.index()]);
            }
        }
        Some(Turns { varying, inside })
    }
}

/// Whether the program calls a function by `tail.call`, by function.
pub(crate) fn tail_called(program: &Program) -> Vec<bool> {
    let mut called = vec![false; program.functions.len()];
    for function in &program.functions {
        for inst in &function.insts {
            if inst.op == Op::TailCall {
                let FunctionId(number) = inst.function();
                called[number as usize] = true;
            }
        }
    }
    called
}
