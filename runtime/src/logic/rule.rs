//! Rules: what follows from the rows that there are.
//!
//! Bottom-up and semi-naive (Bancilhon and Ramakrishnan, 1986): a rule that is applied again looks only at combinations with
//! at least one row that it has not seen. For each atom of the body there is a plan that begins with the new rows of that
//! atom and goes on with whatever has most columns known, found by an index.
//!
//! The rows that come out lie in the order in which trying all combinations would have found them, the body's atoms as
//! nested loops from left to right: each remembers the combination that it came from, the first one if there are many.

use std::cmp::Ordering;

use super::relation::{NONE, Relation, RowSet, hash_of, same};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Term {
    Variable(usize),
    /// A value, by its number.
    Value(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) relation: usize,
    pub(super) terms: Vec<Term>,
}

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Clause {
    pub(super) variables: usize,
    pub(super) head: Atom,
    pub(super) body: Vec<Atom>,
    pub(super) different: Vec<(Term, Term)>,
}

/// A rule and how far it has been applied.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) clause: Clause,
    /// For each atom of the body the plan that begins with it.
    plans: Vec<Vec<Step>>,
    /// For each atom of the body how many rows have been seen.
    seen: Vec<usize>,
    applied: bool,
}

/// What is done with one atom of the body.
#[derive(Debug)]
struct Step {
    atom: usize,
    relation: usize,
    access: Access,
    /// Columns whose values are known before, in the order of the index.
    key: Vec<(usize, Term)>,
    /// Columns that give variables their values.
    binds: Vec<(usize, usize)>,
    /// Columns of variables that this atom has already given a value.
    repeats: Vec<(usize, usize)>,
    /// What must differ once the variables of this atom are known.
    different: Vec<(Term, Term)>,
}

/// How the rows of a step are found.
#[derive(Debug, Clone, Copy)]
enum Access {
    /// One after the other.
    Scan,
    Index(usize),
    /// All columns are known: it is there or not.
    Whole,
}

/// Somebody wants it to stop.
#[derive(Debug)]
pub(super) struct Stopped;

/// Asked now and then how many bytes may be in use: whether to go on.
pub(super) type GoOn<'a> = &'a mut dyn FnMut(usize) -> bool;

/// Steps between two such questions.
const PATIENCE: u32 = 1 << 16;

impl Rule {
    pub(super) fn new(clause: Clause, relations: &mut [Relation]) -> Rule {
        let plans = (0..clause.body.len()).map(|first| plan(&clause, first, relations)).collect();
        let seen = vec![0; clause.body.len()];
        Rule { clause, plans, seen, applied: false }
    }

    /// Adds what follows to the head's relation. Whether anything did.
    pub(super) fn apply(
        &mut self,
        relations: &mut [Relation],
        go_on: GoOn<'_>,
    ) -> Result<bool, Stopped> {
        let body = &self.clause.body;
        let now: Vec<usize> = body.iter().map(|atom| relations[atom.relation].len()).collect();
        if self.applied && now == self.seen {
            return Ok(false);
        }
        let mut found = Found::new(body.len());
        if body.is_empty() {
            let head = values_of(&self.clause.head.terms, &[]);
            if self.clause.different.iter().all(|&(a, b)| a != b) {
                found.add(&head, &[]);
            }
        }
        for (first, steps) in self.plans.iter().enumerate() {
            if now[first] == self.seen[first] {
                continue;
            }
            for step in steps {
                if let Access::Index(index) = step.access {
                    relations[step.relation].update(index);
                }
            }
            // Combinations whose first new row is this atom's: those before it have rows that were seen.
            let limits: Vec<usize> =
                (0..now.len()).map(|i| if i < first { self.seen[i] } else { now[i] }).collect();
            let run = Run { clause: &self.clause, steps, relations, limits: &limits };
            run.combinations(self.seen[first], &mut found, go_on)?;
        }
        self.seen = now;
        self.applied = true;
        let head = &mut relations[self.clause.head.relation];
        let before = head.len();
        for number in found.in_order() {
            head.add(found.row(number, head.arity));
        }
        Ok(head.len() > before)
    }
}

