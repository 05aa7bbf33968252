//! Which functions are compiled together: a program and the function that is called for the first time go in, the functions to
//! compile now come out.
//!
//! A small program is compiled whole, which is fastest: its calls are direct and code is published once. Of a large one a batch is
//! compiled at a time, the function that is called and what it calls, nearest first. Each batch may be as large as all before
//! together, so there are few of them however much of the program runs, and at most about as much is compiled in vain as is not.

use mochi_ir::op::Immediate;
use mochi_ir::program::{FunctionId, Program};

/// When functions are compiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// In batches, each when a function of it is called, when the program is large; else all at once.
    #[default]
    BySize,
    /// All before the program starts: for whoever is to see all of the code.
    AtOnce,
    /// In tests: each by itself when it is called.
    OneByOne,
}

/// A program with more instructions of the IR is compiled in batches. With fewer, compiling them all takes about half a
/// millisecond, of which a batch that is published takes a tenth.
const LARGE: usize = 32 << 10;

/// The first batch may have so many instructions.
const FIRST_BATCH: usize = 8 << 10;

/// What is compiled, and how much comes next.
#[derive(Debug)]
pub(crate) struct Batches {
    /// By function, whether it was in a batch.
    is_taken: Vec<bool>,
    /// How many instructions the batches have had.
    taken: usize,
    is_growing: bool,
}

impl Batches {
    /// The batches of a program and the first of them, with the main function and those that `first` names; `None` when all is to
    /// be compiled at once.
    pub(crate) fn new(
        program: &Program,
        pace: Pace,
        first: impl Fn(FunctionId) -> bool,
    ) -> Option<(Batches, Vec<FunctionId>)> {
        let insts = program.functions.iter().map(|function| function.insts.len()).sum::<usize>();
        let is_growing = match pace {
            Pace::AtOnce => return None,
            Pace::BySize if insts <= LARGE => return None,
            Pace::BySize => true,
            Pace::OneByOne => false,
        };
        let is_taken = vec![false; program.functions.len()];
        let mut batches = Batches { is_taken, taken: 0, is_growing };
        let mut batch = batches.next(program, program.main);
        for number in (0..program.functions.len() as u32).map(FunctionId) {
            if first(number) && !batches.is_taken[number.index()] {
                batches.take(program, number, &mut batch);
            }
        }
        Some((batches, batch))
    }

    /// The batch with this function, which was in none.
    pub(crate) fn next(&mut self, program: &Program, function: FunctionId) -> Vec<FunctionId> {
        let before = self.taken;
        let most = if self.is_growing { before.max(FIRST_BATCH) } else { 0 };
        let mut batch = Vec::new();
        self.take(program, function, &mut batch);
        let mut place = 0;
        while place < batch.len() {
            for inst in &program.functions[batch[place].index()].insts {
                if self.taken - before >= most {
                    return batch;
                }
                if inst.op.row().immediate == Immediate::Function
                    && !self.is_taken[inst.function().index()]
                {
                    self.take(program, inst.function(), &mut batch);
                }
            }
            place += 1;
        }
        batch
    }

    fn take(&mut self, program: &Program, function: FunctionId, batch: &mut Vec<FunctionId>) {
        self.is_taken[function.index()] = true;
        self.taken += program.functions[function.index()].insts.len();
        batch.push(function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mochi_ir::text::read;

    /// `count` functions that add up `size` constants, each calling the next two.
    fn program(count: usize, size: usize) -> Program {
        let mut text = String::from("main @f0\n");
        for i in 0..count {
            text += &format!("function f{i}() {{\nb0:\n");
            for value in 0..size {
                text += &format!("v{value} = i64.const {value}\n");
            }
            for next in [2 * i + 1, 2 * i + 2] {
                if next < count {
                    text += &format!("call @f{next}()\n");
                }
            }
            text += "return\n}\n";
        }
        read(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn numbers(batch: &[FunctionId]) -> Vec<u32> {
        batch.iter().map(|number| number.0).collect()
    }

    #[test]
    fn small_programs_are_one_piece() {
        assert!(Batches::new(&program(7, 10), Pace::BySize, |_| false).is_none());
        assert!(Batches::new(&program(7, 10_000), Pace::AtOnce, |_| false).is_none());
    }

    #[test]
    fn a_batch_has_what_is_near_and_what_must_be_first() {
        let program = program(31, 3000);
        let (mut batches, first) =
            Batches::new(&program, Pace::BySize, |number| number.0 == 30).expect("it is large");
        assert_eq!(numbers(&first), [0, 1, 2, 30]);
        // As much as there is.
        assert_eq!(numbers(&batches.next(&program, FunctionId(3))), [3, 7, 8, 15]);
        assert_eq!(numbers(&batches.next(&program, FunctionId(4))), [4, 9, 10, 19, 20, 21, 22]);
    }

    #[test]
    fn one_by_one_is_one_by_one() {
        let program = program(7, 1);
        let (mut batches, first) =
            Batches::new(&program, Pace::OneByOne, |_| false).expect("it is asked for");
        assert_eq!(numbers(&first), [0]);
        assert_eq!(numbers(&batches.next(&program, FunctionId(2))), [2]);
    }
}
