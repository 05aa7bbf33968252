//! The solver against the definition of what it does: rounds in which every rule, in order, tries all combinations of rows.

use mochi_abi::layout::any;
use proptest::prelude::*;

use super::{Machine, float, int};
use crate::context::ContextFields;

/// A term: a variable or a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    Variable(usize),
    Value(i64),
}

#[derive(Debug, Clone)]
struct Atom {
    predicate: usize,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Rule {
    head: Atom,
    body: Vec<Atom>,
    different: Vec<(Term, Term)>,
}

#[derive(Debug, Clone)]
enum Statement {
    Fact(usize, Vec<i64>),
    Rule(Rule),
    /// An atom, and how many of its variables are told.
    Query(Atom, usize),
}

const VARIABLES: usize = 4;
const ARITIES: [usize; 4] = [2, 1, 3, 0];

// -- the definition ------------------------------------------------------------------

#[derive(Default)]
struct Oracle {
    rows: [Vec<Vec<i64>>; 4],
    rules: Vec<Rule>,
}

impl Oracle {
    fn add(&mut self, predicate: usize, row: Vec<i64>) -> bool {
        let new = !self.rows[predicate].contains(&row);
        if new {
            self.rows[predicate].push(row);
        }
        new
    }

    fn derive(&mut self) {
        loop {
            let mut grew = false;
            for rule in self.rules.clone() {
                for row in self.follows(&rule) {
                    grew |= self.add(rule.head.predicate, row);
                }
            }
            if !grew {
                return;
            }
        }
    }

    fn follows(&self, rule: &Rule) -> Vec<Vec<i64>> {
        let mut found = vec![[None; VARIABLES]];
        for atom in &rule.body {
            let longer = found.iter().flat_map(|values| {
                self.rows[atom.predicate].iter().filter_map(|row| unify(&atom.terms, row, values))
            });
            found = longer.collect();
        }
        let value = |term: Term, values: &[Option<i64>; VARIABLES]| match term {
            Term::Variable(variable) => values[variable].expect("the body binds it"),
            Term::Value(value) => value,
        };
        found
            .iter()
            .filter(|values| {
                rule.different.iter().all(|&(a, b)| value(a, values) != value(b, values))
            })
            .map(|values| rule.head.terms.iter().map(|&term| value(term, values)).collect())
            .collect()
    }

    fn answers(&mut self, atom: &Atom, told: usize) -> Vec<Vec<i64>> {
        self.derive();
        let mut answers = Vec::new();
        for row in &self.rows[atom.predicate] {
            let Some(values) = unify(&atom.terms, row, &[None; VARIABLES]) else { continue };
            let answer: Vec<i64> =
                values[..told].iter().map(|value| value.expect("it is in the atom")).collect();
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers
    }
}

fn unify(
    terms: &[Term],
    row: &[i64],
    values: &[Option<i64>; VARIABLES],
) -> Option<[Option<i64>; VARIABLES]> {
    let mut values = *values;
    for (&term, &found) in terms.iter().zip(row) {
        match term {
            Term::Value(value) if value != found => return None,
            Term::Value(_) => {}
            Term::Variable(variable) => match values[variable] {
                Some(value) if value != found => return None,
                _ => values[variable] = Some(found),
            },
        }
    }
    Some(values)
}

// -- the solver ----------------------------------------------------------------------

#[derive(Default)]
struct Code {
    numbers: Vec<i64>,
    values: Vec<u64>,
}

impl Code {
    fn term(&mut self, term: Term) {
        self.numbers.push(match term {
            Term::Variable(variable) => variable as i64,
            Term::Value(value) => {
                self.values.push(int(value));
                -(self.values.len() as i64)
            }
        });
    }

