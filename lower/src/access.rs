//! Looking into values: fields, items, characters, entries of maps, slices, and what stands in for those that are absent.

use crate::flow::Join;
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::{ExprId, ExprKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// Reads a field; `base` tells of what struct.
    pub(crate) fn field(&mut self, record: Value, base: ExprId, field: u32) -> Value {
        let ty = self.type_of(base);
        let ty = self.field_repr(ty, field);
        self.builder.emit(Op::FieldGet, &[record], u64::from(field), ty)
    }

    /// The representation of a struct's field.
    pub(crate) fn field_repr(&mut self, ty: TypeId, field: u32) -> Type {
        let ty = match *self.kind(ty) {
            TypeKind::Option(inner) => inner,
            _ => ty,
        };
        match *self.kind(ty) {
            TypeKind::Struct(id) => {
                self.repr(self.cx.types.struct_type(id).fields[field as usize].ty)
            }
            _ => Type::Any,
        }
    }

    /// Branches on whether a value is none, and joins none with what `some` makes of it.
    fn unless_none(
        &mut self,
        value: Value,
        id: ExprId,
        some: impl FnOnce(&mut Self) -> Option<Value>,
    ) -> Option<Value> {
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        let mut after = self.join();
        let mut absent = self.join();
        let mut present = self.join();
        let is_none = self.builder.emit(Op::IsNone, &[value], 0, Type::Bool);
        self.branch(is_none, &mut absent, &mut present);
        self.enter(absent);
        let none = self.none(ty);
        self.leave(&mut after, Some(none));
        self.enter(present);
        if let Some(result) = some(self) {
            let result = self.as_option(result, ty);
            self.leave(&mut after, Some(result));
        }
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }

    pub(crate) fn safe_field(&mut self, base: ExprId, field: u32, id: ExprId) -> Option<Value> {
        let record = self.expr(base)?;
        self.at(self.hir[id].span);
        if self.builder.ty(record) != Type::Record {
            return self.unsupported(self.hir[id].span, "`?.` on this value");
        }
        self.unless_none(record, id, |this| Some(this.field(record, base, field)))
    }

    pub(crate) fn safe_index(&mut self, base: ExprId, index: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        let value = self.expr(base)?;
        let ty = self.type_of(base);
        let inner = match *self.kind(ty) {
            TypeKind::Option(inner) => inner,
            _ => ty,
        };
        self.at(span);
        match *self.kind(inner) {
            TypeKind::List(item) => {
                let item = self.repr(item);
                self.unless_none(value, id, |this| {
                    let index = this.expr(index)?;
                    this.at(span);
                    Some(this.builder.emit(Op::ListGet, &[value, index], 0, item))
                })
            }
            TypeKind::Map(_, item) => {
                let item = self.repr(item);
                self.unless_none(value, id, |this| {
                    let key = this.expr(index)?;
                    this.at(span);
                    this.lookup(value, key, item, id)
                })
            }
            TypeKind::String => self.unless_none(value, id, |this| {
                let index = this.expr(index)?;
                this.at(span);
                Some(this.runtime(RuntimeFunction::StrIndex, &[value, index], Type::Str))
            }),
            _ => {
                let value = self.any_of(value);
                self.unless_none(value, id, |this| {
                    let index = this.any_operand(index)?;
                    this.at(span);
                    Some(this.runtime(RuntimeFunction::AnyIndex, &[value, index], Type::Any))
                })
            }
        }
    }

    /// A list's item, a string's character, an item of an `any`.
    pub(crate) fn index(&mut self, base: ExprId, index: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        let value = self.operand(base)?;
        let ty = self.type_of(base);
        Some(match *self.kind(ty) {
            TypeKind::List(item) => {
                let index = self.expr(index)?;
                self.at(span);
                self.builder.emit(Op::ListGet, &[value, index], 0, self.repr(item))
            }
            TypeKind::String => {
                let index = self.expr(index)?;
                self.at(span);
                self.runtime(RuntimeFunction::StrIndex, &[value, index], Type::Str)
            }
            _ => {
                let value = self.any_of(value);
                let index = self.any_operand(index)?;
                self.at(span);
                self.runtime(RuntimeFunction::AnyIndex, &[value, index], Type::Any)
            }
        })
    }

    /// `m[k]` as an option.
    pub(crate) fn map_get(&mut self, map: ExprId, key: ExprId, id: ExprId) -> Option<Value> {
        let ty = self.type_of(map);
        let map = self.operand(map)?;
        let key = self.expr(key)?;
        self.at(self.hir[id].span);
        let &TypeKind::Map(_, item) = self.kind(ty) else {
            return self.unsupported(self.hir[id].span, "this lookup");
        };
        let item = self.repr(item);
        self.lookup(map, key, item, id)
    }

    /// The value for a key, or none, as the option that `id` is.
    fn lookup(&mut self, map: Value, key: Value, item: Type, id: ExprId) -> Option<Value> {
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        let mut after = self.join();
        let (present, absent, place) = self.find(map, key);
        self.enter(present);
        let found = self.runtime(RuntimeFunction::MapItem, &[map, place], item);
        let found = self.as_option(found, ty);
        self.leave(&mut after, Some(found));
        self.enter(absent);
        let none = self.none(ty);
        self.leave(&mut after, Some(none));
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }

    /// Looks for a key: where to go when it is there and when it is not, and the place of its entry.
    pub(crate) fn find(&mut self, map: Value, key: Value) -> (Join, Join, Value) {
        let place = self.runtime(RuntimeFunction::MapFind, &[map, key], Type::I64);
        let zero = self.builder.i64(0);
        let mut present = self.join();
        let mut absent = self.join();
        let found = self.builder.compare(Op::I64Cmp, Condition::Ge, place, zero);
        self.branch(found, &mut present, &mut absent);
        (present, absent, place)
    }

    /// A value as the option with this representation; a value that already is one stays what it is.
    pub(crate) fn as_option(&mut self, value: Value, option: Type) -> Value {
        if self.builder.ty(value) == option {
            value
        } else {
            self.builder.emit(Op::AnyFrom, &[value], 0, Type::Any)
        }
    }

    /// `a ?? b`.
    pub(crate) fn coalesce(&mut self, value: ExprId, default: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        if let ExprKind::MapGet(map, key) = self.hir[value].kind {
            let map_type = self.type_of(map);
            if let &TypeKind::Map(_, item) = self.kind(map_type)
                && self.repr(item) == ty
                && !matches!(self.kind(item), TypeKind::Option(_) | TypeKind::Any)
            {
                return self.lookup_or(map, key, default, ty, value);
            }
        }
        let found = self.expr(value)?;
        if !self.builder.ty(found).rep().is_counted() {
            return Some(found);
        }
        self.at(span);
        let mut after = self.join();
        let mut absent = self.join();
        let mut present = self.join();
        let is_none = self.builder.emit(Op::IsNone, &[found], 0, Type::Bool);
        self.branch(is_none, &mut absent, &mut present);
        self.enter(present);
        let some = self.as_type(found, ty);
        self.leave(&mut after, Some(some));
        self.enter(absent);
        self.branch_value(default, true, &mut after);
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }

    /// `m[k] ?? d` without an option between.
    fn lookup_or(
        &mut self,
        map: ExprId,
        key: ExprId,
        default: ExprId,
        ty: Type,
        id: ExprId,
    ) -> Option<Value> {
        let map = self.operand(map)?;
        let key = self.expr(key)?;
        self.at(self.hir[id].span);
        let mut after = self.join();
        let (present, absent, place) = self.find(map, key);
        self.enter(present);
        let found = self.runtime(RuntimeFunction::MapItem, &[map, place], ty);
        self.leave(&mut after, Some(found));
        self.enter(absent);
        self.branch_value(default, true, &mut after);
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }

    pub(crate) fn slice(
        &mut self,
        base: ExprId,
        bounds: [Option<ExprId>; 3],
        id: ExprId,
    ) -> Option<Value> {
        let span = self.hir[id].span;
        let ty = self.type_of(base);
        let value = self.operand(base)?;
        let kind = self.kind(ty).clone();
        if bounds[2].is_none() && matches!(kind, TypeKind::List(_) | TypeKind::String) {
            let start = match bounds[0] {
                Some(start) => self.expr(start)?,
                None => self.builder.i64(0),
            };
            let end = match bounds[1] {
                Some(end) => self.expr(end)?,
                None => self.builder.i64(i64::MAX),
            };
            self.at(span);
            let (function, result) = match kind {
                TypeKind::String => (RuntimeFunction::StrSlice, Type::Str),
                _ => (RuntimeFunction::ListSlice, self.builder.ty(value)),
            };
            return Some(self.runtime(function, &[value, start, end], result));
        }
        let mut ends = [Value(0); 2];
        for (end, bound) in ends.iter_mut().zip(bounds) {
            *end = match bound {
                Some(bound) => self.any_operand(bound)?,
                None => self.none(Type::Any),
            };
        }
        if let (TypeKind::List(_), Some(step)) = (&kind, bounds[2]) {
            let step = self.expr(step)?;
            self.at(span);
            let result = self.builder.ty(value);
            return Some(self.runtime(
                RuntimeFunction::ListSliceStep,
                &[value, ends[0], ends[1], step],
                result,
            ));
        }
        let value = self.any_of(value);
        let step = match bounds[2] {
            Some(step) => self.any_operand(step)?,
            None => self.none(Type::Any),
        };
        self.at(span);
        let sliced =
            self.runtime(RuntimeFunction::AnySlice, &[value, ends[0], ends[1], step], Type::Any);
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        Some(self.as_type(sliced, ty))
    }
}
