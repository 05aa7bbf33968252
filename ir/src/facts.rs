//! What is known of a value while the program is built: facts of operands go in, the fact of the result and a cheaper
//! form of the instruction come out. This is abstract interpretation in the style of Lesbre and Lemerre ("Compiling with
//! abstract interpretation", PLDI 2024), with SSA form itself as the place where facts are kept: a
//! value never changes, so what is known at its definition is known wherever it may be used.
//!
//! # The domain
//!
//! An int or bool lies in an interval; a float is one constant or unknown; a pointer or `any` is `none`, is not
//! `none`, or unknown. An interval of one number is a constant.
//!
//! # Where facts come from
//!
//! - *Definitions*: the transfer functions of this file. A checked `i64.add` that goes on has not overflowed, so its
//!   interval is cut at the ends of the ints.
//! - *Branches* ([`Relation`]): behind `i < n` the index is at most one less than the largest int, so that `i + 1` fits. Such a
//!   fact holds in the blocks that the edge dominates, and no longer (see `builder::scopes`).
//! - *Joins*: a block parameter is in the smallest interval around its arguments. The parameters of loop headers are
//!   unknown when the header is built, since the back edges come later.
//! - *Whoever builds* (`assume_range`): the index of `for i in a..b` never falls.
//!
//! # What they are used for
//!
//! - Constant operands give a constant, by [`crate::sem`], unless the op would trap: then it stays.
//! - Arithmetic that provably fits becomes its *proved* op; comparisons that intervals decide become constants.
//! - `x + 0`, `x * 1`, `x / 1`, `select` of a known condition and `check.some` of a known object are their operand.
//!
//! A fact is never wrong in a program that runs: the tests run random programs with and without, and the evaluator
//! checks every proved op.

use crate::op::{Condition, Op};
use crate::types::Type;
use mochi_abi::layout::Rep;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Of a float, pointer or `any`.
    Unknown,
    /// An int, or a bool as 0 or 1, from `lo` to `hi`, both included.
    Ints { lo: i64, hi: i64 },
    /// The float with these bits.
    Float(u64),
    /// Not `none`.
    Object,
    /// `none`.
    Nothing,
}

/// No object has more items: addresses have 48 bits.
const LONGEST: i64 = 1 << 48;

impl Fact {
    /// What is known of any value of a type.
    pub const fn of(ty: Type) -> Fact {
        match ty.rep() {
            Rep::I64 => Fact::ANY_INT,
            Rep::Bool => Fact::Ints { lo: 0, hi: 1 },
            Rep::F64 | Rep::Ref | Rep::Any => Fact::Unknown,
        }
    }

    /// Any int.
    pub const ANY_INT: Fact = Fact::Ints { lo: i64::MIN, hi: i64::MAX };

    /// The length of something.
    pub const LENGTH: Fact = Fact::Ints { lo: 0, hi: LONGEST };

    /// The int itself.
    pub const fn int(value: i64) -> Fact {
        Fact::Ints { lo: value, hi: value }
    }

    /// The word that the value must be.
    pub const fn constant(self) -> Option<u64> {
        match self {
            Fact::Ints { lo, hi } if lo == hi => Some(lo as u64),
            Fact::Float(bits) => Some(bits),
            Fact::Nothing => Some(0),
            Fact::Unknown | Fact::Ints { .. } | Fact::Object => None,
        }
    }

    /// The interval of an int or bool.
    pub const fn range(self) -> (i64, i64) {
        match self {
            Fact::Ints { lo, hi } => (lo, hi),
            Fact::Unknown | Fact::Float(_) | Fact::Object | Fact::Nothing => (i64::MIN, i64::MAX),
        }
    }

    /// What is known of a value of which both are known. When they exclude each other, the place cannot be reached, and
    /// either will do.
    pub fn and(self, other: Fact) -> Fact {
        match (self, other) {
            (Fact::Ints { lo: a, hi: b }, Fact::Ints { lo: c, hi: d }) => {
                let (lo, hi) = (a.max(c), b.min(d));
                if lo <= hi { Fact::Ints { lo, hi } } else { self }
            }
            (Fact::Unknown, known) => known,
            (known, _) => known,
        }
    }

    /// What is known of a value of which one of them is known.
    pub fn or(self, other: Fact) -> Fact {
        match (self, other) {
            (Fact::Ints { lo: a, hi: b }, Fact::Ints { lo: c, hi: d }) => {
                Fact::Ints { lo: a.min(c), hi: b.max(d) }
            }
            (a, b) if a == b => a,
            _ => Fact::Unknown,
        }
    }
}

/// The interval between exact ends, cut where no int is.
fn interval(lo: i128, hi: i128) -> Fact {
    let cut = |end: i128| end.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    Fact::Ints { lo: cut(lo), hi: cut(hi) }
}

fn fits(lo: i128, hi: i128) -> bool {
    lo >= i128::from(i64::MIN) && hi <= i128::from(i64::MAX)
}

/// The place of the operand that an op on ints gives back as it is: `a` of `a + 0`, `a - 0`, `a * 1` and `a / 1`.
pub fn unchanged(op: Op, a: Fact, b: Fact) -> Option<usize> {
    let (neutral, commutes) = match op {
        Op::I64Add | Op::I64AddProved => (0, true),
        Op::I64Sub | Op::I64SubProved => (0, false),
        Op::I64Mul | Op::I64MulProved => (1, true),
        Op::I64Div | Op::I64DivProved => (1, false),
        _ => return None,
    };
    if b == Fact::int(neutral) {
        Some(0)
    } else {
        (commutes && a == Fact::int(neutral)).then_some(1)
    }
}

