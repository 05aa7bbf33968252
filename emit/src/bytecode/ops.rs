//! The interpreter's table of ops, which is its dispatch, and what each op becomes.

use super::instruction::{Opcode, Word};
use super::{At, Bytecode};
use crate::EmitError;
use mochi_abi::layout::{CLOSURE_CAPTURES, Kind, RECORD_FIELDS, Rep};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

mochi_ir::emitter_ops! { Bytecode<'_> as "bytecode", (at: At<'_>) -> EmitError;
    emit {
        I64Const | F64Const | BoolConst | StrConst | None => constant;
        I64Add | I64Sub | I64Mul | I64Div | I64Rem => arithmetic;
        I64AddProved | I64SubProved | I64MulProved | I64DivProved | I64RemProved => arithmetic;
        I64Neg | I64ToF64 | F64Neg | F64Sqrt | F64ToI64 | IsNone | CheckSome => unary;
        I64Cmp => compare;
        F64Cmp => compare_floats;
        F64Add | F64Sub => float_sum;
        F64Mul => float_product;
        F64Div | F64DivProved => binary;
        BoolNot => bool_not;
        BoolEq | RefSame => binary;
        Select => select;
        AnyFrom => any_from;
        AnyTo => any_to;
        ListNew => list_new;
        ListOf => list_of;
        ListLen | RecordShape => unary;
        ListGet | ListLoad | ListTake => list_get;
        ListSet | ListStore => list_set;
        ListPush => list_push;
        IndexCheck => binary;
        RecordNew => record_new;
        FieldGet | FieldTake | CaptureGet => field_get;
        FieldSet => field_set;
        ClosureMake => closure_make;
        GlobalGet | GlobalTake => global_get;
        GlobalSet => global_set;
        Call => call;
        CallClosure => call_closure;
        CallRuntime => call_runtime;
        Dup => dup;
        Drop => drop;
        Poll => poll;
        Jump => jump;
        Branch => branch;
        Switch => switch;
        Return => leave;
        TailCall => tail_call;
        TailCallClosure => tail_call_closure;
        Trap => trap;
    }
    expand { }
    decline { }
}

/// A closure's captures lie so many words behind where a record's fields would.
pub(super) const CAPTURES_AFTER_FIELDS: u64 = ((CLOSURE_CAPTURES - RECORD_FIELDS) / 8) as u64;

/// More slots than that in one instruction would not fit its count.
const MAX_SLOTS: usize = 0xffff;

