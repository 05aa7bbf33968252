//! `sort by`: the rows are kept, the runtime says in which order they come, and a loop goes through them in it.
//!
//! With `take` only so many rows are kept as can come out, and as many again: when the columns are full, the rows that are
//! too far behind are thrown away. From then on a row whose first key is behind that of the last one wanted is not kept at
//! all. What is kept stays in the order in which it came, so the order of equals is that of all rows.

use super::rows::Columns;
use super::uses::uses;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::LocalId;
use mochi_hir::types::TypeId;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// As few rows are not worth throwing away.
const FEWEST: i64 = 1024;
/// No list gets as long.
const LONGEST: i64 = 1 << 40;

/// The rows being kept, in hidden variables.
struct Kept {
    variables: Vec<LocalId>,
    lists: Vec<LocalId>,
    /// The columns of keys, and whether they go downwards.
    keys: Vec<LocalId>,
    directions: Vec<bool>,
    top: Option<Top>,
}

/// When only the first rows are wanted.
struct Top {
    /// How many, at least 1.
    wanted: Value,
    /// How many are kept at most.
    room: Value,
    /// The first key of the last row wanted, once so many are known, where keys are compared here.
    bound: Option<(LocalId, LocalId)>,
}

impl Kept {
    fn filled(&self) -> Vec<LocalId> {
        let mut filled = [&self.lists[..], &self.keys].concat();
        if let Some(Top { bound: Some((key, known)), .. }) = self.top {
            filled.extend([key, known]);
        }
        filled
    }
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// Loops through the rows as `select` is to see them: grouped and sorted.
    pub(super) fn sorted_rows(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let plan = &running.plan;
        if plan.sort.is_empty() {
            return self.grouped_rows(running, carried, sink);
        }
        let span = self.builder.span;
        let kept = self.nothing_kept(running);
        let filled = running.carrying(&kept.filled());
        self.grouped_rows(running, &filled, &mut |this| {
            let mut keys = Vec::with_capacity(plan.sort.len());
            for key in plan.sort {
                keys.push(this.expr(key.key)?);
            }
            this.at(span);
            this.keep_row(&kept, &keys)
        })?;
        self.at(span);
        let order = self.order_of(&kept);
        let lists = kept.lists.iter().map(|&list| self.current(list)).collect();
        let columns = Columns { variables: kept.variables, lists };
        let end = self.list_len(order);
        self.counted(carried, end, |this, place| {
            let row = this.item(order, place, Type::I64);
            this.bind_row(&columns, row);
            sink(this)
        });
        Some(())
    }

    fn grouped_rows(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        match &running.plan.group {
            Some(grouping) => self.groups(running, carried, grouping, sink),
            None => self.rows(running, carried, running.plan.sources.len(), sink),
        }
    }

    /// Empty columns for what `select` uses and for the keys.
    fn nothing_kept(&mut self, running: &Running<'a>) -> Kept {
        let plan = &running.plan;
        let used = uses(self.hir, plan.query.select);
        let mut variables = match &plan.group {
            Some(group) => vec![group.into],
            None => plan.variables.clone(),
        };
        variables.retain(|variable| used.contains(variable));
        let lists = self.empty_columns(&variables);
        let keys = plan
            .sort
            .iter()
            .map(|key| {
                let ty = self.type_of(key.key);
                let list = self.empty_list(self.repr(ty));
                self.hidden(list)
            })
            .collect();
        let directions = plan.sort.iter().map(|key| key.descending).collect();
        let top = match running.take {
            Some(take) if plan.is_top => {
                let first = self.type_of(plan.sort[0].key);
                Some(self.top(running.skip, take, first))
            }
            _ => None,
        };
        Kept { variables, lists, keys, directions, top }
    }

    fn top(&mut self, skip: Option<Value>, take: Value, first_key: TypeId) -> Top {
        let mut wanted = self.clamped(take);
        if let Some(skip) = skip {
            let skip = self.clamped(skip);
            wanted = self.builder.emit(Op::I64AddProved, &[skip, wanted], 0, Type::I64);
        }
        let double = self.builder.emit(Op::I64AddProved, &[wanted, wanted], 0, Type::I64);
        let fewest = self.builder.i64(FEWEST);
        let room = self.larger(double, fewest);
        let start = match self.repr(first_key) {
            Type::I64 => Some(self.builder.i64(0)),
            Type::F64 => Some(self.builder.f64(0.0)),
            Type::Str if first_key == TypeId::STRING && !self.cx.can_be_null(Type::Str) => {
                Some(self.string(""))
            }
            _ => None,
        };
        let bound = start.map(|start| {
            let no = self.builder.bool(false);
            (self.hidden(start), self.hidden(no))
        });
        Top { wanted, room, bound }
    }

