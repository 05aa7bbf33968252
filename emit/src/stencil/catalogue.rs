//! Which stencils there are: each family once, and how its variants are numbered.
//!
//! A variant says in which registers the operands are. The generator makes one C function per variant, in this order, and
//! the emitter finds it by the same numbers, so the table needs no names.

/// What an operand of a family ranges over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Integer registers, without the context.
    Word,
    /// Those and the context.
    Base,
    /// Float registers.
    Float,
}

const WORDS: usize = 11;
const FLOATS: usize = 8;

impl Range {
    /// How many registers it has, on every machine.
    pub const fn count(self) -> usize {
        match self {
            Range::Word => WORDS,
            Range::Base => WORDS + 1,
            Range::Float => FLOATS,
        }
    }
}

/// The registers of a machine that operands range over, by its own numbers of them: some that hold values and all that are scratch.
#[derive(Debug)]
pub struct Operands {
    /// In the order of the variants, the context last.
    bases: [u8; WORDS + 1],
    floats: [u8; FLOATS],
    /// The place of each register among the variants; [`NO_PLACE`] for one that is not there.
    places: [[u8; REGISTERS]; 3],
}

pub static X86_64: Operands =
    Operands::new([12, 13, 14, 7, 6, 2, 1, 8, 9, 11, 0, 15], [0, 1, 2, 3, 4, 5, 6, 7]);
pub static AARCH64: Operands =
    Operands::new([20, 21, 22, 1, 2, 3, 4, 5, 9, 10, 0, 28], [0, 1, 2, 3, 4, 5, 6, 7]);

/// How many registers of a kind a machine may have.
const REGISTERS: usize = 32;
const NO_PLACE: u8 = u8::MAX;

impl Operands {
    const fn new(bases: [u8; WORDS + 1], floats: [u8; FLOATS]) -> Operands {
        let mut places = [[NO_PLACE; REGISTERS]; 3];
        let mut i = 0;
        while i < bases.len() {
            let register = bases[i] as usize;
            places[Range::Base as usize][register] = i as u8;
            if i < WORDS {
                places[Range::Word as usize][register] = i as u8;
            }
            i += 1;
        }
        i = 0;
        while i < floats.len() {
            places[Range::Float as usize][floats[i] as usize] = i as u8;
            i += 1;
        }
        Operands { bases, floats, places }
    }

    /// The numbers of the registers, in the order of the variants.
    pub fn registers(&self, range: Range) -> &[u8] {
        match range {
            Range::Word => &self.bases[..WORDS],
            Range::Base => &self.bases,
            Range::Float => &self.floats,
        }
    }
}

/// How a family's variants are numbered.
#[derive(Debug, Clone, Copy)]
struct Numbering {
    /// The number of the first one in the table.
    first: u16,
    /// What each operand ranges over.
    ranges: [Range; 2],
    /// How many operands there are.
    operands: u8,
}

/// By family.
const NUMBERINGS: [Numbering; Family::ALL.len()] = {
    let nothing = Numbering { first: 0, ranges: [Range::Word; 2], operands: 0 };
    let mut numberings = [nothing; Family::ALL.len()];
    let (mut first, mut i) = (0, 0);
    while i < numberings.len() {
        let family = Family::ALL[i];
        let operands = family.operands();
        let mut ranges = [Range::Word; 2];
        let mut operand = 0;
        while operand < operands.len() {
            ranges[operand] = operands[operand];
            operand += 1;
        }
        assert!(first <= u16::MAX as usize, "numbers of stencils have 16 bits");
        numberings[i] = Numbering { first: first as u16, ranges, operands: operands.len() as u8 };
        first += family.variants();
        i += 1;
    }
    numberings
};

macro_rules! families {
    ($($(#[doc = $doc:literal])* $family:ident $name:literal [$($range:ident),*];)*) => {
        /// A family of stencils. Its comment says what they do, with `a`, `b` for the registers that the variant names, `acc`,
        /// `second` for scratch ones, `facc` for the last float register and `imm`, `off` for the holes; *cold* is where control goes
        /// when the common case is not given, with `a` and `b` as they were unless it is said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Family { $($(#[doc = $doc])* $family),* }

        impl Family {
            /// Every family, in the order of the table.
            pub const ALL: &'static [Family] = &[$(Family::$family),*];

            /// As the C source names it.
            pub const fn name(self) -> &'static str {
                match self { $(Family::$family => $name),* }
            }
            /// What its operands range over.
            pub const fn operands(self) -> &'static [Range] {
                match self { $(Family::$family => &[$(Range::$range),*]),* }
            }
        }
    };
}

