//! The rows of a query's sources: nested loops, and tables for what is looked up by key.

use super::{Input, Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::{ExprId, JoinKind, LocalId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// Rows that are kept: for each variable a list.
pub(super) struct Columns {
    pub variables: Vec<LocalId>,
    pub lists: Vec<Value>,
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// Evaluates the sources that are the same for all rows, and fills the tables that are asked for their rows.
    pub(super) fn inputs(&mut self, running: &mut Running<'a>) -> Option<()> {
        for at in 0..running.plan.sources.len() {
            let source = &running.plan.sources[at];
            let mut input = Input { list: None, table: None };
            if !source.is_dependent {
                let list = self.source_list(source.source)?;
                input.list = Some(list);
                if !source.keys.is_empty() && source.kind != JoinKind::Right {
                    let keys: Vec<ExprId> = source.keys.iter().map(|&(_, key)| key).collect();
                    let columns = Columns { variables: vec![source.var], lists: vec![list] };
                    input.table = Some(self.table(running, &columns, &keys, &source.own));
                }
            }
            running.inputs.push(input);
        }
        Some(())
    }

    fn source_list(&mut self, source: ExprId) -> Option<Value> {
        let value = self.operand(source)?;
        self.at(self.hir[source].span);
        let ty = self.type_of(source);
        Some(self.group_items(value, ty))
    }

    /// Loops through the rows of the first `count` sources.
    pub(super) fn rows(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        count: usize,
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let sources = &running.plan.sources;
        let kept = (0..count)
            .rev()
            .find(|&at| matches!(sources[at].kind, JoinKind::Right | JoinKind::Outer));
        let Some(at) = kept else { return self.nested(running, carried, 0, count, sink) };
        let left = self.kept_rows(running, at)?;
        let mut rest = |this: &mut Self| {
            this.when(&sources[at].filter, |this| {
                this.nested(running, carried, at + 1, count, sink)
            })
        };
        if sources[at].kind == JoinKind::Right {
            self.right_join(running, carried, at, &left, &mut rest)
        } else {
            self.outer_join(running, carried, at, &left, &mut rest)
        }
    }

    /// Keeps the rows of the first `count` sources.
    fn kept_rows(&mut self, running: &Running<'a>, count: usize) -> Option<Columns> {
        let variables = running.plan.sources[count].before.clone();
        if let ([input], [source]) = (&running.inputs[..count], &running.plan.sources[..count])
            && source.filter.is_empty()
            && let Some(list) = input.list
        {
            return Some(Columns { variables, lists: vec![list] });
        }
        let lists = self.empty_columns(&variables);
        let carried = running.carrying(&lists);
        self.rows(running, &carried, count, &mut |this| {
            this.push_row(&variables, &lists);
            Some(())
        })?;
        let lists = lists.iter().map(|&list| self.current(list)).collect();
        Some(Columns { variables, lists })
    }

    /// A hidden list for each variable.
    pub(super) fn empty_columns(&mut self, variables: &[LocalId]) -> Vec<LocalId> {
        variables
            .iter()
            .map(|&variable| {
                let item = self.repr_of_local(variable);
                let list = self.empty_list(item);
                self.hidden(list)
            })
            .collect()
    }

    /// Adds the values of the variables to their lists.
    pub(super) fn push_row(&mut self, variables: &[LocalId], lists: &[LocalId]) {
        for (&variable, &list) in variables.iter().zip(lists) {
            let value = self.read(variable);
            self.push_to(list, value);
        }
    }

    /// Gives the variables the values of a row.
    pub(super) fn bind_row(&mut self, columns: &Columns, row: Value) {
        for (&variable, &list) in columns.variables.iter().zip(&columns.lists) {
            let item = self.repr_of_local(variable);
            let item = self.item(list, row, item);
            self.bind(variable, item);
        }
    }

    /// Loops through the sources from `at` on, each within the one before.
    fn nested(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        at: usize,
        count: usize,
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        if at == count {
            return sink(self);
        }
        let source = &running.plan.sources[at];
        let list = match running.inputs[at].list {
            Some(list) => list,
            None => self.source_list(source.source)?,
        };
        self.at(self.hir[source.source].span);
        let candidates = self.partners_by_key(running, at)?;
        let end = self.list_len(candidates.unwrap_or(list));
        let columns = Columns { variables: vec![source.var], lists: vec![list] };
        let mut rest = |this: &mut Self| {
            this.when(&source.filter, |this| this.nested(running, carried, at + 1, count, sink))
        };
        if source.kind == JoinKind::Left {
            self.with_or_without_partner(
                carried,
                (candidates, end),
                &columns,
                (&source.on, source.optional),
                &mut rest,
            );
        } else {
            self.counted(carried, end, |this, index| {
                let row = this.candidate(candidates, index);
                this.bind_row(&columns, row);
                this.when(&source.on, rest)
            });
        }
        Some(())
    }

    /// The number of a candidate: all rows are candidates when none have been chosen.
    pub(super) fn candidate(&mut self, candidates: Option<Value>, index: Value) -> Value {
        match candidates {
            Some(list) => self.item(list, index, Type::I64),
            None => index,
        }
    }

    // -- tables --

    /// The rows of a source that have the keys of the row before it; `None` when there is no table to ask.
    pub(super) fn partners_by_key(
        &mut self,
        running: &Running<'a>,
        at: usize,
    ) -> Option<Option<Value>> {
        let Some(table) = running.inputs[at].table else { return Some(None) };
        let keys: Vec<ExprId> = running.plan.sources[at].keys.iter().map(|&(key, _)| key).collect();
        let key = self.key(&keys)?;
        Some(Some(self.rows_of_key(table, key)))
    }

    /// The numbers of the rows that have this key.
    pub(super) fn rows_of_key(&mut self, table: Value, key: Value) -> Value {
        let mut after = self.join();
        let (present, absent, place) = self.find(table, key);
        self.enter(present);
        let rows = self.runtime(RuntimeFunction::MapItem, &[table, place], Type::ListI64);
        self.leave(&mut after, Some(rows));
        self.enter(absent);
        let none = self.empty_list(Type::I64);
        self.leave(&mut after, Some(none));
        self.enter(after).flatten().expect("both sources bring a list")
    }

    /// From the keys of the rows that meet the conditions to the numbers of the rows that have them, in order.
    pub(super) fn table(
        &mut self,
        running: &Running<'a>,
        columns: &Columns,
        keys: &[ExprId],
        conditions: &[ExprId],
    ) -> Value {
        let key_type = self.key_type(keys);
        let numbers = self.cx.types.list(TypeId::INT);
        let table = self.new_map(key_type, numbers, 0);
        let end = self.list_len(columns.lists[0]);
        self.counted(&running.assigned, end, |this, row| {
            this.bind_row(columns, row);
            this.when(conditions, |this| {
                let key = this.key(keys)?;
                let mut after = this.join();
                let (present, absent, place) = this.find(table, key);
                this.enter(present);
                let rows = this.runtime(RuntimeFunction::MapItem, &[table, place], Type::ListI64);
                this.runtime_effect(RuntimeFunction::ListAppendShared, &[rows, row]);
                this.leave(&mut after, None);
                this.enter(absent);
                let rows = this.builder.emit(Op::ListOf, &[row], 0, Type::ListI64);
                this.runtime_effect(RuntimeFunction::MapSet, &[table, key, rows]);
                this.leave(&mut after, None);
                this.enter(after).map(|_| ())
            })
        });
        table
    }

    /// What rows are looked up by: one key is itself, several are a list.
    pub(super) fn key(&mut self, keys: &[ExprId]) -> Option<Value> {
        if let &[key] = keys {
            return self.expr(key);
        }
        let mut parts = Vec::with_capacity(keys.len());
        for &key in keys {
            parts.push(self.any_operand(key)?);
        }
        Some(self.builder.emit(Op::ListOf, &parts, 0, Type::ListAny))
    }

    fn key_type(&mut self, keys: &[ExprId]) -> TypeId {
        match keys {
            &[key] => match self.type_of(key) {
                TypeId::NONE => TypeId::ANY,
                ty => ty,
            },
            _ => self.cx.types.intern(TypeKind::List(TypeId::ANY)),
        }
    }
}
