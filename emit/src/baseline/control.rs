//! The ends of blocks, edges and polls.

use super::values::{Argument, context};
use super::{At, Baseline, Bodies};
use crate::EmitError;
use crate::driver::Place;
use crate::macro_assembler::{Alu, Cond, FloatReg, Label, MacroAssembler, Mem, Scale};
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Target, Value};
use mochi_ir::types::Type;

type Result = std::result::Result<(), EmitError>;

/// A switch with at most so many cases compares one after the other.
const FEW_CASES: usize = 3;

/// A loop's test is repeated when it needs at most so many instructions beside its comparison.
const LARGEST_TEST: u32 = 2;

impl<B: Bodies> Baseline<'_, B> {
    pub(crate) fn poll(&mut self, at: At) -> Result {
        self.asm.alu32_mi(Alu::Cmp, context!(poll), 0);
        let (asked, back) = (self.asm.label(), self.asm.label());
        self.asm.jcc(Cond::NotEqual, asked);
        self.asm.bind(back);
        self.asm.enter_cold();
        self.asm.bind(asked);
        self.slow_call(at, RuntimeFunction::Poll, &[]);
        self.asm.jmp(back);
        self.asm.leave_cold();
        Ok(())
    }

    // -- edges ----------------------------------------------------------------------------------

    /// Goes to a target; falls through when it comes next.
    pub(super) fn edge(&mut self, at: At, target: &Target) {
        self.pass(at.function, target.block, at.function.target_args(target));
        self.go(at, target);
    }

    /// The same where nothing moves on the way.
    fn go(&mut self, at: At, target: &Target) {
        if target.block != at.next {
            self.asm.jmp(self.body.blocks[target.block.index()]);
        }
    }

    /// Gives a block's parameters their values. The flags stay.
    fn pass(&mut self, function: &Function, block: Block, args: &[Value]) {
        let params = function.block_params(block);
        if let ([param], [arg]) = (params, args) {
            return self.move_alone(function, self.place(*param), *arg);
        }
        if params.is_empty() {
            return;
        }
        self.sequencer.clear();
        for (&param, &arg) in params.iter().zip(args) {
            let to = self.place(param);
            if to != Place::Nowhere {
                self.add_move(function, to, arg);
            }
        }
        self.make_moves();
    }

    /// Whether nothing moves on the way to a target.
    fn is_free(&self, function: &Function, target: &Target) -> bool {
        let params = function.block_params(target.block);
        params.iter().zip(function.target_args(target)).all(|(&param, &arg)| {
            let to = self.place(param);
            to == Place::Nowhere || to == self.place(arg)
        })
    }

    pub(crate) fn jump(&mut self, at: At) -> Result {
        let target = &at.function.block_targets(at.block)[0];
        if target.block <= at.block && self.is_small_test(at.function, target.block) {
            // A loop's test is repeated at its end, so that a turn has one jump.
            self.pass(at.function, target.block, at.function.target_args(target));
            // What the registers hold in the block after this one is not what they hold in the loop's test.
            let held = self.body.held;
            let done = self.instructions(at.program, at.number, target.block, at.next);
            self.body.held = held;
            return done;
        }
        self.edge(at, target);
        Ok(())
    }

    /// Whether a loop begins with a block that does little but to end it.
    fn is_small_test(&self, function: &Function, block: Block) -> bool {
        let mut work = 0;
        function.block_insts(block).all(|(id, inst)| match inst.op {
            Op::Branch => true,
            _ if self.plan.is_skipped(id) => true,
            Op::ListLen | Op::GlobalGet | Op::FieldGet | Op::CaptureGet => {
                work += 1;
                work <= LARGEST_TEST
            }
            _ => false,
        })
    }

    pub(crate) fn branch(&mut self, at: At) -> Result {
        let [then, otherwise] = at.function.block_targets(at.block) else {
            unreachable!("a branch has two targets, by the verifier");
        };
        let condition = at.arg(0);
        let label = |this: &Self, target: &Target| this.body.blocks[target.block.index()];
        let follows = |target: &Target| target.block == at.next;
        let (then_free, otherwise_free) =
            (self.is_free(at.function, then), self.is_free(at.function, otherwise));
        if otherwise_free && (follows(then) || !then_free) {
            B::branch_if(self, at, condition, false, label(self, otherwise));
            if then_free {
                self.go(at, then);
            } else {
                self.edge(at, then);
            }
        } else if then_free {
            B::branch_if(self, at, condition, true, label(self, then));
            self.edge(at, otherwise);
        } else {
            let aside = self.asm.label();
            B::branch_if(self, at, condition, false, aside);
            self.pass(at.function, then.block, at.function.target_args(then));
            self.asm.jmp(label(self, then));
            self.asm.bind(aside);
            self.edge(at, otherwise);
        }
        Ok(())
    }

    pub(crate) fn switch(&mut self, at: At) -> Result {
        let function = at.function;
        let (last, cases) = function
            .block_targets(at.block)
            .split_last()
            .expect("a switch has a default, by the verifier");
        self.load(function, at.arg(0), Self::ACC);
        match i32::try_from(at.inst.imm as i64) {
            Ok(0) => {}
            Ok(first) => self.asm.alu_ri(Alu::Sub, Self::ACC, first),
            Err(_) => {
                self.asm.mov_ri(Self::AUX, at.inst.imm);
                self.asm.alu_rr(Alu::Sub, Self::ACC, Self::AUX);
            }
        }
        let labels: Vec<Label> = cases
            .iter()
            .map(|target| match self.is_free(function, target) {
                true => self.body.blocks[target.block.index()],
                false => self.asm.label(),
            })
            .collect();
        if cases.len() <= FEW_CASES {
            for (number, &label) in labels.iter().enumerate() {
                self.asm.alu_ri(Alu::Cmp, Self::ACC, number as i32);
                self.asm.jcc(Cond::Equal, label);
            }
            self.pass(function, last.block, function.target_args(last));
            self.asm.jmp(self.body.blocks[last.block.index()]);
        } else {
            self.asm.alu_ri(Alu::Cmp, Self::ACC, cases.len() as i32);
            let default = self.asm.label();
            self.asm.jcc(Cond::AboveOrEqual, default);
            let table = self.asm.label();
            self.asm.lea(Self::AUX, Mem::label(table));
            self.asm.movsxd_rm(Self::ACC, Mem::indexed(Self::AUX, Self::ACC, Scale::Fours, 0));
            self.asm.alu_rr(Alu::Add, Self::ACC, Self::AUX);
            self.asm.jmp_r(Self::ACC);
            self.body.tables.push((table, labels.clone()));
            self.asm.bind(default);
            self.pass(function, last.block, function.target_args(last));
            self.asm.jmp(self.body.blocks[last.block.index()]);
        }
        for (target, label) in cases.iter().zip(labels) {
            if !self.is_free(function, target) {
                self.asm.bind(label);
                self.pass(function, target.block, function.target_args(target));
                self.asm.jmp(self.body.blocks[target.block.index()]);
            }
        }
        Ok(())
    }

    // -- ways out ---------------------------------------------------------------------------------

    pub(crate) fn ret(&mut self, at: At) -> Result {
        if let Some(&value) = at.args().first() {
            if at.function.ty(value) == Type::F64 {
                match self.float_operand(at.function, value) {
                    Ok(FloatReg(0)) => {}
                    Ok(from) => self.asm.fmov_rr(FloatReg(0), from),
                    Err(from) => self.asm.fmov_rm(FloatReg(0), from),
                }
            } else {
                self.load(at.function, value, Self::ACC);
            }
        }
        self.unwind_frame();
        self.asm.ret();
        self.asm.note_frame();
        Ok(())
    }

    pub(crate) fn tail_call(&mut self, at: At) -> Result {
        let callee = at.inst.function();
        if callee == at.number {
            self.pass(at.function, Block(0), at.args());
            self.asm.jmp(self.body.blocks[0]);
            return Ok(());
        }
        self.arguments(at.function, at.args());
        match self.functions[callee.index()] {
            Some(entry) => {
                self.unwind_frame();
                self.asm.jmp(entry);
            }
            None => {
                let entry = self.entry_elsewhere(callee);
                self.unwind_frame();
                self.asm.jmp_m(entry);
            }
        }
        self.asm.note_frame();
        Ok(())
    }

    pub(crate) fn tail_call_closure(&mut self, at: At) -> Result {
        self.arguments(at.function, at.args());
        let entry = self.closure_entry();
        self.unwind_frame();
        self.asm.jmp_m(entry);
        self.asm.note_frame();
        Ok(())
    }

    pub(crate) fn trap(&mut self, at: At) -> Result {
        let word = |place: usize| {
            at.args().get(place).map_or(Argument::Word(0), |&arg| Argument::Value(arg))
        };
        self.fail(at, at.inst.trap(), word(0), word(1));
        Ok(())
    }
}
