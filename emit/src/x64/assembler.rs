//! The encoder: one method per instruction form, labels, and a cold section for what rarely runs.
//!
//! - Code is written to the hot section unless [`Assembler::enter_cold`] was called; [`Assembler::append_cold`] puts what the cold
//!   section holds behind the hot one, so that a function's rare paths stand out of its way.
//! - A label is bound once, at the present place; [`Assembler::finish`] fills in the distances. All distances are 32 bits, except
//!   backward jumps that reach with 8.
//! - The buffers keep [`SLACK`] bytes of room behind their end, so that an instruction is written without looking again.

use super::{Alu, Cond, FloatOp, Label, Mem, Reg, Scale, Shift, Skip, Xmm};
use crate::driver::code::Frame;
use crate::macro_assembler::Base;

/// More than the longest instruction and the word that is written at its end.
const SLACK: usize = 40;

const UNBOUND: u32 = u32::MAX;

/// Set in the place of a label that is bound in the cold section, until that is appended.
const COLD: u32 = 1 << 31;

/// To which whole number a float is rounded, by the number that the encoding has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Round {
    Down = 9,
    Up = 10,
    Zero = 11,
}

/// Which opcodes are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Map {
    One,
    /// After 0F.
    Two,
}

/// A distance to be filled in: 4 bytes at `at` get the label's place less the place of the instruction's end.
#[derive(Debug, Clone, Copy)]
struct Fixup {
    at: u32,
    label: Label,
    /// How many bytes of the instruction come after the distance.
    behind: u8,
}

#[derive(Debug, Default)]
struct Section {
    bytes: Vec<u8>,
    len: usize,
    fixups: Vec<Fixup>,
}

/// See the file's header.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The one that is written to.
    section: Section,
    other: Section,
    in_cold: bool,
    /// From which places on callers are found in which way, when that is to be noted.
    pub(super) frames: Option<Vec<(u32, Frame)>>,
    /// Where each label is.
    labels: Vec<u32>,
    /// Labels bound in the cold section.
    cold_labels: Vec<Label>,
    /// So many distances were to labels that were not bound when the cold section was appended last.
    waiting: usize,
}

impl Section {
    #[inline(always)]
    fn reserve(&mut self) {
        if self.bytes.len() < self.len + SLACK {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.bytes.len() * 2).max(4096);
        self.bytes.resize(size, 0);
    }

    fn append(&mut self, code: &[u8]) {
        let start = self.len;
        let end = start + code.len();
        if self.bytes.len() < end + SLACK {
            self.bytes.resize(self.bytes.len() * 2 + end + SLACK, 0);
        }
        let room = &mut self.bytes[start..end];
        // Most pieces are a few instructions, for which calling a copying function costs more than the copy.
        match code.len() {
            8..=16 => copy_ends::<8>(room, code),
            4..8 => copy_ends::<4>(room, code),
            _ => room.copy_from_slice(code),
        }
        self.len = end;
    }

    /// Writes the first `count` bytes of `word`; there is room.
    #[inline(always)]
    fn put(&mut self, word: u64, count: usize) {
        let at = self.len;
        self.bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        self.len = at + count;
    }
}

/// Copies the first and the last `N` bytes, of `N` to `2 N`.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        *to = *from;
    }
}

/// Up to 8 bytes, first one lowest.
struct Head {
    word: u64,
    len: u32,
}

impl Head {
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.word |= u64::from(byte) << (8 * self.len);
        self.len += 1;
    }
}

impl Assembler {
    /// One that makes room for about so many bytes of code, which the system gives when they are written.
    pub fn with_room(bytes: usize) -> Assembler {
        let mut asm = Assembler::default();
        asm.section.bytes = vec![0; bytes];
        asm
    }

    // -- labels and sections ------------------------------------------------------------

    /// A label that is not bound yet.
    #[inline]
    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// Makes the label stand for the present place.
    #[inline]
    pub fn bind(&mut self, label: Label) {
        debug_assert_eq!(self.labels[label.0 as usize], UNBOUND, "a label is bound once");
        let place = self.section.len as u32;
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
        self.section.len
    }

