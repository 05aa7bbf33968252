//! Queries: what `from … select …` says becomes loops, and the list or the one value that comes out of them.
//!
//! - Rows flow from the innermost loop straight into the result; they are only kept where a clause must have seen all of
//!   them: `group by`, `sort by`, and the left side of a right or outer join. Kept rows are columns, one list for each
//!   variable, so that a row is no object.
//! - What a loop changes are hidden variables of the function being lowered, and they go the way of all variables.
//! - Every expression of the query is lowered in one place, except an equality that a hash table decides only nearly.

use crate::flow::Join;
use crate::function::FunctionLowering;
use mochi_hir::hir::{Builtin, ExprId, LocalId, QueryId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;
use plan::Plan;

mod group;
mod join;
mod loops;
mod plan;
mod rows;
mod sort;
mod uses;

/// What is lowered for each row, in the innermost loop.
type Sink<'s, 'l, 'a> = &'s mut dyn FnMut(&mut FunctionLowering<'l, 'a>) -> Option<()>;

/// A query while it is lowered.
struct Running<'a> {
    plan: Plan<'a>,
    select: ExprId,
    /// The variables of the program that the query's expressions assign: all its loops carry them.
    assigned: Vec<LocalId>,
    inputs: Vec<Input>,
}

/// A source that is the same for all rows.
struct Input {
    /// `None` when it depends on the row.
    list: Option<Value>,
    /// From keys to the numbers of the items that have them.
    table: Option<Value>,
}

impl Running<'_> {
    /// What a loop carries that fills these variables.
    fn carrying(&self, filled: &[LocalId]) -> Vec<LocalId> {
        [&self.assigned, filled].concat()
    }
}

/// Where rows end.
struct Emission {
    select: ExprId,
    result: ResultKind,
    /// The result so far: a list, a count or a sum.
    so_far: LocalId,
    skip: Option<Counter>,
    take: Option<Counter>,
    /// Behind the query, for when enough rows were taken.
    stop: Join,
}

/// Rows that are counted up to a number.
#[derive(Clone, Copy)]
struct Counter {
    limit: Value,
    count: LocalId,
}

