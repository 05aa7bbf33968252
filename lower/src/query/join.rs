//! Joins in which a row may have no partner.
//!
//! The rows that come out are lowered in one place, though they come from two: the loop through a row's partners makes
//! one more round than there are partners, in which the row without any comes out.

use super::rows::Columns;
use super::table::Candidates;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::{ExprId, LocalId};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// A variable that is an option behind the join.
struct Optional {
    old: LocalId,
    new: LocalId,
    /// What the new one is to be.
    held: LocalId,
    ty: Type,
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    fn optionals(&mut self, pairs: &[(LocalId, LocalId)]) -> Vec<Optional> {
        pairs
            .iter()
            .map(|&(old, new)| {
                let ty = self.repr_of_local(new);
                let none = self.none(ty);
                Optional { old, new, held: self.hidden(none), ty }
            })
            .collect()
    }

    /// The optional variables are to be what the variables are now.
    fn hold(&mut self, optionals: &[Optional]) {
        for optional in optionals {
            let value = self.read(optional.old);
            let value = self.as_option(value, optional.ty);
            self.assign(optional.held, value);
        }
    }

    /// The optional variables are to be none.
    fn hold_none(&mut self, optionals: &[Optional]) {
        for optional in optionals {
            let none = self.none(optional.ty);
            self.assign(optional.held, none);
        }
    }

    fn bind_held(&mut self, optionals: &[Optional]) {
        for optional in optionals {
            let value = self.current(optional.held);
            self.bind(optional.new, value);
        }
    }

    /// Loops through the rows of `inner` that are candidates and meet the conditions; when there are none, `sink` is
    /// done once without.
    pub(super) fn with_or_without_partner(
        &mut self,
        carried: &[LocalId],
        candidates: Candidates,
        inner: &Columns,
        (on, optional): (&[ExprId], &[(LocalId, LocalId)]),
        sink: Sink<'_, 'l, 'a>,
    ) {
        let optionals = self.optionals(optional);
        let no = self.builder.bool(false);
        let matched = self.hidden(no);
        let end = candidates.count;
        let past_end = self.one_more(end);
        let carried = [carried, &[matched]].concat();
        self.counted(&carried, past_end, |this, index| {
            let mut next = this.join();
            let mut out = this.join();
            let mut partner = this.join();
            let mut last = this.join();
            let inside = this.builder.compare(Op::I64Cmp, Condition::Lt, index, end);
            this.branch(inside, &mut partner, &mut last);
            this.enter(partner);
            let row = this.candidate(candidates, index);
            this.bind_row(inner, row);
            let differs = this.when(on, |this| {
                let yes = this.builder.bool(true);
                this.assign(matched, yes);
                this.hold(&optionals);
                this.leave(&mut out, None);
                None
            });
            if differs.is_some() {
                this.leave(&mut next, None);
            }
            this.enter(last);
            let mut alone = this.join();
            let found = this.current(matched);
            this.branch(found, &mut next, &mut alone);
            this.enter(alone);
            this.hold_none(&optionals);
            this.leave(&mut out, None);
            this.enter(out);
            this.bind_held(&optionals);
            if sink(this).is_some() {
                this.leave(&mut next, None);
            }
            this.enter(next).map(|_| ())
        });
    }

    fn one_more(&mut self, count: Value) -> Value {
        let one = self.builder.i64(1);
        self.builder.emit(Op::I64AddProved, &[count, one], 0, Type::I64)
    }

    /// Goes through the right side, and for each of its rows through those on the left.
    pub(super) fn right_join(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        at: usize,
        left: &Columns,
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let source = &running.plan.sources[at];
        let list = running.inputs[at].list.expect("the plan refuses one that depends on rows");
        self.at(self.hir[source.source].span);
        let (left_keys, right_keys): (Vec<ExprId>, Vec<ExprId>) =
            source.keys.iter().copied().unzip();
        let table = (!left_keys.is_empty()).then(|| self.table(running, left, &left_keys, &[]));
        let right = Columns { variables: vec![source.var], lists: vec![list] };
        let end = self.list_len(list);
        let all = self.list_len(left.lists[0]);
        self.counted(carried, end, |this, row| {
            this.bind_row(&right, row);
            let candidates = match &table {
                Some(table) => this.rows_of_keys(table, &right_keys)?,
                None => Candidates { part: None, count: all },
            };
            let rules = (&source.on[..], source.optional);
            this.with_or_without_partner(carried, candidates, left, rules, sink);
            Some(())
        });
        Some(())
    }

