//! How debuggers find callers from x86-64 code: what is where at each step into and out of a frame.

use crate::driver::code::{Frame, Kept};

/// The numbers that DWARF gives to registers, by the System V ABI.
const RBX: u16 = 3;
const RBP: u16 = 6;
const RSP: u16 = 7;
const R12: u16 = 12;
const R13: u16 = 13;
const R14: u16 = 14;
const R15: u16 = 15;
/// Stands for the return address.
const RETURN_ADDRESS: u16 = 16;

/// What a call leaves on the stack, and what a frame begins with.
const LINK: [(u16, Kept); 2] = [(RETURN_ADDRESS, Kept::Below(1)), (RBP, Kept::Below(2))];

/// Where the stack is as it was when the function was called.
pub(super) const ENTERED: Frame = Frame { base: RSP, words: 1, kept: LINK.split_at(1).0 };
/// After `push rbp`.
pub(super) const PUSHED: Frame = Frame { base: RSP, words: 2, kept: &LINK };
/// Where `rbp` is the frame.
pub(super) const LINKED: Frame = Frame { base: RBP, words: 2, kept: &LINK };

/// A stub that has taken its return address off the stack and keeps it in `r12`.
pub(super) const TAKEN: Frame =
    Frame { base: RSP, words: 0, kept: &[(RETURN_ADDRESS, Kept::In(R12))] };

/// The return address and the registers that the door pushes, in this order.
static DOOR: [(u16, Kept); 7] = [
    (RETURN_ADDRESS, Kept::Below(1)),
    (RBP, Kept::Below(2)),
    (RBX, Kept::Below(3)),
    (R12, Kept::Below(4)),
    (R13, Kept::Below(5)),
    (R14, Kept::Below(6)),
    (R15, Kept::Below(7)),
];

/// The door when it has pushed so many words.
pub(super) fn door(words: usize) -> Frame {
    let kept = DOOR.len().min(words + 1);
    Frame { base: RSP, words: words as u16 + 1, kept: &DOOR[..kept] }
}