/// What becomes of the selected values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResultKind {
    List,
    Count,
    SumInt,
    SumFloat,
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// The result of a query.
    pub(crate) fn query(&mut self, query: QueryId, id: ExprId) -> Option<Value> {
        let hir = self.hir;
        let (data, span) = (&hir[query], hir[id].span);
        let plan = match plan::plan(hir, data) {
            Ok(plan) => plan,
            Err(what) => return self.unsupported(span, what),
        };
        let mut writes = std::mem::take(&mut self.cx.writes);
        self.new_set();
        let mut assigned = Vec::new();
        for &local in writes.of_query(hir, query) {
            if self.is_declared(local) && self.mark_once(local) {
                assigned.push(local);
            }
        }
        self.cx.writes = writes;
        let mut running = Running { plan, select: data.select, assigned, inputs: Vec::new() };
        self.inputs(&mut running)?;
        let limits = [running.plan.skip, running.plan.take];
        let mut counters = [None, None];
        for (limit, counter) in limits.into_iter().zip(&mut counters) {
            if let Some(limit) = limit {
                let limit = self.expr(limit)?;
                let zero = self.builder.i64(0);
                *counter = Some(Counter { limit, count: self.hidden(zero) });
            }
        }
        let [skip, take] = counters;
        self.at(span);
        let item = self.type_of(data.select);
        let item = self.repr(item);
        let result = match (data.aggregate, item) {
            _ if data.distinct => ResultKind::List,
            (Some(Builtin::Count), _) => ResultKind::Count,
            (Some(Builtin::Sum), Type::I64) => ResultKind::SumInt,
            (Some(Builtin::Sum), Type::F64) => ResultKind::SumFloat,
            _ => ResultKind::List,
        };
        let start = match result {
            ResultKind::List => self.empty_list(item),
            ResultKind::Count | ResultKind::SumInt => self.builder.i64(0),
            ResultKind::SumFloat => self.builder.f64(0.0),
        };
        let so_far = self.hidden(start);
        let stop = self.join();
        let mut emission = Emission { select: data.select, result, so_far, skip, take, stop };
        self.all_rows(&running, &mut emission, span);
        self.enter(emission.stop)?;
        self.at(span);
        let mut value = self.current(so_far);
        if data.distinct {
            value = self.distinct(value);
        }
        match data.aggregate {
            Some(builtin) if result == ResultKind::List => {
                let ty = self.type_of(id);
                self.aggregate(builtin, value, ty)
            }
            _ => Some(value),
        }
    }

    /// Loops through the rows, to the join behind them.
    fn all_rows(&mut self, running: &Running<'a>, emission: &mut Emission, span: mochi_base::Span) {
        if let Some(take) = emission.take {
            let zero = self.builder.i64(0);
            let any = self.builder.compare(Op::I64Cmp, Condition::Gt, take.limit, zero);
            let mut go = self.join();
            self.branch(any, &mut go, &mut emission.stop);
            if self.enter(go).is_none() {
                return;
            }
        }
        let mut filled = vec![emission.so_far];
        filled.extend([emission.skip, emission.take].iter().flatten().map(|counter| counter.count));
        let carried = running.carrying(&filled);
        let mut sink = |this: &mut Self| this.emit_row(emission);
        if self.sorted_rows(running, &carried, &mut sink).is_some() {
            self.at(span);
            self.leave(&mut emission.stop, None);
        }
    }

    /// A row at its end: it is skipped, or what is selected of it goes into the result.
    fn emit_row(&mut self, emission: &mut Emission) -> Option<()> {
        let span = self.hir[emission.select].span;
        self.at(span);
        let mut after = self.join();
        if let Some(skip) = emission.skip {
            let (skipped, skipping) = self.below(skip);
            let mut over = self.join();
            let mut go = self.join();
            self.branch(skipping, &mut over, &mut go);
            self.enter(over);
            self.count_up(skip.count, skipped);
            self.leave(&mut after, None);
            self.enter(go);
        }
        let value = match emission.result {
            ResultKind::Count => {
                self.effect(emission.select)?;
                None
            }
            _ => Some(self.expr(emission.select)?),
        };
        self.at(span);
        let before = self.current(emission.so_far);
        match (emission.result, value) {
            (ResultKind::List, Some(value)) => self.push_to(emission.so_far, value),
            (ResultKind::SumInt, Some(value)) => {
                let sum = self.builder.emit(Op::I64Add, &[before, value], 0, Type::I64);
                self.assign(emission.so_far, sum);
            }
            (ResultKind::SumFloat, Some(value)) => {
                let sum = self.builder.emit(Op::F64Add, &[before, value], 0, Type::F64);
                self.assign(emission.so_far, sum);
            }
            (ResultKind::Count, _) | (_, None) => self.count_up(emission.so_far, before),
        }
        match emission.take {
            Some(take) => {
                let taken = self.current(take.count);
                self.count_up(take.count, taken);
                let (_, more) = self.below(take);
                self.branch(more, &mut after, &mut emission.stop);
            }
            None => self.leave(&mut after, None),
        }
        self.enter(after).map(|_| ())
    }

    /// A counter's count, and whether it is still below its limit.
    fn below(&mut self, counter: Counter) -> (Value, Value) {
        let count = self.current(counter.count);
        (count, self.builder.compare(Op::I64Cmp, Condition::Lt, count, counter.limit))
    }

    /// One more; rows do not get so many that they could not be counted.
    fn count_up(&mut self, counter: LocalId, count: Value) {
        let one = self.builder.i64(1);
        let next = self.builder.emit(Op::I64AddProved, &[count, one], 0, Type::I64);
        self.assign(counter, next);
    }

    /// The items of a group; any other value is what it was.
    pub(crate) fn group_items(&mut self, value: Value, ty: TypeId) -> Value {
        match *self.kind(ty) {
            TypeKind::Group(_, item) => {
                let list = Type::list_of(self.repr(item).rep());
                self.builder.emit(Op::FieldGet, &[value], 1, list)
            }
            _ => value,
        }
    }
}
