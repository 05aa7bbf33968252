//! Ops on lists, records, closures and globals.

use super::catalogue::Family;
use super::{Copied, Fill, Stencils, THIRD};
use crate::EmitError;
use crate::baseline::values::Argument;
use crate::baseline::{At, Bodies};
use crate::x64::{Alu, Mem, R15, RAX, RDX, Reg};
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

impl Stencils<'_> {
    // -- lists -----------------------------------------------------------------------------------

    pub(super) fn list_len(&mut self, at: At) -> Result {
        let list = self.word(at.function, at.arg(0), RAX);
        let target = self.target(at.result());
        let fill = Fill::off(offset_of!(List, len) as i32);
        self.put(Family::Load, &[target.0, list], fill);
        self.define(at.result(), target);
        Ok(())
    }

    /// A stencil on a list in a register and an index. With an index that is outside it is tried again as one that counts from
    /// the end.
    fn on_item(&mut self, at: At, family: Family, list: u8) {
        let index = at.arg(1);
        let index_register = self.word(at.function, index, RDX);
        let back = self.asm.label();
        self.with_cold(family, &[list, index_register], Fill::default(), |this| {
            let len = Mem::at(Reg(list), offset_of!(List, len) as i32);
            this.load(at.function, index, RDX);
            this.asm.alu_rm(Alu::Add, RDX, len);
            let outside = this.asm.label();
            this.put(family, &[list, RDX.0], Fill::default().to(outside));
            this.asm.jmp(back);
            this.asm.bind(outside);
            this.asm.mov_rm(RDX, len);
            this.fail(at, TrapKind::ListIndex, Argument::Value(index), Argument::Reg(RDX));
        });
        self.asm.bind(back);
    }

    /// The same for an index that is proved to be inside.
    fn on_proved_item(&mut self, at: At, family: Family, list: u8) {
        let index = self.word(at.function, at.arg(1), RDX);
        self.plain(family, &[list, index]);
    }

    pub(super) fn list_get(&mut self, at: At) -> Result {
        let list = self.word(at.function, at.arg(0), RAX);
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
            self.define_float(at.result(), Copied::FLOAT_SCRATCH);
        } else {
            self.define(at.result(), RAX);
        }
        Ok(())
    }

    pub(super) fn list_set(&mut self, at: At) -> Result {
        let function = at.function;
        let value = at.arg(2);
        let rep = Self::item_rep(at.function, at.arg(0));
        let is_checked = at.inst.op == Op::ListSet;
        let list = self.word(function, at.arg(0), THIRD);
        if rep.is_counted() {
            match is_checked {
                true => self.on_item(at, Family::AddressWord, list),
                false => self.on_proved_item(at, Family::AddressWordProved, list),
            }
            let item = Slot { base: RAX.0, off: 0 };
            self.replace(at, item, value, rep);
            return Ok(());
        }
        if rep == Rep::F64 {
            self.load_float(function, value, Copied::FLOAT_SCRATCH);
        } else {
            self.load(function, value, RAX);
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
        let list = self.word(at.function, at.arg(0), RAX);
        let is_byte = Self::item_rep(at.function, at.arg(0)) == Rep::Bool;
        self.on_item(at, if is_byte { Family::TakeByte } else { Family::TakeWord }, list);
        self.define(at.result(), RAX);
        Ok(())
    }

    pub(super) fn list_push(&mut self, at: At) -> Result {
        let function = at.function;
        let (list, item, result) = (at.arg(0), at.arg(1), at.result());
        let register = self.int(function, list, RDX);
        let family = match Self::item_rep(at.function, at.arg(0)) {
            Rep::F64 => {
                self.load_float(function, item, Copied::FLOAT_SCRATCH);
                Family::PushFloat
            }
            Rep::Bool => {
                self.load(function, item, RAX);
                Family::PushByte
            }
            Rep::I64 | Rep::Ref | Rep::Any => {
                self.load(function, item, RAX);
                Family::PushWord
            }
        };
        let done = self.asm.label();
        self.with_cold(family, &[register.0], Fill::default(), |this| {
            let arguments = [Argument::Value(list), Argument::Value(item)];
            this.slow_call(at, RuntimeFunction::ListPush, &arguments);
            this.define(result, RAX);
            this.asm.jmp(done);
        });
        self.define(result, register);
        self.asm.bind(done);
        Ok(())
    }

    // -- fields, captures, globals ---------------------------------------------------------------

    pub(super) fn record_shape(&mut self, at: At) -> Result {
        let record = self.word(at.function, at.arg(0), RAX);
        self.plain(Family::Shape, &[record]);
        self.define(at.result(), RAX);
        Ok(())
    }

    /// The word that an op reads or writes. May use `rax`.
    fn slot_of(&mut self, at: At) -> Slot {
        let off = |fixed: usize| (fixed + 8 * at.inst.imm as usize) as i32;
        match at.inst.op {
            Op::FieldGet | Op::FieldSet | Op::FieldTake => {
                let base = self.word(at.function, at.arg(0), RAX);
                Slot { base, off: off(RECORD_FIELDS) }
            }
            Op::CaptureGet => {
                let base = self.word(at.function, at.arg(0), RAX);
                Slot { base, off: off(CLOSURE_CAPTURES) }
            }
            _ => {
                let globals = Fill::off(offset_of!(Context, globals) as i32);
                self.put(Family::Load, &[RAX.0, R15.0], globals);
                Slot { base: RAX.0, off: 8 * at.inst.global().0 as i32 }
            }
        }
    }

    pub(super) fn place_get(&mut self, at: At) -> Result {
        let slot = self.slot_of(at);
        let result = at.result();
        if at.function.ty(result) == Type::F64 {
            let target = self.float_target(result);
            self.put(Family::LoadFloat, &[target.0, slot.base], Fill::off(slot.off));
            self.define_float(result, target);
        } else {
            let target = self.target(result);
            self.put(Family::Load, &[target.0, slot.base], Fill::off(slot.off));
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
            let from = self.float(function, value, Copied::FLOAT_SCRATCH);
            return self.put(Family::StoreFloat, &[slot.base, from.0], Fill::off(slot.off));
        }
        if rep.is_counted() {
            self.put(Family::Load, &[RDX.0, slot.base], Fill::off(slot.off));
        }
        if let Some(imm) = self.immediate(function, value) {
            let fill = Fill { imm, off: slot.off, label: None };
            self.put(Family::StoreImm, &[slot.base], fill);
        } else {
            let from = self.word(function, value, THIRD);
            self.put(Family::Store, &[slot.base, from], Fill::off(slot.off));
        }
        self.drop_word(at, rep, RDX);
    }

    pub(super) fn place_take(&mut self, at: At) -> Result {
        let slot = self.slot_of(at);
        self.put(Family::Load, &[RDX.0, slot.base], Fill::off(slot.off));
        self.put(Family::StoreImm, &[slot.base], Fill::off(slot.off));
        self.define(at.result(), RDX);
        Ok(())
    }
}
