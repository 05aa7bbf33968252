//! Which variables an expression uses, and which are declared within it.

use crate::operands::{Node, walk};
use mochi_hir::hir::{
    Clause, ExprId, ExprKind, Hir, LocalId, Pattern, Place, Query, StmtId, StmtKind,
};
use rustc_hash::FxHashSet;

/// The variables that an expression uses, also within statements, function literals and queries.
pub(super) fn uses(hir: &Hir, expr: ExprId) -> FxHashSet<LocalId> {
    let mut found = FxHashSet::default();
    walk(hir, expr, &mut |node| use_of(hir, node, &mut found));
    found
}

/// Adds the variables that a node itself uses.
pub(super) fn use_of(hir: &Hir, node: Node, found: &mut FxHashSet<LocalId>) {
    match node {
        Node::Expr(id) => match &hir[id].kind {
            ExprKind::Local(local) => {
                found.insert(*local);
            }
            ExprKind::Closure(function) => found.extend(&hir[*function].captures),
            _ => {}
        },
        Node::Stmt(id) => {
            if let StmtKind::Assign(Place::Local(local), _) = hir[id].kind {
                found.insert(local);
            }
        }
    }
}

/// The variables that get their values within a query: those of its clauses, and what its expressions declare.
pub(super) fn binds(hir: &Hir, query: &Query) -> FxHashSet<LocalId> {
    let mut bound = FxHashSet::default();
    of_clauses(query, &mut bound);
    crate::operands::for_each_of_query(query, &mut |expr| {
        walk(hir, expr, &mut |node| match node {
            Node::Expr(id) => of_expr(hir, id, &mut bound),
            Node::Stmt(id) => of_stmt(hir, id, &mut bound),
        });
    });
    bound
}

fn of_clauses(query: &Query, bound: &mut FxHashSet<LocalId>) {
    for clause in &query.clauses {
        match clause {
            Clause::From { var, source: _ } => {
                bound.insert(*var);
            }
            Clause::Join { var, optional, .. } => {
                bound.insert(*var);
                bound.extend(optional.iter().map(|&(_, new)| new));
            }
            Clause::GroupBy { into, .. } => {
                bound.insert(*into);
            }
            Clause::Where(_) | Clause::Sort(_) | Clause::Skip(_) | Clause::Take(_) => {}
        }
    }
}

fn of_expr(hir: &Hir, id: ExprId, bound: &mut FxHashSet<LocalId>) {
    match &hir[id].kind {
        ExprKind::Query(query) => of_clauses(&hir[*query], bound),
        ExprKind::Match { scrutinee: _, arms } => {
            arms.iter().for_each(|arm| of_pattern(&arm.pattern, bound));
        }
        _ => {}
    }
}

fn of_pattern(pattern: &Pattern, bound: &mut FxHashSet<LocalId>) {
    match pattern {
        Pattern::Bind(local) => {
            bound.insert(*local);
        }
        Pattern::Struct(_, fields) => fields.iter().for_each(|field| of_pattern(field, bound)),
        Pattern::Wildcard | Pattern::Value(_) => {}
    }
}

fn of_stmt(hir: &Hir, id: StmtId, bound: &mut FxHashSet<LocalId>) {
    match &hir[id].kind {
        StmtKind::Let(local, _)
        | StmtKind::ForRange { var: local, .. }
        | StmtKind::ForIn { var: local, .. } => {
            bound.insert(*local);
        }
        _ => {}
    }
}
