//! What is made once for all rows of a query, by the first row that asks: the tables of sources of the queries within its
//! rows, the values of aggregates that are the same for all rows, and the sets that `in` looks into. Before the loops of
//! the query there is an empty list for each of them, which the first row that asks fills.

use super::fold::Standing;
use super::once::{Once, made_once};
use super::plan::{Candidate, Plan, Shared, shared_sources};
use super::uses::binds;
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::{Clause, ExprId, ExprKind, LocalId, QueryId};
use mochi_hir::types::TypeId;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// What was made ready of a source before the loops of the query around.
#[derive(Clone, Copy)]
pub(crate) struct SharedSource {
    pub list: Value,
    /// The parts of the table, once it has been filled.
    pub table: Value,
}

/// The number of a source in a query.
type SourceId = (QueryId, usize);
/// Variables that have other values from row to row.
type Varying = Rc<FxHashSet<LocalId>>;

/// All that is ready while a function is lowered.
#[derive(Default)]
pub(crate) struct SharedSources {
    ready: FxHashMap<SourceId, (SharedSource, Varying)>,
    /// By the expression what it is kept in.
    once: FxHashMap<ExprId, (Once, Value)>,
    /// What is lowered in another way than it is written.
    pub(super) standing: FxHashMap<ExprId, Standing>,
}

/// What was made ready for the rows of a query, to be forgotten behind them.
#[derive(Default)]
pub(super) struct Sharing {
    sources: Vec<SourceId>,
    pub once: Vec<(ExprId, Once)>,
    standing: Vec<ExprId>,
}

impl<'a> FunctionLowering<'_, 'a> {
    /// The sources of a query that are ready.
    pub(super) fn shared_of(&self, query: QueryId) -> Shared {
        (0..self.hir[query].clauses.len())
            .filter_map(|at| {
                let (_, varying) = self.shared.ready.get(&(query, at))?;
                Some((at, varying.clone()))
            })
            .collect()
    }

    pub(super) fn shared_source(&self, query: QueryId, at: usize) -> SharedSource {
        self.shared.ready[&(query, at)].0
    }

    /// Makes ready what the rows of this plan share.
    pub(super) fn share(&mut self, plan: &Plan<'a>) -> Option<Sharing> {
        let varying = Rc::new(binds(self.hir, plan.query));
        let known = self.known();
        let mut candidates = shared_sources(&known, plan, &varying);
        let mut once = made_once(&known, plan, &varying);
        once.retain(|(expr, _)| !self.shared.once.contains_key(expr));
        candidates.retain(|&Candidate { query, source }| {
            !self.shared.ready.contains_key(&(query, source))
        });
        let mut added = Vec::with_capacity(candidates.len());
        for Candidate { query, source } in candidates {
            let sources = self.hir[query].clauses.iter().filter_map(|clause| match clause {
                Clause::From { source, .. } | Clause::Join { source, .. } => Some(*source),
                _ => None,
            });
            let expr = sources.clone().nth(source).expect("the plan has this source");
            let list = self.source_list(expr)?;
            let table = self.unfilled();
            let ready = (SharedSource { list, table }, varying.clone());
            self.shared.ready.insert((query, source), ready);
            added.push((query, source));
        }
        for &(expr, what) in &once {
            let item = match what {
                Once::Value => self.type_of(expr),
                Once::Set => TypeId::STRING,
            };
            let kept = self.empty_list(self.repr(item));
            self.shared.once.insert(expr, (what, kept));
        }
        let mut standing = Vec::new();
        if let Some(grouping) = &plan.group
            && let Some(folds) = &grouping.folds
        {
            for (expr, stands) in folds.standing(grouping.into) {
                self.shared.standing.insert(expr, stands);
                standing.push(expr);
            }
        }
        Some(Sharing { sources: added, once, standing })
    }

    pub(super) fn forget_shared(&mut self, sharing: &Sharing) {
        for key in &sharing.sources {
            self.shared.ready.remove(key);
        }
        for (expr, _) in &sharing.once {
            self.shared.once.remove(expr);
        }
        for expr in &sharing.standing {
            self.shared.standing.remove(expr);
        }
    }

    /// The value of an expression that is evaluated once for all rows around; the outer `None` when it is not such a one.
    pub(crate) fn once(&mut self, id: ExprId) -> Option<Option<Value>> {
        if self.shared.once.is_empty() {
            return None;
        }
        let &(what, kept) = self.shared.once.get(&id)?;
        Some(match what {
            Once::Value => self.value_once(id, kept),
            Once::Set => self.is_in_set(id, kept),
        })
    }

    /// Evaluates the expression unless it already has been.
    fn value_once(&mut self, id: ExprId, kept: Value) -> Option<Value> {
        let ty = self.type_of(id);
        let ty = self.repr(ty);
        self.fill_once(kept, |this| {
            // It is what is lowered now, not what stands for it.
            let entry = this.shared.once.remove(&id).expect("it is being looked at");
            let value = this.expr(id);
            this.shared.once.insert(id, entry);
            Some(vec![value?])
        })?;
        let zero = self.builder.i64(0);
        Some(self.item(kept, zero, ty))
    }

    /// `item in list` by a set of the list's items.
    fn is_in_set(&mut self, id: ExprId, kept: Value) -> Option<Value> {
        let ExprKind::Binary(_, item, list) = self.hir[id].kind else { return None };
        let wanted = self.expr(item)?;
        let ty = self.type_of(item);
        let rep = self.repr(ty);
        self.at(self.hir[id].span);
        self.fill_once(kept, |this| {
            let list = this.source_list(list)?;
            let places = this.places(&[ty]);
            let end = this.list_len(list);
            this.counted(&[], end, |this, at| {
                let item = this.item(list, at, rep);
                this.place_of(&places, &[item], RuntimeFunction::MapPlace);
                Some(())
            });
            Some(places.maps)
        })?;
        let zero = self.builder.i64(0);
        let set = self.item(kept, zero, Type::Map);
        let has = RuntimeFunction::MapHas;
        Some(self.runtime(has, &[set, wanted], Type::Bool))
    }

    /// Puts into a list what belongs there, unless it has been.
    pub(super) fn fill_once(
        &mut self,
        kept: Value,
        fill: impl FnOnce(&mut Self) -> Option<Vec<Value>>,
    ) -> Option<()> {
        let zero = self.builder.i64(0);
        let parts = self.list_len(kept);
        let is_empty = self.builder.compare(Op::I64Cmp, Condition::Eq, parts, zero);
        let mut after = self.join();
        let mut empty = self.join();
        self.branch(is_empty, &mut empty, &mut after);
        self.enter(empty);
        if let Some(parts) = fill(self) {
            for part in parts {
                let append = RuntimeFunction::ListAppendShared;
                self.runtime_effect(append, &[kept, part]);
            }
            self.leave(&mut after, None);
        }
        self.enter(after).map(|_| ())
    }
}
