//! Code that belongs to no function: the door through which compiled code is entered, and the ways out that traps take.

use super::values::context;
use super::{Baseline, Bodies, CONTEXT, INT_ARGUMENTS};
use crate::driver::code::{Address, FLOAT_ARGUMENTS, Image};
use crate::x64::{
    Alu, Assembler, Label, Mem, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, Reg,
    Xmm,
};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use std::mem::offset_of;

/// The stubs' labels.
#[derive(Debug)]
pub(crate) struct Stubs {
    /// `extern "C" fn(context, address of a function, *mut Image)`.
    door: Label,
    /// Where the door leaves, with the stack pointer that it saved.
    exit: Label,
    /// Called with a trap's kind in `edi` and its words in `rsi` and `rdx`; the return address is the site's.
    pub fail: Label,
    /// Called when a trap is in flight; the return address is the site's.
    pub leave: Label,
    /// Gone to by a function that has made its frame and finds the stack used up.
    pub overflow: Label,
}

/// What C functions keep and the door saves, `rbp` first.
const KEPT: [Reg; 6] = [RBP, RBX, R12, R13, R14, R15];

/// Holds the return address that says the site: a register that calls keep, whose old value nobody needs any more.
const SITE: Reg = R12;

impl Stubs {
    pub(crate) fn new(asm: &mut Assembler) -> Stubs {
        let [door, exit, fail, leave, overflow] = std::array::from_fn(|_| asm.label());
        Stubs { door, exit, fail, leave, overflow }
    }
}

impl<B: Bodies> Baseline<'_, B> {
    pub(crate) fn write_stubs(&mut self) {
        self.write_door();
        self.write_exits();
        let named = [
            (self.stubs.door, "door"),
            (self.stubs.exit, "exit"),
            (self.stubs.overflow, "overflow"),
            (self.stubs.fail, "fail"),
            (self.stubs.leave, "leave"),
        ];
        self.code.stubs =
            named.iter().map(|&(label, name)| (self.asm.place(label), name)).collect();
        self.code.stubs.sort_unstable();
    }

    fn write_door(&mut self) {
        let asm = &mut self.asm;
        asm.align(16);
        asm.bind(self.stubs.door);
        self.code.door = asm.len() as u32;
        for register in KEPT {
            asm.push(register);
        }
        // With the return address and the six registers the stack pointer is 8 off; three words more align it.
        asm.mov_rr(CONTEXT, RDI);
        asm.push_m(context!(saved_stack));
        asm.push(RDX);
        asm.push(RDX);
        asm.mov_mr(context!(saved_stack), RSP);
        asm.mov_rr(RAX, RSI);
        for number in 0..FLOAT_ARGUMENTS {
            let offset = offset_of!(Image, floats) + 8 * number;
            asm.movsd_xm(Xmm(number as u8), Mem::at(RDX, offset as i32));
        }
        for (number, register) in INT_ARGUMENTS.into_iter().enumerate() {
            let offset = offset_of!(Image, ints) + 8 * number;
            asm.mov_rm(register, Mem::at(RDX, offset as i32));
        }
        // The chain of frames ends here.
        asm.alu32_rr(Alu::Xor, RBP, RBP);
        asm.call_r(RAX);
        asm.bind(self.stubs.exit);
        asm.pop(RDX);
        asm.pop(RDX);
        asm.mov_mr(Mem::at(RDX, offset_of!(Image, int_result) as i32), RAX);
        asm.movsd_mx(Mem::at(RDX, offset_of!(Image, float_result) as i32), Xmm(0));
        asm.pop_m(context!(saved_stack));
        for register in KEPT.into_iter().rev() {
            asm.pop(register);
        }
        asm.ret();
    }

    fn write_exits(&mut self) {
        let raise = self.address_label(Address::Runtime(RuntimeFunction::Raise));
        let unwind = self.address_label(Address::Unwind);
        let walk = self.asm.label();
        let raised = self.asm.label();
        let asm = &mut self.asm;
        // The frame is left, so that the return address is where the caller called from.
        asm.bind(self.stubs.overflow);
        asm.leave();
        asm.pop(SITE);
        asm.mov_ri(RDI, TrapKind::StackOverflow as u64);
        asm.alu32_rr(Alu::Xor, RSI, RSI);
        asm.alu32_rr(Alu::Xor, RDX, RDX);
        asm.jmp(raised);
        asm.bind(self.stubs.fail);
        asm.pop(SITE);
        asm.bind(raised);
        asm.alu_ri(Alu::And, RSP, -16);
        asm.mov_rr(RCX, RDX);
        asm.mov_rr(RDX, RSI);
        asm.mov_rr(RSI, RDI);
        asm.mov_rr(RDI, CONTEXT);
        asm.call_m(Mem::label(raise));
        asm.jmp(walk);
        asm.bind(self.stubs.leave);
        asm.pop(SITE);
        asm.alu_ri(Alu::And, RSP, -16);
        asm.bind(walk);
        asm.mov_rr(RDI, CONTEXT);
        asm.mov_rr(RSI, RBP);
        asm.mov_rr(RDX, SITE);
        asm.call_m(Mem::label(unwind));
        asm.mov_rm(RSP, context!(saved_stack));
        asm.jmp(self.stubs.exit);
    }
}
