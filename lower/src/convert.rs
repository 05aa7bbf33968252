//! Conversions between types, as the checker wrote them down.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::trap::TrapKind;
use mochi_hir::hir::{Convert, ExprId, ExprKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// `value` converted to the type of the expression `id`.
    pub(crate) fn conversion(
        &mut self,
        convert: Convert,
        value: ExprId,
        id: ExprId,
    ) -> Option<Value> {
        let span = self.hir[id].span;
        let target = self.type_of(id);
        let repr = self.repr(target);
        if convert == Convert::Unwrap && matches!(self.hir[value].kind, ExprKind::None) {
            // Edition 2025 lets `none` stand where a pointer is wanted; who looks into it stops.
            if repr.rep() == Rep::Ref {
                return Some(self.none(repr));
            }
            self.builder.terminate(Op::Trap, &[], TrapKind::NoneValue as u64, &[]);
            return None;
        }
        let value = self.expr(value)?;
        self.at(span);
        Some(match convert {
            Convert::IntToFloat => self.builder.emit(Op::I64ToF64, &[value], 0, Type::F64),
            Convert::FloatToInt => self.builder.emit(Op::F64ToI64, &[value], 0, Type::I64),
            Convert::Wrap => self.as_option(value, repr),
            Convert::Narrow => self.as_type(value, repr),
            Convert::Unwrap => {
                let ty = self.builder.ty(value);
                if !ty.rep().is_counted() {
                    return Some(value);
                }
                let some = self.builder.emit(Op::CheckSome, &[value], 0, ty);
                self.as_type(some, repr)
            }
            Convert::ToAny => self.any_of(value),
            Convert::FromAny => self.cast(value, target),
            Convert::Items => {
                let value = self.any_of(value);
                self.cast_to_type(value, target)
            }
            Convert::IntToBigInt
            | Convert::IntToBigRat
            | Convert::FloatToBigInt
            | Convert::FloatToBigRat
            | Convert::BigIntToBigRat
            | Convert::BigRatToBigInt => self.big_of(value, target),
            Convert::BigIntToInt | Convert::BigRatToInt => {
                self.runtime(RuntimeFunction::BigToInt, &[value], Type::I64)
            }
            Convert::BigIntToFloat | Convert::BigRatToFloat => {
                self.runtime(RuntimeFunction::BigToFloat, &[value], Type::F64)
            }
            Convert::Truthy => self.truth(value),
            Convert::StringToInt => self.runtime(RuntimeFunction::StrToInt, &[value], Type::I64),
            Convert::StringToFloat => {
                self.runtime(RuntimeFunction::StrToFloat, &[value], Type::F64)
            }
            Convert::StringToBool => return self.string_to_bool(value),
            Convert::MapToStruct | Convert::Variant => {
                let &TypeKind::Struct(id) = self.kind(target) else {
                    return self.unsupported(span, "this conversion");
                };
                let shape = self.cx.struct_shape(id);
                // Casts look at the types of fields.
                self.cx.type_number(target);
                let value = self.any_of(value);
                let shape = self.builder.i64(i64::from(shape.0));
                self.runtime(RuntimeFunction::AnyToRecord, &[value, shape], Type::Record)
            }
            Convert::StructToMap => {
                let map = self.runtime(RuntimeFunction::RecordToMap, &[value], Type::Map);
                if let TypeKind::Map(TypeId::STRING, TypeId::ANY) = self.kind(target) {
                    return Some(self.watched(map, target));
                }
                let map = self.any_of(map);
                self.cast_to_type(map, target)
            }
            Convert::Rename => self.as_type(value, repr),
        })
    }

    /// A value as `any`.
    pub(crate) fn any_of(&mut self, value: Value) -> Value {
        if self.builder.ty(value) == Type::Any {
            return value;
        }
        self.builder.emit(Op::AnyFrom, &[value], 0, Type::Any)
    }

    /// A value in another representation of what it is known to be.
    pub(crate) fn as_type(&mut self, value: Value, ty: Type) -> Value {
        match (self.builder.ty(value), ty) {
            (from, to) if from == to => value,
            (_, Type::Any) => self.any_of(value),
            (Type::Any, _) => self.builder.emit(Op::AnyTo, &[value], 0, ty),
            (_, _) => {
                let value = self.any_of(value);
                self.builder.emit(Op::AnyTo, &[value], 0, ty)
            }
        }
    }

    /// An `any` as a value of a type, checked when the program runs.
    pub(crate) fn cast(&mut self, value: Value, ty: TypeId) -> Value {
        if ty == TypeId::ANY {
            return value;
        }
        match self.repr(ty) {
            repr @ (Type::I64 | Type::F64 | Type::Bool) => {
                self.builder.emit(Op::AnyTo, &[value], 0, repr)
            }
            Type::Str if ty == TypeId::STRING => {
                self.builder.emit(Op::AnyTo, &[value], 0, Type::Str)
            }
            _ => self.cast_to_type(value, ty),
        }
    }

    /// The same by a call, which looks at the whole type.
    fn cast_to_type(&mut self, value: Value, ty: TypeId) -> Value {
        let repr = self.repr(ty);
        let number = self.cx.type_number(ty);
        let number = self.builder.i64(i64::from(number));
        self.runtime(RuntimeFunction::AnyToType, &[value, number], repr)
    }

    /// A number, bool, text or `any` as a bigint or bigrat.
    pub(crate) fn big_of(&mut self, value: Value, ty: TypeId) -> Value {
        let fraction = self.is_fraction(ty);
        let function = match self.builder.ty(value) {
            Type::I64 => RuntimeFunction::BigFromInt,
            Type::F64 => RuntimeFunction::BigFromFloat,
            _ => {
                let value = self.any_of(value);
                return self.runtime(RuntimeFunction::AnyParseBig, &[value, fraction], Type::Big);
            }
        };
        self.runtime(function, &[value, fraction], Type::Big)
    }

    /// Whether a type is that of fractions, for the runtime.
    pub(crate) fn is_fraction(&mut self, ty: TypeId) -> Value {
        let ty = match *self.kind(ty) {
            TypeKind::Option(inner) => inner,
            _ => ty,
        };
        self.builder.bool(ty == TypeId::BIGRAT)
    }

    /// A value as a condition.
    pub(crate) fn truth(&mut self, value: Value) -> Value {
        match self.builder.ty(value) {
            Type::Bool => value,
            Type::I64 => {
                let zero = self.builder.i64(0);
                self.builder.compare(Op::I64Cmp, Condition::Ne, value, zero)
            }
            Type::F64 => {
                let zero = self.builder.f64(0.0);
                self.builder.compare(Op::F64Cmp, Condition::Ne, value, zero)
            }
            _ => {
                let value = self.any_of(value);
                self.runtime(RuntimeFunction::AnyTruthy, &[value], Type::Bool)
            }
        }
    }

    fn string_to_bool(&mut self, value: Value) -> Option<Value> {
        let mut after = self.join();
        for (text, result) in [("true", true), ("false", false)] {
            let text = self.string(text);
            let same = self.runtime(RuntimeFunction::StrEq, &[value, text], Type::Bool);
            let mut yes = self.join();
            let mut no = self.join();
            self.branch(same, &mut yes, &mut no);
            self.enter(yes)?;
            let result = self.builder.bool(result);
            self.leave(&mut after, Some(result));
            self.enter(no)?;
        }
        let message = self.string("a string other than \"true\" and \"false\" cannot be a bool");
        self.raise_text(TrapKind::Cast, message);
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }
}
