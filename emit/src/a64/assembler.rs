//! The encoder: sections, labels, and what takes more than one instruction.
//!
//! - Code is written to the hot section unless [`Assembler::enter_cold`] was called; [`Assembler::append_cold`] puts what the cold
//!   section holds behind the hot one, so that a function's rare paths stand out of its way.
//! - A label is bound once, at the present place; [`Assembler::finish`] fills in the distances. Jumps and calls reach 128 MiB,
//!   conditional jumps 1 MiB, addresses of labels 4 GiB.
//! - Addresses of labels are counted in pages, so code **must** be loaded at a multiple of 4096.

use super::encoding::{
    ADD, Access, BRK, LOAD, STORE, SUB, Three, Wide, adrp, b, b_cond, bits, bl, is_imm12, mov_wide,
    pair, with_number,
};
use super::{X16, X17, ZERO};
use crate::macro_assembler::{Base, Cond, Label, Mem, Reg, Scale, Skip};

const UNBOUND: u32 = u32::MAX;

/// Set in the place of a label that is bound in the cold section, until that is appended.
const COLD: u32 = 1 << 31;

/// What an instruction gets of a label's place.
#[derive(Debug, Clone, Copy)]
enum Distance {
    /// 26 bits, in instructions.
    Jump,
    /// 19 bits, in instructions.
    Conditional,
    /// That of its page, and in the instruction behind, which counts in units of a power of two, that in its page.
    Page(u8),
}

/// A distance to be filled into the instruction with a number.
#[derive(Debug, Clone, Copy)]
struct Fixup {
    at: u32,
    label: Label,
    distance: Distance,
}

#[derive(Debug, Default)]
struct Section {
    words: Vec<u32>,
    /// Where control may come from elsewhere: nothing before this place may be changed.
    joins: usize,
    fixups: Vec<Fixup>,
}

/// See the file's header.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The one that is written to.
    section: Section,
    other: Section,
    in_cold: bool,
    /// Where each label is, in bytes.
    labels: Vec<u32>,
    /// Labels bound in the cold section.
    cold_labels: Vec<Label>,
}

impl Assembler {
    // -- labels and sections ------------------------------------------------------------

    /// A label that is not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// Makes the label stand for the present place.
    pub fn bind(&mut self, label: Label) {
        debug_assert_eq!(self.labels[label.0 as usize], UNBOUND, "a label is bound once");
        let place = self.len() as u32;
        self.section.joins = self.section.words.len();
        if self.in_cold {
            self.labels[label.0 as usize] = place | COLD;
            self.cold_labels.push(label);
        } else {
            self.labels[label.0 as usize] = place;
        }
    }

    /// Where a bound label is.
    pub fn place(&self, label: Label) -> u32 {
        self.labels[label.0 as usize]
    }

    /// How many bytes the present section has.
    #[inline]
    pub fn len(&self) -> usize {
        self.section.words.len() * size_of::<u32>()
    }

    pub fn is_empty(&self) -> bool {
        self.section.words.is_empty()
    }

    pub fn is_cold(&self) -> bool {
        self.in_cold
    }

    /// Goes on in the cold section.
    pub fn enter_cold(&mut self) {
        debug_assert!(!self.in_cold, "sections do not nest");
        std::mem::swap(&mut self.section, &mut self.other);
        self.in_cold = true;
    }

    /// Goes back to the hot section.
    pub fn leave_cold(&mut self) {
        debug_assert!(self.in_cold, "it is in the cold section");
        std::mem::swap(&mut self.section, &mut self.other);
        self.in_cold = false;
    }

    /// Puts the cold section behind the hot one and empties it. Returns by how many bytes its code has moved.
    pub fn append_cold(&mut self) -> usize {
        debug_assert!(!self.in_cold, "the hot section is at hand");
        let shift = self.section.words.len();
        let bytes = self.len();
        self.other.joins = 0;
        self.section.words.append(&mut self.other.words);
        for fixup in self.other.fixups.drain(..) {
            self.section.fixups.push(Fixup { at: fixup.at + shift as u32, ..fixup });
        }
        for label in self.cold_labels.drain(..) {
            let place = &mut self.labels[label.0 as usize];
            *place = (*place & !COLD) + bytes as u32;
        }
        bytes
    }

