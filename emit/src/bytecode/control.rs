//! Jumps, branches and the moves on the edges between blocks.
//!
//! - A branch and the comparison that it tests are one instruction.
//! - A jump back to a loop's header does not go there: the header's few instructions are encoded again, so that a
//!   round takes one jump, back to the loop's body. A jump to a block that only returns, returns.
//! - A poll before a jump back is part of it.

use super::instruction::{Form, Opcode, Word};
use super::{At, Bytecode};
use crate::EmitError;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Block, Target, Value};

/// The label of a block that has not been encoded.
pub(super) const UNPLACED: u32 = u32::MAX;

/// A header with at most so many instructions is encoded again where it is jumped back to.
const REPEATED_HEADER: usize = 8;

/// A jump whose distance is still to be filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    /// The word that holds the distance.
    at: u32,
    /// The instruction that it counts from.
    from: u32,
    to: Block,
    reach: Reach,
}

/// Where in a word the distance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// `c`.
    Short,
    /// `b` and `c`.
    Long,
    /// The lower half.
    Entry,
}

/// What a branch looks at.
#[derive(Debug, Clone, Copy)]
enum Test {
    Bool(u16, bool),
    Words(Condition, u16, u16),
    Immediate(Condition, u16, i16),
    /// With a NaN, whether it is the condition or its contrary matters.
    Floats(Condition, u16, u16, bool),
}

impl Test {
    fn negated(self) -> Test {
        match self {
            Test::Bool(slot, sense) => Test::Bool(slot, !sense),
            Test::Words(condition, a, b) => Test::Words(condition.inverted(), a, b),
            Test::Immediate(condition, a, immediate) => {
                Test::Immediate(condition.inverted(), a, immediate)
            }
            Test::Floats(condition, a, b, sense) => Test::Floats(condition, a, b, !sense),
        }
    }

    /// The branch, its distance 0.
    fn branch(self) -> Word {
        match self {
            Test::Bool(slot, true) => Word::new(Opcode::BranchTrue, slot, 0, 0),
            Test::Bool(slot, false) => Word::new(Opcode::BranchFalse, slot, 0, 0),
            Test::Words(condition, a, b) => match condition {
                Condition::Eq => Word::new(Opcode::BranchEqual, a, b, 0),
                Condition::Ne => Word::new(Opcode::BranchNotEqual, a, b, 0),
                Condition::Lt => Word::new(Opcode::BranchLess, a, b, 0),
                Condition::Le => Word::new(Opcode::BranchLessEqual, a, b, 0),
                Condition::Gt => Word::new(Opcode::BranchLess, b, a, 0),
                Condition::Ge => Word::new(Opcode::BranchLessEqual, b, a, 0),
            },
            Test::Immediate(condition, a, immediate) => {
                let opcode = match condition {
                    Condition::Eq => Opcode::BranchEqualImmediate,
                    Condition::Ne => Opcode::BranchNotEqualImmediate,
                    Condition::Lt => Opcode::BranchLessImmediate,
                    Condition::Le => Opcode::BranchLessEqualImmediate,
                    Condition::Gt => Opcode::BranchGreaterImmediate,
                    Condition::Ge => Opcode::BranchGreaterEqualImmediate,
                };
                Word::new(opcode, a, immediate as u16, 0)
            }
            Test::Floats(condition, a, b, sense) => match (condition, sense) {
                (Condition::Eq, true) | (Condition::Ne, false) => {
                    Word::new(Opcode::BranchFloatEqual, a, b, 0)
                }
                (Condition::Ne, true) | (Condition::Eq, false) => {
                    Word::new(Opcode::BranchFloatNotEqual, a, b, 0)
                }
                (Condition::Lt, true) => Word::new(Opcode::BranchFloatLess, a, b, 0),
                (Condition::Le, true) => Word::new(Opcode::BranchFloatLessEqual, a, b, 0),
                (Condition::Gt, true) => Word::new(Opcode::BranchFloatLess, b, a, 0),
                (Condition::Ge, true) => Word::new(Opcode::BranchFloatLessEqual, b, a, 0),
                (Condition::Lt, false) => Word::new(Opcode::BranchFloatNotLess, a, b, 0),
                (Condition::Le, false) => Word::new(Opcode::BranchFloatNotLessEqual, a, b, 0),
                (Condition::Gt, false) => Word::new(Opcode::BranchFloatNotLess, b, a, 0),
                (Condition::Ge, false) => Word::new(Opcode::BranchFloatNotLessEqual, b, a, 0),
            },
        }
    }
}

