//! Which variables a loop assigns: they become parameters of its header, which must be known before its body is lowered.
//!
//! An outermost loop's body is walked once, when the loop is met. The assignments lie in one list in the order of the
//! source, so that each loop inside has a range of it and is not walked again.

use crate::operands::{for_each_of_query, for_each_operand};
use mochi_hir::hir::{ExprId, ExprKind, Hir, LocalId, Place, QueryId, StmtId, StmtKind, Storage};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// The assignments in an outermost loop.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    assigned: Vec<LocalId>,
    /// Of each loop in it, where its assignments lie.
    loops: FxHashMap<StmtId, Range<u32>>,
    /// The same of each query, which is lowered to loops.
    queries: FxHashMap<QueryId, Range<u32>>,
}

impl Writes {
    /// What the loop assigns, repeats and variables of its own among it; walks it unless an enclosing one has been.
    pub(crate) fn of_loop(&mut self, hir: &Hir, stmt: StmtId) -> &[LocalId] {
        if !self.loops.contains_key(&stmt) {
            self.clear();
            self.stmt(hir, stmt);
        }
        let range = &self.loops[&stmt];
        &self.assigned[range.start as usize..range.end as usize]
    }

    /// What a query assigns, which statements in its expressions can do.
    pub(crate) fn of_query(&mut self, hir: &Hir, query: QueryId) -> &[LocalId] {
        if !self.queries.contains_key(&query) {
            self.clear();
            self.query(hir, query);
        }
        let range = &self.queries[&query];
        &self.assigned[range.start as usize..range.end as usize]
    }

    fn clear(&mut self) {
        self.assigned.clear();
        self.loops.clear();
        self.queries.clear();
    }

    fn query(&mut self, hir: &Hir, id: QueryId) {
        let start = self.assigned.len() as u32;
        for_each_of_query(&hir[id], &mut |expr| self.expr(hir, expr));
        self.queries.insert(id, start..self.assigned.len() as u32);
    }

    fn stmts(&mut self, hir: &Hir, stmts: &[StmtId]) {
        for &stmt in stmts {
            self.stmt(hir, stmt);
        }
    }

    fn stmt(&mut self, hir: &Hir, id: StmtId) {
        let start = self.assigned.len() as u32;
        match &hir[id].kind {
            StmtKind::Let(_, value) | StmtKind::Expr(value) | StmtKind::Expect(value) => {
                self.expr(hir, *value)
            }
            StmtKind::Assign(place, value) => {
                self.expr(hir, *value);
                match place {
                    Place::Local(local) => {
                        if hir[*local].storage == Storage::Value {
                            self.assigned.push(*local);
                        }
                    }
                    Place::Field(base, _) | Place::AnyField(base, _) => self.expr(hir, *base),
                    Place::Index(base, index) => {
                        self.expr(hir, *base);
                        self.expr(hir, *index);
                    }
                }
            }
            StmtKind::If { cond, then, otherwise } => {
                self.expr(hir, *cond);
                self.stmts(hir, then);
                self.stmts(hir, otherwise);
            }
            StmtKind::While { cond, body } => {
                self.expr(hir, *cond);
                self.stmts(hir, body);
                self.loops.insert(id, start..self.assigned.len() as u32);
            }
            StmtKind::ForRange { var: _, start: first, end, body } => {
                self.expr(hir, *first);
                self.expr(hir, *end);
                self.stmts(hir, body);
                self.loops.insert(id, start..self.assigned.len() as u32);
            }
            StmtKind::ForIn { var: _, source, body } => {
                self.expr(hir, *source);
                self.stmts(hir, body);
                self.loops.insert(id, start..self.assigned.len() as u32);
            }
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(hir, *value);
                }
            }
            StmtKind::Test { name: _, body }
            | StmtKind::Bench { name: _, body }
            | StmtKind::Block(body) => {
                self.stmts(hir, body);
            }
            StmtKind::Emit { stream: _, event: value }
            | StmtKind::On { stream: _, handler: value } => self.expr(hir, *value),
            StmtKind::Fact(_, terms) => terms.iter().for_each(|&term| self.expr(hir, term)),
            StmtKind::Rule(rule) => hir[*rule].values().for_each(|value| self.expr(hir, value)),
            StmtKind::Break | StmtKind::Continue | StmtKind::Unsupported(_) => {}
        }
    }

    fn expr(&mut self, hir: &Hir, id: ExprId) {
        match &hir[id].kind {
            ExprKind::Match { scrutinee, arms } => {
                self.expr(hir, *scrutinee);
                for arm in arms {
                    self.expr(hir, arm.body);
                }
            }
            ExprKind::Block(stmts, value) => {
                self.stmts(hir, stmts);
                self.expr(hir, *value);
            }
            ExprKind::Query(query) => self.query(hir, *query),
            other => for_each_operand(other, &mut |operand| self.expr(hir, operand)),
        }
    }
}
