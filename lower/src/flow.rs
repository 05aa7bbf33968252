//! Control flow and the current value of each variable.
//!
//! While a function is lowered, the table of locals holds what each variable is now. A *join* is a block to come
//! together with the places that go to it; each place remembers which variables were assigned since the join was made
//! and what they are. When the join is entered, the variables that differ become its parameters. A log of
//! assignments takes the table back to what it was before a branch, so that a branch costs what it assigns.

use crate::function::FunctionLowering;
use mochi_hir::hir::LocalId;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Value};
use std::ops::Range;
use std::rc::Rc;

/// Stands for a variable that has no value yet.
pub(crate) const UNDEFINED: Value = Value(u32::MAX);

/// What is known of a variable while its function is lowered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalState {
    /// Its value now; for a variable in a cell, the cell.
    pub value: Value,
    /// The join that had been made last when it was declared: older joins do not know it.
    declared: u32,
    /// Where the log last mentions it.
    logged: u32,
    /// The join that is being entered when `column` means anything.
    stamp: u32,
    column: u32,
}

impl LocalState {
    pub(crate) const NEW: LocalState =
        LocalState { value: UNDEFINED, declared: 0, logged: 0, stamp: 0, column: 0 };
}

/// The assignments since the function's start, for going back. Its space is handed from function to function.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// A variable and what it was before.
    entries: Vec<(LocalId, Value)>,
    /// Nobody goes back to between here and the end of the log.
    top: u32,
    /// Counts the joins.
    serial: u32,
    /// What the sources of the open joins assigned.
    changes: Vec<(LocalId, Value)>,
    /// The variables that have a value in the table.
    declared: Vec<LocalId>,
    /// Counts the sets that variables were put in.
    stamp: u32,
    /// Space for the arguments of a join's sources.
    rows: Vec<Value>,
}

impl Log {
    /// Forgets everything, and the values of the function's variables.
    pub(crate) fn clear(&mut self, locals: &mut [LocalState]) {
        for local in self.declared.drain(..) {
            locals[local.index()] = LocalState::NEW;
        }
        self.entries.clear();
        self.changes.clear();
        self.top = 0;
        self.serial = 0;
        self.stamp = 0;
    }
}

/// A block to come and where it is come to from.
#[derive(Debug)]
pub(crate) struct Join {
    pub block: Block,
    /// How long the log was when it was made: its variables' values are compared with those of then.
    mark: u32,
    serial: u32,
    /// The only variables that its sources can have assigned, when that is known.
    variables: Option<Rc<[LocalId]>>,
    sources: Vec<Source>,
}

/// A place that goes to a join.
#[derive(Debug)]
struct Source {
    target: u32,
    /// In [`Log::changes`].
    changes: Range<u32>,
    value: Option<Value>,
}

impl Join {
    /// Whether nothing goes there.
    pub(crate) fn is_unreached(&self) -> bool {
        self.sources.is_empty()
    }
}

impl FunctionLowering<'_, '_> {
    /// A join whose sources start from the present state.
    pub(crate) fn join(&mut self) -> Join {
        let block = self.builder.block();
        self.join_at(block)
    }

    /// A join at a block that was made elsewhere.
    pub(crate) fn join_at(&mut self, block: Block) -> Join {
        self.log.serial += 1;
        self.log.top = self.log.entries.len() as u32;
        Join {
            block,
            mark: self.log.top,
            serial: self.log.serial,
            variables: None,
            sources: Vec::new(),
        }
    }

    /// The join behind a loop, which assigns these variables. There can be many ways out of a long body, and none of
    /// them should have to look through all that was assigned before it.
    pub(crate) fn loop_exit(&mut self, block: Block, variables: Rc<[LocalId]>) -> Join {
        Join { variables: Some(variables), ..self.join_at(block) }
    }

    /// Gives a variable its first value.
    pub(crate) fn declare(&mut self, local: LocalId, value: Value) {
        self.log.declared.push(local);
        let state = &mut self.cx.locals[local.index()];
        state.value = value;
        state.declared = self.log.serial;
    }

    /// Gives a variable another value.
    pub(crate) fn assign(&mut self, local: LocalId, value: Value) {
        let state = &mut self.cx.locals[local.index()];
        let logged = state.logged;
        if logged < self.log.top
            || self.log.entries.get(logged as usize).is_none_or(|entry| entry.0 != local)
        {
            state.logged = self.log.entries.len() as u32;
            self.log.entries.push((local, state.value));
        }
        state.value = value;
    }

    /// Goes back to what the variables were when the log was `mark` long.
    fn restore(&mut self, mark: u32) {
        for (local, before) in self.log.entries.drain(mark as usize..).rev() {
            self.cx.locals[local.index()].value = before;
        }
        self.log.top = mark;
    }

