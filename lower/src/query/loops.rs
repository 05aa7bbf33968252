//! Loops over rows, and the hidden variables that they carry.

use crate::data::Rows;
use crate::function::FunctionLowering;
use mochi_hir::hir::{ExprId, LocalId};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// A variable that the source does not have, with its first value.
    pub(super) fn hidden(&mut self, value: Value) -> LocalId {
        let local = self.cx.hidden_local();
        self.declare(local, value);
        local
    }

    /// Goes through the numbers from 0 to before `end`; the loop carries these variables.
    pub(super) fn counted(
        &mut self,
        carried: &[LocalId],
        end: Value,
        body: impl FnOnce(&mut Self, Value) -> Option<()>,
    ) {
        let span = self.builder.span;
        let zero = self.builder.i64(0);
        let mut around = self.new_loop(carried.to_vec(), Some(zero));
        let index = around.index.expect("a counted loop has an index");
        self.builder.assume_range(index, 0, i64::MAX);
        let mut start = self.join();
        let inside = self.builder.compare(Op::I64Cmp, Condition::Lt, index, end);
        self.branch(inside, &mut start, &mut around.exit);
        self.enter(start);
        if body(self, index).is_some() {
            self.at(span);
            self.back_edge(&around);
        }
        self.builder.loop_depth -= 1;
        self.enter(around.exit);
        self.at(span);
    }

    /// Goes through the rows of a file; the loop carries these variables.
    pub(super) fn each_row(
        &mut self,
        carried: &[LocalId],
        rows: Rows,
        body: impl FnOnce(&mut Self, Value) -> Option<()>,
    ) {
        let span = self.builder.span;
        let mut around = self.new_loop(carried.to_vec(), None);
        let mut start = self.join();
        let any = self.next_row(rows);
        self.branch(any, &mut start, &mut around.exit);
        self.enter(start);
        let row = self.take_row(rows);
        if body(self, row).is_some() {
            self.at(span);
            self.back_edge(&around);
        }
        self.builder.loop_depth -= 1;
        self.enter(around.exit);
        self.at(span);
    }

    /// Does something when all conditions hold.
    pub(super) fn when(
        &mut self,
        conditions: &[ExprId],
        body: impl FnOnce(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if conditions.is_empty() {
            return body(self);
        }
        let span = self.builder.span;
        let mut after = self.join();
        let mut reached = true;
        for &condition in conditions {
            let mut yes = self.join();
            self.condition(condition, &mut yes, &mut after);
            reached = self.enter(yes).is_some();
            if !reached {
                break;
            }
        }
        if reached && body(self).is_some() {
            self.leave(&mut after, None);
        }
        let entered = self.enter(after);
        self.at(span);
        entered.map(|_| ())
    }

    /// An empty list of items with this type.
    pub(super) fn empty_list(&mut self, item: Type) -> Value {
        self.builder.emit(Op::ListOf, &[], 0, Type::list_of(item.rep()))
    }

    /// Adds an item to the list in a hidden variable.
    pub(super) fn push_to(&mut self, list: LocalId, item: Value) {
        let before = self.current(list);
        let ty = self.builder.ty(before);
        let longer = self.builder.emit(Op::ListPush, &[before, item], 0, ty);
        self.assign(list, longer);
    }

    /// The item at a place that is known to be inside.
    pub(super) fn item(&mut self, list: Value, index: Value, item: Type) -> Value {
        self.builder.emit(Op::ListLoad, &[list, index], 0, item)
    }

    /// How many items a list has.
    pub(super) fn list_len(&mut self, list: Value) -> Value {
        self.builder.emit(Op::ListLen, &[list], 0, Type::I64)
    }

    /// The representation of a variable's value.
    pub(super) fn repr_of_local(&mut self, local: LocalId) -> Type {
        let ty = self.type_of_local(local);
        self.repr(ty)
    }
}
