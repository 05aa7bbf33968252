//! What an expression is made of, for walks that look at every expression.

use mochi_hir::hir::{Clause, ExprId, ExprKind, Hir, Place, Query, StmtId, StmtKind};

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
        | ExprKind::Closure(_) => {}
        ExprKind::Load { path: _, options } => options.iter().copied().for_each(visit),
        ExprKind::Save { source, path: _, options } => {
            visit(*source);
            options.iter().copied().for_each(visit);
        }
        ExprKind::Call { args, .. }
        | ExprKind::CallNested { args, .. }
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
        ExprKind::LogicQuery(query) => query.atom.values().for_each(visit),
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

/// Something that is met on a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node {
    Expr(ExprId),
    Stmt(StmtId),
}

/// Visits an expression and all that is evaluated with it, also statements, arms and the clauses of queries; not the
/// bodies of function literals. What contains comes before what is contained.
pub(crate) fn walk(hir: &Hir, id: ExprId, visit: &mut dyn FnMut(Node)) {
    visit(Node::Expr(id));
    match &hir[id].kind {
        ExprKind::Query(query) => {
            for_each_of_query(&hir[*query], &mut |expr| walk(hir, expr, visit));
        }
        ExprKind::Match { scrutinee, arms } => {
            walk(hir, *scrutinee, visit);
            arms.iter().for_each(|arm| walk(hir, arm.body, visit));
        }
        ExprKind::Block(stmts, value) => {
            walk_stmts(hir, stmts, visit);
            walk(hir, *value, visit);
        }
        other => for_each_operand(other, &mut |operand| walk(hir, operand, visit)),
    }
}

/// The same for statements.
pub(crate) fn walk_stmts(hir: &Hir, stmts: &[StmtId], visit: &mut dyn FnMut(Node)) {
    for &stmt in stmts {
        visit(Node::Stmt(stmt));
        match &hir[stmt].kind {
            StmtKind::Let(_, value) | StmtKind::Expr(value) | StmtKind::Expect(value) => {
                walk(hir, *value, visit);
            }
            StmtKind::Assign(place, value) => {
                walk(hir, *value, visit);
                match place {
                    Place::Local(_) => {}
                    Place::Field(base, _) | Place::AnyField(base, _) => walk(hir, *base, visit),
                    Place::Index(base, index) => {
                        walk(hir, *base, visit);
                        walk(hir, *index, visit);
                    }
                }
            }
            StmtKind::If { cond, then, otherwise } => {
                walk(hir, *cond, visit);
                walk_stmts(hir, then, visit);
                walk_stmts(hir, otherwise, visit);
            }
            StmtKind::While { cond, body } => {
                walk(hir, *cond, visit);
                walk_stmts(hir, body, visit);
            }
            StmtKind::ForRange { var: _, start, end, body } => {
                walk(hir, *start, visit);
                walk(hir, *end, visit);
                walk_stmts(hir, body, visit);
            }
            StmtKind::ForIn { var: _, source, body } => {
                walk(hir, *source, visit);
                walk_stmts(hir, body, visit);
            }
            StmtKind::Return(value) => value.iter().for_each(|&value| walk(hir, value, visit)),
            StmtKind::Test { name: _, body }
            | StmtKind::Bench { name: _, body }
            | StmtKind::Block(body) => walk_stmts(hir, body, visit),
            StmtKind::Emit { stream: _, event: value }
            | StmtKind::On { stream: _, handler: value } => walk(hir, *value, visit),
            StmtKind::Fact(_, terms) => terms.iter().for_each(|&term| walk(hir, term, visit)),
            StmtKind::Rule(rule) => hir[*rule].values().for_each(|value| walk(hir, value, visit)),
            StmtKind::Break | StmtKind::Continue | StmtKind::Unsupported(_) => {}
        }
    }
}
