//! Where rows end: repeats are left out, rows are skipped and counted, and what is selected of them is collected.
//!
//! `distinct` comes before `skip` and `take`, as in SQL: these count the rows that are left. Without it a row that is
//! skipped is not selected from.

use super::ValueSink;
use super::table::Places;
use crate::flow::Join;
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Span;
use mochi_hir::hir::{ExprId, LocalId};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// Where the rows of a query end.
pub(super) struct Emission<'s, 'l, 'a> {
    pub select: ExprId,
    pub collect: Collect<'s, 'l, 'a>,
    /// The values that there have been, and how many.
    pub seen: Option<(Places, LocalId)>,
    pub skip: Option<Counter>,
    pub take: Option<Counter>,
    /// Behind the query, for when enough rows were taken.
    pub stop: Join,
    /// What an error in collecting is said of.
    pub span: Span,
}

/// Rows that are counted up to a number.
#[derive(Clone, Copy)]
pub(super) struct Counter {
    pub limit: Value,
    pub count: LocalId,
}

/// What becomes of the selected values; the variables hold what has come together so far.
pub(super) enum Collect<'s, 'l, 'a> {
    List(LocalId),
    Count(LocalId),
    /// Of ints or floats.
    Sum(LocalId),
    /// Of ints or floats, added up as floats.
    Avg {
        sum: LocalId,
        count: LocalId,
    },
    /// Of ints, floats or strings.
    Extreme {
        best: LocalId,
        found: LocalId,
        is_min: bool,
    },
    /// Whether there is any; nobody can tell if the rows behind the first are never made.
    Exists {
        found: LocalId,
        can_stop: bool,
    },
    Each(ValueSink<'s, 'l, 'a>),
}

impl Collect<'_, '_, '_> {
    pub(super) fn variables(&self) -> Vec<LocalId> {
        match *self {
            Collect::List(list) => vec![list],
            Collect::Count(one) | Collect::Sum(one) => vec![one],
            Collect::Avg { sum, count } => vec![sum, count],
            Collect::Extreme { best, found, is_min: _ } => vec![best, found],
            Collect::Exists { found, can_stop: _ } => vec![found],
            Collect::Each(_) => Vec::new(),
        }
    }
}

impl Emission<'_, '_, '_> {
    /// What the loops carry for it.
    pub(super) fn variables(&self) -> Vec<LocalId> {
        let mut variables = self.collect.variables();
        variables.extend(self.seen.as_ref().map(|&(_, count)| count));
        variables.extend([self.skip, self.take].iter().flatten().map(|counter| counter.count));
        variables
    }
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// A row at its end.
    pub(super) fn emit_row(&mut self, emission: &mut Emission<'_, 'l, 'a>) -> Option<()> {
        let span = self.hir[emission.select].span;
        self.at(span);
        let mut after = self.join();
        let mut selected = None;
        if emission.seen.is_some() {
            let value = self.expr(emission.select)?;
            self.at(span);
            self.leave_out_repeats(emission, value, &mut after);
            selected = Some(value);
        }
        self.skip_row(emission, &mut after);
        let value = match (selected, &emission.collect) {
            (Some(value), _) => Some(value),
            (None, Collect::Count(_) | Collect::Exists { .. }) => {
                self.effect(emission.select)?;
                None
            }
            (None, _) => Some(self.expr(emission.select)?),
        };
        self.at(span);
        self.collect(emission, value)?;
        self.at(span);
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

    fn leave_out_repeats(
        &mut self,
        emission: &Emission<'_, 'l, 'a>,
        value: Value,
        after: &mut Join,
    ) {
        let Some((places, count)) = &emission.seen else { return };
        let place = self.place_of(places, &[value], RuntimeFunction::MapPlace);
        let before = self.current(*count);
        let is_new = self.builder.compare(Op::I64Cmp, Condition::Eq, place, before);
        let mut new = self.join();
        self.branch(is_new, &mut new, after);
        self.enter(new);
        self.count_up(*count, before);
    }

    fn skip_row(&mut self, emission: &Emission<'_, 'l, 'a>, after: &mut Join) {
        let Some(skip) = emission.skip else { return };
        let (skipped, skipping) = self.below(skip);
        let mut over = self.join();
        let mut go = self.join();
        self.branch(skipping, &mut over, &mut go);
        self.enter(over);
        self.count_up(skip.count, skipped);
        self.leave(after, None);
        self.enter(go);
    }

    fn collect(&mut self, emission: &mut Emission<'_, 'l, 'a>, value: Option<Value>) -> Option<()> {
        match (&mut emission.collect, value) {
            (Collect::List(list), Some(value)) => self.push_to(*list, value),
            (&mut Collect::Sum(sum), Some(value)) => {
                self.at(emission.span);
                let before = self.current(sum);
                let ty = self.builder.ty(value);
                let add = if ty == Type::F64 { Op::F64Add } else { Op::I64Add };
                let next = self.builder.emit(add, &[before, value], 0, ty);
                self.assign(sum, next);
            }
            (&mut Collect::Avg { sum, count }, Some(value)) => {
                let value = match self.builder.ty(value) {
                    Type::I64 => self.builder.emit(Op::I64ToF64, &[value], 0, Type::F64),
                    _ => value,
                };
                let before = self.current(sum);
                let next = self.builder.emit(Op::F64Add, &[before, value], 0, Type::F64);
                self.assign(sum, next);
                let so_far = self.current(count);
                self.count_up(count, so_far);
            }
            (&mut Collect::Extreme { best, found, is_min }, Some(value)) => {
                self.keep_extreme(best, found, is_min, value);
            }
            (&mut Collect::Exists { found, can_stop }, _) => {
                let yes = self.builder.bool(true);
                self.assign(found, yes);
                if can_stop {
                    self.leave(&mut emission.stop, None);
                    return None;
                }
            }
            (Collect::Each(sink), Some(value)) => sink(self, value)?,
            (&mut Collect::Count(count), _) => {
                let so_far = self.current(count);
                self.count_up(count, so_far);
            }
            (_, None) => {}
        }
        Some(())
    }

    /// Makes the value the best one when it is the first or better; the first of equals stays.
    fn keep_extreme(&mut self, best: LocalId, found: LocalId, is_min: bool, value: Value) {
        let mut after = self.join();
        let mut better = self.join();
        let mut compare = self.join();
        let any = self.current(found);
        self.branch(any, &mut compare, &mut better);
        self.enter(compare);
        let before = self.current(best);
        let is_better = self.is_more_extreme(is_min, value, before);
        self.branch(is_better, &mut better, &mut after);
        self.enter(better);
        self.assign(best, value);
        let yes = self.builder.bool(true);
        self.assign(found, yes);
        self.leave(&mut after, None);
        self.enter(after);
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
}
