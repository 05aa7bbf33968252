//! Integers and fractions of any size as values of Rust: the only file that names the library which computes them, dashu.
//!
//! The objects that hold them, and what they do in a program, are in [`crate::big`]. Callers **must** see to two things,
//! because the library panics without them: a divisor is not 0, and there is memory for the result.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, UnsignedAbs};
use dashu_int::{IBig, Sign};
use dashu_ratio::RBig;

/// What is done with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Sub,
    Mul,
    /// Of integers, cut toward zero.
    Div,
    /// With the dividend's sign.
    Rem,
}

/// An integer of any size; up to 128 bits take no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Integer(IBig);

/// A fraction in lowest terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fraction(RBig);

/// What both kinds have in common.
macro_rules! operations {
    ($($ty:ident)*) => { $(
        impl $ty {
            /// `a op= b`, in the memory that the number has as far as that goes.
            pub(crate) fn assign(&mut self, operation: Operation, other: &$ty) {
                match operation {
                    Operation::Add => self.0 += &other.0,
                    Operation::Sub => self.0 -= &other.0,
                    Operation::Mul => self.0 *= &other.0,
                    Operation::Div => self.0 /= &other.0,
                    Operation::Rem => *self = self.remainder(other),
                }
            }

            /// `a op b`, a new number.
            pub(crate) fn compute(&self, operation: Operation, other: &$ty) -> $ty {
                $ty(match operation {
                    Operation::Add => &self.0 + &other.0,
                    Operation::Sub => &self.0 - &other.0,
                    Operation::Mul => &self.0 * &other.0,
                    Operation::Div => &self.0 / &other.0,
                    Operation::Rem => return self.remainder(other),
                })
            }

            pub(crate) fn is_zero(&self) -> bool {
                self.0.is_zero()
            }

            pub(crate) fn is_negative(&self) -> bool {
                self.0.sign() == Sign::Negative
            }

            pub(crate) fn negate(&mut self) {
                self.0 = -std::mem::take(&mut self.0);
            }

            /// The nearest float, an infinite one beyond the largest; and whether it is the number itself.
            pub(crate) fn to_float(&self) -> (f64, bool) {
                let nearest = self.0.to_f64();
                let exact = nearest.error_ref().is_none();
                (nearest.value(), exact)
            }
        }
    )* };
}
operations! { Integer Fraction }

/// Words that an integer keeps in itself.
const INSIDE: usize = 2;

/// Bytes of memory that an integer has outside of itself.
fn integer_bytes(integer: &IBig) -> usize {
    let words = integer.as_sign_words().1;
    if words.len() > INSIDE { size_of_val(words) } else { 0 }
}

impl From<i64> for Integer {
    #[inline]
    fn from(int: i64) -> Integer {
        Integer(IBig::from(int))
    }
}

impl Integer {
    /// A float without its fraction; none when it is not finite.
    pub(crate) fn from_float(float: f64) -> Option<Integer> {
        IBig::try_from(float.trunc()).ok().map(Integer)
    }

    /// Digits behind an optional sign.
    pub(crate) fn parse(text: &str) -> Option<Integer> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(Integer)
    }

    #[inline]
    pub(crate) fn to_int(&self) -> Option<i64> {
        i64::try_from(&self.0).ok()
    }

    fn remainder(&self, other: &Integer) -> Integer {
        Integer(&self.0 % &other.0)
    }

    /// To a power that is not negative.
    pub(crate) fn power(&self, exponent: usize) -> Integer {
        Integer(self.0.pow(exponent))
    }

    /// Bits of the magnitude.
    pub(crate) fn bits(&self) -> usize {
        (&self.0).unsigned_abs().bit_len()
    }

    /// Bytes of memory outside of itself.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        integer_bytes(&self.0)
    }

    /// Whether it is negative, and the magnitude's words, the lowest first.
    pub(crate) fn words(&self) -> (bool, &[u64]) {
        let (sign, words) = self.0.as_sign_words();
        (sign == Sign::Negative, words)
    }

    /// In decimal.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }
}

impl From<Integer> for Fraction {
    fn from(integer: Integer) -> Fraction {
        Fraction(integer.0.into())
    }
}

impl Fraction {
    /// Exactly what the float is; none when it is not finite.
    pub(crate) fn from_float(float: f64) -> Option<Fraction> {
        RBig::try_from(float).ok().map(Fraction)
    }

