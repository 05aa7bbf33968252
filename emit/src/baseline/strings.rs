//! Runtime functions whose common case is written out where they are called; the runtime does all else.
//!
//! It **must** be what the runtime's own function does, and reads and writes only what [`mochi_abi::layout`] promises.

use super::values::{Argument, Constant};
use super::{At, Baseline, Bodies};
use crate::EmitError;
use crate::driver::Place;
use crate::driver::code::Address;
use crate::macro_assembler::{Alu, Cond, Label, MacroAssembler, Mem, Reg, Scale, Shift};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Header, META_ASCII, STR_BYTES, Str};
use mochi_ir::program::Value;
use mochi_runtime::CHARACTER;
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

/// Whether a runtime function is written out in place, so that its call keeps registers.
pub(super) const fn is_inline(function: RuntimeFunction) -> bool {
    matches!(
        function,
        RuntimeFunction::FloatAbs
            | RuntimeFunction::StrCode
            | RuntimeFunction::StrConcat
            | RuntimeFunction::StrEq
            | RuntimeFunction::StrIndex
            | RuntimeFunction::StrLen
    )
}

fn count(text: Reg) -> Mem {
    Mem::at(text, offset_of!(Header, count) as i32)
}

fn len(text: Reg) -> Mem {
    Mem::at(text, offset_of!(Str, len) as i32)
}

fn capacity(text: Reg) -> Mem {
    Mem::at(text, offset_of!(Str, capacity) as i32)
}

/// The first byte.
fn byte(text: Reg) -> Mem {
    Mem::at(text, STR_BYTES as i32)
}

/// The byte of the meta word that has the flag of ASCII, and the flag in it.
fn flags(text: Reg) -> Mem {
    Mem::at(text, offset_of!(Header, meta) as i32 + 1)
}
const ASCII: u8 = (META_ASCII >> 8) as u8;

