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
        if let Some(value) = self.standing(id) {
            return Some(value);
        }
        if let Some(value) = self.once(id) {
            return value;
        }
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
            ExprKind::Query(query) => {
                let value = self.query(*query, id)?;
                let ty = self.type_of(id);
                self.watched(value, ty)
            }
            ExprKind::LogicQuery(query) => {
                let value = self.logic_query(query, id)?;
                let ty = self.type_of(id);
                self.watched(value, ty)
            }
            ExprKind::GroupKey(group) => {
                let group = self.operand(*group)?;
                let ty = self.type_of(id);
                let ty = self.repr(ty);
                self.at(expr.span);
                self.builder.emit(Op::FieldGet, &[group], 0, ty)
            }
            ExprKind::Load { .. } => {
                let rows = self.load_all(id)?;
                let ty = self.type_of(id);
                self.watched(rows, ty)
            }
            ExprKind::Save { .. } => self.save(id)?,
            ExprKind::Local(local) => self.read(*local),
            ExprKind::Function(function, args) => {
                self.function_value(*function, args, expr.span)?
            }
            ExprKind::Closure(function) => self.closure(*function),
            ExprKind::Call { .. }
            | ExprKind::CallValue { .. }
            | ExprKind::CallNested { .. }
            | ExprKind::CallBuiltin { .. } => match self.any_call(id)? {
                Some(value) => value,
                None => self.none(Type::Any),
            },
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
            ExprKind::Agent(agent, given) => self.agent(*agent, given, id)?,
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
        if self.standing(id).is_some() {
            return Some(());
        }
        let hir = self.hir;
        match &hir[id].kind {
            ExprKind::Call { .. }
            | ExprKind::CallValue { .. }
            | ExprKind::CallNested { .. }
            | ExprKind::CallBuiltin { .. } => {
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
    pub(crate) const LARGE_LITERAL: usize = 256;

    fn list(&mut self, items: &[ExprId], id: ExprId) -> Option<Value> {
        let whole = self.type_of(id);
        let ty = self.repr(whole);
        if items.len() < Self::LARGE_LITERAL {
            let items = self.exprs(items)?;
            self.at(self.hir[id].span);
            let list = self.builder.emit(Op::ListOf, &items, 0, ty);
            return Some(self.watched(list, whole));
        }
        let capacity = self.builder.i64(items.len() as i64);
        let list = self.builder.emit(Op::ListNew, &[capacity], 0, ty);
        let mut list = self.watched(list, whole);
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
            let b = self.right_operand(right)?;
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
        // `2 * n` is `n * 2` where the 2 is an int and n is not.
        let (op, _, right, id) = chain[chain.len() - 1];
        let mut value = match self.widened_int(first) {
            Some(int)
                if matches!(op, BinaryOp::Add | BinaryOp::Mul)
                    && self.widened_int(right).is_none() =>
            {
                chain.pop();
                let b = self.operand(int)?;
                let a = self.operand(right)?;
                let ty = self.type_of(first);
                self.at(self.hir[id].span);
                self.operation(op, ty, a, b)
            }
            _ => self.expr(first)?,
        };
        for (op, left, right, id) in chain.into_iter().rev() {
            let a = self.checked(value, left);
            let b = self.right_operand(right)?;
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
        if let Some(int) = self.widened_int(right)
            && !self.cx.can_be_null(Type::Big)
        {
            let b = self.operand(int)?;
            self.at(span);
            let order = self.runtime(RuntimeFunction::BigCompareInt, &[a, b], Type::I64);
            let zero = self.builder.i64(0);
            return Some(self.builder.compare(Op::I64Cmp, Condition::Eq, order, zero));
        }
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
