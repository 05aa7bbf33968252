//! What evaluating something can change: variables, and objects that others see. Where nothing is changed, an expression
//! that only reads gives the same value early and late.
//!
//! Function values are not followed: calling one can change anything. Named functions are, by a fixpoint over the calls
//! of the program, which is made when the first query is planned.

use super::uses::binds;
use crate::operands::{Node, for_each_of_query, walk, walk_stmts};
use mochi_hir::hir::{
    Body, Builtin, ExprId, ExprKind, FunctionId, Hir, LocalId, Place, Query, StmtId, StmtKind,
    Storage,
};
use rustc_hash::FxHashSet;

/// What something changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub locals: FxHashSet<LocalId>,
    /// Objects, or variables that functions share.
    pub shared: bool,
}

/// Which functions of the program change what others see.
#[derive(Debug)]
pub(crate) struct ChangingFunctions(Vec<bool>);

impl ChangingFunctions {
    pub(crate) fn new(hir: &Hir) -> ChangingFunctions {
        let mut changing = ChangingFunctions(vec![false; hir.functions.len()]);
        let mut again = true;
        while again {
            again = false;
            for (index, function) in hir.functions.iter().enumerate() {
                if changing.0[index] {
                    continue;
                }
                let mut changes = Changes::default();
                let mut visit = |node| changes.add(hir, &changing, node);
                match &function.body {
                    Body::Block(stmts) => walk_stmts(hir, stmts, &mut visit),
                    Body::Expr(value) => walk(hir, *value, &mut visit),
                    Body::Extern => changes.shared = true,
                }
                if changes.shared {
                    changing.0[index] = true;
                    again = true;
                }
            }
        }
        changing
    }

    /// What the statements change.
    pub(super) fn of_stmts(&self, hir: &Hir, stmts: &[StmtId]) -> Changes {
        let mut changes = Changes::default();
        walk_stmts(hir, stmts, &mut |node| changes.add(hir, self, node));
        changes
    }

    /// Whether no expression of the query changes anything but what it declared itself.
    pub(super) fn is_calm(&self, hir: &Hir, query: &Query) -> bool {
        let mut changes = Changes::default();
        for_each_of_query(query, &mut |expr| {
            walk(hir, expr, &mut |node| changes.add(hir, self, node));
        });
        !changes.shared
            && (changes.locals.is_empty() || changes.locals.is_subset(&binds(hir, query)))
    }

    fn of(&self, function: FunctionId) -> bool {
        self.0[function.index()]
    }
}

impl Changes {
    fn add(&mut self, hir: &Hir, functions: &ChangingFunctions, node: Node) {
        match node {
            Node::Stmt(id) => match &hir[id].kind {
                StmtKind::Assign(Place::Local(local), _) => {
                    self.locals.insert(*local);
                    self.shared |= hir[*local].storage != Storage::Value;
                }
                // Handlers of events may do anything.
                StmtKind::Assign(..)
                | StmtKind::Emit { .. }
                | StmtKind::On { .. }
                | StmtKind::Fact(..)
                | StmtKind::Rule(_) => self.shared = true,
                _ => {}
            },
            Node::Expr(id) => match &hir[id].kind {
                ExprKind::Call { function, .. }
                | ExprKind::Function(function, _)
                | ExprKind::Closure(function) => self.shared |= functions.of(*function),
                ExprKind::CallValue { .. } => self.shared = true,
                ExprKind::CallBuiltin { builtin, args } => {
                    self.shared |= match builtin {
                        Builtin::Push | Builtin::Eval | Builtin::Fetch | Builtin::Generate => true,
                        Builtin::Map | Builtin::Filter | Builtin::Sort | Builtin::Reduce => {
                            args.iter().skip(1).any(|&arg| is_unknown_function(hir, arg))
                        }
                        _ => false,
                    };
                }
                // A new agent begins to listen.
                ExprKind::Agent(..) | ExprKind::Save { .. } | ExprKind::Unsupported(_) => {
                    self.shared = true;
                }
                _ => {}
            },
        }
    }
}

/// Whether an argument may be a function that does not stand there: the others have been looked at where they stand.
fn is_unknown_function(hir: &Hir, arg: ExprId) -> bool {
    matches!(hir.types.kind(hir[arg].ty), mochi_hir::types::TypeKind::Fun(..))
        && !matches!(hir[arg].kind, ExprKind::Closure(_) | ExprKind::Function(..))
        || hir[arg].ty == mochi_hir::types::TypeId::ANY
}
