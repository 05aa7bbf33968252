//! The seam between the baseline compilers and the machines: what they need an assembler to do, and the operands it takes.
//!
//! The code around ops ([`crate::baseline`]) and the templates are written once, over [`MacroAssembler`]; each machine has one, an
//! encoder with these methods, chosen when the compiler is instantiated, so that nothing is decided while code is emitted.
//! Where a machine lacks an instruction its method writes several and may use registers that hold no values.
//!
//! The flags: comparisons and [`MacroAssembler::test_rr`] set them for all conditions, a sum, difference or negation for overflow and
//! (but for the unsigned ones) its result. Moves, loads, stores and constants keep them. After all else they mean nothing, unless
//! its method says so.

use crate::driver::Registers;
use crate::driver::code::{Frame, INT_ARGUMENTS};

/// A register for integers and pointers, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reg(pub u8);

/// A register for floats, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatReg(pub u8);

/// A place in memory: base, or a label, plus scaled index plus displacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mem {
    pub(crate) base: Base,
    pub(crate) index: Option<(Reg, Scale)>,
    pub(crate) disp: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
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

/// A place in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(pub u32);

/// A jump over a few instructions that waits for its end.
#[derive(Debug)]
#[must_use]
pub struct Skip(pub(crate) usize);

/// What the flags must say. The numbers are those of x86-64.
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

/// What the flags must say for a condition to hold.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    pub cond: Cond,
    pub parity: Parity,
}

/// [`Cond::Parity`] is set by a comparison of floats that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// Does not matter.
    Any,
    /// Must not be set, as well.
    Clear,
    /// Or is set.
    OrSet,
}

impl Test {
    pub const fn of(cond: Cond) -> Test {
        Test { cond, parity: Parity::Any }
    }

    /// The one that holds exactly when this does not.
    pub const fn inverted(self) -> Test {
        let parity = match self.parity {
            Parity::Any => Parity::Any,
            Parity::Clear => Parity::OrSet,
            Parity::OrSet => Parity::Clear,
        };
        Test { cond: self.cond.inverted(), parity }
    }
}

/// What says how the floats `a` and `b` compare, after [`MacroAssembler::fcmp_rr`] of them. Each is false when they cannot be
/// compared, but for `not_equal`.
#[derive(Debug, Clone, Copy)]
pub struct FloatTests {
    pub equal: Test,
    pub not_equal: Test,
    pub greater: Test,
    pub greater_or_equal: Test,
}

/// Arithmetic of two operands. The numbers are those of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Alu {
    Add = 0,
    Or = 1,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// A shift. The numbers are those of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Shift {
    Left = 4,
    Logical = 5,
    Arithmetic = 7,
}

/// Arithmetic of floats. The numbers are those of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FloatOp {
    /// Of the second operand alone.
    Sqrt = 0x51,
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5c,
    Div = 0x5e,
}

/// Where the ways out of compiled code are: labels of code, and of the words that hold addresses of the runtime.
#[derive(Debug, Clone, Copy)]
pub struct Exits {
    /// Where the door leaves, with the stack pointer that it saved.
    pub exit: Label,
    /// Called with a trap's kind and its words in [`MacroAssembler::FAIL_ARGUMENTS`]; the return address is the site's.
    pub fail: Label,
    /// Called when a trap is in flight; the return address is the site's.
    pub leave: Label,
    /// Gone to by a function that has made its frame and finds the stack used up.
    pub overflow: Label,
    /// The runtime function that raises a trap.
    pub raise: Label,
    /// `extern "C" fn(context, frame, return address)`.
    pub unwind: Label,
}

