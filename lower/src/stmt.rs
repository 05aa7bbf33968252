//! Statements. Each method returns `None` when control does not come to what follows.

use crate::data::Rows;
use crate::flow::Join;
use crate::function::{Around, FunctionLowering, Loop};
use crate::operator::{is_comparison, symbol};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::Symbol;
use mochi_hir::hir::{ExprId, ExprKind, LocalId, QueryId, StmtId, StmtKind, Storage};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;
use std::rc::Rc;

impl<'a> FunctionLowering<'_, 'a> {
    /// Statements of a scope, one after the other; what stands behind the last one that can be reached is left out.
    pub(crate) fn stmts(&mut self, stmts: &'a [StmtId]) -> Option<()> {
        self.declare_early_cells(stmts);
        for &stmt in stmts {
            self.stmt(stmt)?;
        }
        Some(())
    }

    /// A nested function can refer to itself and to what is declared after it in its scope: such variables get their
    /// cells before the first statement.
    fn declare_early_cells(&mut self, stmts: &[StmtId]) {
        let mut functions = false;
        for &stmt in stmts {
            if let StmtKind::Let(local, value) = self.hir[stmt].kind {
                functions |= matches!(self.hir[value].kind, ExprKind::Closure(_));
                if functions
                    && self.hir[local].storage == Storage::Cell
                    && self.cx.lifted.get(local).is_none()
                {
                    self.at(self.hir[stmt].span);
                    self.declare_early(local);
                }
            }
        }
    }

    pub(crate) fn stmt(&mut self, id: StmtId) -> Option<()> {
        let hir = self.hir;
        let stmt = &hir[id];
        self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Let(local, _) if self.cx.lifted.get(*local).is_some() => Some(()),
            StmtKind::Let(local, value) => {
                let value = self.expr(*value)?;
                self.at(stmt.span);
                self.bind(*local, value);
                Some(())
            }
            StmtKind::Assign(place, value) => self.assignment(place, *value, stmt.span),
            StmtKind::Expr(value) => self.effect(*value),
            StmtKind::If { .. } => self.if_stmt(id),
            StmtKind::While { cond, body } => self.while_loop(id, *cond, body),
            StmtKind::ForRange { var, start, end, body } => {
                self.for_range(id, *var, *start, *end, body)
            }
            StmtKind::ForIn { var, source, body } => self.for_in(id, *var, *source, body),
            StmtKind::Break => {
                let mut innermost =
                    self.loops.pop().expect("the checker lets `break` stand in loops only");
                let (Around::Loop(Loop { exit, .. }) | Around::Rows { exit, .. }) = &mut innermost;
                self.leave(exit, None);
                self.loops.push(innermost);
                None
            }
            StmtKind::Continue => {
                self.next_iteration();
                None
            }
            StmtKind::Return(value) => self.return_stmt(*value),
            StmtKind::Test { name: _, body } | StmtKind::Block(body) => self.stmts(body),
            StmtKind::Bench { name, body } => self.bench(*name, body),
            StmtKind::Expect(condition) => self.expect(*condition),
            StmtKind::Emit { stream, event } => self.emit_event(*stream, *event),
            StmtKind::On { stream, handler } => self.listen(*stream, *handler),
            StmtKind::Fact(predicate, terms) => self.fact(*predicate, terms),
            StmtKind::Rule(rule) => self.rule(*rule),
            StmtKind::Unsupported(what) => self.unsupported(stmt.span, what),
        }
    }

    fn return_stmt(&mut self, value: Option<ExprId>) -> Option<()> {
        let span = self.builder.span;
        match (value, self.result) {
            (Some(value), Some(_)) => {
                let value = self.expr(value)?;
                self.at(span);
                self.builder.ret(Some(value));
            }
            (Some(value), None) => {
                self.effect(value)?;
                self.at(span);
                self.builder.ret(None);
            }
            (None, _) => self.fall_off(),
        }
        None
    }

    /// A chain of `if … else if … else` has one join behind it, however long it is.
    fn if_stmt(&mut self, mut id: StmtId) -> Option<()> {
        let hir = self.hir;
        let mut after = self.join();
        while let StmtKind::If { cond, then, otherwise } = &hir[id].kind {
            let mut yes = self.join();
            if otherwise.is_empty() {
                self.condition(*cond, &mut yes, &mut after);
                self.branch_body(yes, then, &mut after);
                break;
            }
            let mut no = self.join();
            self.condition(*cond, &mut yes, &mut no);
            self.branch_body(yes, then, &mut after);
            match otherwise[..] {
                [next] if matches!(hir[next].kind, StmtKind::If { .. }) => {
                    if self.enter(no).is_none() {
                        break;
                    }
                    id = next;
                }
                _ => {
                    self.branch_body(no, otherwise, &mut after);
                    break;
                }
            }
        }
        self.enter(after).map(|_| ())
    }

    fn branch_body(&mut self, start: Join, body: &'a [StmtId], after: &mut Join) {
        if self.enter(start).is_some() && self.stmts(body).is_some() {
            self.leave(after, None);
        }
    }

    // -- loops --

    /// Goes to the header of a new loop, with what the loop assigns as its parameters; a `for` has its hidden index before them.
    fn open_loop(&mut self, stmt: StmtId, first_index: Option<Value>) {
        let variables = self.assigned_in(stmt);
        let opened = self.new_loop(variables, first_index);
        self.loops.push(Around::Loop(opened));
    }

    /// The variables from outside that a loop assigns.
    fn assigned_in(&mut self, stmt: StmtId) -> Vec<LocalId> {
        let mut writes = std::mem::take(&mut self.cx.writes);
        let mut variables = Vec::new();
        self.new_set();
        for &local in writes.of_loop(self.hir, stmt) {
            if self.is_declared(local) && self.mark_once(local) {
                variables.push(local);
            }
        }
        self.cx.writes = writes;
        variables
    }

    /// Goes to the header of a new loop that has these variables as its parameters.
    pub(crate) fn new_loop(&mut self, variables: Vec<LocalId>, first_index: Option<Value>) -> Loop {
        let exit = self.builder.block();
        let header = self.builder.loop_header();
        let mut args: Vec<Value> = first_index.into_iter().collect();
        args.extend(variables.iter().map(|&local| self.current(local)));
        self.builder.jump(header, &args);
        let index = first_index.map(|_| self.builder.param(header, Type::I64));
        let values: Vec<Value> = args[usize::from(index.is_some())..]
            .iter()
            .map(|&value| {
                let ty = self.builder.ty(value);
                self.builder.param(header, ty)
            })
            .collect();
        self.builder.loop_depth += 1;
        self.builder.go_to(header);
        for (&local, value) in variables.iter().zip(values) {
            self.assign(local, value);
        }
        let variables: Rc<[LocalId]> = variables.into();
        let exit = self.loop_exit(exit, variables.clone());
        Loop { header, variables, index, exit }
    }

    /// Goes back to the header of the innermost loop.
    fn next_iteration(&mut self) {
        let mut innermost =
            self.loops.pop().expect("the checker lets `continue` stand in loops only");
        match &mut innermost {
            Around::Loop(around) => self.back_edge(around),
            Around::Rows { next, .. } => self.leave(next, None),
        }
        self.loops.push(innermost);
    }

    /// Goes back to the header of a loop.
    pub(crate) fn back_edge(&mut self, around: &Loop) {
        let (header, index) = (around.header, around.index);
        let mut args = Vec::with_capacity(around.variables.len() + 1);
        args.extend(index);
        args.extend(around.variables.iter().map(|&local| self.current(local)));
        if let Some(index) = index {
            // The index is below its end, so one more fits.
            let one = self.builder.i64(1);
            args[0] = self.builder.emit(Op::I64AddProved, &[index, one], 0, Type::I64);
        }
        self.builder.jump(header, &args);
    }

    /// Lowers the loop's body, goes back, and continues behind the loop.
    fn close_loop(&mut self, body: &'a [StmtId]) -> Option<()> {
        if self.stmts(body).is_some() {
            self.next_iteration();
        }
        self.end_loop()
    }

    fn end_loop(&mut self) -> Option<()> {
        self.builder.loop_depth -= 1;
        let ended = self.opened_loop();
        self.enter(ended.exit).map(|_| ())
    }

    /// Takes the loop that was opened last.
    fn opened_loop(&mut self) -> Loop {
        match self.loops.pop() {
            Some(Around::Loop(opened)) => opened,
            _ => panic!("the loop that was opened last is closed first"),
        }
    }

    fn while_loop(&mut self, id: StmtId, cond: ExprId, body: &'a [StmtId]) -> Option<()> {
        self.open_loop(id, None);
        let mut start = self.join();
        let mut innermost = self.opened_loop();
        self.condition(cond, &mut start, &mut innermost.exit);
        self.loops.push(Around::Loop(innermost));
        if self.enter(start).is_none() {
            return self.end_loop();
        }
        self.close_loop(body)
    }

    /// Opens a loop whose index runs from `first` to before `end`, and continues in its body with the index.
    fn open_counted(&mut self, id: StmtId, first: Value, end: Value) -> Value {
        let span = self.builder.span;
        self.open_loop(id, Some(first));
        self.at(span);
        let mut innermost = self.opened_loop();
        let index = innermost.index.expect("a counted loop has an index");
        // It begins at `first` and is only counted up.
        let (lowest, _) = self.builder.fact(first).range();
        self.builder.assume_range(index, lowest, i64::MAX);
        let mut start = self.join();
        let inside = self.builder.compare(Op::I64Cmp, Condition::Lt, index, end);
        self.branch(inside, &mut start, &mut innermost.exit);
        self.loops.push(Around::Loop(innermost));
        self.enter(start).expect("the branch goes there");
        index
    }

    fn for_range(
        &mut self,
        id: StmtId,
        var: LocalId,
        start: ExprId,
        end: ExprId,
        body: &'a [StmtId],
    ) -> Option<()> {
        let first = self.expr(start)?;
        let end = self.expr(end)?;
        self.at(self.hir[id].span);
        let index = self.open_counted(id, first, end);
        self.bind(var, index);
        self.close_loop(body)
    }

    /// Goes over what is there when the loop starts: the length is taken once, the items are read as they are met.
    fn for_in(
        &mut self,
        id: StmtId,
        var: LocalId,
        source: ExprId,
        body: &'a [StmtId],
    ) -> Option<()> {
        if let Some(query) = self.query_for_loop(source, body) {
            return self.for_in_query(id, var, (query, source), body);
        }
        if let Some(rows) = self.open_rows(source)? {
            return self.for_loaded(id, var, rows, body);
        }
        let value = self.operand(source)?;
        let span = self.hir[source].span;
        self.at(span);
        let ty = self.type_of(source);
        let zero = self.builder.i64(0);
        match *self.kind(ty) {
            TypeKind::String => {
                let len = self.runtime(RuntimeFunction::StrLen, &[value], Type::I64);
                let index = self.open_counted(id, zero, len);
                let item = self.runtime(RuntimeFunction::StrIndex, &[value, index], Type::Str);
                self.bind(var, item);
            }
            TypeKind::Map(key, _) => {
                let (key, keys) = (self.repr(key), Type::list_of(self.repr(key).rep()));
                let keys = self.runtime(RuntimeFunction::MapKeys, &[value], keys);
                self.for_items(id, var, keys, key);
            }
            TypeKind::List(item) => {
                let item = self.repr(item);
                self.for_items(id, var, value, item);
            }
            TypeKind::Group(_, item) => {
                let items = self.group_items(value, ty);
                let item = self.repr(item);
                self.for_items(id, var, items, item);
            }
            _ => {
                let value = self.any_of(value);
                let items = self.runtime(RuntimeFunction::AnyItems, &[value], Type::ListAny);
                self.for_items(id, var, items, Type::Any);
            }
        }
        self.close_loop(body)
    }

    /// Goes over a query's rows as they come.
    fn for_in_query(
        &mut self,
        id: StmtId,
        var: LocalId,
        (query, source): (QueryId, ExprId),
        body: &'a [StmtId],
    ) -> Option<()> {
        let carried = self.assigned_in(id);
        let exit = self.join();
        let mut exits = Some(exit);
        let ended = self.for_rows(query, source, &carried, &mut |this, row| {
            let next = this.join();
            let exit = exits.take().expect("the rows come to be in one place");
            this.loops.push(Around::Rows { next, exit });
            this.bind(var, row);
            if this.stmts(body).is_some() {
                this.next_iteration();
            }
            let Some(Around::Rows { next, exit }) = this.loops.pop() else {
                panic!("the loop that was opened last is closed first")
            };
            exits = Some(exit);
            this.enter(next).map(|_| ())
        });
        let mut exit = exits.expect("it was put back");
        if ended.is_some() {
            self.leave(&mut exit, None);
        }
        self.enter(exit).map(|_| ())
    }

    /// Reads the rows of a file as they are met.
    fn for_loaded(
        &mut self,
        id: StmtId,
        var: LocalId,
        rows: Rows,
        body: &'a [StmtId],
    ) -> Option<()> {
        let span = self.builder.span;
        self.open_loop(id, None);
        self.at(span);
        let mut start = self.join();
        let mut innermost = self.opened_loop();
        let any = self.next_row(rows);
        self.branch(any, &mut start, &mut innermost.exit);
        self.loops.push(Around::Loop(innermost));
        self.enter(start).expect("the branch goes there");
        let row = self.take_row(rows);
        self.bind(var, row);
        self.close_loop(body)
    }

    fn for_items(&mut self, id: StmtId, var: LocalId, list: Value, item: Type) {
        let zero = self.builder.i64(0);
        let len = self.builder.emit(Op::ListLen, &[list], 0, Type::I64);
        let index = self.open_counted(id, zero, len);
        // Lists never get shorter, so what was inside at the start still is.
        let item = self.builder.emit(Op::ListLoad, &[list, index], 0, item);
        self.bind(var, item);
    }

    // -- tests --

    /// Runs the body and prints how long it took and what memory is in use.
    fn bench(&mut self, name: Symbol, body: &'a [StmtId]) -> Option<()> {
        let span = self.builder.span;
        let start = self.runtime(RuntimeFunction::Now, &[], Type::I64);
        self.stmts(body)?;
        self.at(span);
        let end = self.runtime(RuntimeFunction::Now, &[], Type::I64);
        let nanoseconds = self.builder.emit(Op::I64Sub, &[end, start], 0, Type::I64);
        let thousand = self.builder.i64(1000);
        let duration = self.builder.emit(Op::I64DivProved, &[nanoseconds, thousand], 0, Type::I64);
        let memory = self.runtime(RuntimeFunction::Mem, &[], Type::I64);
        let name = self.symbol(name);
        let report = self.new_map(TypeId::STRING, TypeId::ANY, 3);
        for (key, value) in [("duration_us", duration), ("memory_bytes", memory), ("name", name)] {
            let (key, value) = (self.string(key), self.any_of(value));
            self.runtime_effect(RuntimeFunction::MapSet, &[report, key, value]);
        }
        let report = self.builder.emit(Op::AnyFrom, &[report], 0, Type::Any);
        self.runtime_effect(RuntimeFunction::PrintJson, &[report]);
        Some(())
    }

    /// `expect e`: when it is false the program stops, showing both sides of a comparison.
    fn expect(&mut self, condition: ExprId) -> Option<()> {
        let hir = self.hir;
        let span = hir[condition].span;
        let mut met = self.join();
        let mut failed = self.join();
        let sides = match hir[condition].kind {
            ExprKind::Binary(op, left, right) if is_comparison(op) => {
                let left_value = self.expr(left)?;
                let right_value = self.expr(right)?;
                let ty = self.type_of(left);
                self.at(span);
                let holds = self.comparison(op, ty, left_value, right_value);
                self.branch(holds, &mut met, &mut failed);
                Some((op, left_value, right_value))
            }
            _ => {
                self.condition(condition, &mut met, &mut failed);
                None
            }
        };
        if self.enter(failed).is_some() {
            self.at(span);
            let text = match sides {
                Some((op, left, right)) => {
                    let left = self.any_of(left);
                    let operator = self.string(symbol(op));
                    let right = self.any_of(right);
                    self.runtime(RuntimeFunction::ExpectSides, &[left, operator, right], Type::Str)
                }
                None => self.string(""),
            };
            self.runtime_effect(RuntimeFunction::ExpectFailed, &[text]);
            self.builder.terminate(Op::Trap, &[], TrapKind::Expect as u64, &[]);
        }
        self.enter(met).map(|_| ())
    }
}
