//! Parallel moves in, a sequence of moves and swaps with the same effect out.
//!
//! A block's parameters get their values all at once, so a slot that is read by one move and written by another must be
//! read first; moves in a circle are turned into swaps. The algorithm is the usual one (a move is ready when nobody reads
//! its target any more), linear in the number of moves.

/// One of the moves that happen at once: `to = from`. No two have the same `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transfer {
    pub to: u32,
    pub from: u32,
}

/// A step of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Move(Transfer),
    Swap(Transfer),
}

/// Puts moves in order. Keeps its tables between uses, since most uses have few moves.
#[derive(Debug, Default)]
pub(super) struct Sequencer {
    /// Per slot: how many pending moves read it. All 0 between uses.
    readers: Vec<u32>,
    /// Per slot: 1 + the pending move that writes it. All 0 between uses.
    writer: Vec<u32>,
    ready: Vec<u32>,
}

impl Sequencer {
    /// Appends to `steps` what has the effect of all `moves` at once.
    pub(super) fn sequence(&mut self, moves: &[Transfer], steps: &mut Vec<Step>) {
        match moves {
            [] => return,
            [only] => {
                if only.to != only.from {
                    steps.push(Step::Move(*only));
                }
                return;
            }
            _ => {}
        }
        let slots =
            moves.iter().map(|m| m.to.max(m.from)).max().map_or(0, |slot| slot as usize + 1);
        if self.readers.len() < slots {
            self.readers.resize(slots, 0);
            self.writer.resize(slots, 0);
        }
        for (i, m) in moves.iter().enumerate() {
            if m.to != m.from {
                self.readers[m.from as usize] += 1;
                self.writer[m.to as usize] = i as u32 + 1;
            }
        }
        self.ready.clear();
        for (i, m) in moves.iter().enumerate() {
            if m.to != m.from && self.readers[m.to as usize] == 0 {
                self.ready.push(i as u32);
            }
        }
        while let Some(i) = self.ready.pop() {
            let m = moves[i as usize];
            steps.push(Step::Move(m));
            self.writer[m.to as usize] = 0;
            self.readers[m.from as usize] -= 1;
            if self.readers[m.from as usize] == 0 && self.writer[m.from as usize] != 0 {
                self.ready.push(self.writer[m.from as usize] - 1);
            }
        }
        // What is left are circles: each slot in one is read once and written once. A swap gives the first slot its value
        // and hands its old value on to where it is wanted next.
        for m in moves {
            if self.writer[m.to as usize] == 0 {
                continue;
            }
            let mut at = *m;
            loop {
                self.writer[at.to as usize] = 0;
                self.readers[at.from as usize] = 0;
                let next = self.writer[at.from as usize];
                if next == 0 {
                    break;
                }
                steps.push(Step::Swap(at));
                at = moves[next as usize - 1];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(slots: &mut [u32], steps: &[Step]) {
        for step in steps {
            match *step {
                Step::Move(m) => slots[m.to as usize] = slots[m.from as usize],
                Step::Swap(m) => slots.swap(m.to as usize, m.from as usize),
            }
        }
    }

    fn check(sequencer: &mut Sequencer, count: u32, moves: &[Transfer]) {
        let before: Vec<u32> = (0..count).collect();
        let mut wanted = before.clone();
        for m in moves {
            wanted[m.to as usize] = before[m.from as usize];
        }
        let mut steps = Vec::new();
        sequencer.sequence(moves, &mut steps);
        let mut got = before;
        run(&mut got, &steps);
        // A slot that no move writes keeps its value: nothing lives in a frame but what the moves do not name.
        assert_eq!(got, wanted, "{moves:?} became {steps:?}");
    }

    #[test]
    fn moves_of_all_shapes_happen_at_once() {
        let mut sequencer = Sequencer::default();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u32 % below
        };
        for round in 0..20_000 {
            let count = 2 + random(9);
            let mut targets: Vec<u32> = (0..count).collect();
            for i in (1..targets.len()).rev() {
                targets.swap(i, random(i as u32 + 1) as usize);
            }
            targets.truncate(random(count + 1) as usize);
            // Every second round moves within the targets only, where circles are.
            let moves: Vec<Transfer> = targets
                .iter()
                .map(|&to| {
                    let from = if round % 2 == 0 && !targets.is_empty() {
                        targets[random(targets.len() as u32) as usize]
                    } else {
                        random(count)
                    };
                    Transfer { to, from }
                })
                .collect();
            check(&mut sequencer, count, &moves);
        }
    }

    #[test]
    fn a_circle_of_three_takes_two_swaps() {
        let moves = [(0, 1), (1, 2), (2, 0)].map(|(to, from)| Transfer { to, from });
        let mut steps = Vec::new();
        Sequencer::default().sequence(&moves, &mut steps);
        assert_eq!(steps.len(), 2);
    }

    #[test]
    fn a_hundred_thousand_moves_in_one_circle() {
        let count = 100_000;
        let moves: Vec<Transfer> =
            (0..count).map(|to| Transfer { to, from: (to + 1) % count }).collect();
        check(&mut Sequencer::default(), count, &moves);
    }
}
