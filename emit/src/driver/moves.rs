//! Moves that happen at once, put in an order: a set of moves goes in, steps one after the other come out.
//!
//! A place that a pending move still reads is written later; where moves go in a circle, one value is kept aside. The cost is
//! linear in the number of moves.

use super::placement::Place;

const NONE: u32 = u32::MAX;

/// What a move puts somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<C> {
    Place(Place),
    /// Something that no move changes.
    Constant(C),
}

/// A step of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<C> {
    Move {
        to: Place,
        from: Source<C>,
    },
    /// Keeps a place's value aside. It is restored before another one is kept.
    Keep(Place),
    /// Puts what was kept into the place.
    Restore(Place),
}

/// Puts moves in order; its buffers serve many sets.
#[derive(Debug)]
pub struct Sequencer<C> {
    moves: Vec<(Place, Source<C>)>,
    /// Places that a move of the set writes: registers, then slots, of which some share a bit.
    written: [u64; 2],
    /// Whether a move may read what one before it writes.
    is_tangled: bool,
    pub steps: Vec<Step<C>>,
    /// Per place, how many pending moves read it, and the move that writes it.
    readers: Vec<u16>,
    writers: Vec<u32>,
    ready: Vec<u32>,
}

impl<C> Default for Sequencer<C> {
    fn default() -> Sequencer<C> {
        Sequencer {
            moves: Vec::new(),
            written: [0; 2],
            is_tangled: false,
            steps: Vec::new(),
            readers: Vec::new(),
            writers: Vec::new(),
            ready: Vec::new(),
        }
    }
}

/// Integer registers, then floats, then slots.
fn number(place: Place) -> usize {
    match place {
        Place::Int(number) => number.into(),
        Place::Float(number) => 32 + usize::from(number),
        Place::Slot(number) => 64 + number as usize,
        Place::Nowhere => unreachable!("what is nowhere is not moved"),
    }
}

/// Which word of [`Sequencer::written`] and which bit is a place's.
fn bit(place: Place) -> (usize, u64) {
    match place {
        Place::Int(number) => (0, 1 << (number & 31)),
        Place::Float(number) => (0, 1 << (32 | number & 31)),
        Place::Slot(number) => (1, 1 << (number & 63)),
        Place::Nowhere => (1, 0),
    }
}

impl<C: Copy> Sequencer<C> {
    /// Forgets the moves of the set before.
    pub fn clear(&mut self) {
        self.moves.clear();
        self.written = [0; 2];
        self.is_tangled = false;
    }

    /// Adds a move. No two **may** have the same destination.
    pub fn add(&mut self, to: Place, from: Source<C>) {
        if to == Place::Nowhere {
            return;
        }
        if let Source::Place(from) = from {
            if from == to {
                return;
            }
            let (word, bit) = bit(from);
            self.is_tangled |= self.written[word] & bit != 0;
        }
        let (word, bit) = bit(to);
        self.written[word] |= bit;
        self.moves.push((to, from));
    }

    /// Takes the moves out when they can happen one after the other as they were added; their buffer is to be
    /// [given back](Sequencer::give_back).
    pub fn take_ordered(&mut self) -> Option<Vec<(Place, Source<C>)>> {
        (!self.is_tangled).then(|| std::mem::take(&mut self.moves))
    }

    pub fn give_back(&mut self, moves: Vec<(Place, Source<C>)>) {
        self.moves = moves;
    }

