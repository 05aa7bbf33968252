//! Ops on floats.

use super::integer::{Parity, Test};
use super::{FLOAT_SCRATCH, FLOAT_SCRATCH_2, Template};
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::{Argument, Operand};
use crate::driver::Place;
use crate::x64::{Alu, Cond, RAX, Sse};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Value};

type Result = std::result::Result<(), EmitError>;

/// Only the sign of a float.
const SIGN: u64 = 1 << 63;

impl Template<'_> {
    pub(super) fn float_arithmetic(&mut self, at: At) -> Result {
        let op = match at.inst.op {
            Op::F64Add => Sse::Add,
            Op::F64Sub => Sse::Sub,
            Op::F64Mul => Sse::Mul,
            _ => Sse::Div,
        };
        self.arithmetic(at, op);
        Ok(())
    }

    fn arithmetic(&mut self, at: At, op: Sse) {
        let function = at.function;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.float_target(at.result());
        let holds = |this: &Self, value| this.place(value) == Place::Float(target.0);
        if matches!(op, Sse::Add | Sse::Mul) && holds(self, b) && !holds(self, a) {
            std::mem::swap(&mut a, &mut b);
        }
        // The second operand must outlive the move of the first.
        let made_in = if holds(self, b) && !holds(self, a) { FLOAT_SCRATCH } else { target };
        self.load_float(function, a, made_in);
        match self.float_operand(function, b) {
            Ok(b) => self.asm.sse_xx(op, made_in, b),
            Err(b) => self.asm.sse_xm(op, made_in, b),
        }
        self.define_float(at.result(), made_in);
    }

    pub(super) fn float_division(&mut self, at: At) -> Result {
        let function = at.function;
        let divisor = at.arg(1);
        let known = self.word_of(function, divisor).map(f64::from_bits);
        if known.is_none_or(|divisor| divisor == 0.0) {
            let divisor = self.float(function, divisor, FLOAT_SCRATCH);
            self.asm.xorps(FLOAT_SCRATCH_2, FLOAT_SCRATCH_2);
            self.asm.ucomisd_xx(divisor, FLOAT_SCRATCH_2);
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
        self.arithmetic(at, Sse::Div);
        Ok(())
    }

    pub(super) fn float_negation(&mut self, at: At) -> Result {
        let sign = self.pool_word(SIGN);
        self.asm.movsd_xm(FLOAT_SCRATCH_2, sign);
        let target = self.float_target(at.result());
        self.load_float(at.function, at.arg(0), target);
        self.asm.xorps(target, FLOAT_SCRATCH_2);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn float_root(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        let from = self.float(at.function, at.arg(0), FLOAT_SCRATCH);
        self.asm.sse_xx(Sse::Sqrt, target, from);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn int_to_float(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        // The instruction keeps the upper half, and so would wait for the register's old value.
        self.asm.xorps(target, target);
        match self.operand(at.function, at.arg(0)) {
            Operand::Reg(from) => self.asm.cvtsi2sd_xr(target, from),
            Operand::Mem(from) => self.asm.cvtsi2sd_xm(target, from),
            Operand::Imm(value) => {
                self.asm.mov_ri(RAX, i64::from(value) as u64);
                self.asm.cvtsi2sd_xr(target, RAX);
            }
        }
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn float_to_int(&mut self, at: At) -> Result {
        let from = self.float(at.function, at.arg(0), FLOAT_SCRATCH);
        let target = self.target(at.result());
        self.asm.cvttsd2si(target, from);
        // What does not fit gives the smallest int, of which 1 cannot be taken.
        self.asm.alu_ri(Alu::Cmp, target, 1);
        let (smallest, back) = (self.asm.label(), self.asm.label());
        self.asm.jcc(Cond::Overflow, smallest);
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
        // "Above" and "above or equal" are false when the floats cannot be compared.
        let (a, b, cond, parity) = match condition {
            Condition::Eq => (a, b, Cond::Equal, Parity::Clear),
            Condition::Ne => (a, b, Cond::NotEqual, Parity::OrSet),
            Condition::Lt => (b, a, Cond::Above, Parity::Any),
            Condition::Le => (b, a, Cond::AboveOrEqual, Parity::Any),
            Condition::Gt => (a, b, Cond::Above, Parity::Any),
            Condition::Ge => (a, b, Cond::AboveOrEqual, Parity::Any),
        };
        let a = self.float(function, a, FLOAT_SCRATCH);
        match self.float_operand(function, b) {
            Ok(b) => self.asm.ucomisd_xx(a, b),
            Err(b) => self.asm.ucomisd_xm(a, b),
        }
        Test { cond, parity }
    }
}
