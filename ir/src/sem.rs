//! What the scalar ops mean: words go in, a word or a trap comes out. Each meaning is written once, here; the builder folds
//! constants with it, the evaluator and the interpreter run it, and the tests of all emitters hold to it.
//!
//! Ops called *proved* mean what their namesakes mean, and trap never: whoever makes one knows that the namesake would
//! not. Here they wrap, so that they are total.

use crate::op::{Condition, Op};
use mochi_abi::trap::TrapKind;

/// Why an op stops the program: the kind, and the words that its message shows. For `FloatToInt` the first word is the
/// float's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    pub kind: TrapKind,
    pub words: [i64; 2],
}

impl Trap {
    /// The trap of this kind.
    #[cold]
    pub const fn new(kind: TrapKind, a: i64, b: i64) -> Trap {
        Trap { kind, words: [a, b] }
    }
}

/// A result, or why there is none.
pub type Outcome<T> = Result<T, Trap>;

/// `i64.add`.
#[inline]
pub const fn i64_add(a: i64, b: i64) -> Outcome<i64> {
    match a.checked_add(b) {
        Some(sum) => Ok(sum),
        None => Err(Trap::new(TrapKind::AddOverflow, a, b)),
    }
}

/// `i64.sub`.
#[inline]
pub const fn i64_sub(a: i64, b: i64) -> Outcome<i64> {
    match a.checked_sub(b) {
        Some(difference) => Ok(difference),
        None => Err(Trap::new(TrapKind::SubOverflow, a, b)),
    }
}

/// `i64.mul`.
#[inline]
pub const fn i64_mul(a: i64, b: i64) -> Outcome<i64> {
    match a.checked_mul(b) {
        Some(product) => Ok(product),
        None => Err(Trap::new(TrapKind::MulOverflow, a, b)),
    }
}

/// `i64.div`, rounded toward zero.
#[inline]
pub const fn i64_div(a: i64, b: i64) -> Outcome<i64> {
    match (b, a.checked_div(b)) {
        (0, _) => Err(Trap::new(TrapKind::DivideByZero, 0, 0)),
        (_, Some(quotient)) => Ok(quotient),
        (_, None) => Err(Trap::new(TrapKind::DivOverflow, a, b)),
    }
}

/// `i64.rem`, with the sign of `a`.
#[inline]
pub const fn i64_rem(a: i64, b: i64) -> Outcome<i64> {
    if b == 0 {
        return Err(Trap::new(TrapKind::DivideByZero, 0, 0));
    }
    // `MIN % -1` is 0, where the machine's division would fault.
    Ok(a.wrapping_rem(b))
}

/// `i64.neg`.
#[inline]
pub const fn i64_neg(a: i64) -> Outcome<i64> {
    match a.checked_neg() {
        Some(negated) => Ok(negated),
        None => Err(Trap::new(TrapKind::NegOverflow, a, 0)),
    }
}

/// `i64.div.proved`. A divisor of 0, which is never there, gives 0.
#[inline]
pub const fn i64_div_proved(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_div(b) }
}

/// `i64.rem.proved`. A divisor of 0, which is never there, gives 0.
#[inline]
pub const fn i64_rem_proved(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_rem(b) }
}

/// `i64.cmp`.
#[inline]
pub const fn i64_cmp(condition: Condition, a: i64, b: i64) -> bool {
    match condition {
        Condition::Eq => a == b,
        Condition::Ne => a != b,
        Condition::Lt => a < b,
        Condition::Le => a <= b,
        Condition::Gt => a > b,
        Condition::Ge => a >= b,
    }
}

/// `i64.to.f64`: the nearest float, the even one of two.
#[inline]
pub const fn i64_to_f64(a: i64) -> f64 {
    a as f64
}

/// `f64.div`.
#[inline]
pub const fn f64_div(a: f64, b: f64) -> Outcome<f64> {
    if b == 0.0 {
        return Err(Trap::new(TrapKind::DivideByZero, 0, 0));
    }
    Ok(a / b)
}

/// `f64.cmp`.
#[inline]
pub const fn f64_cmp(condition: Condition, a: f64, b: f64) -> bool {
    match condition {
        Condition::Eq => a == b,
        Condition::Ne => a != b,
        Condition::Lt => a < b,
        Condition::Le => a <= b,
        Condition::Gt => a > b,
        Condition::Ge => a >= b,
    }
}

/// -2^63, the smallest int, which is a float as well; 2^63, the first number above the largest int, is its negation.
const MIN_INT: f64 = i64::MIN as f64;