impl<B: Bodies> Baseline<'_, B> {
    pub(super) fn inline_runtime(&mut self, at: At) -> Result {
        match at.inst.runtime() {
            RuntimeFunction::StrCode => self.str_code(at),
            RuntimeFunction::StrConcat => self.str_concat(at),
            RuntimeFunction::StrEq => self.str_eq(at),
            RuntimeFunction::StrIndex => self.str_index(at),
            RuntimeFunction::StrLen => self.str_len(at),
            _ => self.float_abs(at),
        }
        Ok(())
    }

    fn float_abs(&mut self, at: At) {
        let target = self.float_target(at.result());
        let from = self.float(at.function, at.arg(0), B::FLOAT_SCRATCH);
        self.asm.bits_of_float(Self::ACC, from);
        self.asm.shift_ri(Shift::Left, Self::ACC, 1);
        self.asm.shift_ri(Shift::Logical, Self::ACC, 1);
        self.asm.float_of_bits(target, Self::ACC);
        self.define_float(at.result(), target);
    }

    /// The way out for what is not common, and where it comes back. Tests always take it.
    pub(crate) fn slow_labels(&mut self) -> (Label, Label) {
        let labels = (self.asm.label(), self.asm.label());
        if self.options.poison {
            self.asm.jmp(labels.0);
        }
        labels
    }

    /// The runtime's function, out of the way, for what goes to `slow`; comes back to `done` with the result in its place.
    fn slow_path(&mut self, at: At, slow: Label, done: Label) {
        self.asm.enter_cold();
        self.asm.bind(slow);
        let arguments: Vec<Argument> = at.args().iter().map(|&arg| Argument::Value(arg)).collect();
        self.slow_call(at, at.inst.runtime(), &arguments);
        if let Some(result) = at.inst.result {
            self.define(result, Self::ACC);
        }
        self.asm.jmp(done);
        self.asm.leave_cold();
    }

    fn str_len(&mut self, at: At) {
        let (slow, done) = self.slow_labels();
        let text = self.int(at.function, at.arg(0), Self::ACC);
        self.asm.test_rr(text, text);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.test8_mi(flags(text), ASCII);
        self.asm.jcc(Cond::Equal, slow);
        let target = self.target(at.result());
        self.asm.mov_rm(target, len(text));
        self.define(at.result(), target);
        self.asm.bind(done);
        self.slow_path(at, slow, done);
    }

    /// The same text is equal, texts of different lengths are not, those of one byte are as their bytes are.
    fn str_eq(&mut self, at: At) {
        let (slow, done) = self.slow_labels();
        let known = self.asm.label();
        let a = self.int(at.function, at.arg(0), Self::ACC);
        let b = self.int(at.function, at.arg(1), Self::AUX);
        self.asm.alu_rr(Alu::Cmp, a, b);
        self.asm.jcc(Cond::Equal, known);
        self.asm.test_rr(a, a);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.test_rr(b, b);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.mov_rm(Self::ACC, len(a));
        self.asm.alu_rm(Alu::Cmp, Self::ACC, len(b));
        self.asm.jcc(Cond::NotEqual, known);
        self.asm.alu_ri(Alu::Cmp, Self::ACC, 1);
        self.asm.jcc(Cond::NotEqual, slow);
        // The length may be where it was.
        let a = self.int(at.function, at.arg(0), Self::ACC);
        self.asm.movzx8_rm(Self::ACC, byte(a));
        self.asm.movzx8_rm(Self::AUX, byte(b));
        self.asm.alu32_rr(Alu::Cmp, Self::ACC, Self::AUX);
        self.asm.bind(known);
        self.asm.setcc(Cond::Equal, Self::ACC);
        let target = self.target(at.result());
        self.asm.movzx8_rr(target, Self::ACC);
        self.define(at.result(), target);
        self.asm.bind(done);
        self.slow_path(at, slow, done);
    }

    /// A character of an ASCII text, counted from the start.
    fn str_index(&mut self, at: At) {
        let (slow, done) = self.slow_labels();
        self.letter(at, Self::ACC, slow);
        self.asm.mul_rri(Self::ACC, Self::ACC, CHARACTER as i32, false);
        let characters = self.address_label(Address::Characters);
        self.asm.alu_rm(Alu::Add, Self::ACC, Mem::label(characters));
        self.asm.inc32_m(count(Self::ACC));
        if let Some(result) = at.inst.result {
            self.define(result, Self::ACC);
        }
        self.asm.bind(done);
        self.slow_path(at, slow, done);
    }

    /// The same as a number.
    fn str_code(&mut self, at: At) {
        let (slow, done) = self.slow_labels();
        let target = self.target(at.result());
        self.letter(at, target, slow);
        self.define(at.result(), target);
        self.asm.bind(done);
        self.slow_path(at, slow, done);
    }

    /// The byte of a character of an ASCII text, counted from the start; all else goes to `slow`, and the operands are what
    /// they were.
    fn letter(&mut self, at: At, target: Reg, slow: Label) {
        let text = self.int(at.function, at.arg(0), Self::AUX);
        self.asm.test_rr(text, text);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.test8_mi(flags(text), ASCII);
        self.asm.jcc(Cond::Equal, slow);
        self.load(at.function, at.arg(1), Self::ACC);
        self.asm.alu_rm(Alu::Cmp, Self::ACC, len(text));
        self.asm.jcc(Cond::AboveOrEqual, slow);
        let place = Mem::indexed(text, Self::ACC, Scale::Bytes, STR_BYTES as i32);
        self.asm.movzx8_rm(target, place);
    }

    /// One ASCII character behind an ASCII text that is unique and has room.
    fn str_concat(&mut self, at: At) {
        let (slow, done) = self.slow_labels();
        let in_register = |this: &Self, value: Value| match this.place(value) {
            Place::Int(number) => Some(Reg(number)),
            _ => None,
        };
        let added = self.character(at);
        match (in_register(self, at.arg(0)), in_register(self, at.arg(1)), added) {
            (Some(text), Some(more), _) => {
                self.room_for_one(text, slow);
                self.asm.test_rr(more, more);
                self.asm.jcc(Cond::Equal, slow);
                self.asm.alu_mi(Alu::Cmp, len(more), 1);
                self.asm.jcc(Cond::NotEqual, slow);
                self.asm.test8_mi(flags(more), ASCII);
                self.asm.jcc(Cond::Equal, slow);
                self.asm.movzx8_rm(Self::AUX, byte(more));
                self.asm.mov8_mr(
                    Mem::indexed(text, Self::ACC, Scale::Bytes, STR_BYTES as i32),
                    Self::AUX,
                );
                self.finish_append(at, text);
            }
            (Some(text), None, Some(byte)) => {
                self.room_for_one(text, slow);
                self.asm
                    .mov8_mi(Mem::indexed(text, Self::ACC, Scale::Bytes, STR_BYTES as i32), byte);
                self.finish_append(at, text);
            }
            // There would be too few registers.
            _ => self.asm.jmp(slow),
        }
        self.asm.bind(done);
        self.slow_path(at, slow, done);
    }

    /// The character that is added, when it is a constant of one.
    fn character(&self, at: At) -> Option<u8> {
        match self.constant_of(at.function, at.arg(1))? {
            Constant::Str(string) => match *at.program.strings[string.index()].as_bytes() {
                [byte] if byte.is_ascii() => Some(byte),
                _ => None,
            },
            Constant::Word(_) => None,
        }
    }

    /// Goes to `slow` unless the text may be changed and has room for a byte; else its length is in `ACC`.
    fn room_for_one(&mut self, text: Reg, slow: Label) {
        self.asm.test_rr(text, text);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.alu32_mi(Alu::Cmp, count(text), 1);
        self.asm.jcc(Cond::NotEqual, slow);
        self.asm.test8_mi(flags(text), ASCII);
        self.asm.jcc(Cond::Equal, slow);
        self.asm.mov_rm(Self::ACC, len(text));
        self.asm.alu_rm(Alu::Cmp, Self::ACC, capacity(text));
        self.asm.jcc(Cond::AboveOrEqual, slow);
    }

    /// The text has one byte more; it is the result.
    fn finish_append(&mut self, at: At, text: Reg) {
        self.asm.inc_m(len(text));
        self.asm.mov_mi(Mem::at(text, offset_of!(Str, hash) as i32), 0);
        if let Some(result) = at.inst.result {
            self.define(result, text);
        }
    }
}

// The flag is in the second byte of the meta word.
const _: () = assert!(META_ASCII == (ASCII as u32) << 8);
