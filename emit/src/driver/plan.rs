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
}

/// See the file's header.
#[derive(Debug, Default)]
pub struct Plan {
    facts: Vec<Facts>,
    /// By instruction, whether nothing is to be written for it.
    skipped: Vec<bool>,
    /// By instruction, how many calls there are from it on.
    calls_from: Vec<u32>,
    /// Whether it calls anything that takes part of the program's stack.
    pub has_calls: bool,
    loops: Loops,
    /// Of the parameters of loops' headers.
    holes: Vec<Hole>,
    /// Per loop, the position behind which nothing leaves it.
    left: Vec<u32>,
}

/// Where in its stretch the parameter of a loop's header is not needed: between its last use in a turn of the loop, or the last
/// way out of the loop, and the loop's end, where it gets its next value. So that value can be made in the same register, although
/// what comes behind the loop uses the parameter as well.
#[derive(Debug, Clone, Copy)]
pub struct Hole {
    pub value: Value,
    /// Positions; there is no hole unless the start is less.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where it is used last in the loop.
    last_block: Block,
    /// The loop, its header, and the block behind it.
    number: u32,
    header: Block,
    pub behind: Block,
}

/// What the plan knows of a value; together, because who asks for one mostly asks for another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The instruction that makes the constant or the comparison; [`NONE`] for a value that has a stretch.
    maker: u32,
    pub(super) uses: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where it is used last.
    last_block: u32,
    /// Uses and definitions, each counted by how deep in loops it is.
    pub(super) weight: u32,
    /// The block parameter that it is passed for in the deepest loop, and how deep that is.
    pub(super) partner: u32,
    /// In [`Plan::holes`]; [`NONE`] for what has none.
    pub(super) hole: u32,
    partner_depth: u16,
    /// The place for an argument that the value becomes, as a register's number; [`u8::MAX`] for none.
    pub(super) wish: u8,
    maker_is_constant: bool,
}

const NO_FACTS: Facts = Facts {
    maker: NONE,
    uses: 0,
    start: NONE,
    end: 0,
    last_block: NONE,
    weight: 0,
    partner: NONE,
    hole: NONE,
    partner_depth: 0,
    wish: u8::MAX,
    maker_is_constant: false,
};

/// What a use counts in a loop of this depth: each loop is taken to have a handful of turns.
fn weight_at(depth: u16) -> u32 {
    1 << (3 * u32::from(depth.min(6)))
}

