//! x86-64 machine code as plain bytes: registers and memory operands go into the methods of [`Assembler`], one per instruction
//! form; bytes with labels resolved come out.
//!
//! Only the forms that emitters use are there. Each is written as a few stores of whole words, because the encoder's time is the
//! back end's. Tests decode every form with every kind of operand by an independent disassembler.

mod assembler;

pub use assembler::{Alu, Assembler, Label, Round, Shift, Skip, Sse};

/// A register for integers and pointers, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reg(pub u8);

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

/// A register for floats, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xmm(pub u8);

/// A place in memory: base, or a label, plus scaled index plus displacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mem {
    base: Base,
    index: Option<(Reg, Scale)>,
    disp: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Reg(Reg),
    /// Where the label is; there can be no index.
    Label(Label),
}

/// What an index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Scale {
    Bytes,
    Twos,
    Fours,
    Words,
}

impl Mem {
    /// `[base + disp]`.
    #[inline]
    pub const fn at(base: Reg, disp: i32) -> Mem {
        Mem { base: Base::Reg(base), index: None, disp }
    }
    /// `[base + index * scale + disp]`; the index **must not** be the stack pointer, which has no encoding there.
    #[inline]
    pub const fn indexed(base: Reg, index: Reg, scale: Scale, disp: i32) -> Mem {
        Mem { base: Base::Reg(base), index: Some((index, scale)), disp }
    }
    /// What lies at a label.
    #[inline]
    pub const fn label(label: Label) -> Mem {
        Mem { base: Base::Label(label), index: None, disp: 0 }
    }
}

/// What the flags must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cond {
    Overflow = 0,
    NoOverflow = 1,
    Below = 2,
    AboveOrEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowOrEqual = 6,
    Above = 7,
    Sign = 8,
    NoSign = 9,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterOrEqual = 13,
    LessOrEqual = 14,
    Greater = 15,
}

impl Cond {
    /// Every condition, in the order of its number.
    pub const ALL: [Cond; 16] = [
        Cond::Overflow,
        Cond::NoOverflow,
        Cond::Below,
        Cond::AboveOrEqual,
        Cond::Equal,
        Cond::NotEqual,
        Cond::BelowOrEqual,
        Cond::Above,
        Cond::Sign,
        Cond::NoSign,
        Cond::Parity,
        Cond::NoParity,
        Cond::Less,
        Cond::GreaterOrEqual,
        Cond::LessOrEqual,
        Cond::Greater,
    ];

    /// The one that holds exactly when this does not.
    #[inline]
    pub const fn inverted(self) -> Cond {
        Cond::ALL[(self as u8 ^ 1) as usize]
    }
}

#[cfg(test)]
mod tests;
