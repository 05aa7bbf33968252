//! AArch64 as the baseline compilers need it.
//!
//! A frame, upwards from `x29`, where the stack pointer is as well: the caller's `x29`, the return address, then the frame's words. So
//! the chain of frames has the form that unwinding expects on every machine, and offsets are the ones that loads have room for.
//!
//! What x86-64 does in one instruction on memory is a load into `x16`, the operation and a store.

use super::encoding::{
    self as code, ADD, ADDS, AND, ANDS, Access, EOR, FADD, FDIV, FEOR, FMUL, FSUB, Floats, LOAD,
    LOAD_8, LOAD_32, LOAD_FLOAT, LOAD_FLOATS, LOAD_PAIR, LOAD_PAIR_AFTER, LOAD_SIGNED_32, MUL, ORR,
    Pair, SDIV, SMULH, STORE, STORE_8, STORE_32, STORE_FLOAT, STORE_FLOATS, STORE_PAIR,
    STORE_PAIR_BEFORE, SUBS, Shifted, Three,
};
use super::{Assembler, CONTEXT, FRAME, LINK, SP, X0, X1, X2, X3, X8, X16, X17, X19, ZERO};
use crate::driver::Registers;
use crate::macro_assembler::{
    Alu, Cond, Exits, FloatOp, FloatReg, FloatTests, Label, MacroAssembler, Mem, Reg, Shift, Skip,
    Test, registers_of,
};

/// A frame of at most so many bytes is made by one instruction.
const SMALL_FRAME: i32 = 504;

impl MacroAssembler for Assembler {
    const ACC: Reg = X0;
    const AUX: Reg = X8;
    const CONTEXT: Reg = CONTEXT;
    const KEPT: Reg = X19;
    const INT_ARGUMENTS: [Reg; crate::driver::code::INT_ARGUMENTS] =
        [X1, X2, X3, Reg(4), Reg(5), Reg(6), Reg(7)];
    const C_ARGUMENTS: [Reg; 5] = [X1, X2, X3, Reg(4), Reg(5)];
    const C_CONTEXT: Reg = X0;
    const C_INTS: &'static [Reg] = &Self::INT_ARGUMENTS;
    const FAIL_ARGUMENTS: [Reg; 3] = [X1, X2, X3];
    const FLOATS: u8 = 32;
    const REGISTERS: Registers = Registers {
        ints: 0b0000_1111_1111_1000_1111_1110_1111_1110,
        kept_ints: 0b0000_1111_1111_1000_0000_0000_0000_0000,
        floats: 0b0011_1111_1111_1111_1111_1111_1111_1111,
    };
    const FLOAT_SCRATCH: FloatReg = FloatReg(31);
    const FLOAT_SCRATCH_2: FloatReg = FloatReg(30);
    const PRODUCT_OVERFLOWS: Cond = Cond::NotEqual;
    const FLOAT_TESTS: FloatTests = FloatTests {
        equal: Test::of(Cond::Equal),
        not_equal: Test::of(Cond::NotEqual),
        greater: Test::of(Cond::Greater),
        greater_or_equal: Test::of(Cond::GreaterOrEqual),
    };
    // What conditional jumps reach.
    const LONGEST_FUNCTION: usize = (1 << 20) - 4;

    fn label(&mut self) -> Label {
        Assembler::label(self)
    }
    fn bind(&mut self, label: Label) {
        Assembler::bind(self, label);
    }
    fn place(&self, label: Label) -> u32 {
        Assembler::place(self, label)
    }
    #[inline]
    fn here(&self) -> usize {
        Assembler::len(self)
    }
    fn is_cold(&self) -> bool {
        Assembler::is_cold(self)
    }
    fn enter_cold(&mut self) {
        Assembler::enter_cold(self);
    }
    fn leave_cold(&mut self) {
        Assembler::leave_cold(self);
    }
    fn append_cold(&mut self) -> usize {
        Assembler::append_cold(self)
    }
    fn finish(&mut self) {
        Assembler::finish(self);
    }
    fn into_bytes(self) -> Vec<u8> {
        Assembler::into_bytes(self)
    }
    fn align(&mut self, alignment: usize) {
        Assembler::align(self, alignment);
    }
    fn word(&mut self, word: u64) {
        Assembler::word(self, word);
    }
    fn distance(&mut self, label: Label, from: Label) {
        Assembler::distance(self, label, from);
    }

