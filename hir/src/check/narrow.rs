//! Flow narrowing: where a test has shown that an optional variable holds a value, it has the type
//! of that value.
//!
//! A narrowing is a flow type of a local, logged so that leaving the scope puts the former one back.
//! - A narrowing **must** end when the variable is assigned something that may be none, also for the
//!   code behind the scope in which that happened, and at the head of a loop that does so.
//! - A function literal **must** see a variable that can be assigned with its declared type: nobody
//!   knows when the literal runs.

use mochi_syntax::ast;

use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::LocalId;
use crate::types::TypeId;

impl Checker<'_> {
    /// Sets the flow type of a local until the innermost scope closes.
    pub(super) fn narrow(&mut self, local: LocalId, ty: TypeId) {
        self.narrow_log.push((local, self.local_facts[local.index()].current));
        self.set_current(local, ty);
    }

    fn set_current(&mut self, local: LocalId, ty: TypeId) {
        let facts = &mut self.local_facts[local.index()];
        facts.current = ty;
        if facts.mutable && ty != self.hir.locals[local.index()].ty {
            self.narrowed.push(local);
        }
    }

    pub(super) fn close_narrowings(&mut self, narrowings: usize, killed: usize) {
        while self.narrow_log.len() > narrowings {
            let Some((local, before)) = self.narrow_log.pop() else { break };
            self.set_current(local, before);
        }
        // What was assigned inside is no longer known outside. The log keeps the kill for the scopes
        // further out, as long as one of them may hold a narrowing.
        for index in killed..self.killed.len() {
            let local = self.killed[index];
            let declared = self.hir[local].ty;
            if self.local_facts[local.index()].current != declared {
                self.narrow(local, declared);
            }
        }
        if narrowings == 0 {
            self.killed.truncate(killed);
        }
    }

    /// After `local = value of type ty`: its flow type is that of the value, if it is narrower.
    pub(super) fn assigned(&mut self, local: LocalId, ty: TypeId) {
        let declared = self.hir[local].ty;
        let Shape::Option(inner) = self.shape(declared) else { return };
        let ty = self.resolved(ty);
        let narrower =
            !matches!(self.shape(ty), Shape::Option(_) | Shape::None | Shape::Any | Shape::Error);
        let new = if narrower { self.resolved(inner) } else { declared };
        if self.local_facts[local.index()].current != new {
            self.narrow(local, new);
        }
        if !self.narrow_log.is_empty() {
            self.killed.push(local);
        }
    }

    /// A call may have assigned any variable that can be assigned.
    pub(super) fn forget_mutable_narrowings(&mut self) {
        for local in std::mem::take(&mut self.narrowed) {
            let declared = self.hir[local].ty;
            if self.local_facts[local.index()].current != declared {
                self.narrow(local, declared);
            }
        }
    }

    /// Whether any variable that can be assigned is narrowed here.
    pub(super) fn has_mutable_narrowings(&mut self) -> bool {
        while let Some(&local) = self.narrowed.last() {
            if self.local_facts[local.index()].current != self.hir[local].ty {
                return true;
            }
            self.narrowed.pop();
        }
        false
    }

    /// At the head of a loop: what its body assigns is not known in its later rounds.
    pub(super) fn forget_narrowings_of_loop(&mut self, body: ast::BlockId) {
        if !self.has_mutable_narrowings() {
            return;
        }
        let mut assigned = Vec::new();
        assigned_in(self.ast, body, &mut assigned);
        for name in assigned {
            if let Binding::Local(local) = self.lookup(name) {
                let declared = self.hir[local].ty;
                if self.local_facts[local.index()].current != declared {
                    self.narrow(local, declared);
                }
            }
        }
    }

    /// Narrows what `condition` being `truth` shows.
    pub(super) fn narrow_by(&mut self, condition: ast::ExprId, truth: bool) {
        let ast = self.ast;
        let mut condition = ast.without_parens(condition);
        loop {
            match ast[condition].kind {
                ast::ExprKind::Unary { op: ast::UnaryOp::Not, operand } => {
                    return self.narrow_by(operand, !truth);
                }
                ast::ExprKind::Binary { op: ast::BinaryOp::And, left, right, .. } if truth => {
                    self.narrow_by(right, true);
                    condition = ast.without_parens(left);
                }
                ast::ExprKind::Binary { op: ast::BinaryOp::Or, left, right, .. } if !truth => {
                    self.narrow_by(right, false);
                    condition = ast.without_parens(left);
                }
                ast::ExprKind::Binary {
                    op: op @ (ast::BinaryOp::Eq | ast::BinaryOp::Ne),
                    left,
                    right,
                    ..
                } => {
                    if (op == ast::BinaryOp::Ne) == truth {
                        self.narrow_comparison(left, right);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn narrow_comparison(&mut self, left: ast::ExprId, right: ast::ExprId) {
        let operand = if self.is_none(right) {
            left
        } else if self.is_none(left) {
            right
        } else {
            return;
        };
        if let Some(local) = self.local_named_by(operand) {
            let current = self.local_facts[local.index()].current;
            if let Shape::Option(inner) = self.shape(current) {
                self.narrow(local, inner);
            }
        }
    }

    /// Whether the expression is the literal `none`.
    pub(super) fn is_none(&self, expr: ast::ExprId) -> bool {
        match self.ast[self.ast.without_parens(expr)].kind {
            ast::ExprKind::None => true,
            ast::ExprKind::Ident(name) => self.is_none_name(name),
            _ => false,
        }
    }

    /// The local that the expression is the bare name of.
    pub(super) fn local_named_by(&self, expr: ast::ExprId) -> Option<LocalId> {
        match self.ast[self.ast.without_parens(expr)].kind {
            ast::ExprKind::Ident(name) => match self.lookup(name) {
                Binding::Local(local) => Some(local),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether control never reaches the end of the block.
    pub(super) fn always_leaves(&self, block: ast::BlockId) -> bool {
        let statements = &self.ast[self.ast[block].statements];
        match statements.last().map(|&last| self.ast[last].kind) {
            Some(ast::StmtKind::Return(_) | ast::StmtKind::Break | ast::StmtKind::Continue) => true,
            Some(ast::StmtKind::If { branches, otherwise: Some(otherwise) }) => {
                self.always_leaves(otherwise)
                    && self.ast[branches].iter().all(|branch| self.always_leaves(branch.body))
            }
            _ => false,
        }
    }
}

/// The names that statements of `block` assign, those of blocks inside it too.
fn assigned_in(ast: &ast::Ast, block: ast::BlockId, names: &mut Vec<mochi_base::Symbol>) {
    for &statement in &ast[ast[block].statements] {
        match ast[statement].kind {
            ast::StmtKind::Assign { place, .. } => {
                let mut root = place;
                while let Some(object) = ast.left_operand(root) {
                    root = object;
                }
                if let ast::ExprKind::Ident(name) = ast[root].kind {
                    names.push(name);
                }
            }
            ast::StmtKind::If { branches, otherwise } => {
                for branch in &ast[branches] {
                    assigned_in(ast, branch.body, names);
                }
                if let Some(otherwise) = otherwise {
                    assigned_in(ast, otherwise, names);
                }
            }
            ast::StmtKind::While { body, .. } | ast::StmtKind::For { body, .. } => {
                assigned_in(ast, body, names)
            }
            _ => {}
        }
    }
}
