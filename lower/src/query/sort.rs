//! `sort by`: the rows are kept, the runtime says in which order they come, and a loop goes through them in it.

use super::rows::Columns;
use super::uses::uses;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::LocalId;
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

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
        let used = uses(self.hir, running.select);
        let mut variables = match &plan.group {
            Some(group) => vec![group.into],
            None => plan.variables.clone(),
        };
        variables.retain(|variable| used.contains(variable));
        let lists = self.empty_columns(&variables);
        let keys: Vec<LocalId> = plan
            .sort
            .iter()
            .map(|key| {
                let ty = self.type_of(key.key);
                let list = self.empty_list(self.repr(ty));
                self.hidden(list)
            })
            .collect();
        let filled = running.carrying(&[&lists[..], &keys[..]].concat());
        self.grouped_rows(running, &filled, &mut |this| {
            for (key, &list) in plan.sort.iter().zip(&keys) {
                let value = this.expr(key.key)?;
                this.push_to(list, value);
            }
            this.push_row(&variables, &lists);
            Some(())
        })?;
        self.at(span);
        let keys: Vec<Value> = keys.iter().map(|&list| self.current(list)).collect();
        let keys = self.builder.emit(Op::ListOf, &keys, 0, Type::ListRef);
        let directions: Vec<Value> =
            plan.sort.iter().map(|key| self.builder.bool(key.descending)).collect();
        let directions = self.builder.emit(Op::ListOf, &directions, 0, Type::ListBool);
        let order = self.runtime(RuntimeFunction::ListRowOrder, &[keys, directions], Type::ListI64);
        let lists = lists.iter().map(|&list| self.current(list)).collect();
        let columns = Columns { variables, lists };
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

    /// A list without repeats.
    pub(super) fn distinct(&mut self, list: Value) -> Value {
        let ty = self.builder.ty(list);
        self.runtime(RuntimeFunction::ListDistinct, &[list], ty)
    }
}