/// `f64.to.i64`, rounded toward zero.
#[inline]
pub const fn f64_to_i64(a: f64) -> Outcome<i64> {
    // A NaN fails both comparisons. There is no float between -2^63 - 1 and -2^63.
    if a >= MIN_INT && a < -MIN_INT {
        Ok(a as i64)
    } else {
        Err(Trap::new(TrapKind::FloatToInt, a.to_bits() as i64, 0))
    }
}

/// `index.check`: where index `i` is in something of this length, counted from the end when it is negative.
#[inline]
pub const fn index_check(i: i64, length: i64) -> Outcome<i64> {
    // A length is never negative, so a sum with a negative index does not overflow.
    let place = if i < 0 { i.wrapping_add(length) } else { i };
    if place >= 0 && place < length {
        Ok(place)
    } else {
        Err(Trap::new(TrapKind::ListIndex, i, length))
    }
}

/// The meaning of an op that depends on nothing but its operands and immediate; none for all others.
pub fn scalar(op: Op, imm: u64, args: &[u64]) -> Option<Outcome<u64>> {
    let int = |place: usize| args[place] as i64;
    let float = |place: usize| f64::from_bits(args[place]);
    let condition = || Condition::ALL[imm as usize];
    let from_int = |outcome: Outcome<i64>| outcome.map(|value| value as u64);
    let from_float = |value: f64| Ok(value.to_bits());
    Some(match op {
        Op::I64Const | Op::F64Const | Op::BoolConst => Ok(imm),
        Op::None => Ok(0),
        Op::I64Add => from_int(i64_add(int(0), int(1))),
        Op::I64Sub => from_int(i64_sub(int(0), int(1))),
        Op::I64Mul => from_int(i64_mul(int(0), int(1))),
        Op::I64Div => from_int(i64_div(int(0), int(1))),
        Op::I64Rem => from_int(i64_rem(int(0), int(1))),
        Op::I64Neg => from_int(i64_neg(int(0))),
        Op::I64AddProved => Ok(args[0].wrapping_add(args[1])),
        Op::I64SubProved => Ok(args[0].wrapping_sub(args[1])),
        Op::I64MulProved => Ok(args[0].wrapping_mul(args[1])),
        Op::I64DivProved => Ok(i64_div_proved(int(0), int(1)) as u64),
        Op::I64RemProved => Ok(i64_rem_proved(int(0), int(1)) as u64),
        Op::I64Cmp => Ok(u64::from(i64_cmp(condition(), int(0), int(1)))),
        Op::I64ToF64 => from_float(i64_to_f64(int(0))),
        Op::F64Add => from_float(float(0) + float(1)),
        Op::F64Sub => from_float(float(0) - float(1)),
        Op::F64Mul => from_float(float(0) * float(1)),
        Op::F64Div => f64_div(float(0), float(1)).map(f64::to_bits),
        Op::F64DivProved => from_float(float(0) / float(1)),
        Op::F64Neg => from_float(-float(0)),
        Op::F64Sqrt => from_float(float(0).sqrt()),
        Op::F64Cmp => Ok(u64::from(f64_cmp(condition(), float(0), float(1)))),
        Op::F64ToI64 => from_int(f64_to_i64(float(0))),
        Op::BoolNot => Ok(args[0] ^ 1),
        Op::BoolEq => Ok(u64::from(args[0] == args[1])),
        Op::Select => Ok(if args[0] != 0 { args[1] } else { args[2] }),
        Op::IsNone => Ok(u64::from(args[0] == 0)),
        Op::CheckSome if args[0] == 0 => Err(Trap::new(TrapKind::NoneValue, 0, 0)),
        Op::CheckSome => Ok(args[0]),
        Op::RefSame => Ok(u64::from(args[0] == args[1])),
        Op::IndexCheck => from_int(index_check(int(0), int(1))),
        Op::StrConst
        | Op::AnyFrom
        | Op::AnyTo
        | Op::ListNew
        | Op::ListOf
        | Op::ListLen
        | Op::ListGet
        | Op::ListSet
        | Op::ListTake
        | Op::ListPush
        | Op::ListLoad
        | Op::ListStore
        | Op::RecordNew
        | Op::FieldGet
        | Op::FieldSet
        | Op::FieldTake
        | Op::RecordShape
        | Op::ClosureMake
        | Op::CaptureGet
        | Op::GlobalGet
        | Op::GlobalSet
        | Op::GlobalTake
        | Op::Call
        | Op::CallClosure
        | Op::CallRuntime
        | Op::Dup
        | Op::Drop
        | Op::Poll
        | Op::Jump
        | Op::Branch
        | Op::Switch
        | Op::Return
        | Op::TailCall
        | Op::TailCallClosure
        | Op::Trap => return None,
    })
}

#[cfg(test)]
mod tests;