    /// `a/b`, or a number with or without a point and an exponent.
    pub(crate) fn parse(text: &str) -> Option<Fraction> {
        /// Beyond this an exponent is not a number that somebody means.
        const LARGEST_EXPONENT: u32 = 100_000;
        if let Some((numerator, denominator)) = text.split_once('/') {
            let denominator = Integer::parse(denominator)?;
            if denominator.is_zero() {
                return None;
            }
            let numerator = Integer::parse(numerator)?;
            return Some(Fraction(RBig::from_parts_signed(numerator.0, denominator.0)));
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.strip_prefix(['+', '-']).unwrap_or(whole).is_empty() && part.is_empty()
            || !part.bytes().all(|byte| byte.is_ascii_digit())
            || exponent.unsigned_abs() > LARGEST_EXPONENT
        {
            return None;
        }
        let numerator = Integer::parse(&format!("{whole}{part}"))?;
        let places = i64::from(exponent) - part.len() as i64;
        let scale = RBig::from(IBig::from(10).pow(places.unsigned_abs() as usize));
        let numerator = RBig::from(numerator.0);
        Some(Fraction(if places < 0 { numerator / scale } else { numerator * scale }))
    }

    /// The library's own operator goes by the nearest quotient, not by the one that is cut toward zero.
    fn remainder(&self, other: &Fraction) -> Fraction {
        let quotient = RBig::from((&self.0 / &other.0).trunc());
        Fraction(&self.0 - quotient * &other.0)
    }

    /// As an integer, when it is one.
    pub(crate) fn to_integer(&self) -> Option<Integer> {
        self.0.is_int().then(|| self.numerator())
    }

    /// Cut toward zero.
    pub(crate) fn truncated(&self) -> Integer {
        Integer(self.0.trunc())
    }

    pub(crate) fn numerator(&self) -> Integer {
        Integer(self.0.numerator().clone())
    }

    pub(crate) fn denominator(&self) -> Integer {
        Integer(self.0.denominator().clone().into())
    }

    /// To a power; the number is not 0 where that is negative.
    pub(crate) fn power(&self, exponent: isize) -> Fraction {
        Fraction(self.0.pow(exponent))
    }

    /// Bytes of memory outside of itself.
    pub(crate) fn bytes(&self) -> usize {
        integer_bytes(self.0.numerator()) + integer_bytes(self.0.denominator().as_ibig())
    }

    /// How it compares with a finite float.
    pub(crate) fn compare_float(&self, float: f64) -> Option<Ordering> {
        Fraction::from_float(float).map(|float| self.cmp(&float))
    }

    /// `a/b`, or `a` when that is all.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Integer {
        Integer::parse(text).expect("the test's integer")
    }
    fn fraction(text: &str) -> Fraction {
        Fraction::parse(text).expect("the test's fraction")
    }

    #[test]
    fn division_cuts_toward_zero_and_the_rest_has_the_dividends_sign() {
        for (a, b, quotient, rest) in
            [(7, 2, 3, 1), (-7, 2, -3, -1), (7, -2, -3, 1), (-7, -2, 3, -1), (0, 5, 0, 0)]
        {
            let (a, b) = (Integer::from(a), Integer::from(b));
            assert_eq!(a.compute(Operation::Div, &b), Integer::from(quotient));
            assert_eq!(a.compute(Operation::Rem, &b), Integer::from(rest));
        }
        for (a, b, rest) in [
            ("7/2", "1", "1/2"),
            ("-7/2", "1", "-1/2"),
            ("-7/2", "-1/3", "-1/6"),
            ("5/3", "2", "5/3"),
        ] {
            assert_eq!(fraction(a).compute(Operation::Rem, &fraction(b)).text(), rest);
        }
    }

    #[test]
    fn in_place_and_anew_are_the_same() {
        let (a, b) = (integer("123456789012345678901234567890"), integer("-98765432109876543210"));
        for operation in
            [Operation::Add, Operation::Sub, Operation::Mul, Operation::Div, Operation::Rem]
        {
            let mut changed = a.clone();
            changed.assign(operation, &b);
            assert_eq!(changed, a.compute(operation, &b));
            let (a, b) = (Fraction::from(a.clone()), Fraction::from(b.clone()));
            let mut changed = a.clone();
            changed.assign(operation, &b);
            assert_eq!(changed, a.compute(operation, &b));
        }
    }

    #[test]
    fn what_fits_in_an_int_becomes_one() {
        assert_eq!(integer("9223372036854775807").to_int(), Some(i64::MAX));
        assert_eq!(integer("9223372036854775808").to_int(), None);
        assert_eq!(integer("-9223372036854775808").to_int(), Some(i64::MIN));
        assert_eq!(integer("-9223372036854775809").to_int(), None);
    }

    #[test]
    fn text_is_read_only_when_all_of_it_is_a_number() {
        for text in ["", "-", "+", "1_0", "1.0", "0x1", " 1", "1 ", "--1"] {
            assert_eq!(Integer::parse(text), None, "{text:?}");
        }
        for text in
            ["", ".", "-", "1/0", "1/", "/2", "1/2/3", "1.5.5", "1e", "e5", "1e1000001", "a"]
        {
            assert_eq!(Fraction::parse(text), None, "{text:?}");
        }
        for (text, shown) in [
            ("6/4", "3/2"),
            ("1/-2", "-1/2"),
            ("-0.25", "-1/4"),
            (".5", "1/2"),
            ("5.", "5"),
            ("1.5e3", "1500"),
            ("25e-2", "1/4"),
            ("+7", "7"),
        ] {
            assert_eq!(fraction(text).text(), shown);
        }
    }

    #[test]
    fn floats_are_taken_exactly() {
        assert_eq!(Fraction::from_float(0.1), Some(fraction("3602879701896397/36028797018963968")));
        assert_eq!(Fraction::from_float(f64::NAN), None);
        assert_eq!(Integer::from_float(-2.9), Some(Integer::from(-2)));
        assert_eq!(Integer::from_float(f64::INFINITY), None);
        assert_eq!(integer("9007199254740993").to_float(), (9_007_199_254_740_992.0, false));
        assert_eq!(integer("9007199254740992").to_float(), (9_007_199_254_740_992.0, true));
        assert_eq!(fraction("1/3").to_float(), (1.0 / 3.0, false));
        assert_eq!(fraction("-5e-1").to_float(), (-0.5, true));
        assert_eq!(Integer::from(10).power(400).to_float(), (f64::INFINITY, false));
    }
}
