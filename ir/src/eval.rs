//! The reference evaluator: a program and a [`Host`] go in, what the program does to the host comes out. It is the
//! plainest reading of the IR (no slots, no fusing, no caches) and every emitter is compared with it.
//!
//! - Values are words in frames on the heap, so the depth of a recursion is limited by a count of frames and by nothing else;
//!   tail calls take no frame.
//! - What scalar ops mean is [`crate::sem`]; everything about objects is asked of the host ([`mod@heap`]).
//! - A program that uses objects **must** have its `dup`s and `drop`s, unless the host frees nothing.
//! - Ops called *proved*, and loads that are proved to be inside, are checked all the same: when the proof was
//!   wrong, we are wrong, and the evaluator panics.
//! - When a trap is on its way out the host is told the site of each call that it leaves, innermost first.
//! - A runtime function that calls back is given the evaluator; frames of all its runs count together.

use crate::op::Op;
use crate::program::{Block, Function, FunctionId, Inst, InstId, Program, Value};
use crate::sem::{self, Trap};
use crate::sites::Sites;
use crate::text::print_inst;
use mochi_abi::trap::TrapKind;
use std::cell::Cell;

pub mod heap;
pub use heap::Host;

/// A trap is on its way out; the host knows the rest.
pub type Stops<T> = Result<T, TrapKind>;

/// The evaluator of a program.
#[derive(Debug)]
pub struct Evaluator<'p> {
    pub program: &'p Program,
    sites: Sites,
    /// How many frames there are, in all runs.
    frames: Cell<usize>,
    frame_limit: usize,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that stops a program whose calls are more than `frame_limit` deep.
    pub fn new(program: &'p Program, frame_limit: usize) -> Evaluator<'p> {
        Evaluator { program, sites: Sites::new(program), frames: Cell::new(0), frame_limit }
    }

    /// Calls a function. The word of one that returns nothing is 0.
    pub fn call(&self, host: &mut dyn Host, function: FunctionId, args: &[u64]) -> Stops<u64> {
        let mut run = Run {
            evaluator: self,
            program: self.program,
            words: Vec::new(),
            callers: Vec::new(),
            at: Position { function, block: Block(0), inst: InstId(0), base: 0 },
            args: args.to_vec(),
        };
        if self.frames.get() >= self.frame_limit {
            return Err(host.raise(self, Trap::new(TrapKind::StackOverflow, 0, 0)));
        }
        self.frames.set(self.frames.get() + 1);
        run.start(function);
        let outcome = loop {
            match run.step(host) {
                Ok(None) => {}
                Ok(Some(result)) => break Ok(result),
                Err(kind) => {
                    run.trace(host);
                    break Err(kind);
                }
            }
        };
        self.frames.set(self.frames.get() - run.callers.len() - 1);
        outcome
    }

    /// Calls a closure, which is consumed like the arguments.
    pub fn call_closure(&self, host: &mut dyn Host, closure: u64, args: &[u64]) -> Stops<u64> {
        let function = host.closure_function(closure);
        let mut words = vec![closure];
        words.extend_from_slice(args);
        self.call(host, function, &words)
    }
}

/// Where a call is.
#[derive(Debug, Clone, Copy)]
struct Position {
    function: FunctionId,
    block: Block,
    /// The next instruction; of a caller, its call.
    inst: InstId,
    /// Where its values begin.
    base: usize,
}

/// One entry into the program.
struct Run<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    program: &'p Program,
    /// The values of all calls.
    words: Vec<u64>,
    callers: Vec<Position>,
    at: Position,
    /// What is passed to the next function or block.
    args: Vec<u64>,
}

