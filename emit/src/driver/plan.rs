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

/// See the file's header. All lists are by value unless it is said.
#[derive(Debug, Default)]
pub struct Plan {
    /// The instruction that makes the constant; [`NONE`] for what is none.
    constants: Vec<u32>,
    /// The comparison that the branch makes; [`NONE`] for what is none.
    fused: Vec<u32>,
    pub uses: Vec<u32>,
    pub(super) start: Vec<u32>,
    pub(super) end: Vec<u32>,
    home: Vec<u32>,
    /// Uses and definitions, each counted by how deep in loops it is.
    pub(super) weight: Vec<u32>,
    /// The place for an argument that the value becomes, as a register's number; [`u8::MAX`] for none.
    pub(super) wish: Vec<u8>,
    /// The block parameter that it is passed for in the deepest loop.
    pub(super) partner: Vec<u32>,
    /// By instruction, how many calls come before it.
    pub(super) calls_before: Vec<u32>,
    /// Whether it calls anything that takes part of the program's stack.
    pub has_calls: bool,
}

/// What a use counts in a loop of this depth: each loop is taken to have a handful of turns.
fn weight_at(depth: u16) -> u32 {
    1 << (3 * u32::from(depth.min(6)))
}

impl Plan {
    /// The instruction that makes a constant.
    pub fn constant<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        function.insts.get(self.constants[value.index()] as usize)
    }

    /// The comparison that a branch on `value` makes.
    pub fn comparison<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        function.insts.get(self.fused[value.index()] as usize)
    }

    /// Whether nothing is to be written for an instruction.
    pub fn is_skipped(&self, inst: &Inst) -> bool {
        let Some(result) = inst.result else { return false };
        self.constants[result.index()] != NONE
            || self.fused[result.index()] != NONE
            || (self.uses[result.index()] == 0 && is_pure(inst.op))
    }

    /// Whether a value is used after an instruction has read its operands.
    pub fn is_live_after(&self, value: Value, inst: InstId) -> bool {
        self.end[value.index()] > 2 * inst.0 + 1
    }

    /// Whether a call lies inside of the value's stretch.
    pub(super) fn crosses_call(&self, value: Value) -> bool {
        let (start, end) = (self.start[value.index()], self.end[value.index()]);
        // Instructions i with start < 2i + 1 < end.
        let first = start.div_ceil(2);
        let last = end / 2;
        first < last && self.calls_before[first as usize] != self.calls_before[last as usize]
    }

    /// Makes the plan of a function. `clobber` says what an instruction does to registers, `wish` in which register an
    /// instruction wants the operand with this place.
    pub fn make(
        &mut self,
        function: &Function,
        clobber: impl Fn(&Inst) -> Clobber,
        wish: impl Fn(&Inst, usize) -> Option<u8>,
    ) {
        let values = function.values.len();
        for list in [
            &mut self.constants,
            &mut self.fused,
            &mut self.start,
            &mut self.home,
            &mut self.partner,
        ] {
            list.clear();
            list.resize(values, NONE);
        }
        for list in [&mut self.uses, &mut self.end, &mut self.weight] {
            list.clear();
            list.resize(values, 0);
        }
        self.wish.clear();
        self.wish.resize(values, u8::MAX);
        self.count_uses(function);
        self.walk(function, clobber, wish);
    }

    /// Counts uses, backwards, so that what only feeds dead code is dead as well.
    fn count_uses(&mut self, function: &Function) {
        for block in function.block_ids().rev() {
            for target in function.block_targets(block) {
                for &value in function.target_args(target) {
                    self.uses[value.index()] += 1;
                }
            }
            let mut terminator = None;
            for (id, inst) in function.block_insts(block).rev() {
                if inst.op.has(TERMINATES) {
                    terminator = Some((inst.op, function.args(inst).first()));
                }
                if let Some(result) = inst.result {
                    if is_constant(inst.op) {
                        self.constants[result.index()] = id.0;
                        continue;
                    }
                    let uses = self.uses[result.index()];
                    if uses == 0 && is_pure(inst.op) {
                        continue;
                    }
                    if uses == 1
                        && is_comparison(inst.op)
                        && terminator == Some((Op::Branch, Some(&result)))
                    {
                        self.fused[result.index()] = id.0;
                    }
                }
                for &value in function.args(inst) {
                    self.uses[value.index()] += 1;
                }
            }
        }
    }

    fn walk(
        &mut self,
        function: &Function,
        clobber: impl Fn(&Inst) -> Clobber,
        wish: impl Fn(&Inst, usize) -> Option<u8>,
    ) {
        let loops = Loops::new(function);
        self.calls_before.clear();
        self.calls_before.reserve(function.insts.len() + 1);
        self.has_calls = false;
        let mut calls = 0;
        for block in function.block_ids() {
            let data = &function.blocks[block.index()];
            let weight = weight_at(data.loop_depth);
            for &param in function.block_params(block) {
                self.define(param, block, 2 * data.insts.start, weight);
            }
            let last = data.insts.end - 1;
            for (id, inst) in function.block_insts(block) {
                self.calls_before.push(calls);
                if self.is_skipped(inst) {
                    if let Some(result) = inst.result
                        && self.fused[result.index()] != NONE
                    {
                        for &value in function.args(inst) {
                            self.read(function, &loops, value, block, 2 * last + 1, weight);
                        }
                    }
                    continue;
                }
                let does = clobber(inst);
                let late = does == Clobber::CallThenOperands;
                for (place, &value) in function.args(inst).iter().enumerate() {
                    let position = 2 * id.0 + 1 + u32::from(late);
                    self.read(function, &loops, value, block, position, weight);
                    if does == Clobber::Call
                        && let Some(register) = wish(inst, place)
                        && self.wish[value.index()] == u8::MAX
                    {
                        self.wish[value.index()] = register;
                    }
                }
                calls += u32::from(does != Clobber::Nothing);
                self.has_calls |= inst.op.has(CALLS);
                if let Some(result) = inst.result {
                    self.define(result, block, 2 * id.0 + 2, weight);
                }
            }
            for target in function.block_targets(block) {
                let target_weight = weight_at(function.blocks[target.block.index()].loop_depth);
                let params = function.block_params(target.block);
                for (&arg, &param) in function.target_args(target).iter().zip(params) {
                    self.read(function, &loops, arg, block, 2 * last + 1, weight);
                    let partner = &mut self.partner[arg.index()];
                    let is_deeper = |old: u32| {
                        let block = self.home[old as usize];
                        block == NONE
                            || weight_at(function.blocks[block as usize].loop_depth) < target_weight
                    };
                    if arg != param && (*partner == NONE || is_deeper(*partner)) {
                        *partner = param.0;
                    }
                }
            }
        }
        self.calls_before.push(calls);
    }

    fn define(&mut self, value: Value, block: Block, position: u32, weight: u32) {
        self.start[value.index()] = position;
        self.end[value.index()] = position;
        self.home[value.index()] = block.0;
        self.weight[value.index()] += weight;
    }

    fn read(
        &mut self,
        function: &Function,
        loops: &Loops,
        value: Value,
        block: Block,
        position: u32,
        weight: u32,
    ) {
        let home = self.home[value.index()];
        // A constant, which has no home.
        if home == NONE {
            return;
        }
        let mut position = position;
        if home != block.0
            && !loops.is_empty()
            && let Some(last) = loops.end_of_outermost(block, Block(home))
        {
            position = position.max(2 * function.blocks[last.index()].insts.end - 1);
        }
        let end = &mut self.end[value.index()];
        *end = (*end).max(position);
        self.weight[value.index()] = self.weight[value.index()].saturating_add(weight);
    }
}

/// No effect but its result.
fn is_pure(op: Op) -> bool {
    !op.has(TRAPS | CALLS | ALLOCATES | WRITES | COUNTS | TERMINATES)
}

fn is_constant(op: Op) -> bool {
    matches!(op, Op::I64Const | Op::F64Const | Op::BoolConst | Op::StrConst | Op::None)
}

/// Its operands are words that cannot change, so it may be made later.
fn is_comparison(op: Op) -> bool {
    matches!(op, Op::I64Cmp | Op::F64Cmp | Op::BoolNot | Op::BoolEq | Op::IsNone | Op::RefSame)
}