impl Bytecode<'_> {
    /// Constants are encoded where they are used.
    fn constant(&mut self, _: At) -> Result<(), EmitError> {
        Ok(())
    }

    fn arithmetic(&mut self, at: At) -> Result<(), EmitError> {
        let (slots, immediate) = match at.inst.op {
            Op::I64Sub | Op::I64SubProved => (Opcode::Subtract, Opcode::SubtractImmediate),
            Op::I64Mul | Op::I64MulProved => (Opcode::Multiply, Opcode::MultiplyImmediate),
            Op::I64Div | Op::I64DivProved => (Opcode::Divide, Opcode::DivideImmediate),
            Op::I64Rem | Op::I64RemProved => (Opcode::Remainder, Opcode::RemainderImmediate),
            _ => (Opcode::Add, Opcode::AddImmediate),
        };
        for position in [1, 0] {
            if let Some(value) = self.plan.immediate(at.function, at.inst, position) {
                let other = self.operand(at, at.arg(1 - position));
                let result = self.result(at);
                self.mark(at);
                self.push(Word::new(immediate, result, other, value as u16));
                return Ok(());
            }
        }
        self.three(at, slots, 0, 1)
    }

    /// `result = operand first, operand second`.
    pub(super) fn three(
        &mut self,
        at: At,
        opcode: Opcode,
        first: usize,
        second: usize,
    ) -> Result<(), EmitError> {
        let (b, c) = (self.operand(at, at.arg(first)), self.operand(at, at.arg(second)));
        let a = self.result(at);
        self.mark(at);
        self.push(Word::new(opcode, a, b, c));
        Ok(())
    }

    fn binary(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) {
            return Ok(());
        }
        let opcode = match at.inst.op {
            Op::F64Div => Opcode::FloatDivide,
            Op::F64DivProved => Opcode::FloatDivideProved,
            Op::IndexCheck => Opcode::CheckIndex,
            _ => Opcode::Equal,
        };
        self.three(at, opcode, 0, 1)
    }

    fn unary(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) {
            return Ok(());
        }
        let opcode = match at.inst.op {
            Op::I64Neg => Opcode::Negate,
            Op::I64ToF64 => Opcode::IntToFloat,
            Op::F64Neg => Opcode::FloatNegate,
            Op::F64Sqrt => Opcode::FloatSqrt,
            Op::F64ToI64 => Opcode::FloatToInt,
            Op::IsNone => Opcode::IsNone,
            Op::CheckSome => Opcode::CheckSome,
            Op::ListLen => Opcode::ListLength,
            _ => Opcode::RecordShape,
        };
        self.two(at, opcode)
    }

    /// `result = the operand`.
    fn two(&mut self, at: At, opcode: Opcode) -> Result<(), EmitError> {
        let b = self.operand(at, at.arg(0));
        let a = self.result(at);
        self.mark(at);
        self.push(Word::new(opcode, a, b, 0));
        Ok(())
    }

    /// Whether the instruction is part of the one that uses it.
    fn is_fused(&self, at: At) -> bool {
        self.plan.fused(at.function, at.result()).is_some()
    }

    fn compare(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) {
            return Ok(());
        }
        for position in [1, 0] {
            if let Some(value) = self.plan.immediate(at.function, at.inst, position) {
                let condition = at.inst.condition();
                let opcode = match if position == 1 { condition } else { condition.swapped() } {
                    Condition::Eq => Opcode::EqualImmediate,
                    Condition::Ne => Opcode::NotEqualImmediate,
                    Condition::Lt => Opcode::LessImmediate,
                    Condition::Le => Opcode::LessEqualImmediate,
                    Condition::Gt => Opcode::GreaterImmediate,
                    Condition::Ge => Opcode::GreaterEqualImmediate,
                };
                let other = self.operand(at, at.arg(1 - position));
                let result = self.result(at);
                self.push(Word::new(opcode, result, other, value as u16));
                return Ok(());
            }
        }
        match at.inst.condition() {
            Condition::Eq => self.three(at, Opcode::Equal, 0, 1),
            Condition::Ne => self.three(at, Opcode::NotEqual, 0, 1),
            Condition::Lt => self.three(at, Opcode::Less, 0, 1),
            Condition::Le => self.three(at, Opcode::LessEqual, 0, 1),
            Condition::Gt => self.three(at, Opcode::Less, 1, 0),
            Condition::Ge => self.three(at, Opcode::LessEqual, 1, 0),
        }
    }

    fn compare_floats(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) {
            return Ok(());
        }
        match at.inst.condition() {
            Condition::Eq => self.three(at, Opcode::FloatEqual, 0, 1),
            Condition::Ne => self.three(at, Opcode::FloatNotEqual, 0, 1),
            Condition::Lt => self.three(at, Opcode::FloatLess, 0, 1),
            Condition::Le => self.three(at, Opcode::FloatLessEqual, 0, 1),
            Condition::Gt => self.three(at, Opcode::FloatLess, 1, 0),
            Condition::Ge => self.three(at, Opcode::FloatLessEqual, 1, 0),
        }
    }

    fn float_product(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) { Ok(()) } else { self.three(at, Opcode::FloatMultiply, 0, 1) }
    }

    /// A sum or difference, and a product if it is made for that.
    fn float_sum(&mut self, at: At) -> Result<(), EmitError> {
        let is_sum = at.inst.op == Op::F64Add;
        for (position, &arg) in at.args().iter().enumerate() {
            let Some(product) = self.plan.fused(at.function, arg) else {
                continue;
            };
            let factors = at.function.args(product);
            let (b, c) = (self.operand(at, factors[0]), self.operand(at, factors[1]));
            let other = self.operand(at, at.arg(1 - position));
            let opcode = match (is_sum, position) {
                (true, 0) => Opcode::FloatMultiplyAdd,
                (true, _) => Opcode::FloatAddMultiply,
                (false, 0) => Opcode::FloatMultiplySubtract,
                (false, _) => Opcode::FloatSubtractMultiply,
            };
            let a = self.result(at);
            self.push(Word::new(opcode, a, b, c));
            self.data(Word { op: 0, a: other, b: 0, c: 0 });
            return Ok(());
        }
        self.three(at, if is_sum { Opcode::FloatAdd } else { Opcode::FloatSubtract }, 0, 1)
    }

    fn bool_not(&mut self, at: At) -> Result<(), EmitError> {
        if self.is_fused(at) { Ok(()) } else { self.two(at, Opcode::Not) }
    }

    fn select(&mut self, at: At) -> Result<(), EmitError> {
        let condition = self.operand(at, at.arg(0));
        let (b, c) = (self.operand(at, at.arg(1)), self.operand(at, at.arg(2)));
        let a = self.result(at);
        self.push(Word::new(Opcode::Select, a, b, c));
        self.data(Word { op: 0, a: condition, b: 0, c: 0 });
        Ok(())
    }

    fn any_from(&mut self, at: At) -> Result<(), EmitError> {
        match at.function.ty(at.arg(0)).rep() {
            Rep::I64 => self.two(at, Opcode::AnyFromInt),
            Rep::F64 => self.two(at, Opcode::AnyFromFloat),
            Rep::Bool => self.two(at, Opcode::AnyFromBool),
            // An object's word is the same.
            Rep::Ref | Rep::Any => self.copy(at),
        }
    }

    /// The result is the operand.
    fn copy(&mut self, at: At) -> Result<(), EmitError> {
        let from = u32::from(self.operand(at, at.arg(0)));
        let to = u32::from(self.result(at));
        self.set_slot(to, from);
        Ok(())
    }

    fn any_to(&mut self, at: At) -> Result<(), EmitError> {
        let ty = at.function.ty(at.result());
        if let Some(rep) = ty.item_rep() {
            return self.numbered(at, Opcode::AnyToList, rep as u16);
        }
        match ty.rep() {
            Rep::I64 => self.two(at, Opcode::AnyToInt),
            Rep::F64 => self.two(at, Opcode::AnyToFloat),
            Rep::Bool => self.two(at, Opcode::AnyToBool),
            Rep::Ref => {
                let kind = ty.kind().expect("a pointer type has a kind");
                self.numbered(at, Opcode::AnyToObject, kind as u16)
            }
            Rep::Any => self.copy(at),
        }
    }

    /// `result = operand, number`.
    fn numbered(&mut self, at: At, opcode: Opcode, number: u16) -> Result<(), EmitError> {
        let b = self.operand(at, at.arg(0));
        let a = self.result(at);
        self.mark(at);
        self.push(Word::new(opcode, a, b, number));
        Ok(())
    }

    fn list_new(&mut self, at: At) -> Result<(), EmitError> {
        let rep = item_rep(at.function.ty(at.result()));
        self.numbered(at, Opcode::ListNew, rep as u16)
    }

    fn list_of(&mut self, at: At) -> Result<(), EmitError> {
        let rep = item_rep(at.function.ty(at.result()));
        let items = at.args();
        if items.len() <= MAX_SLOTS && !self.is_far() {
            let slots = self.slots(at, items);
            let a = self.result(at);
            self.mark(at);
            self.push(Word::new(Opcode::ListOf, a, rep as u16, items.len() as u16));
            self.slot_words(&slots);
            return Ok(());
        }
        // One by one, in a slot that is none of the items'.
        let list = self.temporary();
        self.set_constant(u32::from(list), super::plan::Constant::Word(items.len() as u64));
        self.mark(at);
        self.push(Word::new(Opcode::ListNew, list, list, rep as u16));
        let push = if rep == Rep::Bool { Opcode::ListPushByte } else { Opcode::ListPush };
        for &item in items {
            let before = self.body.scratch;
            let item = self.operand(at, item);
            self.mark(at);
            self.push(Word::new(push, list, list, item));
            self.body.scratch = before;
        }
        self.finish_temporary(at, list);
        Ok(())
    }

    /// A slot that holds nothing.
    pub(super) fn temporary(&mut self) -> u16 {
        if self.is_far() { self.scratch() } else { (self.body.window + self.plan.arguments) as u16 }
    }

    /// The result is in a temporary slot.
    fn finish_temporary(&mut self, at: At, temporary: u16) {
        let place = self.place(at.result());
        self.set_slot(place, u32::from(temporary));
    }

    fn slots(&mut self, at: At, values: &[Value]) -> Vec<u16> {
        values.iter().map(|&value| self.operand(at, value)).collect()
    }

    /// Slots, four to a word.
    fn slot_words(&mut self, slots: &[u16]) {
        for four in slots.chunks(4) {
            let slot = |i: usize| four.get(i).copied().unwrap_or_default();
            self.data(Word { op: slot(0), a: slot(1), b: slot(2), c: slot(3) });
        }
    }

    fn list_get(&mut self, at: At) -> Result<(), EmitError> {
        let bytes = item_rep(at.function.ty(at.arg(0))) == Rep::Bool;
        if at.inst.op == Op::ListGet {
            if self.is_fused(at) {
                return Ok(());
            }
            if self.plan.fused(at.function, at.arg(0)).is_some() {
                let (b, c) = self.nested(at);
                let index = self.operand(at, at.arg(1));
                let a = self.result(at);
                let opcode = if bytes { Opcode::ListGetNestedByte } else { Opcode::ListGetNested };
                return self.nested_access(at, Word::new(opcode, a, b, c), index);
            }
        }
        if let Some(index) = self.plan.immediate(at.function, at.inst, 1) {
            return self.numbered(at, Opcode::ListGetAt, index as u16);
        }
        let opcode = match (at.inst.op, bytes) {
            (Op::ListTake, false) => Opcode::ListTake,
            (Op::ListTake, true) => Opcode::ListTakeByte,
            (Op::ListLoad, false) => Opcode::ListLoad,
            (Op::ListLoad, true) => Opcode::ListLoadByte,
            (_, false) => Opcode::ListGet,
            (_, true) => Opcode::ListGetByte,
        };
        self.three(at, opcode, 0, 1)
    }

    /// The outer list and the index in it, of a list that is read or written within.
    fn nested(&mut self, at: At) -> (u16, u16) {
        let outer = self.plan.fused(at.function, at.arg(0)).expect("the caller has looked");
        let args = at.function.args(outer);
        (self.operand(at, args[0]), self.operand(at, args[1]))
    }

    /// An access to a list in a list. Its second word is the site of the second access.
    fn nested_access(&mut self, at: At, word: Word, last: u16) -> Result<(), EmitError> {
        let id = self.plan.definition(at.arg(0));
        self.mark(At { id, ..at });
        self.push(word);
        self.mark(at);
        self.data(Word { op: 0, a: last, b: 0, c: 0 });
        Ok(())
    }

    fn list_set(&mut self, at: At) -> Result<(), EmitError> {
        if self.plan.fused(at.function, at.arg(0)).is_some() {
            let (a, b) = self.nested(at);
            let (index, item) = (self.operand(at, at.arg(1)), self.operand(at, at.arg(2)));
            let bytes = item_rep(at.function.ty(at.arg(0))) == Rep::Bool;
            let opcode = if bytes { Opcode::ListSetNestedByte } else { Opcode::ListSetNested };
            return self.nested_access(at, Word::new(opcode, a, b, index), item);
        }
        let proved = at.inst.op == Op::ListStore;
        let opcode = match item_rep(at.function.ty(at.arg(0))) {
            Rep::I64 | Rep::F64 if proved => Opcode::ListStore,
            Rep::I64 | Rep::F64 => Opcode::ListSet,
            Rep::Bool if proved => Opcode::ListStoreByte,
            Rep::Bool => Opcode::ListSetByte,
            Rep::Ref if proved => Opcode::ListStoreObject,
            Rep::Ref => Opcode::ListSetObject,
            Rep::Any if proved => Opcode::ListStoreAny,
            Rep::Any => Opcode::ListSetAny,
        };
        let (a, b) = (self.operand(at, at.arg(0)), self.operand(at, at.arg(1)));
        let c = self.operand(at, at.arg(2));
        self.mark(at);
        self.push(Word::new(opcode, a, b, c));
        Ok(())
    }

    fn list_push(&mut self, at: At) -> Result<(), EmitError> {
        let bytes = item_rep(at.function.ty(at.arg(0))) == Rep::Bool;
        self.three(at, if bytes { Opcode::ListPushByte } else { Opcode::ListPush }, 0, 1)
    }

    fn record_new(&mut self, at: At) -> Result<(), EmitError> {
        self.object(at, Opcode::RecordNew, at.inst.imm as u32, 0, 0)
    }

    fn closure_make(&mut self, at: At) -> Result<(), EmitError> {
        let captures = at.program.functions[at.inst.function().index()].captures;
        let shape = captures.expect("the function of a closure has captures, by the verifier");
        self.object(at, Opcode::ClosureNew, at.inst.imm as u32, shape.0, CAPTURES_AFTER_FIELDS)
    }

    /// A record or closure with the operands as its words from the field `first` on.
    fn object(
        &mut self,
        at: At,
        opcode: Opcode,
        low: u32,
        high: u32,
        first: u64,
    ) -> Result<(), EmitError> {
        let fields = at.args();
        if fields.len() <= MAX_SLOTS && !self.is_far() {
            let slots = self.slots(at, fields);
            let a = self.result(at);
            self.mark(at);
            self.push(Word::new(opcode, a, 0, fields.len() as u16));
            self.data(Word::halves(low, high));
            self.slot_words(&slots);
            return Ok(());
        }
        let object = self.temporary();
        self.mark(at);
        self.push(Word::new(opcode, object, 0, 0));
        self.data(Word::halves(low, high));
        for (i, &field) in fields.iter().enumerate() {
            let before = self.body.scratch;
            let value = self.operand(at, field);
            // Whatever the field's rep is: there is nothing in it to drop.
            let (object, place) = self.field(object, first + i as u64);
            self.push(Word::new(Opcode::FieldSet, object, value, place));
            self.body.scratch = before;
        }
        self.finish_temporary(at, object);
        Ok(())
    }

    /// The object and the 16-bit number of its field `place`: for a higher one, an address inside of the object.
    fn field(&mut self, object: u16, place: u64) -> (u16, u16) {
        if let Ok(near) = u16::try_from(place) {
            return (object, near);
        }
        // The temporary slot may hold the object.
        let inside = if self.is_far() { self.scratch() } else { self.temporary() + 1 };
        self.push(Word::new(Opcode::Offset, inside, object, 0));
        self.data(Word::data(place * 8));
        (inside, 0)
    }

    fn field_get(&mut self, at: At) -> Result<(), EmitError> {
        let place = match at.inst.op {
            Op::CaptureGet => at.inst.imm + CAPTURES_AFTER_FIELDS,
            _ => at.inst.imm,
        };
        let opcode = if at.inst.op == Op::FieldTake { Opcode::FieldTake } else { Opcode::FieldGet };
        let object = self.operand(at, at.arg(0));
        let (object, place) = self.field(object, place);
        let a = self.result(at);
        self.push(Word::new(opcode, a, object, place));
        Ok(())
    }

    fn field_set(&mut self, at: At) -> Result<(), EmitError> {
        let opcode = match at.function.ty(at.arg(1)).rep() {
            Rep::I64 | Rep::F64 | Rep::Bool => Opcode::FieldSet,
            Rep::Ref => Opcode::FieldSetObject,
            Rep::Any => Opcode::FieldSetAny,
        };
        let object = self.operand(at, at.arg(0));
        let value = self.operand(at, at.arg(1));
        let (object, place) = self.field(object, at.inst.imm);
        self.push(Word::new(opcode, object, value, place));
        Ok(())
    }

    fn global_get(&mut self, at: At) -> Result<(), EmitError> {
        let opcode =
            if at.inst.op == Op::GlobalTake { Opcode::GlobalTake } else { Opcode::GlobalGet };
        let a = self.result(at);
        self.push(Word::wide(opcode, a, at.inst.imm as u32));
        Ok(())
    }

    fn global_set(&mut self, at: At) -> Result<(), EmitError> {
        let opcode = match at.function.ty(at.arg(0)).rep() {
            Rep::I64 | Rep::F64 | Rep::Bool => Opcode::GlobalSet,
            Rep::Ref => Opcode::GlobalSetObject,
            Rep::Any => Opcode::GlobalSetAny,
        };
        let a = self.operand(at, at.arg(0));
        self.push(Word::wide(opcode, a, at.inst.imm as u32));
        Ok(())
    }

    fn dup(&mut self, at: At) -> Result<(), EmitError> {
        let is_any = at.function.ty(at.arg(0)) == Type::Any;
        let a = self.operand(at, at.arg(0));
        self.push(Word::new(if is_any { Opcode::DupAny } else { Opcode::Dup }, a, 0, 0));
        Ok(())
    }

    /// A drop, together with one or two before it.
    fn drop(&mut self, at: At) -> Result<(), EmitError> {
        let slot = self.operand(at, at.arg(0));
        if at.function.ty(at.arg(0)) == Type::Any {
            self.push(Word::new(Opcode::DropAny, slot, 0, 0));
            return Ok(());
        }
        if let Some(last) = self.body.last {
            let before = &mut self.body.words[last];
            if before.op == Opcode::Drop as u16 {
                *before = Word::new(Opcode::DropTwo, before.a, slot, 0);
                return Ok(());
            }
            if before.op == Opcode::DropTwo as u16 {
                *before = Word::new(Opcode::DropThree, before.a, before.b, slot);
                return Ok(());
            }
        }
        self.push(Word::new(Opcode::Drop, slot, 0, 0));
        Ok(())
    }

    fn leave(&mut self, at: At) -> Result<(), EmitError> {
        let Some(&value) = at.args().first() else {
            self.push(Word::new(Opcode::ReturnNothing, 0, 0, 0));
            return Ok(());
        };
        if let Some(super::plan::Constant::Word(bits)) = self.plan.constant_of(at.function, value)
            && let Ok(small) = i32::try_from(bits as i64)
        {
            self.push(Word::wide(Opcode::ReturnImmediate, 0, small as u32));
            return Ok(());
        }
        let a = self.operand(at, value);
        self.push(Word::new(Opcode::Return, a, 0, 0));
        Ok(())
    }

    fn trap(&mut self, at: At) -> Result<(), EmitError> {
        let word = |this: &mut Self, position: usize| match at.args().get(position) {
            Some(&value) => this.operand(at, value),
            Option::None => NO_SLOT,
        };
        let (b, c) = (word(self, 0), word(self, 1));
        self.mark(at);
        self.push(Word::new(Opcode::Trap, at.inst.imm as u16, b, c));
        Ok(())
    }
}

/// Stands for the word 0 in a trap. No near slot has this number.
pub(super) const NO_SLOT: u16 = 0xffff;

fn item_rep(list: Type) -> Rep {
    list.item_rep().expect("the operand is a list, by the verifier")
}

// A capture is read as a field, and an object's kind fits an operand.
const _: () =
    assert!((CLOSURE_CAPTURES - RECORD_FIELDS).is_multiple_of(8) && Kind::ALL.len() < 0xffff);