/// The branch that polls first, if there is one.
fn polling(opcode: u16) -> Option<Opcode> {
    Some(match opcode {
        op if op == Opcode::BranchTrue as u16 => Opcode::LoopTrue,
        op if op == Opcode::BranchFalse as u16 => Opcode::LoopFalse,
        op if op == Opcode::BranchNotEqual as u16 => Opcode::LoopNotEqual,
        op if op == Opcode::BranchLess as u16 => Opcode::LoopLess,
        op if op == Opcode::BranchLessEqual as u16 => Opcode::LoopLessEqual,
        op if op == Opcode::BranchNotEqualImmediate as u16 => Opcode::LoopNotEqualImmediate,
        op if op == Opcode::BranchLessImmediate as u16 => Opcode::LoopLessImmediate,
        op if op == Opcode::BranchLessEqualImmediate as u16 => Opcode::LoopLessEqualImmediate,
        op if op == Opcode::BranchGreaterImmediate as u16 => Opcode::LoopGreaterImmediate,
        op if op == Opcode::BranchGreaterEqualImmediate as u16 => Opcode::LoopGreaterEqualImmediate,
        _ => return None,
    })
}

/// The step-and-test for a branch that follows a step of its `a` by one.
fn stepping(opcode: u16) -> Option<Opcode> {
    Some(match opcode {
        op if op == Opcode::BranchLess as u16 => Opcode::NextLess,
        op if op == Opcode::BranchLessEqual as u16 => Opcode::NextLessEqual,
        op if op == Opcode::BranchLessImmediate as u16 => Opcode::NextLessImmediate,
        op if op == Opcode::BranchLessEqualImmediate as u16 => Opcode::NextLessEqualImmediate,
        op if op == Opcode::LoopLessEqualImmediate as u16 => Opcode::LoopNextLessEqualImmediate,
        op if op == Opcode::LoopLess as u16 => Opcode::LoopNextLess,
        op if op == Opcode::LoopLessEqual as u16 => Opcode::LoopNextLessEqual,
        op if op == Opcode::LoopLessImmediate as u16 => Opcode::LoopNextLessImmediate,
        _ => return None,
    })
}

