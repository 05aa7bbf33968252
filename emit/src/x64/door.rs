//! Code that belongs to no function: the door through which compiled code is entered, and the ways out that traps take.

use super::{
    Alu, Assembler, Label, Mem, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, Reg,
    Xmm, frames,
};
use crate::driver::code::{FLOAT_ARGUMENTS, Image};
use crate::macro_assembler::{Exits, MacroAssembler};
use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;
use std::mem::offset_of;

/// What C functions keep and the door saves, `rbp` first.
const KEPT: [Reg; 6] = [RBP, RBX, R12, R13, R14, R15];

/// How many words the door pushes: these, and three more.
const PUSHED: usize = KEPT.len() + 3;

/// Holds the return address that says the site: a register that calls keep, whose old value nobody needs any more.
const SITE: Reg = R12;

const CONTEXT: Reg = Assembler::CONTEXT;
const SAVED_STACK: Mem = Mem::at(CONTEXT, offset_of!(Context, saved_stack) as i32);

pub(super) fn write(asm: &mut Assembler, exit: Label) {
    asm.note(frames::door(0));
    for (number, register) in KEPT.into_iter().enumerate() {
        asm.push(register);
        asm.note(frames::door(number + 1));
    }
    // With the return address and the six registers the stack pointer is 8 off; three words more align it.
    asm.mov_rr(CONTEXT, RDI);
    asm.push_m(SAVED_STACK);
    asm.push(RDX);
    asm.push(RDX);
    asm.note(frames::door(PUSHED));
    asm.mov_mr(SAVED_STACK, RSP);
    asm.mov_rr(RAX, RSI);
    for number in 0..FLOAT_ARGUMENTS {
        let offset = offset_of!(Image, floats) + 8 * number;
        asm.movsd_xm(Xmm(number as u8), Mem::at(RDX, offset as i32));
    }
    for (number, register) in Assembler::INT_ARGUMENTS.into_iter().enumerate() {
        let offset = offset_of!(Image, ints) + 8 * number;
        asm.mov_rm(register, Mem::at(RDX, offset as i32));
    }
    // The chain of frames ends here.
    asm.alu32_rr(Alu::Xor, RBP, RBP);
    asm.call_r(RAX);
    asm.bind(exit);
    asm.note(frames::door(PUSHED));
    asm.pop(RDX);
    asm.pop(RDX);
    asm.mov_mr(Mem::at(RDX, offset_of!(Image, int_result) as i32), RAX);
    asm.movsd_mx(Mem::at(RDX, offset_of!(Image, float_result) as i32), Xmm(0));
    asm.pop_m(SAVED_STACK);
    asm.note(frames::door(KEPT.len()));
    for (number, register) in KEPT.into_iter().enumerate().rev() {
        asm.pop(register);
        asm.note(frames::door(number));
    }
    asm.ret();
}

pub(super) fn write_exits(asm: &mut Assembler, exits: &Exits) {
    let walk = asm.label();
    let raised = asm.label();
    // The frame is left, so that the return address is where the caller called from.
    asm.bind(exits.overflow);
    asm.note(frames::LINKED);
    asm.leave();
    asm.note(frames::ENTERED);
    asm.pop(SITE);
    asm.note(frames::TAKEN);
    asm.mov_ri(RDI, TrapKind::StackOverflow as u64);
    asm.alu32_rr(Alu::Xor, RSI, RSI);
    asm.alu32_rr(Alu::Xor, RDX, RDX);
    asm.jmp(raised);
    asm.bind(exits.fail);
    asm.note(frames::ENTERED);
    asm.pop(SITE);
    asm.note(frames::TAKEN);
    asm.bind(raised);
    asm.alu_ri(Alu::And, RSP, -16);
    asm.mov_rr(RCX, RDX);
    asm.mov_rr(RDX, RSI);
    asm.mov_rr(RSI, RDI);
    asm.mov_rr(RDI, CONTEXT);
    asm.call_m(Mem::label(exits.raise));
    asm.jmp(walk);
    asm.bind(exits.leave);
    asm.note(frames::ENTERED);
    asm.pop(SITE);
    asm.note(frames::TAKEN);
    asm.alu_ri(Alu::And, RSP, -16);
    asm.bind(walk);
    asm.mov_rr(RDI, CONTEXT);
    asm.mov_rr(RSI, RBP);
    asm.mov_rr(RDX, SITE);
    asm.call_m(Mem::label(exits.unwind));
    asm.mov_rm(RSP, SAVED_STACK);
    asm.note(frames::door(PUSHED));
    asm.jmp(exits.exit);
}