    /// Fills in all distances. Every label that was used **must** be bound.
    pub fn finish(&mut self) {
        debug_assert!(
            !self.in_cold && self.other.words.is_empty(),
            "nothing is left in the cold section"
        );
        for Fixup { at, label, distance } in self.section.fixups.drain(..) {
            let target = self.labels[label.0 as usize];
            assert!(target != UNBOUND, "every label that is used is bound");
            let at = at as usize;
            let words = &mut self.section.words;
            let steps = (target / 4) as i32 - at as i32;
            match distance {
                Distance::Jump => words[at] |= b(steps) & !b(0),
                Distance::Conditional => {
                    let reaches = (-(1 << 18)..1 << 18).contains(&steps);
                    assert!(reaches, "a function is short enough for its jumps");
                    words[at] |= (steps as u32 & 0x7_ffff) << 5;
                }
                Distance::Page(unit) => {
                    let pages = (target >> 12) as i32 - (at as i32 >> 10);
                    words[at] |= adrp(Reg(0), pages) & !adrp(Reg(0), 0);
                    debug_assert_eq!(target & ((1 << unit) - 1), 0, "data is aligned");
                    words[at + 1] |= (target & 0xfff) >> unit << 10;
                }
            }
        }
    }

    /// The code; complete after [`Assembler::finish`].
    pub fn words(&self) -> &[u32] {
        &self.section.words
    }

    /// Takes the code out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.section.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Appends code whose distances within are filled in. Returns where it begins in the section at hand.
    pub fn append(&mut self, code: &[u8]) -> usize {
        let start = self.len();
        let (words, rest) = code.as_chunks::<4>();
        debug_assert!(rest.is_empty(), "an instruction has four bytes");
        self.section.words.extend(words.iter().map(|&word| u32::from_le_bytes(word)));
        // It may have jumps to its end.
        self.section.joins = self.section.words.len();
        start
    }

    /// Puts a number into the empty field of an instruction: in units of what it moves if it accesses memory.
    pub fn patch(&mut self, at: usize, value: u32) {
        let word = &mut self.section.words[at / 4];
        *word = with_number(*word, value);
    }

    /// Makes a jump go to the label.
    pub fn patch_distance(&mut self, at: usize, label: Label) {
        let at = at / 4;
        let distance = match self.section.words[at] == b(0) {
            true => Distance::Jump,
            false => Distance::Conditional,
        };
        self.section.fixups.push(Fixup { at: at as u32, label, distance });
    }

    /// Fills with traps up to a multiple of `alignment`.
    pub fn align(&mut self, alignment: usize) {
        while !self.len().is_multiple_of(alignment) {
            self.put(BRK);
        }
    }

    /// A word of data.
    pub fn word(&mut self, word: u64) {
        self.put(word as u32);
        self.put((word >> 32) as u32);
    }

    /// Four bytes of data: the label's place less `from`'s, both bound.
    pub fn distance(&mut self, label: Label, from: Label) {
        let distance = self.place(label).wrapping_sub(self.place(from));
        self.put(distance);
    }

    /// An instruction.
    #[inline]
    pub fn put(&mut self, word: u32) {
        self.section.words.push(word);
    }

    /// An instruction that gets the distance to a label.
    #[inline]
    fn put_to(&mut self, word: u32, label: Label, distance: Distance) {
        let at = self.section.words.len() as u32;
        self.section.fixups.push(Fixup { at, label, distance });
        self.put(word);
    }

    pub fn jump(&mut self, label: Label) {
        self.put_to(b(0), label, Distance::Jump);
    }
    pub fn jump_if(&mut self, cond: Cond, label: Label) {
        self.put_to(b_cond(cond, 0), label, Distance::Conditional);
    }
    pub fn call(&mut self, label: Label) {
        self.put_to(bl(0), label, Distance::Jump);
    }
    /// A jump over a few instructions.
    pub fn skip(&mut self, cond: Cond) -> Skip {
        self.put(b_cond(cond, 0));
        Skip(self.section.words.len())
    }
    /// The jump goes here.
    pub fn bind_skip(&mut self, skip: Skip) {
        let steps = self.section.words.len() - skip.0 + 1;
        self.section.joins = self.section.words.len();
        self.section.words[skip.0 - 1] |= (steps as u32) << 5;
    }

    // -- numbers and places --------------------------------------------------------------

