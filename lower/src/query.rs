//! Queries: what `from … select …` says becomes loops, and the list or the one value that comes out of them.
//!
//! - Rows flow from the innermost loop straight to where they are wanted: into the list, into a count, sum or extreme, into
//!   the body of a `for`, or through the sources of a query around. They are only kept where a clause must have seen all
//!   of them: `group by`, `sort by`, and the left side of a right or outer join. Kept rows are columns, one list for
//!   each variable, so that a row is no object.
//! - What a loop changes are hidden variables of the function being lowered, and they go the way of all variables.
//! - Every expression of the query is lowered in one place, except an equality that a hash table decides only nearly.

use crate::flow::Join;
use crate::function::FunctionLowering;
use collect::{Collect, Counter, Emission};
use mochi_base::Span;
use mochi_hir::hir::{Builtin, ExprId, ExprKind, LocalId, QueryId, StmtId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;
use plan::Plan;
use rows::Input;
use shared::Sharing;
use total::{Known, is_total};

mod changes;
mod collect;
mod explain;
mod file;
mod fold;
mod group;
mod join;
mod loops;
mod once;
mod plan;
mod rows;
mod shared;
mod sort;
mod table;
mod total;
mod uses;

pub(crate) use changes::ChangingFunctions;
pub use explain::{Line, Part, QueryPlan};
pub(crate) use shared::SharedSources;

/// What is lowered for each row, in the innermost loop.
type Sink<'s, 'l, 'a> = &'s mut dyn FnMut(&mut FunctionLowering<'l, 'a>) -> Option<()>;

/// What is lowered for each selected value.
type ValueSink<'s, 'l, 'a> = &'s mut dyn FnMut(&mut FunctionLowering<'l, 'a>, Value) -> Option<()>;

/// A query while it is lowered.
struct Running<'a> {
    query: QueryId,
    plan: Plan<'a>,
    /// The variables that the query's expressions assign, and what is done with its rows: all its loops carry them.
    assigned: Vec<LocalId>,
    inputs: Vec<Input>,
    /// What is ready for the queries within its rows.
    sharing: Sharing,
    skip: Option<Value>,
    take: Option<Value>,
}

