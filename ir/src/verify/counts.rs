//! Reference counts: on every path through a function, what it owns is consumed exactly once, and nothing is used
//! after that. Holds once `dup` and `drop` have been placed.
//!
//! # What is counted
//!
//! `any.from` of a pointer, `any.to` and `check.some` change no bit: their result is *the same reference* as their
//! operand, and neither op produces or consumes a count. A reference has a count, the number of owners that the function
//! has for it at a point:
//!
//! - 1 where the reference is defined, when its definition makes the function an owner: a parameter that owns, a parameter of
//!   another block, the result of a call or of an op whose row does not say `borrow`;
//! - 0 where it is *lent*: a parameter that does not own, a constant, the result of an op whose row says `borrow`. The
//!   *holder* of such a result is the reference that it was found in.
//! - What cannot be an object (`none`, a float or bool as `any`) is not counted at all.
//!
//! `dup` adds 1. Whoever takes over an operand subtracts 1: `own` in the row of the op, the callee or the runtime
//! function, the fields of a new record, closure or list, the arguments of a jump, what is returned.
//!
//! # What holds
//!
//! - A count never falls below 0.
//! - A reference that is used but not taken over is *alive* after the instruction has taken over what it takes over: its
//!   count is not 0, or it is lent and its holder is alive; what is lent by the caller, a global or the program is
//!   always alive.
//! - All paths to a block bring the same counts, and a path out of the function leaves none. A block that ends in `trap` is an
//!   exception, in both ways: a stopped program is swept.
//! - `tail.call` leaves its frame before the callee runs, so the callee owns all its counted parameters.
//!
//! That nothing overwrites the place that a lent reference was found in is not checked here: the evaluator's model heap
//! finds that, in the tests that run programs.

use super::{Result, Subject};
use crate::op::Op;
use crate::program::{Block, Function, Inst, InstId, Program, Value};
use crate::types::Type;

/// Checks the counts of all functions of a program that [`super::verify`] accepts.
pub fn verify_counts(program: &Program) -> Result {
    for function in &program.functions {
        Walk::new(Subject { program, function }).run()?;
    }
    Ok(())
}

/// Whether an instruction takes over its operand at `place`, when that is counted.
pub fn takes_over(program: &Program, inst: &Inst, place: usize) -> bool {
    match inst.op {
        Op::AnyFrom => false,
        Op::Call => program.functions[inst.function().index()].params[place].own,
        Op::CallRuntime => inst.runtime().row().args[place].own,
        op => op.row().operands.get(place).is_none_or(|&(_, own)| own),
    }
}

/// How a reference takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Uncounted,
    Owned,
    /// Lent by the caller, a global or the program.
    Lent,
    /// Lent by what holds this reference.
    Held(Value),
}

struct Walk<'p> {
    subject: Subject<'p>,
    /// By value: the reference that it is.
    reference: Vec<Value>,
    /// By reference.
    modes: Vec<Mode>,
    /// By reference, at the point that the walk has come to.
    counts: Vec<u32>,
    /// The references whose counts are not 0, and some whose counts have become 0.
    listed: Vec<Value>,
    /// By block: the counts that edges have brought, those that are not 0, in order.
    entering: Vec<Option<Vec<(Value, u32)>>>,
}

