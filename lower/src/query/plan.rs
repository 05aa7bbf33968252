//! What a query does, in the order in which it is done: which conditions are tested where, and which joins look their
//! partners up in a table.
//!
//! - The sources stay in the order in which they were written, which is the order of the rows.
//! - A condition of `where` is tested as soon as the variables it uses have values. One that could stop the program, or
//!   that does something, is tested where it was written, after the last source.
//! - A source whose rows are wanted by equal keys gets a hash table, filled once. Whether the equality stands in `on` or,
//!   behind a cross join, in `where` makes no difference. What is asked of such a source alone is asked when the table is
//!   filled.

use super::uses::{is_total, uses};
use mochi_hir::hir::{BinaryOp, Clause, ExprId, ExprKind, Hir, JoinKind, LocalId, Query, SortKey};
use mochi_hir::types::TypeId;
use rustc_hash::{FxHashMap, FxHashSet};

/// A query, ready to be lowered.
pub(super) struct Plan<'a> {
    pub sources: Vec<Source<'a>>,
    /// The variables of a row behind all sources, in their order.
    pub variables: Vec<LocalId>,
    pub group: Option<Grouping<'a>>,
    pub sort: &'a [SortKey],
    pub skip: Option<ExprId>,
    pub take: Option<ExprId>,
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
}

/// The plan of a query; the error is a phrase for what cannot be run.
pub(super) fn plan<'a>(hir: &'a Hir, query: &'a Query) -> Result<Plan<'a>, &'static str> {
    let mut plan = Plan {
        sources: Vec::new(),
        variables: Vec::new(),
        group: None,
        sort: &[],
        skip: None,
        take: None,
    };
    // Each variable by the source behind which it has its value.
    let mut bound: FxHashMap<LocalId, usize> = FxHashMap::default();
    let mut conditions = Vec::new();
    for clause in &query.clauses {
        match clause {
            Clause::From { var, source } => {
                plan.add(hir, &mut bound, *var, *source, JoinKind::Inner, &[]);
            }
            Clause::Join { kind, var, source, on, optional } => {
                plan.add(hir, &mut bound, *var, *source, *kind, optional);
                let added = plan.sources.last_mut().expect("it has just been added");
                if added.is_dependent && matches!(kind, JoinKind::Right | JoinKind::Outer) {
                    return Err("a right or outer join of what depends on the left side");
                }
                conjuncts(hir, *on, &mut added.on);
            }
            Clause::Where(condition) => conjuncts(hir, *condition, &mut conditions),
            Clause::GroupBy { keys, into, having } => {
                plan.group = Some(Grouping { keys, into: *into, having: *having });
                bound.insert(*into, plan.sources.len());
            }
            Clause::Sort(keys) => plan.sort = keys,
            Clause::Skip(count) => plan.skip = Some(*count),
            Clause::Take(count) => plan.take = Some(*count),
        }
    }
    for count in [plan.skip, plan.take].into_iter().flatten() {
        if uses(hir, count).iter().any(|local| bound.contains_key(local)) {
            return Err("a `skip` or `take` that depends on a row");
        }
    }
    let last = plan.sources.len() - 1;
    for condition in conditions {
        let place = if is_total(hir, condition) {
            let used = uses(hir, condition);
            used.iter().filter_map(|local| bound.get(local)).copied().max().unwrap_or(0)
        } else {
            last
        };
        plan.sources[place].filter.push(condition);
    }
    for source in &mut plan.sources[1..] {
        source.find_keys(hir);
    }
    Ok(plan)
}

/// The parts of `a && b && c`.
fn conjuncts(hir: &Hir, condition: ExprId, parts: &mut Vec<ExprId>) {
    match hir[condition].kind {
        ExprKind::And(left, right) => {
            conjuncts(hir, left, parts);
            conjuncts(hir, right, parts);
        }
        ExprKind::Bool(true) => {}
        _ => parts.push(condition),
    }
}

impl<'a> Plan<'a> {
    fn add(
        &mut self,
        hir: &Hir,
        bound: &mut FxHashMap<LocalId, usize>,
        var: LocalId,
        source: ExprId,
        kind: JoinKind,
        optional: &'a [(LocalId, LocalId)],
    ) {
        let is_dependent = uses(hir, source).iter().any(|local| bound.contains_key(local));
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
            keys: Vec::new(),
            own: Vec::new(),
            on: Vec::new(),
            filter: Vec::new(),
        });
    }
}

impl Source<'_> {
    /// Makes keys of the equalities between this source and those before it.
    fn find_keys(&mut self, hir: &Hir) {
        if self.is_dependent {
            return;
        }
        let before: FxHashSet<LocalId> = self.before.iter().copied().collect();
        let (var, mut keys) = (self.var, Vec::new());
        let mut is_key = |condition: ExprId| {
            let ExprKind::Binary(BinaryOp::Eq, one, other) = hir[condition].kind else {
                return false;
            };
            let (of_one, of_other) = (uses(hir, one), uses(hir, other));
            let is_left = |used: &FxHashSet<LocalId>| {
                !used.contains(&var) && used.iter().any(|local| before.contains(local))
            };
            let is_right = |used: &FxHashSet<LocalId>| {
                used.contains(&var) && !used.iter().any(|local| before.contains(local))
            };
            if is_left(&of_one) && is_right(&of_other) {
                keys.push((one, other));
            } else if is_left(&of_other) && is_right(&of_one) {
                keys.push((other, one));
            } else {
                return false;
            }
            // Other types have values that a table finds although they are not equal: NaN, somewhere in them.
            [TypeId::INT, TypeId::BOOL, TypeId::STRING].contains(&hir[one].ty)
        };
        self.on.retain(|&condition| !is_key(condition));
        if self.kind == JoinKind::Inner {
            // For rows that must have a partner `where` says the same as `on`.
            self.filter.retain(|&condition| !(is_total(hir, condition) && is_key(condition)));
        }
        self.keys = keys;
        if self.keys.is_empty() || self.kind == JoinKind::Right {
            return;
        }
        let mut own = Vec::new();
        let mut is_own = |condition: ExprId| {
            let used = uses(hir, condition);
            let is_own = used.contains(&var)
                && !used.iter().any(|local| before.contains(local))
                && is_total(hir, condition);
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