impl Plan {
    /// The instruction that makes a constant.
    pub fn constant<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        let facts = &self.facts[value.index()];
        if facts.maker_is_constant { function.insts.get(facts.maker as usize) } else { None }
    }

    /// The comparison that a branch on `value` makes.
    pub fn comparison<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        let facts = &self.facts[value.index()];
        if facts.maker_is_constant { None } else { function.insts.get(facts.maker as usize) }
    }

    /// Whether nothing is to be written for an instruction.
    pub fn is_skipped(&self, inst: InstId) -> bool {
        self.skipped[inst.index()]
    }

    /// Whether a value is used after an instruction has read its operands.
    pub fn is_live_after(&self, value: Value, inst: InstId) -> bool {
        self.facts[value.index()].end > 2 * inst.0 + 1
    }

    pub(super) fn of(&self, value: Value) -> &Facts {
        &self.facts[value.index()]
    }

    /// The parameters of loops' headers that are used behind their loop, in order.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Whether an instruction's result is only for the return that comes next.
    pub(super) fn is_returned_next(&self, function: &Function, id: InstId, result: Value) -> bool {
        let next = function.insts.get(id.index() + 1);
        next.is_some_and(|next| next.op == Op::Return && function.args(next) == [result])
            && self.facts[result.index()].uses == 1
    }

    /// Whether a call lies inside of the stretch.
    pub(super) fn crosses_call(&self, facts: &Facts) -> bool {
        // Instructions i with start < 2i + 1 < end.
        let first = facts.start.div_ceil(2);
        let last = facts.end / 2;
        first < last && self.calls_from[first as usize] != self.calls_from[last as usize]
    }

    /// Makes the plan of a function. `clobber` says what an instruction does to registers, `wish` in which register an
    /// instruction wants the operand with this place.
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
        self.calls_from.clear();
        self.calls_from.resize(function.insts.len() + 1, 0);
        self.has_calls = false;
        self.loops.find(function);
        self.holes.clear();
        if !self.loops.is_empty() {
            self.find_loops_parameters(function);
        }
        let mut calls = 0;
        for block in function.block_ids().rev() {
            calls = self.block(function, block, calls, &clobber, &wish);
        }
        if !self.loops.is_empty() {
            self.finish_holes(function);
        }
    }

    fn find_loops_parameters(&mut self, function: &Function) {
        self.left.clear();
        self.left.resize(self.loops.len(), 0);
        for block in function.block_ids() {
            for &param in function.block_params(block) {
                let Some((number, header, last)) = self.loops.around(block).next() else { break };
                if header != block {
                    break;
                }
                self.facts[param.index()].hole = self.holes.len() as u32;
                let end = 2 * function.blocks[last.index()].insts.end - 1;
                let behind = Block(last.0 + 1);
                self.holes.push(Hole {
                    value: param,
                    start: 0,
                    end,
                    last_block: block,
                    number,
                    header,
                    behind,
                });
            }
        }
    }

    /// Notes which loops an edge leaves.
    fn leave_loops(&mut self, block: Block, to: Block, position: u32) {
        for (number, header, last) in self.loops.around(block) {
            if (header..=last).contains(&to) {
                break;
            }
            let left = &mut self.left[number as usize];
            *left = (*left).max(position);
        }
    }

    /// Says where the holes begin, now that all uses are known.
    fn finish_holes(&mut self, function: &Function) {
        let Plan { holes, facts, loops, left, .. } = self;
        for hole in &mut *holes {
            let facts = &mut facts[hole.value.index()];
            // A loop inside of this one needs it in each of its turns.
            if let Some(end) = loops.end_of_outermost(hole.last_block, hole.header) {
                hole.start = hole.start.max(2 * function.blocks[end.index()].insts.end - 1);
            }
            hole.start = hole.start.max(left[hole.number as usize]).max(facts.start);
            if facts.end <= hole.end || hole.start >= hole.end {
                facts.hole = NONE;
            }
        }
        holes.retain(|hole| facts[hole.value.index()].hole != NONE);
        for (number, hole) in holes.iter().enumerate() {
            facts[hole.value.index()].hole = number as u32;
        }
    }

    /// Plans a block, behind which there are so many calls; gives how many there are from it on.
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
        for target in function.block_targets(block) {
            if !self.holes.is_empty() {
                self.leave_loops(block, target.block, last);
            }
            let to = &function.blocks[target.block.index()];
            let params = function.block_params(target.block);
            for (&arg, &param) in function.target_args(target).iter().zip(params).rev() {
                let facts = self.read(arg, block, last, weight);
                // Of those in equally deep loops the first one, which comes last.
                if arg != param && (facts.partner == NONE || facts.partner_depth <= to.loop_depth) {
                    facts.partner = param.0;
                    facts.partner_depth = to.loop_depth;
                }
            }
        }
        let mut branch = NONE;
        for (id, inst) in function.block_insts(block).rev() {
            self.calls_from[id.index()] = calls;
            let kind = KINDS[inst.op as usize];
            let mut position = 2 * id.0 + 1;
            if let Some(result) = inst.result {
                let facts = &mut self.facts[result.index()];
                if kind == Kind::Constant {
                    facts.maker = id.0;
                    facts.maker_is_constant = true;
                    self.skipped[id.index()] = true;
                    continue;
                }
                if facts.uses == 0 && kind != Kind::Effect {
                    self.skipped[id.index()] = true;
                    continue;
                }
                if kind == Kind::Comparison && facts.uses == 1 && branch == result.0 {
                    facts.maker = id.0;
                    self.skipped[id.index()] = true;
                    position = last;
                } else {
                    self.define(result, block, 2 * id.0 + 2, weight, function);
                }
            } else if inst.op == Op::Branch {
                branch = function.args(inst)[0].0;
            }
            let does = if self.skipped[id.index()] { Clobber::Nothing } else { clobber(inst) };
            if does == Clobber::Nothing {
                for &value in function.args(inst) {
                    self.read(value, block, position, weight);
                }
                continue;
            }
            calls += 1;
            self.calls_from[id.index()] = calls;
            self.has_calls |= inst.op.has(CALLS);
            let late = does == Clobber::CallThenOperands;
            for (place, &value) in function.args(inst).iter().enumerate() {
                let facts = self.read(value, block, position + u32::from(late), weight);
                if !late && let Some(register) = wish(inst, place) {
                    facts.wish = register;
                }
            }
        }
        for &param in function.block_params(block) {
            self.define(param, block, 2 * data.insts.start, weight, function);
        }
        calls
    }

    fn define(
        &mut self,
        value: Value,
        block: Block,
        position: u32,
        weight: u32,
        function: &Function,
    ) {
        let facts = &mut self.facts[value.index()];
        facts.start = position;
        facts.weight = facts.weight.saturating_add(weight);
        let last = facts.last_block;
        // It lives to the end of a loop that it is used in and older than. The loop of the last use is the one: a loop around an
        // earlier use that ends later is around the last one as well.
        if last != block.0
            && last != NONE
            && !self.loops.is_empty()
            && let Some(end) = self.loops.end_of_outermost(Block(last), block)
        {
            facts.end = facts.end.max(2 * function.blocks[end.index()].insts.end - 1);
        }
        facts.end = facts.end.max(position);
    }

    fn read(&mut self, value: Value, block: Block, position: u32, weight: u32) -> &mut Facts {
        let facts = &mut self.facts[value.index()];
        facts.uses += 1;
        facts.weight = facts.weight.saturating_add(weight);
        if position > facts.end {
            facts.end = position;
            facts.last_block = block.0;
        }
        if let Some(hole) = self.holes.get_mut(facts.hole as usize)
            && (hole.start + 1..=hole.end).contains(&position)
        {
            hole.start = position;
            hole.last_block = block;
        }
        facts
    }
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
