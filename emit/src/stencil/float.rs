//! Ops on floats.

use super::catalogue::Family;
use super::machine::Machine;
use super::{Fill, Stencils};
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::driver::Place;
use crate::macro_assembler::{FloatReg, Label};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Value};

type Result = std::result::Result<(), EmitError>;

impl<M: Machine> Stencils<'_, M> {
    pub(super) fn float_arithmetic(&mut self, at: At) -> Result {
        let family = match at.inst.op {
            Op::F64Add => Family::AddFloat,
            Op::F64Sub => Family::SubFloat,
            Op::F64Mul => Family::MulFloat,
            _ => Family::DivFloatProved,
        };
        let registers = self.float_operands(at, matches!(at.inst.op, Op::F64Add | Op::F64Mul));
        self.plain(family, &registers);
        self.define_float(at.result(), FloatReg(registers[0]));
        Ok(())
    }

    pub(super) fn float_division(&mut self, at: At) -> Result {
        let known = self.word_of(at.function, at.arg(1)).map(f64::from_bits);
        let registers = self.float_operands(at, false);
        if known.is_some_and(|divisor| divisor != 0.0) {
            self.plain(Family::DivFloatProved, &registers);
        } else {
            self.with_cold(Family::DivFloat, &registers, Fill::default(), |this| {
                let zero = Argument::Word(0);
                this.fail(at, TrapKind::DivideByZero, zero, zero);
            });
        }
        self.define_float(at.result(), FloatReg(registers[0]));
        Ok(())
    }

    /// Registers for an op that leaves its result where its first operand is.
    fn float_operands(&mut self, at: At, commutes: bool) -> [u8; 2] {
        let function = at.function;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.float_target(at.result());
        let holds = |this: &Self, value| this.place(value) == Place::Float(target.0);
        if commutes && holds(self, b) && !holds(self, a) {
            std::mem::swap(&mut a, &mut b);
        }
        // The second operand must outlive the move of the first.
        let made_in = if holds(self, b) && !holds(self, a) { Self::FLOAT_SCRATCH } else { target };
        self.load_float(function, a, made_in);
        [made_in.0, self.float(function, b, Self::FLOAT_SCRATCH_2).0]
    }

    pub(super) fn float_negation(&mut self, at: At) -> Result {
        // -0 - a, the negative of each number and zero.
        let zero = self.pool_word((-0.0f64).to_bits());
        self.asm.fmov_rm(Self::FLOAT_SCRATCH, zero);
        let from = self.float(at.function, at.arg(0), Self::FLOAT_SCRATCH_2);
        self.plain(Family::SubFloat, &[Self::FLOAT_SCRATCH.0, from.0]);
        self.define_float(at.result(), Self::FLOAT_SCRATCH);
        Ok(())
    }

    pub(super) fn float_root(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        let from = self.float(at.function, at.arg(0), Self::FLOAT_SCRATCH_2);
        self.plain(Family::SqrtFloat, &[target.0, from.0]);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn int_to_float(&mut self, at: At) -> Result {
        let target = self.float_target(at.result());
        let from = self.word(at.function, at.arg(0), Self::ACC);
        self.asm.expect_float(target);
        self.plain(Family::FloatFromInt, &[target.0, from]);
        self.define_float(at.result(), target);
        Ok(())
    }

    pub(super) fn float_to_int(&mut self, at: At) -> Result {
        let from = self.float(at.function, at.arg(0), Self::FLOAT_SCRATCH);
        let back = self.asm.label();
        self.with_cold(Family::IntFromFloat, &[from.0], Fill::default(), |this| {
            this.unless_smallest_int(at, from, back);
        });
        self.asm.bind(back);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    pub(super) fn compare_floats(
        &mut self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
    ) {
        let (a, b) = (
            self.float(function, a, Self::FLOAT_SCRATCH).0,
            self.float(function, b, Self::FLOAT_SCRATCH_2).0,
        );
        let (family, registers) = match condition {
            Condition::Eq => (Family::EqFloat, [a, b]),
            Condition::Ne => (Family::NeFloat, [a, b]),
            Condition::Lt => (Family::LtFloat, [a, b]),
            Condition::Le => (Family::LeFloat, [a, b]),
            Condition::Gt => (Family::LtFloat, [b, a]),
            Condition::Ge => (Family::LeFloat, [b, a]),
        };
        self.plain(family, &registers);
    }

    pub(super) fn branch_on_floats(
        &mut self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
        holds: bool,
        label: Label,
    ) {
        let (a, b) = (
            self.float(function, a, Self::FLOAT_SCRATCH).0,
            self.float(function, b, Self::FLOAT_SCRATCH_2).0,
        );
        let (lt, le) = match holds {
            true => (Family::BranchLtFloat, Family::BranchLeFloat),
            // With a NaN no order holds, so that its negation is no order.
            false => (Family::BranchNotLtFloat, Family::BranchNotLeFloat),
        };
        let (family, registers) = match condition {
            Condition::Eq if holds => (Family::BranchEqFloat, [a, b]),
            Condition::Ne if !holds => (Family::BranchEqFloat, [a, b]),
            Condition::Eq | Condition::Ne => (Family::BranchNeFloat, [a, b]),
            Condition::Lt => (lt, [a, b]),
            Condition::Le => (le, [a, b]),
            Condition::Gt => (lt, [b, a]),
            Condition::Ge => (le, [b, a]),
        };
        self.put(family, &registers, Fill::default().to(label));
    }
}
