//! Lambda lifting (Johnsson 1985): a nested function that is only ever called needs no closure. It becomes an ordinary
//! function that gets the variables it captures as further arguments, and calls of it are direct.
//!
//! A captured variable that is assigned lives in a cell, and the cell is what is passed; any other has the same value at
//! every call that it had when the function was declared. So passing it at the call is the same as keeping it.

use mochi_hir::hir::{ExprKind, FunctionId, Hir, LocalId, StmtKind, Storage};
use rustc_hash::FxHashMap;

/// A function that captures more than this stays a closure: so many arguments cost more than loads. A generic one is
/// lifted all the same, because a closure has no type arguments; the checker sees to it that it is only called.
const MOST_EXTRAS: usize = 12;

/// The nested functions that are lifted, by the variable that names them.
#[derive(Debug, Default)]
pub(crate) struct Lifted {
    by_local: FxHashMap<LocalId, Function>,
}

/// A lifted function.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub id: FunctionId,
    /// What it gets besides its own parameters.
    pub extras: Vec<LocalId>,
}

impl Lifted {
    pub(crate) fn new(hir: &Hir) -> Lifted {
        let mut candidates: FxHashMap<LocalId, FunctionId> = FxHashMap::default();
        for stmt in &hir.stmts {
            if let StmtKind::Let(local, value) = stmt.kind
                && let ExprKind::Closure(function) = hir[value].kind
                && (hir[function].type_params > 0
                    || !hir[local].assigned && hir[local].storage != Storage::Global)
            {
                candidates.insert(local, function);
            }
        }
        if candidates.is_empty() {
            return Lifted::default();
        }
        let mut called = vec![false; hir.exprs.len()];
        for expr in &hir.exprs {
            if let ExprKind::CallValue { callee, .. } = expr.kind {
                called[callee.index()] = true;
            }
        }
        for (expr, called) in hir.exprs.iter().zip(called) {
            if let (ExprKind::Local(local), false) = (&expr.kind, called) {
                candidates.remove(local);
            }
        }
        // A function can only capture one that was declared before it, so in this order its extras are known.
        let mut order: Vec<_> = candidates.into_iter().collect();
        order.sort_unstable();
        let mut lifted = Lifted::default();
        for (local, id) in order {
            let mut extras = lifted.captures(hir, id);
            extras.retain(|&extra| extra != local);
            if extras.len() <= MOST_EXTRAS || hir[id].type_params > 0 {
                lifted.by_local.insert(local, Function { id, extras });
            }
        }
        lifted
    }

    /// The lifted function that this variable names.
    pub(crate) fn get(&self, local: LocalId) -> Option<&Function> {
        self.by_local.get(&local)
    }

    /// What a function literal captures: instead of a lifted function, what that one needs.
    pub(crate) fn captures(&self, hir: &Hir, literal: FunctionId) -> Vec<LocalId> {
        let mut captures = Vec::with_capacity(hir[literal].captures.len());
        for &captured in &hir[literal].captures {
            match self.get(captured) {
                None => push_once(&mut captures, captured),
                Some(function) => {
                    function.extras.iter().for_each(|&extra| push_once(&mut captures, extra))
                }
            }
        }
        captures
    }
}

fn push_once(locals: &mut Vec<LocalId>, local: LocalId) {
    if !locals.contains(&local) {
        locals.push(local);
    }
}
