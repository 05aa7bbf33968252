//! Ops on floats.

use super::Template;
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::{Argument, Operand};
use crate::driver::Place;
use crate::macro_assembler::{Cond, FloatOp, FloatTests, MacroAssembler, Test};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Value};

type Result = std::result::Result<(), EmitError>;

/// Only the sign of a float.
const SIGN: u64 = 1 << 63;

impl<M: MacroAssembler> Template<'_, M> {
    pub(super) fn float_arithmetic(&mut self, at: At) -> Result {
        let op = match at.inst.op {
            Op::F64Add => FloatOp::Add,
            Op::F64Sub => FloatOp::Sub,
            Op::F64Mul => FloatOp::Mul,
            _ => FloatOp::Div,
        };
        self.arithmetic(at, op);
        Ok(())
    }

    fn arithmetic(&mut self, at: At, op: FloatOp) {
        let function = at.function;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.float_target(at.result());
        let holds = |this: &Self, value| this.place(value) == Place::Float(target.0);
        if matches!(op, FloatOp::Add | FloatOp::Mul) && holds(self, b) && !holds(self, a) {
            std::mem::swap(&mut a, &mut b);
        }
        // The second operand must outlive the move of the first.
        let made_in = if holds(self, b) && !holds(self, a) { Self::FLOAT_SCRATCH } else { target };
        match (self.float_operand(function, a), self.float_operand(function, b)) {
            (Ok(a), Ok(b)) => self.asm.float_rrr(op, made_in, a, b),
            (_, Ok(b)) => {
                self.load_float(function, a, made_in);
                self.asm.float_rr(op, made_in, b);
            }
            (_, Err(b)) => {
                self.load_float(function, a, made_in);
                self.asm.float_rm(op, made_in, b);
            }
        }
        self.define_float(at.result(), made_in);
    }

    pub(super) fn float_division(&mut self, at: At) -> Result {
        let function = at.function;
        let divisor = at.arg(1);
        let known = self.word_of(function, divisor).map(f64::from_bits);
        if known.is_none_or(|divisor| divisor == 0.0) {
            let divisor = self.float(function, divisor, Self::FLOAT_SCRATCH);
            self.asm.fcmp_zero(divisor, Self::FLOAT_SCRATCH_2);
            let equal = self.asm.label();
            let back = self.asm.label();
            self.asm.jcc(Cond::Equal, equal);
            self.asm.bind(back);
            self.asm.enter_cold();
            self.asm.bind(equal);
            // A NaN is no zero.
            self.asm.jcc(Cond::Parity, back);
            self.fail(at, TrapKind::DivideByZero, Argument::Word(0), Argument::Word(0));
            self.asm.leave_cold();
        }
        self.arithmetic(at, FloatOp::Div);
        Ok(())
    }

    pub(super) fn float_negation(&mut self, at: At) -> Result {
        let sign = self.pool_word(SIGN);
        self.asm.fmov_rm(Self::FLOAT_SCRATCH_2, sign);
        let target = self.float_target(at.result());
        self.load_float(at.function, at.arg(0), target);
        self.asm.float_xor(target, Self::FLOAT_SCRATCH_2);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn float_root(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        let from = self.float(at.function, at.arg(0), Self::FLOAT_SCRATCH);
        self.asm.float_rr(FloatOp::Sqrt, target, from);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn int_to_float(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        match self.operand(at.function, at.arg(0)) {
            Operand::Reg(from) => self.asm.float_of_int_r(target, from),
            Operand::Mem(from) => self.asm.float_of_int_m(target, from),
            Operand::Imm(value) => {
                self.asm.mov_ri(Self::ACC, i64::from(value) as u64);
                self.asm.float_of_int_r(target, Self::ACC);
            }
        }
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn float_to_int(&mut self, at: At) -> Result {
        let from = self.float(at.function, at.arg(0), Self::FLOAT_SCRATCH);
        let target = self.target(at.result());
        let unsure = self.asm.int_of_float(target, from);
        let (smallest, back) = (self.asm.label(), self.asm.label());
        self.asm.jcc(unsure, smallest);
        self.asm.bind(back);
        self.define(at.result(), target);
        self.asm.enter_cold();
        self.asm.bind(smallest);
        self.unless_smallest_int(at, from, back);
        self.asm.leave_cold();
        Ok(())
    }

    /// Sets the flags by a comparison of floats.
    pub(super) fn compare_floats(
        &mut self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
    ) -> Test {
        let FloatTests { equal, not_equal, greater, greater_or_equal } = M::FLOAT_TESTS;
        let (a, b, test) = match condition {
            Condition::Eq => (a, b, equal),
            Condition::Ne => (a, b, not_equal),
            Condition::Lt => (b, a, greater),
            Condition::Le => (b, a, greater_or_equal),
            Condition::Gt => (a, b, greater),
            Condition::Ge => (a, b, greater_or_equal),
        };
        let a = self.float(function, a, Self::FLOAT_SCRATCH);
        match self.float_operand(function, b) {
            Ok(b) => self.asm.fcmp_rr(a, b),
            Err(b) => self.asm.fcmp_rm(a, b),
        }
        test
    }
}