    pub fn is_empty(&self) -> bool {
        self.section.len == 0
    }

    /// Callers are found in this way from here on, if that is to be noted.
    pub(super) fn note(&mut self, frame: Frame) {
        debug_assert!(!self.in_cold, "frames change in the hot section only");
        if let Some(frames) = &mut self.frames {
            frames.push((self.section.len as u32, frame));
        }
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
        let shift = self.section.len;
        let cold = &mut self.other;
        self.section.append(&cold.bytes[..cold.len]);
        for fixup in cold.fixups.drain(..) {
            self.section.fixups.push(Fixup { at: fixup.at + shift as u32, ..fixup });
        }
        for label in self.cold_labels.drain(..) {
            let place = &mut self.labels[label.0 as usize];
            *place = (*place & !COLD) + shift as u32;
        }
        cold.len = 0;
        self.fill_in();
        shift
    }

    /// Fills in the distances to labels that are bound; the others stay for later.
    fn fill_in(&mut self) {
        let Section { bytes, fixups, .. } = &mut self.section;
        let mut left = self.waiting;
        for i in self.waiting..fixups.len() {
            let fixup = fixups[i];
            let target = self.labels[fixup.label.0 as usize];
            if target == UNBOUND {
                fixups[left] = fixup;
                left += 1;
                continue;
            }
            let distance = target.wrapping_sub(fixup.at + 4 + u32::from(fixup.behind));
            let at = fixup.at as usize;
            bytes[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        fixups.truncate(left);
        self.waiting = left;
    }

    /// Fills in all distances. Every label that was used **must** be bound.
    pub fn finish(&mut self) {
        debug_assert!(!self.in_cold && self.other.len == 0, "nothing is left in the cold section");
        self.waiting = 0;
        self.fill_in();
        assert!(self.section.fixups.is_empty(), "every label that is used is bound");
        let section = &mut self.section;
        section.bytes.truncate(section.len);
    }

    /// The code; complete after [`Assembler::finish`].
    pub fn bytes(&self) -> &[u8] {
        &self.section.bytes[..self.section.len]
    }

    /// Takes the code out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.section.bytes
    }

    /// Code from elsewhere; returns where it begins.
    pub fn append(&mut self, code: &[u8]) -> usize {
        let start = self.section.len;
        self.section.append(code);
        start
    }

    /// Overwrites four bytes of code.
    pub fn patch(&mut self, at: usize, value: i32) {
        self.section.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Makes four bytes of code the distance from behind them to the label.
    pub fn patch_distance(&mut self, at: usize, label: Label) {
        self.section.fixups.push(Fixup { at: at as u32, label, behind: 0 });
    }

    /// Fills with traps up to a multiple of `alignment`.
    pub fn align(&mut self, alignment: usize) {
        while !self.section.len.is_multiple_of(alignment) {
            self.int3();
        }
    }

    /// A word of data.
    pub fn word(&mut self, word: u64) {
        self.section.reserve();
        self.section.put(word, 8);
    }

    /// Four bytes of data: the label's place less `from`'s, both bound.
    pub fn distance(&mut self, label: Label, from: Label) {
        let distance = self.place(label).wrapping_sub(self.place(from));
        self.section.reserve();
        self.section.put(distance.into(), 4);
    }

    /// An opcode of so many bytes and the distance to a label.
    #[inline]
    fn jump_to(&mut self, opcode: u64, size: usize, label: Label) {
        let at = (self.section.len + size) as u32;
        self.section.fixups.push(Fixup { at, label, behind: 0 });
        self.section.put(opcode, size + 4);
    }

    #[inline]
    fn fixup(&mut self, label: Label, behind: u8) {
        self.section.fixups.push(Fixup { at: self.section.len as u32, label, behind });
        self.section.put(0, 4);
    }

    // -- the shape of instructions ------------------------------------------------------

    /// `prefix rex opcode modrm` with two registers.
    #[inline(always)]
    fn registers(&mut self, prefix: u8, wide: bool, map: Map, opcode: u8, reg: u8, rm: u8) {
        self.registers_rex(prefix, wide, false, map, opcode, reg, rm);
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "each is a field of the encoding")]
    fn registers_rex(
        &mut self,
        prefix: u8,
        wide: bool,
        always_rex: bool,
        map: Map,
        opcode: u8,
        reg: u8,
        rm: u8,
    ) {
        let mut head = Head { word: 0, len: 0 };
        if prefix != 0 {
            head.push(prefix);
        }
        let rex = 0x40 | u8::from(wide) << 3 | (reg & 8) >> 1 | (rm & 8) >> 3;
        if always_rex || rex != 0x40 {
            head.push(rex);
        }
        if map == Map::Two {
            head.push(0x0f);
        }
        head.push(opcode);
        head.push(0xc0 | (reg & 7) << 3 | rm & 7);
        self.section.reserve();
        self.section.put(head.word, head.len as usize);
    }

    /// The same with a place in memory.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "each is a field of the encoding")]
    fn memory(
        &mut self,
        prefix: u8,
        wide: bool,
        always_rex: bool,
        map: Map,
        opcode: u8,
        reg: u8,
        mem: Mem,
    ) {
        self.memory_before(0, prefix, wide, always_rex, map, opcode, reg, mem);
    }

    /// The same before an immediate of so many bytes.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "each is a field of the encoding")]
    fn memory_before(
        &mut self,
        behind: u8,
        prefix: u8,
        wide: bool,
        always_rex: bool,
        map: Map,
        opcode: u8,
        reg: u8,
        mem: Mem,
    ) {
        let mut head = Head { word: 0, len: 0 };
        if prefix != 0 {
            head.push(prefix);
        }
        let base = match mem.base {
            Base::Reg(base) => base.0,
            Base::Label(_) => 0,
        };
        let (index, scale) = mem.index.map_or((0, Scale::Bytes), |(index, scale)| (index.0, scale));
        let rex = 0x40 | u8::from(wide) << 3 | (reg & 8) >> 1 | (index & 8) >> 2 | (base & 8) >> 3;
        if always_rex || rex != 0x40 {
            head.push(rex);
        }
        if map == Map::Two {
            head.push(0x0f);
        }
        head.push(opcode);
        let reg = (reg & 7) << 3;
        self.section.reserve();
        if let Base::Label(label) = mem.base {
            head.push(reg | 5);
            self.section.put(head.word, head.len as usize);
            return self.fixup(label, behind);
        }
        // Base 5 (rbp, r13) without a displacement means something else.
        let (mode, size) = if mem.disp == 0 && base & 7 != 5 {
            (0, 0)
        } else if mem.disp as i8 as i32 == mem.disp {
            (0x40, 1)
        } else {
            (0x80, 4)
        };
        // Base 4 (rsp, r12) means that there is an index byte, in which index 4 is none.
        if mem.index.is_none() && base & 7 != 4 {
            head.push(mode | reg | base & 7);
        } else {
            let index = if mem.index.is_some() { index & 7 } else { 4 };
            head.push(mode | reg | 4);
            head.push((scale as u8) << 6 | index << 3 | base & 7);
        }
        self.section.put(head.word, head.len as usize);
        self.section.put(u64::from(mem.disp as u32), size);
    }

    #[inline(always)]
    fn imm(&mut self, value: u64, size: usize) {
        self.section.put(value, size);
    }

    // -- moves --------------------------------------------------------------------------

    #[inline]
    pub fn mov_rr(&mut self, to: Reg, from: Reg) {
        self.registers(0, true, Map::One, 0x89, from.0, to.0);
    }
    #[inline]
    pub fn mov_rm(&mut self, to: Reg, from: Mem) {
        self.memory(0, true, false, Map::One, 0x8b, to.0, from);
    }
    #[inline]
    pub fn mov_mr(&mut self, to: Mem, from: Reg) {
        self.memory(0, true, false, Map::One, 0x89, from.0, to);
    }
    /// Does not touch the flags.
    #[inline]
    pub fn mov_ri(&mut self, to: Reg, value: u64) {
        self.section.reserve();
        if u32::try_from(value).is_ok() {
            let rex = usize::from(to.0 >= 8);
            let word = 0xb8 | u64::from(to.0 & 7) | value << 8;
            self.section.put(if rex == 0 { word } else { word << 8 | 0x41 }, 5 + rex);
        } else if value as i64 == i64::from(value as i32) {
            self.registers(0, true, Map::One, 0xc7, 0, to.0);
            self.imm(value, 4);
        } else {
            self.section.put(0x48 | u64::from(to.0 >> 3) | (0xb8 | u64::from(to.0 & 7)) << 8, 2);
            self.imm(value, 8);
        }
    }
    #[inline]
    pub fn mov_mi(&mut self, to: Mem, value: i32) {
        self.memory_before(4, 0, true, false, Map::One, 0xc7, 0, to);
        self.imm(value as u32 as u64, 4);
    }
    /// 32 bits; the upper ones become 0.
    #[inline]
    pub fn mov32_rm(&mut self, to: Reg, from: Mem) {
        self.memory(0, false, false, Map::One, 0x8b, to.0, from);
    }
    #[inline]
    pub fn mov32_rr(&mut self, to: Reg, from: Reg) {
        self.registers(0, false, Map::One, 0x89, from.0, to.0);
    }
    #[inline]
    pub fn mov32_mi(&mut self, to: Mem, value: i32) {
        self.memory_before(4, 0, false, false, Map::One, 0xc7, 0, to);
        self.imm(value as u32 as u64, 4);
    }
    /// A byte, the bits above it 0.
    #[inline]
    pub fn movzx8_rm(&mut self, to: Reg, from: Mem) {
        self.memory(0, false, false, Map::Two, 0xb6, to.0, from);
    }
    #[inline]
    pub fn movzx8_rr(&mut self, to: Reg, from: Reg) {
        self.registers_rex(0, false, true, Map::Two, 0xb6, to.0, from.0);
    }
    #[inline]
    pub fn mov8_mr(&mut self, to: Mem, from: Reg) {
        self.memory(0, false, true, Map::One, 0x88, from.0, to);
    }
    #[inline]
    pub fn mov8_mi(&mut self, to: Mem, value: u8) {
        self.memory_before(1, 0, false, false, Map::One, 0xc6, 0, to);
        self.imm(value.into(), 1);
    }
    /// 32 bits with their sign.
    #[inline]
    pub fn movsxd_rm(&mut self, to: Reg, from: Mem) {
        self.memory(0, true, false, Map::One, 0x63, to.0, from);
    }
    #[inline]
    pub fn lea(&mut self, to: Reg, from: Mem) {
        self.memory(0, true, false, Map::One, 0x8d, to.0, from);
    }
    #[inline]
    pub fn cmov(&mut self, cond: Cond, to: Reg, from: Reg) {
        self.registers(0, true, Map::Two, 0x40 | cond as u8, to.0, from.0);
    }
    /// The register's low byte becomes 0 or 1.
    #[inline]
    pub fn setcc(&mut self, cond: Cond, to: Reg) {
        self.registers_rex(0, false, true, Map::Two, 0x90 | cond as u8, 0, to.0);
    }

    // -- integers -----------------------------------------------------------------------

    #[inline]
    pub fn alu_rr(&mut self, op: Alu, to: Reg, from: Reg) {
        self.registers(0, true, Map::One, (op as u8) << 3 | 1, from.0, to.0);
    }
    #[inline]
    pub fn alu_rm(&mut self, op: Alu, to: Reg, from: Mem) {
        self.memory(0, true, false, Map::One, (op as u8) << 3 | 3, to.0, from);
    }
    #[inline]
    pub fn alu_mr(&mut self, op: Alu, to: Mem, from: Reg) {
        self.memory(0, true, false, Map::One, (op as u8) << 3 | 1, from.0, to);
    }
    #[inline]
    pub fn alu_ri(&mut self, op: Alu, to: Reg, value: i32) {
        if value as i8 as i32 == value {
            self.registers(0, true, Map::One, 0x83, op as u8, to.0);
            self.imm(u64::from(value as u8), 1);
        } else {
            self.registers(0, true, Map::One, 0x81, op as u8, to.0);
            self.imm(u64::from(value as u32), 4);
        }
    }
    #[inline]
    pub fn alu_mi(&mut self, op: Alu, to: Mem, value: i32) {
        self.alu_mi_sized(true, op, to, value);
    }
    /// On 32 bits of memory.
    #[inline]
    pub fn alu32_mi(&mut self, op: Alu, to: Mem, value: i32) {
        self.alu_mi_sized(false, op, to, value);
    }
    #[inline(always)]
    fn alu_mi_sized(&mut self, wide: bool, op: Alu, to: Mem, value: i32) {
        if value as i8 as i32 == value {
            self.memory_before(1, 0, wide, false, Map::One, 0x83, op as u8, to);
            self.imm(u64::from(value as u8), 1);
        } else {
            self.memory_before(4, 0, wide, false, Map::One, 0x81, op as u8, to);
            self.imm(u64::from(value as u32), 4);
        }
    }
    #[inline]
    pub fn alu32_rr(&mut self, op: Alu, to: Reg, from: Reg) {
        self.registers(0, false, Map::One, (op as u8) << 3 | 1, from.0, to.0);
    }
    #[inline]
    pub fn alu32_ri(&mut self, op: Alu, to: Reg, value: i32) {
        if value as i8 as i32 == value {
            self.registers(0, false, Map::One, 0x83, op as u8, to.0);
            self.imm(u64::from(value as u8), 1);
        } else {
            self.registers(0, false, Map::One, 0x81, op as u8, to.0);
            self.imm(u64::from(value as u32), 4);
        }
    }
    #[inline]
    pub fn test_rr(&mut self, a: Reg, b: Reg) {
        self.registers(0, true, Map::One, 0x85, b.0, a.0);
    }
    /// On a byte of memory.
    #[inline]
    pub fn test8_mi(&mut self, a: Mem, value: u8) {
        self.memory_before(1, 0, false, false, Map::One, 0xf6, 0, a);
        self.imm(value.into(), 1);
    }
    #[inline]
    pub fn inc32_m(&mut self, to: Mem) {
        self.memory(0, false, false, Map::One, 0xff, 0, to);
    }
    #[inline]
    pub fn dec32_m(&mut self, to: Mem) {
        self.memory(0, false, false, Map::One, 0xff, 1, to);
    }
    #[inline]
    pub fn inc_m(&mut self, to: Mem) {
        self.memory(0, true, false, Map::One, 0xff, 0, to);
    }
    #[inline]
    pub fn neg(&mut self, to: Reg) {
        self.registers(0, true, Map::One, 0xf7, 3, to.0);
    }
    /// `rdx:rax = rax * from`, with signs.
    #[inline]
    pub fn imul_wide(&mut self, from: Reg) {
        self.registers(0, true, Map::One, 0xf7, 5, from.0);
    }
    /// `rax, rdx = rdx:rax / by, rdx:rax % by`, with signs.
    #[inline]
    pub fn idiv_r(&mut self, by: Reg) {
        self.registers(0, true, Map::One, 0xf7, 7, by.0);
    }
    #[inline]
    pub fn idiv_m(&mut self, by: Mem) {
        self.memory(0, true, false, Map::One, 0xf7, 7, by);
    }
    /// The same of 32 bits without signs.
    #[inline]
    pub fn div32_r(&mut self, by: Reg) {
        self.registers(0, false, Map::One, 0xf7, 6, by.0);
    }
    /// `rdx` becomes the sign of `rax`.
    #[inline]
    pub fn cqo(&mut self) {
        self.section.reserve();
        self.section.put(0x9948, 2);
    }
    #[inline]
    pub fn imul_rr(&mut self, to: Reg, from: Reg) {
        self.registers(0, true, Map::Two, 0xaf, to.0, from.0);
    }
    #[inline]
    pub fn imul_rm(&mut self, to: Reg, from: Mem) {
        self.memory(0, true, false, Map::Two, 0xaf, to.0, from);
    }
    #[inline]
    pub fn imul_rri(&mut self, to: Reg, from: Reg, value: i32) {
        if value as i8 as i32 == value {
            self.registers(0, true, Map::One, 0x6b, to.0, from.0);
            self.imm(u64::from(value as u8), 1);
        } else {
            self.registers(0, true, Map::One, 0x69, to.0, from.0);
            self.imm(u64::from(value as u32), 4);
        }
    }
    #[inline]
    pub fn shift_ri(&mut self, op: Shift, to: Reg, by: u8) {
        self.registers(0, true, Map::One, 0xc1, op as u8, to.0);
        self.imm(by.into(), 1);
    }

    // -- control ------------------------------------------------------------------------

    #[inline]
    pub fn jmp(&mut self, label: Label) {
        self.section.reserve();
        match self.short_distance(label) {
            Some(distance) => self.section.put(0xeb | u64::from(distance as u8) << 8, 2),
            None => self.jump_to(0xe9, 1, label),
        }
    }
    #[inline]
    pub fn jcc(&mut self, cond: Cond, label: Label) {
        self.section.reserve();
        match self.short_distance(label) {
            Some(distance) => {
                let word = 0x70 | cond as u64 | u64::from(distance as u8) << 8;
                self.section.put(word, 2);
            }
            None => self.jump_to(0x800f | (cond as u64) << 8, 2, label),
        }
    }
    /// The distance to a label behind us in this section, counted from the end of a jump of two bytes.
    #[inline]
    fn short_distance(&self, label: Label) -> Option<i8> {
        let place = self.labels[label.0 as usize];
        if place == UNBOUND || (place & COLD != 0) != self.in_cold {
            return None;
        }
        let distance = i64::from(place & !COLD) - (self.section.len as i64 + 2);
        i8::try_from(distance).ok()
    }
    /// A jump over a few instructions, which ends where the result goes to [`Assembler::bind_skip`].
    #[inline]
    pub fn skip(&mut self, cond: Cond) -> Skip {
        self.section.reserve();
        self.section.put(0x70 | cond as u64, 2);
        Skip(self.section.len)
    }
    /// The jump goes here.
    #[inline]
    pub fn bind_skip(&mut self, skip: Skip) {
        let distance = i8::try_from(self.section.len - skip.0);
        self.section.bytes[skip.0 - 1] = distance.expect("only few instructions are skipped") as u8;
    }
    #[inline]
    pub fn call(&mut self, label: Label) {
        self.section.reserve();
        self.jump_to(0xe8, 1, label);
    }
    #[inline]
    pub fn call_m(&mut self, target: Mem) {
        self.memory(0, false, false, Map::One, 0xff, 2, target);
    }
    #[inline]
    pub fn call_r(&mut self, target: Reg) {
        self.registers(0, false, Map::One, 0xff, 2, target.0);
    }
    #[inline]
    pub fn jmp_m(&mut self, target: Mem) {
        self.memory(0, false, false, Map::One, 0xff, 4, target);
    }
    #[inline]
    pub fn jmp_r(&mut self, target: Reg) {
        self.registers(0, false, Map::One, 0xff, 4, target.0);
    }
    #[inline]
    pub fn ret(&mut self) {
        self.section.reserve();
        self.section.put(0xc3, 1);
    }
    #[inline]
    pub fn leave(&mut self) {
        self.section.reserve();
        self.section.put(0xc9, 1);
    }
    #[inline]
    pub fn int3(&mut self) {
        self.section.reserve();
        self.section.put(0xcc, 1);
    }
    #[inline]
    pub fn push(&mut self, from: Reg) {
        self.section.reserve();
        if from.0 >= 8 {
            self.section.put(0x41, 1);
        }
        self.section.put(0x50 | u64::from(from.0 & 7), 1);
    }
    #[inline]
    pub fn pop(&mut self, to: Reg) {
        self.section.reserve();
        if to.0 >= 8 {
            self.section.put(0x41, 1);
        }
        self.section.put(0x58 | u64::from(to.0 & 7), 1);
    }
    #[inline]
    pub fn push_m(&mut self, from: Mem) {
        self.memory(0, false, false, Map::One, 0xff, 6, from);
    }
    #[inline]
    pub fn pop_m(&mut self, to: Mem) {
        self.memory(0, false, false, Map::One, 0x8f, 0, to);
    }

    // -- floats -------------------------------------------------------------------------

    /// The whole register, which does not wait for its old value.
    #[inline]
    pub fn movaps(&mut self, to: Xmm, from: Xmm) {
        self.registers(0, false, Map::Two, 0x28, to.0, from.0);
    }
    #[inline]
    pub fn movsd_xm(&mut self, to: Xmm, from: Mem) {
        self.memory(0xf2, false, false, Map::Two, 0x10, to.0, from);
    }
    #[inline]
    pub fn movsd_mx(&mut self, to: Mem, from: Xmm) {
        self.memory(0xf2, false, false, Map::Two, 0x11, from.0, to);
    }
    #[inline]
    pub fn movq_xr(&mut self, to: Xmm, from: Reg) {
        self.registers(0x66, true, Map::Two, 0x6e, to.0, from.0);
    }
    #[inline]
    pub fn movq_rx(&mut self, to: Reg, from: Xmm) {
        self.registers(0x66, true, Map::Two, 0x7e, from.0, to.0);
    }
    #[inline]
    pub fn sse_xx(&mut self, op: FloatOp, to: Xmm, from: Xmm) {
        self.registers(0xf2, false, Map::Two, op as u8, to.0, from.0);
    }
    #[inline]
    pub fn sse_xm(&mut self, op: FloatOp, to: Xmm, from: Mem) {
        self.memory(0xf2, false, false, Map::Two, op as u8, to.0, from);
    }
    #[inline]
    pub fn ucomisd_xx(&mut self, a: Xmm, b: Xmm) {
        self.registers(0x66, false, Map::Two, 0x2e, a.0, b.0);
    }
    #[inline]
    pub fn ucomisd_xm(&mut self, a: Xmm, b: Mem) {
        self.memory(0x66, false, false, Map::Two, 0x2e, a.0, b);
    }
    #[inline]
    pub fn xorps(&mut self, to: Xmm, from: Xmm) {
        self.registers(0, false, Map::Two, 0x57, to.0, from.0);
    }
    #[inline]
    pub fn cvtsi2sd_xr(&mut self, to: Xmm, from: Reg) {
        self.registers(0xf2, true, Map::Two, 0x2a, to.0, from.0);
    }
    #[inline]
    pub fn cvtsi2sd_xm(&mut self, to: Xmm, from: Mem) {
        self.memory(0xf2, true, false, Map::Two, 0x2a, to.0, from);
    }
    #[inline]
    pub fn cvttsd2si(&mut self, to: Reg, from: Xmm) {
        self.registers(0xf2, true, Map::Two, 0x2c, to.0, from.0);
    }
    /// Needs SSE4.1.
    #[inline]
    pub fn roundsd(&mut self, to: Xmm, from: Xmm, how: Round) {
        let mut head = Head { word: 0, len: 0 };
        head.push(0x66);
        let rex = 0x40 | (to.0 & 8) >> 1 | (from.0 & 8) >> 3;
        if rex != 0x40 {
            head.push(rex);
        }
        head.push(0x0f);
        head.push(0x3a);
        head.push(0x0b);
        head.push(0xc0 | (to.0 & 7) << 3 | from.0 & 7);
        self.section.reserve();
        self.section.put(head.word, head.len as usize);
        self.imm(how as u64, 1);
    }
}
