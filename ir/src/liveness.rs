//! Where values are needed: a function goes in; how often each value is used, in which blocks it is live, or
//! the stretch of the function from its definition to its last use comes out.
//!
//! - [`use_counts`] counts.
//! - [`Liveness`] is exact, per block. Each value is followed from its uses up to its definition (Brandner, Boissinot,
//!   Darte, Dupont de Dinechin and Rastello, "Computing liveness sets for SSA-form programs", 2011, by use), so the
//!   cost is the size of the answer, and the caller says which values it cares for.
//! - [`query::LiveQuery`] is exact as well, for a few questions about a few values.
//! - [`Intervals`] is coarse and linear: one stretch per value, without holes. A value that is defined before a loop and
//!   used in it is live to the loop's end.

use crate::cfg::{Cfg, Loops};
use crate::program::{Block, Function, Value};

pub mod query;

const NONE: u32 = u32::MAX;

/// How often each value is an operand or an argument of a target.
pub fn use_counts(function: &Function) -> Vec<u32> {
    let mut counts = vec![0; function.values.len()];
    for_each_use(function, |_, _, value| counts[value.index()] += 1);
    counts
}

/// Calls `found` with block, instruction and value of every use; a target's arguments are used by the terminator.
fn for_each_use(function: &Function, mut found: impl FnMut(Block, u32, Value)) {
    for block in function.block_ids() {
        let data = &function.blocks[block.index()];
        for (id, inst) in function.block_insts(block) {
            for &value in function.args(inst) {
                found(block, id.0, value);
            }
        }
        for target in function.block_targets(block) {
            for &value in function.target_args(target) {
                found(block, data.insts.end - 1, value);
            }
        }
    }
}

/// The block that defines each value; `u32::MAX` for a value without definition.
fn defining_blocks(function: &Function) -> Vec<u32> {
    let mut blocks = vec![NONE; function.values.len()];
    for block in function.block_ids() {
        for param in function.block_params(block) {
            blocks[param.index()] = block.0;
        }
        for (_, inst) in function.block_insts(block) {
            if let Some(result) = inst.result {
                blocks[result.index()] = block.0;
            }
        }
    }
    blocks
}

/// The values that are live where blocks begin and end.
#[derive(Debug, Clone)]
pub struct Liveness {
    live_in: Sets,
    live_out: Sets,
}

impl Liveness {
    /// Computes the sets, for the values that `matters` holds of.
    pub fn new(function: &Function, cfg: &Cfg, matters: impl Fn(Value) -> bool) -> Liveness {
        let blocks = function.blocks.len();
        // Uses grouped by value, so that all of a value's blocks are found together and come out in order.
        let mut starts = vec![0u32; function.values.len() + 1];
        for_each_use(function, |_, _, value| {
            starts[value.index() + 1] += u32::from(matters(value));
        });
        for value in 0..function.values.len() {
            starts[value + 1] += starts[value];
        }
        let mut next = starts.clone();
        let mut uses = vec![Block(0); starts[function.values.len()] as usize];
        for_each_use(function, |block, _, value| {
            if matters(value) {
                uses[next[value.index()] as usize] = block;
                next[value.index()] += 1;
            }
        });
        let defined = defining_blocks(function);
        let mut ins = Pairs::new(blocks);
        let mut outs = Pairs::new(blocks);
        let mut open = Vec::new();
        for value in (0..function.values.len() as u32).map(Value) {
            let range = starts[value.index()] as usize..starts[value.index() + 1] as usize;
            for &block in &uses[range] {
                if block.0 != defined[value.index()] && ins.add(block, value) {
                    open.push(block);
                }
            }
            while let Some(block) = open.pop() {
                for &pred in cfg.preds(block) {
                    outs.add(pred, value);
                    if pred.0 != defined[value.index()] && ins.add(pred, value) {
                        open.push(pred);
                    }
                }
            }
        }
        Liveness { live_in: ins.sets(), live_out: outs.sets() }
    }

    /// The values that are live where a block begins, in order, its own parameters not among them.
    pub fn live_in(&self, block: Block) -> &[Value] {
        self.live_in.of(block)
    }

    /// The values that are live in a successor of a block, in order. What its terminator passes as an argument is
    /// not among them, unless it is live there as well.
    pub fn live_out(&self, block: Block) -> &[Value] {
        self.live_out.of(block)
    }
}

/// Pairs of block and value in the order of values, each pair once.
struct Pairs {
    pairs: Vec<(Block, Value)>,
    /// Per block the last value that was added.
    last: Vec<u32>,
}

impl Pairs {
    fn new(blocks: usize) -> Pairs {
        Pairs { pairs: Vec::new(), last: vec![NONE; blocks] }
    }

    /// Whether the pair is new. All pairs of a value come together.
    fn add(&mut self, block: Block, value: Value) -> bool {
        let last = &mut self.last[block.index()];
        let is_new = *last != value.0;
        if is_new {
            *last = value.0;
            self.pairs.push((block, value));
        }
        is_new
    }

    /// Sorted by block; the values of a block stay in order.
    fn sets(self) -> Sets {
        let mut starts = vec![0; self.last.len() + 1];
        for (block, _) in &self.pairs {
            starts[block.index() + 1] += 1;
        }
        for block in 0..self.last.len() {
            starts[block + 1] += starts[block];
        }
        let mut next = starts.clone();
        let mut values = vec![Value(0); self.pairs.len()];
        for (block, value) in self.pairs {
            let place = &mut next[block.index()];
            values[*place as usize] = value;
            *place += 1;
        }
        Sets { starts, values }
    }
}

