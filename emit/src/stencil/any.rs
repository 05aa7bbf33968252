//! Into `any` and out of it, and reference counts.

use super::catalogue::Family;
use super::machine::Machine;
use super::{Fill, Stencils};
use crate::EmitError;
use crate::baseline::At;
use crate::baseline::values::Argument;
use crate::macro_assembler::Reg;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Kind, META_DETAIL, Rep, any};
use mochi_ir::types::Type;

type Result = std::result::Result<(), EmitError>;

/// The bits of a header that say the kind, and those that say which items a list has: holes on AArch64 have 16 bits, and there is
/// nothing else in the detail of a list.
const KIND: u32 = 0xff;
const ITEMS: u32 = 0xf << META_DETAIL;
const _: () = assert!((KIND | ITEMS) >> 16 == 0 && (Rep::Any as u32) << META_DETAIL & !ITEMS == 0);

impl<M: Machine> Stencils<'_, M> {
    pub(super) fn any_from(&mut self, at: At) -> Result {
        let function = at.function;
        let (value, result) = (at.arg(0), at.result());
        match function.ty(value).rep() {
            Rep::I64 => {
                let known = self.word_of(function, value);
                if let Some(word) = known.and_then(|word| any::from_int(word as i64)) {
                    self.asm.mov_ri(Self::ACC, word);
                } else {
                    let from = self.word(function, value, Self::ACC);
                    let back = self.asm.label();
                    self.with_cold(Family::AnyFromInt, &[from], Fill::default(), |this| {
                        let argument = [Argument::Value(value)];
                        this.slow_call(at, RuntimeFunction::AnyFromInt, &argument);
                        this.asm.jmp(back);
                    });
                    self.asm.bind(back);
                }
            }
            Rep::F64 => {
                let from = self.float(function, value, Self::FLOAT_SCRATCH);
                self.plain(Family::AnyFromFloat, &[from.0]);
            }
            Rep::Bool => {
                let from = self.word(function, value, Self::ACC);
                self.plain(Family::AnyFromBool, &[from]);
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
        let from = self.word(function, value, Self::ACC);
        let ty = function.ty(result);
        let (family, runtime) = match ty.rep() {
            Rep::I64 => (Family::IntFromAny, RuntimeFunction::AnyToInt),
            Rep::Bool => (Family::BoolFromAny, RuntimeFunction::AnyToBool),
            Rep::F64 => (Family::FloatFromAny, RuntimeFunction::AnyToFloat),
            Rep::Any => {
                self.define(result, Reg(from));
                return Ok(());
            }
            Rep::Ref => {
                self.object_from_any(at, from, ty);
                self.define(result, Reg(from));
                return Ok(());
            }
        };
        let back = self.asm.label();
        let is_float = ty == Type::F64;
        self.with_cold(family, &[from], Fill::default(), |this| {
            this.slow_call(at, runtime, &[Argument::Value(value)]);
            if is_float {
                this.asm.float_of_bits(Self::FLOAT_SCRATCH, Self::ACC);
            }
            this.asm.jmp(back);
        });
        self.asm.bind(back);
        if is_float {
            self.define_float(result, Self::FLOAT_SCRATCH);
        } else {
            self.define(result, Self::ACC);
        }
        Ok(())
    }

    /// Traps unless the word in a register is an object of the type.
    fn object_from_any(&mut self, at: At, from: u8, ty: Type) {
        let is_kind = |kind: Kind| {
            let detail = ty.item_rep().map(|rep| (rep as u32) << META_DETAIL);
            let mask = KIND | if detail.is_some() { ITEMS } else { 0 };
            let meta = kind as u32 | detail.unwrap_or(0);
            Fill { imm: mask as i32, off: meta as i32, label: None }
        };
        let kind = ty.kind().expect("a pointer type has a kind");
        let back = self.asm.label();
        self.with_cold(Family::ObjectFromAny, &[from], is_kind(kind), |this| {
            if ty == Type::Big {
                // It may be of the other kind.
                let other = if kind == Kind::BigInt { Kind::BigRat } else { Kind::BigInt };
                let refused = this.asm.label();
                this.put(Family::ObjectFromAny, &[from], is_kind(other).to(refused));
                this.asm.jmp(back);
                this.asm.bind(refused);
            }
            this.refuse_object(at, ty);
        });
        self.asm.bind(back);
    }

    // -- reference counts ---------------------------------------------------------------------

    pub(super) fn dup(&mut self, at: At) -> Result {
        let value = at.arg(0);
        let family = match at.function.ty(value).rep() {
            Rep::Ref => Family::DupRef,
            Rep::Any => Family::DupAny,
            Rep::I64 | Rep::F64 | Rep::Bool => return Ok(()),
        };
        let object = self.word(at.function, value, Self::ACC);
        self.plain(family, &[object]);
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

    /// Drops the word in a register, which keeps it.
    pub(super) fn drop_word(&mut self, at: At, rep: Rep, object: Reg) {
        let family = match rep {
            Rep::Ref => Family::DropRef,
            Rep::Any => Family::DropAny,
            Rep::I64 | Rep::F64 | Rep::Bool => return,
        };
        let back = self.asm.label();
        self.with_cold(family, &[object.0], Fill::default(), |this| {
            this.slow_call(at, RuntimeFunction::RefFree, &[Argument::Reg(object)]);
            this.asm.jmp(back);
        });
        self.asm.bind(back);
    }
}