/// The plan that begins with one atom of the body.
fn plan(clause: &Clause, first: usize, relations: &mut [Relation]) -> Vec<Step> {
    let mut known = vec![false; clause.variables];
    let mut different: Vec<(Term, Term)> = clause.different.clone();
    let mut left: Vec<usize> = (0..clause.body.len()).filter(|&atom| atom != first).collect();
    let mut next = Some(first);
    let mut steps = Vec::new();
    while let Some(atom) = next {
        let mut step = step(clause, atom, &mut known);
        let is_known = |term: Term| match term {
            Term::Variable(variable) => known[variable],
            Term::Value(_) => true,
        };
        step.different =
            different.extract_if(.., |&mut (a, b)| is_known(a) && is_known(b)).collect();
        let relation = &mut relations[step.relation];
        step.access = match step.key.len() {
            _ if steps.is_empty() => Access::Scan,
            0 => Access::Scan,
            columns if columns == relation.arity => Access::Whole,
            _ => {
                let columns: Vec<usize> = step.key.iter().map(|&(column, _)| column).collect();
                Access::Index(relation.index(&columns))
            }
        };
        steps.push(step);
        // Most columns known; of those that have as many, the first.
        next = left.iter().copied().max_by_key(|&atom| {
            let terms = &clause.body[atom].terms;
            let bound = terms.iter().filter(|&&term| is_known(term)).count();
            (bound, std::cmp::Reverse(atom))
        });
        left.retain(|&atom| Some(atom) != next);
    }
    steps
}

/// What an atom needs and gives when some variables are known.
fn step(clause: &Clause, atom: usize, known: &mut [bool]) -> Step {
    let Atom { relation, terms } = &clause.body[atom];
    let mut step = Step {
        atom,
        relation: *relation,
        access: Access::Scan,
        key: Vec::new(),
        binds: Vec::new(),
        repeats: Vec::new(),
        different: Vec::new(),
    };
    for (column, &term) in terms.iter().enumerate() {
        match term {
            Term::Variable(variable) if !known[variable] => {
                match step.binds.iter().any(|&(_, bound)| bound == variable) {
                    true => step.repeats.push((column, variable)),
                    false => step.binds.push((column, variable)),
                }
            }
            _ => step.key.push((column, term)),
        }
    }
    step.binds.iter().for_each(|&(_, variable)| known[variable] = true);
    step
}

/// What a term is when the variables have these values.
#[inline]
fn value_of(term: Term, values: &[u32]) -> u32 {
    match term {
        Term::Variable(variable) => values[variable],
        Term::Value(value) => value,
    }
}

fn values_of(terms: &[Term], values: &[u32]) -> Vec<u32> {
    terms.iter().map(|&term| value_of(term, values)).collect()
}

/// One plan being carried out.
struct Run<'a> {
    clause: &'a Clause,
    steps: &'a [Step],
    relations: &'a [Relation],
    /// For each atom of the body, how many of its rows count.
    limits: &'a [usize],
}

