//! The C source of all stencils: the bodies, with the layout before them and an instance per variant behind them.
//!
//! The digest of this text and of how it is compiled stands in the table, so that a table which is out of date is noticed
//! without a C compiler.

use super::catalogue::{Family, Range};
use mochi_abi::layout::{Header, List, META_DETAIL, WATCHED, any};
use std::fmt::Write;
use std::mem::offset_of;

/// How it is compiled. Small code has tail calls that are conditional jumps; numbers that are signed and 32 bits long are
/// what the kernel's model takes addresses for. `-fno-plt` **must not** be among them: jumps would become loads.
pub const FLAGS: &[&str] = &[
    "-Os",
    "-fno-pic",
    "-mcmodel=kernel",
    "-ffreestanding",
    "-fno-strict-aliasing",
    "-fno-math-errno",
    "-fomit-frame-pointer",
    "-fno-asynchronous-unwind-tables",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-ffunction-sections",
    "-mno-red-zone",
];

const BODIES: &str = include_str!("stencils.c");

/// The name of the stencil with this number.
pub fn symbol(number: usize) -> String {
    format!("s{number}")
}

/// The whole text.
pub fn text() -> String {
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
    text.push_str(BODIES);
    let mut number = 0;
    for &family in Family::ALL {
        for variant in 0..family.variants() {
            let operands = operands(family, variant).join(", ");
            let (symbol, name) = (symbol(number), family.name());
            writeln!(text, "STENCIL void {symbol}(REGISTERS) {{ {name}({operands}) GO(CONT); }}")
                .expect("a string takes everything");
            number += 1;
        }
    }
    text
}

/// The names of a variant's operands.
fn operands(family: Family, variant: usize) -> Vec<String> {
    let mut left = variant;
    let mut names: Vec<String> = family
        .operands()
        .iter()
        .rev()
        .map(|&range| {
            let registers = range.registers();
            let register = registers[left % registers.len()];
            left /= registers.len();
            name(range, register)
        })
        .collect();
    names.reverse();
    names
}

fn name(range: Range, register: u8) -> String {
    const LOW: [&str; 8] = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
    match range {
        Range::Float => format!("x{register}"),
        Range::Word | Range::Base => match LOW.get(usize::from(register)) {
            Some(&name) => name.to_owned(),
            None => format!("r{register}"),
        },
    }
}

/// What tells one source from another: FNV-1a (Fowler, Noll and Vo) of the text and the flags.
pub fn digest() -> u64 {
    let text = text();
    let flags = FLAGS.iter().flat_map(|flag| flag.bytes());
    text.bytes().chain(flags).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