    // -- moves ----------------------------------------------------------------------------------

    #[inline]
    fn mov_rr(&mut self, to: Reg, from: Reg) {
        self.put(code::mov(to, from));
    }
    fn mov_ri(&mut self, to: Reg, value: u64) {
        self.number(to, value);
    }
    #[inline]
    fn mov_rm(&mut self, to: Reg, from: Mem) {
        self.access(LOAD, to.0, from);
    }
    #[inline]
    fn mov_mr(&mut self, to: Mem, from: Reg) {
        self.store(to, from);
    }
    fn mov_mi(&mut self, to: Mem, value: i32) {
        let from = self.operand(value);
        self.store(to, from);
    }
    #[inline]
    fn zero(&mut self, to: Reg) {
        self.number(to, 0);
    }
    fn mov32_rm(&mut self, to: Reg, from: Mem) {
        self.access(LOAD_32, to.0, from);
    }
    fn movzx8_rm(&mut self, to: Reg, from: Mem) {
        self.access(LOAD_8, to.0, from);
    }
    fn movzx8_rr(&mut self, to: Reg, from: Reg) {
        self.put(code::uxtb(to, from));
    }
    fn mov8_mr(&mut self, to: Mem, from: Reg) {
        self.access(STORE_8, from.0, to);
    }
    fn mov8_mi(&mut self, to: Mem, value: u8) {
        let from = self.operand(value.into());
        self.access(STORE_8, from.0, to);
    }
    fn movsxd_rm(&mut self, to: Reg, from: Mem) {
        self.access(LOAD_SIGNED_32, to.0, from);
    }
    fn lea(&mut self, to: Reg, from: Mem) {
        self.address_of(to, from);
    }
    fn cmov(&mut self, cond: Cond, to: Reg, from: Reg) {
        self.put(code::csel(to, from, to, cond));
    }
    fn setcc(&mut self, cond: Cond, to: Reg) {
        self.put(code::cset(to, cond));
    }

    // -- integers -------------------------------------------------------------------------------