impl<'p> Walk<'p> {
    fn new(subject: Subject<'p>) -> Walk<'p> {
        let function = subject.function;
        let values = function.values.len();
        let mut walk = Walk {
            subject,
            reference: (0..values as u32).map(Value).collect(),
            modes: vec![Mode::Uncounted; values],
            counts: vec![0; values],
            listed: Vec::new(),
            entering: vec![None; function.blocks.len()],
        };
        for block in function.block_ids() {
            for (place, &param) in function.block_params(block).iter().enumerate() {
                if function.ty(param).rep().is_counted() {
                    let lent = block == Block(0) && !function.params[place].own;
                    walk.modes[param.index()] = if lent { Mode::Lent } else { Mode::Owned };
                }
            }
            for (_, inst) in function.block_insts(block) {
                walk.define(inst);
            }
        }
        walk
    }

    fn define(&mut self, inst: &Inst) {
        let function = self.subject.function;
        let Some(result) = inst.result.filter(|&value| function.ty(value).rep().is_counted())
        else {
            return;
        };
        let first = function.args(inst).first().copied();
        let first_reference = first.map(|value| self.reference[value.index()]);
        let is_same = match inst.op {
            Op::AnyFrom => first.is_some_and(|value| function.ty(value).rep().is_counted()),
            Op::AnyTo | Op::CheckSome => true,
            _ => false,
        };
        if let (true, Some(reference)) = (is_same, first_reference) {
            self.reference[result.index()] = reference;
            return;
        }
        self.modes[result.index()] = match inst.op {
            Op::None => Mode::Uncounted,
            Op::AnyFrom if first.is_some_and(|value| function.ty(value) != Type::I64) => {
                Mode::Uncounted
            }
            op if op.row().borrows => first_reference.map_or(Mode::Lent, Mode::Held),
            _ => Mode::Owned,
        };
    }

    fn run(mut self) -> Result {
        let function = self.subject.function;
        let mut start = Vec::new();
        for &param in function.block_params(Block(0)) {
            if self.modes[param.index()] == Mode::Owned {
                start.push((param, 1));
            }
        }
        self.entering[0] = Some(start);
        for block in function.block_ids() {
            // Kept for the back edges to come.
            let entering = self.entering[block.index()].get_or_insert_default().clone();
            self.restore(&entering);
            for (id, inst) in function.block_insts(block) {
                self.verify_inst(block, id, inst)?;
            }
            self.leave(block)?;
        }
        Ok(())
    }

    /// The counts that are not 0, in order.
    fn present(&mut self) -> Vec<(Value, u32)> {
        self.listed.sort_unstable();
        self.listed.dedup();
        let counts = &self.counts;
        self.listed.retain(|reference| counts[reference.index()] != 0);
        self.listed.iter().map(|&reference| (reference, counts[reference.index()])).collect()
    }

    /// Makes these the counts.
    fn restore(&mut self, counts: &[(Value, u32)]) {
        for reference in self.listed.drain(..) {
            self.counts[reference.index()] = 0;
        }
        for &(reference, count) in counts {
            self.set(reference, count);
        }
    }

    fn set(&mut self, reference: Value, count: u32) {
        if self.counts[reference.index()] == 0 {
            self.listed.push(reference);
        }
        self.counts[reference.index()] = count;
    }

    fn verify_inst(&mut self, block: Block, id: InstId, inst: &Inst) -> Result {
        let Subject { program, function } = self.subject;
        let args = function.args(inst);
        if inst.op == Op::TailCall
            && program.functions[inst.function().index()]
                .params
                .iter()
                .any(|param| param.ty.rep().is_counted() && !param.own)
        {
            return self.subject.at_inst(
                block,
                id,
                "the callee of a tail call does not own its parameters".to_owned(),
            );
        }
        for (place, &arg) in args.iter().enumerate() {
            if takes_over(program, inst, place) {
                self.take_over(block, id, arg)?;
            }
        }
        for (place, &arg) in args.iter().enumerate() {
            let is_used = !takes_over(program, inst, place) && function.ty(arg).rep().is_counted();
            if is_used && !self.is_alive(self.reference[arg.index()]) {
                return self.subject.at_inst(
                    block,
                    id,
                    format!("{arg} is used after it was taken over"),
                );
            }
        }
        if inst.op == Op::Dup {
            let reference = self.reference[args[0].index()];
            if self.modes[reference.index()] != Mode::Uncounted {
                self.set(reference, self.counts[reference.index()] + 1);
            }
        }
        if let Some(result) = inst.result
            && self.reference[result.index()] == result
            && self.modes[result.index()] == Mode::Owned
        {
            self.set(result, 1);
        }
        Ok(())
    }

    fn take_over(&mut self, block: Block, id: InstId, value: Value) -> Result {
        let reference = self.reference[value.index()];
        if self.modes[reference.index()] == Mode::Uncounted {
            return Ok(());
        }
        let count = &mut self.counts[reference.index()];
        match count.checked_sub(1) {
            Some(rest) => *count = rest,
            None => {
                return self.subject.at_inst(
                    block,
                    id,
                    format!("{value} is taken over, and the function does not own it"),
                );
            }
        }
        Ok(())
    }

    fn is_alive(&self, mut reference: Value) -> bool {
        loop {
            match self.modes[reference.index()] {
                Mode::Uncounted | Mode::Lent => return true,
                _ if self.counts[reference.index()] != 0 => return true,
                Mode::Owned => return false,
                Mode::Held(holder) => reference = holder,
            }
        }
    }

    /// Brings the counts along the edges of a block, or out of the function.
    fn leave(&mut self, block: Block) -> Result {
        let function = self.subject.function;
        let last = InstId(function.blocks[block.index()].insts.end - 1);
        let targets = function.block_targets(block);
        let is_way_out = targets.is_empty() && !ends_in_trap(function, block);
        if is_way_out && let Some(&(reference, _)) = self.present().first() {
            let message = format!("{reference} is owned and never consumed");
            return self.subject.at_inst(block, last, message);
        }
        let before = self.present();
        for target in targets {
            for &arg in function.target_args(target) {
                self.take_over(block, last, arg)?;
            }
            for &param in function.block_params(target.block) {
                if self.modes[param.index()] == Mode::Owned {
                    self.set(param, 1);
                }
            }
            let brought = self.present();
            self.arrive(block, target.block, brought)?;
            self.restore(&before);
        }
        Ok(())
    }

    fn arrive(&mut self, from: Block, to: Block, brought: Vec<(Value, u32)>) -> Result {
        let Some(known) = self.entering[to.index()].take() else {
            self.entering[to.index()] = Some(brought);
            return Ok(());
        };
        if known == brought {
            self.entering[to.index()] = Some(known);
            return Ok(());
        }
        let find = |list: &[(Value, u32)], reference| {
            list.iter().find(|&&(other, _)| other == reference).map_or(0, |&(_, count)| count)
        };
        if ends_in_trap(self.subject.function, to) && to > from {
            // What only some paths bring is swept.
            let common = known
                .iter()
                .map(|&(reference, count)| (reference, count.min(find(&brought, reference))))
                .filter(|&(_, count)| count != 0)
                .collect();
            self.entering[to.index()] = Some(common);
            return Ok(());
        }
        let differs = known
            .iter()
            .chain(&brought)
            .map(|&(reference, _)| reference)
            .find(|&reference| find(&known, reference) != find(&brought, reference))
            .expect("the lists differ in some reference");
        self.subject.at_end_of(
            from,
            format!(
                "{differs} has {} owners on the way to {to}, and {} on another way",
                find(&brought, differs),
                find(&known, differs)
            ),
        )
    }
}

fn ends_in_trap(function: &Function, block: Block) -> bool {
    let end = function.blocks[block.index()].insts.end;
    function.insts[end as usize - 1].op == Op::Trap
}
