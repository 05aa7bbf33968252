//! How a function begins and ends: frame, look at the stack, parameters.

use super::values::context;
use super::{At, Baseline, Bodies, Body, NOTHING_HELD};
use crate::EmitError;
use crate::driver::Place;
use crate::driver::code::{Address, ArgumentPlace, ArgumentPlaces};
use crate::driver::moves::Source;
use crate::macro_assembler::{MacroAssembler, Mem, Reg};
use mochi_ir::op::Op;
use mochi_ir::program::{Block, FunctionId, InstId, Program, Target, Value};
use mochi_ir::types::Type;

/// A frame of at most that many words needs no look at the stack when the function calls nothing of the program: it is in the
/// room that the limit leaves.
const UNCHECKED_FRAME: u32 = 256;

/// With more parameters some may be in registers that a comparison uses.
const MOST_PARAMETERS_OF_A_TEST: usize = 4;

/// Functions with more slots in their frames are left to the interpreter: 64 KiB, well below what the stack's limit leaves.
pub(super) const LARGEST_FRAME: u32 = 1 << 13;

impl<B: Bodies> Baseline<'_, B> {
    /// Writes what stands before the first block that is to be written; gives that.
    pub(crate) fn enter(
        &mut self,
        program: &Program,
        number: FunctionId,
    ) -> Result<Block, EmitError> {
        let function = &program.functions[number.index()];
        let body = &mut self.body;
        let Body { blocks, saved, held, returned, cold_sites, cold_lines, tables } = body;
        blocks.clear();
        blocks.extend(function.blocks.iter().map(|_| self.asm.label()));
        saved.clear();
        let mut kept = self.placement.used_kept;
        while kept != 0 {
            saved.push(Reg(kept.trailing_zeros() as u8));
            kept &= kept - 1;
        }
        *held = NOTHING_HELD;
        *returned = 0;
        cold_sites.clear();
        cold_lines.clear();
        tables.clear();
        let words = self.frame_words();
        self.asm.align(16);
        self.asm.bind(self.entry(number));
        self.asm.note_entry();
        let tested = self.early_exit(program, number);
        self.line_here(function.span.start);
        self.asm.enter_frame(words);
        if self.plan.has_calls || words > UNCHECKED_FRAME {
            self.asm.check_stack(context!(stack_limit), self.stubs.overflow);
        }
        for i in 0..self.body.saved.len() {
            self.asm.mov_mr(B::Machine::frame_word(i as u32), self.body.saved[i]);
        }
        self.parameters(program, number);
        let Some((at, way)) = tested else { return Ok(Block(0)) };
        let entries =
            |block| function.targets.iter().filter(|target| target.block == block).count();
        let is_entered_again = entries(Block(0)) > 0
            || function.insts.iter().any(|i| i.op == Op::TailCall && i.function() == number);
        if is_entered_again {
            return Ok(Block(0));
        }
        // The first block is only the test, whose outcome is known.
        for &param in function.block_params(Block(0)) {
            self.hold(param);
        }
        // Nor does anything else come to the return.
        let [returned, target] = [way, 1 - way].map(|way| &function.block_targets(at.block)[way]);
        let is_done = returned.block == at.next && entries(returned.block) == 1;
        let next = Block(at.next.0 + u32::from(is_done));
        self.edge(At { next, ..at }, target);
        Ok(next)
    }

    /// Returns before there is a frame where a function begins with a test that leads to nothing but a return: so the last calls
    /// of a recursion cost next to nothing. Gives the branch and which of its ways has led to the return.
    fn early_exit<'f>(
        &mut self,
        program: &'f Program,
        number: FunctionId,
    ) -> Option<(At<'f>, usize)> {
        let function = &program.functions[number.index()];
        let entry = Block(0);
        let (id, inst) = function.block_insts(entry).next_back()?;
        let at = At { program, function, number, id, inst, block: entry, next: Block(1) };
        let params = function.block_params(entry);
        if inst.op != Op::Branch || params.len() > MOST_PARAMETERS_OF_A_TEST {
            return None;
        }
        let is_alone = |block| {
            function.block_insts(block).rev().skip(1).all(|(id, _)| self.plan.is_skipped(id))
        };
        // Only in the registers that they came in.
        let is_at_hand = |value: Value| {
            self.plan.constant(function, value).is_some()
                || (params.contains(&value) && function.ty(value) != Type::F64)
        };
        let condition = at.arg(0);
        let comparison = self.plan.comparison(function, condition)?;
        let is_simple = matches!(comparison.op, Op::I64Cmp | Op::IsNone | Op::BoolNot);
        let operands = function.args(comparison);
        if !is_simple || !is_alone(entry) || !operands.iter().all(|&value| is_at_hand(value)) {
            return None;
        }
        let returned = |target: &Target| {
            let (_, last) = function.block_insts(target.block).next_back()?;
            if last.op != Op::Return || !is_alone(target.block) {
                return None;
            }
            let Some(&value) = function.args(last).first() else { return Some(None) };
            let place =
                function.block_params(target.block).iter().position(|&param| param == value);
            let value = place.map_or(value, |place| function.target_args(target)[place]);
            (is_at_hand(value) && function.ty(value) != Type::F64).then_some(Some(value))
        };
        let targets = function.block_targets(entry);
        let (way, value) =
            targets.iter().enumerate().find_map(|(way, target)| Some((way, returned(target)?)))?;
        let mut places = ArgumentPlaces::default();
        let homes: Vec<Place> = params.iter().map(|&param| self.place(param)).collect();
        for &param in params {
            if let ArgumentPlace::Int(number) = places.next(function.ty(param)) {
                self.placement.places[param.index()] = Place::Int(Self::INT_ARGUMENTS[number].0);
            }
        }
        let line_of = |inst: InstId| function.origins[inst.index()].span.start;
        self.line_here(line_of(id));
        let go_on = self.asm.label();
        // The first target is taken when the condition holds.
        B::branch_if(self, at, condition, way != 0, go_on);
        if let Some((last, _)) = function.block_insts(targets[way].block).next_back() {
            self.line_here(line_of(last));
        }
        if let Some(value) = value {
            self.load(function, value, Self::ACC);
        }
        self.asm.ret();
        self.asm.bind(go_on);
        self.line_here(line_of(id));
        for (&param, &home) in params.iter().zip(&homes) {
            self.placement.places[param.index()] = home;
        }
        Some((at, way))
    }

    /// Moves the parameters from where callers put them to where they live.
    fn parameters(&mut self, program: &Program, number: FunctionId) {
        let function = &program.functions[number.index()];
        let mut places = ArgumentPlaces::default();
        self.sequencer.clear();
        let mut in_memory = Vec::new();
        for &param in function.block_params(Block(0)) {
            let to = self.place(param);
            match places.next(function.ty(param)) {
                ArgumentPlace::Int(number) => {
                    let from = Place::Int(Self::INT_ARGUMENTS[number].0);
                    self.sequencer.add(to, Source::Place(from));
                }
                ArgumentPlace::Float(number) => {
                    self.sequencer.add(to, Source::Place(Place::Float(number as u8)));
                }
                ArgumentPlace::Memory(number) => in_memory.push((param, number)),
            }
        }
        self.make_moves();
        if in_memory.is_empty() {
            return;
        }
        let arguments = self.address_label(Address::Arguments);
        self.asm.mov_rm(Self::AUX, Mem::label(arguments));
        for (param, number) in in_memory {
            self.asm.mov_rm(Self::ACC, Mem::at(Self::AUX, 8 * number as i32));
            self.define(param, Self::ACC);
        }
    }

    /// Restores the caller's registers and frame.
    pub(crate) fn unwind_frame(&mut self) {
        for i in 0..self.body.saved.len() {
            self.asm.mov_rm(self.body.saved[i], B::Machine::frame_word(i as u32));
        }
        self.asm.leave_frame(self.frame_words());
    }

    /// How many words the frame has.
    fn frame_words(&self) -> u32 {
        // The limit is far from where this would not fit.
        (self.body.saved.len() as u32).saturating_add(self.placement.slots)
    }

    /// Writes what stands behind the last block.
    pub(crate) fn leave_function(
        &mut self,
        program: &Program,
        number: FunctionId,
    ) -> Result<(), EmitError> {
        let shift = self.asm.append_cold() as u32;
        for &(at, site) in &self.body.cold_sites {
            self.code.sites.push((at + shift, site));
        }
        self.code.lines.extend(self.body.cold_lines.iter().map(|&(at, byte)| (at + shift, byte)));
        self.code.ends.push(self.asm.here() as u32);
        for (table, targets) in std::mem::take(&mut self.body.tables) {
            self.asm.align(size_of::<u32>());
            self.asm.bind(table);
            for target in targets {
                self.asm.distance(target, table);
            }
        }
        let start = self.asm.place(self.entry(number)) as usize;
        if self.asm.here() - start > B::Machine::LONGEST_FUNCTION {
            return Err(EmitError::TooLarge {
                emitter: B::NAME,
                function: program.functions[number.index()].name.clone(),
                why: "its code would be too long",
            });
        }
        Ok(())
    }
}
