//! Which shared top-level variables a function can read before the statement that declares them has run.
//!
//! The statements of the file are followed in order, and from each the functions that it mentions, each once. What
//! such a function uses and is declared later can be read too early; everything else needs no check.

use crate::operands::{for_each_of_query, for_each_operand};
use crate::program::Lowering;
use mochi_hir::hir::{
    AgentId, AgentStep, Body, ExprId, ExprKind, FunctionId, Hir, LocalId, Place, StmtId, StmtKind,
    Storage,
};
use rustc_hash::FxHashSet;

impl Lowering<'_> {
    /// Fills in [`Lowering::early`] for globals.
    pub(crate) fn find_early_globals(&mut self) {
        let mut walk = Walk {
            hir: self.hir,
            reached: vec![false; self.hir.functions.len()],
            made: vec![false; self.hir.agents.len()],
            initialised: FxHashSet::default(),
            early: FxHashSet::default(),
            pending: Vec::new(),
        };
        for &stmt in &self.hir.main {
            walk.stmt(stmt);
        }
        self.early.extend(walk.early.drain());
    }
}

struct Walk<'a> {
    hir: &'a Hir,
    reached: Vec<bool>,
    /// The agents whose steps have been walked.
    made: Vec<bool>,
    initialised: FxHashSet<LocalId>,
    early: FxHashSet<LocalId>,
    pending: Vec<FunctionId>,
}

impl Walk<'_> {
    fn stmts(&mut self, stmts: &[StmtId]) {
        for &stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let hir = self.hir;
        match &hir[id].kind {
            StmtKind::Let(local, value) => {
                self.expr(*value);
                if hir[*local].storage == Storage::Global {
                    self.initialised.insert(*local);
                }
            }
            StmtKind::Assign(place, value) => {
                match place {
                    Place::Local(_) => {}
                    Place::Field(base, _) | Place::AnyField(base, _) => self.expr(*base),
                    Place::Index(base, index) => self.exprs(&[*base, *index]),
                }
                self.expr(*value);
            }
            StmtKind::Expr(value) | StmtKind::Expect(value) => self.expr(*value),
            StmtKind::If { cond, then, otherwise } => {
                self.expr(*cond);
                self.stmts(then);
                self.stmts(otherwise);
            }
            StmtKind::While { cond, body } => {
                self.expr(*cond);
                self.stmts(body);
            }
            StmtKind::ForRange { var, start, end, body } => {
                self.exprs(&[*start, *end]);
                self.initialised.insert(*var);
                self.stmts(body);
            }
            StmtKind::ForIn { var, source, body } => {
                self.expr(*source);
                self.initialised.insert(*var);
                self.stmts(body);
            }
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(*value);
                }
            }
            StmtKind::Test { name: _, body }
            | StmtKind::Bench { name: _, body }
            | StmtKind::Block(body) => {
                self.stmts(body);
            }
            StmtKind::Emit { stream: _, event: value }
            | StmtKind::On { stream: _, handler: value } => self.expr(*value),
            StmtKind::Fact(_, terms) => terms.iter().for_each(|&term| self.expr(term)),
            StmtKind::Rule(rule) => hir[*rule].values().for_each(|value| self.expr(value)),
            StmtKind::Break | StmtKind::Continue | StmtKind::Unsupported(_) => {}
        }
    }

    fn exprs(&mut self, exprs: &[ExprId]) {
        for &expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, id: ExprId) {
        let hir = self.hir;
        match &hir[id].kind {
            ExprKind::Local(local) => {
                if hir[*local].storage == Storage::Global && !self.initialised.contains(local) {
                    self.early.insert(*local);
                }
            }
            ExprKind::Function(function, _) | ExprKind::Closure(function) => {
                self.function(*function)
            }
            ExprKind::Call { function, type_args: _, args } => {
                self.exprs(args);
                self.function(*function);
            }
            ExprKind::Agent(agent, given) => {
                given.iter().for_each(|&(_, value)| self.expr(value));
                self.agent(*agent);
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(*scrutinee);
                for arm in arms {
                    self.expr(arm.body);
                }
            }
            ExprKind::Block(stmts, value) => {
                self.stmts(stmts);
                self.expr(*value);
            }
            ExprKind::Query(query) => {
                for_each_of_query(&hir[*query], &mut |expr| self.expr(expr));
            }
            other => for_each_operand(other, &mut |operand| self.expr(operand)),
        }
    }

    /// The steps that make an instance, and what its handlers do.
    fn agent(&mut self, id: AgentId) {
        if std::mem::replace(&mut self.made[id.index()], true) {
            return;
        }
        for &step in &self.hir[id].steps {
            match step {
                AgentStep::Field(_, value) => self.expr(value),
                AgentStep::Stmt(stmt) => self.stmt(stmt),
            }
        }
    }

    /// Everything that a function does may happen when it is first mentioned.
    fn function(&mut self, id: FunctionId) {
        if std::mem::replace(&mut self.reached[id.index()], true) {
            return;
        }
        self.pending.push(id);
        if self.pending.len() > 1 {
            return;
        }
        // The functions that are met are walked one after the other, so that a long chain of calls is no deep recursion.
        let mut next = 0;
        while next < self.pending.len() {
            match &self.hir[self.pending[next]].body {
                Body::Block(stmts) => self.stmts(stmts),
                Body::Expr(value) => self.expr(*value),
                Body::Extern => {}
            }
            next += 1;
        }
        self.pending.clear();
    }
}
