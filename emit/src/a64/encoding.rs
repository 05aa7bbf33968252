//! Instructions as words: operands in, four bytes out.
//!
//! The constants are the words with all operands zero, as the Arm Architecture Reference Manual gives them; the methods put the
//! operands in their fields. Whoever calls makes sure that a number fits its field.

use crate::macro_assembler::{Cond, FloatReg, Reg};

/// An operation on two registers, the third one the result: `rd = rn op rm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Three(u32);

pub const ADD: Three = Three(0x8b00_0000);
pub const ADDS: Three = Three(0xab00_0000);
pub const SUB: Three = Three(0xcb00_0000);
pub const SUBS: Three = Three(0xeb00_0000);
pub const AND: Three = Three(0x8a00_0000);
pub const ANDS: Three = Three(0xea00_0000);
pub const ORR: Three = Three(0xaa00_0000);
pub const EOR: Three = Three(0xca00_0000);
pub const SMULH: Three = Three(0x9b40_7c00);
pub const MUL: Three = Three(0x9b00_7c00);
pub const SDIV: Three = Three(0x9ac0_0c00);

/// How the second operand is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Shifted {
    Left = 0,
    Logical = 1,
    Arithmetic = 2,
}

impl Three {
    /// The same on 32 bits.
    pub const fn narrow(self) -> Three {
        Three(self.0 & !(1 << 31))
    }

    pub const fn of(self, rd: Reg, rn: Reg, rm: Reg) -> u32 {
        self.0 | (rm.0 as u32) << 16 | (rn.0 as u32) << 5 | rd.0 as u32
    }

    /// With the second operand shifted; only for sums, differences and bits.
    pub const fn shifted(self, rd: Reg, rn: Reg, rm: Reg, shift: Shifted, by: u8) -> u32 {
        self.of(rd, rn, rm) | (shift as u32) << 22 | (by as u32) << 10
    }

    /// With a number of 12 bits, or one of 24 whose lower half is 0; only for sums and differences.
    pub const fn imm12(self, rd: Reg, rn: Reg, value: u32) -> u32 {
        let field = if value < 1 << 12 { value << 10 } else { 1 << 22 | value >> 12 << 10 };
        // From the form with a shifted register to that with a number.
        (self.0 & !(0x1f << 24) | 0x11 << 24) | field | (rn.0 as u32) << 5 | rd.0 as u32
    }

    /// With a number that [`bits`] has encoded; only for bits.
    pub const fn bits(self, rd: Reg, rn: Reg, bits: u32) -> u32 {
        (self.0 & !(0x1f << 24) | 0x12 << 24) | bits << 10 | (rn.0 as u32) << 5 | rd.0 as u32
    }
}

/// `rd = ra - rn * rm`.
pub const fn msub(rd: Reg, rn: Reg, rm: Reg, ra: Reg) -> u32 {
    0x9b00_8000 | (rm.0 as u32) << 16 | (ra.0 as u32) << 10 | (rn.0 as u32) << 5 | rd.0 as u32
}

/// Compares the stack pointer with a register.
pub const fn cmp_sp(rm: Reg) -> u32 {
    0xeb20_63ff | (rm.0 as u32) << 16
}

/// Whether a sum or difference takes the number as it is.
pub const fn is_imm12(value: u32) -> bool {
    value < 1 << 12 || (value < 1 << 24 && value & 0xfff == 0)
}

/// A number as an operand of an operation on bits: a run of ones, rotated, repeated in elements of 2 to 64 bits. `None` for what is
/// none.
pub const fn bits(value: u64) -> Option<u32> {
    if value == 0 || value == u64::MAX {
        return None;
    }
    let mut size = 64;
    while size > 2 {
        let half = size / 2;
        let mask = (1u64 << half) - 1;
        if value & mask != value >> half & mask {
            break;
        }
        size = half;
    }
    let mask = u64::MAX >> (64 - size);
    let element = value & mask;
    let ones = element.count_ones();
    let run = (1u64 << ones) - 1;
    // By so much the run was rotated right.
    let mut rotation = 0;
    while rotation < size {
        let rotated =
            if rotation == 0 { run } else { (run >> rotation | run << (size - rotation)) & mask };
        if rotated == element {
            let sizes = !(size * 2 - 1) & 0x3f;
            let wide = (size == 64) as u32;
            return Some(wide << 12 | rotation << 6 | sizes | (ones - 1));
        }
        rotation += 1;
    }
    None
}

/// Sixteen bits of a register: all others 0, all others 1, or the others as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Wide {
    Not = 0x9280_0000,
    Zero = 0xd280_0000,
    Keep = 0xf280_0000,
}

/// `part` counts sixteens.
pub const fn mov_wide(how: Wide, rd: Reg, value: u16, part: u32) -> u32 {
    how as u32 | part << 21 | (value as u32) << 5 | rd.0 as u32
}

/// `rd = rm`; neither is the stack pointer.
pub const fn mov(rd: Reg, rm: Reg) -> u32 {
    ORR.of(rd, super::ZERO, rm)
}

