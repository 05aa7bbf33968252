//! What a query does, in the order in which it is done: which conditions are tested where, which sources are looked up
//! by key, how rows are sorted and cut off, and what becomes of what is selected.
//!
//! - The sources stay in the order in which they were written, which is the order of the rows.
//! - A condition of `where` is tested as soon as the variables it uses have values, if nobody can tell: the condition
//!   and all that would have been evaluated before it are total ([`is_total`]), and nothing in the query changes
//!   anything. Otherwise it is tested where it was written, after the last source.
//! - A source whose rows are wanted by equal keys gets a hash table, filled once. Whether the equality stands in `on` or,
//!   behind a cross join, in `where` makes no difference. What is asked of such a source alone is asked when the table is
//!   filled.
//! - Groups of which only aggregates are wanted keep no items ([`Folds`]).
//! - In a query within another one's rows the table of a source that is the same for all these rows is filled once for all
//!   of them ([`Shared`]). An equality with a variable of the query around it is a key like any other.

use super::fold::{Folds, find_folds};
use super::total::{Known, is_total};
use super::uses::uses;
use crate::operands::Node;
use mochi_hir::hir::{
    BinaryOp, Clause, ExprId, ExprKind, JoinKind, LocalId, Query, QueryId, SortKey,
};
use mochi_hir::types::TypeId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// A query, ready to be lowered.
pub(super) struct Plan<'a> {
    pub query: &'a Query,
    pub sources: Vec<Source<'a>>,
    /// The variables of a row behind all sources, in their order.
    pub variables: Vec<LocalId>,
    pub group: Option<Grouping<'a>>,
    pub sort: &'a [SortKey],
    /// Only the first rows in order are wanted, and only they are kept.
    pub is_top: bool,
    pub skip: Option<ExprId>,
    pub take: Option<ExprId>,
    /// Nothing in the query changes anything.
    pub is_calm: bool,
}

/// One source and how its rows meet those before it.
pub(super) struct Source<'a> {
    pub var: LocalId,
    pub source: ExprId,
    pub kind: JoinKind,
    /// What the row's variables are called from here on, where there may be no partner.
    pub optional: &'a [(LocalId, LocalId)],
    /// The variables of the rows before it.
    pub before: Vec<LocalId>,
    /// The source is another one for each row before it.
    pub is_dependent: bool,
    /// The source is a query whose rows are taken as they come.
    pub streamed: Option<QueryId>,
    /// Its table serves all rows of a query around this one.
    pub is_shared: bool,
    /// Two rows are partners only when these are equal: a key of the rows before, a key of this source.
    pub keys: Vec<(ExprId, ExprId)>,
    /// Which of the source's own rows get into its table.
    pub own: Vec<ExprId>,
    /// Two rows are partners only when these hold.
    pub on: Vec<ExprId>,
    /// The conditions of `where` that the row must meet.
    pub filter: Vec<ExprId>,
}

/// `group by`.
pub(super) struct Grouping<'a> {
    pub keys: &'a [ExprId],
    pub into: LocalId,
    pub having: Option<ExprId>,
    /// All that is asked of the groups, when that is aggregates and they need not keep their items.
    pub folds: Option<Folds>,
}

/// By the number of a source that is the same for all rows of a query around this one: the variables that get their
/// values in that query.
pub(super) type Shared = FxHashMap<usize, Rc<FxHashSet<LocalId>>>;

/// The plan of a query; the error is a phrase for what cannot be run.
pub(super) fn plan<'a>(
    known: &Known<'_, 'a>,
    query: &'a Query,
    shared: &Shared,
) -> Result<Plan<'a>, &'static str> {
    let mut plan = Plan {
        query,
        sources: Vec::new(),
        variables: Vec::new(),
        group: None,
        sort: &[],
        is_top: false,
        skip: None,
        take: None,
        is_calm: known.changing.is_calm(known.hir, query),
    };
    // Each variable by the source behind which it has its value.
    let mut bound: FxHashMap<LocalId, usize> = FxHashMap::default();
    let mut conditions = Vec::new();
    for clause in &query.clauses {
        match clause {
            Clause::From { var, source } => {
                plan.add(known, &mut bound, *var, *source, JoinKind::Inner, &[]);
            }
            Clause::Join { kind, var, source, on, optional } => {
                plan.add(known, &mut bound, *var, *source, *kind, optional);
                let added = plan.sources.last_mut().expect("it has just been added");
                if added.is_dependent && matches!(kind, JoinKind::Right | JoinKind::Outer) {
                    return Err("a right or outer join of what depends on the left side");
                }
                conjuncts(known, *on, &mut added.on);
            }
            Clause::Where(condition) => conjuncts(known, *condition, &mut conditions),
            Clause::GroupBy { keys, into, having } => {
                plan.group = Some(Grouping { keys, into: *into, having: *having, folds: None });
                bound.insert(*into, plan.sources.len());
            }
            Clause::Sort(keys) => plan.sort = keys,
            Clause::Skip(count) => plan.skip = Some(*count),
            Clause::Take(count) => plan.take = Some(*count),
        }
    }
    for count in [plan.skip, plan.take].into_iter().flatten() {
        if uses(known.hir, count).iter().any(|local| bound.contains_key(local)) {
            return Err("a `skip` or `take` that depends on a row");
        }
    }
    // Repeats are left out before rows are counted, so that it is not known how many rows that takes.
    plan.is_top = !plan.sort.is_empty() && plan.take.is_some() && !query.distinct;
    plan.place_conditions(known, &bound, conditions);
    let is_calm = plan.is_calm;
    for (at, source) in plan.sources.iter_mut().enumerate() {
        if let Some(varying) = shared.get(&at)
            && is_calm
        {
            source.find_keys(known, varying, true);
            source.is_shared = !source.keys.is_empty();
        }
        if at > 0 && !source.is_shared {
            let before = source.before.iter().copied().collect();
            source.find_keys(known, &before, is_calm);
        }
    }
    plan.stream_first(known);
    let folds = plan.group.as_ref().and_then(|grouping| find_folds(known, &plan, grouping));
    if let Some(grouping) = &mut plan.group {
        grouping.folds = folds;
    }
    Ok(plan)
}

