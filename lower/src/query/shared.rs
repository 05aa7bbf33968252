//! Sources of queries within another query's rows whose tables are filled once for all these rows: before the loops of
//! the outer query there is an empty list for each table, and the first row that asks fills it.

use super::plan::{Candidate, Plan, Shared, shared_sources};
use super::uses::binds;
use crate::function::FunctionLowering;
use mochi_hir::hir::{Clause, LocalId, QueryId};
use mochi_ir::program::Value;
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

    /// Makes ready what the rows of this plan share; gives back what is to be forgotten behind them.
    pub(super) fn share(&mut self, plan: &Plan<'a>) -> Option<Vec<SourceId>> {
        let varying = Rc::new(binds(self.hir, plan.query));
        let known = self.known();
        let mut candidates = shared_sources(&known, plan, &varying);
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
        Some(added)
    }

    pub(super) fn forget_shared(&mut self, added: &[SourceId]) {
        for key in added {
            self.shared.ready.remove(key);
        }
    }
}
