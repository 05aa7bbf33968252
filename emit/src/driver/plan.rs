//! A function goes in; out comes what an emitter must know of its values before it places and encodes them: constants, uses,
//! comparisons that belong to their branch, stretches, weights and calls.
//!
//! Positions are those of [`mochi_ir::liveness::Intervals`]: instruction `i` reads its operands at `2 * i + 1` and defines its
//! result at `2 * i + 2`. Beyond that:
//! - constants and fused comparisons have no stretch; a fused comparison's operands are read by the branch;
//! - an instruction that calls the runtime and then uses its operands reads them at `2 * i + 2`, so that they outlive the call.

use mochi_ir::cfg::Loops;
use mochi_ir::op::{ALLOCATES, CALLS, COUNTS, Op, TERMINATES, TRAPS, WRITES};
use mochi_ir::program::{Block, Function, Inst, InstId, Value};

pub(super) const NONE: u32 = u32::MAX;

/// What an instruction does to registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clobber {
    /// Nothing, or only in a rare path that saves what is live.
    Nothing,
    /// It calls, when its operands have been read.
    Call,
    /// It calls, and uses its operands afterwards.
    CallThenOperands,
    /// There is no code for it.
    Refused,
}

/// See the file's header.
#[derive(Debug, Default)]
pub struct Plan {
    facts: Vec<Facts>,
    /// By instruction, whether nothing is to be written for it.
    skipped: Vec<bool>,
    /// By block, how many calls there are behind it; only where there are loops.
    calls_behind: Vec<u32>,
    /// Whether it calls anything that takes part of the program's stack.
    pub has_calls: bool,
    /// Whether it has an instruction that there is no code for.
    pub is_refused: bool,
    loops: Loops,
    /// Of the parameters of loops' headers.
    holes: Vec<Hole>,
    /// The values of holes, in the order of the blocks behind their loops.
    returned: Vec<(Block, Value)>,
    /// Per loop, the position behind which nothing leaves it.
    left: Vec<u32>,
}

/// Where in its stretch the parameter of a loop's header is not needed: between its last use in a turn of the loop, or the last
/// way out of the loop, and the loop's end, where it gets its next value. So that value can be made in the same register, although
/// what comes behind the loop uses the parameter as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hole {
    value: Value,
    /// Positions; there is no hole unless the start is less.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where it is used last in the loop.
    last_block: Block,
    /// The loop, its header, and the block behind it.
    number: u32,
    header: Block,
    behind: Block,
}

/// What the plan knows of a value; together, because who asks for one mostly asks for another. Two of them fill a line of the
/// cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) uses: u32,
    /// While the walk has not come to the definition: how many calls there are behind the end.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where it is used last.
    last_block: u32,
    /// Uses and definitions, each counted by how deep in loops it is.
    pub(super) weight: u32,
    /// Of a value that has a stretch, the block parameter that it is passed for in the deepest loop; of another one, the
    /// instruction that makes it.
    link: u32,
    /// In [`Plan::holes`]; [`NONE`] for what has none.
    pub(super) hole: u32,
    /// How deep the loop is of the parameter that it is passed for.
    partner_depth: u16,
    /// The place for an argument that the value becomes, as a register's number; [`u8::MAX`] for none.
    pub(super) wish: u8,
    lives: Lives,
}

/// Where a value is between its definition and its last use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lives {
    /// Somewhere, and no call comes between.
    Between,
    /// Somewhere while something is called.
    AcrossCalls,
    /// Nowhere: it is a constant.
    Constant,
    /// Nowhere: it is a comparison that the branch makes.
    Comparison,
}

const _: () = assert!(size_of::<Facts>() == 32, "two fill a line");

const NO_FACTS: Facts = Facts {
    uses: 0,
    start: 0,
    end: 0,
    last_block: NONE,
    weight: 0,
    link: NONE,
    hole: NONE,
    partner_depth: 0,
    wish: u8::MAX,
    lives: Lives::Between,
};

