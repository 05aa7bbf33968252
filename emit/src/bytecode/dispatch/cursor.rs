//! The interpreter's two registers: where it is in the code, and where its frame is.
//!
//! Both are plain pointers. What makes their use sound is said once, here, and holds because code comes from our encoder
//! and from verified IR only:
//! - *In code*: a cursor points at the first word of an instruction, or at the word behind a call. Every function ends
//!   with an instruction that leaves it, jumps go to instructions of the same function, and an instruction's data words
//!   follow it; so whatever a handler reads from the cursor on is code.
//! - *In frame*: a frame's extent lies within the stack, which was checked when the frame was made; slots in code are less
//!   than the extent, so `base + slot` is in the stack. The two words before the base are the frame's head.

use super::super::instruction::{FRAME_HEAD, Opcode, Word};
use std::mem::transmute;
use std::ptr::with_exposed_provenance_mut;

/// Where the interpreter is in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor(*const Word);

impl Cursor {
    /// A cursor at an instruction, or behind a call.
    #[inline(always)]
    pub(super) fn new(at: *const Word) -> Cursor {
        Cursor(at)
    }
    #[inline(always)]
    pub(super) fn pointer(self) -> *const Word {
        self.0
    }
    #[inline(always)]
    pub(super) fn opcode(self) -> Opcode {
        // SAFETY: in code.
        let number = unsafe { (*self.0).op };
        // SAFETY: the first word of an instruction holds the number of an opcode, by `Word::new`.
        unsafe { transmute::<u16, Opcode>(number) }
    }
    #[inline(always)]
    pub(super) fn a(self) -> u16 {
        // SAFETY: in code.
        unsafe { (*self.0).a }
    }
    #[inline(always)]
    pub(super) fn b(self) -> u16 {
        // SAFETY: in code.
        unsafe { (*self.0).b }
    }
    #[inline(always)]
    pub(super) fn c(self) -> u16 {
        // SAFETY: in code.
        unsafe { (*self.0).c }
    }
    /// `b` and `c`.
    #[inline(always)]
    pub(super) fn number(self) -> u32 {
        self.word(0).high()
    }
    /// `c` as an immediate.
    #[inline(always)]
    pub(super) fn immediate(self) -> i64 {
        i64::from(self.c() as i16)
    }
    /// `b` as an immediate.
    #[inline(always)]
    pub(super) fn second_immediate(self) -> i64 {
        i64::from(self.b() as i16)
    }
    /// A word of this instruction.
    #[inline(always)]
    pub(super) fn word(self, after: usize) -> Word {
        let at = self.0.wrapping_add(after);
        // SAFETY: in code.
        unsafe { *at }
    }
    /// The word before: a function's word, or a call's.
    #[inline(always)]
    pub(super) fn before(self) -> Word {
        let at = self.0.wrapping_sub(1);
        // SAFETY: in code; a function's word is before its first instruction, and a call's before what is behind it.
        unsafe { *at }
    }
    #[inline(always)]
    pub(super) fn skip(self, words: usize) -> Cursor {
        Cursor(self.0.wrapping_add(words))
    }
    #[inline(always)]
    pub(super) fn jump(self, distance: i32) -> Cursor {
        Cursor(self.0.wrapping_offset(distance as isize))
    }
    /// By the distance in `c`.
    #[inline(always)]
    pub(super) fn jump_short(self) -> Cursor {
        Cursor(self.0.wrapping_offset(self.c() as i16 as isize))
    }
    /// By the distance in `b` and `c`.
    #[inline(always)]
    pub(super) fn jump_long(self) -> Cursor {
        self.jump(self.number() as i32)
    }
}

/// The frame that the interpreter is in: its slots begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame(*mut u64);

impl Frame {
    #[inline(always)]
    pub(super) fn new(base: *mut u64) -> Frame {
        Frame(base)
    }
    #[inline(always)]
    pub(super) fn pointer(self) -> *mut u64 {
        self.0
    }
    #[inline(always)]
    pub(super) fn get(self, slot: u16) -> u64 {
        self.get_far(slot as usize)
    }
    #[inline(always)]
    pub(super) fn set(self, slot: u16, word: u64) {
        self.set_far(slot as usize, word);
    }
    #[inline(always)]
    pub(super) fn get_far(self, slot: usize) -> u64 {
        let at = self.0.wrapping_add(slot);
        // SAFETY: in frame.
        unsafe { *at }
    }
    #[inline(always)]
    pub(super) fn set_far(self, slot: usize, word: u64) {
        let at = self.0.wrapping_add(slot);
        // SAFETY: in frame.
        unsafe { *at = word };
    }
    #[inline(always)]
    pub(super) fn int(self, slot: u16) -> i64 {
        self.get(slot) as i64
    }
    #[inline(always)]
    pub(super) fn set_int(self, slot: u16, value: i64) {
        self.set(slot, value as u64);
    }
    #[inline(always)]
    pub(super) fn float(self, slot: u16) -> f64 {
        f64::from_bits(self.get(slot))
    }
    #[inline(always)]
    pub(super) fn set_float(self, slot: u16, value: f64) {
        self.set(slot, value.to_bits());
    }
    #[inline(always)]
    pub(super) fn set_bool(self, slot: u16, value: bool) {
        self.set(slot, u64::from(value));
    }

    /// The frame whose base is at a slot of this one.
    #[inline(always)]
    pub(super) fn window(self, slot: usize) -> Frame {
        Frame(self.0.wrapping_add(slot))
    }
    /// Whether a frame of that extent ends above `limit`.
    #[inline(always)]
    pub(super) fn exceeds(self, extent: u32, limit: usize) -> bool {
        self.0.addr() + extent as usize * size_of::<u64>() > limit
    }
    #[inline(always)]
    fn head(self, slot: u32) -> *mut u64 {
        self.0.wrapping_sub(FRAME_HEAD as usize).wrapping_add(slot as usize)
    }
    /// Notes the way back: to the code behind a call, in the caller's frame.
    #[inline(always)]
    pub(super) fn set_way_back(self, behind: Cursor, caller: Frame) {
        // SAFETY: in frame: its head.
        unsafe { *self.head(0) = caller.0.expose_provenance() as u64 };
        // SAFETY: as above.
        unsafe { *self.head(1) = behind.0.expose_provenance() as u64 };
    }
    /// The way back that was noted.
    #[inline(always)]
    pub(super) fn way_back(self) -> (Cursor, Frame) {
        // SAFETY: in frame: its head.
        let caller = unsafe { *self.head(0) };
        // SAFETY: as above.
        let behind = unsafe { *self.head(1) };
        (
            Cursor(std::ptr::with_exposed_provenance(behind as usize)),
            Frame(with_exposed_provenance_mut(caller as usize)),
        )
    }
}
