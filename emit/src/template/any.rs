//! Into `any` and out of it.

use super::Template;
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::macro_assembler::{Alu, Cond, Label, MacroAssembler, Mem, Shift};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Header, Kind, META_DETAIL, Rep, any};
use mochi_ir::types::Type;
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

/// By so many bits an inline int is shifted up and down to get its sign.
const INT_SHIFT: u8 = (64 - any::INT_TAG.trailing_zeros()) as u8;

impl<M: MacroAssembler> Template<'_, M> {
    pub(super) fn any_from(&mut self, at: At) -> Result {
        let function = at.function;
        let (value, result) = (at.arg(0), at.result());
        match function.ty(value).rep() {
            Rep::I64 => {
                let known = self.word_of(function, value);
                if let Some(word) = known.and_then(|word| any::from_int(word as i64)) {
                    self.asm.mov_ri(Self::ACC, word);
                    self.define(result, Self::ACC);
                    return Ok(());
                }
                self.load(function, value, Self::ACC);
                self.asm.mov_rr(Self::AUX, Self::ACC);
                self.asm.shift_ri(Shift::Left, Self::AUX, INT_SHIFT);
                self.asm.shift_ri(Shift::Arithmetic, Self::AUX, INT_SHIFT);
                self.asm.alu_rr(Alu::Cmp, Self::AUX, Self::ACC);
                let (large, back) = (self.asm.label(), self.asm.label());
                self.asm.jcc(Cond::NotEqual, large);
                // The tag's bits are those that repeat the sign of what is negative.
                self.asm.mov_ri(Self::AUX, any::INT_TAG);
                self.asm.alu_rr(Alu::Or, Self::ACC, Self::AUX);
                self.asm.bind(back);
                self.asm.enter_cold();
                self.asm.bind(large);
                self.slow_call(at, RuntimeFunction::AnyFromInt, &[Argument::Value(value)]);
                self.asm.jmp(back);
                self.asm.leave_cold();
            }
            Rep::F64 => {
                let float = self.float(function, value, Self::FLOAT_SCRATCH);
                self.asm.bits_of_float(Self::ACC, float);
                self.asm.fcmp_rr(float, float);
                let (nan, back) = (self.asm.label(), self.asm.label());
                self.asm.jcc(Cond::Parity, nan);
                self.asm.bind(back);
                self.asm.mov_ri(Self::AUX, any::FLOAT_OFFSET);
                self.asm.alu_rr(Alu::Add, Self::ACC, Self::AUX);
                self.asm.enter_cold();
                self.asm.bind(nan);
                self.asm.mov_ri(Self::ACC, any::CANONICAL_NAN);
                self.asm.jmp(back);
                self.asm.leave_cold();
            }
            Rep::Bool => {
                self.load(function, value, Self::ACC);
                self.asm.alu_ri(Alu::Add, Self::ACC, any::FALSE as i32);
            }
            Rep::Ref | Rep::Any => {
                let target = self.target(result);
                self.load(function, value, target);
                self.define(result, target);
                return Ok(());
            }
        }
        self.define(result, Self::ACC);
        Ok(())
    }

    pub(super) fn any_to(&mut self, at: At) -> Result {
        let function = at.function;
        let (value, result) = (at.arg(0), at.result());
        let (slow, back) = (self.asm.label(), self.asm.label());
        self.load(function, value, Self::ACC);
        let runtime = match function.ty(result).rep() {
            Rep::I64 => {
                self.asm.mov_ri(Self::AUX, any::INT_TAG);
                self.asm.alu_rr(Alu::Cmp, Self::ACC, Self::AUX);
                self.asm.jcc(Cond::Below, slow);
                self.asm.shift_ri(Shift::Left, Self::ACC, INT_SHIFT);
                self.asm.shift_ri(Shift::Arithmetic, Self::ACC, INT_SHIFT);
                RuntimeFunction::AnyToInt
            }
            Rep::F64 => {
                self.asm.mov_ri(Self::AUX, any::FLOAT_OFFSET);
                self.asm.alu_rr(Alu::Sub, Self::ACC, Self::AUX);
                self.asm.mov_ri(Self::AUX, any::INT_TAG - any::FLOAT_OFFSET);
                self.asm.alu_rr(Alu::Cmp, Self::ACC, Self::AUX);
                self.asm.jcc(Cond::AboveOrEqual, slow);
                RuntimeFunction::AnyToFloat
            }
            Rep::Bool => {
                self.asm.mov_rr(Self::AUX, Self::ACC);
                self.asm.alu_ri(Alu::Or, Self::AUX, 1);
                self.asm.alu_ri(Alu::Cmp, Self::AUX, any::TRUE as i32);
                self.asm.jcc(Cond::NotEqual, slow);
                self.asm.alu_ri(Alu::And, Self::ACC, 1);
                RuntimeFunction::AnyToBool
            }
            Rep::Any => {
                self.define(result, Self::ACC);
                return Ok(());
            }
            Rep::Ref => {
                self.any_to_object(at, function.ty(result), slow);
                self.define(result, Self::ACC);
                return Ok(());
            }
        };
        self.asm.bind(back);
        self.define(result, Self::ACC);
        self.asm.enter_cold();
        self.asm.bind(slow);
        self.slow_call(at, runtime, &[Argument::Value(value)]);
        self.asm.jmp(back);
        self.asm.leave_cold();
        Ok(())
    }

    /// Traps unless the word in `ACC` is an object of the type's kind. The result is borrowed, so the runtime only finds fault.
    fn any_to_object(&mut self, at: At, ty: Type, refused: Label) {
        let kind = ty.kind().expect("a pointer type has a kind");
        self.skip_unless_object(refused);
        let meta = Mem::at(Self::ACC, offset_of!(Header, meta) as i32);
        match (ty, ty.item_rep()) {
            (_, Some(rep)) => {
                self.asm.mov32_rm(Self::AUX, meta);
                // Kind and detail, without the flags between them.
                self.asm.alu32_ri(Alu::And, Self::AUX, (0xff | u32::MAX << META_DETAIL) as i32);
                self.asm.alu32_ri(
                    Alu::Cmp,
                    Self::AUX,
                    (kind as u32 | (rep as u32) << META_DETAIL) as i32,
                );
                self.asm.jcc(Cond::NotEqual, refused);
            }
            (Type::Big, None) => {
                self.asm.movzx8_rm(Self::AUX, meta);
                // The two kinds of big numbers are neighbours.
                self.asm.alu_ri(Alu::Sub, Self::AUX, Kind::BigInt as i32);
                self.asm.alu_ri(Alu::Cmp, Self::AUX, 1);
                self.asm.jcc(Cond::Above, refused);
            }
            (_, None) => {
                self.asm.movzx8_rm(Self::AUX, meta);
                self.asm.alu_ri(Alu::Cmp, Self::AUX, kind as i32);
                self.asm.jcc(Cond::NotEqual, refused);
            }
        }
        self.asm.enter_cold();
        self.asm.bind(refused);
        self.refuse_object(at, ty);
        self.asm.leave_cold();
    }

    /// Goes to the label unless the word in `ACC` points to an object. Uses `AUX`.
    pub(super) fn skip_unless_object(&mut self, label: Label) {
        let by = any::FLOAT_OFFSET.trailing_zeros() as u8;
        self.asm.test_above(Self::ACC, by, Self::AUX);
        self.asm.jcc(Cond::NotEqual, label);
        self.asm.alu_ri(Alu::Cmp, Self::ACC, any::UNIT as i32);
        self.asm.jcc(Cond::BelowOrEqual, label);
    }
}

// The checks above count on these.
const _: () = {
    assert!(any::FLOAT_OFFSET.is_power_of_two());
    assert!(Kind::BigRat as u8 == Kind::BigInt as u8 + 1);
    assert!(any::INT_TAG.leading_ones() + any::INT_TAG.trailing_zeros() == 64);
};