pub const fn shift(shift: Shifted, rd: Reg, rn: Reg, by: u8) -> u32 {
    let by = by as u32 & 63;
    let (base, immr, imms) = match shift {
        Shifted::Left => (0xd340_0000, (64 - by) & 63, 63 - by),
        Shifted::Logical => (0xd340_0000, by, 63),
        Shifted::Arithmetic => (0x9340_0000, by, 63),
    };
    base | immr << 16 | imms << 10 | (rn.0 as u32) << 5 | rd.0 as u32
}

/// The low byte, the bits above it 0.
pub const fn uxtb(rd: Reg, rn: Reg) -> u32 {
    0x5300_1c00 | (rn.0 as u32) << 5 | rd.0 as u32
}

/// A condition's number.
pub const fn condition(cond: Cond) -> u32 {
    match cond {
        Cond::Equal => 0,
        Cond::NotEqual => 1,
        Cond::AboveOrEqual => 2,
        Cond::Below => 3,
        Cond::Sign => 4,
        Cond::NoSign => 5,
        // Floats that cannot be compared set it.
        Cond::Overflow | Cond::Parity => 6,
        Cond::NoOverflow | Cond::NoParity => 7,
        Cond::Above => 8,
        Cond::BelowOrEqual => 9,
        Cond::GreaterOrEqual => 10,
        Cond::Less => 11,
        Cond::Greater => 12,
        Cond::LessOrEqual => 13,
    }
}

/// `rd = if cond { rn } else { rm }`.
pub const fn csel(rd: Reg, rn: Reg, rm: Reg, cond: Cond) -> u32 {
    let cond = condition(cond);
    0x9a80_0000 | (rm.0 as u32) << 16 | cond << 12 | (rn.0 as u32) << 5 | rd.0 as u32
}

/// `rd` is 1 when the condition holds, else 0.
pub const fn cset(rd: Reg, cond: Cond) -> u32 {
    0x9a9f_07e0 | (condition(cond) ^ 1) << 12 | rd.0 as u32
}

/// When the condition holds the flags are those of `rn + value`, else they are `flags`, of four bits.
pub const fn ccmn(rn: Reg, value: u32, flags: u32, cond: Cond) -> u32 {
    0xba40_0800 | value << 16 | condition(cond) << 12 | (rn.0 as u32) << 5 | flags
}

// -- memory -----------------------------------------------------------------------------------------

/// A load or a store of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access(u32);

pub const LOAD: Access = Access(0xf940_0000);
pub const STORE: Access = Access(0xf900_0000);
pub const LOAD_32: Access = Access(0xb940_0000);
pub const STORE_32: Access = Access(0xb900_0000);
/// 32 bits with their sign.
pub const LOAD_SIGNED_32: Access = Access(0xb980_0000);
pub const LOAD_8: Access = Access(0x3940_0000);
pub const STORE_8: Access = Access(0x3900_0000);
pub const LOAD_FLOAT: Access = Access(0xfd40_0000);
pub const STORE_FLOAT: Access = Access(0xfd00_0000);

impl Access {
    /// The logarithm of how many bytes it moves.
    pub const fn size(self) -> u32 {
        self.0 >> 30
    }

    /// At `[rn + offset]`, a multiple of the size that is not negative and less than 4096 times it.
    pub const fn scaled(self, rt: u8, rn: Reg, offset: u32) -> u32 {
        self.0 | offset >> self.size() << 10 | (rn.0 as u32) << 5 | rt as u32
    }

    /// At `[rn + offset]`, from -256 to 255.
    pub const fn unscaled(self, rt: u8, rn: Reg, offset: i32) -> u32 {
        let field = offset as u32 & 0x1ff;
        self.0 & !(1 << 24) | field << 12 | (rn.0 as u32) << 5 | rt as u32
    }

    /// At `[rn + rm]`, or with the index counting items of the size.
    pub const fn indexed(self, rt: u8, rn: Reg, rm: Reg, is_scaled: bool) -> u32 {
        let scaled = (is_scaled as u32) << 12;
        self.0 & !(1 << 24)
            | 0x20_6800
            | scaled
            | (rm.0 as u32) << 16
            | (rn.0 as u32) << 5
            | rt as u32
    }
}

/// A load or a store of two registers at neighbouring words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair(u32);

pub const STORE_PAIR: Pair = Pair(0xa900_0000);
pub const LOAD_PAIR: Pair = Pair(0xa940_0000);
pub const STORE_FLOATS: Pair = Pair(0x6d00_0000);
pub const LOAD_FLOATS: Pair = Pair(0x6d40_0000);
/// The base is moved before.
pub const STORE_PAIR_BEFORE: Pair = Pair(0xa980_0000);
/// The base is moved afterwards.
pub const LOAD_PAIR_AFTER: Pair = Pair(0xa8c0_0000);

impl Pair {
    /// At `[rn + offset]`, a multiple of 8 from -512 to 504.
    pub const fn at(self, first: u8, second: u8, rn: Reg, offset: i32) -> u32 {
        let field = (offset >> 3) as u32 & 0x7f;
        self.0 | field << 15 | (second as u32) << 10 | (rn.0 as u32) << 5 | first as u32
    }
}

