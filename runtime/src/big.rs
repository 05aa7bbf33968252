//! Bigints and bigrats as objects: making them, arithmetic, order and conversions.
//!
//! A number is computed in place when its object is owned once and is consumed, so that a loop over one number allocates
//! only when the number outgrows its memory. A row's operands are two bigints or two bigrats; where `any` brings others
//! together, [`combine`] makes them alike first. None in a number's place is the trap `NoneValue`. What the digits of
//! large numbers take is asked for before it is computed, and counted like all other memory.

use std::cmp::Ordering;

use mochi_abi::layout::{Context, Header, Kind, List, any};
use mochi_abi::trap::TrapKind;

use crate::big_number::{Fraction, Integer};
use crate::context::ContextFields;
use crate::equality::order;
use crate::memory::{
    account, allocate_object, can_allocate, drop_object, dup, has_room, release_memory,
};
use crate::object::{ListFields, Object, StrFields};
use crate::trap::{raise_kind, raise_message};
use crate::words::Value;
use crate::{float_text, str};

pub(crate) use crate::big_number::Operation;

// -- objects -----------------------------------------------------------------------

/// An object with a number in it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Number<T> {
    header: Header,
    number: T,
}
pub(crate) type BigInt = Number<Integer>;
pub(crate) type BigRat = Number<Fraction>;

impl Object for *mut BigInt {
    #[inline(always)]
    fn header(self) -> *mut Header {
        self.cast()
    }
}
impl Object for *mut BigRat {
    #[inline(always)]
    fn header(self) -> *mut Header {
        self.cast()
    }
}

/// What the objects of both kinds have in common.
pub(crate) trait NumberObject: Object {
    type Number: Arithmetic + 'static;

    /// The number in the object.
    #[inline]
    fn number<'a>(self) -> &'a Self::Number {
        let object: *mut Number<Self::Number> = self.header().cast();
        // SAFETY: the pointer is to a live number of this kind; nobody writes to it during the borrow.
        unsafe { &(*object).number }
    }
    #[inline]
    fn number_mut<'a>(self) -> &'a mut Self::Number {
        let object: *mut Number<Self::Number> = self.header().cast();
        // SAFETY: the pointer is to a live number of this kind; the borrow ends before anything else uses the object.
        unsafe { &mut (*object).number }
    }

    /// Frees the object, whose count is 0.
    fn free(self, context: *mut Context) {
        account(context, self.number().bytes(), 0);
        // SAFETY: nobody has the object any more, so that its number is dropped once.
        unsafe { std::ptr::drop_in_place(self.number_mut()) };
        release_memory(context, self.header(), size_of::<Number<Self::Number>>());
    }
}
impl NumberObject for *mut BigInt {
    type Number = Integer;
}
impl NumberObject for *mut BigRat {
    type Number = Fraction;
}

/// What both kinds of numbers can do.
pub(crate) trait Arithmetic: Clone {
    const KIND: Kind;
    fn assign(&mut self, operation: Operation, other: &Self);
    fn compute(&self, operation: Operation, other: &Self) -> Self;
    fn is_zero(&self) -> bool;
    fn negate(&mut self);
    /// Bytes of memory outside of itself.
    fn bytes(&self) -> usize;
}

macro_rules! arithmetic {
    ($($ty:ident $kind:ident)*) => { $(
        impl Arithmetic for $ty {
            const KIND: Kind = Kind::$kind;
            #[inline]
            fn assign(&mut self, operation: Operation, other: &Self) {
                $ty::assign(self, operation, other);
            }
            #[inline]
            fn compute(&self, operation: Operation, other: &Self) -> Self {
                $ty::compute(self, operation, other)
            }
            fn is_zero(&self) -> bool {
                $ty::is_zero(self)
            }
            fn negate(&mut self) {
                $ty::negate(self);
            }
            #[inline]
            fn bytes(&self) -> usize {
                $ty::bytes(self)
            }
        }
    )* };
}
arithmetic! { Integer BigInt Fraction BigRat }

