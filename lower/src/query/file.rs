//! Queries that read a file: when a `for` may run its body with each row as it is read.
//!
//! The rows of a file come one by one, and what is wrong with one of them stops the program when it is reached. The same then
//! holds for what the query asks of a row, so that its expressions need not be total, as those of other queries must be. But the
//! body **must not** change what they read.

use super::total::Known;
use super::uses::binds;
use crate::operands::{Node, for_each_of_query, walk};
use mochi_hir::hir::{Clause, ExprKind, LocalId, Query, Storage};
use mochi_hir::types::TypeId;
use rustc_hash::FxHashSet;

/// Whether a query's first source is a file.
pub(super) fn is_read(known: &Known<'_, '_>, query: &Query) -> bool {
    matches!(query.clauses.first(), Some(Clause::From { source, .. })
        if matches!(known.hir[*source].kind, ExprKind::Load { .. }))
}

/// Whether a query reads a file and hands on each row before it reads the next one, so that a body can run between them that
/// assigns none of the variables that are `used`, but changes what others see if `shared`.
pub(super) fn goes_along(
    known: &Known<'_, '_>,
    query: &Query,
    used: &FxHashSet<LocalId>,
    shared: bool,
) -> bool {
    let waits = |clause: &Clause| match clause {
        Clause::GroupBy { .. } | Clause::Sort(_) => true,
        Clause::Join { .. } => shared,
        Clause::From { .. } | Clause::Where(_) | Clause::Skip(_) | Clause::Take(_) => false,
    };
    let sources = query.clauses.iter().filter(|clause| matches!(clause, Clause::From { .. }));
    is_read(known, query)
        && known.changing.is_calm(known.hir, query)
        && !query.clauses.iter().any(waits)
        && (!shared || sources.count() == 1 && !query.distinct && is_closed(known, query, used))
}

/// Whether a query's expressions read nothing but the row and variables whose values nobody can change.
fn is_closed(known: &Known<'_, '_>, query: &Query, used: &FxHashSet<LocalId>) -> bool {
    let hir = known.hir;
    let bound = binds(hir, query);
    let plain = [TypeId::INT, TypeId::FLOAT, TypeId::STRING, TypeId::BOOL];
    let stays = |local: &LocalId| {
        let variable = &hir[*local];
        bound.contains(local)
            || plain.contains(&variable.ty)
                && (variable.storage == Storage::Value || !variable.assigned)
    };
    let mut calls = false;
    for_each_of_query(query, &mut |expr| {
        walk(hir, expr, &mut |node| {
            calls |= match node {
                Node::Expr(id) => matches!(
                    hir[id].kind,
                    ExprKind::Call { .. }
                        | ExprKind::CallValue { .. }
                        | ExprKind::CallNested { .. }
                        | ExprKind::Function(..)
                        | ExprKind::Closure(_)
                        | ExprKind::Partial { .. }
                        | ExprKind::LogicQuery(_)
                ),
                Node::Stmt(_) => true,
            };
        });
    });
    !calls && used.iter().all(stays)
}
