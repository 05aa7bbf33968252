//! Facts, rules and questions: what a program states goes in, the answers to a question come out.
//!
//! Every value that occurs gets a number, equal ones the same, so that rows are compared without looking into values. A
//! question first lets the rules find all that follows, round after round in the order in which they were stated, until
//! nothing new comes; what was found stays for the next question. There is no negation, so that
//! nothing that was true stops being so, and there are no new values, so that it ends.

mod relation;
mod rule;

use std::collections::HashSet;

use mochi_abi::layout::{Context, List, Rep};

use crate::context::ContextFields;
use crate::cycles::ref_watch;
use crate::list::{push_own, unless_trapped, with_capacity};
use crate::map::{map_new, map_set};
use crate::memory::{account, drop_word, dup_word, has_room};
use crate::object::{ListFields, Object};
use crate::words::Value;
use crate::{equality, hash};
use relation::{NONE, Relation, RowSet};
use rule::{Atom, Clause, Rule, Stopped, Term};

/// All that a context's program has stated.
#[derive(Debug, Default)]
pub(crate) struct Logic {
    values: Values,
    relations: Vec<Relation>,
    rules: Vec<Rule>,
    /// So that a rule that is stated again is not applied twice.
    clauses: HashSet<Clause>,
    /// Bytes that the heap knows of.
    bytes: usize,
}

/// The values that occur, by their numbers; each is owned.
#[derive(Debug, Default)]
struct Values {
    words: Vec<u64>,
    set: RowSet,
}

impl Values {
    fn find(&self, context: *mut Context, word: u64) -> Option<u32> {
        let value = Value::of_any(word);
        self.set.find(hash_of_value(context, value), |number| {
            equality::same_values(context, Value::of_any(self.words[number as usize]), value)
        })
    }

    /// The number of a borrowed value.
    fn number(&mut self, context: *mut Context, word: u64) -> u32 {
        if let Some(number) = self.find(context, word) {
            return number;
        }
        let number = self.words.len() as u32;
        dup_word(word, Rep::Any);
        self.words.push(word);
        self.set.insert(hash_of_value(context, Value::of_any(word)), number);
        number
    }

    fn bytes(&self) -> usize {
        size_of::<u64>() * self.words.capacity() + self.set.bytes()
    }
}

fn hash_of_value(context: *mut Context, value: Value) -> u32 {
    let hash = hash::of_value(context, value);
    (hash ^ hash >> 32) as u32
}

impl Logic {
    /// The relation of a predicate.
    fn relation(&mut self, predicate: usize, arity: usize) -> &mut Relation {
        if predicate >= self.relations.len() {
            // A predicate that nothing has been stated of yet gets its arity from whoever asks first.
            self.relations.resize_with(predicate + 1, || Relation::new(usize::MAX));
        }
        let relation = &mut self.relations[predicate];
        if relation.arity == usize::MAX {
            relation.arity = arity;
        }
        relation
    }

    fn bytes(&self) -> usize {
        self.values.bytes() + self.relations.iter().map(Relation::bytes).sum::<usize>()
    }

    /// Tells the heap what is in use; false and a trap when that is too much.
    fn account(&mut self, context: *mut Context, more: usize) -> bool {
        let now = self.bytes() + more;
        let before = std::mem::replace(&mut self.bytes, now);
        take(context, before, now)
    }

    /// Finds all that follows.
    fn derive(&mut self, context: *mut Context) -> Result<(), Stopped> {
        let (values, known) = (self.values.bytes(), self.bytes);
        let mut accounted = known;
        let mut go_on = |bytes: usize| {
            let before = std::mem::replace(&mut accounted, values + bytes);
            if !take(context, before, accounted) {
                return false;
            }
            if context.fields().poll != 0 {
                crate::trap::poll(context);
            }
            !context.trapped()
        };
        let mut result = Ok(());
        'rounds: loop {
            let mut grew = false;
            for rule in &mut self.rules {
                match rule.apply(&mut self.relations, &mut go_on) {
                    Ok(more) => grew |= more,
                    Err(stopped) => {
                        result = Err(stopped);
                        break 'rounds;
                    }
                }
            }
            if !grew {
                break;
            }
        }
        self.bytes = accounted;
        result
    }
}

/// Tells the heap that `now` bytes are in use instead of `before`; false and a trap when that is too much.
fn take(context: *mut Context, before: usize, now: usize) -> bool {
    let fits = now <= before || has_room(context, now - before);
    account(context, before, now);
    fits
}

/// Reads what `lower` writes.
struct Reader<'a> {
    code: &'a [u64],
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self) -> i64 {
        self.at += 1;
        self.code[self.at - 1] as i64
    }

    fn count(&mut self) -> usize {
        self.number() as usize
    }

    fn term(&mut self, value: &mut dyn FnMut(usize) -> u32) -> Term {
        let number = self.number();
        match usize::try_from(number) {
            Ok(variable) => Term::Variable(variable),
            Err(_) => Term::Value(value(-(number + 1) as usize)),
        }
    }

    fn atom(&mut self, value: &mut dyn FnMut(usize) -> u32) -> Atom {
        let relation = self.count();
        let terms = (0..self.count()).map(|_| self.term(value)).collect();
        Atom { relation, terms }
    }
}

