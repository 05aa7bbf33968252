//! Code that belongs to no function: the door through which compiled code is entered, and the ways out that traps take.

use super::encoding::{
    self as code, ADD, LOAD, LOAD_FLOAT, LOAD_FLOATS, LOAD_PAIR, LOAD_PAIR_AFTER, STORE,
    STORE_FLOAT, STORE_FLOATS, STORE_PAIR, STORE_PAIR_BEFORE,
};
use super::{Assembler, CONTEXT, D0, FRAME, LINK, SP, X0, X1, X2, X3, X8, X16, X20, ZERO};
use crate::driver::code::{FLOAT_ARGUMENTS, Image};
use crate::macro_assembler::{Exits, Label, MacroAssembler, Mem, Reg};
use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;
use std::mem::offset_of;

/// Holds the return address that says the site: a register that calls keep, whose old value nobody needs any more.
const SITE: Reg = X20;

const SAVED_STACK: Mem = Mem::at(CONTEXT, offset_of!(Context, saved_stack) as i32);

/// The pairs of registers that C functions keep, and where the door saves them.
const INTS: [(u8, i32); 5] = [(19, 16), (21, 32), (23, 48), (25, 64), (27, 80)];
const FLOATS: [(u8, i32); 4] = [(8, 96), (10, 112), (12, 128), (14, 144)];
/// Where it keeps the stack pointer of the door around it, and the address of the image behind that.
const OUTER: i32 = 160;
const SIZE: i32 = 176;

pub(super) fn write(asm: &mut Assembler, exit: Label) {
    asm.put(STORE_PAIR_BEFORE.at(FRAME.0, LINK.0, SP, -SIZE));
    for (first, offset) in INTS {
        asm.put(STORE_PAIR.at(first, first + 1, SP, offset));
    }
    for (first, offset) in FLOATS {
        asm.put(STORE_FLOATS.at(first, first + 1, SP, offset));
    }
    asm.put(code::mov(CONTEXT, X0));
    asm.access(LOAD, X16.0, SAVED_STACK);
    asm.put(STORE_PAIR.at(X16.0, X2.0, SP, OUTER));
    asm.put(ADD.imm12(X16, SP, 0));
    asm.access(STORE, X16.0, SAVED_STACK);
    asm.put(code::mov(X0, X1));
    asm.put(code::mov(X8, X2));
    for number in 0..FLOAT_ARGUMENTS {
        let offset = offset_of!(Image, floats) + 8 * number;
        asm.access(LOAD_FLOAT, number as u8, Mem::at(X8, offset as i32));
    }
    for (number, register) in Assembler::INT_ARGUMENTS.into_iter().enumerate() {
        let offset = offset_of!(Image, ints) + 8 * number;
        asm.access(LOAD, register.0, Mem::at(X8, offset as i32));
    }
    // The chain of frames ends here.
    asm.put(code::mov(FRAME, ZERO));
    asm.put(code::blr(X0));
    asm.bind(exit);
    asm.put(LOAD_PAIR.at(X16.0, X8.0, SP, OUTER));
    asm.access(STORE, X0.0, Mem::at(X8, offset_of!(Image, int_result) as i32));
    asm.access(STORE_FLOAT, D0.0, Mem::at(X8, offset_of!(Image, float_result) as i32));
    asm.access(STORE, X16.0, SAVED_STACK);
    for (first, offset) in FLOATS {
        asm.put(LOAD_FLOATS.at(first, first + 1, SP, offset));
    }
    for (first, offset) in INTS {
        asm.put(LOAD_PAIR.at(first, first + 1, SP, offset));
    }
    asm.put(LOAD_PAIR_AFTER.at(FRAME.0, LINK.0, SP, SIZE));
    asm.put(code::RET);
}

pub(super) fn write_exits(asm: &mut Assembler, exits: &Exits) {
    let walk = asm.label();
    let raised = asm.label();
    // The frame is left, so that the return address is where the caller called from.
    asm.bind(exits.overflow);
    asm.put(LOAD_PAIR.at(FRAME.0, SITE.0, FRAME, 0));
    asm.number(X1, TrapKind::StackOverflow as u64);
    asm.put(code::mov(X2, ZERO));
    asm.put(code::mov(X3, ZERO));
    asm.jump(raised);
    asm.bind(exits.fail);
    asm.put(code::mov(SITE, LINK));
    asm.bind(raised);
    asm.put(code::mov(X0, CONTEXT));
    asm.call_m(Mem::label(exits.raise));
    asm.jump(walk);
    asm.bind(exits.leave);
    asm.put(code::mov(SITE, LINK));
    asm.bind(walk);
    asm.put(code::mov(X0, CONTEXT));
    asm.put(code::mov(X1, FRAME));
    asm.put(code::mov(X2, SITE));
    asm.call_m(Mem::label(exits.unwind));
    asm.access(LOAD, X16.0, SAVED_STACK);
    asm.put(ADD.imm12(SP, X16, 0));
    asm.jump(exits.exit);
}
