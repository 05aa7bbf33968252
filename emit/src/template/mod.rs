//! The baseline compiler: IR in, machine code out, in one walk over the blocks with a template per op.
//!
//! Which value lives where is decided before by the [driver](crate::driver). What makes the code small and fast:
//! - constants are operands, comparisons are part of their branch, field and item accesses are address modes;
//! - what rarely happens (overflow, an index from the end, the last owner's drop) stands in a cold section behind the function,
//!   and saves the registers that are live there by itself;
//! - a call of a function of the program is one instruction; nobody looks for a trap after it.

mod any;
mod counts;
mod float;
mod integer;
mod memory;
mod ops;

pub use ops::cover;

use crate::EmitError;
use crate::baseline::{At, Baseline, Bodies, Options};
use crate::driver::Registers;
use crate::driver::code::Code;
use crate::macro_assembler::{FloatReg, Host, Label, MacroAssembler};
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Function, FunctionId, Program, Value};
use mochi_ir::sites::Sites;
use std::marker::PhantomData;

/// The bodies of ops that are written instruction by instruction, for a machine.
#[derive(Debug)]
pub struct Written<M>(PhantomData<M>);

/// The emitter.
pub type Template<'a, M> = Baseline<'a, Written<M>>;

impl<M: MacroAssembler> Bodies for Written<M> {
    type Machine = M;
    const NAME: &'static str = "template";
    const REGISTERS: Registers = M::REGISTERS;
    const FLOAT_SCRATCH: FloatReg = M::FLOAT_SCRATCH;
    const FLOAT_SCRATCH_2: FloatReg = M::FLOAT_SCRATCH_2;

    fn cover(op: Op) -> Cover {
        ops::cover(op)
    }
    fn op(emitter: &mut Template<M>, op: Op, at: At) -> Result<(), EmitError> {
        emitter.op(op, at)
    }
    fn branch_if(emitter: &mut Template<M>, at: At, condition: Value, holds: bool, label: Label) {
        let test = emitter.truth(at.function, condition);
        emitter.jump_if(if holds { test } else { test.inverted() }, label);
    }
}

/// A program as machine code for this machine. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites, options: Options) -> Result<Code, EmitError> {
    compile_for::<Host>(program, sites, options)
}

/// A program as machine code for any machine.
pub fn compile_for<M: MacroAssembler>(
    program: &Program,
    sites: &Sites,
    options: Options,
) -> Result<Code, EmitError> {
    crate::baseline::compile::<Written<M>>(program, sites, options)
}

/// Some functions of a program for this machine, which call the others by `Context::functions`.
pub fn compile_some(
    program: &Program,
    sites: &Sites,
    options: Options,
    functions: &[FunctionId],
) -> Result<Code, EmitError> {
    crate::baseline::compile_some::<Written<Host>>(program, sites, options, functions)
}

/// Whether a function may be left to the interpreter; when this is false it certainly is not.
pub fn may_be_left(function: &Function, number: FunctionId, options: Options) -> bool {
    crate::baseline::may_be_left::<Written<Host>>(function, number, options)
}