/// The parts of `a && b && c`.
pub(super) fn conjuncts(known: &Known<'_, '_>, condition: ExprId, parts: &mut Vec<ExprId>) {
    match known.hir[condition].kind {
        ExprKind::And(left, right) => {
            conjuncts(known, left, parts);
            conjuncts(known, right, parts);
        }
        ExprKind::Bool(true) => {}
        _ => parts.push(condition),
    }
}

impl<'a> Plan<'a> {
    fn add(
        &mut self,
        known: &Known<'_, 'a>,
        bound: &mut FxHashMap<LocalId, usize>,
        var: LocalId,
        source: ExprId,
        kind: JoinKind,
        optional: &'a [(LocalId, LocalId)],
    ) {
        let is_dependent = uses(known.hir, source).iter().any(|local| bound.contains_key(local));
        let before = self.variables.clone();
        self.variables.push(var);
        bound.insert(var, self.sources.len());
        for &(old, new) in optional {
            for variable in &mut self.variables {
                if *variable == old {
                    *variable = new;
                }
            }
            bound.insert(new, self.sources.len());
        }
        self.sources.push(Source {
            var,
            source,
            kind,
            optional,
            before,
            is_dependent,
            streamed: None,
            is_shared: false,
            keys: Vec::new(),
            own: Vec::new(),
            on: Vec::new(),
            filter: Vec::new(),
        });
    }

    /// Gives each condition of `where` to the source behind which it is tested.
    fn place_conditions(
        &mut self,
        known: &Known<'_, 'a>,
        bound: &FxHashMap<LocalId, usize>,
        conditions: Vec<ExprId>,
    ) {
        let last = self.sources.len() - 1;
        let mut lowest = if self.is_calm { 0 } else { last };
        for (at, source) in self.sources.iter().enumerate() {
            // Behind these rows come that none of the earlier sources has.
            let makes_rows = matches!(source.kind, JoinKind::Right | JoinKind::Outer);
            let can_stop = source.is_dependent && !is_total(known, source.source)
                || source.on.iter().any(|&on| !is_total(known, on));
            if makes_rows || can_stop {
                lowest = lowest.max(at);
            }
        }
        for condition in conditions {
            if !is_total(known, condition) {
                lowest = last;
            }
            let used = uses(known.hir, condition);
            let needed = used.iter().filter_map(|local| bound.get(local)).copied().max();
            self.sources[needed.unwrap_or(0).max(lowest)].filter.push(condition);
        }
    }

    /// Lets the first source be gone through while it is made, when it is a query and nobody can tell.
    fn stream_first(&mut self, known: &Known<'_, 'a>) {
        let first = &mut self.sources[0];
        if let ExprKind::Query(inner) = known.hir[first.source].kind
            && known.hir[inner].aggregate.is_none()
            && self.is_calm
            && is_total(known, first.source)
        {
            first.streamed = Some(inner);
        }
    }

    /// The expressions that are evaluated for each row.
    pub(super) fn of_each_row(&self) -> Vec<ExprId> {
        let mut found = Vec::new();
        for source in &self.sources {
            found.extend(source.is_dependent.then_some(source.source));
            found.extend(source.keys.iter().flat_map(|&(one, other)| [one, other]));
            found.extend(source.own.iter().chain(&source.on).chain(&source.filter));
        }
        if let Some(group) = &self.group {
            found.extend(group.keys.iter().chain(&group.having));
        }
        found.extend(self.sort.iter().map(|key| key.key));
        found.push(self.query.select);
        found
    }

    /// Whether nobody can tell when, or how often, what is evaluated for each row is.
    pub(super) fn is_total(&self, known: &Known<'_, 'a>) -> bool {
        self.is_calm && self.of_each_row().iter().all(|&expr| is_total(known, expr))
    }
}