/// Does something with the context's facts and rules.
fn with<T>(context: *mut Context, act: impl FnOnce(&mut Logic) -> T) -> T {
    let mut logic = context.state().logic.take().unwrap_or_default();
    let result = act(&mut logic);
    context.state().logic = Some(logic);
    result
}

pub(crate) fn logic_fact(context: *mut Context, predicate: i64, terms: *mut List) {
    with(context, |logic| {
        let row: Vec<u32> =
            terms.words().iter().map(|&word| logic.values.number(context, word)).collect();
        logic.relation(predicate as usize, row.len()).add(&row);
        logic.account(context, 0);
    });
}

pub(crate) fn logic_rule(context: *mut Context, code: *mut List, values: *mut List) {
    with(context, |logic| {
        let mut reader = Reader { code: code.words(), at: 0 };
        let values = values.words();
        let mut number = |value: usize| logic.values.number(context, values[value]);
        let variables = reader.count();
        let head = reader.atom(&mut number);
        let body: Vec<Atom> = (0..reader.count()).map(|_| reader.atom(&mut number)).collect();
        let different = (0..reader.count())
            .map(|_| (reader.term(&mut number), reader.term(&mut number)))
            .collect();
        for atom in std::iter::once(&head).chain(&body) {
            logic.relation(atom.relation, atom.terms.len());
        }
        let clause = Clause { variables, head, body, different };
        if logic.clauses.insert(clause.clone()) {
            logic.rules.push(Rule::new(clause, &mut logic.relations));
        }
        logic.account(context, 0);
    });
}

pub(crate) fn logic_query(
    context: *mut Context,
    code: *mut List,
    values: *mut List,
    names: *mut List,
    watched: u64,
) -> *mut List {
    let answers =
        Answers { list: with_capacity(context, Rep::Ref, 0), names, watched: watched != 0 };
    with(context, |logic| {
        // A value that nothing was stated of has the number of no row.
        let mut number =
            |value: usize| logic.values.find(context, values.words()[value]).unwrap_or(NONE);
        let atom = Reader { code: code.words(), at: 0 }.atom(&mut number);
        logic.relation(atom.relation, atom.terms.len());
        if logic.derive(context).is_ok() {
            logic.answer(context, &atom, &answers);
            logic.account(context, 0);
        }
    });
    unless_trapped(context, answers.list)
}

/// The answers to a question: maps with these names.
struct Answers {
    list: *mut List,
    names: *mut List,
    /// Whether the maps can be part of a circle of references.
    watched: bool,
}

impl Logic {
    /// Adds the answers to an atom: the rows that fit, in their order.
    fn answer(&mut self, context: *mut Context, atom: &Atom, answers: &Answers) {
        let names = answers.names.len();
        let relation = &mut self.relations[atom.relation];
        let mut columns = Vec::new();
        let mut key = Vec::new();
        // Where each variable occurs.
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (column, &term) in atom.terms.iter().enumerate() {
            match term {
                Term::Value(value) => {
                    columns.push(column);
                    key.push(value);
                }
                Term::Variable(variable) => {
                    let count = places.len().max(variable + 1);
                    places.resize_with(count, Vec::new);
                    places[variable].push(column);
                }
            }
        }
        // Rows that differ in what is not told only are one answer.
        let hides = places.len() > names;
        let mut told = Relation::new(names);
        let index = (!columns.is_empty()).then(|| relation.index(&columns));
        let mut row = match index {
            Some(index) => {
                relation.update(index);
                relation.first(index, &key)
            }
            None => 0,
        };
        let mut answer = Vec::new();
        while (row as usize) < relation.len() && !context.trapped() {
            let values = relation.row(row);
            let fits = places
                .iter()
                .all(|columns| columns.windows(2).all(|pair| values[pair[0]] == values[pair[1]]));
            if fits {
                answer.clear();
                answer.extend(places[..names].iter().map(|columns| values[columns[0]]));
                if !hides || told.find(&answer).is_none() {
                    if hides {
                        told.add(&answer);
                    }
                    self.values.tell(context, &answer, answers);
                }
            }
            row = match index {
                Some(index) => relation.indexes[index].next(row),
                None => row + 1,
            };
        }
    }
}

impl Values {
    /// Adds an answer: a map from the names to the values.
    fn tell(&self, context: *mut Context, answer: &[u32], answers: &Answers) {
        let map = map_new(context, Rep::Ref as i64, Rep::Any as i64, answer.len() as i64);
        if map.is_none() {
            return;
        }
        if answers.watched {
            ref_watch(context, map.header());
        }
        for (place, &number) in answer.iter().enumerate() {
            let (name, value) = (answers.names.get(place), self.words[number as usize]);
            dup_word(name, Rep::Ref);
            dup_word(value, Rep::Any);
            map_set(context, map, name, value);
        }
        push_own(context, answers.list, map.word());
    }
}

/// Goes over the words, all any, that facts and rules own.
pub(crate) fn for_each_held(context: *mut Context, mut f: impl FnMut(u64)) {
    if let Some(logic) = &context.state().logic {
        for &word in &logic.values.words {
            f(word);
        }
    }
}

/// Forgets all that was stated.
pub(crate) fn release(context: *mut Context) {
    let Some(logic) = context.state().logic.take() else { return };
    for &word in &logic.values.words {
        drop_word(context, word, Rep::Any);
    }
    account(context, logic.bytes, 0);
}
