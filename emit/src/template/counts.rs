//! Reference counts: the common case in place; in the cold section the last owner's drop, and that of a watched object.

use super::Template;
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::macro_assembler::{Cond, MacroAssembler, Mem, Reg};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Header, Rep};
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

/// The count of the object that a register points to.
pub(super) fn count(object: Reg) -> Mem {
    Mem::at(object, offset_of!(Header, count) as i32)
}

impl<M: MacroAssembler> Template<'_, M> {
    pub(super) fn dup(&mut self, at: At) -> Result {
        let value = at.arg(0);
        match at.function.ty(value).rep() {
            Rep::Ref => {
                let object = self.int(at.function, value, Self::ACC);
                self.asm.test_rr(object, object);
                let skip = self.asm.skip(Cond::Equal);
                self.asm.inc32_m(count(object));
                self.asm.bind_skip(skip);
            }
            Rep::Any => {
                self.load(at.function, value, Self::ACC);
                let done = self.asm.label();
                self.skip_unless_object(done);
                self.asm.inc32_m(count(Self::ACC));
                self.asm.bind(done);
            }
            Rep::I64 | Rep::F64 | Rep::Bool => {}
        }
        Ok(())
    }

    pub(super) fn drop_op(&mut self, at: At) -> Result {
        let value = at.arg(0);
        let rep = at.function.ty(value).rep();
        if rep.is_counted() {
            let object = self.int(at.function, value, Self::ACC);
            self.drop_word(at, rep, object);
        }
        Ok(())
    }

    /// Drops the word in a register, which keeps it. Uses `ACC` and `AUX`.
    pub(super) fn drop_word(&mut self, at: At, rep: Rep, object: Reg) {
        let (free, done) = (self.asm.label(), self.asm.label());
        let object = match rep {
            Rep::Ref => {
                self.asm.test_rr(object, object);
                let skip = self.asm.skip(Cond::Equal);
                self.asm.dec32_m(count(object));
                self.asm.jcc(Cond::LessOrEqual, free);
                self.asm.bind_skip(skip);
                object
            }
            Rep::Any => {
                if object != Self::ACC {
                    self.asm.mov_rr(Self::ACC, object);
                }
                self.skip_unless_object(done);
                self.asm.dec32_m(count(Self::ACC));
                self.asm.jcc(Cond::LessOrEqual, free);
                Self::ACC
            }
            Rep::I64 | Rep::F64 | Rep::Bool => return,
        };
        self.asm.bind(done);
        self.asm.enter_cold();
        self.asm.bind(free);
        self.slow_call(at, RuntimeFunction::RefFree, &[Argument::Reg(object)]);
        self.asm.jmp(done);
        self.asm.leave_cold();
    }
}
