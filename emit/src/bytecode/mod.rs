//! The interpreter: IR in, register bytecode out ([`compile`]), and a loop that runs it ([`run`]).
//!
//! It covers every op, always, and is what all else falls back on; so it is written to be fast to make and fast to run.
//! A frame's registers are the home slots of the IR's values. What makes the code short:
//! - [`plan`]: constants become immediates, comparisons become part of branches, arguments are made where the callee
//!   wants them;
//! - [`control`]: a loop's test is repeated at its end, so that a round has one jump;
//! - pairs that follow each other (two moves, two drops, a step and its test) are one instruction.
//!
//! A function with more slots than 16 bits can name keeps the upper ones *far*: instructions use scratch slots, and
//! `far.load` and `far.store` carry words there and back. A function that is too long for 16-bit distances is encoded again with
//! its branches going around 32-bit jumps. So nothing is too large.

mod calls;
mod code;
mod control;
mod disassemble;
mod dispatch;
mod instruction;
mod moves;
mod ops;
mod plan;
mod words;

pub use code::Code;
pub use disassemble::disassemble;
pub use dispatch::{Interpreter, Left, Outside, Trapped, beside, run};
pub use ops::cover;
pub use words::Words;

use crate::{EmitError, Emitter};
use code::NO_SITE;
use instruction::{FRAME_HEAD, Opcode, Word, function_word};
use mochi_ir::op::{ALLOCATES, CALLS, Cover, Op, TRAPS};
use mochi_ir::program::{Block, Function, FunctionId, Inst, InstId, Program, Value};
use mochi_ir::sites::Sites;
use mochi_ir::slots::Slots;
use moves::{Sequencer, Step, Transfer};
use plan::{Constant, IN_WINDOW, Plan, Way};

/// A program as bytecode. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites) -> Result<Code, EmitError> {
    let mut emitter = Bytecode::new(program, sites);
    for number in 0..program.functions.len() {
        emitter.function(program, FunctionId(number as u32))?;
    }
    emitter.finish(program)
}

/// A program as bytecode that runs beside code of another emitter: the functions that `is_outside` names by their numbers are
/// called there. `sites` **must** be the program's.
pub fn compile_beside(
    program: &Program,
    sites: &Sites,
    is_outside: impl Fn(FunctionId) -> bool,
) -> Result<Code, EmitError> {
    let mut emitter = Bytecode::new(program, sites);
    for number in 0..program.functions.len() {
        let function = FunctionId(number as u32);
        if is_outside(function) {
            emitter.outside(function);
        } else {
            emitter.function(program, function)?;
        }
    }
    emitter.finish(program)
}

/// Where an encoding ends and a wider one begins. Tests make them narrow.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Slots from here on are far; the first of them, up to [`SCRATCH_SLOTS`], carry the words of the others.
    near_slots: u32,
    /// Branches go around jumps in every function.
    always_long: bool,
}

/// What 16 bits can name, with room for scratch slots and for [`ops::NO_SLOT`].
const LIMITS: Limits = Limits { near_slots: 0xff00, always_long: false };

/// Near slots that carry the words of far ones.
const SCRATCH_SLOTS: u32 = 0x80;

/// Slots behind the window that instructions made of several use in between.
const TEMPORARIES: u32 = 2;

/// The emitter.
#[derive(Debug)]
pub struct Bytecode<'a> {
    sites: &'a Sites,
    limits: Limits,
    code: Code,
    /// Calls in `code`: where, and of which function.
    calls: Vec<(u32, FunctionId)>,
    plan: Plan,
    sequencer: Sequencer,
    body: Body,
}

/// The function that is being encoded.
#[derive(Debug, Default)]
struct Body {
    words: Vec<Word>,
    sites: Vec<(u32, u32)>,
    calls: Vec<(u32, FunctionId)>,
    /// Where each block begins, once it is there.
    labels: Vec<u32>,
    jumps: Vec<control::Pending>,
    /// The moves at hand, and their sequence.
    transfers: Vec<Transfer>,
    steps: Vec<Step>,
    /// By value, the stretch of code in which a lazy constant was last put in its place.
    present: Vec<u32>,
    /// The number of the stretch without labels that is being encoded.
    stretch: u32,
    /// Where the last instruction of this stretch is, for those that join with the next.
    last: Option<usize>,
    /// Where the one before it is.
    before_last: Option<usize>,
    /// Some slots are far.
    is_far: bool,
    /// Branches go around jumps.
    is_long: bool,
    /// A branch did not reach.
    too_long: bool,
    /// The slot where windows begin.
    window: u32,
    scratch: u32,
    /// Where the result of the instruction at hand is to be carried.
    far_result: Option<(u16, u32)>,
    /// A poll waits for the jump that it can be part of.
    poll: Option<u32>,
}

