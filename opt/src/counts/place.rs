//! Writes a function anew with `dup` and `drop` in it, from what was decided about its references.
//!
//! First it is found where each owned reference is live: at every point from which a use of it, or of what is lent from it,
//! can be reached. Then each block is gone through backwards with the set of what is live after, which says of each
//! instruction whether what it takes over is needed afterwards (a `dup` before it), and whether a reference is used for the last time
//! (a `drop` after it; before it when it was only needed for a `dup`, so that what is taken over may be unique by then).
//! What is live where an edge begins and not where it ends, is dropped on the edge: at the start of the block
//! behind it when no other edge goes there and no argument needs a `dup`, before the jump when the block before it has no other edge, else in a
//! block of its own.

use super::modes::{Mode, Modes};
use crate::rewriter::Rewriter;
use mochi_ir::cfg::Cfg;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Inst, Origin, Program, Value};
use mochi_ir::verify::counts::takes_over;

/// A `dup` or `drop` to be written.
#[derive(Debug, Clone, Copy)]
struct Count {
    op: Op,
    value: Value,
}

/// Where in a block a count goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    inst: u32,
    after: bool,
}

/// Places the counts of a function.
pub(super) fn place(program: &Program, function: &Function, cfg: &Cfg, modes: &Modes) -> Function {
    let live_in = LiveIn::new(function, cfg, modes);
    Placing {
        program,
        function,
        cfg,
        modes,
        live_in,
        live: vec![0; modes.owned.len()],
        entered: vec![0; modes.owned.len()],
        moved: vec![0; modes.owned.len()],
        round: 0,
        operands: vec![Operands::default(); modes.owned.len()],
        touched: Vec::new(),
        pending: Vec::new(),
        at_start: vec![Vec::new(); function.blocks.len()],
    }
    .run()
}

/// The owned references that are live at the start of each block.
struct LiveIn {
    start: Vec<u32>,
    references: Vec<u32>,
}

impl LiveIn {
    /// Walks backwards from each use to the definition.
    fn new(function: &Function, cfg: &Cfg, modes: &Modes) -> LiveIn {
        let blocks = function.blocks.len();
        let mut pairs: Vec<(Block, u32)> = Vec::new();
        let mut seen = vec![u32::MAX; blocks];
        let mut work = Vec::new();
        for (number, owned) in modes.owned.iter().enumerate() {
            for block in modes.use_blocks(owned) {
                work.push(block);
                while let Some(block) = work.pop() {
                    if block == owned.block || seen[block.index()] == number as u32 {
                        continue;
                    }
                    seen[block.index()] = number as u32;
                    pairs.push((block, number as u32));
                    work.extend_from_slice(cfg.preds(block));
                }
            }
        }
        let mut start = vec![0u32; blocks + 1];
        for (block, _) in &pairs {
            start[block.index() + 1] += 1;
        }
        for block in 0..blocks {
            start[block + 1] += start[block];
        }
        let mut next = start.clone();
        let mut references = vec![0; pairs.len()];
        for (block, reference) in pairs {
            references[next[block.index()] as usize] = reference;
            next[block.index()] += 1;
        }
        LiveIn { start, references }
    }

    fn of(&self, block: Block) -> std::ops::Range<usize> {
        self.start[block.index()] as usize..self.start[block.index() + 1] as usize
    }
}

/// What one instruction does with a reference.
#[derive(Debug, Clone, Copy, Default)]
struct Operands {
    seen: bool,
    taken_over: u32,
    /// It, or something lent from it, is needed while the instruction runs; the value.
    during: bool,
    /// The last operand that is the reference itself.
    value: Option<Value>,
}

struct Placing<'f> {
    program: &'f Program,
    function: &'f Function,
    cfg: &'f Cfg,
    modes: &'f Modes,
    live_in: LiveIn,
    /// By reference: 1 when it is live at the point that the walk has come to.
    live: Vec<u32>,
    /// By reference: the last round in which it was live behind the edge.
    entered: Vec<u32>,
    /// By reference: the last round in which an argument moved it over the edge.
    moved: Vec<u32>,
    /// Counts edges.
    round: u32,
    /// By reference: what the instruction at hand does with it; empty between instructions.
    operands: Vec<Operands>,
    touched: Vec<u32>,
    /// The counts of the block at hand, from the last to the first.
    pending: Vec<(Place, Count)>,
    /// By block: counts of the only edge to it.
    at_start: Vec<Vec<Count>>,
}