/// An assembler as the baseline compilers need it. Operands are in the order of Intel's syntax: the first one is the result. In a
/// name `r` is a register, `m` a place in memory, `i` a number.
pub trait MacroAssembler: Default + std::fmt::Debug {
    /// Belong to the op at hand. The result of functions, and of C functions, is in the first.
    const ACC: Reg;
    const AUX: Reg;
    /// The context.
    const CONTEXT: Reg;
    /// Where the result of a C function can outlive the next one when a function is left: C functions keep it.
    const KEPT: Reg;
    /// Where integer arguments go; neither of the registers for the op at hand.
    const INT_ARGUMENTS: [Reg; INT_ARGUMENTS];
    /// Where integer arguments of C functions go, after the context.
    const C_ARGUMENTS: [Reg; 5];
    /// Where C functions get the context, and the integer arguments after it that come in registers. The first of these are
    /// [`MacroAssembler::C_ARGUMENTS`].
    const C_CONTEXT: Reg;
    const C_INTS: &'static [Reg];
    /// Where the way out of a trap wants its kind and its words.
    const FAIL_ARGUMENTS: [Reg; 3];
    /// How many float registers there are. The first [`crate::driver::code::FLOAT_ARGUMENTS`] are for arguments.
    const FLOATS: u8;
    /// The registers that the templates have for values, and those for the float at hand.
    const REGISTERS: Registers;
    const FLOAT_SCRATCH: FloatReg;
    const FLOAT_SCRATCH_2: FloatReg;
    /// The condition that holds when a checked product has overflowed.
    const PRODUCT_OVERFLOWS: Cond;
    const FLOAT_TESTS: FloatTests;
    /// A function's code **must not** be longer, in bytes: jumps in it would not reach.
    const LONGEST_FUNCTION: usize;

    /// With room for about so many bytes of code.
    fn with_room(_: usize) -> Self {
        Self::default()
    }

    // -- labels and sections --------------------------------------------------------------------

    /// A label that is not bound yet.
    fn label(&mut self) -> Label;
    /// Makes the label stand for the present place.
    fn bind(&mut self, label: Label);
    /// Where a bound label is.
    fn place(&self, label: Label) -> u32;
    /// The present place: how many bytes the present section has.
    fn here(&self) -> usize;
    fn is_cold(&self) -> bool;
    /// Goes on in the cold section.
    fn enter_cold(&mut self);
    /// Goes back to the hot section.
    fn leave_cold(&mut self);
    /// Puts the cold section behind the hot one and empties it. Returns by how many bytes its code has moved.
    fn append_cold(&mut self) -> usize;
    /// Fills in all distances. Every label that was used **must** be bound.
    fn finish(&mut self);
    /// Takes the code out.
    fn into_bytes(self) -> Vec<u8>;
    /// Fills with traps up to a multiple of `alignment`.
    fn align(&mut self, alignment: usize);
    /// A word of data.
    fn word(&mut self, word: u64);
    /// Four bytes of data: the label's place less `from`'s, both bound.
    fn distance(&mut self, label: Label, from: Label);

    // -- moves ----------------------------------------------------------------------------------

    fn mov_rr(&mut self, to: Reg, from: Reg);
    fn mov_ri(&mut self, to: Reg, value: u64);
    fn mov_rm(&mut self, to: Reg, from: Mem);
    fn mov_mr(&mut self, to: Mem, from: Reg);
    fn mov_mi(&mut self, to: Mem, value: i32);
    /// 0; the flags do not stay.
    fn zero(&mut self, to: Reg);
    /// 32 bits; the upper ones become 0.
    fn mov32_rm(&mut self, to: Reg, from: Mem);
    /// A byte, the bits above it 0.
    fn movzx8_rm(&mut self, to: Reg, from: Mem);
    fn movzx8_rr(&mut self, to: Reg, from: Reg);
    fn mov8_mr(&mut self, to: Mem, from: Reg);
    fn mov8_mi(&mut self, to: Mem, value: u8);
    /// 32 bits with their sign.
    fn movsxd_rm(&mut self, to: Reg, from: Mem);
    fn lea(&mut self, to: Reg, from: Mem);
    /// Only when the condition holds.
    fn cmov(&mut self, cond: Cond, to: Reg, from: Reg);
    /// The register's low byte becomes 0 or 1.
    fn setcc(&mut self, cond: Cond, to: Reg);

    // -- integers -------------------------------------------------------------------------------

