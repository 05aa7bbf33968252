//! The rows of a query's sources: nested loops, in which a source with a table goes only through the rows that the keys
//! of the row so far find in it.

use super::shared::SharedSource;
use super::table::{Candidates, Table};
use super::{Running, Sink};
use crate::data::Rows;
use crate::function::FunctionLowering;
use mochi_hir::hir::{ExprId, JoinKind, LocalId};
use mochi_ir::program::Value;

/// Rows that are kept: for each variable a list.
pub(super) struct Columns {
    pub variables: Vec<LocalId>,
    pub lists: Vec<Value>,
}

/// What is ready of a source before the loops begin.
pub(super) struct Input {
    /// `None` when it depends on the row, or is not made into a list.
    pub list: Option<Value>,
    /// The outermost loop goes once through the rows of a file, which need not be kept then.
    pub rows: Option<Rows>,
    pub table: Option<Table>,
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// Evaluates the sources that are the same for all rows, and fills the tables that are asked for their rows.
    pub(super) fn inputs(&mut self, running: &mut Running<'a>) -> Option<()> {
        for at in 0..running.plan.sources.len() {
            let source = &running.plan.sources[at];
            let mut input = Input { list: None, rows: None, table: None };
            if at == 0 && !source.is_shared {
                input.rows = self.open_rows(source.source)?;
            }
            if source.is_shared {
                let shared = self.shared_source(running.query, at);
                input.list = Some(shared.list);
                input.table = Some(self.shared_table(running, at, shared));
            } else if !source.is_dependent && source.streamed.is_none() && input.rows.is_none() {
                let list = self.source_list(source.source)?;
                input.list = Some(list);
                if !source.keys.is_empty() && source.kind != JoinKind::Right {
                    input.table = Some(self.own_table(running, at, list));
                }
            }
            running.inputs.push(input);
        }
        Some(())
    }

    /// The table of a source by its own keys.
    fn own_table(&mut self, running: &Running<'a>, at: usize, list: Value) -> Table {
        let source = &running.plan.sources[at];
        let keys: Vec<ExprId> = source.keys.iter().map(|&(_, key)| key).collect();
        let columns = Columns { variables: vec![source.var], lists: vec![list] };
        self.table(running, &columns, &keys, &source.own)
    }

    /// The table that serves all rows of a query around this one.
    fn shared_table(&mut self, running: &Running<'a>, at: usize, shared: SharedSource) -> Table {
        let keys = running.plan.sources[at].keys.len();
        self.filled_once(shared.table, keys, |this| this.own_table(running, at, shared.list))
    }

    pub(super) fn source_list(&mut self, source: ExprId) -> Option<Value> {
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
            && input.table.is_none()
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
        let mut rest = |this: &mut Self| {
            this.when(&source.filter, |this| this.nested(running, carried, at + 1, count, sink))
        };
        if let Some(query) = source.streamed {
            return self.rows_of_query(query, source.source, carried, &mut |this, row| {
                this.bind(source.var, row);
                rest(this)
            });
        }
        if let Some(rows) = running.inputs[at].rows {
            self.at(self.hir[source.source].span);
            self.each_row(carried, rows, |this, row| {
                this.bind(source.var, row);
                rest(this)
            });
            return Some(());
        }
        let list = match running.inputs[at].list {
            Some(list) => list,
            None => self.source_list(source.source)?,
        };
        self.at(self.hir[source.source].span);
        let candidates = match self.partners_by_key(running, at)? {
            Some(partners) => partners,
            None => Candidates { part: None, count: self.list_len(list) },
        };
        let columns = Columns { variables: vec![source.var], lists: vec![list] };
        if source.kind == JoinKind::Left {
            self.with_or_without_partner(
                carried,
                candidates,
                &columns,
                (&source.on, source.optional),
                &mut rest,
            );
        } else {
            self.counted(carried, candidates.count, |this, index| {
                let row = this.candidate(candidates, index);
                this.bind_row(&columns, row);
                this.when(&source.on, rest)
            });
        }
        Some(())
    }

    /// The rows of a source that have the keys of the row before it; `None` when there is no table to ask.
    pub(super) fn partners_by_key(
        &mut self,
        running: &Running<'a>,
        at: usize,
    ) -> Option<Option<Candidates>> {
        let Some(table) = &running.inputs[at].table else { return Some(None) };
        let keys: Vec<ExprId> = running.plan.sources[at].keys.iter().map(|&(key, _)| key).collect();
        self.rows_of_keys(table, &keys).map(Some)
    }
}