impl Placing<'_> {
    fn run(mut self) -> Function {
        let function = self.function;
        let mut out = Rewriter::new(function);
        let mut numbers = Vec::with_capacity(function.blocks.len());
        let mut live_at_end = Vec::new();
        for block in function.block_ids() {
            self.find_live_at_end(block, &mut live_at_end);
            let edges = self.edge_counts(block, &live_at_end);
            for &reference in &live_at_end {
                self.live[reference as usize] = 1;
            }
            self.find_counts(block);
            numbers.push(self.write(block, edges, &mut out));
        }
        out.finish(|block| match SPLIT.checked_sub(block.0) {
            Some(back) if back < SPLIT / 2 => Block(back),
            _ => numbers[block.index()],
        })
    }

    /// What is live where the edges of a block begin, its arguments not yet passed.
    fn find_live_at_end(&mut self, block: Block, live: &mut Vec<u32>) {
        live.clear();
        self.round += 1;
        for target in self.function.block_targets(block) {
            for at in self.live_in.of(target.block) {
                let reference = self.live_in.references[at];
                if std::mem::replace(&mut self.entered[reference as usize], self.round)
                    != self.round
                {
                    live.push(reference);
                }
            }
            for &arg in self.function.target_args(target) {
                if let Mode::Owned(reference) | Mode::Held(reference) = self.modes.of(arg)
                    && std::mem::replace(&mut self.entered[reference as usize], self.round)
                        != self.round
                {
                    live.push(reference);
                }
            }
        }
    }

    /// The counts on each edge of a block that cannot be written at the start of the block behind it.
    fn edge_counts(&mut self, block: Block, live: &[u32]) -> Vec<Vec<Count>> {
        let targets = self.function.block_targets(block);
        let mut edges = Vec::new();
        for (place, target) in targets.iter().enumerate() {
            let counts = self.counts_on(target.block, self.function.target_args(target), live);
            if counts.is_empty() {
                continue;
            }
            // What an argument takes over is taken over on the edge, so its `dup` stands before.
            let only_drops = counts.iter().all(|count| count.op == Op::Drop);
            if targets.len() > 1 && only_drops && self.cfg.preds(target.block).len() == 1 {
                self.at_start[target.block.index()] = counts;
            } else {
                edges.resize(targets.len(), Vec::new());
                edges[place] = counts;
            }
        }
        edges
    }

    fn counts_on(&mut self, to: Block, args: &[Value], live: &[u32]) -> Vec<Count> {
        self.round += 1;
        let round = self.round;
        for at in self.live_in.of(to) {
            self.entered[self.live_in.references[at] as usize] = round;
        }
        let mut counts = Vec::new();
        for &arg in args {
            let stays = match self.modes.of(arg) {
                Mode::Uncounted => false,
                Mode::Held(_) | Mode::Lent => true,
                Mode::Owned(reference) => {
                    let at = reference as usize;
                    self.entered[at] == round
                        || std::mem::replace(&mut self.moved[at], round) == round
                }
            };
            if stays {
                counts.push(Count { op: Op::Dup, value: arg });
            }
        }
        if !self.ends_in_trap(to) {
            for &reference in live {
                let at = reference as usize;
                if self.entered[at] != round && self.moved[at] != round {
                    let value = self.modes.owned[at].value;
                    counts.push(Count { op: Op::Drop, value });
                }
            }
        }
        counts
    }

    fn ends_in_trap(&self, block: Block) -> bool {
        let end = self.function.blocks[block.index()].insts.end as usize;
        self.function.insts[end - 1].op == Op::Trap
    }

    /// Goes through a block backwards and finds its counts; what is live at its end is marked.
    fn find_counts(&mut self, block: Block) {
        for (id, inst) in self.function.block_insts(block).rev() {
            self.find_counts_at(id.0, inst);
        }
        let start = self.function.blocks[block.index()].insts.start;
        for &param in self.function.block_params(block).iter().rev() {
            self.define(param, Place { inst: start, after: false });
        }
        for at in self.live_in.of(block) {
            let live = &mut self.live[self.live_in.references[at] as usize];
            debug_assert!(
                *live == 1,
                "what is live at the start of a block is used in it or behind it"
            );
            *live = 0;
        }
    }

    fn define(&mut self, value: Value, place: Place) {
        let Mode::Owned(reference) = self.modes.of(value) else {
            return;
        };
        if self.modes.owned[reference as usize].value != value {
            return;
        }
        let live = std::mem::replace(&mut self.live[reference as usize], 0) == 1;
        let op = match (live, self.modes.needs_dup(value)) {
            (true, true) => Op::Dup,
            (false, false) => Op::Drop,
            (true, false) | (false, true) => return,
        };
        self.pending.push((place, Count { op, value }));
    }

    /// Finds the counts around an instruction, the last one first: what it used for the last time is dropped after it
    /// and after its result has been taken up; what was needed only for a `dup` is dropped before it and after that.
    fn find_counts_at(&mut self, number: u32, inst: &Inst) {
        let args = self.function.args(inst);
        for (place, &arg) in args.iter().enumerate() {
            let (Mode::Owned(reference) | Mode::Held(reference)) = self.modes.of(arg) else {
                continue;
            };
            let is_itself = matches!(self.modes.of(arg), Mode::Owned(_));
            let taken_over = takes_over(self.program, inst, place);
            let operands = &mut self.operands[reference as usize];
            if !std::mem::replace(&mut operands.seen, true) {
                self.touched.push(reference);
            }
            operands.during |= !taken_over;
            operands.taken_over += u32::from(taken_over && is_itself);
            if is_itself {
                operands.value = Some(arg);
            }
        }
        let before = Place { inst: number, after: false };
        let after = Place { inst: number, after: true };
        for at in 0..self.touched.len() {
            let reference = self.touched[at] as usize;
            let operands = self.operands[reference];
            let value = operands.value.unwrap_or(self.modes.owned[reference].value);
            if self.live[reference] == 0 && operands.during {
                self.pending.push((after, Count { op: Op::Drop, value }));
            }
        }
        if let Some(result) = inst.result {
            self.define(result, after);
        }
        for at in 0..self.touched.len() {
            let reference = self.touched[at] as usize;
            let operands = self.operands[reference];
            let value = operands.value.unwrap_or(self.modes.owned[reference].value);
            if self.live[reference] == 0 && !operands.during && operands.taken_over == 0 {
                self.pending.push((before, Count { op: Op::Drop, value }));
            }
        }
        for (place, &arg) in args.iter().enumerate().rev() {
            let mode = self.modes.of(arg);
            if mode == Mode::Uncounted || !takes_over(self.program, inst, place) {
                continue;
            }
            if let Mode::Owned(reference) = mode {
                let operands = &mut self.operands[reference as usize];
                if self.live[reference as usize] == 0 && !operands.during {
                    // The first one to be found moves it; the others need a count of their own.
                    operands.during = true;
                    continue;
                }
            }
            self.pending.push((before, Count { op: Op::Dup, value: arg }));
        }
        for reference in self.touched.drain(..) {
            self.operands[reference as usize] = Operands::default();
            self.live[reference as usize] = 1;
        }
    }

    /// Writes a block with its counts, and blocks for those of its edges that need one.
    fn write(&mut self, block: Block, edges: Vec<Vec<Count>>, out: &mut Rewriter) -> Block {
        let function = self.function;
        let data = &function.blocks[block.index()];
        let params = function.block_params(block).iter().copied();
        let number = out.begin(params, data.loop_depth, data.is_loop_header);
        let first = function.origins[data.insts.start as usize];
        for count in std::mem::take(&mut self.at_start[block.index()]) {
            write_count(count, first, out);
        }
        let targets = function.block_targets(block);
        for (id, inst) in function.block_insts(block) {
            let origin = function.origins[id.index()];
            self.write_pending(Place { inst: id.0, after: false }, origin, out);
            if id.0 + 1 == data.insts.end && targets.len() == 1 {
                for &count in edges.iter().flatten() {
                    write_count(count, origin, out);
                }
            }
            let args = function.args(inst).iter().copied();
            out.push(inst.op, args, inst.imm, inst.result, origin);
            self.write_pending(Place { inst: id.0, after: true }, origin, out);
        }
        debug_assert!(self.pending.is_empty(), "every count has its instruction");
        out.end();
        let split =
            |place: usize| targets.len() > 1 && edges.get(place).is_some_and(|e| !e.is_empty());
        let mut next = out.next_block().0;
        for (place, target) in targets.iter().enumerate() {
            if split(place) {
                out.target(Block(SPLIT - next), []);
                next += 1;
            } else {
                out.target(target.block, function.target_args(target).iter().copied());
            }
        }
        let last = function.origins[data.insts.end as usize - 1];
        for (place, target) in targets.iter().enumerate() {
            if split(place) {
                let depth = function.blocks[target.block.index()].loop_depth.min(data.loop_depth);
                out.begin([], depth, false);
                for &count in &edges[place] {
                    write_count(count, last, out);
                }
                out.push(Op::Jump, [], 0, None, last);
                out.end();
                out.target(target.block, function.target_args(target).iter().copied());
            }
        }
        number
    }

    fn write_pending(&mut self, place: Place, origin: Origin, out: &mut Rewriter) {
        while let Some(&(at, count)) = self.pending.last() {
            if at != place {
                break;
            }
            self.pending.pop();
            write_count(count, origin, out);
        }
    }
}

/// A target `SPLIT - n` is the new block `n`, others are blocks of the old function.
const SPLIT: u32 = u32::MAX;

fn write_count(count: Count, origin: Origin, out: &mut Rewriter) {
    out.push(count.op, [count.value], 0, None, origin);
}