/// A sorted list of values per block.
#[derive(Debug, Clone)]
struct Sets {
    starts: Vec<u32>,
    values: Vec<Value>,
}

impl Sets {
    fn of(&self, block: Block) -> &[Value] {
        let start = self.starts[block.index()] as usize;
        &self.values[start..self.starts[block.index() + 1] as usize]
    }
}

/// Where each value is live, as one stretch of positions.
///
/// Instruction `i` uses its operands at position `2 * i + 1` and defines its result at `2 * i + 2`; a block whose first
/// instruction is `i` defines its parameters at `2 * i`. Operands are read before the result is written, so a stretch that
/// ends where another one begins does not overlap it.
#[derive(Debug, Clone)]
pub struct Intervals {
    /// Where the value is defined; `u32::MAX` for a value without definition.
    pub start: Vec<u32>,
    /// Its last use; its definition when there is none.
    pub end: Vec<u32>,
    /// The block that defines it; `u32::MAX` for a value without definition.
    home: Vec<u32>,
}

impl Intervals {
    /// Computes the stretches. The instructions **must** lie in the order of their blocks.
    pub fn new(function: &Function) -> Intervals {
        let loops = Loops::new(function);
        let values = function.values.len();
        let mut intervals =
            Intervals { start: vec![NONE; values], end: vec![0; values], home: vec![NONE; values] };
        // One walk: in the order of blocks a value is defined before it is used.
        for block in function.block_ids() {
            let insts = function.blocks[block.index()].insts.clone();
            for &param in function.block_params(block) {
                intervals.define(param, block, 2 * insts.start);
            }
            for inst in insts.clone() {
                let data = &function.insts[inst as usize];
                for &value in function.args(data) {
                    intervals.extend(function, &loops, value, block, inst);
                }
                if let Some(result) = data.result {
                    intervals.define(result, block, 2 * inst + 2);
                }
            }
            for target in function.block_targets(block) {
                for &value in function.target_args(target) {
                    intervals.extend(function, &loops, value, block, insts.end - 1);
                }
            }
        }
        intervals
    }

    fn define(&mut self, value: Value, block: Block, position: u32) {
        self.start[value.index()] = position;
        self.end[value.index()] = position;
        self.home[value.index()] = block.0;
    }

    fn extend(
        &mut self,
        function: &Function,
        loops: &Loops,
        value: Value,
        block: Block,
        inst: u32,
    ) {
        let home = self.home[value.index()];
        let mut position = 2 * inst + 1;
        if home != block.0
            && !loops.is_empty()
            && let Some(last) = loops.end_of_outermost(block, Block(home))
        {
            // The terminator of the loop's last block.
            position = position.max(2 * function.blocks[last.index()].insts.end - 1);
        }
        let end = &mut self.end[value.index()];
        *end = (*end).max(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;
    use crate::text::read;

    /// An outer value used in a loop, a value that is carried around, and one that lives in one block only.
    const LOOP: &str = "main @f
function f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
  v2 = i64.const 0
  jump b1(v2)
b1(v3: i64) loop depth 1:
  v4 = i64.cmp.lt v3, v0
  branch v4, b2, b3
b2 depth 1:
  v5 = i64.add v3, v1
  jump b1(v5)
b3:
  return v3
}
";

    fn program() -> Program {
        read(LOOP).expect("the text is right")
    }

    #[test]
    fn sets_are_exact() {
        let program = program();
        let function = &program.functions[0];
        let live = Liveness::new(function, &Cfg::new(function), |_| true);
        let values = |numbers: &[u32]| numbers.iter().map(|&n| Value(n)).collect::<Vec<_>>();
        assert_eq!(live.live_in(Block(0)), values(&[]));
        assert_eq!(live.live_out(Block(0)), values(&[0, 1]));
        assert_eq!(live.live_in(Block(1)), values(&[0, 1]));
        assert_eq!(live.live_out(Block(1)), values(&[0, 1, 3]));
        assert_eq!(live.live_in(Block(2)), values(&[0, 1, 3]));
        assert_eq!(live.live_out(Block(2)), values(&[0, 1]));
        assert_eq!(live.live_in(Block(3)), values(&[3]));
        assert_eq!(live.live_out(Block(3)), values(&[]));
        let some = Liveness::new(function, &Cfg::new(function), |value| value == Value(1));
        assert_eq!(some.live_in(Block(2)), values(&[1]));
    }

    #[test]
    fn stretches_reach_to_the_end_of_the_loop() {
        let program = program();
        let function = &program.functions[0];
        let intervals = Intervals::new(function);
        let of = |value: usize| (intervals.start[value], intervals.end[value]);
        // The loop's last terminator is instruction 5, at 11.
        assert_eq!(of(0), (0, 11));
        assert_eq!(of(1), (0, 11));
        assert_eq!(of(2), (2, 3));
        assert_eq!(of(3), (4, 13), "used after the loop");
        assert_eq!(of(5), (10, 11));
        assert_eq!(use_counts(function), [1, 1, 1, 3, 1, 1]);
    }
}