    #[inline]
    fn alu_rr(&mut self, op: Alu, to: Reg, from: Reg) {
        self.put(three(op).of(result(op, to), to, from));
    }
    fn alu_rm(&mut self, op: Alu, to: Reg, from: Mem) {
        let from = self.load(from);
        self.alu_rr(op, to, from);
    }
    fn alu_mr(&mut self, op: Alu, to: Mem, from: Reg) {
        let word = self.load(to);
        self.alu_rr(op, word, from);
        if op != Alu::Cmp {
            self.store(to, word);
        }
    }
    fn alu_ri(&mut self, op: Alu, to: Reg, value: i32) {
        self.alu_rri(op, to, to, value);
    }
    fn alu_mi(&mut self, op: Alu, to: Mem, value: i32) {
        let word = self.load(to);
        self.alu_ri(op, word, value);
        if op != Alu::Cmp {
            self.store(to, word);
        }
    }
    fn alu32_mi(&mut self, op: Alu, to: Mem, value: i32) {
        self.access(LOAD_32, X16.0, to);
        self.alu32_ri(op, X16, value);
        if op != Alu::Cmp {
            self.access(STORE_32, X16.0, to);
        }
    }
    fn alu32_rr(&mut self, op: Alu, to: Reg, from: Reg) {
        self.put(three(op).narrow().of(result(op, to), to, from));
    }
    fn alu32_ri(&mut self, op: Alu, to: Reg, value: i32) {
        let half = u64::from(value as u32);
        self.alu_number(op, to, to, value, half << 32 | half, true);
    }
    #[inline]
    fn alu_rrr(&mut self, op: Alu, to: Reg, a: Reg, b: Reg) {
        self.put(three(op).of(result(op, to), a, b));
    }
    fn alu_rri(&mut self, op: Alu, to: Reg, a: Reg, value: i32) {
        self.alu_number(op, to, a, value, i64::from(value) as u64, false);
    }
    fn test_rr(&mut self, a: Reg, b: Reg) {
        if a == b {
            self.put(SUBS.imm12(ZERO, a, 0));
        } else {
            self.put(ANDS.of(ZERO, a, b));
        }
    }
    fn test8_mi(&mut self, a: Mem, value: u8) {
        self.access(LOAD_8, X16.0, a);
        self.test_bits(X16, value.into());
    }
    fn test_above(&mut self, a: Reg, by: u8, _: Reg) {
        self.test_bits(a, u64::MAX << by);
    }
    fn inc32_m(&mut self, to: Mem) {
        self.change_32(ADD, to);
    }
    fn dec32_m(&mut self, to: Mem) {
        self.change_32(SUBS, to);
    }
    fn inc_m(&mut self, to: Mem) {
        let word = self.load(to);
        self.put(ADD.imm12(word, word, 1));
        self.store(to, word);
    }
    fn neg(&mut self, to: Reg) {
        self.put(SUBS.of(to, ZERO, to));
    }
    fn mul_rr(&mut self, to: Reg, from: Reg, checked: bool) {
        self.product(to, to, from, checked);
    }
    fn mul_rm(&mut self, to: Reg, from: Mem, checked: bool) {
        let from = self.load(from);
        self.product(to, to, from, checked);
    }
    fn mul_rrr(&mut self, to: Reg, a: Reg, b: Reg, checked: bool) {
        self.product(to, a, b, checked);
    }
    fn mul_rri(&mut self, to: Reg, from: Reg, value: i32, checked: bool) {
        self.number(X16, i64::from(value) as u64);
        self.product(to, from, X16, checked);
    }
    fn mul_high(&mut self, by: Reg) {
        self.put(SMULH.of(Self::AUX, Self::ACC, by));
    }
    fn divide_r(&mut self, by: Reg, is_quotient: bool) {
        if is_quotient {
            self.put(SDIV.of(Self::ACC, Self::ACC, by));
        } else {
            self.put(SDIV.of(X17, Self::ACC, by));
            self.put(code::msub(Self::AUX, X17, by, Self::ACC));
        }
    }
    fn divide_m(&mut self, by: Mem, is_quotient: bool) {
        let by = self.load(by);
        self.divide_r(by, is_quotient);
    }
    fn shift_ri(&mut self, op: Shift, to: Reg, by: u8) {
        let op = match op {
            Shift::Left => Shifted::Left,
            Shift::Logical => Shifted::Logical,
            Shift::Arithmetic => Shifted::Arithmetic,
        };
        self.put(code::shift(op, to, to, by));
    }

    // -- control --------------------------------------------------------------------------------

    fn jmp(&mut self, label: Label) {
        self.jump(label);
    }
    fn jcc(&mut self, cond: Cond, label: Label) {
        self.jump_if(cond, label);
    }
    fn skip(&mut self, cond: Cond) -> Skip {
        Assembler::skip(self, cond)
    }
    fn bind_skip(&mut self, skip: Skip) {
        Assembler::bind_skip(self, skip);
    }
    fn call(&mut self, label: Label) {
        Assembler::call(self, label);
    }
    fn call_m(&mut self, target: Mem) {
        let target = self.load(target);
        self.put(code::blr(target));
    }
    fn jmp_m(&mut self, target: Mem) {
        let target = self.load(target);
        self.put(code::br(target));
    }
    fn jmp_r(&mut self, target: Reg) {
        self.put(code::br(target));
    }
    fn ret(&mut self) {
        self.put(code::RET);
    }

    // -- frames ---------------------------------------------------------------------------------

