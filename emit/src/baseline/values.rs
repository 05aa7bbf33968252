//! Operands and results: where values are, as operands of instructions.

use super::{Baseline, Bodies};
use crate::driver::Place;
use crate::driver::code::{Address, ArgumentPlace};
use crate::driver::moves::{Source, Step};
use crate::macro_assembler::{Alu, FloatReg, Label, MacroAssembler, Mem, Reg};
use mochi_abi::layout::Context;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, StrId, Value};
use std::mem::offset_of;

/// A constant, as bits or as a string of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constant {
    Word(u64),
    Str(StrId),
}

/// An operand of an instruction on integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    Reg(Reg),
    Mem(Mem),
    Imm(i32),
}

/// What goes to a callee.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument {
    Value(Value),
    Word(u64),
    Reg(Reg),
}

/// A field of the context.
macro_rules! context {
    ($field:ident) => {
        $crate::macro_assembler::Mem::at(
            Self::CONTEXT,
            std::mem::offset_of!(mochi_abi::layout::Context, $field) as i32,
        )
    };
}
pub(crate) use context;

const _: () = assert!(offset_of!(Context, functions) < 128);

/// The register of an argument's place.
pub(crate) fn argument_register<M: MacroAssembler>(place: ArgumentPlace) -> Option<u8> {
    match place {
        ArgumentPlace::Int(number) => Some(M::INT_ARGUMENTS[number].0),
        ArgumentPlace::Float(number) => Some(number as u8),
        ArgumentPlace::Memory(_) => None,
    }
}

