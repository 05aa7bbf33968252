//! Arithmetic beyond the IR's own ops: powers, rounding, the functions of analysis.

use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;

use crate::trap::{raise_message, raise_words};

macro_rules! float_functions {
    ($($name:ident => $method:ident;)*) => { $(
        pub(crate) fn $name(_: *mut Context, a: f64) -> f64 {
            a.$method()
        }
    )* };
}
float_functions! {
    float_floor => floor;
    float_ceil => ceil;
    float_round => round;
    float_abs => abs;
    float_sin => sin;
    float_cos => cos;
    float_tan => tan;
    float_atan => atan;
    float_asin => asin;
    float_acos => acos;
    float_exp => exp;
    float_log => ln;
    float_log2 => log2;
    float_log10 => log10;
    float_cbrt => cbrt;
    float_sinh => sinh;
    float_cosh => cosh;
    float_tanh => tanh;
    float_trunc => trunc;
}

pub(crate) fn float_rem(_: *mut Context, a: f64, b: f64) -> f64 {
    a % b
}

pub(crate) fn float_pow(_: *mut Context, a: f64, b: f64) -> f64 {
    a.powf(b)
}

pub(crate) fn float_atan2(_: *mut Context, a: f64, b: f64) -> f64 {
    a.atan2(b)
}

pub(crate) fn float_hypot(_: *mut Context, a: f64, b: f64) -> f64 {
    a.hypot(b)
}

/// Euclid's algorithm on the magnitudes. Only 2^63, of the smallest int, does not fit.
pub(crate) fn int_gcd(context: *mut Context, a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or_else(|_| {
        raise_words(context, TrapKind::NegOverflow, i64::MIN, 0);
        0
    })
}

pub(crate) fn int_factorial(context: *mut Context, a: i64) -> i64 {
    if a < 0 {
        raise_message(
            context,
            TrapKind::Argument,
            format!("a negative number has no factorial: {a}"),
        );
        return 0;
    }
    (1..=a).try_fold(1i64, |product, next| product.checked_mul(next)).unwrap_or_else(|| {
        raise_words(context, TrapKind::FactorialOverflow, a, 0);
        0
    })
}

pub(crate) fn int_pow(context: *mut Context, a: i64, b: i64) -> i64 {
    if b < 0 {
        raise_message(
            context,
            TrapKind::Argument,
            format!("an int has no negative power: pow({a}, {b})"),
        );
        return 0;
    }
    let Some(power) = power(a, b as u64) else {
        raise_words(context, TrapKind::PowOverflow, a, b);
        return 0;
    };
    power
}

/// By repeated squaring. What does not fit is none.
fn power(base: i64, mut exponent: u64) -> Option<i64> {
    let (mut result, mut square) = (1i64, Some(base));
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.checked_mul(square?)?;
        }
        // A square that overflows matters only if it is used.
        square = square.and_then(|square| square.checked_mul(square));
        exponent >>= 1;
    }
    Some(result)
}

pub(crate) fn int_abs(context: *mut Context, a: i64) -> i64 {
    a.checked_abs().unwrap_or_else(|| {
        raise_words(context, TrapKind::NegOverflow, a, 0);
        0
    })
}
