//! Entries by the platform's C ABI: `ret f(context, args…)`, for callers that know nothing of our registers. They are made only
//! where [`Options::outer`](super::Options::outer) asks for them, behind the functions, so nobody else pays.
//!
//! What holds:
//! - The context comes first. An int, a bool (0 or 1) and a pointer are 64-bit integers, a float is a double; arguments without a
//!   register lie on the stack in their order, a word each. The result is of these as well, or there is none.
//! - The stack is aligned and registers are kept as for every C function; what is consumed is what the function consumes.
//! - A trap inside sets `Context::trap` and the entry returns; its result means nothing then. The calls from here inwards have been
//!   told to the runtime: the caller leaves in its turn, as after a runtime function that traps.
//! - Each entry goes through the door, so a trap never passes the caller's frames, whoever that is.

use super::bridge::IMAGE;
use super::{Baseline, Bodies};
use crate::driver::code::{Address, ArgumentPlace, ArgumentPlaces, FLOAT_ARGUMENTS, Image};
use crate::macro_assembler::{FloatReg, MacroAssembler, Mem, Reg};
use mochi_ir::program::{Function, FunctionId, Program};
use mochi_ir::types::Type;
use std::mem::offset_of;

/// The words of the frame: an image, and behind it the context.
const WORDS: u32 = IMAGE + 1;

/// Where C code puts an argument.
enum Incoming {
    Int(Reg),
    Float(FloatReg),
    /// The word with this number on its stack.
    Stack(u32),
}

impl<B: Bodies> Baseline<'_, B> {
    pub(super) fn write_outer_entries(&mut self, program: &Program) {
        if !self.options.outer {
            return;
        }
        for place in 0..self.code.functions.len() {
            let number = self.code.functions[place];
            self.outer_entry(&program.functions[number.index()], number);
        }
    }

    fn outer_entry(&mut self, function: &Function, number: FunctionId) {
        self.asm.align(16);
        self.code.outer.push(self.asm.here() as u32);
        self.asm.note_entry();
        self.asm.enter_frame(WORDS);
        let context = B::Machine::frame_word(IMAGE);
        self.asm.mov_mr(context, B::Machine::C_CONTEXT);
        let mut places = ArgumentPlaces::default();
        let incoming = Self::incoming(function);
        let arguments: Vec<_> = function
            .params
            .iter()
            .zip(incoming)
            .map(|(param, from)| (from, places.next(param.ty)))
            .collect();
        // Those in registers first, for the others go through registers.
        for (from, to) in &arguments {
            match (from, to) {
                (Incoming::Int(from), ArgumentPlace::Int(to)) => {
                    self.asm.mov_mr(Self::int_image(*to), *from);
                }
                (Incoming::Float(from), ArgumentPlace::Float(to)) => {
                    self.asm.fmov_mr(Self::float_image(*to), *from);
                }
                _ => {}
            }
        }
        if places.in_memory() > 0 {
            let memory = self.address_label(Address::Arguments);
            self.asm.mov_rm(Self::AUX, Mem::label(memory));
        }
        for (from, to) in &arguments {
            let Incoming::Stack(from) = from else { continue };
            self.asm.mov_rm(Self::ACC, B::Machine::caller_word(WORDS, *from));
            let to = match *to {
                ArgumentPlace::Int(to) => Self::int_image(to),
                ArgumentPlace::Float(to) => Self::float_image(to),
                ArgumentPlace::Memory(to) => Mem::at(Self::AUX, 8 * to as i32),
            };
            self.asm.mov_mr(to, Self::ACC);
        }
        let [entry, image, ..] = Self::C_ARGUMENTS;
        self.asm.lea(entry, Mem::label(self.entry(number)));
        self.asm.lea(image, Self::image(0));
        self.asm.mov_rm(B::Machine::C_CONTEXT, context);
        self.asm.call(self.stubs.door);
        match function.result {
            Some(Type::F64) => {
                self.asm.fmov_rm(FloatReg(0), Self::image(offset_of!(Image, float_result)));
            }
            Some(_) => self.asm.mov_rm(Self::ACC, Self::image(offset_of!(Image, int_result))),
            None => {}
        }
        self.asm.leave_frame(WORDS);
        self.asm.ret();
    }

    /// Where the arguments come in.
    fn incoming(function: &Function) -> Vec<Incoming> {
        let ints = B::Machine::C_INTS;
        let (mut int, mut float, mut stack) = (0, 0, 0);
        let mut next = |ty| {
            let (count, most) = if ty == Type::F64 {
                (&mut float, FLOAT_ARGUMENTS)
            } else {
                (&mut int, ints.len())
            };
            *count += 1;
            if *count > most {
                stack += 1;
                Incoming::Stack(stack - 1)
            } else if ty == Type::F64 {
                Incoming::Float(FloatReg(*count as u8 - 1))
            } else {
                Incoming::Int(ints[*count - 1])
            }
        };
        function.params.iter().map(|param| next(param.ty)).collect()
    }
}