    /// Notes that `target`, of the terminator just written, goes to the join.
    pub(crate) fn arrive(&mut self, join: &mut Join, target: u32, value: Option<Value>) {
        let start = self.log.changes.len() as u32;
        let logged = &self.log.entries[join.mark as usize..];
        match &join.variables {
            Some(variables) if variables.len() < logged.len() => {
                for &local in variables.iter() {
                    self.log.changes.push((local, self.cx.locals[local.index()].value));
                }
            }
            _ => {
                for &(local, _) in logged {
                    let state = &self.cx.locals[local.index()];
                    if state.declared < join.serial {
                        self.log.changes.push((local, state.value));
                    }
                }
            }
        }
        join.sources.push(Source { target, changes: start..self.log.changes.len() as u32, value });
    }

    /// Jumps to the join, with the value that the join hands on, if it does.
    pub(crate) fn leave(&mut self, join: &mut Join, value: Option<Value>) {
        let target = self.builder.terminate_open(Op::Jump, &[], 0, &[join.block]);
        self.arrive(join, target, value);
    }

    /// Branches to one of two joins.
    pub(crate) fn branch(&mut self, condition: Value, yes: &mut Join, no: &mut Join) {
        let target =
            self.builder.terminate_open(Op::Branch, &[condition], 0, &[yes.block, no.block]);
        self.arrive(yes, target, None);
        self.arrive(no, target + 1, None);
    }

    /// Continues at the join, with its variables as its sources left them; `None` when nothing goes there. What comes
    /// back is the value that the sources brought, if they did.
    pub(crate) fn enter(&mut self, join: Join) -> Option<Option<Value>> {
        self.restore(join.mark);
        let (first, others) = join.sources.split_first()?;
        if others.is_empty() {
            self.builder.go_to(join.block);
            for index in first.changes.clone() {
                let (local, value) = self.log.changes[index as usize];
                self.assign(local, value);
            }
            return Some(first.value);
        }
        let columns = self.columns(&join);
        let width = columns.len();
        let mut rows = std::mem::take(&mut self.log.rows);
        rows.clear();
        for source in &join.sources {
            let row = rows.len();
            rows.extend(columns.iter().map(|local| self.cx.locals[local.index()].value));
            for index in source.changes.clone() {
                let (local, value) = self.log.changes[index as usize];
                rows[row + self.cx.locals[local.index()].column as usize] = value;
            }
        }
        let mut kept = Vec::new();
        for (column, &local) in columns.iter().enumerate() {
            let one = rows[column];
            let value = if (1..join.sources.len()).all(|row| rows[row * width + column] == one) {
                one
            } else {
                kept.push(column);
                let ty = self.builder.ty(one);
                self.builder.param(join.block, ty)
            };
            self.assign(local, value);
        }
        let mut result = first.value;
        let differs = others.iter().any(|source| source.value != first.value);
        if let Some(value) = first.value.filter(|_| differs) {
            let ty = self.builder.ty(value);
            result = Some(self.builder.param(join.block, ty));
        }
        let mut args = Vec::with_capacity(kept.len() + 1);
        for (row, source) in join.sources.iter().enumerate() {
            args.clear();
            args.extend(kept.iter().map(|column| rows[row * width + column]));
            if differs {
                args.extend(source.value);
            }
            self.builder.set_target_args(source.target, &args);
        }
        self.log.rows = rows;
        self.builder.go_to(join.block);
        Some(result)
    }

    /// The variables that any source of the join assigned, each once, with their columns set.
    fn columns(&mut self, join: &Join) -> Vec<LocalId> {
        let mut columns = Vec::new();
        self.log.stamp += 1;
        for source in &join.sources {
            for &(local, _) in
                &self.log.changes[source.changes.start as usize..source.changes.end as usize]
            {
                let state = &mut self.cx.locals[local.index()];
                if state.stamp != self.log.stamp {
                    state.stamp = self.log.stamp;
                    state.column = columns.len() as u32;
                    columns.push(local);
                }
            }
        }
        columns
    }

    /// The current value of a variable that is not shared.
    pub(crate) fn current(&self, local: LocalId) -> Value {
        let value = self.cx.locals[local.index()].value;
        assert!(value != UNDEFINED, "variable {} is used where it has a value", local.0);
        value
    }

    /// Begins a new set of variables.
    pub(crate) fn new_set(&mut self) {
        self.log.stamp += 1;
    }

    /// Whether the variable has not been seen since the set was begun.
    pub(crate) fn mark_once(&mut self, local: LocalId) -> bool {
        let state = &mut self.cx.locals[local.index()];
        std::mem::replace(&mut state.stamp, self.log.stamp) != self.log.stamp
    }

    /// Whether the variable has been declared in this function.
    pub(crate) fn is_declared(&self, local: LocalId) -> bool {
        self.cx.locals[local.index()].value != UNDEFINED
    }
}