    fn alu_rr(&mut self, op: Alu, to: Reg, from: Reg);
    fn alu_rm(&mut self, op: Alu, to: Reg, from: Mem);
    fn alu_mr(&mut self, op: Alu, to: Mem, from: Reg);
    fn alu_ri(&mut self, op: Alu, to: Reg, value: i32);
    fn alu_mi(&mut self, op: Alu, to: Mem, value: i32);
    /// `to = a op b`; `to` is not `b`, unless that is `a` as well.
    #[inline]
    fn alu_rrr(&mut self, op: Alu, to: Reg, a: Reg, b: Reg) {
        if to != a {
            self.mov_rr(to, a);
        }
        self.alu_rr(op, to, b);
    }
    #[inline]
    fn alu_rri(&mut self, op: Alu, to: Reg, a: Reg, value: i32) {
        if to != a {
            self.mov_rr(to, a);
        }
        self.alu_ri(op, to, value);
    }
    /// On 32 bits.
    fn alu32_mi(&mut self, op: Alu, to: Mem, value: i32);
    fn alu32_rr(&mut self, op: Alu, to: Reg, from: Reg);
    fn alu32_ri(&mut self, op: Alu, to: Reg, value: i32);
    /// Sets the flags by the bits that both have.
    fn test_rr(&mut self, a: Reg, b: Reg);
    /// By those of a byte of memory; only for whether there are any.
    fn test8_mi(&mut self, a: Mem, value: u8);
    /// Whether any bits are left of `a` when it is shifted right; only for that. `scratch` is overwritten.
    fn test_above(&mut self, a: Reg, by: u8, scratch: Reg);
    fn inc32_m(&mut self, to: Mem);
    /// Sets the flags for the comparisons with 0 that know signs.
    fn dec32_m(&mut self, to: Mem);
    fn inc_m(&mut self, to: Mem);
    fn neg(&mut self, to: Reg);
    /// A product. When it is `checked` the flags say [`MacroAssembler::PRODUCT_OVERFLOWS`].
    fn mul_rr(&mut self, to: Reg, from: Reg, checked: bool);
    fn mul_rm(&mut self, to: Reg, from: Mem, checked: bool);
    /// `to = a * b`; `to` is not `b`, unless that is `a` as well.
    #[inline]
    fn mul_rrr(&mut self, to: Reg, a: Reg, b: Reg, checked: bool) {
        if to != a {
            self.mov_rr(to, a);
        }
        self.mul_rr(to, b, checked);
    }
    /// `to` **must** be another register than `from` when it is checked.
    fn mul_rri(&mut self, to: Reg, from: Reg, value: i32, checked: bool);
    /// [`MacroAssembler::AUX`] becomes the upper half of [`MacroAssembler::ACC`]` * by`, with signs; the latter is lost.
    fn mul_high(&mut self, by: Reg);
    /// [`MacroAssembler::ACC`] divided by `by`, with signs: the quotient goes there, or else the rest to [`MacroAssembler::AUX`]; the
    /// other of both is lost. `by` **must** be neither, nor 0, nor -1 with the smallest int.
    fn divide_r(&mut self, by: Reg, is_quotient: bool);
    fn divide_m(&mut self, by: Mem, is_quotient: bool);
    fn shift_ri(&mut self, op: Shift, to: Reg, by: u8);

    // -- control --------------------------------------------------------------------------------

    fn jmp(&mut self, label: Label);
    /// To a label of the function.
    fn jcc(&mut self, cond: Cond, label: Label);
    /// A jump over a few instructions, which ends where the result goes to [`MacroAssembler::bind_skip`].
    fn skip(&mut self, cond: Cond) -> Skip;
    /// The jump goes here.
    fn bind_skip(&mut self, skip: Skip);
    fn call(&mut self, label: Label);
    fn call_m(&mut self, target: Mem);
    fn jmp_m(&mut self, target: Mem);
    fn jmp_r(&mut self, target: Reg);
    fn ret(&mut self);

    // -- frames ---------------------------------------------------------------------------------