impl Facts {
    /// The block parameter that it is passed for in the deepest loop; [`NONE`] for none.
    pub(super) fn partner(&self) -> u32 {
        self.link
    }

    /// Whether a call lies inside of the stretch.
    pub(super) fn crosses_call(&self) -> bool {
        self.lives == Lives::AcrossCalls
    }
}

/// What a use counts in a loop of this depth: each loop is taken to have a handful of turns.
fn weight_at(depth: u16) -> u32 {
    1 << (3 * u32::from(depth.min(6)))
}

impl Plan {
    /// The instruction that makes a constant.
    #[inline]
    pub fn constant<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        let facts = &self.facts[value.index()];
        if facts.lives == Lives::Constant { function.insts.get(facts.link as usize) } else { None }
    }

    /// The comparison that a branch on `value` makes.
    #[inline]
    pub fn comparison<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        let facts = &self.facts[value.index()];
        if facts.lives == Lives::Comparison {
            function.insts.get(facts.link as usize)
        } else {
            None
        }
    }

    /// Whether nothing is to be written for an instruction.
    #[inline]
    pub fn is_skipped(&self, inst: InstId) -> bool {
        self.skipped[inst.index()]
    }

    /// By instruction of a block, whether nothing is to be written for it.
    #[inline]
    pub fn skipped_of(&self, function: &Function, block: Block) -> &[bool] {
        let insts = &function.blocks[block.index()].insts;
        &self.skipped[insts.start as usize..insts.end as usize]
    }

    /// Whether a value is used after an instruction has read its operands.
    pub fn is_live_after(&self, value: Value, inst: InstId) -> bool {
        self.facts[value.index()].end > 2 * inst.0 + 1
    }

    #[inline]
    pub(super) fn of(&self, value: Value) -> &Facts {
        &self.facts[value.index()]
    }

    /// The parameters of loops' headers that are used behind their loop, in order.
    pub(super) fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// The same as values, each with the block from which on its register is its own again, in the order of these blocks.
    pub fn returned(&self) -> &[(Block, Value)] {
        &self.returned
    }

    /// Whether an instruction's result is only for the return that comes next.
    #[inline]
    pub(super) fn is_returned_next(&self, function: &Function, id: InstId, result: Value) -> bool {
        let next = function.insts.get(id.index() + 1);
        next.is_some_and(|next| next.op == Op::Return && function.args(next) == [result])
            && self.facts[result.index()].uses == 1
    }

    /// Makes the plan of a function. `clobber` says what an instruction does to registers, `wish` in which register
    /// an instruction that calls wants the operand with this place.
    ///
    /// It is one walk backwards, in which a value's uses come before its definition: so what only feeds dead code is dead as well.
    pub fn make(
        &mut self,
        function: &Function,
        clobber: impl Fn(&Inst) -> Clobber,
        wish: impl Fn(&Inst, usize) -> Option<u8>,
    ) {
        self.facts.clear();
        self.facts.resize(function.values.len(), NO_FACTS);
        self.skipped.clear();
        self.skipped.resize(function.insts.len(), false);
        self.has_calls = false;
        self.is_refused = false;
        self.loops.find(function);
        self.holes.clear();
        self.returned.clear();
        if !self.loops.is_empty() {
            self.calls_behind.resize(function.blocks.len(), 0);
            self.find_loops_parameters(function);
        }
        let mut calls = 0;
        for block in function.block_ids().rev() {
            calls = self.block(function, block, calls, &clobber, &wish);
        }
        if !self.holes.is_empty() {
            self.finish_holes(function);
        }
    }

    fn find_loops_parameters(&mut self, function: &Function) {
        self.left.clear();
        self.left.resize(self.loops.len(), 0);
        for (number, header, last) in self.loops.all() {
            let end = 2 * function.blocks[last.index()].insts.end - 1;
            for &param in function.block_params(header) {
                self.facts[param.index()].hole = self.holes.len() as u32;
                self.holes.push(Hole {
                    value: param,
                    start: 0,
                    end,
                    last_block: header,
                    number,
                    header,
                    behind: Block(last.0 + 1),
                });
            }
        }
    }

    /// Says where the holes begin, now that all uses are known.
    fn finish_holes(&mut self, function: &Function) {
        let Plan { holes, facts, loops, left, returned, .. } = self;
        let mut kept = 0;
        for number in 0..holes.len() {
            let hole = &mut holes[number];
            let facts = &mut facts[hole.value.index()];
            // A loop inside of this one needs it in each of its turns.
            if let Some(end) = loops.end_of_outermost(hole.last_block, hole.header) {
                hole.start = hole.start.max(2 * function.blocks[end.index()].insts.end - 1);
            }
            hole.start = hole.start.max(left[hole.number as usize]).max(facts.start);
            if facts.end <= hole.end || hole.start >= hole.end {
                facts.hole = NONE;
            } else {
                facts.hole = kept as u32;
                returned.push((hole.behind, hole.value));
                holes[kept] = *hole;
                kept += 1;
            }
        }
        holes.truncate(kept);
        returned.sort_by_key(|&(block, _)| block);
    }

    /// Plans a block, behind which there are so many calls; gives how many there are from it on.
    #[inline(always)]
    fn block(
        &mut self,
        function: &Function,
        block: Block,
        mut calls: u32,
        clobber: &impl Fn(&Inst) -> Clobber,
        wish: &impl Fn(&Inst, usize) -> Option<u8>,
    ) -> u32 {
        let data = &function.blocks[block.index()];
        let weight = weight_at(data.loop_depth);
        let last = 2 * (data.insts.end - 1) + 1;
        if !self.loops.is_empty() {
            self.calls_behind[block.index()] = calls;
        }
        let behind = Use { block: block.0, position: last, weight, calls };
        let Plan {
            facts, skipped, calls_behind, has_calls, is_refused, loops, holes, left, ..
        } = self;
        let (facts, holes) = (&mut facts[..], &mut holes[..]);
        for target in function.block_targets(block) {
            if !holes.is_empty() {
                leave_loops(loops, left, block, target.block, last);
            }
            let to = &function.blocks[target.block.index()];
            let params = function.block_params(target.block);
            for (&arg, &param) in function.target_args(target).iter().zip(params).rev() {
                let facts = read(facts, holes, arg, behind);
                // Of those in equally deep loops the first one, which comes last.
                if arg != param && (facts.link == NONE || facts.partner_depth <= to.loop_depth) {
                    facts.link = param.0;
                    facts.partner_depth = to.loop_depth;
                }
            }
        }
        let mut branch = NONE;
        let range = data.insts.start as usize..data.insts.end as usize;
        let insts = function.insts[range.clone()].iter();
        let mut id = data.insts.end;
        for (inst, skipped) in insts.zip(&mut skipped[range]).rev() {
            id -= 1;
            let kind = KINDS[inst.op as usize];
            let mut used = Use { block: block.0, position: 2 * id + 1, weight, calls };
            if let Some(result) = inst.result {
                let facts = &mut facts[result.index()];
                if kind == Kind::Constant {
                    facts.link = id;
                    facts.lives = Lives::Constant;
                    *skipped = true;
                    continue;
                }
                if facts.uses == 0 && kind != Kind::Effect {
                    *skipped = true;
                    continue;
                }
                if kind == Kind::Comparison && facts.uses == 1 && branch == result.0 {
                    facts.link = id;
                    facts.lives = Lives::Comparison;
                    *skipped = true;
                    used = behind;
                } else {
                    let start = 2 * id + 2;
                    define(facts, loops, calls_behind, function, used, start);
                }
            } else if inst.op == Op::Branch {
                branch = function.args(inst)[0].0;
            }
            let does = clobber(inst);
            if does == Clobber::Nothing {
                for &value in function.args(inst) {
                    read(facts, holes, value, used);
                }
                continue;
            }
            calls += 1;
            *has_calls |= inst.op.has(CALLS);
            *is_refused |= does == Clobber::Refused;
            let is_late = does == Clobber::CallThenOperands;
            if is_late {
                used.position += 1;
            } else {
                used.calls = calls;
            }
            for (place, &value) in function.args(inst).iter().enumerate() {
                let facts = read(facts, holes, value, used);
                if !is_late && let Some(register) = wish(inst, place) {
                    facts.wish = register;
                }
            }
        }
        let start = Use { block: block.0, position: 0, weight, calls };
        for &param in function.block_params(block) {
            let facts = &mut facts[param.index()];
            let position = 2 * data.insts.start;
            define(facts, loops, calls_behind, function, start, position);
        }
        calls
    }
}

