//! Ops on ints, bools and pointers as words.

use super::catalogue::Family;
use super::machine::Machine;
use super::{Fill, Stencils};
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::driver::Place;
use crate::macro_assembler::{Alu, Cond, Label, Reg};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Inst, Value};

type Result = std::result::Result<(), EmitError>;

impl<M: Machine> Stencils<'_, M> {
    // -- sums and products --------------------------------------------------------------------

    pub(super) fn checked_sum(&mut self, at: At) -> Result {
        let function = at.function;
        let is_sum = at.inst.op == Op::I64Add;
        let kind = if is_sum { TrapKind::AddOverflow } else { TrapKind::SubOverflow };
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.target(at.result());
        if is_sum && self.goes_second(function, a, b, target) {
            std::mem::swap(&mut a, &mut b);
        }
        let made_in = self.made_in(target, b);
        let in_place = self.place(a) == Place::Int(made_in.0);
        self.load(function, a, made_in);
        let undo = |is_sum| if is_sum { Alu::Sub } else { Alu::Add };
        let words = (Argument::Value(at.arg(0)), Argument::Value(at.arg(1)));
        // In the cold section the operand that the result is in the place of is made from the result again.
        if let Some((is_sum, imm)) = self.summand(function, b, is_sum) {
            let family = if is_sum { Family::AddImm } else { Family::SubImm };
            self.with_cold(family, &[made_in.0], Fill::imm(imm), |this| {
                if in_place {
                    this.asm.alu_ri(undo(is_sum), made_in, imm);
                }
                this.fail(at, kind, words.0, words.1);
            });
        } else {
            let b = self.word(function, b, Self::SECOND);
            let family = if is_sum { Family::Add } else { Family::Sub };
            self.with_cold(family, &[made_in.0, b], Fill::default(), |this| {
                if in_place {
                    this.asm.alu_rr(undo(is_sum), made_in, Reg(b));
                }
                this.fail(at, kind, words.0, words.1);
            });
        }
        self.define(at.result(), made_in);
        Ok(())
    }

    pub(super) fn proved_sum(&mut self, at: At) -> Result {
        let function = at.function;
        let is_sum = at.inst.op == Op::I64AddProved;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.target(at.result());
        if is_sum && self.goes_second(function, a, b, target) {
            std::mem::swap(&mut a, &mut b);
        }
        let made_in = self.made_in(target, b);
        self.load(function, a, made_in);
        if let Some((is_sum, imm)) = self.summand(function, b, is_sum) {
            let family = if is_sum { Family::AddProvedImm } else { Family::SubProvedImm };
            self.put(family, &[made_in.0], Fill::imm(imm));
        } else {
            let b = self.word(function, b, Self::SECOND);
            let family = if is_sum { Family::AddProved } else { Family::SubProved };
            self.plain(family, &[made_in.0, b]);
        }
        self.define(at.result(), made_in);
        Ok(())
    }

    /// A sum's or difference's second operand as a number, and whether it is to be added: where holes take no negative number
    /// its opposite is taken away, which overflows for the same ints.
    fn summand(&self, function: &Function, b: Value, is_sum: bool) -> Option<(bool, i32)> {
        let word = self.word_of(function, b)? as i64;
        let opposite = || Some((!is_sum, M::immediate(word.checked_neg()?)?));
        M::immediate(word).map(|imm| (is_sum, imm)).or_else(opposite)
    }

    /// Whether the operands of an op that commutes change places: the first is a constant, or the second is where the result
    /// is made.
    fn goes_second(&self, function: &Function, a: Value, b: Value, target: Reg) -> bool {
        let is_target = |value| self.place(value) == Place::Int(target.0);
        self.constant_of(function, a).is_some() || (is_target(b) && !is_target(a))
    }

    /// `target`, unless the second operand is in it, which is read after the first one has been moved there; then `ACC`.
    fn made_in(&self, target: Reg, b: Value) -> Reg {
        if self.place(b) == Place::Int(target.0) { Self::ACC } else { target }
    }

    pub(super) fn checked_product(&mut self, at: At) -> Result {
        let kind = TrapKind::MulOverflow;
        let words = (Argument::Value(at.arg(0)), Argument::Value(at.arg(1)));
        self.product(at, |this, imm, registers| {
            let family = if imm.is_some() { Family::MulImm } else { Family::Mul };
            this.with_cold(family, registers, Fill::imm(imm.unwrap_or(0)), |this| {
                this.fail(at, kind, words.0, words.1);
            });
        });
        Ok(())
    }

    pub(super) fn proved_product(&mut self, at: At) -> Result {
        self.product(at, |this, imm, registers| {
            let family = if imm.is_some() { Family::MulProvedImm } else { Family::MulProved };
            this.put(family, registers, Fill::imm(imm.unwrap_or(0)));
        });
        Ok(())
    }

    /// Multiplies in a register that holds no operand, so that they are still there after an overflow.
    fn product(&mut self, at: At, put: impl FnOnce(&mut Self, Option<i32>, &[u8])) {
        let function = at.function;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        if self.constant_of(function, a).is_some() {
            std::mem::swap(&mut a, &mut b);
        }
        let target = self.target(at.result());
        let holds_operand = [a, b].iter().any(|&arg| self.place(arg) == Place::Int(target.0));
        let made_in = if holds_operand { Self::ACC } else { target };
        self.load(function, a, made_in);
        match self.immediate(function, b) {
            Some(imm) => put(self, Some(imm), &[made_in.0]),
            None => {
                let b = self.word(function, b, Self::SECOND);
                put(self, None, &[made_in.0, b]);
            }
        }
        self.define(at.result(), made_in);
    }

    pub(super) fn checked_negation(&mut self, at: At) -> Result {
        let target = self.target(at.result());
        self.load(at.function, at.arg(0), target);
        self.with_cold(Family::Neg, &[target.0], Fill::default(), |this| {
            // Only the smallest int overflows.
            let smallest = Argument::Word(i64::MIN as u64);
            this.fail(at, TrapKind::NegOverflow, smallest, Argument::Word(0));
        });
        self.define(at.result(), target);
        Ok(())
    }

    // -- division -----------------------------------------------------------------------------

    pub(super) fn division(&mut self, at: At) -> Result {
        let function = at.function;
        let (a, b) = (at.arg(0), at.arg(1));
        let is_quotient = matches!(at.inst.op, Op::I64Div | Op::I64DivProved);
        if let Some(divisor) = self.word_of(function, b).map(|word| word as i64)
            && !matches!(divisor, 0 | -1)
        {
            self.divide_by_constant(at, divisor, is_quotient);
            return Ok(());
        }
        let is_proved = matches!(at.inst.op, Op::I64DivProved | Op::I64RemProved);
        let registers = [self.word(function, a, Self::ACC), self.word(function, b, Self::SECOND)];
        if is_proved {
            self.plain(if is_quotient { Family::DivProved } else { Family::RemProved }, &registers);
        } else {
            let done = self.asm.label();
            let family = if is_quotient { Family::Div } else { Family::Rem };
            self.with_cold(family, &registers, Fill::default(), |this| {
                this.odd_division(at, Reg(registers[1]), is_quotient, done);
            });
            self.asm.bind(done);
        }
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    /// Divides by 0 or -1, which is in `by`; the result is in `ACC`.
    fn odd_division(&mut self, at: At, by: Reg, is_quotient: bool, done: Label) {
        self.asm.test_rr(by, by);
        let minus_one = self.asm.skip(Cond::NotEqual);
        let zero = Argument::Word(0);
        self.fail(at, TrapKind::DivideByZero, zero, zero);
        self.asm.bind_skip(minus_one);
        if is_quotient {
            self.load(at.function, at.arg(0), Self::ACC);
            self.asm.neg(Self::ACC);
            self.asm.jcc(Cond::NoOverflow, done);
            let (a, b) = (Argument::Word(i64::MIN as u64), Argument::Word(-1i64 as u64));
            self.fail(at, TrapKind::DivOverflow, a, b);
        } else {
            self.asm.zero(Self::ACC);
            self.asm.jmp(done);
        }
    }

    // -- comparisons ----------------------------------------------------------------------------

    pub(super) fn comparison(&mut self, at: At) -> Result {
        let function = at.function;
        let args = at.args();
        match at.inst.op {
            Op::F64Cmp => self.compare_floats(function, at.inst.condition(), args[0], args[1]),
            Op::BoolNot | Op::IsNone => {
                let a = self.word(function, args[0], Self::ACC);
                self.plain(Family::Zero, &[a]);
            }
            Op::I64Cmp => self.compare(function, at.inst.condition(), args[0], args[1]),
            _ => self.compare(function, Condition::Eq, args[0], args[1]),
        }
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    fn compare(&mut self, function: &Function, condition: Condition, a: Value, b: Value) {
        let (condition, a, b) = self.ordered(function, condition, a, b);
        let a_register = self.word(function, a, Self::ACC);
        if let Some(imm) = self.immediate(function, b) {
            let family = match condition {
                Condition::Eq => Family::EqImm,
                Condition::Ne => Family::NeImm,
                Condition::Lt => Family::LtImm,
                Condition::Le => Family::LeImm,
                Condition::Gt => Family::GtImm,
                Condition::Ge => Family::GeImm,
            };
            return self.put(family, &[a_register], Fill::imm(imm));
        }
        if self.word_of(function, b) == Some(0)
            && matches!(condition, Condition::Eq | Condition::Ne)
        {
            let is_equal = condition == Condition::Eq;
            return self
                .plain(if is_equal { Family::Zero } else { Family::NotZero }, &[a_register]);
        }
        let b_register = self.word(function, b, Self::SECOND);
        let (family, registers) = match condition {
            Condition::Eq => (Family::Eq, [a_register, b_register]),
            Condition::Ne => (Family::Ne, [a_register, b_register]),
            Condition::Lt => (Family::Lt, [a_register, b_register]),
            Condition::Le => (Family::Le, [a_register, b_register]),
            Condition::Gt => (Family::Lt, [b_register, a_register]),
            Condition::Ge => (Family::Le, [b_register, a_register]),
        };
        self.plain(family, &registers);
    }

    /// With a constant second, if there is one.
    fn ordered(
        &self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
    ) -> (Condition, Value, Value) {
        match self.constant_of(function, a) {
            Some(_) => (condition.swapped(), b, a),
            None => (condition, a, b),
        }
    }

    /// Goes to the label when a bool is, or is not, true.
    pub(super) fn branch_if(
        &mut self,
        function: &Function,
        value: Value,
        holds: bool,
        label: Label,
    ) {
        let Some(comparison) = self.plan.comparison(function, value) else {
            let a = self.word(function, value, Self::ACC);
            return self.branch_on_zero(a, !holds, label);
        };
        let comparison: Inst = *comparison;
        let args = function.args(&comparison);
        match comparison.op {
            Op::F64Cmp => {
                let condition = comparison.condition();
                self.branch_on_floats(function, condition, args[0], args[1], holds, label);
            }
            Op::BoolNot | Op::IsNone => {
                let a = self.word(function, args[0], Self::ACC);
                self.branch_on_zero(a, holds, label);
            }
            op => {
                let is_ordered = op == Op::I64Cmp;
                let condition = if is_ordered { comparison.condition() } else { Condition::Eq };
                let condition = if holds { condition } else { condition.inverted() };
                self.branch_on_words(function, condition, args[0], args[1], label);
            }
        }
    }

    fn branch_on_zero(&mut self, a: u8, is_zero: bool, label: Label) {
        let family = if is_zero { Family::BranchZero } else { Family::BranchNotZero };
        self.put(family, &[a], Fill::default().to(label));
    }

    fn branch_on_words(
        &mut self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
        label: Label,
    ) {
        let (condition, a, b) = self.ordered(function, condition, a, b);
        let a_register = self.word(function, a, Self::ACC);
        if let Some(imm) = self.immediate(function, b) {
            let family = match condition {
                Condition::Eq => Family::BranchEqImm,
                Condition::Ne => Family::BranchNeImm,
                Condition::Lt => Family::BranchLtImm,
                Condition::Le => Family::BranchLeImm,
                Condition::Gt => Family::BranchGtImm,
                Condition::Ge => Family::BranchGeImm,
            };
            return self.put(family, &[a_register], Fill::imm(imm).to(label));
        }
        if self.word_of(function, b) == Some(0)
            && matches!(condition, Condition::Eq | Condition::Ne)
        {
            return self.branch_on_zero(a_register, condition == Condition::Eq, label);
        }
        let b_register = self.word(function, b, Self::SECOND);
        let (family, registers) = match condition {
            Condition::Eq => (Family::BranchEq, [a_register, b_register]),
            Condition::Ne => (Family::BranchNe, [a_register, b_register]),
            Condition::Lt => (Family::BranchLt, [a_register, b_register]),
            Condition::Le => (Family::BranchLe, [a_register, b_register]),
            Condition::Gt => (Family::BranchLt, [b_register, a_register]),
            Condition::Ge => (Family::BranchLe, [b_register, a_register]),
        };
        self.put(family, &registers, Fill::default().to(label));
    }

    /// Floats are chosen as words.
    pub(super) fn select(&mut self, at: At) -> Result {
        let function = at.function;
        let (condition, then, otherwise) = (at.arg(0), at.arg(1), at.arg(2));
        self.load(function, then, Self::THIRD);
        self.load(function, otherwise, Self::ACC);
        let condition = self.word(function, condition, Self::SECOND);
        let done = self.asm.label();
        self.branch_on_zero(condition, true, done);
        self.asm.mov_rr(Self::ACC, Self::THIRD);
        self.asm.bind(done);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    pub(super) fn check_some(&mut self, at: At) -> Result {
        let value = self.word(at.function, at.arg(0), Self::ACC);
        self.with_cold(Family::CheckSome, &[value], Fill::default(), |this| {
            let zero = Argument::Word(0);
            this.fail(at, TrapKind::NoneValue, zero, zero);
        });
        self.define(at.result(), Reg(value));
        Ok(())
    }

    pub(super) fn index_check(&mut self, at: At) -> Result {
        let (index, length) = (at.arg(0), at.arg(1));
        let registers = [
            self.word(at.function, index, Self::SECOND),
            self.word(at.function, length, Self::ACC),
        ];
        self.with_cold(Family::IndexCheck, &registers, Fill::default(), |this| {
            let (index, length) = (Argument::Value(index), Argument::Value(length));
            this.fail(at, TrapKind::ListIndex, index, length);
        });
        self.define(at.result(), Self::ACC);
        Ok(())
    }
}