/// The op to use instead of an op on ints that may trap, and what is known of its result.
pub fn arithmetic(op: Op, a: Fact, b: Fact) -> (Op, Fact) {
    let ((al, ah), (bl, bh)) = (a.range(), b.range());
    let wide = i128::from;
    let (proved, lo, hi) = match op {
        Op::I64Add | Op::I64AddProved => {
            (Op::I64AddProved, wide(al) + wide(bl), wide(ah) + wide(bh))
        }
        Op::I64Sub | Op::I64SubProved => {
            (Op::I64SubProved, wide(al) - wide(bh), wide(ah) - wide(bl))
        }
        Op::I64Mul | Op::I64MulProved => {
            let ends = [
                wide(al) * wide(bl),
                wide(al) * wide(bh),
                wide(ah) * wide(bl),
                wide(ah) * wide(bh),
            ];
            let (lo, hi) =
                ends.iter().fold((ends[0], ends[0]), |(lo, hi), &end| (lo.min(end), hi.max(end)));
            (Op::I64MulProved, lo, hi)
        }
        Op::I64Div | Op::I64DivProved => return (divide(op, Op::I64DivProved, b), quotient(a, b)),
        Op::I64Rem | Op::I64RemProved => return (divide(op, Op::I64RemProved, b), remainder(a, b)),
        Op::I64Neg => return (op, interval(-wide(ah), -wide(al))),
        _ => return (op, Fact::ANY_INT),
    };
    (if fits(lo, hi) { proved } else { op }, interval(lo, hi))
}

/// The proved op when the divisor is neither 0 nor -1.
fn divide(op: Op, proved: Op, divisor: Fact) -> Op {
    let (lo, hi) = divisor.range();
    if lo > 0 || hi < -1 { proved } else { op }
}

fn quotient(a: Fact, b: Fact) -> Fact {
    let ((al, ah), (bl, bh)) = (a.range(), b.range());
    if bl > 0 {
        // Rounded toward zero, a quotient by a positive number grows with `a`, and shrinks toward 0 as `b` grows.
        let lo = if al < 0 { al / bl } else { al / bh };
        let hi = if ah < 0 { ah / bh } else { ah / bl };
        return Fact::Ints { lo, hi };
    }
    if al >= 0 || bl > i64::MIN {
        // No quotient is further from 0 than the dividend.
        let most = i128::from(al).abs().max(i128::from(ah).abs());
        return interval(-most, most);
    }
    Fact::ANY_INT
}

fn remainder(a: Fact, b: Fact) -> Fact {
    let ((al, ah), (bl, bh)) = (a.range(), b.range());
    // Nearer to 0 than the divisor, and not further than the dividend, with the sign of the dividend.
    let most = i128::from(bl).abs().max(i128::from(bh).abs()).max(1) - 1;
    let lo = if al >= 0 { 0 } else { (-most).max(i128::from(al)) };
    let hi = if ah <= 0 { 0 } else { most.min(i128::from(ah)) };
    interval(lo, hi)
}

/// Whether a comparison of ints is decided, and how.
pub fn comparison(condition: Condition, a: Fact, b: Fact) -> Option<bool> {
    let ((al, ah), (bl, bh)) = (a.range(), b.range());
    match condition {
        Condition::Lt => decide(ah < bl, al >= bh),
        Condition::Le => decide(ah <= bl, al > bh),
        Condition::Gt => decide(al > bh, ah <= bl),
        Condition::Ge => decide(al >= bh, ah < bl),
        Condition::Eq => decide(al == ah && bl == bh && al == bl, ah < bl || al > bh),
        Condition::Ne => decide(ah < bl || al > bh, al == ah && bl == bh && al == bl),
    }
}

fn decide(always: bool, never: bool) -> Option<bool> {
    match (always, never) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// What two ints are known to be when they stand so to each other.
#[derive(Debug, Clone, Copy)]
pub struct Relation {
    pub a: Fact,
    pub b: Fact,
}

impl Relation {
    /// The facts of `a` and `b`, given that the condition holds.
    pub fn given(condition: Condition, a: Fact, b: Fact) -> Relation {
        let ((al, ah), (bl, bh)) = (a.range(), b.range());
        let below = |end: i64| Fact::Ints { lo: i64::MIN, hi: end };
        let above = |end: i64| Fact::Ints { lo: end, hi: i64::MAX };
        let (for_a, for_b) = match condition {
            Condition::Eq => (b, a),
            Condition::Ne => (without(a, b), without(b, a)),
            Condition::Lt => (below(bh.saturating_sub(1)), above(al.saturating_add(1))),
            Condition::Le => (below(bh), above(al)),
            Condition::Gt => (above(bl.saturating_add(1)), below(ah.saturating_sub(1))),
            Condition::Ge => (above(bl), below(ah)),
        };
        Relation { a: a.and(for_a), b: b.and(for_b) }
    }
}

/// An interval without a constant, when that is one of its ends.
fn without(fact: Fact, constant: Fact) -> Fact {
    let (lo, hi) = fact.range();
    match constant {
        Fact::Ints { lo: end, hi: same } if end == same && lo < hi => {
            if end == lo {
                Fact::Ints { lo: lo + 1, hi }
            } else if end == hi {
                Fact::Ints { lo, hi: hi - 1 }
            } else {
                fact
            }
        }
        _ => fact,
    }
}

#[cfg(test)]
mod tests;