impl Source<'_> {
    /// Makes keys of the equalities between this source and what varies around it.
    fn find_keys(&mut self, known: &Known<'_, '_>, varying: &FxHashSet<LocalId>, is_calm: bool) {
        if self.is_dependent {
            return;
        }
        let hir = known.hir;
        let (var, mut keys) = (self.var, Vec::new());
        let varies = |used: &FxHashSet<LocalId>| {
            used.iter().any(|&local| local != var && varying.contains(&local))
        };
        let key_of = |condition: ExprId| {
            let ExprKind::Binary(BinaryOp::Eq, one, other) = hir[condition].kind else {
                return None;
            };
            let (of_one, of_other) = (uses(hir, one), uses(hir, other));
            let is_left = |used: &FxHashSet<LocalId>| !used.contains(&var) && varies(used);
            let is_right = |used: &FxHashSet<LocalId>| used.contains(&var) && !varies(used);
            if is_left(&of_one) && is_right(&of_other) {
                Some((one, other))
            } else if is_left(&of_other) && is_right(&of_one) {
                Some((other, one))
            } else {
                None
            }
        };
        // A condition behind one that can stop the program is not tested before it.
        let mut can_stop = false;
        self.on.retain(|&condition| {
            let total = is_total(known, condition);
            let key = key_of(condition).filter(|_| !can_stop);
            can_stop |= key.is_none() && !total;
            match key {
                Some(key) => {
                    keys.push(key);
                    needs_test(known, key)
                }
                None => true,
            }
        });
        let mut can_be_moved = self.kind == JoinKind::Inner && is_calm && !can_stop;
        if can_be_moved {
            // For rows that must have a partner `where` says the same as `on`.
            self.filter.retain(|&condition| {
                can_be_moved &= is_total(known, condition);
                match key_of(condition).filter(|_| can_be_moved) {
                    Some(key) => {
                        keys.push(key);
                        needs_test(known, key)
                    }
                    None => true,
                }
            });
        }
        self.keys = keys;
        if self.keys.is_empty() || self.kind == JoinKind::Right || !is_calm {
            return;
        }
        let mut own = Vec::new();
        let mut stays = false;
        let mut is_own = |condition: ExprId| {
            stays |= !is_total(known, condition);
            let used = uses(hir, condition);
            let is_own = !stays && used.contains(&var) && !varies(&used);
            if is_own {
                own.push(condition);
            }
            is_own
        };
        self.on.retain(|&condition| !is_own(condition));
        if self.kind == JoinKind::Inner {
            self.filter.retain(|&condition| !is_own(condition));
        }
        self.own = own;
    }
}

/// Whether rows that a table finds for a key may differ in it: of most types there are values that are not equal to
/// themselves, such as NaN, somewhere in them.
fn needs_test(known: &Known<'_, '_>, (key, _): (ExprId, ExprId)) -> bool {
    ![TypeId::INT, TypeId::BOOL, TypeId::STRING].contains(&known.hir[key].ty)
}

/// A source of a query within another one's rows that is the same for all of them, and is worth a table for all of them.
pub(super) struct Candidate {
    pub query: QueryId,
    pub source: usize,
}

/// The sources, in queries within `plan`'s rows, whose tables can be filled once for all rows of it. The variables that
/// get their values in the query are `varying`.
pub(super) fn shared_sources<'a>(
    known: &Known<'_, 'a>,
    plan: &Plan<'a>,
    varying: &Rc<FxHashSet<LocalId>>,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    if !plan.is_calm {
        return found;
    }
    let hir = known.hir;
    let mut visit = |node| {
        let Node::Expr(id) = node else { return };
        let ExprKind::Query(query) = hir[id].kind else { return };
        let mut shared = Shared::default();
        let sources = hir[query].clauses.iter().filter_map(|clause| match clause {
            Clause::From { source, .. } => Some((*source, JoinKind::Inner)),
            Clause::Join { source, kind, .. } => Some((*source, *kind)),
            _ => None,
        });
        for (at, (source, kind)) in sources.enumerate() {
            let same = matches!(kind, JoinKind::Inner | JoinKind::Left)
                && is_place(known, source)
                && uses(hir, source).is_disjoint(varying);
            if same {
                shared.insert(at, varying.clone());
            }
        }
        if shared.is_empty() {
            return;
        }
        if let Ok(inner) = super::plan::plan(known, &hir[query], &shared) {
            for (at, source) in inner.sources.iter().enumerate() {
                if source.is_shared && source.keys.iter().all(|&(_, key)| is_total(known, key)) {
                    found.push(Candidate { query, source: at });
                }
            }
        }
    };
    for expr in plan.of_each_row() {
        crate::operands::walk(hir, expr, &mut visit);
    }
    found
}

/// Whether the expression names a list that is there already: a variable, or a field of one.
pub(super) fn is_place(known: &Known<'_, '_>, id: ExprId) -> bool {
    match known.hir[id].kind {
        ExprKind::Local(_) => is_total(known, id),
        ExprKind::Field(base, _) => is_total(known, id) && is_place(known, base),
        _ => false,
    }
}