    fn enter_frame(&mut self, words: u32) {
        let size = frame_size(words);
        if size <= SMALL_FRAME {
            self.put(STORE_PAIR_BEFORE.at(FRAME.0, LINK.0, SP, -size));
        } else {
            self.offset(SP, SP, -size);
            self.put(STORE_PAIR.at(FRAME.0, LINK.0, SP, 0));
        }
        self.put(ADD.imm12(FRAME, SP, 0));
    }
    fn check_stack(&mut self, limit: Mem, overflow: Label) {
        let limit = self.load(limit);
        self.put(code::cmp_sp(limit));
        // The label is at the end of all code, which is further than a conditional jump reaches.
        let far = Assembler::label(self);
        self.jump_if(Cond::Below, far);
        Assembler::enter_cold(self);
        Assembler::bind(self, far);
        self.jump(overflow);
        Assembler::leave_cold(self);
    }
    #[inline]
    fn frame_word(number: u32) -> Mem {
        Mem::at(FRAME, 16 + 8 * number as i32)
    }
    fn caller_word(words: u32, number: u32) -> Mem {
        Mem::at(FRAME, frame_size(words) + 8 * number as i32)
    }
    fn leave_frame(&mut self, words: u32) {
        let size = frame_size(words);
        if size <= SMALL_FRAME {
            self.put(LOAD_PAIR_AFTER.at(FRAME.0, LINK.0, SP, size));
        } else {
            self.put(LOAD_PAIR.at(FRAME.0, LINK.0, SP, 0));
            self.offset(SP, SP, size);
        }
    }
    fn save(&mut self, ints: u32, floats: u32) {
        let size = saved_size(ints, floats);
        if size > 0 {
            self.offset(SP, SP, -size);
            self.saved(ints, floats, [STORE_PAIR, STORE_FLOATS], [STORE, STORE_FLOAT]);
        }
    }
    fn restore(&mut self, ints: u32, floats: u32) {
        let size = saved_size(ints, floats);
        if size > 0 {
            self.saved(ints, floats, [LOAD_PAIR, LOAD_FLOATS], [LOAD, LOAD_FLOAT]);
            self.offset(SP, SP, size);
        }
    }
    fn pass_context(&mut self) {
        self.put(code::mov(X0, CONTEXT));
    }
    fn write_door(&mut self, exit: Label) {
        super::door::write(self, exit);
    }
    fn write_exits(&mut self, exits: &Exits) {
        super::door::write_exits(self, exits);
    }

    // -- floats ---------------------------------------------------------------------------------

    #[inline]
    fn fmov_rr(&mut self, to: FloatReg, from: FloatReg) {
        self.put(code::fmov(to, from));
    }
    #[inline]
    fn fmov_rm(&mut self, to: FloatReg, from: Mem) {
        self.access(LOAD_FLOAT, to.0, from);
    }
    #[inline]
    fn fmov_mr(&mut self, to: Mem, from: FloatReg) {
        self.access(STORE_FLOAT, from.0, to);
    }
    fn float_of_bits(&mut self, to: FloatReg, from: Reg) {
        self.put(code::fmov_from_bits(to, from));
    }
    fn bits_of_float(&mut self, to: Reg, from: FloatReg) {
        self.put(code::fmov_to_bits(to, from));
    }
    fn float_rr(&mut self, op: FloatOp, to: FloatReg, from: FloatReg) {
        self.float_rrr(op, to, to, from);
    }
    fn float_rrr(&mut self, op: FloatOp, to: FloatReg, a: FloatReg, b: FloatReg) {
        self.put(match floats(op) {
            Some(op) => op.of(to, a, b),
            None => code::fsqrt(to, b),
        });
    }
    fn float_rm(&mut self, op: FloatOp, to: FloatReg, from: Mem) {
        // The second scratch register is free where an operand is in memory.
        let scratch = Self::FLOAT_SCRATCH_2;
        self.access(LOAD_FLOAT, scratch.0, from);
        self.float_rr(op, to, scratch);
    }
    fn fcmp_rr(&mut self, a: FloatReg, b: FloatReg) {
        self.put(code::fcmp(a, b));
    }
    fn fcmp_rm(&mut self, a: FloatReg, b: Mem) {
        let scratch = Self::FLOAT_SCRATCH_2;
        self.access(LOAD_FLOAT, scratch.0, b);
        self.put(code::fcmp(a, scratch));
    }
    fn fcmp_zero(&mut self, a: FloatReg, _: FloatReg) {
        self.put(code::fcmp_zero(a));
    }
    fn float_xor(&mut self, to: FloatReg, from: FloatReg) {
        self.put(FEOR.of(to, to, from));
    }
    fn float_of_int_r(&mut self, to: FloatReg, from: Reg) {
        self.put(code::scvtf(to, from));
    }
    fn float_of_int_m(&mut self, to: FloatReg, from: Mem) {
        let from = self.load(from);
        self.put(code::scvtf(to, from));
    }
    fn int_of_float(&mut self, to: Reg, from: FloatReg) -> Cond {
        self.put(code::fcvtzs(to, from));
        // The largest int for both ends of the range, to which adding 1 overflows; a float that compares with nothing, not even
        // itself, sets the flag of overflow without that.
        self.put(EOR.shifted(X16, to, to, Shifted::Arithmetic, 63));
        self.put(code::fcmp(from, from));
        const OVERFLOW: u32 = 1;
        self.put(code::ccmn(X16, 1, OVERFLOW, Cond::NoParity));
        Cond::Overflow
    }
}