    fn atom(&mut self, atom: &Atom) {
        self.numbers.extend([atom.predicate as i64, atom.terms.len() as i64]);
        atom.terms.iter().for_each(|&term| self.term(term));
    }
}

fn state(m: &Machine, rule: &Rule) {
    let mut code = Code::default();
    code.numbers.push(VARIABLES as i64);
    code.atom(&rule.head);
    code.numbers.push(rule.body.len() as i64);
    rule.body.iter().for_each(|atom| code.atom(atom));
    code.numbers.push(rule.different.len() as i64);
    for &(a, b) in &rule.different {
        code.term(a);
        code.term(b);
    }
    m.call("logic_rule", &[m.ints(&code.numbers), m.anys(&code.values)]);
}

fn ask(m: &Machine, atom: &Atom, told: usize) -> String {
    let mut code = Code::default();
    code.atom(atom);
    let names: Vec<&str> = ["a", "b", "c", "d"][..told].to_vec();
    let (numbers, values) = (m.ints(&code.numbers), m.anys(&code.values));
    let answers = m.call("logic_query", &[numbers, values, m.strs(&names), 1]);
    m.show(answers)
}

fn shown(answers: &[Vec<i64>]) -> String {
    let maps: Vec<String> = answers
        .iter()
        .map(|answer| {
            let entries: Vec<String> = "abcd"
                .chars()
                .zip(answer)
                .map(|(name, value)| format!("\"{name}\": {value}"))
                .collect();
            format!("{{{}}}", entries.join(", "))
        })
        .collect();
    format!("[{}]", maps.join(", "))
}

// -- programs ------------------------------------------------------------------------

fn atom(values: i64) -> impl Strategy<Value = Atom> {
    (0..ARITIES.len()).prop_flat_map(move |predicate| {
        let term = prop_oneof![
            4 => (0..VARIABLES).prop_map(Term::Variable),
            1 => (0..values).prop_map(Term::Value),
        ];
        prop::collection::vec(term, ARITIES[predicate])
            .prop_map(move |terms| Atom { predicate, terms })
    })
}

/// A rule whose head and inequalities have only variables of the body.
fn rule(values: i64) -> impl Strategy<Value = Rule> {
    let pair = (0..VARIABLES, 0..VARIABLES + 1);
    (atom(values), prop::collection::vec(atom(values), 1..4), prop::collection::vec(pair, 0..2))
        .prop_map(|(mut head, body, pairs)| {
            let bound: Vec<usize> = body
                .iter()
                .flat_map(|atom| &atom.terms)
                .filter_map(|term| match term {
                    Term::Variable(variable) => Some(*variable),
                    Term::Value(_) => None,
                })
                .collect();
            let closed = |variable: usize| match bound.get(variable % bound.len().max(1)) {
                Some(&variable) => Term::Variable(variable),
                None => Term::Value(1),
            };
            for term in &mut head.terms {
                if let Term::Variable(variable) = *term {
                    *term = closed(variable);
                }
            }
            let different = pairs
                .into_iter()
                .map(|(a, b)| (closed(a), if b < VARIABLES { closed(b) } else { Term::Value(0) }))
                .collect();
            Rule { head, body, different }
        })
}

/// A question whose told variables are numbered first.
fn question(values: i64) -> impl Strategy<Value = Statement> {
    (atom(values), 0..=VARIABLES).prop_map(|(mut atom, told)| {
        let mut order: Vec<usize> = Vec::new();
        for term in &mut atom.terms {
            if let Term::Variable(variable) = term {
                let place = order.iter().position(|other| other == variable);
                *variable = place.unwrap_or_else(|| {
                    order.push(*variable);
                    order.len() - 1
                });
            }
        }
        let told = told.min(order.len());
        Statement::Query(atom, told)
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let values = 5;
    let fact = (0..ARITIES.len()).prop_flat_map(move |predicate| {
        prop::collection::vec(0..values, ARITIES[predicate])
            .prop_map(move |row| Statement::Fact(predicate, row))
    });
    prop_oneof![5 => fact, 3 => rule(values).prop_map(Statement::Rule), 2 => question(values)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 300 }))]

    #[test]
    fn answers_are_those_of_the_definition(
        statements in prop::collection::vec(statement(), 1..25),
        last in question(5),
    ) {
        let m = Machine::new();
        let mut oracle = Oracle::default();
        for statement in statements.iter().chain([&last]) {
            match statement {
                Statement::Fact(predicate, row) => {
                    let words: Vec<u64> = row.iter().map(|&value| int(value)).collect();
                    m.call("logic_fact", &[*predicate as u64, m.anys(&words)]);
                    oracle.add(*predicate, row.clone());
                }
                Statement::Rule(rule) => {
                    state(&m, rule);
                    oracle.rules.push(rule.clone());
                }
                Statement::Query(atom, told) => {
                    let expected = shown(&oracle.answers(atom, *told));
                    prop_assert_eq!(ask(&m, atom, *told), expected);
                }
            }
        }
    }
}

// -- values --------------------------------------------------------------------------

fn all(arity: usize) -> Atom {
    Atom { predicate: 0, terms: (0..arity).map(Term::Variable).collect() }
}

#[test]
fn equal_values_are_one() {
    let m = Machine::new();
    for value in [int(1), float(1.0), any::TRUE, any::NONE, any::NONE, m.str("1"), m.str("1")] {
        m.call("logic_fact", &[0, m.anys(&[value])]);
    }
    assert_eq!(ask(&m, &all(1), 1), r#"[{"a": 1}, {"a": true}, {"a": nil}, {"a": "1"}]"#);
    m.call("logic_fact", &[0, m.anys(&[m.ints(&[1, 2])])]);
    m.call("logic_fact", &[0, m.anys(&[m.floats(&[1.0, 2.0])])]);
    assert!(ask(&m, &all(1), 1).ends_with(r#", {"a": [1, 2]}]"#));
}

#[test]
fn nothing_stated_is_nothing_known() {
    let m = Machine::new();
    assert_eq!(ask(&m, &all(2), 2), "[]");
    assert_eq!(ask(&m, &all(0), 0), "[]");
    m.call("logic_fact", &[3, m.anys(&[])]);
    assert_eq!(ask(&m, &Atom { predicate: 3, terms: Vec::new() }, 0), "[{}]");
}

/// `p(a, b, c) :- q(a), q(b), q(c)`.
fn cube() -> Rule {
    let one = |variable| Atom { predicate: 1, terms: vec![Term::Variable(variable)] };
    Rule { head: all(3), body: vec![one(0), one(1), one(2)], different: Vec::new() }
}

#[test]
fn more_than_the_memory_there_is() {
    let mut m = Machine::new();
    for value in 0..300 {
        m.call("logic_fact", &[1, m.anys(&[int(value)])]);
    }
    state(&m, &cube());
    m.runtime.set_memory_limit(8 << 20);
    let mut code = Code::default();
    code.atom(&all(3));
    let words = [m.ints(&code.numbers), m.anys(&[]), m.strs(&["a", "b", "c"]), 0];
    assert_eq!(m.trap("logic_query", &words), "out of memory");
}

#[test]
fn it_can_be_interrupted() {
    let m = Machine::new();
    for value in 0..300 {
        m.call("logic_fact", &[1, m.anys(&[int(value)])]);
    }
    state(&m, &cube());
    m.runtime.interrupt().store(true, std::sync::atomic::Ordering::Relaxed);
    m.context().fields().poll = 1;
    let mut code = Code::default();
    code.atom(&all(3));
    let words = [m.ints(&code.numbers), m.anys(&[]), m.strs(&["a", "b", "c"]), 0];
    assert_eq!(m.trap("logic_query", &words), "interrupted");
}
