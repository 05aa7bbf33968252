//! x86-64 machine code as plain bytes: registers and memory operands go into the methods of [`Assembler`], one per instruction
//! form; bytes with labels resolved come out.
//!
//! Only the forms that emitters use are there. Each is written as a few stores of whole words, because the encoder's time is the
//! back end's. Tests decode every form with every kind of operand by an independent disassembler.

mod assembler;
mod door;
mod frames;
mod macros;

pub use crate::macro_assembler::{
    Alu, Cond, FloatOp, FloatReg as Xmm, Label, Mem, Reg, Scale, Shift, Skip,
};
pub use assembler::{Assembler, Round};

pub const RAX: Reg = Reg(0);
pub const RCX: Reg = Reg(1);
pub const RDX: Reg = Reg(2);
pub const RBX: Reg = Reg(3);
pub const RSP: Reg = Reg(4);
pub const RBP: Reg = Reg(5);
pub const RSI: Reg = Reg(6);
pub const RDI: Reg = Reg(7);
pub const R8: Reg = Reg(8);
pub const R9: Reg = Reg(9);
pub const R10: Reg = Reg(10);
pub const R11: Reg = Reg(11);
pub const R12: Reg = Reg(12);
pub const R13: Reg = Reg(13);
pub const R14: Reg = Reg(14);
pub const R15: Reg = Reg(15);

#[cfg(test)]
mod tests;
