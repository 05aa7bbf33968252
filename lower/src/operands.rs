//! What an expression is made of, for walks that look at every expression.

use mochi_hir::hir::{Clause, ExprId, ExprKind, Query};

/// The operands of an expression that has nothing but operands.
pub(crate) fn for_each_operand(kind: &ExprKind, visit: &mut dyn FnMut(ExprId)) {
    match kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::None
        | ExprKind::Unit
        | ExprKind::Unreachable
        | ExprKind::Unsupported(_)
        | ExprKind::Local(_)
        | ExprKind::Function(..)
        | ExprKind::Closure(_)
        | ExprKind::Load { .. } => {}
        ExprKind::Call { args, .. }
        | ExprKind::CallBuiltin { args, .. }
        | ExprKind::List(args)
        | ExprKind::Struct(_, args) => args.iter().copied().for_each(visit),
        ExprKind::CallValue { callee, args } | ExprKind::Partial { callee, args } => {
            visit(*callee);
            args.iter().copied().for_each(visit);
        }
        ExprKind::Neg(a)
        | ExprKind::Not(a)
        | ExprKind::Field(a, _)
        | ExprKind::AnyField(a, _)
        | ExprKind::SafeField(a, _)
        | ExprKind::GroupKey(a)
        | ExprKind::Save { source: a, .. }
        | ExprKind::Convert(_, a) => visit(*a),
        ExprKind::Binary(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::Index(a, b)
        | ExprKind::MapGet(a, b)
        | ExprKind::MapIndex(a, b)
        | ExprKind::SafeIndex(a, b) => {
            visit(*a);
            visit(*b);
        }
        ExprKind::Agent(_, given) => given.iter().for_each(|&(_, value)| visit(value)),
        ExprKind::If { cond, then, otherwise } => {
            [*cond, *then, *otherwise].into_iter().for_each(visit)
        }
        ExprKind::Map(entries) => {
            for &(key, value) in entries {
                visit(key);
                visit(value);
            }
        }
        ExprKind::Slice { base, start, end, step } => {
            visit(*base);
            [start, end, step].into_iter().flatten().copied().for_each(visit);
        }
        // These hold statements, arms or clauses; whoever asks looks at them first.
        ExprKind::Match { .. } | ExprKind::Block(..) | ExprKind::Query(_) => {}
    }
}

/// The expressions of a query, clause by clause.
pub(crate) fn for_each_of_query(query: &Query, visit: &mut dyn FnMut(ExprId)) {
    for clause in &query.clauses {
        match clause {
            Clause::From { var: _, source } => visit(*source),
            Clause::Join { source, on, .. } => {
                visit(*source);
                visit(*on);
            }
            Clause::Where(value) | Clause::Skip(value) | Clause::Take(value) => visit(*value),
            Clause::GroupBy { keys, into: _, having } => {
                keys.iter().chain(having).copied().for_each(&mut *visit);
            }
            Clause::Sort(keys) => keys.iter().for_each(|key| visit(key.key)),
        }
    }
    visit(query.select);
}
