//! Making lists, records and closures: the runtime makes an empty one, and the operands are stored into it.

use super::values::{Argument, Operand};
use super::{At, Baseline, Bodies};
use crate::EmitError;
use crate::macro_assembler::{MacroAssembler, Mem, Reg};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{CLOSURE_CAPTURES, List, RECORD_FIELDS, Rep};
use mochi_ir::program::{Function, Value};
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

pub(crate) fn len(list: Reg) -> Mem {
    Mem::at(list, offset_of!(List, len) as i32)
}

pub(crate) fn items(list: Reg) -> Mem {
    Mem::at(list, offset_of!(List, items) as i32)
}

pub(crate) fn capacity(list: Reg) -> Mem {
    Mem::at(list, offset_of!(List, capacity) as i32)
}

pub(crate) fn item_size(rep: Rep) -> i64 {
    if rep == Rep::Bool { 1 } else { 8 }
}

/// The field or capture with this number, of an object whose fixed part has so many bytes.
pub(crate) fn field(object: Reg, fixed: usize, number: u64) -> Mem {
    Mem::at(object, (fixed + 8 * number as usize) as i32)
}

impl<B: Bodies> Baseline<'_, B> {
    pub(crate) fn item_rep(function: &Function, list: Value) -> Rep {
        function.ty(list).item_rep().expect("the operand is a list, by the verifier")
    }

    pub(crate) fn list_new(&mut self, at: At) -> Result {
        let rep = Self::item_rep(at.function, at.result()) as u64;
        self.c_arguments(at.function, &[Argument::Word(rep), Argument::Value(at.arg(0))]);
        self.call_c(RuntimeFunction::ListNew);
        self.check_trap(at);
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    pub(crate) fn list_of(&mut self, at: At) -> Result {
        let function = at.function;
        let rep = Self::item_rep(function, at.result());
        let args = at.args();
        let count = args.len() as u64;
        self.c_arguments(function, &[Argument::Word(rep as u64), Argument::Word(count)]);
        self.call_c(RuntimeFunction::ListNew);
        self.check_trap(at);
        if !args.is_empty() {
            self.asm.mov_rm(Self::AUX, items(Self::ACC));
            for (i, &item) in args.iter().enumerate() {
                let place = Mem::at(Self::AUX, (i as i64 * item_size(rep)) as i32);
                if rep == Rep::Bool {
                    // What lives across the call is in no register that calls do not keep.
                    self.store_byte(function, item, place, Self::C_ARGUMENTS[2]);
                } else {
                    self.store(function, item, place);
                }
            }
            self.asm.mov_mi(len(Self::ACC), count as i32);
        }
        self.define(at.result(), Self::ACC);
        Ok(())
    }

    /// Stores a bool as a byte; `scratch` is used when it is in no register.
    pub(crate) fn store_byte(&mut self, function: &Function, value: Value, to: Mem, scratch: Reg) {
        match self.operand(function, value) {
            Operand::Imm(value) => self.asm.mov8_mi(to, value as u8),
            Operand::Reg(from) => self.asm.mov8_mr(to, from),
            Operand::Mem(from) => {
                self.asm.mov_rm(scratch, from);
                self.asm.mov8_mr(to, scratch);
            }
        }
    }

    pub(crate) fn record_new(&mut self, at: At) -> Result {
        self.c_arguments(at.function, &[Argument::Word(at.inst.imm)]);
        self.call_c(RuntimeFunction::RecordNew);
        self.fill(at, RECORD_FIELDS)
    }

    pub(crate) fn closure_make(&mut self, at: At) -> Result {
        let made = at.inst.function();
        let shape = at.program.functions[made.index()].captures.map_or(0, |shape| shape.0);
        let arguments = [Argument::Word(made.0.into()), Argument::Word(shape.into())];
        self.c_arguments(at.function, &arguments);
        self.call_c(RuntimeFunction::ClosureNew);
        self.fill(at, CLOSURE_CAPTURES)
    }

    /// Stores the operands as the words of the new object in `ACC`.
    fn fill(&mut self, at: At, fixed: usize) -> Result {
        self.check_trap(at);
        for (i, &value) in at.args().iter().enumerate() {
            self.store(at.function, value, field(Self::ACC, fixed, i as u64));
        }
        self.define(at.result(), Self::ACC);
        Ok(())
    }
}