    /// Puts a number into a register.
    pub fn number(&mut self, to: Reg, value: u64) {
        let part = |i: u32| (value >> (16 * i)) as u16;
        let count = |of: u16| (0..4).filter(|&i| part(i) == of).count();
        let (zeros, ones) = (count(0), count(u16::MAX));
        if zeros < 3
            && ones < 3
            && let Some(bits) = bits(value)
        {
            self.put(super::encoding::ORR.bits(to, ZERO, bits));
            return;
        }
        let (first, rest) = if ones > zeros { (Wide::Not, u16::MAX) } else { (Wide::Zero, 0) };
        let mut how = first;
        for i in (0..4).filter(|&i| part(i) != rest) {
            let value = if how == Wide::Not { !part(i) } else { part(i) };
            self.put(mov_wide(how, to, value, i));
            how = Wide::Keep;
        }
        if how == first {
            self.put(mov_wide(first, to, 0, 0));
        }
    }

    /// `to = from op value`, a sum or a difference; uses `x17` for what does not fit.
    pub fn sum(&mut self, op: Three, inverse: Three, to: Reg, from: Reg, value: i32) {
        let size = value.unsigned_abs();
        // The same adder runs for both, so the flags are the same; but for 0, which is not negative.
        if is_imm12(size) {
            let op = if value < 0 { inverse } else { op };
            self.put(op.imm12(to, from, size));
        } else {
            self.number(X17, i64::from(value) as u64);
            self.put(op.of(to, from, X17));
        }
    }

    /// The address of a label.
    pub fn address(&mut self, to: Reg, label: Label) {
        self.put_to(adrp(to, 0), label, Distance::Page(0));
        self.put(ADD.imm12(to, to, 0));
    }

    /// `to = from + offset`, without the flags; not for `x17`'s own large offsets.
    pub fn offset(&mut self, to: Reg, from: Reg, offset: i32) {
        let size = offset.unsigned_abs();
        let op = if offset < 0 { SUB } else { ADD };
        if is_imm12(size) {
            self.put(op.imm12(to, from, size));
        } else if size < 1 << 24 {
            self.put(op.imm12(to, from, size & 0xfff));
            self.put(op.imm12(to, to, size & !0xfff));
        } else {
            assert!(from != X17, "what is far from an address that is made here is never needed");
            self.number(X17, i64::from(offset) as u64);
            self.put(ADD.of(to, from, X17));
        }
    }

    /// Loads or stores a register. Uses `x17` for what the instruction does not reach; the flags stay.
    pub fn access(&mut self, access: Access, register: u8, mem: Mem) {
        let size = access.size();
        let base = match mem.base {
            Base::Label(label) => {
                self.put_to(adrp(X17, 0), label, Distance::Page(size as u8));
                self.put(access.scaled(register, X17, 0));
                return;
            }
            Base::Reg(base) => base,
        };
        let base = match mem.index {
            None => base,
            Some((index, scale)) => {
                let is_scaled = scale as u32 == size;
                if mem.disp == 0 && (is_scaled || scale == Scale::Bytes) {
                    self.put(access.indexed(register, base, index, is_scaled));
                    return;
                }
                self.scaled(X17, base, index, scale);
                X17
            }
        };
        let disp = mem.disp;
        if disp >= 0 && disp & ((1 << size) - 1) == 0 && disp >> size < 1 << 12 {
            let word = access.scaled(register, base, disp as u32);
            match self.section.words.last().and_then(|&before| pair(before, word)) {
                Some(both) if self.section.joins != self.section.words.len() => {
                    self.section.words.pop();
                    self.put(both);
                }
                _ => self.put(word),
            }
        } else if (-256..256).contains(&disp) {
            self.put(access.unscaled(register, base, disp));
        } else {
            self.offset(X17, base, disp);
            self.put(access.scaled(register, X17, 0));
        }
    }

    fn scaled(&mut self, to: Reg, base: Reg, index: Reg, scale: Scale) {
        let shift = super::encoding::Shifted::Left;
        self.put(ADD.shifted(to, base, index, shift, scale as u8));
    }

    /// The address of a place.
    pub fn address_of(&mut self, to: Reg, mem: Mem) {
        match (mem.base, mem.index) {
            (Base::Label(label), _) => self.address(to, label),
            (Base::Reg(base), None) => self.offset(to, base, mem.disp),
            (Base::Reg(base), Some((index, scale))) => {
                self.scaled(to, base, index, scale);
                if mem.disp != 0 {
                    self.offset(to, to, mem.disp);
                }
            }
        }
    }

    /// A word of memory in `x16`.
    pub fn load(&mut self, from: Mem) -> Reg {
        self.access(LOAD, X16.0, from);
        X16
    }

    pub fn store(&mut self, to: Mem, from: Reg) {
        self.access(STORE, from.0, to);
    }
}