families! {
    /// `a += b`; cold on overflow, with the sum cut off in `a`.
    Add "add" [Word, Word];
    AddImm "add_imm" [Word];
    /// `a -= b`; cold on overflow, with the difference cut off in `a`.
    Sub "sub" [Word, Word];
    SubImm "sub_imm" [Word];
    /// `a *= b`; cold on overflow, with anything in `a`.
    Mul "mul" [Word, Word];
    MulImm "mul_imm" [Word];
    /// `a = -a`; cold on overflow, with anything in `a`.
    Neg "neg" [Word];
    /// As `add`, proved to fit.
    AddProved "add_proved" [Word, Word];
    AddProvedImm "add_proved_imm" [Word];
    SubProved "sub_proved" [Word, Word];
    SubProvedImm "sub_proved_imm" [Word];
    MulProved "mul_proved" [Word, Word];
    MulProvedImm "mul_proved_imm" [Word];
    /// `acc = a / b`; cold when `b` is 0 or -1. May change `second`.
    Div "div" [Word, Word];
    /// `acc = a % b`; cold when `b` is 0 or -1. May change `second`.
    Rem "rem" [Word, Word];
    DivProved "div_proved" [Word, Word];
    RemProved "rem_proved" [Word, Word];

    /// `acc = a == b`.
    Eq "eq" [Word, Word];
    Ne "ne" [Word, Word];
    /// `acc = a < b`, signed.
    Lt "lt" [Word, Word];
    Le "le" [Word, Word];
    EqImm "eq_imm" [Word];
    NeImm "ne_imm" [Word];
    LtImm "lt_imm" [Word];
    LeImm "le_imm" [Word];
    GtImm "gt_imm" [Word];
    GeImm "ge_imm" [Word];
    /// Goes to the target when `a == b`.
    BranchEq "branch_eq" [Word, Word];
    BranchNe "branch_ne" [Word, Word];
    BranchLt "branch_lt" [Word, Word];
    BranchLe "branch_le" [Word, Word];
    BranchEqImm "branch_eq_imm" [Word];
    BranchNeImm "branch_ne_imm" [Word];
    BranchLtImm "branch_lt_imm" [Word];
    BranchLeImm "branch_le_imm" [Word];
    BranchGtImm "branch_gt_imm" [Word];
    BranchGeImm "branch_ge_imm" [Word];
    /// Goes to the target when `a` is 0. The address of a hole is never 0, as far as a C compiler knows, so 0 has its own.
    BranchZero "branch_zero" [Word];
    BranchNotZero "branch_not_zero" [Word];
    Zero "zero" [Word];
    NotZero "not_zero" [Word];
    /// `acc = second ? a : acc`.
    Select "select" [Word];
    /// `acc = a`, or `a + b` when `a` is negative; cold unless the result is below `b` and not negative.
    IndexCheck "index_check" [Word, Word];

    /// `a += b`.
    AddFloat "add_float" [Float, Float];
    SubFloat "sub_float" [Float, Float];
    MulFloat "mul_float" [Float, Float];
    /// `a /= b`; cold when `b` is 0.
    DivFloat "div_float" [Float, Float];
    DivFloatProved "div_float_proved" [Float, Float];
    /// `a = sqrt(b)`.
    SqrtFloat "sqrt_float" [Float, Float];
    EqFloat "eq_float" [Float, Float];
    NeFloat "ne_float" [Float, Float];
    LtFloat "lt_float" [Float, Float];
    LeFloat "le_float" [Float, Float];
    BranchEqFloat "branch_eq_float" [Float, Float];
    BranchNeFloat "branch_ne_float" [Float, Float];
    BranchLtFloat "branch_lt_float" [Float, Float];
    BranchLeFloat "branch_le_float" [Float, Float];
    /// Goes to the target unless `a < b`: also when one is NaN.
    BranchNotLtFloat "branch_not_lt_float" [Float, Float];
    BranchNotLeFloat "branch_not_le_float" [Float, Float];
    /// `a = b`, the nearest float.
    FloatFromInt "float_from_int" [Float, Word];
    /// `acc = a`, cut toward 0; cold when that may be no int, with the smallest int in `acc`.
    IntFromFloat "int_from_float" [Float];

    /// `acc = a` as `any`; cold when it needs a box.
    AnyFromInt "any_from_int" [Word];
    AnyFromFloat "any_from_float" [Float];
    AnyFromBool "any_from_bool" [Word];
    /// `acc` is the int in `a`; cold unless it is an inline one.
    IntFromAny "int_from_any" [Word];
    /// `facc` is the float in `a`; cold unless it is one.
    FloatFromAny "float_from_any" [Word];
    BoolFromAny "bool_from_any" [Word];
    /// Cold unless `a` is an object whose header, masked by `imm`, is `off`.
    ObjectFromAny "object_from_any" [Word];
    /// Cold when `a` is 0, which is `none`.
    CheckSome "check_some" [Word];

    /// `a = *(b + off)`.
    Load "load" [Word, Base];
    LoadFloat "load_float" [Float, Base];
    /// `*(a + off) = b`.
    Store "store" [Base, Word];
    StoreFloat "store_float" [Base, Float];
    /// `*(a + off) = imm`.
    StoreImm "store_imm" [Base];
    /// `acc` is the number of the shape of the record `a`.
    Shape "shape" [Word];

    /// `acc = a[b]`, a list of words; cold unless 0 <= `b` < its length.
    GetWord "get_word" [Word, Word];
    /// `facc = a[b]`.
    GetFloat "get_float" [Word, Word];
    GetByte "get_byte" [Word, Word];
    /// As `get_word`, proved to be inside.
    LoadWord "load_word" [Word, Word];
    LoadItemFloat "load_item_float" [Word, Word];
    LoadByte "load_byte" [Word, Word];
    /// `a[b] = acc`; cold unless 0 <= `b` < its length.
    SetWord "set_word" [Word, Word];
    /// `a[b] = facc`.
    SetFloat "set_float" [Word, Word];
    SetByte "set_byte" [Word, Word];
    StoreWord "store_word" [Word, Word];
    StoreItemFloat "store_item_float" [Word, Word];
    StoreByte "store_byte" [Word, Word];
    /// `acc` is the address of `a[b]`, an item of 8 bytes; cold unless 0 <= `b` < its length.
    AddressWord "address_word" [Word, Word];
    /// The same, proved to be inside.
    AddressWordProved "address_word_proved" [Word, Word];
    /// `acc = a[b]`, which becomes 0; cold unless 0 <= `b` < its length.
    TakeWord "take_word" [Word, Word];
    TakeByte "take_byte" [Word, Word];
    /// Appends `acc` to the list `a`; cold unless it is unique and has room.
    PushWord "push_word" [Word];
    PushFloat "push_float" [Word];
    PushByte "push_byte" [Word];

    /// One more owner of the object `a`, if it is one.
    DupRef "dup_ref" [Word];
    DupAny "dup_any" [Word];
    /// One owner less of the object `a`, if it is one; cold when it was the last.
    DropRef "drop_ref" [Word];
    DropAny "drop_any" [Word];
}

impl Family {
    /// How many variants it has.
    pub const fn variants(self) -> usize {
        let operands = self.operands();
        let (mut count, mut i) = (1, 0);
        while i < operands.len() {
            count *= operands[i].count();
            i += 1;
        }
        count
    }

    /// The number in the table of the variant with these registers, by the machine's numbers. The registers **must** be in
    /// the operands' ranges.
    pub fn stencil(self, operands: &Operands, registers: &[u8]) -> usize {
        let numbering = &NUMBERINGS[self as usize];
        assert!(
            registers.len() == usize::from(numbering.operands),
            "`{}` has other operands",
            self.name()
        );
        let mut number = 0;
        for (&range, &register) in numbering.ranges.iter().zip(registers) {
            let place = operands.places[range as usize][usize::from(register) % REGISTERS];
            assert!(place != NO_PLACE, "`{}` has no variant for register {register}", self.name());
            number = number * range.count() + usize::from(place);
        }
        usize::from(numbering.first) + number
    }
}

/// How many stencils there are.
pub const COUNT: usize = {
    let last = Family::ALL.len() - 1;
    NUMBERINGS[last].first as usize + Family::ALL[last].variants()
};