/// A new object with a number; null and a trap when memory has run out.
pub(crate) fn object<T: Arithmetic>(context: *mut Context, number: T) -> *mut Header {
    let memory: *mut Number<T> = allocate_object(context, size_of::<Number<T>>()).cast();
    if memory.is_null() {
        return std::ptr::null_mut();
    }
    account(context, 0, number.bytes());
    // SAFETY: the memory is new, and large enough.
    unsafe { memory.write(Number { header: Header::new(T::KIND, 0), number }) };
    memory.cast()
}

/// A number as an object of one of the kinds.
fn integer_as(context: *mut Context, integer: Integer, fraction: bool) -> *mut Header {
    if fraction { object(context, Fraction::from(integer)) } else { object(context, integer) }
}

fn kind_name(fraction: bool) -> &'static str {
    if fraction { "bigrat" } else { "bigint" }
}

fn none_value(context: *mut Context) -> *mut Header {
    raise_kind(context, TrapKind::NoneValue);
    std::ptr::null_mut()
}

/// A number as messages show it: a long one by how many digits it has.
fn in_words(text: String, fraction: bool) -> String {
    const LONGEST: usize = 60;
    if text.len() <= LONGEST {
        return text;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    format!("a {} of {digits} digits", kind_name(fraction))
}

// -- making and conversions --------------------------------------------------------

pub(crate) fn big_from_int(context: *mut Context, value: i64, fraction: u64) -> *mut Header {
    integer_as(context, Integer::from(value), fraction != 0)
}

pub(crate) fn big_from_float(context: *mut Context, value: f64, fraction: u64) -> *mut Header {
    let fraction = fraction != 0;
    let result = if fraction {
        Fraction::from_float(value).map(|number| object(context, number))
    } else {
        Integer::from_float(value).map(|number| object(context, number))
    };
    result.unwrap_or_else(|| {
        let shown = float_text::alone(value);
        let message = format!("{} cannot be a {}", shown.as_str(), kind_name(fraction));
        raise_message(context, TrapKind::Cast, message);
        std::ptr::null_mut()
    })
}

pub(crate) fn any_parse_big(context: *mut Context, value: u64, fraction: u64) -> *mut Header {
    match Value::of_any(value) {
        Value::Int(int) => big_from_int(context, int, fraction),
        Value::Bool(bool) => big_from_int(context, i64::from(bool), fraction),
        Value::Float(float) => big_from_float(context, float, fraction),
        Value::Str(text) => {
            let read = text.text().trim();
            let result = if fraction != 0 {
                Fraction::parse(read).map(|number| object(context, number))
            } else {
                Integer::parse(read).map(|number| object(context, number))
            };
            result.unwrap_or_else(|| {
                let message =
                    format!("{} is not a {}", str::quoted(text), kind_name(fraction != 0));
                raise_message(context, TrapKind::Cast, message);
                std::ptr::null_mut()
            })
        }
        Value::BigRat(number) if fraction == 0 => object(context, number.number().truncated()),
        other => as_kind(context, other, fraction != 0).unwrap_or_else(|| {
            crate::cast::mismatch(context, kind_name(fraction != 0), other);
            std::ptr::null_mut()
        }),
    }
}

/// A number as an owned object of a kind that holds all of it; none when it is no number, or not of that kind.
pub(crate) fn as_kind(context: *mut Context, value: Value, fraction: bool) -> Option<*mut Header> {
    Some(match value {
        Value::Int(int) => integer_as(context, Integer::from(int), fraction),
        Value::BigInt(number) if fraction => {
            object(context, Fraction::from(number.number().clone()))
        }
        Value::BigInt(number) => {
            dup(number.header());
            number.header()
        }
        Value::BigRat(number) if fraction => {
            dup(number.header());
            number.header()
        }
        Value::BigRat(number) => object(context, number.number().to_integer()?),
        Value::Float(float) if fraction || float.trunc() == float => {
            big_from_float(context, float, u64::from(fraction))
        }
        _ => return None,
    })
}

pub(crate) fn big_to_int(context: *mut Context, value: *mut Header) -> i64 {
    int(context, Value::of_object(value)).unwrap_or_else(|| {
        none_value(context);
        0
    })
}

/// A number of any size as an int, cut toward zero; a trap when it does not fit. None when it is no such number.
pub(crate) fn int(context: *mut Context, value: Value) -> Option<i64> {
    let (int, text) = match value {
        Value::BigInt(number) => match number.number().to_int() {
            Some(int) => return Some(int),
            None => (0, in_words(number.number().text(), false)),
        },
        Value::BigRat(number) => match number.number().truncated().to_int() {
            Some(int) => return Some(int),
            None => (0, in_words(number.number().text(), true)),
        },
        _ => return None,
    };
    raise_message(context, TrapKind::FloatToInt, text);
    Some(int)
}

pub(crate) fn big_to_float(context: *mut Context, value: *mut Header) -> f64 {
    float(Value::of_object(value)).unwrap_or_else(|| {
        none_value(context);
        0.0
    })
}

/// The float that is nearest to a number of any size.
pub(crate) fn float(value: Value) -> Option<f64> {
    match value {
        Value::BigInt(number) => Some(number.number().to_float().0),
        Value::BigRat(number) => Some(number.number().to_float().0),
        _ => None,
    }
}

pub(crate) fn big_numerator(context: *mut Context, value: *mut Header) -> *mut Header {
    match Value::of_object(value) {
        Value::BigRat(number) => object(context, number.number().numerator()),
        Value::BigInt(number) => {
            dup(number.header());
            number.header()
        }
        _ => none_value(context),
    }
}

pub(crate) fn big_denominator(context: *mut Context, value: *mut Header) -> *mut Header {
    match Value::of_object(value) {
        Value::BigRat(number) => object(context, number.number().denominator()),
        Value::BigInt(_) => object(context, Integer::from(1)),
        _ => none_value(context),
    }
}

// -- arithmetic --------------------------------------------------------------------

/// Results that take less than this are computed without asking for the memory.
const SMALL_RESULT: usize = 1 << 20;

/// Whether there is memory for a result of so many bytes, and for computing it.
fn has_room_for(context: *mut Context, bytes: usize) -> bool {
    /// The number theoretic transform by which large numbers are multiplied needs up to 33 times what its result has.
    const WORKING_SPACE: usize = 36;
    let needed = bytes.saturating_mul(WORKING_SPACE);
    bytes < SMALL_RESULT || (has_room(context, needed) && can_allocate(context, needed))
}

/// Whether there is memory for a number of so many bytes in decimal; a trap when not.
pub(crate) fn has_room_for_text(context: *mut Context, bytes: usize) -> bool {
    /// Each word has 20 digits, and what is divided is kept meanwhile.
    const DIGITS: usize = 2;
    has_room_for(context, bytes.saturating_mul(DIGITS))
}

/// `a op b`; `a` is consumed.
fn operate<T: NumberObject>(
    context: *mut Context,
    operation: Operation,
    a: T,
    b: &T::Number,
) -> *mut Header {
    let divides = matches!(operation, Operation::Div | Operation::Rem);
    if divides && b.is_zero() {
        raise_kind(context, TrapKind::DivideByZero);
        drop_object(context, a.header());
        return std::ptr::null_mut();
    }
    let bytes = a.number().bytes();
    // A product has as many words as its factors together, and a sum has fewer.
    if !has_room_for(context, bytes + b.bytes()) {
        drop_object(context, a.header());
        return std::ptr::null_mut();
    }
    if a.is_unique() && !std::ptr::eq(a.number(), b) {
        let number = a.number_mut();
        number.assign(operation, b);
        account(context, bytes, number.bytes());
        return a.header();
    }
    let result = object(context, a.number().compute(operation, b));
    drop_object(context, a.header());
    result
}

fn with_big(
    context: *mut Context,
    operation: Operation,
    a: *mut Header,
    b: *mut Header,
) -> *mut Header {
    match (Value::of_object(a), Value::of_object(b)) {
        (Value::BigInt(a), Value::BigInt(b)) => operate(context, operation, a, b.number()),
        (Value::BigRat(a), Value::BigRat(b)) => operate(context, operation, a, b.number()),
        _ => {
            drop_object(context, a);
            none_value(context)
        }
    }
}

fn with_int(context: *mut Context, operation: Operation, a: *mut Header, b: i64) -> *mut Header {
    let b = Integer::from(b);
    match Value::of_object(a) {
        Value::BigInt(a) => operate(context, operation, a, &b),
        Value::BigRat(a) => operate(context, operation, a, &Fraction::from(b)),
        _ => none_value(context),
    }
}

pub(crate) fn big_add(context: *mut Context, a: *mut Header, b: *mut Header) -> *mut Header {
    with_big(context, Operation::Add, a, b)
}
pub(crate) fn big_sub(context: *mut Context, a: *mut Header, b: *mut Header) -> *mut Header {
    with_big(context, Operation::Sub, a, b)
}
pub(crate) fn big_mul(context: *mut Context, a: *mut Header, b: *mut Header) -> *mut Header {
    with_big(context, Operation::Mul, a, b)
}
pub(crate) fn big_div(context: *mut Context, a: *mut Header, b: *mut Header) -> *mut Header {
    with_big(context, Operation::Div, a, b)
}
pub(crate) fn big_rem(context: *mut Context, a: *mut Header, b: *mut Header) -> *mut Header {
    with_big(context, Operation::Rem, a, b)
}
pub(crate) fn big_add_int(context: *mut Context, a: *mut Header, b: i64) -> *mut Header {
    with_int(context, Operation::Add, a, b)
}
pub(crate) fn big_sub_int(context: *mut Context, a: *mut Header, b: i64) -> *mut Header {
    with_int(context, Operation::Sub, a, b)
}
pub(crate) fn big_mul_int(context: *mut Context, a: *mut Header, b: i64) -> *mut Header {
    with_int(context, Operation::Mul, a, b)
}
pub(crate) fn big_div_int(context: *mut Context, a: *mut Header, b: i64) -> *mut Header {
    with_int(context, Operation::Div, a, b)
}
pub(crate) fn big_rem_int(context: *mut Context, a: *mut Header, b: i64) -> *mut Header {
    with_int(context, Operation::Rem, a, b)
}

/// `a op b` of two values in an `any`, when one of them is a number of any size and the other a number; a float beside it
/// is taken exactly, so the result is a bigrat. Both are borrowed.
pub(crate) fn combine(
    context: *mut Context,
    operation: Operation,
    a: Value,
    b: Value,
) -> Option<u64> {
    if !(a.is_big() || b.is_big()) || !(a.is_number() && b.is_number()) {
        return None;
    }
    let is_fraction = |value| matches!(value, Value::BigRat(_) | Value::Float(_));
    let fraction = is_fraction(a) || is_fraction(b);
    let (a, b) = (as_kind(context, a, fraction)?, as_kind(context, b, fraction)?);
    if context.trapped() {
        drop_object(context, a);
        drop_object(context, b);
        return Some(any::NONE);
    }
    let result = with_big(context, operation, a, b);
    drop_object(context, b);
    Some(result.word())
}

pub(crate) fn big_neg(context: *mut Context, value: *mut Header) -> *mut Header {
    match Value::of_object(value) {
        Value::BigInt(number) => negate(context, number),
        Value::BigRat(number) => negate(context, number),
        _ => none_value(context),
    }
}

/// `-a`; `a` is consumed.
fn negate<T: NumberObject>(context: *mut Context, a: T) -> *mut Header {
    if a.is_unique() {
        a.number_mut().negate();
        return a.header();
    }
    let mut number = a.number().clone();
    number.negate();
    drop_object(context, a.header());
    object(context, number)
}

pub(crate) fn big_abs(context: *mut Context, value: *mut Header) -> *mut Header {
    if is_negative(Value::of_object(value)) { big_neg(context, value) } else { value }
}

pub(crate) fn is_negative(value: Value) -> bool {
    match value {
        Value::BigInt(number) => number.number().is_negative(),
        Value::BigRat(number) => number.number().is_negative(),
        _ => false,
    }
}

pub(crate) fn big_pow(context: *mut Context, base: *mut Header, exponent: i64) -> *mut Header {
    match Value::of_object(base) {
        Value::BigInt(base) if exponent >= 0 => {
            let base = base.number();
            match room_for_power(context, base.bits(), exponent) {
                Some(exponent) => object(context, base.power(exponent)),
                None if context.trapped() => std::ptr::null_mut(),
                None => object(context, small_power(base, exponent)),
            }
        }
        Value::BigInt(base) => {
            let base = in_words(base.number().text(), false);
            let message = format!("a bigint has no negative power: pow({base}, {exponent})");
            raise_message(context, TrapKind::Argument, message);
            std::ptr::null_mut()
        }
        Value::BigRat(base) => {
            let base = base.number();
            if base.is_zero() && exponent < 0 {
                raise_kind(context, TrapKind::DivideByZero);
                return std::ptr::null_mut();
            }
            let (above, below) = (base.numerator(), base.denominator());
            match room_for_power(context, above.bits().max(below.bits()), exponent) {
                Some(_) => object(context, base.power(exponent as isize)),
                None if context.trapped() => std::ptr::null_mut(),
                None => object(context, Fraction::from(small_power(&above, exponent))),
            }
        }
        _ => none_value(context),
    }
}

/// The exponent, when a number of so many bits to its power has room in memory. None without a trap for 0, 1 and -1,
/// which have powers to exponents of any size.
fn room_for_power(context: *mut Context, bits: usize, exponent: i64) -> Option<usize> {
    if bits <= 1 {
        return None;
    }
    let exponent = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
    let bytes = bits.saturating_mul(exponent) / 8;
    has_room_for(context, bytes).then_some(exponent)
}

/// A power of 0, 1 or -1.
fn small_power(base: &Integer, exponent: i64) -> Integer {
    match base.to_int() {
        Some(0) => Integer::from(i64::from(exponent == 0)),
        Some(-1) if exponent % 2 != 0 => Integer::from(-1),
        _ => Integer::from(1),
    }
}

pub(crate) fn list_sum_big(context: *mut Context, list: *mut List, fraction: u64) -> *mut Header {
    let mut sum = big_from_int(context, 0, fraction);
    for i in 0..list.len() {
        if context.trapped() {
            break;
        }
        let item = list.get(i) as *mut Header;
        if !item.is_null() {
            sum = with_big(context, Operation::Add, sum, item);
        }
    }
    sum
}

// -- order -------------------------------------------------------------------------

pub(crate) fn big_compare(context: *mut Context, a: *mut Header, b: *mut Header) -> i64 {
    if a.is_none() || b.is_none() {
        none_value(context);
        return 0;
    }
    order(context, Value::of_object(a), Value::of_object(b)).map_or(0, |order| order as i64)
}

pub(crate) fn big_compare_int(context: *mut Context, a: *mut Header, b: i64) -> i64 {
    if a.is_none() {
        none_value(context);
        return 0;
    }
    order(context, Value::of_object(a), Value::Int(b)).map_or(0, |order| order as i64)
}

/// The order of two numbers of which one at least is of any size, without rounding either; none for other values. NaN is
/// behind all numbers.
pub(crate) fn compare(a: Value, b: Value) -> Option<Ordering> {
    match (a, b) {
        (Value::BigInt(a), Value::BigInt(b)) => Some(a.number().cmp(b.number())),
        (Value::BigRat(a), Value::BigRat(b)) => Some(a.number().cmp(b.number())),
        (Value::BigInt(a), Value::Int(b)) => Some(a.number().cmp(&Integer::from(b))),
        (Value::BigInt(a), Value::BigRat(b)) => {
            Some(Fraction::from(a.number().clone()).cmp(b.number()))
        }
        (Value::BigRat(a), Value::Int(b)) => {
            Some(a.number().cmp(&Fraction::from(Integer::from(b))))
        }
        (Value::BigInt(a), Value::Float(b)) => {
            Some(with_float(b, || Fraction::from(a.number().clone()).compare_float(b)))
        }
        (Value::BigRat(a), Value::Float(b)) => Some(with_float(b, || a.number().compare_float(b))),
        (Value::Int(_) | Value::Float(_), Value::BigInt(_) | Value::BigRat(_))
        | (Value::BigRat(_), Value::BigInt(_)) => compare(b, a).map(Ordering::reverse),
        _ => None,
    }
}

/// How a number compares with a float; `finite` says it when the float is finite.
fn with_float(float: f64, finite: impl FnOnce() -> Option<Ordering>) -> Ordering {
    let below_all = float == f64::NEG_INFINITY;
    finite().unwrap_or(if below_all { Ordering::Greater } else { Ordering::Less })
}