/// Notes which loops an edge leaves.
fn leave_loops(loops: &Loops, left: &mut [u32], block: Block, to: Block, position: u32) {
    for (number, header, last) in loops.around(block) {
        if (header..=last).contains(&to) {
            break;
        }
        let left = &mut left[number as usize];
        *left = (*left).max(position);
    }
}

/// A place where values are used.
#[derive(Debug, Clone, Copy)]
struct Use {
    block: u32,
    position: u32,
    weight: u32,
    /// How many calls there are from there on.
    calls: u32,
}

/// The walk has come to a definition, from which on there are as many calls as `at` says.
#[inline(always)]
fn define(
    facts: &mut Facts,
    loops: &Loops,
    calls_behind: &[u32],
    function: &Function,
    at: Use,
    position: u32,
) {
    facts.weight = facts.weight.saturating_add(at.weight);
    let last = facts.last_block;
    let mut calls = facts.start;
    // It lives to the end of a loop that it is used in and older than. The loop of the last use is the one: a loop around an
    // earlier use that ends later is around the last one as well.
    if last != at.block
        && last != NONE
        && !loops.is_empty()
        && let Some(block) = loops.end_of_outermost(Block(last), Block(at.block))
    {
        let end = 2 * function.blocks[block.index()].insts.end - 1;
        if end > facts.end {
            facts.end = end;
            calls = calls_behind[block.index()];
        }
    }
    if calls != at.calls {
        facts.lives = Lives::AcrossCalls;
    }
    facts.start = position;
    facts.end = facts.end.max(position);
}

