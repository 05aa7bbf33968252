//! AArch64 machine code as plain bytes: registers and memory operands go into the methods of [`Assembler`], bytes with labels
//! resolved come out.
//!
//! [`encoding`] has the words of single instructions, the assembler the labels, the sections and what takes several instructions:
//! large numbers, far places. Tests decode every form by an independent disassembler.
//!
//! The registers: `x0` and `x8` belong to the op at hand, `x16` and `x17` to the assembler, `x28` is the context, `x29` the frame,
//! `x18` the platform's. All others hold values; `x19` to `x27` are kept by calls, as in the C ABI.

mod assembler;
mod door;
pub mod encoding;
mod macros;

pub use assembler::Assembler;

use crate::macro_assembler::{FloatReg, Reg};

/// The result, and the first argument of C functions.
const X0: Reg = Reg(0);
const X1: Reg = Reg(1);
const X2: Reg = Reg(2);
const X3: Reg = Reg(3);
const X8: Reg = Reg(8);
/// For values that an instruction has no room for.
const X16: Reg = Reg(16);
/// For addresses and numbers that an instruction has no room for.
const X17: Reg = Reg(17);
/// Kept by C functions.
const X19: Reg = Reg(19);
const X20: Reg = Reg(20);
const CONTEXT: Reg = Reg(28);
const FRAME: Reg = Reg(29);
const LINK: Reg = Reg(30);
/// The stack pointer, or the register that is always zero: each instruction takes number 31 for one of both.
const SP: Reg = Reg(31);
const ZERO: Reg = Reg(31);
const D0: FloatReg = FloatReg(0);

#[cfg(test)]
mod tests;
