//! Rare paths in which the runtime says what is wrong with a value.

use super::values::{Argument, context};
use super::{At, Baseline, Bodies};
use crate::macro_assembler::{Alu, Cond, FloatReg, Label, MacroAssembler};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_ir::types::Type;

impl<B: Bodies> Baseline<'_, B> {
    /// Traps because the operand, an `any`, is no object of the type.
    pub(crate) fn refuse_object(&mut self, at: At, ty: Type) {
        let kind = ty.kind().expect("a pointer type has a kind");
        let value = Argument::Value(at.arg(0));
        match ty.item_rep() {
            Some(rep) => {
                self.c_arguments(at.function, &[value, Argument::Word(rep as u64)]);
                self.call_c(RuntimeFunction::AnyToList);
                // It may have made another list of the items, which a cast does not; the first trap is the one that counts.
                self.asm.alu32_mi(Alu::Cmp, context!(trap), 0);
                let trapped = self.asm.label();
                self.asm.jcc(Cond::NotEqual, trapped);
                self.c_arguments(at.function, &[Argument::Reg(Self::ACC)]);
                self.call_c(RuntimeFunction::RefDrop);
                let zero = Argument::Word(0);
                self.fail(at, TrapKind::Cast, zero, zero);
                self.asm.bind(trapped);
            }
            None => {
                self.c_arguments(at.function, &[value, Argument::Word(kind as u64)]);
                self.call_c(RuntimeFunction::AnyToRef);
            }
        }
        self.leave(at);
    }

    /// A float in a register was cut to the smallest int. Goes on at `back` when it is that number; else traps: it is no int.
    pub(crate) fn unless_smallest_int(&mut self, at: At, from: FloatReg, back: Label) {
        let is_it = self.pool_word((i64::MIN as f64).to_bits());
        self.asm.fcmp_rm(from, is_it);
        let parity = self.asm.skip(Cond::Parity);
        self.asm.jcc(Cond::Equal, back);
        self.asm.bind_skip(parity);
        if from.0 != 0 {
            self.asm.fmov_rr(FloatReg(0), from);
        }
        self.call_c(RuntimeFunction::StrFromFloat);
        // The text outlives the next call in a register that is kept, whose old value nobody needs any more.
        self.asm.mov_rr(B::Machine::KEPT, Self::ACC);
        let kind = Argument::Word(TrapKind::FloatToInt as u64);
        self.c_arguments(at.function, &[kind, Argument::Reg(B::Machine::KEPT)]);
        self.call_c(RuntimeFunction::RaiseText);
        self.c_arguments(at.function, &[Argument::Reg(B::Machine::KEPT)]);
        self.call_c(RuntimeFunction::RefDrop);
        self.leave(at);
    }
}