/// The one that does what two loads or two stores of words at `[rn + offset]` do, one after the other: at neighbouring places, of
/// registers that the first does not change.
pub const fn pair(first: u32, second: u32) -> Option<u32> {
    const OPERATION: u32 = 0xffc0_0000;
    let operation = first & OPERATION;
    let (pair, is_load) = match Access(operation) {
        LOAD => (LOAD_PAIR, true),
        STORE => (STORE_PAIR, false),
        LOAD_FLOAT => (LOAD_FLOATS, false),
        STORE_FLOAT => (STORE_FLOATS, false),
        _ => return None,
    };
    let same = OPERATION | 0x1f << 5;
    let (place, next) = (first >> 10 & 0xfff, second >> 10 & 0xfff);
    let (a, b, base) = (first & 0x1f, second & 0x1f, first >> 5 & 0x1f);
    // The second must not read what the first has loaded, nor load the same register.
    let loads_itself = operation & 1 << 22 != 0 && a == b || is_load && a == base;
    if first & same != second & same || next != place + 1 || place > 63 || loads_itself {
        return None;
    }
    Some(pair.at(a as u8, b as u8, Reg(base as u8), 8 * place as i32))
}

/// An instruction with a number in its empty field: [`Three::imm12`] in 12 bits, [`mov_wide`] in 16, or [`Access::scaled`], where it
/// counts bytes.
pub const fn with_number(word: u32, value: u32) -> u32 {
    if word & 0x1f80_0000 == 0x1100_0000 {
        word | value << 10
    } else if word & 0x3b00_0000 == 0x3900_0000 {
        word | value >> Access(word).size() << 10
    } else {
        word | value << 5
    }
}

/// The address of the page of 4096 bytes that is so many pages further.
pub const fn adrp(rd: Reg, pages: i32) -> u32 {
    let pages = pages as u32;
    0x9000_0000 | (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5 | rd.0 as u32
}

// -- control ----------------------------------------------------------------------------------------

/// The distance, in instructions, fits in 26 bits.
pub const fn b(distance: i32) -> u32 {
    0x1400_0000 | distance as u32 & 0x3ff_ffff
}
pub const fn bl(distance: i32) -> u32 {
    0x9400_0000 | distance as u32 & 0x3ff_ffff
}
/// The distance, in instructions, fits in 19 bits.
pub const fn b_cond(cond: Cond, distance: i32) -> u32 {
    0x5400_0000 | (distance as u32 & 0x7_ffff) << 5 | condition(cond)
}
pub const fn br(rn: Reg) -> u32 {
    0xd61f_0000 | (rn.0 as u32) << 5
}
pub const fn blr(rn: Reg) -> u32 {
    0xd63f_0000 | (rn.0 as u32) << 5
}
/// To the address in `x30`.
pub const RET: u32 = 0xd65f_03c0;
/// Stops.
pub const BRK: u32 = 0xd420_0000;

// -- floats -----------------------------------------------------------------------------------------

/// An operation on two floats, the third one the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floats(u32);

pub const FADD: Floats = Floats(0x1e60_2800);
pub const FSUB: Floats = Floats(0x1e60_3800);
pub const FMUL: Floats = Floats(0x1e60_0800);
pub const FDIV: Floats = Floats(0x1e60_1800);
/// Of all bits.
pub const FEOR: Floats = Floats(0x2e20_1c00);

impl Floats {
    pub const fn of(self, rd: FloatReg, rn: FloatReg, rm: FloatReg) -> u32 {
        self.0 | (rm.0 as u32) << 16 | (rn.0 as u32) << 5 | rd.0 as u32
    }
}

pub const fn fmov(rd: FloatReg, rn: FloatReg) -> u32 {
    0x1e60_4000 | (rn.0 as u32) << 5 | rd.0 as u32
}
pub const fn fsqrt(rd: FloatReg, rn: FloatReg) -> u32 {
    0x1e61_c000 | (rn.0 as u32) << 5 | rd.0 as u32
}
pub const fn fcmp(rn: FloatReg, rm: FloatReg) -> u32 {
    0x1e60_2000 | (rm.0 as u32) << 16 | (rn.0 as u32) << 5
}
pub const fn fcmp_zero(rn: FloatReg) -> u32 {
    0x1e60_2008 | (rn.0 as u32) << 5
}
/// The bits as they are.
pub const fn fmov_from_bits(rd: FloatReg, rn: Reg) -> u32 {
    0x9e67_0000 | (rn.0 as u32) << 5 | rd.0 as u32
}
pub const fn fmov_to_bits(rd: Reg, rn: FloatReg) -> u32 {
    0x9e66_0000 | (rn.0 as u32) << 5 | rd.0 as u32
}
/// The nearest float.
pub const fn scvtf(rd: FloatReg, rn: Reg) -> u32 {
    0x9e62_0000 | (rn.0 as u32) << 5 | rd.0 as u32
}
/// Cut toward 0; what does not fit gives the nearest int, NaN 0.
pub const fn fcvtzs(rd: Reg, rn: FloatReg) -> u32 {
    0x9e78_0000 | (rn.0 as u32) << 5 | rd.0 as u32
}
