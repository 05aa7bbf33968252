//! Ops on lists, records, closures and globals.

use super::catalogue::Family;
use super::machine::Machine;
use super::{Fill, Stencils};
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::macro_assembler::{Alu, FloatReg, Mem, Reg};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{CLOSURE_CAPTURES, Context, List, RECORD_FIELDS, Rep};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

/// A word of an object or of the globals: the register that points there, and how far behind it.
#[derive(Clone, Copy)]
struct Slot {
    base: u8,
    off: i32,
}

impl Slot {
    /// As an operand of instructions, where no stencil has room for the distance.
    fn far(self) -> Mem {
        Mem::at(Reg(self.base), self.off)
    }
}

impl<M: Machine> Stencils<'_, M> {
    // -- lists -----------------------------------------------------------------------------------

    pub(super) fn list_len(&mut self, at: At) -> Result {
        let list = self.word(at.function, at.arg(0), Self::ACC);
        let target = self.target(at.result());
        self.get_word(target, Slot { base: list, off: offset_of!(List, len) as i32 });
        self.define(at.result(), target);
        Ok(())
    }

    /// A stencil on a list in a register and an index. With an index that is outside it is tried again as one that counts from
    /// the end.
    fn on_item(&mut self, at: At, family: Family, list: u8) {
        let index = at.arg(1);
        let index_register = self.word(at.function, index, Self::SECOND);
        let back = self.asm.label();
        self.with_cold(family, &[list, index_register], Fill::default(), |this| {
            let len = Mem::at(Reg(list), offset_of!(List, len) as i32);
            this.load(at.function, index, Self::SECOND);
            this.asm.alu_rm(Alu::Add, Self::SECOND, len);
            let outside = this.asm.label();
            this.put(family, &[list, Self::SECOND.0], Fill::default().to(outside));
            this.asm.jmp(back);
            this.asm.bind(outside);
            this.asm.mov_rm(Self::SECOND, len);
            this.fail(at, TrapKind::ListIndex, Argument::Value(index), Argument::Reg(Self::SECOND));
        });
        self.asm.bind(back);
    }

    /// The same for an index that is proved to be inside.
    fn on_proved_item(&mut self, at: At, family: Family, list: u8) {
        let index = self.word(at.function, at.arg(1), Self::SECOND);
        self.plain(family, &[list, index]);
    }

    pub(super) fn list_get(&mut self, at: At) -> Result {
        let list = self.word(at.function, at.arg(0), Self::ACC);
        let rep = Self::item_rep(at.function, at.arg(0));
        if at.inst.op == Op::ListGet {
            let family = match rep {
                Rep::F64 => Family::GetFloat,
                Rep::Bool => Family::GetByte,
                Rep::I64 | Rep::Ref | Rep::Any => Family::GetWord,
            };
            self.on_item(at, family, list);
        } else {
            let family = match rep {
                Rep::F64 => Family::LoadItemFloat,
                Rep::Bool => Family::LoadByte,
                Rep::I64 | Rep::Ref | Rep::Any => Family::LoadWord,
            };
            self.on_proved_item(at, family, list);
        }
        if rep == Rep::F64 {
            self.define_float(at.result(), Self::FLOAT_SCRATCH);
        } else {
            self.define(at.result(), Self::ACC);
        }
        Ok(())
    }

    pub(super) fn list_set(&mut self, at: At) -> Result {
        let function = at.function;
        let value = at.arg(2);
        let rep = Self::item_rep(at.function, at.arg(0));
        let is_checked = at.inst.op == Op::ListSet;
        let list = self.word(function, at.arg(0), Self::THIRD);
        if rep.is_counted() {
            match is_checked {
                true => self.on_item(at, Family::AddressWord, list),
                false => self.on_proved_item(at, Family::AddressWordProved, list),
            }
            let item = Slot { base: Self::ACC.0, off: 0 };
            self.replace(at, item, value, rep);
            return Ok(());
        }
        if rep == Rep::F64 {
            self.load_float(function, value, Self::FLOAT_SCRATCH);
        } else {
            self.load(function, value, Self::ACC);
        }
        match (rep, is_checked) {
            (Rep::F64, true) => self.on_item(at, Family::SetFloat, list),
            (Rep::F64, false) => self.on_proved_item(at, Family::StoreItemFloat, list),
            (Rep::Bool, true) => self.on_item(at, Family::SetByte, list),
            (Rep::Bool, false) => self.on_proved_item(at, Family::StoreByte, list),
            (_, true) => self.on_item(at, Family::SetWord, list),
            (_, false) => self.on_proved_item(at, Family::StoreWord, list),
        }
        Ok(())
    }

    pub(super) fn list_take(&mut self, at: At) -> Result {
        let list = self.word(at.function, at.arg(0), Self::ACC);
        let is_byte = Self::item_rep(at.function, at.arg(0)) == Rep::Bool;
        self.on_item(at, if is_byte { Family::TakeByte } else { Family::TakeWord }, list);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    pub(super) fn list_push(&mut self, at: At) -> Result {
        let function = at.function;
        let (list, item, result) = (at.arg(0), at.arg(1), at.result());
        let register = self.int(function, list, Self::SECOND);
        let family = match Self::item_rep(at.function, at.arg(0)) {
            Rep::F64 => {
                self.load_float(function, item, Self::FLOAT_SCRATCH);
                Family::PushFloat
            }
            Rep::Bool => {
                self.load(function, item, Self::ACC);
                Family::PushByte
            }
            Rep::I64 | Rep::Ref | Rep::Any => {
                self.load(function, item, Self::ACC);
                Family::PushWord
            }
        };
        let done = self.asm.label();
        self.with_cold(family, &[register.0], Fill::default(), |this| {
            let arguments = [Argument::Value(list), Argument::Value(item)];
            this.slow_call(at, RuntimeFunction::ListPush, &arguments);
            this.define(result, Self::ACC);
            this.asm.jmp(done);
        });
        self.define(result, register);
        self.asm.bind(done);
        Ok(())
    }

    // -- fields, captures, globals ---------------------------------------------------------------

    pub(super) fn record_shape(&mut self, at: At) -> Result {
        let record = self.word(at.function, at.arg(0), Self::ACC);
        self.plain(Family::Shape, &[record]);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    /// The word that an op reads or writes. May use `ACC`.
    fn slot_of(&mut self, at: At) -> Slot {
        let off = |fixed: usize| (fixed + 8 * at.inst.imm as usize) as i32;
        match at.inst.op {
            Op::FieldGet | Op::FieldSet | Op::FieldTake => {
                let base = self.word(at.function, at.arg(0), Self::ACC);
                Slot { base, off: off(RECORD_FIELDS) }
            }
            Op::CaptureGet => {
                let base = self.word(at.function, at.arg(0), Self::ACC);
                Slot { base, off: off(CLOSURE_CAPTURES) }
            }
            _ => {
                let off = offset_of!(Context, globals) as i32;
                self.get_word(Self::ACC, Slot { base: Self::CONTEXT.0, off });
                Slot { base: Self::ACC.0, off: 8 * at.inst.global().0 as i32 }
            }
        }
    }

    fn get_word(&mut self, to: Reg, slot: Slot) {
        match M::reaches(slot.off) {
            true => self.put(Family::Load, &[to.0, slot.base], Fill::off(slot.off)),
            false => self.asm.mov_rm(to, slot.far()),
        }
    }

    fn get_float(&mut self, to: FloatReg, slot: Slot) {
        match M::reaches(slot.off) {
            true => self.put(Family::LoadFloat, &[to.0, slot.base], Fill::off(slot.off)),
            false => self.asm.fmov_rm(to, slot.far()),
        }
    }

    fn set_word(&mut self, slot: Slot, from: Reg) {
        match M::reaches(slot.off) {
            true => self.put(Family::Store, &[slot.base, from.0], Fill::off(slot.off)),
            false => self.asm.mov_mr(slot.far(), from),
        }
    }

    fn set_float(&mut self, slot: Slot, from: FloatReg) {
        match M::reaches(slot.off) {
            true => self.put(Family::StoreFloat, &[slot.base, from.0], Fill::off(slot.off)),
            false => self.asm.fmov_mr(slot.far(), from),
        }
    }

    fn set_number(&mut self, slot: Slot, imm: i32) {
        let fill = Fill { imm, off: slot.off, label: None };
        match M::reaches(slot.off) {
            true => self.put(Family::StoreImm, &[slot.base], fill),
            false => self.asm.mov_mi(slot.far(), imm),
        }
    }

    pub(super) fn place_get(&mut self, at: At) -> Result {
        let slot = self.slot_of(at);
        let result = at.result();
        if at.function.ty(result) == Type::F64 {
            let target = self.float_target(result);
            self.get_float(target, slot);
            self.define_float(result, target);
        } else {
            let target = self.target(result);
            self.get_word(target, slot);
            self.define(result, target);
        }
        Ok(())
    }

    pub(super) fn place_set(&mut self, at: At) -> Result {
        let &value = at.args().last().expect("the new value is the last operand");
        let rep = at.function.ty(value).rep();
        let slot = self.slot_of(at);
        self.replace(at, slot, value, rep);
        Ok(())
    }

    /// Stores a value and drops what was there.
    fn replace(&mut self, at: At, slot: Slot, value: Value, rep: Rep) {
        let function = at.function;
        if rep == Rep::F64 {
            let from = self.float(function, value, Self::FLOAT_SCRATCH);
            return self.set_float(slot, from);
        }
        if rep.is_counted() {
            self.get_word(Self::SECOND, slot);
        }
        if let Some(imm) = self.immediate(function, value) {
            self.set_number(slot, imm);
        } else {
            let from = self.int(function, value, Self::THIRD);
            self.set_word(slot, from);
        }
        self.drop_word(at, rep, Self::SECOND);
    }

    pub(super) fn place_take(&mut self, at: At) -> Result {
        let slot = self.slot_of(at);
        self.get_word(Self::SECOND, slot);
        self.set_number(slot, 0);
        self.define(at.result(), Self::SECOND);
        Ok(())
    }
}