impl<'p> Run<'_, 'p> {
    fn function(&self) -> &'p Function {
        &self.program.functions[self.at.function.index()]
    }

    fn word(&self, value: Value) -> u64 {
        self.words[self.at.base + value.index()]
    }

    /// Begins a function with `self.args`, its values behind `self.at.base`.
    fn start(&mut self, function: FunctionId) {
        let base = self.at.base;
        self.at = Position { function, block: Block(0), inst: InstId(0), base };
        self.words.resize(base, 0);
        self.words.resize(base + self.function().values.len(), 0);
        self.bind(Block(0));
    }

    /// Gives `self.args` to the parameters of a block.
    fn bind(&mut self, block: Block) {
        let params = self.function().block_params(block);
        assert_eq!(params.len(), self.args.len(), "{block} gets what it takes, by the verifier");
        for (&param, &word) in params.iter().zip(&self.args) {
            self.words[self.at.base + param.index()] = word;
        }
    }

    fn set_args(&mut self, values: &[Value]) {
        let base = self.at.base;
        self.args.clear();
        self.args.extend(values.iter().map(|value| self.words[base + value.index()]));
    }

    /// Executes an instruction; the result is that of the first function when it has returned.
    fn step(&mut self, host: &mut dyn Host) -> Stops<Option<u64>> {
        let function = self.function();
        let inst = &function.insts[self.at.inst.index()];
        match inst.op {
            Op::Jump => self.go(0),
            Op::Branch => self.go(usize::from(self.word(function.args(inst)[0]) == 0)),
            Op::Switch => {
                let targets = function.block_targets(self.at.block);
                let place = self.word(function.args(inst)[0]).wrapping_sub(inst.imm);
                let last = targets.len() - 1;
                self.go(usize::try_from(place).map_or(last, |place| place.min(last)));
            }
            Op::Return => {
                let result = function.args(inst).first().map_or(0, |&value| self.word(value));
                return Ok(self.leave(result));
            }
            Op::Call => {
                self.set_args(function.args(inst));
                self.enter(host, inst.function())?;
            }
            Op::CallClosure => {
                self.set_args(function.args(inst));
                let callee = host.closure_function(self.args[0]);
                self.enter(host, callee)?;
            }
            Op::TailCall => {
                self.set_args(function.args(inst));
                self.start(inst.function());
            }
            Op::TailCallClosure => {
                self.set_args(function.args(inst));
                let callee = host.closure_function(self.args[0]);
                self.start(callee);
            }
            Op::Trap => {
                self.set_args(function.args(inst));
                let word = |place: usize| self.args.get(place).map_or(0, |&word| word as i64);
                let trap = Trap::new(inst.trap(), word(0), word(1));
                return Err(host.raise(self.evaluator, trap));
            }
            Op::Poll => {
                host.poll()?;
                self.at.inst.0 += 1;
            }
            _ => {
                let word = self.compute(host, function, inst)?;
                if let Some(result) = inst.result {
                    self.words[self.at.base + result.index()] = word;
                }
                self.at.inst.0 += 1;
            }
        }
        Ok(None)
    }

    /// An instruction that neither goes elsewhere nor calls into the program.
    fn compute(&mut self, host: &mut dyn Host, function: &Function, inst: &Inst) -> Stops<u64> {
        self.set_args(function.args(inst));
        self.check_proof(function, inst);
        match sem::scalar(inst.op, inst.imm, &self.args) {
            Some(Ok(word)) => Ok(word),
            Some(Err(trap)) => Err(host.raise(self.evaluator, trap)),
            None => heap::execute(host, self.evaluator, function, inst, &self.args),
        }
    }

    /// Panics when an op that is proved not to trap would trap.
    fn check_proof(&self, function: &Function, inst: &Inst) {
        let checked = match inst.op {
            Op::I64AddProved => Op::I64Add,
            Op::I64SubProved => Op::I64Sub,
            Op::I64MulProved => Op::I64Mul,
            Op::I64DivProved => Op::I64Div,
            Op::I64RemProved => Op::I64Rem,
            Op::F64DivProved => Op::F64Div,
            _ => return,
        };
        let is_wrong = matches!(sem::scalar(checked, inst.imm, &self.args), Some(Err(_)))
            || matches!(inst.op, Op::I64DivProved | Op::I64RemProved) && self.args[1] == u64::MAX;
        if is_wrong {
            let text = print_inst(self.program, function, self.at.inst);
            panic!("`{text}` in {} is not as proved, for {:?}", function.name, self.args);
        }
    }

    /// Goes to a target of the current block.
    fn go(&mut self, place: usize) {
        let function = self.function();
        let target = &function.block_targets(self.at.block)[place];
        self.set_args(function.target_args(target));
        self.at.block = target.block;
        self.at.inst = InstId(function.blocks[target.block.index()].insts.start);
        self.bind(target.block);
    }

    /// Calls a function with `self.args`.
    fn enter(&mut self, host: &mut dyn Host, callee: FunctionId) -> Stops<()> {
        let frames = &self.evaluator.frames;
        if frames.get() >= self.evaluator.frame_limit {
            return Err(host.raise(self.evaluator, Trap::new(TrapKind::StackOverflow, 0, 0)));
        }
        frames.set(frames.get() + 1);
        self.callers.push(self.at);
        self.at.base = self.words.len();
        self.start(callee);
        Ok(())
    }

    /// Goes back to the caller; the result is that of the run when there is none.
    fn leave(&mut self, result: u64) -> Option<u64> {
        self.words.truncate(self.at.base);
        let Some(caller) = self.callers.pop() else { return Some(result) };
        self.evaluator.frames.set(self.evaluator.frames.get() - 1);
        self.at = caller;
        if let Some(value) = self.function().insts[caller.inst.index()].result {
            self.words[caller.base + value.index()] = result;
        }
        self.at.inst.0 += 1;
        None
    }

    /// Tells the host which calls the trap leaves.
    fn trace(&self, host: &mut dyn Host) {
        for position in std::iter::once(&self.at).chain(self.callers.iter().rev()) {
            let site = self.evaluator.sites.number(position.function, position.inst);
            host.trace(self.evaluator, site);
        }
    }
}

#[cfg(test)]
mod tests;