/// An instruction in its surroundings.
#[derive(Debug, Clone, Copy)]
struct At<'f> {
    program: &'f Program,
    function: &'f Function,
    /// The function's number.
    number: FunctionId,
    id: InstId,
    inst: &'f Inst,
    /// The block that it is in, and the one that is encoded after the block at hand.
    block: Block,
    next: Block,
}

impl<'f> At<'f> {
    fn arg(&self, position: usize) -> Value {
        self.function.args(self.inst)[position]
    }
    fn args(&self) -> &'f [Value] {
        self.function.args(self.inst)
    }
    fn result(&self) -> Value {
        self.inst.result.expect("the op's row says that it has a result")
    }
}

impl Emitter for Bytecode<'_> {
    type Output = Code;

    fn cover(op: Op) -> Cover {
        cover(op)
    }

    fn function(&mut self, program: &Program, number: FunctionId) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        let slots = Slots::new(function);
        self.body.is_far = false;
        self.plan.make(function, |value| slots.slot[value.index()], slots.count, false);
        if self.plan.frame + FRAME_HEAD + self.plan.arguments > self.limits.near_slots {
            self.body.is_far = true;
            self.plan.make(function, |value| slots.slot[value.index()], slots.count, true);
        }
        self.encode(program, number, self.limits.always_long)?;
        if self.body.too_long {
            self.encode(program, number, true)?;
        }
        self.append(number);
        Ok(())
    }

    fn finish(mut self, _: &Program) -> Result<Code, EmitError> {
        for &(at, callee) in &self.calls {
            let distance = i64::from(self.code.entries[callee.index()]) - i64::from(at);
            let word = &mut self.code.words[at as usize + 1];
            *word = Word::halves(distance as i32 as u32, word.high());
        }
        Ok(self.code)
    }
}

impl<'a> Bytecode<'a> {
    /// An emitter for a program with these sites.
    pub fn new(program: &Program, sites: &'a Sites) -> Bytecode<'a> {
        Bytecode::with_limits(program, sites, LIMITS)
    }

    fn with_limits(program: &Program, sites: &'a Sites, limits: Limits) -> Bytecode<'a> {
        Bytecode {
            sites,
            limits,
            code: Code::new(program, limits.near_slots),
            calls: Vec::new(),
            plan: Plan::default(),
            sequencer: Sequencer::default(),
            body: Body::default(),
        }
    }

    /// Encodes the planned function into the body.
    fn encode(
        &mut self,
        program: &Program,
        number: FunctionId,
        is_long: bool,
    ) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        let body = &mut self.body;
        body.words.clear();
        body.sites.clear();
        body.calls.clear();
        body.jumps.clear();
        body.labels.clear();
        body.labels.resize(function.blocks.len(), control::UNPLACED);
        body.present.clear();
        body.present.resize(function.values.len(), 0);
        body.stretch = 0;
        body.is_long = is_long;
        body.too_long = false;
        body.window = self.plan.frame + FRAME_HEAD + if body.is_far { SCRATCH_SLOTS } else { 0 };
        for block in function.block_ids() {
            self.body.labels[block.index()] = self.body.words.len() as u32;
            self.begin_stretch();
            self.block(program, number, block, Block(block.0 + 1))?;
        }
        self.reach_labels();
        Ok(())
    }

    /// Encodes the instructions of `block` here, before those of `next`.
    fn block(
        &mut self,
        program: &Program,
        number: FunctionId,
        block: Block,
        next: Block,
    ) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        for (id, inst) in function.block_insts(block) {
            self.body.scratch = self.limits.near_slots;
            self.op(inst.op, At { program, function, number, id, inst, block, next })?;
            if let Some((scratch, slot)) = self.body.far_result.take() {
                self.push(Word::wide(Opcode::FarStore, scratch, slot));
            }
        }
        Ok(())
    }