    /// Goes through the left side as a left join does, and in one more round through what was never a partner.
    pub(super) fn outer_join(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        at: usize,
        left: &Columns,
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let source = &running.plan.sources[at];
        let list = running.inputs[at].list.expect("the plan refuses one that depends on rows");
        self.at(self.hir[source.source].span);
        let (right_pairs, left_pairs): (Vec<_>, Vec<_>) =
            source.optional.iter().partition(|(old, _)| *old == source.var);
        let right = Columns { variables: vec![source.var], lists: vec![list] };
        let right_end = self.list_len(list);
        let left_end = self.list_len(left.lists[0]);
        let marks = self.unset_marks(right_end);
        let (zero, one) = (self.builder.i64(0), self.builder.i64(1));
        let everything = match running.inputs[at].table {
            Some(_) => self.empty_list(Type::I64),
            None => {
                self.runtime(RuntimeFunction::ListRange, &[zero, right_end, one], Type::ListI64)
            }
        };
        let everything = Candidates { part: Some((everything, zero)), count: right_end };
        let past_left = self.one_more(left_end);
        self.counted(carried, past_left, |this, left_row| {
            let left_side = this.optionals(&left_pairs);
            let nothing = this.empty_list(Type::I64);
            let chosen = [nothing, zero, zero].map(|value| this.hidden(value));
            let choose = |this: &mut Self, candidates: Candidates| {
                let (rows, start) = candidates.part.expect("they are rows of a list");
                for (variable, value) in chosen.into_iter().zip([rows, start, candidates.count]) {
                    this.assign(variable, value);
                }
            };
            let mut go = this.join();
            let mut pass = this.join();
            let mut rest = this.join();
            let in_pass = this.builder.compare(Op::I64Cmp, Condition::Lt, left_row, left_end);
            this.branch(in_pass, &mut pass, &mut rest);
            this.enter(pass);
            this.bind_row(left, left_row);
            this.hold(&left_side);
            match this.partners_by_key(running, at) {
                Some(by_key) => {
                    choose(this, by_key.unwrap_or(everything));
                    this.leave(&mut go, None);
                }
                None => return None,
            }
            this.enter(rest);
            this.hold_none(&left_side);
            let unmarked = this.unmarked(marks, right_end);
            let count = this.list_len(unmarked);
            choose(this, Candidates { part: Some((unmarked, zero)), count });
            this.leave(&mut go, None);
            this.enter(go);

            let [rows, start, end] = chosen.map(|variable| this.current(variable));
            let candidates = Candidates { part: Some((rows, start)), count: end };
            let right_side = this.optionals(&right_pairs);
            let no = this.builder.bool(false);
            let matched = this.hidden(no);
            let past_end = this.one_more(end);
            let carried = [carried, &[matched]].concat();
            this.counted(&carried, past_end, |this, index| {
                let mut next = this.join();
                let mut out = this.join();
                let mut partner = this.join();
                let mut last = this.join();
                let inside = this.builder.compare(Op::I64Cmp, Condition::Lt, index, end);
                this.branch(inside, &mut partner, &mut last);
                this.enter(partner);
                let row = this.candidate(candidates, index);
                this.bind_row(&right, row);
                this.hold(&right_side);
                let mut test = this.join();
                this.branch(in_pass, &mut test, &mut out);
                this.enter(test);
                this.bind_row(left, left_row);
                let differs = this.when(&source.on, |this| {
                    let yes = this.builder.bool(true);
                    this.assign(matched, yes);
                    this.builder.effect(Op::ListStore, &[marks, row, yes], 0);
                    this.leave(&mut out, None);
                    None
                });
                if differs.is_some() {
                    this.leave(&mut next, None);
                }
                this.enter(last);
                let mut left_only = this.join();
                let mut alone = this.join();
                this.branch(in_pass, &mut left_only, &mut next);
                this.enter(left_only);
                let found = this.current(matched);
                this.branch(found, &mut next, &mut alone);
                this.enter(alone);
                this.hold_none(&right_side);
                this.leave(&mut out, None);
                this.enter(out);
                this.bind_held(&left_side);
                this.bind_held(&right_side);
                if sink(this).is_some() {
                    this.leave(&mut next, None);
                }
                this.enter(next).map(|_| ())
            });
            Some(())
        });
        Some(())
    }

    /// A list of so many `false`.
    fn unset_marks(&mut self, count: Value) -> Value {
        let empty = self.empty_list(Type::Bool);
        let marks = self.hidden(empty);
        self.counted(&[marks], count, |this, _| {
            let no = this.builder.bool(false);
            this.push_to(marks, no);
            Some(())
        });
        self.current(marks)
    }

    /// The places of the marks that are not set.
    fn unmarked(&mut self, marks: Value, count: Value) -> Value {
        let empty = self.empty_list(Type::I64);
        let places = self.hidden(empty);
        self.counted(&[places], count, |this, place| {
            let mut after = this.join();
            let mut unset = this.join();
            let mark = this.item(marks, place, Type::Bool);
            this.branch(mark, &mut after, &mut unset);
            this.enter(unset);
            this.push_to(places, place);
            this.leave(&mut after, None);
            this.enter(after).map(|_| ())
        });
        self.current(places)
    }
}
