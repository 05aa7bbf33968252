//! x86-64 as the baseline compilers need it: most methods of [`MacroAssembler`] are one instruction.
//!
//! The registers: `r15` is the context, `rbp` the frame; `rax`, `rdx`, `xmm14` and `xmm15` belong to the op at hand, all others hold
//! values. `rbx` and `r12` to `r14` are kept by calls, as in the C ABI. A frame, downwards from `rbp`: the caller's `rbp`, then its
//! words. Its size is a multiple of 16, so that the stack pointer is aligned where a function calls.

use super::frames;
use super::{
    Alu, Assembler, Cond, FloatOp, Label, Mem, R8, R9, R10, R11, R15, RAX, RBP, RBX, RCX, RDI, RDX,
    RSI, RSP, Reg, Shift, Skip, Xmm,
};
use crate::driver::Registers;
use crate::driver::code::Frame;
use crate::macro_assembler::{Exits, FloatTests, MacroAssembler, Parity, Test, registers_of};

/// Methods that are instructions, by the instruction's name.
macro_rules! instructions {
    ($($method:ident => $instruction:ident($($operand:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $method(&mut self, $($operand: $type),*) {
                Assembler::$instruction(self, $($operand),*);
            }
        )*
    };
}

impl MacroAssembler for Assembler {
    const ACC: Reg = RAX;
    const AUX: Reg = RDX;
    const CONTEXT: Reg = R15;
    const KEPT: Reg = RBX;
    const INT_ARGUMENTS: [Reg; crate::driver::code::INT_ARGUMENTS] =
        [RSI, RCX, R8, R9, RDI, R10, R11];
    const C_ARGUMENTS: [Reg; 5] = [RSI, RDX, RCX, R8, R9];
    const C_CONTEXT: Reg = RDI;
    const C_INTS: &'static [Reg] = &Self::C_ARGUMENTS;
    const FAIL_ARGUMENTS: [Reg; 3] = [RDI, RSI, RDX];
    const FLOATS: u8 = 16;
    const REGISTERS: Registers = Registers {
        ints: 0b0111_1111_1100_1010,
        kept_ints: 0b0111_0000_0000_1000,
        floats: 0b0011_1111_1111_1111,
    };
    const FLOAT_SCRATCH: Xmm = Xmm(15);
    const FLOAT_SCRATCH_2: Xmm = Xmm(14);
    const PRODUCT_OVERFLOWS: Cond = Cond::Overflow;
    // "Above" and "above or equal" are false when the floats cannot be compared.
    const FLOAT_TESTS: FloatTests = FloatTests {
        equal: Test { cond: Cond::Equal, parity: Parity::Clear },
        not_equal: Test { cond: Cond::NotEqual, parity: Parity::OrSet },
        greater: Test::of(Cond::Above),
        greater_or_equal: Test::of(Cond::AboveOrEqual),
    };
    const LONGEST_FUNCTION: usize = usize::MAX;

    instructions! {
        bind => bind(label: Label);
        enter_cold => enter_cold();
        leave_cold => leave_cold();
        finish => finish();
        align => align(alignment: usize);
        word => word(word: u64);
        distance => distance(label: Label, from: Label);

        mov_rr => mov_rr(to: Reg, from: Reg);
        mov_ri => mov_ri(to: Reg, value: u64);
        mov_rm => mov_rm(to: Reg, from: Mem);
        mov_mr => mov_mr(to: Mem, from: Reg);
        mov_mi => mov_mi(to: Mem, value: i32);
        mov32_rm => mov32_rm(to: Reg, from: Mem);
        movzx8_rm => movzx8_rm(to: Reg, from: Mem);
        movzx8_rr => movzx8_rr(to: Reg, from: Reg);
        mov8_mr => mov8_mr(to: Mem, from: Reg);
        mov8_mi => mov8_mi(to: Mem, value: u8);
        movsxd_rm => movsxd_rm(to: Reg, from: Mem);
        lea => lea(to: Reg, from: Mem);
        cmov => cmov(cond: Cond, to: Reg, from: Reg);
        setcc => setcc(cond: Cond, to: Reg);

        alu_rr => alu_rr(op: Alu, to: Reg, from: Reg);
        alu_rm => alu_rm(op: Alu, to: Reg, from: Mem);
        alu_mr => alu_mr(op: Alu, to: Mem, from: Reg);
        alu_ri => alu_ri(op: Alu, to: Reg, value: i32);
        alu_mi => alu_mi(op: Alu, to: Mem, value: i32);
        alu32_mi => alu32_mi(op: Alu, to: Mem, value: i32);
        alu32_rr => alu32_rr(op: Alu, to: Reg, from: Reg);
        alu32_ri => alu32_ri(op: Alu, to: Reg, value: i32);
        test_rr => test_rr(a: Reg, b: Reg);
        test8_mi => test8_mi(a: Mem, value: u8);
        inc32_m => inc32_m(to: Mem);
        dec32_m => dec32_m(to: Mem);
        inc_m => inc_m(to: Mem);
        neg => neg(to: Reg);
        mul_high => imul_wide(by: Reg);
        shift_ri => shift_ri(op: Shift, to: Reg, by: u8);

        jmp => jmp(label: Label);
        jcc => jcc(cond: Cond, label: Label);
        bind_skip => bind_skip(skip: Skip);
        call => call(label: Label);
        call_m => call_m(target: Mem);
        jmp_m => jmp_m(target: Mem);
        jmp_r => jmp_r(target: Reg);
        ret => ret();

        fmov_rr => movaps(to: Xmm, from: Xmm);
        fmov_rm => movsd_xm(to: Xmm, from: Mem);
        fmov_mr => movsd_mx(to: Mem, from: Xmm);
        float_of_bits => movq_xr(to: Xmm, from: Reg);
        bits_of_float => movq_rx(to: Reg, from: Xmm);
        float_rr => sse_xx(op: FloatOp, to: Xmm, from: Xmm);
        float_rm => sse_xm(op: FloatOp, to: Xmm, from: Mem);
        fcmp_rr => ucomisd_xx(a: Xmm, b: Xmm);
        fcmp_rm => ucomisd_xm(a: Xmm, b: Mem);
        float_xor => xorps(to: Xmm, from: Xmm);
    }

    fn with_room(bytes: usize) -> Assembler {
        Assembler::with_room(bytes)
    }
    #[inline]
    fn label(&mut self) -> Label {
        Assembler::label(self)
    }
    fn place(&self, label: Label) -> u32 {
        Assembler::place(self, label)
    }
    #[inline]
    fn here(&self) -> usize {
        Assembler::len(self)
    }
    #[inline]
    fn is_cold(&self) -> bool {
        Assembler::is_cold(self)
    }
    fn append_cold(&mut self) -> usize {
        Assembler::append_cold(self)
    }
    fn into_bytes(self) -> Vec<u8> {
        Assembler::into_bytes(self)
    }

    #[inline]
    fn zero(&mut self, to: Reg) {
        self.alu32_rr(Alu::Xor, to, to);
    }
    #[inline]
    fn test_above(&mut self, a: Reg, by: u8, scratch: Reg) {
        self.mov_rr(scratch, a);
        self.shift_ri(Shift::Logical, scratch, by);
    }
    #[inline]
    fn mul_rr(&mut self, to: Reg, from: Reg, _: bool) {
        self.imul_rr(to, from);
    }
    #[inline]
    fn mul_rm(&mut self, to: Reg, from: Mem, _: bool) {
        self.imul_rm(to, from);
    }
    #[inline]
    fn mul_rri(&mut self, to: Reg, from: Reg, value: i32, _: bool) {
        self.imul_rri(to, from, value);
    }
    #[inline]
    fn divide_r(&mut self, by: Reg, _: bool) {
        self.cqo();
        self.idiv_r(by);
    }
    #[inline]
    fn divide_m(&mut self, by: Mem, _: bool) {
        self.cqo();
        self.idiv_m(by);
    }
    #[inline]
    fn skip(&mut self, cond: Cond) -> Skip {
        Assembler::skip(self, cond)
    }

    fn enter_frame(&mut self, words: u32) {
        self.push(RBP);
        self.note(frames::PUSHED);
        self.mov_rr(RBP, RSP);
        self.note(frames::LINKED);
        if words > 0 {
            self.alu_ri(Alu::Sub, RSP, words.div_ceil(2) as i32 * 16);
        }
    }
    fn check_stack(&mut self, limit: Mem, overflow: Label) {
        self.alu_rm(Alu::Cmp, RSP, limit);
        self.jcc(Cond::Below, overflow);
    }
    #[inline]
    fn frame_word(number: u32) -> Mem {
        Mem::at(RBP, -8 * (number as i32 + 1))
    }
    fn caller_word(_: u32, number: u32) -> Mem {
        // Behind the link and the return address.
        Mem::at(RBP, 8 * (number as i32 + 2))
    }
    fn leave_frame(&mut self, _: u32) {
        self.leave();
        self.note(frames::ENTERED);
    }
    fn note_frames(&mut self) {
        self.frames = Some(Vec::new());
    }
    fn note_entry(&mut self) {
        self.note(frames::ENTERED);
    }
    fn note_frame(&mut self) {
        self.note(frames::LINKED);
    }
    fn take_frames(&mut self) -> Vec<(u32, Frame)> {
        self.frames.take().unwrap_or_default()
    }
    fn save(&mut self, ints: u32, floats: u32) {
        for number in registers_of(ints) {
            self.push(Reg(number));
        }
        let size = floats_size(ints, floats);
        if size > 0 {
            self.alu_ri(Alu::Sub, RSP, size);
        }
        for (i, number) in registers_of(floats).enumerate() {
            self.movsd_mx(Mem::at(RSP, 8 * i as i32), Xmm(number));
        }
    }
    fn restore(&mut self, ints: u32, floats: u32) {
        for (i, number) in registers_of(floats).enumerate() {
            self.movsd_xm(Xmm(number), Mem::at(RSP, 8 * i as i32));
        }
        let size = floats_size(ints, floats);
        if size > 0 {
            self.alu_ri(Alu::Add, RSP, size);
        }
        for number in registers_of(ints).collect::<Vec<_>>().into_iter().rev() {
            self.pop(Reg(number));
        }
    }
    #[inline]
    fn pass_context(&mut self) {
        self.mov_rr(RDI, R15);
    }
    fn write_door(&mut self, exit: Label) {
        super::door::write(self, exit);
    }
    fn write_exits(&mut self, exits: &Exits) {
        super::door::write_exits(self, exits);
    }

    #[inline]
    fn fcmp_zero(&mut self, a: Xmm, scratch: Xmm) {
        self.xorps(scratch, scratch);
        self.ucomisd_xx(a, scratch);
    }
    // The instruction keeps the upper half, and so would wait for the register's old value.
    #[inline]
    fn float_of_int_r(&mut self, to: Xmm, from: Reg) {
        self.xorps(to, to);
        self.cvtsi2sd_xr(to, from);
    }
    #[inline]
    fn float_of_int_m(&mut self, to: Xmm, from: Mem) {
        self.xorps(to, to);
        self.cvtsi2sd_xm(to, from);
    }
    fn int_of_float(&mut self, to: Reg, from: Xmm) -> Cond {
        self.cvttsd2si(to, from);
        // What does not fit gives the smallest int, of which 1 cannot be taken.
        self.alu_ri(Alu::Cmp, to, 1);
        Cond::Overflow
    }
}

/// How many bytes the floats need so that with the ints the stack pointer stays aligned.
fn floats_size(ints: u32, floats: u32) -> i32 {
    let words = ints.count_ones() + floats.count_ones();
    8 * (floats.count_ones() + words % 2) as i32
}
