//! The baseline compiler for x86-64: IR in, machine code out, in one walk over the blocks with a template per op.
//!
//! Which value lives where is decided before by the [driver](crate::driver). What makes the code small and fast:
//! - constants are operands, comparisons are part of their branch, field and item accesses are address modes;
//! - what rarely happens (overflow, an index from the end, the last owner's drop) stands in a cold section behind the function,
//!   and saves the registers that are live there by itself;
//! - a call of a function of the program is one instruction; nobody looks for a trap after it.
//!
//! The registers: `r15` is the context, `rbp` the frame, `rax`, `rdx`, `xmm14` and `xmm15` belong to the template at hand, all
//! others hold values. `rbx` and `r12` to `r14` are kept by calls, as in the C ABI.

mod any;
mod counts;
mod divide;
mod float;
mod integer;
mod memory;
mod ops;

pub use ops::cover;

use crate::EmitError;
use crate::baseline::{At, Baseline, Bodies, Options};
use crate::driver::Registers;
use crate::driver::code::Code;
use crate::x64::{Label, Xmm};
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Program, Value};
use mochi_ir::sites::Sites;

/// The bodies of ops that are written instruction by instruction.
#[derive(Debug)]
pub struct Written;

/// The emitter.
pub type Template<'a> = Baseline<'a, Written>;

const FLOAT_SCRATCH: Xmm = Written::FLOAT_SCRATCH;
const FLOAT_SCRATCH_2: Xmm = Written::FLOAT_SCRATCH_2;

impl Bodies for Written {
    const NAME: &'static str = "template";
    const REGISTERS: Registers = Registers {
        ints: 0b0111_1111_1100_1010,
        kept_ints: 0b0111_0000_0000_1000,
        floats: 0b0011_1111_1111_1111,
    };
    const FLOAT_SCRATCH: Xmm = Xmm(15);
    const FLOAT_SCRATCH_2: Xmm = Xmm(14);

    fn cover(op: Op) -> Cover {
        ops::cover(op)
    }
    fn op(emitter: &mut Template, op: Op, at: At) -> Result<(), EmitError> {
        emitter.op(op, at)
    }
    fn branch_if(emitter: &mut Template, at: At, condition: Value, holds: bool, label: Label) {
        let test = emitter.truth(at.function, condition);
        emitter.jump_if(if holds { test } else { test.inverted() }, label);
    }
}

/// A program as machine code. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites, options: Options) -> Result<Code, EmitError> {
    crate::baseline::compile::<Written>(program, sites, options)
}
