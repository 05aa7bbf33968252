//! What is the same for all rows of a query, and so is made once: aggregates of queries that use nothing of the row, and
//! the lists that `in` looks for items in.

use super::plan::{Plan, is_place};
use super::total::{Known, is_total};
use super::uses::{binds, uses};
use crate::operands::{Node, for_each_of_query, walk};
use mochi_hir::hir::{BinaryOp, Builtin, ExprId, ExprKind, LocalId, QueryId};
use mochi_hir::types::{TypeId, TypeKind};
use rustc_hash::FxHashSet;

/// What becomes of an expression that is made once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Once {
    /// It is evaluated when it is first asked for.
    Value,
    /// It is `item in list`, and the list becomes a set.
    Set,
}

/// What, in the rows of a plan, is the same for all of them; `varying` is what gets its values in the query.
pub(super) fn made_once(
    known: &Known<'_, '_>,
    plan: &Plan<'_>,
    varying: &FxHashSet<LocalId>,
) -> Vec<(ExprId, Once)> {
    let mut found = Vec::new();
    if !plan.is_calm {
        return found;
    }
    let hir = known.hir;
    let mut visit = |node| {
        let Node::Expr(id) = node else { return };
        let once = match &hir[id].kind {
            ExprKind::CallBuiltin { builtin, args } => match (builtin, &args[..]) {
                (
                    Builtin::Count
                    | Builtin::Len
                    | Builtin::Exists
                    | Builtin::Sum
                    | Builtin::Avg
                    | Builtin::Min
                    | Builtin::Max,
                    &[query],
                ) => query_of(known, query)
                    .filter(|_| is_plain(hir[id].ty))
                    .map(|_| (Once::Value, query)),
                _ => None,
            },
            ExprKind::Query(query) if hir[*query].aggregate.is_some() => {
                is_plain(hir[id].ty).then_some((Once::Value, id))
            }
            &ExprKind::Binary(BinaryOp::InList, item, list) => {
                let is_listed = matches!(hir.types.kind(hir[list].ty), &TypeKind::List(of) if of == hir[item].ty);
                let is_comparable =
                    [TypeId::INT, TypeId::STRING, TypeId::BOOL].contains(&hir[item].ty);
                let is_made = query_of(known, list).is_some() || is_place(known, list);
                (is_listed && is_comparable && is_made && !known.nulls).then_some((Once::Set, list))
            }
            _ => None,
        };
        if let Some((once, part)) = once
            && can_be_repeated(known, part)
            && is_same_for_all(known, part, varying)
            && !found.contains(&(id, once))
        {
            found.push((id, once));
        }
    };
    for expr in plan.of_each_row() {
        walk(hir, expr, &mut visit);
    }
    found
}

fn is_plain(ty: TypeId) -> bool {
    [TypeId::INT, TypeId::FLOAT, TypeId::STRING, TypeId::BOOL].contains(&ty)
}

fn query_of(known: &Known<'_, '_>, id: ExprId) -> Option<QueryId> {
    match known.hir[id].kind {
        ExprKind::Query(query) => Some(query),
        _ => None,
    }
}

/// Whether evaluating it again gives the same and does nothing else; that its aggregate may stop the program is no
/// matter, because it is evaluated where it would have been first.
fn can_be_repeated(known: &Known<'_, '_>, id: ExprId) -> bool {
    let Some(query) = query_of(known, id) else { return is_total(known, id) };
    let mut all = true;
    for_each_of_query(&known.hir[query], &mut |expr| all = all && is_total(known, expr));
    all
}

/// Whether it uses nothing that gets its value in the query around, except within itself.
fn is_same_for_all(known: &Known<'_, '_>, id: ExprId, varying: &FxHashSet<LocalId>) -> bool {
    let own = query_of(known, id).map(|query| binds(known.hir, &known.hir[query]));
    uses(known.hir, id).iter().all(|local| {
        !varying.contains(local) || own.as_ref().is_some_and(|own| own.contains(local))
    })
}
