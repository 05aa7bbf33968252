//! The C source of all stencils: the bodies, with the layout before them and an instance per variant behind them.
//!
//! The digest of this text and of how it is compiled stands in the table, so that a table which is out of date is noticed
//! without a C compiler.

use super::catalogue::{self, Family, Operands, Range};
use super::table::{self, Table};
use mochi_abi::layout::{Header, List, META_DETAIL, WATCHED, any};
use std::fmt::Write;
use std::mem::offset_of;

/// What the C compiler makes for one machine.
#[derive(Debug)]
pub struct Source {
    /// As Rust names the machine.
    pub machine: &'static str,
    pub operands: &'static Operands,
    /// How it is compiled, beside [`FLAGS`].
    flags: &'static [&'static str],
    /// What C calls an integer register.
    register: fn(u8) -> String,
    pub table: &'static Table,
}

/// Signed numbers of 32 bits are what the kernel's model takes addresses for.
pub static X86_64: Source = Source {
    machine: "x86_64",
    operands: &catalogue::X86_64,
    flags: &[
        "--target=x86_64-linux-gnu",
        "-mcmodel=kernel",
        "-fcf-protection=none",
        "-mno-red-zone",
    ],
    register: |number| {
        const LOW: [&str; 8] = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
        LOW.get(usize::from(number)).map_or_else(|| format!("r{number}"), |&name| name.to_owned())
    },
    table: &table::X86_64,
};

/// The small model makes an address in a register, for which the generator puts a number.
pub static AARCH64: Source = Source {
    machine: "aarch64",
    operands: &catalogue::AARCH64,
    flags: &["--target=aarch64-linux-gnu", "-mcmodel=small", "-mbranch-protection=none"],
    register: |number| format!("x{number}"),
    table: &table::AARCH64,
};

/// That of every machine.
pub static ALL: [&Source; 2] = [&X86_64, &AARCH64];

/// Small code has tail calls that are conditional jumps. `-fno-plt` **must not** be among them: jumps would become loads.
const FLAGS: &[&str] = &[
    "-Os",
    "-fno-pic",
    "-ffreestanding",
    "-fno-strict-aliasing",
    "-fno-math-errno",
    "-fomit-frame-pointer",
    "-fno-asynchronous-unwind-tables",
    "-fno-stack-protector",
    "-ffunction-sections",
];

const BODIES: &str = include_str!("stencils.c");

/// The name of the stencil with this number.
pub fn symbol(number: usize) -> String {
    format!("s{number}")
}

impl Source {
    /// How it is compiled.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> {
        FLAGS.iter().chain(self.flags).copied()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = layout();
        text.push_str(BODIES);
        let mut number = 0;
        for &family in Family::ALL {
            for variant in 0..family.variants() {
                let operands = self.operands(family, variant).join(", ");
                let (symbol, name) = (symbol(number), family.name());
                writeln!(
                    text,
                    "STENCIL void {symbol}(REGISTERS) {{ {name}({operands}) GO(CONT); }}"
                )
                .expect("a string takes everything");
                number += 1;
            }
        }
        text
    }

    /// The names of a variant's operands.
    fn operands(&self, family: Family, variant: usize) -> Vec<String> {
        let mut left = variant;
        let mut names: Vec<String> = family
            .operands()
            .iter()
            .rev()
            .map(|&range| {
                let registers = self.operands.registers(range);
                let register = registers[left % registers.len()];
                left /= registers.len();
                match range {
                    Range::Float => format!("f{register}"),
                    Range::Word | Range::Base => (self.register)(register),
                }
            })
            .collect();
        names.reverse();
        names
    }

    /// What tells one source from another: FNV-1a (Fowler, Noll and Vo) of the text and the flags.
    pub fn digest(&self) -> u64 {
        let text = self.text();
        let flags = self.flags().flat_map(str::bytes);
        text.bytes().chain(flags).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// The layout of objects, as definitions.
fn layout() -> String {
    let mut text = String::new();
    let layout: [(&str, u64); 14] = [
        ("HEADER_COUNT", offset_of!(Header, count) as u64),
        ("HEADER_META", offset_of!(Header, meta) as u64),
        ("META_DETAIL", u64::from(META_DETAIL)),
        ("WATCHED", u64::from(WATCHED)),
        ("LIST_LEN", offset_of!(List, len) as u64),
        ("LIST_CAPACITY", offset_of!(List, capacity) as u64),
        ("LIST_ITEMS", offset_of!(List, items) as u64),
        ("ANY_NONE", any::NONE),
        ("ANY_FALSE", any::FALSE),
        ("ANY_TRUE", any::TRUE),
        ("ANY_UNIT", any::UNIT),
        ("ANY_FLOAT_OFFSET", any::FLOAT_OFFSET),
        ("ANY_INT_TAG", any::INT_TAG),
        ("ANY_CANONICAL_NAN", any::CANONICAL_NAN),
    ];
    for (name, value) in layout {
        writeln!(text, "#define {name} {value:#x}ull").expect("a string takes everything");
    }
    text
}