impl Run<'_> {
    /// All combinations of rows that fit, those of the first step from `start` on.
    fn combinations(
        &self,
        start: usize,
        found: &mut Found,
        go_on: GoOn<'_>,
    ) -> Result<(), Stopped> {
        let mut values = vec![0; self.clause.variables];
        let mut key = Vec::new();
        let mut head = Vec::new();
        let mut chosen = vec![0; self.steps.len()];
        // For each step the row that is to be tried.
        let mut at = vec![NONE; self.steps.len()];
        at[0] = start as u32;
        let mut level = 0;
        let mut patience = PATIENCE;
        let known: usize = self.relations.iter().map(Relation::bytes).sum();
        loop {
            patience -= 1;
            if patience == 0 {
                patience = PATIENCE;
                if !go_on(known + found.bytes()) {
                    return Err(Stopped);
                }
            }
            let step = &self.steps[level];
            let row = at[level];
            if row as usize >= self.limits[step.atom] {
                let Some(outer) = level.checked_sub(1) else { return Ok(()) };
                level = outer;
                at[level] = self.after(level, at[level]);
                continue;
            }
            if !self.fits(step, row, &mut values) {
                at[level] = self.after(level, row);
                continue;
            }
            chosen[step.atom] = row;
            if level + 1 < self.steps.len() {
                level += 1;
                at[level] = self.first(&self.steps[level], &values, &mut key);
                continue;
            }
            head.clear();
            head.extend(self.clause.head.terms.iter().map(|&term| value_of(term, &values)));
            if self.relations[self.clause.head.relation].find(&head).is_none() {
                found.add(&head, &chosen);
            }
            at[level] = self.after(level, row);
        }
    }

    #[inline]
    fn first(&self, step: &Step, values: &[u32], key: &mut Vec<u32>) -> u32 {
        let relation = &self.relations[step.relation];
        if let Access::Scan = step.access {
            return 0;
        }
        key.clear();
        key.extend(step.key.iter().map(|&(_, term)| value_of(term, values)));
        match step.access {
            Access::Scan => 0,
            Access::Index(index) => relation.first(index, key),
            Access::Whole => relation.find(key).unwrap_or(NONE),
        }
    }

    #[inline]
    fn after(&self, level: usize, row: u32) -> u32 {
        let step = &self.steps[level];
        match step.access {
            Access::Scan => row + 1,
            Access::Index(index) => self.relations[step.relation].indexes[index].next(row),
            Access::Whole => NONE,
        }
    }

    /// Whether a row goes with the values so far; gives the variables theirs.
    #[inline]
    fn fits(&self, step: &Step, row: u32, values: &mut [u32]) -> bool {
        let row = self.relations[step.relation].row(row);
        if let Access::Scan = step.access
            && step.key.iter().any(|&(column, term)| row[column] != value_of(term, values))
        {
            return false;
        }
        for &(column, variable) in &step.binds {
            values[variable] = row[column];
        }
        step.repeats.iter().all(|&(column, variable)| row[column] == values[variable])
            && step.different.iter().all(|&(a, b)| value_of(a, values) != value_of(b, values))
    }
}

/// The rows that follow and are new, each with the combination of rows that it came from.
struct Found {
    rows: Vec<u32>,
    len: usize,
    set: RowSet,
    combinations: Vec<u32>,
    /// Rows in a combination.
    width: usize,
}

impl Found {
    fn new(width: usize) -> Found {
        Found { rows: Vec::new(), len: 0, set: RowSet::default(), combinations: Vec::new(), width }
    }

    fn row(&self, number: usize, arity: usize) -> &[u32] {
        &self.rows[number * arity..(number + 1) * arity]
    }

    fn combination(&self, number: usize) -> &[u32] {
        &self.combinations[number * self.width..(number + 1) * self.width]
    }

    fn add(&mut self, row: &[u32], combination: &[u32]) {
        let hash = hash_of(row);
        let known = self.set.find(hash, |known| same(self.row(known as usize, row.len()), row));
        if let Some(known) = known {
            let known = known as usize;
            if combination < self.combination(known) {
                self.combinations[known * self.width..(known + 1) * self.width]
                    .copy_from_slice(combination);
            }
            return;
        }
        self.set.insert(hash, self.len as u32);
        self.rows.extend_from_slice(row);
        self.combinations.extend_from_slice(combination);
        self.len += 1;
    }

    /// The rows' numbers, by what they came from.
    fn in_order(&mut self) -> Vec<usize> {
        self.set.clear();
        let mut order: Vec<usize> = (0..self.len).collect();
        let compare = |&a: &usize, &b: &usize| self.combination(a).cmp(self.combination(b));
        if !order.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
            order.sort_unstable_by(compare);
        }
        order
    }

    fn bytes(&self) -> usize {
        let numbers = self.rows.capacity() + self.combinations.capacity();
        size_of::<u32>() * numbers + self.set.bytes()
    }
}