impl Bytecode<'_> {
    pub(super) fn poll(&mut self, at: At) -> Result<(), EmitError> {
        let site = self.sites.number(at.number, at.id);
        let before_jump =
            at.function.insts.get(at.id.index() + 1).is_some_and(|next| next.op == Op::Jump);
        if before_jump {
            self.body.poll = Some(site);
        } else {
            self.poll_now(site);
        }
        Ok(())
    }

    fn poll_now(&mut self, site: u32) {
        self.body.sites.push((self.body.words.len() as u32, site));
        self.push(Word::new(Opcode::Poll, 0, 0, 0));
    }

    pub(super) fn jump(&mut self, at: At) -> Result<(), EmitError> {
        let target = &at.function.block_targets(at.block)[0];
        self.moves(at, target);
        let data = &at.function.blocks[target.block.index()];
        let length = data.insts.len();
        let goes_back = self.body.labels[target.block.index()] != UNPLACED;
        let last = at.function.insts[data.insts.end as usize - 1].op;
        if goes_back && last == Op::Branch && length <= REPEATED_HEADER
            || last == Op::Return && length == 1
        {
            if last == Op::Return && target.block == at.next {
                return Ok(());
            }
            // The header's constants may have been put in place when it was come to from above.
            self.body.stretch += 1;
            return self.block(at.program, at.number, target.block, at.next);
        }
        let poll = self.body.poll.take();
        if target.block == at.next {
            if let Some(site) = poll {
                self.poll_now(site);
            }
            return Ok(());
        }
        let opcode = match poll {
            Some(site) => {
                self.body.sites.push((self.body.words.len() as u32, site));
                Opcode::Loop
            }
            None => Opcode::Jump,
        };
        self.go(Word::wide(opcode, 0, 0), target.block, Reach::Long);
        Ok(())
    }

    pub(super) fn branch(&mut self, at: At) -> Result<(), EmitError> {
        let [then, otherwise] = at.function.block_targets(at.block) else {
            unreachable!("a branch has two targets, by the verifier")
        };
        let poll = self.body.poll.take();
        let test = self.test(at, at.arg(0));
        let (then_moves, other_moves) = (self.has_moves(at, then), self.has_moves(at, otherwise));
        if !then_moves && (then.block != at.next || other_moves) {
            self.go_if(test, then.block, poll);
            self.edge(at, otherwise);
        } else if !other_moves {
            self.go_if(test.negated(), otherwise.block, poll);
            self.edge(at, then);
        } else {
            let around = self.branch_around(test.negated(), poll);
            self.edge_with_jump(at, then, true);
            self.land(around);
            self.edge(at, otherwise);
        }
        Ok(())
    }

    pub(super) fn switch(&mut self, at: At) -> Result<(), EmitError> {
        let targets = at.function.block_targets(at.block);
        let selector = self.operand(at, at.arg(0));
        let from = self.body.words.len() as u32;
        self.push(Word::wide(Opcode::Switch, selector, targets.len() as u32 - 1));
        self.data(Word::data(at.inst.imm));
        let table = self.body.words.len() as u32;
        for _ in targets {
            self.data(Word::data(0));
        }
        for (entry, target) in targets.iter().enumerate() {
            let entry = table + entry as u32;
            if self.has_moves(at, target) {
                let distance = self.body.words.len() as u32 - from;
                self.body.words[entry as usize] = Word::data(u64::from(distance));
                self.begin_stretch();
                self.edge_with_jump(at, target, true);
            } else {
                self.body.jumps.push(Pending {
                    at: entry,
                    from,
                    to: target.block,
                    reach: Reach::Entry,
                });
            }
        }
        Ok(())
    }

    /// What the branch on `condition` looks at.
    fn test(&mut self, at: At, condition: Value) -> Test {
        let Some(inst) = self.plan.fused(at.function, condition) else {
            return Test::Bool(self.operand(at, condition), true);
        };
        let at = At { inst, ..at };
        match inst.op {
            Op::BoolNot => Test::Bool(self.operand(at, at.arg(0)), false),
            Op::IsNone => Test::Immediate(Condition::Eq, self.operand(at, at.arg(0)), 0),
            Op::F64Cmp => {
                let (a, b) = (self.operand(at, at.arg(0)), self.operand(at, at.arg(1)));
                Test::Floats(inst.condition(), a, b, true)
            }
            _ => {
                let condition =
                    if inst.op == Op::I64Cmp { inst.condition() } else { Condition::Eq };
                if let Some(immediate) = self.plan.immediate(at.function, inst, 1) {
                    Test::Immediate(condition, self.operand(at, at.arg(0)), immediate)
                } else if let Some(immediate) = self.plan.immediate(at.function, inst, 0) {
                    Test::Immediate(condition.swapped(), self.operand(at, at.arg(1)), immediate)
                } else {
                    let (a, b) = (self.operand(at, at.arg(0)), self.operand(at, at.arg(1)));
                    Test::Words(condition, a, b)
                }
            }
        }
    }

    /// Goes to `to` when the test holds.
    fn go_if(&mut self, test: Test, to: Block, mut poll: Option<u32>) {
        if self.body.is_long {
            self.skip_if(test.negated(), poll);
            return self.go(Word::wide(Opcode::Jump, 0, 0), to, Reach::Long);
        }
        let mut word = test.branch();
        if let Some(site) = poll {
            match polling(word.op) {
                Some(opcode) => word.op = opcode as u16,
                None => {
                    self.poll_now(site);
                    poll = None;
                }
            }
        }
        if self.step_and_test(word, to, poll) {
            return;
        }
        if let Some(site) = poll {
            self.body.sites.push((self.body.words.len() as u32, site));
        }
        let reach = if matches!(test, Test::Bool(..)) { Reach::Long } else { Reach::Short };
        self.go(word, to, reach);
    }

    /// Makes the step before it and this branch one instruction, when they fit.
    fn step_and_test(&mut self, branch: Word, to: Block, poll: Option<u32>) -> bool {
        let (Some(last), Some(opcode)) = (self.body.last, stepping(branch.op)) else {
            return false;
        };
        let is_last = |at: usize| at + 1 == self.body.words.len();
        let is_move = is_last(last) && self.body.words[last].op == Opcode::Move as u16;
        let moved = self.body.words[last];
        let step_at = if is_move && last > 0 && self.body.before_last == Some(last - 1) {
            last - 1
        } else {
            last
        };
        let step = self.body.words[step_at];
        let is_step = step.op == Opcode::AddImmediate as u16
            && step.a == branch.a
            && step.b == branch.a
            && step.c == 1;
        let reads_step = opcode.form() == Form::AbJump && branch.b == branch.a;
        if !is_step || reads_step || !is_last(last) {
            return false;
        }
        self.body.words.pop();
        if step_at != last {
            // A move between them goes first, when it has nothing to do with either.
            if moved.a == step.a || moved.b == step.a {
                self.body.words.push(moved);
                return false;
            }
            self.body.words[step_at] = moved;
            if let Some(site) = self.body.sites.last_mut().filter(|(at, _)| *at as usize == step_at)
            {
                site.0 += 1;
            }
        }
        // The step's site stays, if it has one: a poll says nothing that anybody counts on.
        let at = self.body.words.len() as u32;
        if let Some(site) = poll
            && self.body.sites.last().is_none_or(|&(other, _)| other != at)
        {
            self.body.sites.push((at, site));
        }
        self.go(Word { op: opcode as u16, ..branch }, to, Reach::Short);
        true
    }

    /// Goes on behind what will be encoded until [`Bytecode::land`], when the test holds.
    fn branch_around(&mut self, test: Test, poll: Option<u32>) -> (usize, bool) {
        if self.body.is_long {
            self.skip_if(test.negated(), poll);
            let at = self.body.words.len();
            self.push(Word::wide(Opcode::Jump, 0, 0));
            self.body.last = None;
            return (at, true);
        }
        if let Some(site) = poll {
            self.poll_now(site);
        }
        let at = self.body.words.len();
        self.push(test.branch());
        self.body.last = None;
        (at, matches!(test, Test::Bool(..)))
    }

    /// Skips the next word, when the test holds.
    fn skip_if(&mut self, test: Test, poll: Option<u32>) {
        if let Some(site) = poll {
            self.poll_now(site);
        }
        let branch = test.branch();
        self.push(match test {
            Test::Bool(..) => Word { b: 2, ..branch },
            Test::Words(..) | Test::Immediate(..) | Test::Floats(..) => Word { c: 2, ..branch },
        });
    }

    /// Ends what [`Bytecode::branch_around`] goes around.
    fn land(&mut self, (at, is_long): (usize, bool)) {
        let distance = self.body.words.len() - at;
        let word = &mut self.body.words[at];
        if is_long {
            (word.b, word.c) = (distance as u16, (distance >> 16) as u16);
        } else {
            match i16::try_from(distance) {
                Ok(short) => word.c = short as u16,
                Err(_) => self.body.too_long = true,
            }
        }
        self.begin_stretch();
    }

    fn go(&mut self, word: Word, to: Block, reach: Reach) {
        let at = self.body.words.len() as u32;
        self.body.jumps.push(Pending { at, from: at, to, reach });
        self.push(word);
    }

    /// Fills in the distances.
    pub(super) fn reach_labels(&mut self) {
        let body = &mut self.body;
        for jump in &body.jumps {
            let distance = i64::from(body.labels[jump.to.index()]) - i64::from(jump.from);
            let word = &mut body.words[jump.at as usize];
            match jump.reach {
                Reach::Short => match i16::try_from(distance) {
                    Ok(short) => word.c = short as u16,
                    Err(_) => body.too_long = true,
                },
                Reach::Long => (word.b, word.c) = (distance as u16, (distance >> 16) as u16),
                Reach::Entry => *word = Word::data(u64::from(distance as i32 as u32)),
            }
        }
    }

    /// The moves to the target and the way there.
    fn edge(&mut self, at: At, target: &Target) {
        self.edge_with_jump(at, target, target.block != at.next);
    }

    fn edge_with_jump(&mut self, at: At, target: &Target, jump: bool) {
        self.moves(at, target);
        if jump {
            self.go(Word::wide(Opcode::Jump, 0, 0), target.block, Reach::Long);
        }
    }

    fn moves(&mut self, at: At, target: &Target) {
        let params = at.function.block_params(target.block);
        let args = at.function.target_args(target);
        self.assign(at.function, args, |this, i| this.place(params[i as usize]));
    }

    /// Whether going to the target moves anything.
    fn has_moves(&self, at: At, target: &Target) -> bool {
        let params = at.function.block_params(target.block);
        at.function.target_args(target).iter().zip(params).any(|(&arg, &param)| {
            self.plan.constant_of(at.function, arg).is_some()
                || self.place(arg) != self.place(param)
        })
    }
}
