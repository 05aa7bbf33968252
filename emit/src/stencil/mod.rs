//! Copy and patch (Xu and Kjolstad, OOPSLA 2021): IR in, machine code out, each op a piece of code that a C compiler made before
//! and that is copied and has its holes filled in.
//!
//! Everything around the ops is the [baseline](crate::baseline)'s, as for the template emitter: where values live, frames, calls,
//! traps. What is here chooses the stencil of an op by where its operands are. A stencil knows registers and numbers:
//! what is in a slot is loaded into a scratch register before.
//!
//! - [`catalogue`] says which stencils there are, `stencils.c` what they do, [`source`] makes one C text of both, and
//!   [`table`] has them compiled.
//! - The convention passes twelve integer and eight float registers: the context, eight ints and six floats that hold values, the
//!   others scratch. A stencil leaves all but its result as they are.

mod any;
pub mod catalogue;
mod float;
mod integer;
mod memory;
mod ops;
pub mod source;
pub mod table;

pub use ops::cover;

use crate::EmitError;
use crate::baseline::{At, Baseline, Bodies, Options};
use crate::driver::Registers;
use crate::driver::code::Code;
use crate::x64::{self, Label, R11, Reg, Xmm};
use catalogue::Family;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Function, Program, Value};
use mochi_ir::sites::Sites;
use table::{Hole, Stencil};

/// The bodies of ops that are copied.
#[derive(Debug)]
pub struct Copied;

/// The emitter.
pub type Stencils<'a> = Baseline<'a, Copied>;

/// A scratch register beside `rax` and `rdx`.
const THIRD: Reg = R11;

impl Bodies for Copied {
    type Machine = x64::Assembler;
    const NAME: &'static str = "stencil";
    const REGISTERS: Registers = Registers {
        ints: 0b0111_0011_1100_0010,
        kept_ints: 0b0111_0000_0000_0000,
        floats: 0b0011_1111,
    };
    const FLOAT_SCRATCH: Xmm = Xmm(7);
    const FLOAT_SCRATCH_2: Xmm = Xmm(6);

    fn cover(op: Op) -> Cover {
        ops::cover(op)
    }
    fn op(emitter: &mut Stencils, op: Op, at: At) -> Result<(), EmitError> {
        emitter.op(op, at)
    }
    fn branch_if(emitter: &mut Stencils, at: At, condition: Value, holds: bool, label: Label) {
        emitter.branch_if(at.function, condition, holds, label);
    }
}

/// A program as machine code. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites, options: Options) -> Result<Code, EmitError> {
    crate::baseline::compile::<Copied>(program, sites, options)
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

impl Stencils<'_> {
    /// Copies a stencil and fills in its holes.
    fn put(&mut self, family: Family, registers: &[u8], fill: Fill) {
        let stencil = Stencil::get(family.stencil(registers));
        let start = self.asm.append(stencil.bytes);
        for (hole, place) in stencil.holes() {
            let at = start + place;
            match hole {
                Hole::Imm => self.asm.patch(at, fill.imm),
                Hole::Off => self.asm.patch(at, fill.off),
                Hole::Target | Hole::Cold => {
                    let label =
                        fill.label.expect("whoever puts a stencil that branches says where");
                    self.asm.patch_distance(at, label);
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

    /// The value as the number of a stencil that has one. 0 is none: to a C compiler no hole is 0.
    fn immediate(&self, function: &Function, value: Value) -> Option<i32> {
        let word = self.word_of(function, value)?;
        i32::try_from(word as i64).ok().filter(|&value| value != 0)
    }

    /// The number of the register that holds the value: its own, or `scratch`.
    fn word(&mut self, function: &Function, value: Value, scratch: Reg) -> u8 {
        self.int(function, value, scratch).0
    }
}