    /// Orders the moves into `steps`.
    pub fn sequence(&mut self) {
        self.steps.clear();
        for (i, &(to, from)) in self.moves.iter().enumerate() {
            let Source::Place(from) = from else { continue };
            let (from, to) = (number(from), number(to));
            if self.readers.len() <= from.max(to) {
                self.readers.resize(from.max(to) + 1, 0);
                self.writers.resize(from.max(to) + 1, NONE);
            }
            self.readers[from] += 1;
            self.writers[to] = i as u32;
        }
        for (i, &(to, from)) in self.moves.iter().enumerate() {
            if matches!(from, Source::Place(_)) && self.readers[number(to)] == 0 {
                self.ready.push(i as u32);
            }
        }
        let mut next = 0;
        loop {
            while let Some(i) = self.ready.pop() {
                self.write(i as usize);
            }
            // What is left goes in circles.
            let Some(i) = (next..self.moves.len()).find(|&i| self.is_pending(i)) else { break };
            next = i;
            let (to, Source::Place(from)) = self.moves[i] else {
                unreachable!("constants are not pending")
            };
            self.steps.push(Step::Keep(from));
            // Its value is no longer read from there.
            self.writers[number(to)] = NONE;
            self.finish_read(from);
            while let Some(i) = self.ready.pop() {
                self.write(i as usize);
            }
            self.steps.push(Step::Restore(to));
        }
        for &(to, from) in &self.moves {
            if let Source::Constant(_) = from {
                self.steps.push(Step::Move { to, from });
            }
        }
    }

    fn is_pending(&self, i: usize) -> bool {
        let (to, from) = self.moves[i];
        matches!(from, Source::Place(_)) && self.writers[number(to)] == i as u32
    }

    fn write(&mut self, i: usize) {
        let (to, from) = self.moves[i];
        self.writers[number(to)] = NONE;
        self.steps.push(Step::Move { to, from });
        if let Source::Place(from) = from {
            self.finish_read(from);
        }
    }

    fn finish_read(&mut self, from: Place) {
        let from = number(from);
        self.readers[from] -= 1;
        if self.readers[from] == 0 && self.writers[from] != NONE {
            self.ready.push(self.writers[from]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mochi_ir::random::Random;

    fn run(moves: &[(Place, Source<u32>)]) -> [u32; 100] {
        let mut sequencer = Sequencer::default();
        // Twice, so that nothing is left of the first set.
        for _ in 0..2 {
            sequencer.clear();
            for &(to, from) in moves {
                sequencer.add(to, from);
            }
            if let Some(ordered) = sequencer.take_ordered() {
                sequencer.steps =
                    ordered.iter().map(|&(to, from)| Step::Move { to, from }).collect();
                sequencer.give_back(ordered);
            } else {
                sequencer.sequence();
            }
        }
        let mut values: [u32; 100] = std::array::from_fn(|i| i as u32);
        let mut kept = None;
        for &step in &sequencer.steps {
            match step {
                Step::Move { to, from: Source::Place(from) } => {
                    values[number(to)] = values[number(from)]
                }
                Step::Move { to, from: Source::Constant(value) } => values[number(to)] = value,
                Step::Keep(place) => {
                    assert_eq!(kept, None, "one is kept at a time");
                    kept = Some(values[number(place)]);
                }
                Step::Restore(place) => {
                    values[number(place)] = kept.take().expect("it was kept before");
                }
            }
        }
        values
    }

    #[test]
    fn moves_happen_at_once() {
        let mut random = Random::new(1);
        for round in 0..20_000 {
            // Many moves are tangled, few often are not.
            let few = round % 2 == 0;
            let places: Vec<Place> = (0..5)
                .map(Place::Int)
                .chain((0..3).map(Place::Float))
                .chain((0..4).map(Place::Slot))
                .collect();
            let mut moves = Vec::new();
            for &to in &places {
                if random.once_in(4) != few {
                    continue;
                }
                let from = if random.once_in(6) {
                    Source::Constant(1000 + moves.len() as u32)
                } else {
                    Source::Place(random.pick(&places))
                };
                moves.push((to, from));
            }
            let found = run(&moves);
            let mut expected: [u32; 100] = std::array::from_fn(|i| i as u32);
            for &(to, from) in &moves {
                expected[number(to)] = match from {
                    Source::Place(from) => number(from) as u32,
                    Source::Constant(value) => value,
                };
            }
            assert_eq!(found, expected, "{moves:?}");
        }
    }
}
