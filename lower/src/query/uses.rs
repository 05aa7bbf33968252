//! Which variables an expression uses, and whether testing it earlier or oftener than written can be noticed.

use crate::operands::{for_each_of_query, for_each_operand};
use mochi_hir::hir::{
    BinaryOp, Builtin, Convert, ExprId, ExprKind, Hir, LocalId, Place, StmtId, StmtKind,
};
use mochi_hir::types::TypeId;
use rustc_hash::FxHashSet;

/// The variables that an expression uses, also within statements, function literals and queries.
pub(super) fn uses(hir: &Hir, expr: ExprId) -> FxHashSet<LocalId> {
    let mut walk = Walk { hir, found: FxHashSet::default() };
    walk.expr(expr);
    walk.found
}

struct Walk<'a> {
    hir: &'a Hir,
    found: FxHashSet<LocalId>,
}

impl Walk<'_> {
    fn expr(&mut self, id: ExprId) {
        let hir = self.hir;
        match &hir[id].kind {
            ExprKind::Local(local) => {
                self.found.insert(*local);
            }
            ExprKind::Closure(function) => self.found.extend(&hir[*function].captures),
            ExprKind::Query(query) => for_each_of_query(&hir[*query], &mut |expr| self.expr(expr)),
            ExprKind::Match { scrutinee, arms } => {
                self.expr(*scrutinee);
                arms.iter().for_each(|arm| self.expr(arm.body));
            }
            ExprKind::Block(stmts, value) => {
                self.stmts(stmts);
                self.expr(*value);
            }
            ExprKind::Load { path: _, options } => {
                options.iter().for_each(|&options| self.expr(options));
            }
            other => for_each_operand(other, &mut |operand| self.expr(operand)),
        }
    }

    fn stmts(&mut self, stmts: &[StmtId]) {
        stmts.iter().for_each(|&stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, id: StmtId) {
        let hir = self.hir;
        match &hir[id].kind {
            StmtKind::Let(_, value) | StmtKind::Expr(value) | StmtKind::Expect(value) => {
                self.expr(*value);
            }
            StmtKind::Assign(place, value) => {
                self.expr(*value);
                match place {
                    Place::Local(local) => {
                        self.found.insert(*local);
                    }
                    Place::Field(base, _) | Place::AnyField(base, _) => self.expr(*base),
                    Place::Index(base, index) => {
                        self.expr(*base);
                        self.expr(*index);
                    }
                }
            }
            StmtKind::If { cond, then, otherwise } => {
                self.expr(*cond);
                self.stmts(then);
                self.stmts(otherwise);
            }
            StmtKind::While { cond, body } => {
                self.expr(*cond);
                self.stmts(body);
            }
            StmtKind::ForRange { var: _, start, end, body } => {
                self.expr(*start);
                self.expr(*end);
                self.stmts(body);
            }
            StmtKind::ForIn { var: _, source, body } => {
                self.expr(*source);
                self.stmts(body);
            }
            StmtKind::Return(value) => value.iter().for_each(|&value| self.expr(value)),
            StmtKind::Test { name: _, body }
            | StmtKind::Bench { name: _, body }
            | StmtKind::Block(body) => self.stmts(body),
            StmtKind::Emit { stream: _, event: value }
            | StmtKind::On { stream: _, handler: value } => self.expr(*value),
            StmtKind::Break | StmtKind::Continue | StmtKind::Unsupported(_) => {}
        }
    }
}

/// Whether an expression always has a value and changes nothing: then nobody can tell when it is evaluated, or how often.
pub(super) fn is_total(hir: &Hir, id: ExprId) -> bool {
    let total = |id: &ExprId| is_total(hir, *id);
    match &hir[id].kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::None
        | ExprKind::Local(_) => true,
        ExprKind::Not(a) | ExprKind::Field(a, _) | ExprKind::GroupKey(a) => total(a),
        ExprKind::And(a, b) | ExprKind::Or(a, b) => total(a) && total(b),
        ExprKind::Binary(op, a, b) => {
            let ty = hir[*a].ty;
            let never_stops = match op {
                BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::InList
                | BinaryOp::InMap
                | BinaryOp::InString => true,
                BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                    [TypeId::INT, TypeId::FLOAT, TypeId::STRING].contains(&ty)
                }
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => ty == TypeId::FLOAT,
                _ => false,
            };
            never_stops && total(a) && total(b)
        }
        ExprKind::CallBuiltin { builtin, args } => {
            matches!(builtin, Builtin::Contains | Builtin::StartsWith | Builtin::EndsWith)
                && args.iter().all(total)
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
        _ => false,
    }
}
