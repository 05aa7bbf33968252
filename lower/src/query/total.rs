//! Which expressions always have a value and change nothing: nobody can tell when such a one is evaluated, or how often.

use super::changes::ChangingFunctions;
use mochi_hir::hir::{
    BinaryOp, Body, Builtin, Clause, Convert, ExprId, ExprKind, FunctionId, Hir, LocalId, StmtKind,
    Storage,
};
use mochi_hir::types::{TypeId, TypeKind};
use rustc_hash::FxHashSet;

/// What is known of the program when a query is planned.
pub(super) struct Known<'k, 'a> {
    pub hir: &'a Hir,
    pub changing: &'k ChangingFunctions,
    /// Variables that may have no value yet, so that reading them can stop the program.
    pub early: &'k FxHashSet<LocalId>,
    /// Structs, or anything, may be `none` without their type saying so (edition 2025).
    pub null_records: bool,
    pub nulls: bool,
}

/// Calls deeper than this are not looked into.
const DEEPEST: u32 = 4;

/// Whether an expression always has a value and changes nothing.
pub(super) fn is_total(known: &Known<'_, '_>, id: ExprId) -> bool {
    is_total_within(known, id, DEEPEST)
}

fn is_total_within(known: &Known<'_, '_>, id: ExprId, depth: u32) -> bool {
    let hir = known.hir;
    let total = |id: &ExprId| is_total_within(known, *id, depth);
    match &hir[id].kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::None => true,
        ExprKind::Local(local) => !known.early.contains(local),
        ExprKind::Field(a, _) => !known.null_records && total(a),
        ExprKind::Not(a) | ExprKind::SafeField(a, _) | ExprKind::GroupKey(a) => total(a),
        ExprKind::Neg(a) => hir[*a].ty == TypeId::FLOAT && total(a),
        ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Coalesce(a, b) => total(a) && total(b),
        ExprKind::If { cond, then, otherwise } => [cond, then, otherwise].into_iter().all(total),
        ExprKind::List(items) | ExprKind::Struct(_, items) => items.iter().all(total),
        ExprKind::Map(entries) => entries.iter().all(|(key, item)| total(key) && total(item)),
        ExprKind::MapGet(map, key) => {
            let is_map = matches!(hir.types.kind(hir[*map].ty), TypeKind::Map(..));
            is_map && !known.nulls && total(map) && total(key)
        }
        ExprKind::Binary(op, a, b) => never_stops(known, *op, *a, *b) && total(a) && total(b),
        ExprKind::CallBuiltin { builtin, args } => {
            !known.nulls && is_total_builtin(hir, *builtin, args) && args.iter().all(total)
        }
        ExprKind::Call { function, args, .. } => {
            depth > 0 && args.iter().all(total) && is_total_function(known, *function, depth - 1)
        }
        ExprKind::Convert(convert, a) => {
            matches!(
                convert,
                Convert::IntToFloat
                    | Convert::Wrap
                    | Convert::Narrow
                    | Convert::ToAny
                    | Convert::Rename
            ) && total(a)
        }
        ExprKind::Query(query) => {
            let query = &hir[*query];
            let plain = query
                .aggregate
                .is_none_or(|builtin| is_total_aggregate(builtin, hir[query.select].ty));
            let mut all = plain && !known.nulls;
            crate::operands::for_each_of_query(query, &mut |expr| all = all && total(&expr));
            // Keys that are values of any type may refuse to be compared.
            all && query.clauses.iter().all(|clause| match clause {
                Clause::Sort(keys) => keys.iter().all(|key| is_plain(hir[key.key].ty)),
                _ => true,
            })
        }
        _ => false,
    }
}

/// Whether a function only names values and then gives one.
fn is_total_function(known: &Known<'_, '_>, function: FunctionId, depth: u32) -> bool {
    match &known.hir[function].body {
        Body::Expr(value) => is_total_within(known, *value, depth),
        Body::Block(stmts) => {
            let Some((last, before)) = stmts.split_last() else { return false };
            let names = before.iter().all(|&stmt| match known.hir[stmt].kind {
                StmtKind::Let(local, value) => {
                    known.hir[local].storage == Storage::Value
                        && is_total_within(known, value, depth)
                }
                _ => false,
            });
            match known.hir[*last].kind {
                StmtKind::Return(Some(value)) => names && is_total_within(known, value, depth),
                _ => false,
            }
        }
        Body::Extern => false,
    }
}

fn is_plain(ty: TypeId) -> bool {
    [TypeId::INT, TypeId::FLOAT, TypeId::STRING, TypeId::BOOL].contains(&ty)
}

/// Whether the operator has a result for all operands.
fn never_stops(known: &Known<'_, '_>, op: BinaryOp, a: ExprId, b: ExprId) -> bool {
    let hir = known.hir;
    let ty = hir[a].ty;
    match op {
        BinaryOp::Eq | BinaryOp::Ne => true,
        BinaryOp::StrConcat
        | BinaryOp::ListConcat
        | BinaryOp::InList
        | BinaryOp::InMap
        | BinaryOp::InString
        | BinaryOp::Union
        | BinaryOp::UnionAll
        | BinaryOp::Except
        | BinaryOp::Intersect => !known.nulls,
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            [TypeId::INT, TypeId::FLOAT].contains(&ty) || (ty == TypeId::STRING && !known.nulls)
        }
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => ty == TypeId::FLOAT,
        BinaryOp::Div | BinaryOp::Rem => match hir[b].kind {
            // The smallest int divided by -1 does not fit.
            ExprKind::Int(divisor) => divisor != 0 && divisor != -1,
            ExprKind::Float(divisor) => divisor != 0.0,
            _ => false,
        },
        BinaryOp::InAny => false,
    }
}

fn is_total_aggregate(builtin: Builtin, item: TypeId) -> bool {
    match builtin {
        Builtin::Count => true,
        Builtin::Avg => item == TypeId::INT || item == TypeId::FLOAT,
        // A sum of ints may not fit.
        Builtin::Sum => item == TypeId::FLOAT,
        Builtin::Min | Builtin::Max => is_plain(item),
        _ => false,
    }
}

fn is_total_builtin(hir: &Hir, builtin: Builtin, args: &[ExprId]) -> bool {
    let first = args.first().map(|&arg| hir[arg].ty);
    match builtin {
        Builtin::Contains
        | Builtin::StartsWith
        | Builtin::EndsWith
        | Builtin::Upper
        | Builtin::Trim
        | Builtin::IndexOf => true,
        Builtin::Lower | Builtin::Substring => first == Some(TypeId::STRING),
        Builtin::Floor | Builtin::Ceil => true,
        Builtin::Abs => first == Some(TypeId::FLOAT),
        Builtin::Count | Builtin::Len | Builtin::Exists => {
            first.is_some_and(|ty| is_container(hir, ty))
        }
        Builtin::Sum | Builtin::Avg | Builtin::Min | Builtin::Max => {
            let item = first.map(|ty| hir.types.kind(ty));
            args.len() == 1
                && matches!(item, Some(&TypeKind::List(item) | &TypeKind::Group(_, item))
                    if is_total_aggregate(builtin, item))
        }
        _ => false,
    }
}

fn is_container(hir: &Hir, ty: TypeId) -> bool {
    matches!(
        hir.types.kind(ty),
        TypeKind::String | TypeKind::List(_) | TypeKind::Map(..) | TypeKind::Group(..)
    )
}