    /// Adds the body to the program's code, after what sets the hoisted constants.
    fn append(&mut self, number: FunctionId) {
        let mut start = std::mem::take(&mut self.body.words);
        self.body.scratch = self.limits.near_slots;
        self.begin_stretch();
        for place in 0..self.plan.hoisted.len() {
            let (constant, slot) = self.plan.hoisted[place];
            self.set_constant(self.far_place(slot), constant);
        }
        std::mem::swap(&mut start, &mut self.body.words);
        let extent = self.body.window + self.parameter(self.plan.arguments) + TEMPORARIES;
        self.code.words.push(function_word(extent, number.0));
        self.code.entries.push(self.code.words.len() as u32);
        self.code.words.append(&mut start);
        let shift = self.code.words.len() as u32;
        self.code.words.extend_from_slice(&self.body.words);
        self.code.sites.extend(self.body.sites.iter().map(|&(at, site)| (at + shift, site)));
        self.calls.extend(self.body.calls.iter().map(|&(at, callee)| (at + shift, callee)));
    }

    /// Adds what stands for a function that runs elsewhere.
    fn outside(&mut self, number: FunctionId) {
        let params = self.code.params[number.index()];
        self.code.words.push(function_word(self.parameter(params) + TEMPORARIES, number.0));
        let entry = self.code.words.len() as u32;
        self.code.entries.push(entry);
        self.code.sites.push((entry, NO_SITE));
        self.code.words.push(Word::wide(Opcode::Outside, 0, number.0));
    }

    /// Whether far slots are in use.
    fn is_far(&self) -> bool {
        self.body.is_far
    }

    /// Code after this can be come to from elsewhere, so nothing is known.
    fn begin_stretch(&mut self) {
        self.body.stretch += 1;
        self.body.last = None;
    }

    /// Adds the first word of an instruction.
    fn push(&mut self, word: Word) {
        self.body.before_last = self.body.last;
        self.body.last = Some(self.body.words.len());
        self.body.words.push(word);
    }

    /// Adds another word of it.
    fn data(&mut self, word: Word) {
        self.body.words.push(word);
    }

    /// Says that the instruction that comes next is a site.
    fn mark(&mut self, at: At) {
        if at.inst.op.has(TRAPS | CALLS | ALLOCATES) {
            let site = self.sites.number(at.number, at.id);
            self.body.sites.push((self.body.words.len() as u32, site));
        }
    }

    /// The slot of a value, far or near.
    fn place(&self, value: Value) -> u32 {
        let place = self.plan.place[value.index()];
        if place & IN_WINDOW != 0 {
            return self.body.window + (place ^ IN_WINDOW);
        }
        self.far_place(place)
    }

    /// A place in this frame as a slot: the far ones come after the scratch slots.
    fn far_place(&self, place: u32) -> u32 {
        if self.is_far() { self.parameter(place) } else { place }
    }

    /// The slot of a callee's parameter. A function with parameters beyond the near slots has far ones.
    fn parameter(&self, position: u32) -> u32 {
        self.code.parameter(position)
    }

    /// A near slot that holds the value.
    fn operand(&mut self, at: At, value: Value) -> u16 {
        let place = self.place(value);
        if self.plan.way[value.index()] == Way::Lazy
            && self.body.present[value.index()] != self.body.stretch
        {
            self.body.present[value.index()] = self.body.stretch;
            let constant =
                self.plan.constant_of(at.function, value).expect("only constants are lazy");
            self.set_constant(place, constant);
        }
        self.near(place)
    }

    /// A near slot that holds what is in `slot`.
    fn near(&mut self, slot: u32) -> u16 {
        if !self.is_far() || slot < self.limits.near_slots {
            return slot as u16;
        }
        let scratch = self.scratch();
        self.push(Word::wide(Opcode::FarLoad, scratch, slot));
        scratch
    }