    /// Links a frame with room for so many words.
    fn enter_frame(&mut self, words: u32);
    /// Goes to the label when the stack pointer is below the limit.
    fn check_stack(&mut self, limit: Mem, overflow: Label);
    /// Where the frame at hand has the word with this number.
    fn frame_word(number: u32) -> Mem;
    /// Where a caller by the C ABI has put the argument with this number among those without a register, for the frame at hand, of
    /// so many words.
    fn caller_word(words: u32, number: u32) -> Mem;
    /// Restores the frame of before, so that only the return is left.
    fn leave_frame(&mut self, words: u32);
    /// Saves registers on the stack. The frame's words stay where they are.
    fn save(&mut self, ints: u32, floats: u32);
    /// Restores what was saved last.
    fn restore(&mut self, ints: u32, floats: u32);
    /// The context goes where C functions expect it.
    fn pass_context(&mut self);
    /// Code that belongs to no function: `extern "C" fn(context, address of a function, *mut Image)`, which keeps what C functions
    /// keep, and leaves at the label as well.
    fn write_door(&mut self, exit: Label);
    /// The ways out of a trap, which bind all labels but `exit`.
    fn write_exits(&mut self, exits: &Exits);

    // -- for debuggers: a machine without descriptions of its frames notes nothing ---------------

    /// Notes from now on how callers are found.
    fn note_frames(&mut self) {}
    /// From here on all is as it was when the function was called.
    fn note_entry(&mut self) {}
    /// From here on a frame is linked, as it was before a way out.
    fn note_frame(&mut self) {}
    /// From which places on callers are found in which way, in order.
    fn take_frames(&mut self) -> Vec<(u32, Frame)> {
        Vec::new()
    }

    // -- floats ---------------------------------------------------------------------------------

    fn fmov_rr(&mut self, to: FloatReg, from: FloatReg);
    fn fmov_rm(&mut self, to: FloatReg, from: Mem);
    fn fmov_mr(&mut self, to: Mem, from: FloatReg);
    /// The bits as they are.
    fn float_of_bits(&mut self, to: FloatReg, from: Reg);
    fn bits_of_float(&mut self, to: Reg, from: FloatReg);
    fn float_rr(&mut self, op: FloatOp, to: FloatReg, from: FloatReg);
    fn float_rm(&mut self, op: FloatOp, to: FloatReg, from: Mem);
    /// `to = a op b`; `to` is not `b`, unless that is `a` as well.
    #[inline]
    fn float_rrr(&mut self, op: FloatOp, to: FloatReg, a: FloatReg, b: FloatReg) {
        if to != a {
            self.fmov_rr(to, a);
        }
        self.float_rr(op, to, b);
    }
    fn fcmp_rr(&mut self, a: FloatReg, b: FloatReg);
    fn fcmp_rm(&mut self, a: FloatReg, b: Mem);
    /// With 0. `scratch` may be overwritten.
    fn fcmp_zero(&mut self, a: FloatReg, scratch: FloatReg);
    /// Bits that are in only one of both.
    fn float_xor(&mut self, to: FloatReg, from: FloatReg);
    /// The nearest float.
    fn float_of_int_r(&mut self, to: FloatReg, from: Reg);
    fn float_of_int_m(&mut self, to: FloatReg, from: Mem);
    /// Cut toward 0. When the condition holds afterwards it may be that it is no int, and the result is the smallest one if the
    /// float is that.
    fn int_of_float(&mut self, to: Reg, from: FloatReg) -> Cond;
}

/// The numbers of a set of registers, in order.
pub fn registers_of(mut set: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let number = (set != 0).then(|| set.trailing_zeros() as u8);
        set &= set.wrapping_sub(1);
        number
    })
}

/// The machine that this process runs on; x86-64 where there is no code for it.
#[cfg(target_arch = "aarch64")]
pub(crate) type Host = crate::a64::Assembler;
#[cfg(not(target_arch = "aarch64"))]
pub(crate) type Host = crate::x64::Assembler;
