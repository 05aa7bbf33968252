//! Parallel assignments in, C assignments one after the other out.
//!
//! The parameters of a block (or of a function, for a call of itself in tail position) get their values all at once. A
//! parameter that a pending assignment still reads is written later; where they go in a circle, one value is kept aside.

use mochi_ir::program::Value;

/// One of the assignments that happen at once: `to = from`. No two have the same `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub to: Value,
    pub from: Value,
}

/// A step of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `to = from`.
    Assign(Move),
    /// Keeps a value aside under the number.
    Save(Value, usize),
    /// `to =` what was kept under the number.
    Restore(Value, usize),
}

/// Puts moves in an order with the same effect.
pub(super) fn sequence(moves: &[Move]) -> Vec<Step> {
    let mut pending: Vec<Move> = moves.iter().copied().filter(|m| m.to != m.from).collect();
    let mut steps = Vec::with_capacity(pending.len());
    let mut saved = 0;
    // A saved value is read by nobody else: its assignment waits in `restores` and blocks no other.
    let mut restores = Vec::new();
    while !pending.is_empty() {
        let ready = pending.iter().position(|m| !pending.iter().any(|other| other.from == m.to));
        match ready {
            Some(i) => steps.push(Step::Assign(pending.remove(i))),
            None => {
                let first = pending.remove(0);
                steps.push(Step::Save(first.from, saved));
                restores.push(Step::Restore(first.to, saved));
                saved += 1;
            }
        }
    }
    steps.extend(restores);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(pairs: &[(u32, u32)]) -> Vec<Move> {
        pairs.iter().map(|&(to, from)| Move { to: Value(to), from: Value(from) }).collect()
    }

    /// What the variables hold afterwards, when each held its own number.
    fn run(moves: &[Move]) -> Vec<u32> {
        let mut variables: Vec<u32> = (0..8).collect();
        let mut aside = [0; 8];
        for step in sequence(moves) {
            match step {
                Step::Assign(m) => variables[m.to.index()] = variables[m.from.index()],
                Step::Save(value, number) => aside[number] = variables[value.index()],
                Step::Restore(to, number) => variables[to.index()] = aside[number],
            }
        }
        variables
    }

    #[test]
    fn all_assignments_over_four_variables() {
        for code in 0..4u32.pow(4) {
            let pairs: Vec<(u32, u32)> = (0..4).map(|to| (to, code / 4u32.pow(to) % 4)).collect();
            let moves = moves(&pairs);
            let mut expected: Vec<u32> = (0..8).collect();
            for m in &moves {
                expected[m.to.index()] = m.from.0;
            }
            assert_eq!(run(&moves), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_chain_needs_nothing_kept() {
        let steps = sequence(&moves(&[(0, 1), (1, 2), (2, 3)]));
        assert!(steps.iter().all(|step| matches!(step, Step::Assign(_))));
    }
}