impl Running<'_> {
    /// What a loop carries that fills these variables.
    fn carrying(&self, filled: &[LocalId]) -> Vec<LocalId> {
        let mut carried = self.assigned.clone();
        carried.extend(filled.iter().filter(|local| !self.assigned.contains(local)));
        carried
    }
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// The result of a query.
    pub(crate) fn query(&mut self, query: QueryId, id: ExprId) -> Option<Value> {
        let data = &self.hir[query];
        match data.aggregate {
            Some(builtin) => self.aggregate_of_query(builtin, query, id),
            None => {
                let list = self.list_of_query(query, self.hir[id].span)?;
                Some(list)
            }
        }
    }

    /// The list of a query's rows.
    fn list_of_query(&mut self, query: QueryId, span: Span) -> Option<Value> {
        let item = self.type_of(self.hir[query].select);
        let item = self.repr(item);
        let running = self.start(query, span, &[], "kept in a list")?;
        let empty = self.empty_list(item);
        let list = self.hidden(empty);
        self.emit(running, Collect::List(list), span)?;
        Some(self.current(list))
    }

    /// Whether the argument of an aggregate is a query whose rows can be taken as they come.
    pub(crate) fn query_for_aggregate(&self, builtin: Builtin, args: &[ExprId]) -> Option<QueryId> {
        let &[arg] = args else { return None };
        let ExprKind::Query(query) = self.hir[arg].kind else { return None };
        (self.hir[query].aggregate.is_none()
            && matches!(
                builtin,
                Builtin::Count
                    | Builtin::Len
                    | Builtin::Exists
                    | Builtin::Sum
                    | Builtin::Avg
                    | Builtin::Min
                    | Builtin::Max
            ))
        .then_some(query)
    }

    /// An aggregate of what a query selects, which is the value of `id`.
    pub(crate) fn aggregate_of_query(
        &mut self,
        builtin: Builtin,
        query: QueryId,
        id: ExprId,
    ) -> Option<Value> {
        let span = self.hir[id].span;
        let item_type = self.type_of(self.hir[query].select);
        let item = self.repr(item_type);
        let name = match builtin {
            Builtin::Count | Builtin::Len => "counted as they come",
            Builtin::Exists => "asked for the first",
            Builtin::Sum if matches!(item, Type::I64 | Type::F64) => "added up as they come",
            Builtin::Avg if matches!(item, Type::I64 | Type::F64) => "averaged as they come",
            Builtin::Min | Builtin::Max
                if matches!(item, Type::I64 | Type::F64) || item_type == TypeId::STRING =>
            {
                "compared as they come"
            }
            _ => {
                let list = self.list_of_query(query, span)?;
                self.at(span);
                let ty = self.type_of(id);
                return self.aggregate(builtin, list, ty);
            }
        };
        let running = self.start(query, span, &[], name)?;
        let zero = self.builder.i64(0);
        let no = self.builder.bool(false);
        let collect = match builtin {
            Builtin::Count | Builtin::Len => Collect::Count(self.hidden(zero)),
            Builtin::Exists => {
                let known = self.known();
                let can_stop = running.plan.is_total(&known)
                    || running.plan.is_calm && file::is_read(&known, running.plan.query);
                Collect::Exists { found: self.hidden(no), can_stop }
            }
            Builtin::Sum => {
                let start = if item == Type::F64 { self.builder.f64(0.0) } else { zero };
                Collect::Sum(self.hidden(start))
            }
            Builtin::Avg => {
                let start = self.builder.f64(0.0);
                Collect::Avg { sum: self.hidden(start), count: self.hidden(zero) }
            }
            _ => {
                let start = match item {
                    Type::I64 => zero,
                    Type::F64 => self.builder.f64(0.0),
                    _ => self.string(""),
                };
                Collect::Extreme {
                    best: self.hidden(start),
                    found: self.hidden(no),
                    is_min: builtin == Builtin::Min,
                }
            }
        };
        let result = collect.variables();
        self.emit(running, collect, span)?;
        self.at(span);
        let value = self.current(result[0]);
        if builtin != Builtin::Avg {
            return Some(value);
        }
        let count = self.current(result[1]);
        Some(self.mean(value, count))
    }

    /// `sum / count`, or 0 when there is nothing.
    fn mean(&mut self, sum: Value, count: Value) -> Value {
        let (zero, one) = (self.builder.i64(0), self.builder.i64(1));
        let is_empty = self.builder.compare(Op::I64Cmp, mochi_ir::op::Condition::Eq, count, zero);
        let count = self.builder.emit(Op::Select, &[is_empty, one, count], 0, Type::I64);
        let count = self.builder.emit(Op::I64ToF64, &[count], 0, Type::F64);
        self.builder.emit(Op::F64DivProved, &[sum, count], 0, Type::F64)
    }

    /// Goes through what a query selects without making a list of it; the loops carry these variables.
    fn rows_of_query(
        &mut self,
        query: QueryId,
        source: ExprId,
        carried: &[LocalId],
        sink: ValueSink<'_, 'l, 'a>,
    ) -> Option<()> {
        let span = self.hir[source].span;
        let running = self.start(query, span, carried, "handed on as they come")?;
        self.emit(running, Collect::Each(sink), span)
    }

    /// The query that a `for` goes through, when nobody can tell whether its body runs while the rows are made, or when the
    /// rows are read from a file meanwhile, as those of a `for` over the file itself are.
    pub(crate) fn query_for_loop(&mut self, source: ExprId, body: &[StmtId]) -> Option<QueryId> {
        let ExprKind::Query(query) = self.hir[source].kind else { return None };
        let known = self.known();
        let data = &self.hir[query];
        if data.aggregate.is_some() {
            return None;
        }
        let changes = known.changing.of_stmts(self.hir, body);
        let used = uses::uses(self.hir, source);
        let untouched = changes.locals.is_disjoint(&used);
        let unseen = !changes.shared && untouched && is_total(&known, source);
        (unseen || untouched && file::goes_along(&known, data, &used, changes.shared))
            .then_some(query)
    }

    /// A `for` through what a query selects; `carried` are the variables that its body assigns. `break` leaves to the join
    /// that the body gets.
    pub(crate) fn for_rows(
        &mut self,
        query: QueryId,
        source: ExprId,
        carried: &[LocalId],
        body: ValueSink<'_, 'l, 'a>,
    ) -> Option<()> {
        let span = self.hir[source].span;
        let running = self.start(query, span, carried, "handed to the `for` as they come")?;
        self.emit(running, Collect::Each(body), span)
    }

    /// Plans a query and makes ready what its loops need.
    fn start(
        &mut self,
        query: QueryId,
        span: Span,
        carried: &[LocalId],
        end: &'static str,
    ) -> Option<Running<'a>> {
        let hir = self.hir;
        let data = &hir[query];
        let shared = self.shared_of(query);
        let plan = match plan::plan(&self.known(), data, &shared) {
            Ok(plan) => plan,
            Err(what) => return self.unsupported(span, what),
        };
        let mut writes = std::mem::take(&mut self.cx.writes);
        self.new_set();
        let mut assigned = Vec::new();
        for &local in carried.iter().chain(writes.of_query(hir, query)) {
            if self.is_declared(local) && self.mark_once(local) {
                assigned.push(local);
            }
        }
        self.cx.writes = writes;
        let mut running = Running {
            query,
            plan,
            assigned,
            inputs: Vec::new(),
            sharing: Sharing::default(),
            skip: None,
            take: None,
        };
        running.sharing = self.share(&running.plan)?;
        self.explain(&running, end);
        self.inputs(&mut running)?;
        if let Some(skip) = running.plan.skip {
            running.skip = Some(self.expr(skip)?);
        }
        if let Some(take) = running.plan.take {
            running.take = Some(self.expr(take)?);
        }
        self.at(span);
        Some(running)
    }

    /// Loops through the rows and collects what is selected of them.
    fn emit(
        &mut self,
        running: Running<'a>,
        collect: Collect<'_, 'l, 'a>,
        span: Span,
    ) -> Option<()> {
        let zero = self.builder.i64(0);
        let counter = |this: &mut Self, limit: Option<Value>| {
            limit.map(|limit| Counter { limit, count: this.hidden(zero) })
        };
        let (skip, take) = (counter(self, running.skip), counter(self, running.take));
        let select = running.plan.query.select;
        let seen = running.plan.query.distinct.then(|| {
            let ty = self.type_of(select);
            let count = self.hidden(zero);
            (self.places(&[ty]), count)
        });
        let stop: Join = self.join();
        let mut emission = Emission { select, collect, seen, skip, take, stop, span };
        self.all_rows(&running, &mut emission);
        self.forget_shared(&running.sharing);
        self.enter(emission.stop)?;
        Some(())
    }

    /// Loops through the rows, to the join behind them.
    fn all_rows(&mut self, running: &Running<'a>, emission: &mut Emission<'_, 'l, 'a>) {
        if let Some(take) = emission.take {
            let zero = self.builder.i64(0);
            let any =
                self.builder.compare(Op::I64Cmp, mochi_ir::op::Condition::Gt, take.limit, zero);
            let mut go = self.join();
            self.branch(any, &mut go, &mut emission.stop);
            if self.enter(go).is_none() {
                return;
            }
        }
        let carried = running.carrying(&emission.variables());
        let span = emission.span;
        let mut sink = |this: &mut Self| this.emit_row(emission);
        if self.sorted_rows(running, &carried, &mut sink).is_some() {
            self.at(span);
            self.leave(&mut emission.stop, None);
        }
    }

    /// What is known of the program when a query is planned.
    fn known(&self) -> Known<'_, 'a> {
        let nulls = |ty| self.cx.can_be_null(ty);
        let pointers = [
            Type::Str,
            Type::ListI64,
            Type::ListF64,
            Type::ListBool,
            Type::ListRef,
            Type::ListAny,
            Type::Map,
            Type::Record,
            Type::Closure,
            Type::Big,
        ];
        Known {
            hir: self.hir,
            changing: self.cx.changing_functions(),
            early: &self.cx.early,
            null_records: nulls(Type::Record),
            nulls: pointers.into_iter().any(nulls),
        }
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
