//! `match`: arms are tried from the first to the last; when they only tell the variants of a union apart, by one switch.

use crate::flow::Join;
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_hir::hir::{Arm, BinaryOp, ExprId, ExprKind, Pattern};
use mochi_hir::types::{StructId, TypeId, TypeKind, UnionId};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl<'a> FunctionLowering<'_, 'a> {
    /// A match, for its value if `wanted`.
    pub(crate) fn match_expr(
        &mut self,
        id: ExprId,
        scrutinee: ExprId,
        arms: &'a [Arm],
        wanted: bool,
    ) -> Option<Option<Value>> {
        let span = self.hir[id].span;
        let ty = self.type_of(scrutinee);
        let value = self.expr(scrutinee)?;
        self.at(span);
        let mut after = self.join();
        if let TypeKind::Union(union) = *self.kind(ty)
            && arms.len() > 1
            && arms.iter().all(|arm| tells_variants_only(&arm.pattern))
        {
            let value = self.present(value);
            self.switch(union, value, arms, wanted, &mut after);
        } else {
            self.try_arms(ty, value, arms, wanted, &mut after);
        }
        if self.builder.is_open() {
            self.at(span);
            let shown = self.any_of(value);
            let text = self.runtime(RuntimeFunction::StrFromAny, &[shown], Type::Str);
            self.raise_text(TrapKind::NoMatch, text);
        }
        self.enter(after)
    }

    /// A record that is about to be looked into: not null.
    fn present(&mut self, value: Value) -> Value {
        let ty = self.builder.ty(value);
        if self.cx.can_be_null(ty) {
            self.builder.emit(Op::CheckSome, &[value], 0, ty)
        } else {
            value
        }
    }

    /// Tries one arm after the other; leaves the block open where none fits.
    fn try_arms(
        &mut self,
        ty: TypeId,
        value: Value,
        arms: &'a [Arm],
        wanted: bool,
        after: &mut Join,
    ) {
        let mut missing = self.variants_without(ty);
        for arm in arms {
            self.at(arm.span);
            let mut next = self.join();
            // The last variant left needs no test: the others have been tried.
            if let (Pattern::Struct(shape, fields), [last]) = (&arm.pattern, &missing[..])
                && shape == last
            {
                let struct_type = self.cx.types.intern(TypeKind::Struct(*shape));
                let value = self.present(value);
                if self.test_fields(fields, value, struct_type, &mut next).is_some() {
                    self.branch_value(arm.body, wanted, after);
                }
            } else if self.test(&arm.pattern, value, ty, &mut next).is_some() {
                self.branch_value(arm.body, wanted, after);
            }
            if let Pattern::Struct(shape, fields) = &arm.pattern
                && fields.iter().all(is_irrefutable)
            {
                missing.retain(|variant| variant != shape);
            }
            if self.enter(next).is_none() {
                return;
            }
        }
    }

    /// The variants of a union; none for another type.
    fn variants_without(&self, ty: TypeId) -> Vec<StructId> {
        match *self.kind(ty) {
            TypeKind::Union(union) => self.cx.types.union_type(union).variants.clone(),
            _ => Vec::new(),
        }
    }

    /// Goes to each variant's arm by the number of its shape.
    fn switch(
        &mut self,
        union: UnionId,
        value: Value,
        arms: &'a [Arm],
        wanted: bool,
        after: &mut Join,
    ) {
        let variants = self.cx.types.union_type(union).variants.clone();
        let first = self.cx.union_shapes(union);
        let mut starts: Vec<Join> = arms.iter().map(|_| self.join()).collect();
        let mut unmatched = self.join();
        // Which arm each variant goes to.
        let choices: Vec<Option<usize>> = variants
            .iter()
            .map(|variant| {
                arms.iter().position(|arm| match &arm.pattern {
                    Pattern::Struct(shape, _) => shape == variant,
                    _ => true,
                })
            })
            .collect();
        let shape = self.builder.emit(Op::RecordShape, &[value], 0, Type::I64);
        let blocks: Vec<_> = choices
            .iter()
            .map(|choice| choice.map_or(unmatched.block, |arm| starts[arm].block))
            .collect();
        let target = if let [one, other] = blocks[..] {
            let number = self.builder.i64(i64::from(first.0));
            let is_first = self.builder.compare(Op::I64Cmp, Condition::Eq, shape, number);
            self.builder.terminate_open(Op::Branch, &[is_first], 0, &[one, other])
        } else {
            self.builder.terminate_open(Op::Switch, &[shape], u64::from(first.0), &blocks)
        };
        for (place, choice) in choices.into_iter().enumerate() {
            let start = choice.map_or(&mut unmatched, |arm| &mut starts[arm]);
            self.arrive(start, target + place as u32, None);
        }
        for (start, arm) in starts.into_iter().zip(arms) {
            if self.enter(start).is_none() {
                continue;
            }
            self.at(arm.span);
            match &arm.pattern {
                Pattern::Struct(shape, fields) => {
                    let struct_type = self.cx.types.intern(TypeKind::Struct(*shape));
                    let mut never = self.join();
                    let bound = self.test_fields(fields, value, struct_type, &mut never);
                    assert!(
                        bound.is_some() && never.is_unreached(),
                        "fields that are only bound always fit"
                    );
                }
                Pattern::Bind(local) => self.bind(*local, value),
                Pattern::Wildcard | Pattern::Value(_) => {}
            }
            self.branch_value(arm.body, wanted, after);
        }
        self.enter(unmatched);
    }

    /// Tests a pattern and binds its variables: continues where it fits, goes to `fail` where it does not. `None` when it
    /// can never fit.
    fn test(&mut self, pattern: &Pattern, value: Value, ty: TypeId, fail: &mut Join) -> Option<()> {
        match pattern {
            Pattern::Wildcard => {}
            Pattern::Bind(local) => {
                let local_type = self.type_of_local(*local);
                let local_type = self.repr(local_type);
                let value = self.as_type(value, local_type);
                self.bind(*local, value);
            }
            Pattern::Value(expected) => {
                let fits = self.equals(*expected, value, ty)?;
                self.go_on_if(fits, fail);
            }
            Pattern::Struct(shape, fields) => {
                let struct_type = self.cx.types.intern(TypeKind::Struct(*shape));
                let record = if ty == struct_type {
                    self.present(value)
                } else {
                    self.is_shape(*shape, value, ty, fail)
                };
                self.test_fields(fields, record, struct_type, fail)?;
            }
        }
        Some(())
    }

    fn test_fields(
        &mut self,
        fields: &[Pattern],
        record: Value,
        ty: TypeId,
        fail: &mut Join,
    ) -> Option<()> {
        let &TypeKind::Struct(id) = self.kind(ty) else { return Some(()) };
        for (place, pattern) in fields.iter().enumerate() {
            if matches!(pattern, Pattern::Wildcard) {
                continue;
            }
            let field = self.cx.types.struct_type(id).fields[place].ty;
            let repr = self.repr(field);
            let value = self.builder.emit(Op::FieldGet, &[record], place as u64, repr);
            self.test(pattern, value, field, fail)?;
        }
        Some(())
    }

    /// Whether a value equals a pattern's.
    fn equals(&mut self, expected: ExprId, value: Value, ty: TypeId) -> Option<Value> {
        let span = self.builder.span;
        let none = matches!(self.hir[expected].kind, ExprKind::None);
        if none {
            return Some(if self.builder.ty(value).rep().is_counted() {
                self.builder.emit(Op::IsNone, &[value], 0, Type::Bool)
            } else {
                self.builder.bool(false)
            });
        }
        let expected_type = self.type_of(expected);
        let expected = self.expr(expected)?;
        self.at(span);
        if expected_type == ty {
            return Some(self.comparison(BinaryOp::Eq, ty, value, expected));
        }
        let (value, expected) = (self.any_of(value), self.any_of(expected));
        Some(self.runtime(RuntimeFunction::AnyEq, &[value, expected], Type::Bool))
    }

    /// Continues where a value is a record of this struct, as that record.
    fn is_shape(&mut self, id: StructId, value: Value, ty: TypeId, fail: &mut Join) -> Value {
        let shape = self.cx.struct_shape(id);
        let expected = self.builder.i64(i64::from(shape.0));
        if self.builder.ty(value) == Type::Any {
            let shape = self.runtime(RuntimeFunction::AnyShape, &[value], Type::I64);
            let fits = self.builder.compare(Op::I64Cmp, Condition::Eq, shape, expected);
            self.go_on_if(fits, fail);
            return self.as_type(value, Type::Record);
        }
        if matches!(self.kind(ty), TypeKind::Option(_)) || self.cx.can_be_null(Type::Record) {
            let is_none = self.builder.emit(Op::IsNone, &[value], 0, Type::Bool);
            let mut present = self.join();
            self.branch(is_none, fail, &mut present);
            self.enter(present);
        }
        let shape = self.builder.emit(Op::RecordShape, &[value], 0, Type::I64);
        let fits = self.builder.compare(Op::I64Cmp, Condition::Eq, shape, expected);
        self.go_on_if(fits, fail);
        value
    }

    fn go_on_if(&mut self, condition: Value, fail: &mut Join) {
        let mut fits = self.join();
        self.branch(condition, &mut fits, fail);
        self.enter(fits);
    }
}

fn is_irrefutable(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::Wildcard | Pattern::Bind(_))
}

/// Whether a pattern tests nothing but which variant a value is.
fn tells_variants_only(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Wildcard | Pattern::Bind(_) => true,
        Pattern::Value(_) => false,
        Pattern::Struct(_, fields) => fields.iter().all(is_irrefutable),
    }
}
