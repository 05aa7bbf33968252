//! Ops on ints, bools and pointers as words.

use super::Template;
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::{Argument, Operand};
use crate::driver::Place;
use crate::macro_assembler::{Alu, Cond, Label, MacroAssembler, Mem, Parity, Reg, Scale, Test};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Inst, Value};
use mochi_ir::types::Type;

type Result = std::result::Result<(), EmitError>;

impl<M: MacroAssembler> Template<'_, M> {
    // -- sums and products --------------------------------------------------------------------

    pub(super) fn checked_sum(&mut self, at: At) -> Result {
        let function = at.function;
        let (op, kind) = match at.inst.op {
            Op::I64Add => (Alu::Add, TrapKind::AddOverflow),
            _ => (Alu::Sub, TrapKind::SubOverflow),
        };
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        let target = self.target(at.result());
        let is_target = |this: &Self, value| this.place(value) == Place::Int(target.0);
        // The target may hold one of the operands, which the cold path then gets back out of the result.
        let swap = op == Alu::Add
            && (self.constant_of(function, a).is_some()
                || (is_target(self, b) && !is_target(self, a)));
        if swap {
            std::mem::swap(&mut a, &mut b);
        }
        let made_in = if is_target(self, b) { Self::ACC } else { target };
        let in_place = is_target(self, a) && made_in == target;
        let operand = self.operand(function, b);
        self.alu_of(op, function, made_in, a, operand);
        let overflow = self.asm.label();
        self.asm.jcc(Cond::Overflow, overflow);
        self.define(at.result(), made_in);
        self.asm.enter_cold();
        self.asm.bind(overflow);
        if in_place {
            self.alu(if op == Alu::Add { Alu::Sub } else { Alu::Add }, made_in, operand);
        }
        let (first, second) = if swap { (b, a) } else { (a, b) };
        self.fail(at, kind, Argument::Value(first), Argument::Value(second));
        self.asm.leave_cold();
        Ok(())
    }

    pub(super) fn proved_sum(&mut self, at: At) -> Result {
        let function = at.function;
        let is_sum = at.inst.op == Op::I64AddProved;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        if is_sum && self.constant_of(function, a).is_some() {
            std::mem::swap(&mut a, &mut b);
        }
        let target = self.target(at.result());
        let operand = self.operand(function, b);
        if let Place::Int(first) = self.place(a)
            && first != target.0
        {
            let first = Reg(first);
            match operand {
                Operand::Reg(second) if is_sum => {
                    self.asm.lea(target, Mem::indexed(first, second, Scale::Bytes, 0));
                    self.define(at.result(), target);
                    return Ok(());
                }
                Operand::Imm(value) if value != i32::MIN => {
                    let value = if is_sum { value } else { -value };
                    self.asm.lea(target, Mem::at(first, value));
                    self.define(at.result(), target);
                    return Ok(());
                }
                Operand::Reg(_) | Operand::Mem(_) | Operand::Imm(_) => {}
            }
        }
        let op = if is_sum { Alu::Add } else { Alu::Sub };
        let made_in = self.free_of(target, &[operand]);
        self.alu_of(op, function, made_in, a, operand);
        self.define(at.result(), made_in);
        Ok(())
    }

    /// `target`, unless an operand is in it that would be overwritten before it is read; then `ACC`.
    fn free_of(&self, target: Reg, operands: &[Operand]) -> Reg {
        if operands.contains(&Operand::Reg(target)) { Self::ACC } else { target }
    }

    pub(super) fn checked_product(&mut self, at: At) -> Result {
        let made_in = self.product(at, true);
        let overflow = self.asm.label();
        self.asm.jcc(M::PRODUCT_OVERFLOWS, overflow);
        self.define(at.result(), made_in);
        self.asm.enter_cold();
        self.asm.bind(overflow);
        let (a, b) = (Argument::Value(at.arg(0)), Argument::Value(at.arg(1)));
        self.fail(at, TrapKind::MulOverflow, a, b);
        self.asm.leave_cold();
        Ok(())
    }

    pub(super) fn proved_product(&mut self, at: At) -> Result {
        let made_in = self.product(at, false);
        self.define(at.result(), made_in);
        Ok(())
    }

    /// Multiplies in some register; when it is checked, in one that holds no operand.
    fn product(&mut self, at: At, checked: bool) -> Reg {
        let function = at.function;
        let (mut a, mut b) = (at.arg(0), at.arg(1));
        if self.constant_of(function, a).is_some() {
            std::mem::swap(&mut a, &mut b);
        }
        let target = self.target(at.result());
        let operand = self.operand(function, b);
        let mut made_in = self.free_of(target, &[operand]);
        if checked && self.place(a) == Place::Int(target.0) {
            made_in = Self::ACC;
        }
        match operand {
            Operand::Imm(value) => {
                let a = self.int(function, a, Self::ACC);
                self.asm.mul_rri(made_in, a, value, checked);
            }
            Operand::Reg(from) => {
                let a = self.int(function, a, made_in);
                self.asm.mul_rrr(made_in, a, from, checked);
            }
            Operand::Mem(from) => {
                self.load(function, a, made_in);
                self.asm.mul_rm(made_in, from, checked);
            }
        }
        made_in
    }

    pub(super) fn checked_negation(&mut self, at: At) -> Result {
        let target = self.target(at.result());
        self.load(at.function, at.arg(0), target);
        self.asm.neg(target);
        let overflow = self.asm.label();
        self.asm.jcc(Cond::Overflow, overflow);
        self.define(at.result(), target);
        self.asm.enter_cold();
        self.asm.bind(overflow);
        // Only the smallest int overflows.
        self.fail(at, TrapKind::NegOverflow, Argument::Word(i64::MIN as u64), Argument::Word(0));
        self.asm.leave_cold();
        Ok(())
    }

    // -- division -----------------------------------------------------------------------------

    pub(super) fn division(&mut self, at: At) -> Result {
        let function = at.function;
        let (a, b) = (at.arg(0), at.arg(1));
        let is_quotient = matches!(at.inst.op, Op::I64Div | Op::I64DivProved);
        let is_proved = matches!(at.inst.op, Op::I64DivProved | Op::I64RemProved);
        let result = if is_quotient { Self::ACC } else { Self::AUX };
        let divisor = self.word_of(function, b).map(|word| word as i64);
        if let Some(divisor) = divisor
            && divisor != 0
            && divisor != -1
        {
            self.divide_by_constant(at, divisor, is_quotient);
            return Ok(());
        }
        let done = self.asm.label();
        if !is_proved && divisor.is_none_or(|divisor| divisor == 0) {
            self.compare_with(function, b, 0);
            let zero = self.asm.label();
            self.asm.jcc(Cond::Equal, zero);
            self.asm.enter_cold();
            self.asm.bind(zero);
            self.fail(at, TrapKind::DivideByZero, Argument::Word(0), Argument::Word(0));
            self.asm.leave_cold();
        }
        if !is_proved && divisor.is_none_or(|divisor| divisor == -1) {
            self.compare_with(function, b, -1);
            let minus_one = self.asm.label();
            self.asm.jcc(Cond::Equal, minus_one);
            self.asm.enter_cold();
            self.asm.bind(minus_one);
            if is_quotient {
                self.load(function, a, Self::ACC);
                self.asm.neg(Self::ACC);
                self.asm.jcc(Cond::NoOverflow, done);
                let (a, b) = (Argument::Word(i64::MIN as u64), Argument::Word(-1i64 as u64));
                self.fail(at, TrapKind::DivOverflow, a, b);
            } else {
                self.asm.zero(Self::AUX);
                self.asm.jmp(done);
            }
            self.asm.leave_cold();
        }
        self.load(function, a, Self::ACC);
        match self.operand(function, b) {
            Operand::Reg(by) => {
                self.asm.divide_r(by, is_quotient);
            }
            Operand::Mem(by) => {
                self.asm.divide_m(by, is_quotient);
            }
            Operand::Imm(value) => {
                let by = self.pool_word(i64::from(value) as u64);
                self.asm.divide_m(by, is_quotient);
            }
        }
        self.asm.bind(done);
        self.define(at.result(), result);
        Ok(())
    }

    /// Sets the flags by a value and a small number.
    pub(super) fn compare_with(&mut self, function: &Function, value: Value, number: i32) {
        match self.operand(function, value) {
            Operand::Reg(register) if number == 0 => self.asm.test_rr(register, register),
            Operand::Reg(register) => self.asm.alu_ri(Alu::Cmp, register, number),
            Operand::Mem(mem) => self.asm.alu_mi(Alu::Cmp, mem, number),
            Operand::Imm(_) => {
                self.load(function, value, Self::ACC);
                self.asm.alu_ri(Alu::Cmp, Self::ACC, number);
            }
        }
    }

    // -- comparisons ----------------------------------------------------------------------------

    pub(super) fn comparison(&mut self, at: At) -> Result {
        let test = self.compare(at.function, at.inst);
        self.define_test(at.result(), test);
        Ok(())
    }

    /// The result is whether the flags pass the test.
    pub(super) fn define_test(&mut self, result: Value, test: Test) {
        self.asm.setcc(test.cond, Self::ACC);
        match test.parity {
            Parity::Any => {}
            Parity::Clear => {
                self.asm.setcc(Cond::NoParity, Self::AUX);
                self.asm.alu32_rr(Alu::And, Self::ACC, Self::AUX);
            }
            Parity::OrSet => {
                self.asm.setcc(Cond::Parity, Self::AUX);
                self.asm.alu32_rr(Alu::Or, Self::ACC, Self::AUX);
            }
        }
        let target = self.target(result);
        self.asm.movzx8_rr(target, Self::ACC);
        self.define(result, target);
    }

    /// Sets the flags by a comparison, and says what to look for.
    pub(super) fn compare(&mut self, function: &Function, inst: &Inst) -> Test {
        let args = function.args(inst);
        match inst.op {
            Op::F64Cmp => self.compare_floats(function, inst.condition(), args[0], args[1]),
            Op::BoolNot | Op::IsNone => {
                self.compare_with(function, args[0], 0);
                Test::of(Cond::Equal)
            }
            Op::I64Cmp => self.compare_words(function, inst.condition(), args[0], args[1]),
            _ => self.compare_words(function, Condition::Eq, args[0], args[1]),
        }
    }

    /// Sets the flags by whether a bool is true.
    pub(super) fn truth(&mut self, function: &Function, value: Value) -> Test {
        match self.plan.comparison(function, value) {
            Some(comparison) => self.compare(function, comparison),
            None => {
                self.compare_with(function, value, 0);
                Test::of(Cond::NotEqual)
            }
        }
    }

    fn compare_words(
        &mut self,
        function: &Function,
        condition: Condition,
        a: Value,
        b: Value,
    ) -> Test {
        let swap = self.constant_of(function, a).is_some();
        let (a, b) = if swap { (b, a) } else { (a, b) };
        let condition = if swap { condition.swapped() } else { condition };
        let cond = match condition {
            Condition::Eq => Cond::Equal,
            Condition::Ne => Cond::NotEqual,
            Condition::Lt => Cond::Less,
            Condition::Le => Cond::LessOrEqual,
            Condition::Gt => Cond::Greater,
            Condition::Ge => Cond::GreaterOrEqual,
        };
        match (self.operand(function, a), self.operand(function, b)) {
            (Operand::Reg(a), Operand::Imm(0)) => self.asm.test_rr(a, a),
            (Operand::Reg(a), b) => self.alu(Alu::Cmp, a, b),
            (Operand::Mem(a), Operand::Reg(b)) => self.asm.alu_mr(Alu::Cmp, a, b),
            (Operand::Mem(a), Operand::Imm(b)) => self.asm.alu_mi(Alu::Cmp, a, b),
            (_, b) => {
                self.load(function, a, Self::ACC);
                self.alu(Alu::Cmp, Self::ACC, b);
            }
        }
        Test::of(cond)
    }

    /// Goes to the label when the flags pass the test.
    pub(super) fn jump_if(&mut self, test: Test, label: Label) {
        match test.parity {
            Parity::Any => self.asm.jcc(test.cond, label),
            Parity::OrSet => {
                self.asm.jcc(test.cond, label);
                self.asm.jcc(Cond::Parity, label);
            }
            Parity::Clear => {
                let skip = self.asm.skip(Cond::Parity);
                self.asm.jcc(test.cond, label);
                self.asm.bind_skip(skip);
            }
        }
    }

    pub(super) fn select(&mut self, at: At) -> Result {
        let function = at.function;
        let (condition, yes, no) = (at.arg(0), at.arg(1), at.arg(2));
        if function.ty(at.result()) == Type::F64 {
            let yes = self.float(function, yes, Self::FLOAT_SCRATCH);
            let no = self.float(function, no, Self::FLOAT_SCRATCH_2);
            if yes != Self::FLOAT_SCRATCH {
                self.asm.fmov_rr(Self::FLOAT_SCRATCH, yes);
            }
            self.compare_with(function, condition, 0);
            let skip = self.asm.skip(Cond::NotEqual);
            self.asm.fmov_rr(Self::FLOAT_SCRATCH, no);
            self.asm.bind_skip(skip);
            self.define_float(at.result(), Self::FLOAT_SCRATCH);
            return Ok(());
        }
        if self.constant_of(function, condition).is_some() {
            // The comparison would need a register.
            let is_true = self.word_of(function, condition) != Some(0);
            self.load(function, if is_true { yes } else { no }, Self::ACC);
            self.define(at.result(), Self::ACC);
            return Ok(());
        }
        self.load(function, yes, Self::ACC);
        let no = self.int(function, no, Self::AUX);
        self.compare_with(function, condition, 0);
        self.asm.cmov(Cond::Equal, Self::ACC, no);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    pub(super) fn check_some(&mut self, at: At) -> Result {
        self.compare_with(at.function, at.arg(0), 0);
        let none = self.asm.label();
        self.asm.jcc(Cond::Equal, none);
        self.asm.enter_cold();
        self.asm.bind(none);
        self.fail(at, TrapKind::NoneValue, Argument::Word(0), Argument::Word(0));
        self.asm.leave_cold();
        let target = self.target(at.result());
        self.load(at.function, at.arg(0), target);
        self.define(at.result(), target);
        Ok(())
    }
}
