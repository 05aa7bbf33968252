//! Copy and patch (Xu and Kjolstad, OOPSLA 2021): IR in, machine code out, each op a piece of code that a C compiler made before
//! and that is copied and has its holes filled in.
//!
//! Everything around the ops is the [baseline](crate::baseline)'s, as for the template emitter: where values live, frames, calls,
//! traps. What is here chooses the stencil of an op by where its operands are. A stencil knows registers and numbers:
//! what is in a slot is loaded into a scratch register before.
//!
//! - [`catalogue`] says which stencils there are, `stencils.c` what they do, [`source`] makes one C text of both, and
//!   [`table`] has them compiled.
//! - [`machine`] says what differs between machines: where operands can be, what a hole takes.
//! - The convention passes integer and float registers: the context, eight ints and six floats that hold values, and some scratch
//!   ones. A stencil leaves all of them but its result as they are.

mod any;
pub mod catalogue;
mod float;
mod integer;
mod machine;
mod memory;
mod ops;
pub mod source;
pub mod table;

pub use ops::cover;

use crate::EmitError;
use crate::baseline::{At, Baseline, Bodies, Options};
use crate::driver::Registers;
use crate::driver::code::Code;
use crate::macro_assembler::{FloatReg, Host, Label, Reg};
use catalogue::Family;
use machine::Machine;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Function, FunctionId, Program, Value};
use mochi_ir::sites::Sites;
use std::marker::PhantomData;
use table::Hole;

/// The bodies of ops that are copied, for a machine.
#[derive(Debug)]
pub struct Copied<M>(PhantomData<M>);

/// The emitter.
pub type Stencils<'a, M> = Baseline<'a, Copied<M>>;

impl<M: Machine> Bodies for Copied<M> {
    type Machine = M;
    const NAME: &'static str = "stencil";
    const REGISTERS: Registers = <M as Machine>::REGISTERS;
    const FLOAT_SCRATCH: FloatReg = FloatReg(7);
    const FLOAT_SCRATCH_2: FloatReg = FloatReg(6);

    fn cover(op: Op) -> Cover {
        ops::cover(op)
    }
    fn op(emitter: &mut Stencils<M>, op: Op, at: At) -> Result<(), EmitError> {
        emitter.op(op, at)
    }
    fn branch_if(emitter: &mut Stencils<M>, at: At, condition: Value, holds: bool, label: Label) {
        emitter.branch_if(at.function, condition, holds, label);
    }
}

/// A program as machine code for this machine. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites, options: Options) -> Result<Code, EmitError> {
    compile_for::<Host>(program, sites, options)
}

/// A program as machine code for any machine.
pub fn compile_for<M: Machine>(
    program: &Program,
    sites: &Sites,
    options: Options,
) -> Result<Code, EmitError> {
    crate::baseline::compile::<Copied<M>>(program, sites, options)
}

/// Some functions of a program, which call the others by `Context::functions`.
pub fn compile_some(
    program: &Program,
    sites: &Sites,
    options: Options,
    functions: &[FunctionId],
) -> Result<Code, EmitError> {
    crate::baseline::compile_some::<Copied<Host>>(program, sites, options, functions)
}

/// Whether a function may be left to the interpreter; when this is false it certainly is not.
pub fn may_be_left(function: &Function, number: FunctionId, options: Options) -> bool {
    crate::baseline::may_be_left::<Copied<Host>>(function, number, options)
}

/// What goes into the holes of a stencil.
#[derive(Debug, Clone, Copy, Default)]
struct Fill {
    imm: i32,
    off: i32,
    /// Where the rare case, or a branch, goes.
    label: Option<Label>,
}

impl Fill {
    fn imm(imm: i32) -> Fill {
        Fill { imm, ..Fill::default() }
    }
    fn off(off: i32) -> Fill {
        Fill { off, ..Fill::default() }
    }
    fn to(self, label: Label) -> Fill {
        Fill { label: Some(label), ..self }
    }
}

impl<M: Machine> Stencils<'_, M> {
    const SECOND: Reg = M::SECOND;
    const THIRD: Reg = M::THIRD;

    /// Copies a stencil and fills in its holes.
    fn put(&mut self, family: Family, registers: &[u8], fill: Fill) {
        let stencil = M::TABLE.get(family.stencil(M::OPERANDS, registers));
        let start = self.asm.append(stencil.bytes);
        for (hole, place) in stencil.holes() {
            let at = start + place;
            match hole {
                Hole::Imm => self.asm.fill(at, fill.imm),
                Hole::Off => self.asm.fill(at, fill.off),
                Hole::Target | Hole::Cold => {
                    let label =
                        fill.label.expect("whoever puts a stencil that branches says where");
                    self.asm.aim(at, label);
                }
            }
        }
    }

    /// Copies a stencil without holes.
    fn plain(&mut self, family: Family, registers: &[u8]) {
        self.put(family, registers, Fill::default());
    }

    /// Copies a stencil with a rare case, which `cold` writes; ends behind the stencil.
    fn with_cold(
        &mut self,
        family: Family,
        registers: &[u8],
        fill: Fill,
        cold: impl FnOnce(&mut Self),
    ) {
        let label = self.asm.label();
        self.put(family, registers, fill.to(label));
        self.asm.enter_cold();
        self.asm.bind(label);
        cold(self);
        self.asm.leave_cold();
    }

    /// The value as the number of a stencil that has one.
    fn immediate(&self, function: &Function, value: Value) -> Option<i32> {
        M::immediate(self.word_of(function, value)? as i64)
    }

    /// The number of the register that holds the value: its own, or `scratch`.
    fn word(&mut self, function: &Function, value: Value, scratch: Reg) -> u8 {
        self.int(function, value, scratch).0
    }
}
