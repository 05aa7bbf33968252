//! Ops on lists, records, closures and globals.

use super::Template;
use super::counts::count;
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::making::{capacity, field, item_size, items, len};
use crate::baseline::values::{Argument, Operand, context};
use crate::driver::Place;
use crate::macro_assembler::{Alu, Cond, MacroAssembler, Mem, Reg, Scale, Shift};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{CLOSURE_CAPTURES, Header, META_DETAIL, RECORD_FIELDS, Rep, WATCHED};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Value};
use mochi_ir::types::Type;
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

fn scale(rep: Rep) -> Scale {
    if rep == Rep::Bool { Scale::Bytes } else { Scale::Words }
}

impl<M: MacroAssembler> Template<'_, M> {
    // -- lists -----------------------------------------------------------------------------------

    pub(super) fn list_len(&mut self, at: At) -> Result {
        let list = self.int(at.function, at.arg(0), Self::ACC);
        let target = self.target(at.result());
        self.asm.mov_rm(target, len(list));
        self.define(at.result(), target);
        Ok(())
    }

    /// Compares an index with the length and goes to the cold section when it is outside: there `AUX` gets the index counted
    /// from the end, or the program traps. Then `cold` writes what comes next.
    fn check_index(&mut self, at: At, list: Reg, index: Value, cold: impl FnOnce(&mut Self)) {
        let outside = self.asm.label();
        match self.operand(at.function, index) {
            Operand::Reg(index) => {
                self.asm.alu_rm(Alu::Cmp, index, len(list));
                self.asm.jcc(Cond::AboveOrEqual, outside);
            }
            Operand::Imm(index) if index >= 0 => {
                self.asm.alu_mi(Alu::Cmp, len(list), index);
                self.asm.jcc(Cond::BelowOrEqual, outside);
            }
            Operand::Imm(_) | Operand::Mem(_) => {
                self.load(at.function, index, Self::AUX);
                self.asm.alu_rm(Alu::Cmp, Self::AUX, len(list));
                self.asm.jcc(Cond::AboveOrEqual, outside);
            }
        }
        self.asm.enter_cold();
        self.asm.bind(outside);
        self.load(at.function, index, Self::AUX);
        self.asm.alu_rm(Alu::Add, Self::AUX, len(list));
        self.asm.alu_rm(Alu::Cmp, Self::AUX, len(list));
        let inside = self.asm.label();
        self.asm.jcc(Cond::Below, inside);
        self.asm.mov_rm(Self::AUX, len(list));
        self.fail(at, TrapKind::ListIndex, Argument::Value(index), Argument::Reg(Self::AUX));
        self.asm.bind(inside);
        cold(self);
        self.asm.leave_cold();
    }

    /// The item with the index in `AUX` or known, of the list whose items are at `ACC`.
    fn item(&mut self, function: &Function, index: Value, rep: Rep) -> Mem {
        match self.operand(function, index) {
            Operand::Reg(index) => Mem::indexed(Self::ACC, index, scale(rep), 0),
            Operand::Imm(index) if self.item_offset(index, rep).is_some() => {
                Mem::at(Self::ACC, self.item_offset(index, rep).unwrap_or(0))
            }
            Operand::Imm(_) | Operand::Mem(_) => {
                self.load(function, index, Self::AUX);
                Mem::indexed(Self::ACC, Self::AUX, scale(rep), 0)
            }
        }
    }

    fn item_offset(&self, index: i32, rep: Rep) -> Option<i32> {
        i32::try_from(i64::from(index) * item_size(rep)).ok().filter(|&offset| offset >= 0)
    }

    pub(super) fn list_get(&mut self, at: At) -> Result {
        let function = at.function;
        let (list, index, result) = (at.arg(0), at.arg(1), at.result());
        let rep = Self::item_rep(function, list);
        let list = self.int(function, list, Self::ACC);
        let done = self.asm.label();
        if at.inst.op == Op::ListGet {
            self.check_index(at, list, index, |this| {
                this.asm.mov_rm(Self::ACC, items(list));
                this.load_item(result, Mem::indexed(Self::ACC, Self::AUX, scale(rep), 0), rep);
                this.asm.jmp(done);
            });
        }
        self.asm.mov_rm(Self::ACC, items(list));
        let item = self.item(function, index, rep);
        self.load_item(result, item, rep);
        self.asm.bind(done);
        Ok(())
    }

    /// The result is the item at a place. May use `ACC`.
    fn load_item(&mut self, result: Value, item: Mem, rep: Rep) {
        match (rep, self.place(result)) {
            (Rep::F64, _) => {
                let target = self.float_target(result);
                self.asm.fmov_rm(target, item);
                self.define_float(result, target);
            }
            (Rep::Bool, _) => {
                let target = self.target(result);
                self.asm.movzx8_rm(target, item);
                self.define(result, target);
            }
            (Rep::I64 | Rep::Ref | Rep::Any, _) => {
                let target = self.target(result);
                self.asm.mov_rm(target, item);
                self.define(result, target);
            }
        }
    }

    pub(super) fn list_set(&mut self, at: At) -> Result {
        let function = at.function;
        let (list, index, value) = (at.arg(0), at.arg(1), at.arg(2));
        let rep = Self::item_rep(function, list);
        if rep.is_counted() {
            self.item_address(at, list, index, rep);
            self.asm.mov_rm(Self::AUX, Mem::at(Self::ACC, 0));
            self.store(function, value, Mem::at(Self::ACC, 0));
            self.drop_word(at, rep, Self::AUX);
            return Ok(());
        }
        let list = self.int(function, list, Self::ACC);
        let done = self.asm.label();
        if at.inst.op == Op::ListSet {
            self.check_index(at, list, index, |this| {
                this.asm.mov_rm(Self::ACC, items(list));
                this.store_item(
                    function,
                    value,
                    Mem::indexed(Self::ACC, Self::AUX, scale(rep), 0),
                    rep,
                );
                this.asm.jmp(done);
            });
        }
        self.asm.mov_rm(Self::ACC, items(list));
        let item = self.item(function, index, rep);
        self.store_item(function, value, item, rep);
        self.asm.bind(done);
        Ok(())
    }

    /// Stores an item that is not counted at a place of the list whose items are at `ACC`. May use `ACC` and `AUX`.
    fn store_item(&mut self, function: &Function, value: Value, item: Mem, rep: Rep) {
        if rep != Rep::Bool {
            return self.store(function, value, item);
        }
        if let Operand::Mem(_) = self.operand(function, value) {
            // The index may be in `AUX`.
            self.asm.lea(Self::ACC, item);
            return self.store_byte(function, value, Mem::at(Self::ACC, 0), Self::AUX);
        }
        self.store_byte(function, value, item, Self::AUX);
    }

    /// Puts the address of an item into `ACC`, after a check unless the op is proved. Uses `AUX`.
    fn item_address(&mut self, at: At, list: Value, index: Value, rep: Rep) {
        let list = self.int(at.function, list, Self::ACC);
        let is_checked = matches!(at.inst.op, Op::ListSet | Op::ListTake);
        let back = self.asm.label();
        self.load(at.function, index, Self::AUX);
        if is_checked {
            let outside = self.asm.label();
            self.asm.alu_rm(Alu::Cmp, Self::AUX, len(list));
            self.asm.jcc(Cond::AboveOrEqual, outside);
            self.asm.enter_cold();
            self.asm.bind(outside);
            self.asm.alu_rm(Alu::Add, Self::AUX, len(list));
            self.asm.alu_rm(Alu::Cmp, Self::AUX, len(list));
            self.asm.jcc(Cond::Below, back);
            self.asm.mov_rm(Self::AUX, len(list));
            self.fail(at, TrapKind::ListIndex, Argument::Value(index), Argument::Reg(Self::AUX));
            self.asm.leave_cold();
        }
        self.asm.bind(back);
        self.asm.mov_rm(Self::ACC, items(list));
        self.asm.lea(Self::ACC, Mem::indexed(Self::ACC, Self::AUX, scale(rep), 0));
    }

    pub(super) fn list_take(&mut self, at: At) -> Result {
        let rep = Self::item_rep(at.function, at.arg(0));
        self.item_address(at, at.arg(0), at.arg(1), rep);
        let item = Mem::at(Self::ACC, 0);
        if rep == Rep::Bool {
            self.asm.movzx8_rm(Self::AUX, item);
            self.asm.mov8_mi(item, 0);
        } else {
            self.asm.mov_rm(Self::AUX, item);
            self.asm.mov_mi(item, 0);
        }
        self.define(at.result(), Self::AUX);
        Ok(())
    }

    pub(super) fn list_push(&mut self, at: At) -> Result {
        let function = at.function;
        let (list, item, result) = (at.arg(0), at.arg(1), at.result());
        let rep = Self::item_rep(function, list);
        let (slow, done) = self.slow_labels();
        let register = self.int(function, list, Self::ACC);
        if rep.is_counted() {
            // The list may be watched by the cycle collector.
            self.asm.mov32_rm(Self::AUX, count(register));
            self.asm.alu32_ri(Alu::And, Self::AUX, !WATCHED as i32);
            self.asm.alu32_ri(Alu::Cmp, Self::AUX, 1);
        } else {
            self.asm.alu32_mi(Alu::Cmp, count(register), 1);
        }
        self.asm.jcc(Cond::NotEqual, slow);
        self.asm.mov_rm(Self::AUX, len(register));
        self.asm.alu_rm(Alu::Cmp, Self::AUX, capacity(register));
        self.asm.jcc(Cond::AboveOrEqual, slow);
        self.asm.inc_m(len(register));
        if rep == Rep::Bool {
            self.asm.alu_rm(Alu::Add, Self::AUX, items(register));
            if let Operand::Mem(from) = self.operand(function, item) {
                // The list may be in `ACC`, and the result where the item is.
                self.asm.fmov_rm(Self::FLOAT_SCRATCH, from);
                self.define(result, register);
                self.asm.bits_of_float(Self::ACC, Self::FLOAT_SCRATCH);
                self.asm.mov8_mr(Mem::at(Self::AUX, 0), Self::ACC);
            } else {
                self.store_byte(function, item, Mem::at(Self::AUX, 0), Self::AUX);
                self.define(result, register);
            }
        } else {
            self.asm.shift_ri(Shift::Left, Self::AUX, 3);
            self.asm.alu_rm(Alu::Add, Self::AUX, items(register));
            self.store(function, item, Mem::at(Self::AUX, 0));
            self.define(result, register);
        }
        self.asm.bind(done);
        self.asm.enter_cold();
        self.asm.bind(slow);
        let arguments = [Argument::Value(list), Argument::Value(item)];
        self.slow_call(at, RuntimeFunction::ListPush, &arguments);
        self.define(result, Self::ACC);
        self.asm.jmp(done);
        self.asm.leave_cold();
        Ok(())
    }

    pub(super) fn index_check(&mut self, at: At) -> Result {
        let function = at.function;
        let (index, length, result) = (at.arg(0), at.arg(1), at.result());
        self.load(function, index, Self::AUX);
        let operand = self.operand(function, length);
        self.alu(Alu::Cmp, Self::AUX, operand);
        let (outside, back) = (self.asm.label(), self.asm.label());
        self.asm.jcc(Cond::AboveOrEqual, outside);
        self.asm.bind(back);
        self.define(result, Self::AUX);
        self.asm.enter_cold();
        self.asm.bind(outside);
        self.alu(Alu::Add, Self::AUX, operand);
        self.alu(Alu::Cmp, Self::AUX, operand);
        self.asm.jcc(Cond::Below, back);
        self.fail(at, TrapKind::ListIndex, Argument::Value(index), Argument::Value(length));
        self.asm.leave_cold();
        Ok(())
    }

    // -- fields, captures, globals ---------------------------------------------------------------

    pub(super) fn record_shape(&mut self, at: At) -> Result {
        let record = self.int(at.function, at.arg(0), Self::ACC);
        self.asm.mov32_rm(Self::ACC, Mem::at(record, offset_of!(Header, meta) as i32));
        self.asm.shift_ri(Shift::Logical, Self::ACC, META_DETAIL as u8);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    /// The place that an op reads or writes. May use `ACC`.
    fn place_of(&mut self, at: At) -> Mem {
        match at.inst.op {
            Op::FieldGet | Op::FieldSet | Op::FieldTake => {
                let record = self.int(at.function, at.arg(0), Self::ACC);
                field(record, RECORD_FIELDS, at.inst.imm)
            }
            Op::CaptureGet => {
                let closure = self.int(at.function, at.arg(0), Self::ACC);
                field(closure, CLOSURE_CAPTURES, at.inst.imm)
            }
            _ => {
                self.asm.mov_rm(Self::ACC, context!(globals));
                Mem::at(Self::ACC, 8 * at.inst.global().0 as i32)
            }
        }
    }

    pub(super) fn place_get(&mut self, at: At) -> Result {
        let place = self.place_of(at);
        let result = at.result();
        if at.function.ty(result) == Type::F64 {
            let target = self.float_target(result);
            self.asm.fmov_rm(target, place);
            self.define_float(result, target);
        } else {
            let target = self.target(result);
            self.asm.mov_rm(target, place);
            self.define(result, target);
        }
        Ok(())
    }

    pub(super) fn place_set(&mut self, at: At) -> Result {
        let &value = at.args().last().expect("the new value is the last operand");
        let rep = at.function.ty(value).rep();
        let place = self.place_of(at);
        if rep.is_counted() {
            self.asm.mov_rm(Self::AUX, place);
        }
        self.store(at.function, value, place);
        self.drop_word(at, rep, Self::AUX);
        Ok(())
    }

    pub(super) fn place_take(&mut self, at: At) -> Result {
        let place = self.place_of(at);
        self.asm.mov_rm(Self::AUX, place);
        self.asm.mov_mi(place, 0);
        debug_assert_ne!(
            self.place(at.result()),
            Place::Int(Self::AUX.0),
            "scratch holds no value"
        );
        self.define(at.result(), Self::AUX);
        Ok(())
    }
}
