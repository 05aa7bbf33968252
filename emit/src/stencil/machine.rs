//! What copy and patch must know of a machine: which registers stencils have, which numbers their holes take, and how these are
//! filled in.

use super::catalogue::{self, Operands};
use super::table::{self, Table};
use crate::driver::Registers;
use crate::macro_assembler::{FloatReg, Label, MacroAssembler, Reg};
use crate::{a64, x64};

/// A machine that there are stencils for.
pub trait Machine: MacroAssembler {
    const TABLE: &'static Table;
    const OPERANDS: &'static Operands;
    /// Those that hold values: all that operands range over but the scratch ones.
    const REGISTERS: Registers;
    /// Scratch registers beside [`MacroAssembler::ACC`].
    const SECOND: Reg;
    const THIRD: Reg;

    /// Copies code. Returns where it begins in the section at hand.
    fn append(&mut self, code: &[u8]) -> usize;
    /// Fills a number into the hole at a place, which has room for it.
    fn fill(&mut self, at: usize, value: i32);
    /// Makes the branch at a place go to the label.
    fn aim(&mut self, at: usize, label: Label);
    /// The number as one that a stencil takes. 0 is none: to a C compiler no hole is 0.
    fn immediate(value: i64) -> Option<i32>;
    /// Whether a stencil takes it as the distance of a word from where a register points.
    fn reaches(offset: i32) -> bool;
    /// Makes the register ready to get a float that an int becomes.
    fn expect_float(&mut self, _: FloatReg) {}
}

impl Machine for x64::Assembler {
    const TABLE: &'static Table = &table::X86_64;
    const OPERANDS: &'static Operands = &catalogue::X86_64;
    const REGISTERS: Registers = Registers {
        ints: 0b0111_0011_1100_0010,
        kept_ints: 0b0111_0000_0000_0000,
        floats: 0b0011_1111,
    };
    const SECOND: Reg = x64::RDX;
    const THIRD: Reg = x64::R11;

    fn append(&mut self, code: &[u8]) -> usize {
        x64::Assembler::append(self, code)
    }
    fn fill(&mut self, at: usize, value: i32) {
        self.patch(at, value);
    }
    fn aim(&mut self, at: usize, label: Label) {
        self.patch_distance(at, label);
    }
    fn immediate(value: i64) -> Option<i32> {
        i32::try_from(value).ok().filter(|&value| value != 0)
    }
    fn reaches(_: i32) -> bool {
        true
    }
    /// The instruction keeps the upper half, and so would wait for the register's old value.
    fn expect_float(&mut self, register: FloatReg) {
        self.xorps(register, register);
    }
}

impl Machine for a64::Assembler {
    const TABLE: &'static Table = &table::AARCH64;
    const OPERANDS: &'static Operands = &catalogue::AARCH64;
    const REGISTERS: Registers = Registers {
        ints: 0b0111_0000_0000_0000_0011_1110,
        kept_ints: 0b0111_0000_0000_0000_0000_0000,
        floats: 0b0011_1111,
    };
    const SECOND: Reg = Reg(9);
    const THIRD: Reg = Reg(10);

    fn append(&mut self, code: &[u8]) -> usize {
        a64::Assembler::append(self, code)
    }
    fn fill(&mut self, at: usize, value: i32) {
        self.patch(at, value as u32);
    }
    fn aim(&mut self, at: usize, label: Label) {
        self.patch_distance(at, label);
    }
    // The narrowest holes are those of sums and comparisons.
    fn immediate(value: i64) -> Option<i32> {
        (1..1 << 12).contains(&value).then_some(value as i32)
    }
    fn reaches(offset: i32) -> bool {
        (0..1 << 15).contains(&offset) && offset % 8 == 0
    }
}