impl<B: Bodies> Baseline<'_, B> {
    pub(crate) fn place(&self, value: Value) -> Place {
        self.placement.places[value.index()]
    }

    pub(crate) fn constant_of(&self, function: &Function, value: Value) -> Option<Constant> {
        let inst = self.plan.constant(function, value)?;
        Some(match inst.op {
            Op::StrConst => Constant::Str(inst.string()),
            Op::None => Constant::Word(0),
            _ => Constant::Word(inst.imm),
        })
    }

    /// The bits of a constant that is not a string.
    pub(crate) fn word_of(&self, function: &Function, value: Value) -> Option<u64> {
        match self.constant_of(function, value)? {
            Constant::Word(word) => Some(word),
            Constant::Str(_) => None,
        }
    }

    pub(crate) fn slot(&self, slot: u32) -> Mem {
        B::Machine::frame_word(self.body.saved.len() as u32 + slot)
    }

    /// A word behind the code.
    pub(crate) fn pool_word(&mut self, word: u64) -> Mem {
        Mem::label(self.word_label(word))
    }

    fn constant_label(&mut self, constant: Constant) -> Label {
        match constant {
            Constant::Word(word) => self.word_label(word),
            Constant::Str(string) => self.address_label(Address::Str(string)),
        }
    }

    // -- integers and pointers ----------------------------------------------------------------

    /// Puts a constant into a register; the flags stay.
    pub(crate) fn load_constant(&mut self, to: Reg, constant: Constant) {
        match constant {
            Constant::Word(word) => self.asm.mov_ri(to, word),
            Constant::Str(_) => {
                let label = self.constant_label(constant);
                self.asm.mov_rm(to, Mem::label(label));
            }
        }
    }

    /// A register that holds the value: its own, or `scratch`. The flags stay.
    pub(crate) fn int(&mut self, function: &Function, value: Value, scratch: Reg) -> Reg {
        match self.place(value) {
            Place::Int(number) => Reg(number),
            _ => {
                self.load(function, value, scratch);
                scratch
            }
        }
    }

    /// Puts the value's word into the register. The flags stay.
    pub(crate) fn load(&mut self, function: &Function, value: Value, to: Reg) {
        match self.place(value) {
            Place::Int(number) if number == to.0 => {}
            Place::Int(number) => self.asm.mov_rr(to, Reg(number)),
            Place::Float(number) => self.asm.bits_of_float(to, FloatReg(number)),
            Place::Slot(slot) => self.asm.mov_rm(to, self.slot(slot)),
            Place::Nowhere => {
                let constant = self
                    .constant_of(function, value)
                    .expect("a value that is used has a place or is a constant");
                self.load_constant(to, constant);
            }
        }
    }

    /// The value as an operand.
    pub(crate) fn operand(&mut self, function: &Function, value: Value) -> Operand {
        match self.place(value) {
            Place::Int(number) => Operand::Reg(Reg(number)),
            Place::Slot(slot) => Operand::Mem(self.slot(slot)),
            Place::Float(_) => unreachable!("a float is no operand of an int's op"),
            Place::Nowhere => {
                let constant = self
                    .constant_of(function, value)
                    .expect("a value that is used has a place or is a constant");
                match constant {
                    Constant::Word(word) if i32::try_from(word as i64).is_ok() => {
                        Operand::Imm(word as i32)
                    }
                    _ => Operand::Mem(Mem::label(self.constant_label(constant))),
                }
            }
        }
    }

    pub(crate) fn alu(&mut self, op: Alu, to: Reg, operand: Operand) {
        match operand {
            Operand::Reg(from) => self.asm.alu_rr(op, to, from),
            Operand::Mem(from) => self.asm.alu_rm(op, to, from),
            Operand::Imm(value) => self.asm.alu_ri(op, to, value),
        }
    }

    /// `to = a op operand`, of integers. The operand is not in `to`, unless that is where `a` is as well.
    pub(crate) fn alu_of(
        &mut self,
        op: Alu,
        function: &Function,
        to: Reg,
        a: Value,
        operand: Operand,
    ) {
        match (self.place(a), operand) {
            (Place::Int(a), Operand::Reg(b)) => self.asm.alu_rrr(op, to, Reg(a), b),
            (Place::Int(a), Operand::Imm(value)) => self.asm.alu_rri(op, to, Reg(a), value),
            _ => {
                self.load(function, a, to);
                self.alu(op, to, operand);
            }
        }
    }

    /// The register that a result is made in: its own, or `ACC`.
    pub(crate) fn target(&self, value: Value) -> Reg {
        match self.place(value) {
            Place::Int(number) => Reg(number),
            _ => Self::ACC,
        }
    }

    /// The value is in this register now; puts it where it belongs.
    pub(crate) fn define(&mut self, value: Value, from: Reg) {
        match self.place(value) {
            Place::Int(number) if number == from.0 => {}
            Place::Int(number) => self.asm.mov_rr(Reg(number), from),
            Place::Float(number) => self.asm.float_of_bits(FloatReg(number), from),
            Place::Slot(slot) => self.asm.mov_mr(self.slot(slot), from),
            Place::Nowhere => {}
        }
    }

    /// Stores the value's word. Uses no integer register.
    pub(crate) fn store(&mut self, function: &Function, value: Value, to: Mem) {
        match self.place(value) {
            Place::Int(number) => self.asm.mov_mr(to, Reg(number)),
            Place::Float(number) => self.asm.fmov_mr(to, FloatReg(number)),
            Place::Slot(slot) => {
                self.asm.fmov_rm(B::FLOAT_SCRATCH, self.slot(slot));
                self.asm.fmov_mr(to, B::FLOAT_SCRATCH);
            }
            Place::Nowhere => match self.operand(function, value) {
                Operand::Imm(value) => self.asm.mov_mi(to, value),
                Operand::Mem(from) => {
                    self.asm.fmov_rm(B::FLOAT_SCRATCH, from);
                    self.asm.fmov_mr(to, B::FLOAT_SCRATCH);
                }
                Operand::Reg(from) => self.asm.mov_mr(to, from),
            },
        }
    }

    // -- floats ---------------------------------------------------------------------------------

    /// A register that holds the float: its own, or `scratch`.
    pub(crate) fn float(
        &mut self,
        function: &Function,
        value: Value,
        scratch: FloatReg,
    ) -> FloatReg {
        match self.float_operand(function, value) {
            Ok(register) => register,
            Err(from) => {
                self.asm.fmov_rm(scratch, from);
                scratch
            }
        }
    }

    /// The float's register, or its place in memory.
    pub(crate) fn float_operand(
        &mut self,
        function: &Function,
        value: Value,
    ) -> Result<FloatReg, Mem> {
        match self.place(value) {
            Place::Float(number) => Ok(FloatReg(number)),
            Place::Slot(slot) => Err(self.slot(slot)),
            Place::Int(_) => unreachable!("a float is never in an integer register"),
            Place::Nowhere => {
                let constant = self
                    .constant_of(function, value)
                    .expect("a value that is used has a place or is a constant");
                Err(Mem::label(self.constant_label(constant)))
            }
        }
    }

    /// Puts the float into the register.
    pub(crate) fn load_float(&mut self, function: &Function, value: Value, to: FloatReg) {
        match self.float_operand(function, value) {
            Ok(from) if from == to => {}
            Ok(from) => self.asm.fmov_rr(to, from),
            Err(from) => self.asm.fmov_rm(to, from),
        }
    }

    /// The register that a float is made in: its own, or the scratch one.
    pub(crate) fn float_target(&self, value: Value) -> FloatReg {
        match self.place(value) {
            Place::Float(number) => FloatReg(number),
            _ => B::FLOAT_SCRATCH,
        }
    }

    /// The float is in this register now; puts it where it belongs.
    pub(crate) fn define_float(&mut self, value: Value, from: FloatReg) {
        match self.place(value) {
            Place::Float(number) if number == from.0 => {}
            Place::Float(number) => self.asm.fmov_rr(FloatReg(number), from),
            Place::Slot(slot) => self.asm.fmov_mr(self.slot(slot), from),
            Place::Int(_) => unreachable!("a float is never in an integer register"),
            Place::Nowhere => {}
        }
    }

    // -- moves at once --------------------------------------------------------------------------

    /// Adds a move to the set at hand.
    pub(crate) fn add_move(&mut self, function: &Function, to: Place, value: Value) {
        match self.place(value) {
            Place::Nowhere => {
                let constant = self
                    .constant_of(function, value)
                    .expect("a value that is used has a place or is a constant");
                self.sequencer.add(to, Source::Constant(constant));
            }
            from => self.sequencer.add(to, Source::Place(from)),
        }
    }

    /// Makes a move that no other happens at once with. The flags stay.
    pub(crate) fn move_alone(&mut self, function: &Function, to: Place, value: Value) {
        match (to, self.place(value)) {
            (Place::Nowhere, _) => {}
            (_, Place::Nowhere) => {
                let constant = self
                    .constant_of(function, value)
                    .expect("a value that is used has a place or is a constant");
                self.make_constant(to, constant);
            }
            (_, from) if from == to => {}
            (_, from) => self.make_move(to, from),
        }
    }

    pub(crate) fn add_argument(&mut self, function: &Function, to: Reg, argument: Argument) {
        let to = Place::Int(to.0);
        match argument {
            Argument::Value(value) => self.add_move(function, to, value),
            Argument::Word(word) => {
                self.sequencer.add(to, Source::Constant(Constant::Word(word)));
            }
            Argument::Reg(from) => self.sequencer.add(to, Source::Place(Place::Int(from.0))),
        }
    }

    /// Makes the moves of the set at hand. Uses `ACC` only between two slots and for a constant that goes to one. The flags stay.
    pub(crate) fn make_moves(&mut self) {
        if let Some(moves) = self.sequencer.take_ordered() {
            for &(to, from) in &moves {
                match from {
                    Source::Place(from) => self.make_move(to, from),
                    Source::Constant(constant) => self.make_constant(to, constant),
                }
            }
            self.sequencer.give_back(moves);
            return;
        }
        self.sequencer.sequence();
        let steps = std::mem::take(&mut self.sequencer.steps);
        for &step in &steps {
            match step {
                Step::Move { to, from: Source::Place(from) } => self.make_move(to, from),
                Step::Move { to, from: Source::Constant(constant) } => {
                    self.make_constant(to, constant);
                }
                Step::Keep(place) => self.make_move(Place::Float(B::FLOAT_SCRATCH.0), place),
                Step::Restore(place) => self.make_move(place, Place::Float(B::FLOAT_SCRATCH.0)),
            }
        }
        self.sequencer.steps = steps;
    }

    fn make_move(&mut self, to: Place, from: Place) {
        match (to, from) {
            (Place::Int(to), Place::Int(from)) => self.asm.mov_rr(Reg(to), Reg(from)),
            (Place::Int(to), Place::Float(from)) => self.asm.bits_of_float(Reg(to), FloatReg(from)),
            (Place::Int(to), Place::Slot(from)) => self.asm.mov_rm(Reg(to), self.slot(from)),
            (Place::Float(to), Place::Int(from)) => self.asm.float_of_bits(FloatReg(to), Reg(from)),
            (Place::Float(to), Place::Float(from)) => {
                self.asm.fmov_rr(FloatReg(to), FloatReg(from))
            }
            (Place::Float(to), Place::Slot(from)) => {
                self.asm.fmov_rm(FloatReg(to), self.slot(from))
            }
            (Place::Slot(to), Place::Int(from)) => self.asm.mov_mr(self.slot(to), Reg(from)),
            (Place::Slot(to), Place::Float(from)) => {
                self.asm.fmov_mr(self.slot(to), FloatReg(from))
            }
            (Place::Slot(to), Place::Slot(from)) => {
                self.asm.mov_rm(Self::ACC, self.slot(from));
                self.asm.mov_mr(self.slot(to), Self::ACC);
            }
            (Place::Nowhere, _) | (_, Place::Nowhere) => {
                unreachable!("what is nowhere is not moved")
            }
        }
    }

    fn make_constant(&mut self, to: Place, constant: Constant) {
        match (to, constant) {
            (Place::Int(to), _) => self.load_constant(Reg(to), constant),
            (Place::Float(to), _) => {
                let label = self.constant_label(constant);
                self.asm.fmov_rm(FloatReg(to), Mem::label(label));
            }
            (Place::Slot(to), Constant::Word(word)) if i32::try_from(word as i64).is_ok() => {
                self.asm.mov_mi(self.slot(to), word as i32);
            }
            (Place::Slot(to), _) => {
                self.load_constant(Self::ACC, constant);
                self.asm.mov_mr(self.slot(to), Self::ACC);
            }
            (Place::Nowhere, _) => unreachable!("what is nowhere is not moved"),
        }
    }
}