    /// A near slot for the instruction's result.
    fn result(&mut self, at: At) -> u16 {
        let place = self.place(at.result());
        if !self.is_far() || place < self.limits.near_slots {
            return place as u16;
        }
        let scratch = self.scratch();
        self.body.far_result = Some((scratch, place));
        scratch
    }

    /// A scratch slot of its own for this instruction.
    fn scratch(&mut self) -> u16 {
        assert!(
            self.is_far() && self.body.scratch < self.limits.near_slots + SCRATCH_SLOTS,
            "scratch slots suffice"
        );
        self.body.scratch += 1;
        (self.body.scratch - 1) as u16
    }

    fn set_constant(&mut self, slot: u32, constant: Constant) {
        let is_near = !self.is_far() || slot < self.limits.near_slots;
        let to = if is_near { slot as u16 } else { self.scratch() };
        match constant {
            Constant::Text(number) => self.push(Word::wide(Opcode::Text, to, number)),
            Constant::Word(bits) => match i32::try_from(bits as i64) {
                Ok(small) => self.push(Word::wide(Opcode::Constant, to, small as u32)),
                Err(_) => {
                    self.push(Word::new(Opcode::ConstantWord, to, 0, 0));
                    self.data(Word::data(bits));
                }
            },
        }
        if !is_near {
            self.push(Word::wide(Opcode::FarStore, to, slot));
            self.body.scratch -= 1;
        }
    }

    fn set_slot(&mut self, to: u32, from: u32) {
        if to == from {
            return;
        }
        if !self.is_far() || to.max(from) < self.limits.near_slots {
            let (to, from) = (to as u16, from as u16);
            if let Some(last) = self.body.last
                && self.body.words[last].op == Opcode::Move as u16
            {
                let first = self.body.words[last];
                self.body.words[last] = Word::new(Opcode::MoveTwo, first.a, first.b, to);
                self.data(Word::new(Opcode::Move, from, 0, 0));
                return;
            }
            return self.push(Word::new(Opcode::Move, to, from, 0));
        }
        let before = self.body.scratch;
        let from = self.near(from);
        if to < self.limits.near_slots {
            self.push(Word::new(Opcode::Move, to as u16, from, 0));
        } else {
            self.push(Word::wide(Opcode::FarStore, from, to));
        }
        self.body.scratch = before;
    }

    fn swap_slots(&mut self, one: u32, other: u32) {
        if !self.is_far() || one.max(other) < self.limits.near_slots {
            return self.push(Word::new(Opcode::Swap, one as u16, other as u16, 0));
        }
        let before = self.body.scratch;
        let (first, second) = (self.scratch(), self.scratch());
        self.push(Word::wide(Opcode::FarLoad, first, one));
        self.push(Word::wide(Opcode::FarLoad, second, other));
        self.push(Word::wide(Opcode::FarStore, first, other));
        self.push(Word::wide(Opcode::FarStore, second, one));
        self.body.scratch = before;
    }

    /// Puts each value in the slot that `slot` gives for its position, all at once.
    fn assign(&mut self, function: &Function, values: &[Value], slot: impl Fn(&Self, u32) -> u32) {
        let mut transfers = std::mem::take(&mut self.body.transfers);
        let mut has_constants = false;
        transfers.clear();
        for (position, &value) in values.iter().enumerate() {
            if self.plan.constant_of(function, value).is_some() {
                has_constants = true;
                continue;
            }
            let transfer = Transfer { to: slot(self, position as u32), from: self.place(value) };
            if transfer.to != transfer.from {
                transfers.push(transfer);
            }
        }
        let mut steps = std::mem::take(&mut self.body.steps);
        steps.clear();
        self.sequencer.sequence(&transfers, &mut steps);
        for step in &steps {
            match *step {
                Step::Move(Transfer { to, from }) => self.set_slot(to, from),
                Step::Swap(Transfer { to, from }) => self.swap_slots(to, from),
            }
        }
        self.body.transfers = transfers;
        self.body.steps = steps;
        if !has_constants {
            return;
        }
        // Last, because a constant's slot may be read by the moves.
        for (position, &value) in values.iter().enumerate() {
            if let Some(constant) = self.plan.constant_of(function, value) {
                self.set_constant(slot(self, position as u32), constant);
            }
        }
    }
}

#[cfg(test)]
mod tests;