/// The walk has come to a use.
#[inline(always)]
fn read<'p>(facts: &'p mut [Facts], holes: &mut [Hole], value: Value, used: Use) -> &'p mut Facts {
    let facts = &mut facts[value.index()];
    facts.uses += 1;
    facts.weight = facts.weight.saturating_add(used.weight);
    if used.position > facts.end {
        facts.end = used.position;
        facts.last_block = used.block;
        facts.start = used.calls;
    }
    if facts.hole != NONE {
        let hole = &mut holes[facts.hole as usize];
        if (hole.start + 1..=hole.end).contains(&used.position) {
            hole.start = used.position;
            hole.last_block = Block(used.block);
        }
    }
    facts
}

/// What an op is to the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It does something beside its result.
    Effect,
    Pure,
    Constant,
    /// Its operands are words that cannot change, so it may be made later.
    Comparison,
}

/// By op.
const KINDS: [Kind; Op::ALL.len()] = {
    let mut kinds = [Kind::Pure; Op::ALL.len()];
    let mut i = 0;
    while i < kinds.len() {
        let op = Op::ALL[i];
        kinds[i] = match op {
            Op::I64Const | Op::F64Const | Op::BoolConst | Op::StrConst | Op::None => Kind::Constant,
            Op::I64Cmp | Op::F64Cmp | Op::BoolNot | Op::BoolEq | Op::IsNone | Op::RefSame => {
                Kind::Comparison
            }
            _ if op.has(TRAPS | CALLS | ALLOCATES | WRITES | COUNTS | TERMINATES) => Kind::Effect,
            _ => Kind::Pure,
        };
        i += 1;
    }
    kinds
};
