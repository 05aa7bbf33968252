//! Expressions: [`FunctionLowering::expr`] for their value, [`FunctionLowering::effect`] for what they do, and
//! [`FunctionLowering::condition`] for where they go.

use crate::flow::Join;
use crate::function::FunctionLowering;
use crate::operator::is_comparison;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::trap::TrapKind;
use mochi_hir::hir::{BinaryOp, ExprId, ExprKind, StmtId};
use mochi_hir::types::{StructId, TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl<'a> FunctionLowering<'_, 'a> {
    /// The value of an expression; `None` when control does not come back from it.
    pub(crate) fn expr(&mut self, id: ExprId) -> Option<Value> {
        let hir = self.hir;
        let expr = &hir[id];
        self.at(expr.span);
        Some(match &expr.kind {
            ExprKind::Int(value) => self.builder.i64(*value),
            ExprKind::Float(value) => self.builder.f64(*value),
            ExprKind::Bool(value) => self.builder.bool(*value),
            ExprKind::Str(symbol) => self.symbol(*symbol),
            ExprKind::None => {
                let ty = self.type_of(id);
                let ty = self.repr(ty);
                self.none(ty)
            }
            ExprKind::Unit => self.none(Type::Any),
            ExprKind::Unreachable => {
                self.builder.terminate(Op::Trap, &[], TrapKind::NoMatch as u64, &[]);
                return None;
            }
            ExprKind::Unsupported(what) => return self.unsupported(expr.span, what),
            ExprKind::Query(query) => self.query(*query, id)?,
            ExprKind::GroupKey(group) => {
                let group = self.operand(*group)?;
                let ty = self.type_of(id);
                let ty = self.repr(ty);
                self.at(expr.span);
                self.builder.emit(Op::FieldGet, &[group], 0, ty)
            }
            ExprKind::Load { .. } => return self.unsupported(expr.span, "`load`"),
            ExprKind::Save { .. } => return self.unsupported(expr.span, "`save`"),
            ExprKind::Local(local) => self.read(*local),
            ExprKind::Function(function, args) => {
                self.function_value(*function, args, expr.span)?
            }
            ExprKind::Closure(function) => self.closure(*function),
            ExprKind::Call { .. } | ExprKind::CallValue { .. } | ExprKind::CallBuiltin { .. } => {
                match self.any_call(id)? {
                    Some(value) => value,
                    None => self.none(Type::Any),
                }
            }
            ExprKind::Partial { callee, args } => {
                self.partial_application(*callee, args, expr.span)?
            }
            ExprKind::Neg(operand) => {
                let value = self.operand(*operand)?;
                let ty = self.type_of(*operand);
                self.at(expr.span);
                self.negation(ty, value)
            }
            ExprKind::Not(operand) => {
                let value = self.expr(*operand)?;
                self.at(expr.span);
                self.builder.emit(Op::BoolNot, &[value], 0, Type::Bool)
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, *left, *right, id)?,
            ExprKind::And(left, right) => self.lazily(*left, *right, false)?,
            ExprKind::Or(left, right) => self.lazily(*left, *right, true)?,
            ExprKind::Coalesce(value, default) => self.coalesce(*value, *default, id)?,
            ExprKind::If { cond, then, otherwise } => {
                self.if_expr(*cond, *then, *otherwise, true)?.expect("both branches have a value")
            }
            ExprKind::Match { scrutinee, arms } => {
                self.match_expr(id, *scrutinee, arms, true)?.expect("all arms have a value")
            }
            ExprKind::List(items) => self.list(items, id)?,
            ExprKind::Map(entries) => self.map(entries, id)?,
            ExprKind::Struct(shape, fields) => self.record(*shape, fields, id)?,
            ExprKind::Field(base, field) => {
                let record = self.operand(*base)?;
                self.at(expr.span);
                self.field(record, *base, *field)
            }
            ExprKind::AnyField(base, name) => {
                let value = self.any_operand(*base)?;
                self.at(expr.span);
                let name = self.symbol(*name);
                self.runtime(RuntimeFunction::AnyField, &[value, name], Type::Any)
            }
            ExprKind::SafeField(base, field) => self.safe_field(*base, *field, id)?,
            ExprKind::Index(base, index) => self.index(*base, *index, id)?,
            ExprKind::MapGet(map, key) => self.map_get(*map, *key, id)?,
            ExprKind::MapIndex(map, key) => {
                let map = self.operand(*map)?;
                let key = self.expr(*key)?;
                let ty = self.type_of(id);
                let ty = self.repr(ty);
                self.at(expr.span);
                self.runtime(RuntimeFunction::MapGet, &[map, key], ty)
            }
            ExprKind::SafeIndex(base, index) => self.safe_index(*base, *index, id)?,
            ExprKind::Slice { base, start, end, step } => {
                self.slice(*base, [*start, *end, *step], id)?
            }
            ExprKind::Convert(convert, value) => self.conversion(*convert, *value, id)?,
            ExprKind::Block(stmts, value) => {
                self.block(stmts)?;
                self.expr(*value)?
            }
        })
    }

    /// Evaluates an expression whose value nobody needs.
    pub(crate) fn effect(&mut self, id: ExprId) -> Option<()> {
        let hir = self.hir;
        match &hir[id].kind {
            ExprKind::Call { .. } | ExprKind::CallValue { .. } | ExprKind::CallBuiltin { .. } => {
                self.at(hir[id].span);
                self.any_call(id)?;
            }
            ExprKind::If { cond, then, otherwise } => {
                self.if_expr(*cond, *then, *otherwise, false)?;
            }
            ExprKind::Match { scrutinee, arms } => {
                self.at(hir[id].span);
                self.match_expr(id, *scrutinee, arms, false)?;
            }
            ExprKind::Block(stmts, value) => {
                self.block(stmts)?;
                self.effect(*value)?;
            }
            ExprKind::Unit | ExprKind::None => {}
            _ => {
                self.expr(id)?;
            }
        }
        Some(())
    }

    fn block(&mut self, stmts: &'a [StmtId]) -> Option<()> {
        self.stmts(stmts)
    }

    /// The value of an expression that is about to be looked into: never null, unless its type is an option.
    pub(crate) fn operand(&mut self, id: ExprId) -> Option<Value> {
        let value = self.expr(id)?;
        Some(self.checked(value, id))
    }

    /// The value of `id`, which is not `none` from here on.
    fn checked(&mut self, value: Value, id: ExprId) -> Value {
        let ty = self.builder.ty(value);
        if !self.cx.can_be_null(ty) {
            return value;
        }
        self.at(self.hir[id].span);
        self.builder.emit(Op::CheckSome, &[value], 0, ty)
    }

    /// The value of an expression as `any`.
    pub(crate) fn any_operand(&mut self, id: ExprId) -> Option<Value> {
        let value = self.expr(id)?;
        Some(self.any_of(value))
    }

    /// The values of expressions, from left to right.
    pub(crate) fn exprs(&mut self, ids: &[ExprId]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(ids.len());
        for &id in ids {
            values.push(self.expr(id)?);
        }
        Some(values)
    }

    // -- conditions and branches --

    /// Evaluates a condition and goes to one of two joins; the block is closed afterwards.
    pub(crate) fn condition(&mut self, id: ExprId, yes: &mut Join, no: &mut Join) {
        match self.hir[id].kind {
            ExprKind::Bool(true) => self.leave(yes, None),
            ExprKind::Bool(false) => self.leave(no, None),
            ExprKind::Not(operand) => self.condition(operand, no, yes),
            ExprKind::And(left, right) => {
                let mut both = self.join();
                self.condition(left, &mut both, no);
                if self.enter(both).is_some() {
                    self.condition(right, yes, no);
                }
            }
            ExprKind::Or(left, right) => {
                let mut neither = self.join();
                self.condition(left, yes, &mut neither);
                if self.enter(neither).is_some() {
                    self.condition(right, yes, no);
                }
            }
            // Inverted, so that the comparison needs no negation of its own.
            ExprKind::Binary(BinaryOp::Ne, left, right) if self.hir[left].ty != TypeId::INT => {
                if let Some(equal) = self.equality(left, right, id) {
                    self.at(self.hir[id].span);
                    self.branch(equal, no, yes);
                }
            }
            _ => {
                if let Some(condition) = self.expr(id) {
                    self.at(self.hir[id].span);
                    self.branch(condition, yes, no);
                }
            }
        }
    }

    /// `left && right` or `left || right` as a value: `short` is what the left side alone decides.
    fn lazily(&mut self, left: ExprId, right: ExprId, short: bool) -> Option<Value> {
        let mut after = self.join();
        let mut decided = self.join();
        let mut open = self.join();
        if short {
            self.condition(left, &mut decided, &mut open);
        } else {
            self.condition(left, &mut open, &mut decided);
        }
        if self.enter(decided).is_some() {
            let value = self.builder.bool(short);
            self.leave(&mut after, Some(value));
        }
        if self.enter(open).is_some()
            && let Some(value) = self.expr(right)
        {
            self.leave(&mut after, Some(value));
        }
        self.enter(after).map(|value| value.expect("all sources bring one"))
    }

    /// `if cond then a else b`, for its value if `wanted`.
    fn if_expr(
        &mut self,
        cond: ExprId,
        then: ExprId,
        otherwise: ExprId,
        wanted: bool,
    ) -> Option<Option<Value>> {
        let mut after = self.join();
        let mut yes = self.join();
        let mut no = self.join();
        self.condition(cond, &mut yes, &mut no);
        for (start, body) in [(yes, then), (no, otherwise)] {
            if self.enter(start).is_some() {
                self.branch_value(body, wanted, &mut after);
            }
        }
        self.enter(after)
    }

    /// Evaluates a branch and goes to the join behind it.
    pub(crate) fn branch_value(&mut self, body: ExprId, wanted: bool, after: &mut Join) {
        if wanted {
            if let Some(value) = self.expr(body) {
                self.leave(after, Some(value));
            }
        } else if self.effect(body).is_some() {
            self.leave(after, None);
        }
    }

    // -- literals --

    /// From this many items on a list literal is filled item by item, so that no instruction has operands without end.
    const LARGE_LITERAL: usize = 256;

    fn list(&mut self, items: &[ExprId], id: ExprId) -> Option<Value> {
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        if items.len() < Self::LARGE_LITERAL {
            let items = self.exprs(items)?;
            self.at(self.hir[id].span);
            return Some(self.builder.emit(Op::ListOf, &items, 0, ty));
        }
        let capacity = self.builder.i64(items.len() as i64);
        let mut list = self.builder.emit(Op::ListNew, &[capacity], 0, ty);
        for &item in items {
            let item = self.expr(item)?;
            list = self.builder.emit(Op::ListPush, &[list, item], 0, ty);
        }
        Some(list)
    }

    fn map(&mut self, entries: &[(ExprId, ExprId)], id: ExprId) -> Option<Value> {
        let ty = self.type_of(id);
        let &TypeKind::Map(key, item) = self.kind(ty) else {
            return self.unsupported(self.hir[id].span, "this map");
        };
        let map = self.new_map(key, item, entries.len());
        for &(key, item) in entries {
            let key = self.expr(key)?;
            let item = self.expr(item)?;
            self.at(self.hir[id].span);
            self.runtime_effect(RuntimeFunction::MapSet, &[map, key, item]);
        }
        Some(map)
    }

    fn record(&mut self, shape: StructId, fields: &[ExprId], id: ExprId) -> Option<Value> {
        let fields = self.exprs(fields)?;
        let shape = self.cx.struct_shape(shape);
        self.at(self.hir[id].span);
        Some(self.builder.emit(Op::RecordNew, &fields, u64::from(shape.0), Type::Record))
    }

    // -- fields and items --

    /// Reads a field; `base` tells of what struct.
    fn field(&mut self, record: Value, base: ExprId, field: u32) -> Value {
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

    fn safe_field(&mut self, base: ExprId, field: u32, id: ExprId) -> Option<Value> {
        let record = self.expr(base)?;
        self.at(self.hir[id].span);
        if self.builder.ty(record) != Type::Record {
            return self.unsupported(self.hir[id].span, "`?.` on this value");
        }
        self.unless_none(record, id, |this| Some(this.field(record, base, field)))
    }

    fn safe_index(&mut self, base: ExprId, index: ExprId, id: ExprId) -> Option<Value> {
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
            _ => self.unsupported(span, "`?[` on this value"),
        }
    }

    /// A list's item, a string's character, an item of an `any`.
    fn index(&mut self, base: ExprId, index: ExprId, id: ExprId) -> Option<Value> {
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
    fn map_get(&mut self, map: ExprId, key: ExprId, id: ExprId) -> Option<Value> {
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
    fn coalesce(&mut self, value: ExprId, default: ExprId, id: ExprId) -> Option<Value> {
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

    fn slice(&mut self, base: ExprId, bounds: [Option<ExprId>; 3], id: ExprId) -> Option<Value> {
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

    // -- operators --

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        match op {
            BinaryOp::Eq => return self.equality(left, right, id),
            BinaryOp::Ne => {
                if self.hir[left].ty == TypeId::INT {
                    let (a, b) = (self.expr(left)?, self.expr(right)?);
                    self.at(span);
                    return Some(self.builder.compare(Op::I64Cmp, Condition::Ne, a, b));
                }
                let equal = self.equality(left, right, id)?;
                return Some(self.builder.emit(Op::BoolNot, &[equal], 0, Type::Bool));
            }
            _ => {}
        }
        if is_comparison(op) {
            let ty = self.type_of(left);
            let a = self.operand(left)?;
            let b = self.operand(right)?;
            self.at(span);
            return Some(self.comparison(op, ty, a, b));
        }
        // A chain of operators leans left as far as it is long, so it is followed in a loop.
        let mut chain = vec![(op, left, right, id)];
        let mut first = left;
        while let ExprKind::Binary(op, left, right) = self.hir[first].kind
            && !is_comparison(op)
        {
            chain.push((op, left, right, first));
            first = left;
        }
        let mut value = self.expr(first)?;
        for (op, left, right, id) in chain.into_iter().rev() {
            let a = self.checked(value, left);
            let b = self.operand(right)?;
            let ty = self.type_of(left);
            self.at(self.hir[id].span);
            value = self.operation(op, ty, a, b);
        }
        Some(value)
    }

    /// Whether two expressions are equal; comparing with `none` looks at the other side only.
    fn equality(&mut self, left: ExprId, right: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        for (none, other) in [(right, left), (left, right)] {
            if matches!(self.hir[none].kind, ExprKind::None) {
                return self.is_none(other, id);
            }
        }
        let ty = self.type_of(left);
        let a = self.expr(left)?;
        let b = self.expr(right)?;
        self.at(span);
        Some(self.comparison(BinaryOp::Eq, ty, a, b))
    }

    fn is_none(&mut self, other: ExprId, id: ExprId) -> Option<Value> {
        let span = self.hir[id].span;
        if let ExprKind::MapGet(map, key) = self.hir[other].kind {
            let ty = self.type_of(map);
            if let &TypeKind::Map(_, item) = self.kind(ty)
                && !matches!(self.kind(item), TypeKind::Option(_) | TypeKind::Any)
            {
                let map = self.operand(map)?;
                let key = self.expr(key)?;
                self.at(span);
                let has = self.runtime(RuntimeFunction::MapHas, &[map, key], Type::Bool);
                return Some(self.builder.emit(Op::BoolNot, &[has], 0, Type::Bool));
            }
        }
        let value = self.expr(other)?;
        self.at(span);
        if self.builder.ty(value).rep() == Rep::Any || self.builder.ty(value).rep() == Rep::Ref {
            return Some(self.builder.emit(Op::IsNone, &[value], 0, Type::Bool));
        }
        Some(self.builder.bool(false))
    }
}
