//! Functions that the interpreter runs beside machine code: what stands at their entries.
//!
//! A bridge looks to callers like the function. It puts the arguments in an [`Image`] in its frame, calls the interpreter, and
//! returns with the result, or leaves as the caller's call would when there is a trap. When the interpreted function ends with a
//! tail call of a function in machine code, the bridge goes there, so that tail calls between both need no room.
//!
//! Functions that are not compiled yet have one bridge for all, which has the function compiled and goes there. Whoever calls by
//! [`mochi_abi::layout::Context::functions`] has the function's number in `ACC`.

use super::frame::LARGEST_FRAME;
use super::values::context;
use super::{Baseline, Bodies, Interpreted, Options};
use crate::driver::code::{Address, ArgumentPlaces, FLOAT_ARGUMENTS, INT_ARGUMENTS, Image};
use crate::macro_assembler::{Alu, Cond, FloatReg, Label, MacroAssembler, Mem};
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Function, FunctionId};
use std::mem::offset_of;

/// How many words an image has.
pub(super) const IMAGE: u32 = (size_of::<Image>() / size_of::<u64>()) as u32;

/// Whether it is asked for that the interpreter runs a function.
pub(super) fn is_left(number: FunctionId, interpreted: Interpreted) -> bool {
    match interpreted {
        Interpreted::Declined => false,
        Interpreted::Even => number.0.is_multiple_of(2),
        Interpreted::Odd => !number.0.is_multiple_of(2),
    }
}

/// Whether a function may be left to the interpreter; when this is false it certainly is not.
pub(crate) fn may_be_left<B: Bodies>(
    function: &Function,
    number: FunctionId,
    options: Options,
) -> bool {
    // A frame has a slot for each value at most, and what is long has many.
    is_left(number, options.interpreted)
        || function.values.len() as u32 >= LARGEST_FRAME / 2
        || function.insts.iter().any(|inst| {
            matches!(B::cover(inst.op), Cover::Decline(_))
                || (inst.op == Op::CallRuntime
                    && inst.runtime().row().args.len() > B::Machine::C_ARGUMENTS.len())
        })
}

impl<B: Bodies> Baseline<'_, B> {
    /// Writes the entry of a function that the interpreter runs.
    pub(super) fn bridge(&mut self, function: &Function, number: FunctionId) {
        self.code.interpreted.push(number);
        let mut params = ArgumentPlaces::default();
        for param in &function.params {
            params.next(param.ty);
        }
        self.code.spilled_arguments = self.code.spilled_arguments.max(params.in_memory() as u32);
        self.asm.align(16);
        self.asm.bind(self.entry(number));
        self.asm.note_entry();
        self.line_here(function.span.start);
        self.cross(Address::Interpret, Some(number));
        self.code.ends.push(self.asm.here() as u32);
    }

    /// Writes the entry of all functions that are not compiled yet.
    pub(super) fn write_compile(&mut self, entry: Label) {
        self.asm.align(16);
        self.asm.bind(entry);
        self.code.compile = Some(self.asm.here() as u32);
        self.asm.note_entry();
        self.cross(Address::Compile, None);
    }

    /// Has the engine do what is to be done for a function, whose number is in `ACC` or known.
    fn cross(&mut self, way: Address, number: Option<FunctionId>) {
        let way = self.address_label(way);
        let result = self.asm.label();
        self.asm.enter_frame(IMAGE);
        for i in 0..INT_ARGUMENTS {
            self.asm.mov_mr(Self::int_image(i), Self::INT_ARGUMENTS[i]);
        }
        for i in 0..FLOAT_ARGUMENTS {
            self.asm.fmov_mr(Self::float_image(i), FloatReg(i as u8));
        }
        let [number_argument, image_argument, ..] = Self::C_ARGUMENTS;
        match number {
            Some(number) => self.asm.mov_ri(number_argument, number.0.into()),
            None => self.asm.mov_rr(number_argument, Self::ACC),
        }
        self.asm.lea(image_argument, Self::image(0));
        self.asm.pass_context();
        self.asm.call_m(Mem::label(way));
        self.asm.test_rr(Self::ACC, Self::ACC);
        self.asm.jcc(Cond::Equal, result);
        for i in 0..INT_ARGUMENTS {
            self.asm.mov_rm(Self::INT_ARGUMENTS[i], Self::int_image(i));
        }
        for i in 0..FLOAT_ARGUMENTS {
            self.asm.fmov_rm(FloatReg(i as u8), Self::float_image(i));
        }
        self.asm.leave_frame(IMAGE);
        self.asm.jmp_r(Self::ACC);
        self.asm.note_frame();
        self.asm.bind(result);
        self.asm.mov_rm(Self::ACC, Self::image(offset_of!(Image, int_result)));
        self.asm.fmov_rm(FloatReg(0), Self::image(offset_of!(Image, float_result)));
        self.asm.leave_frame(IMAGE);
        // What is on top of the stack now is where the caller called from, as after a call of the way out there.
        self.asm.alu32_mi(Alu::Cmp, context!(trap), 0);
        let skip = self.asm.skip(Cond::Equal);
        self.asm.jmp(self.stubs.leave);
        self.asm.bind_skip(skip);
        self.asm.ret();
    }

    pub(super) fn int_image(number: usize) -> Mem {
        Self::image(offset_of!(Image, ints) + number * size_of::<u64>())
    }

    pub(super) fn float_image(number: usize) -> Mem {
        Self::image(offset_of!(Image, floats) + number * size_of::<u64>())
    }

    /// What lies at a distance from the image's start: its first word is the lowest, whichever way a machine counts.
    pub(super) fn image(offset: usize) -> Mem {
        let word = (offset / size_of::<u64>()) as u32;
        let is_upwards = B::Machine::frame_word(1).disp > B::Machine::frame_word(0).disp;
        B::Machine::frame_word(if is_upwards { word } else { IMAGE - 1 - word })
    }
}