impl Assembler {
    /// A register that holds a number which is to be stored.
    fn operand(&mut self, value: i32) -> Reg {
        if value == 0 {
            return ZERO;
        }
        self.number(X16, i64::from(value) as u64);
        X16
    }

    /// An operation with a number; `pattern` is the number in 64 bits, or twice in 32.
    fn alu_number(&mut self, op: Alu, to: Reg, a: Reg, value: i32, pattern: u64, narrow: bool) {
        let sized = |op: Three| if narrow { op.narrow() } else { op };
        match op {
            Alu::Add => self.sum(sized(ADDS), sized(SUBS), to, a, value),
            Alu::Sub => self.sum(sized(SUBS), sized(ADDS), to, a, value),
            Alu::Cmp => self.sum(sized(SUBS), sized(ADDS), ZERO, a, value),
            Alu::And | Alu::Or | Alu::Xor => match code::bits(pattern) {
                Some(bits) => self.put(sized(three(op)).bits(to, a, bits)),
                None => {
                    self.number(X17, i64::from(value) as u64);
                    self.put(sized(three(op)).of(to, a, X17));
                }
            },
        }
    }

    /// Sets the flags by the bits of a register that a number has.
    fn test_bits(&mut self, register: Reg, value: u64) {
        match code::bits(value) {
            Some(bits) => self.put(ANDS.bits(ZERO, register, bits)),
            None => {
                self.number(X17, value);
                self.put(ANDS.of(ZERO, register, X17));
            }
        }
    }

    /// One more or less in 32 bits of memory.
    fn change_32(&mut self, op: Three, to: Mem) {
        self.access(LOAD_32, X16.0, to);
        self.put(op.narrow().imm12(X16, X16, 1));
        self.access(STORE_32, X16.0, to);
    }

    /// When it is checked, the upper half must be the sign of the lower one.
    fn product(&mut self, to: Reg, a: Reg, b: Reg, checked: bool) {
        if checked {
            self.put(SMULH.of(X17, a, b));
        }
        self.put(MUL.of(to, a, b));
        if checked {
            self.put(SUBS.shifted(ZERO, X17, to, Shifted::Arithmetic, 63));
        }
    }

    /// Loads or stores registers at the stack pointer, two by two.
    fn saved(&mut self, ints: u32, floats: u32, pairs: [Pair; 2], ones: [Access; 2]) {
        let mut offset = 0;
        for (set, pair, one) in [(ints, pairs[0], ones[0]), (floats, pairs[1], ones[1])] {
            let numbers: Vec<u8> = registers_of(set).collect();
            for chunk in numbers.chunks(2) {
                self.put(match *chunk {
                    [first, second] => pair.at(first, second, SP, offset),
                    [first, ..] => one.scaled(first, SP, offset as u32),
                    [] => unreachable!("a chunk has something in it"),
                });
                offset += 8 * chunk.len() as i32;
            }
        }
    }
}

fn three(op: Alu) -> Three {
    match op {
        Alu::Add => ADDS,
        Alu::Sub | Alu::Cmp => SUBS,
        Alu::And => AND,
        Alu::Or => ORR,
        Alu::Xor => EOR,
    }
}

/// Where an operation's result goes.
fn result(op: Alu, to: Reg) -> Reg {
    if op == Alu::Cmp { ZERO } else { to }
}

/// The operation on two floats; `None` for the root.
fn floats(op: FloatOp) -> Option<Floats> {
    match op {
        FloatOp::Add => Some(FADD),
        FloatOp::Sub => Some(FSUB),
        FloatOp::Mul => Some(FMUL),
        FloatOp::Div => Some(FDIV),
        FloatOp::Sqrt => None,
    }
}

/// In bytes, with the link.
fn frame_size(words: u32) -> i32 {
    16 + 16 * words.div_ceil(2) as i32
}

/// A multiple of 16, as the stack pointer must be.
fn saved_size(ints: u32, floats: u32) -> i32 {
    16 * (ints.count_ones() + floats.count_ones()).div_ceil(2) as i32
}