    /// A number of rows, not below 0 and not above what a list can have.
    fn clamped(&mut self, count: Value) -> Value {
        let (zero, longest) = (self.builder.i64(0), self.builder.i64(LONGEST));
        let count = self.larger(count, zero);
        let is_long = self.builder.compare(Op::I64Cmp, Condition::Gt, count, longest);
        self.builder.emit(Op::Select, &[is_long, longest, count], 0, Type::I64)
    }

    fn larger(&mut self, a: Value, b: Value) -> Value {
        let is_larger = self.builder.compare(Op::I64Cmp, Condition::Gt, a, b);
        self.builder.emit(Op::Select, &[is_larger, a, b], 0, Type::I64)
    }

    /// Adds the row to the columns, unless it is known that it cannot come out.
    fn keep_row(&mut self, kept: &Kept, keys: &[Value]) -> Option<()> {
        let Some(top) = &kept.top else {
            self.push_kept(kept, keys);
            return Some(());
        };
        let mut after = self.join();
        if let Some((bound, known)) = top.bound {
            let mut compare = self.join();
            let mut keep = self.join();
            let is_known = self.current(known);
            self.branch(is_known, &mut compare, &mut keep);
            self.enter(compare);
            let bound = self.current(bound);
            let is_behind = self.is_behind(keys[0], bound, kept.directions[0]);
            self.branch(is_behind, &mut after, &mut keep);
            self.enter(keep);
        }
        self.push_kept(kept, keys);
        let column = self.current(kept.keys[0]);
        let count = self.list_len(column);
        let is_full = self.builder.compare(Op::I64Cmp, Condition::Ge, count, top.room);
        let mut full = self.join();
        self.branch(is_full, &mut full, &mut after);
        self.enter(full);
        self.throw_away(kept, top);
        self.leave(&mut after, None);
        self.enter(after).map(|_| ())
    }

    fn push_kept(&mut self, kept: &Kept, keys: &[Value]) {
        for (&key, &list) in keys.iter().zip(&kept.keys) {
            self.push_to(list, key);
        }
        self.push_row(&kept.variables, &kept.lists);
    }

    /// Whether a row with this first key comes behind all rows that have the other one.
    fn is_behind(&mut self, key: Value, bound: Value, descending: bool) -> Value {
        let behind = if descending { Condition::Lt } else { Condition::Gt };
        match self.builder.ty(key) {
            Type::I64 => self.builder.compare(Op::I64Cmp, behind, key, bound),
            Type::F64 => self.builder.compare(Op::F64Cmp, behind, key, bound),
            _ => {
                let order = self.runtime(RuntimeFunction::StrCompare, &[key, bound], Type::I64);
                let zero = self.builder.i64(0);
                self.builder.compare(Op::I64Cmp, behind, order, zero)
            }
        }
    }

    /// Keeps only the rows that are wanted of those that there are so far.
    fn throw_away(&mut self, kept: &Kept, top: &Top) {
        let order = self.order_of(kept);
        for &list in kept.keys.iter().chain(&kept.lists) {
            let column = self.current(list);
            let ty = self.builder.ty(column);
            let arguments = [column, order, top.wanted];
            let picked = self.runtime(RuntimeFunction::ListPick, &arguments, ty);
            self.assign(list, picked);
        }
        if let Some((bound, known)) = top.bound {
            let one = self.builder.i64(1);
            let last = self.builder.emit(Op::I64SubProved, &[top.wanted, one], 0, Type::I64);
            let column = self.current(kept.keys[0]);
            let before = self.current(bound);
            let ty = self.builder.ty(before);
            let key = self.item(column, last, ty);
            self.assign(bound, key);
            let yes = self.builder.bool(true);
            self.assign(known, yes);
        }
    }

    /// The numbers of the kept rows in their order.
    fn order_of(&mut self, kept: &Kept) -> Value {
        let keys: Vec<Value> = kept.keys.iter().map(|&list| self.current(list)).collect();
        let keys = self.builder.emit(Op::ListOf, &keys, 0, Type::ListRef);
        let directions: Vec<Value> =
            kept.directions.iter().map(|&descending| self.builder.bool(descending)).collect();
        let directions = self.builder.emit(Op::ListOf, &directions, 0, Type::ListBool);
        self.runtime(RuntimeFunction::ListRowOrder, &[keys, directions], Type::ListI64)
    }
}
