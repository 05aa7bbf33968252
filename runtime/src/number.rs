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
    float_asinh => asinh;
    float_acosh => acosh;
    float_atanh => atanh;
    float_log_plus_one => ln_1p;
    float_exp_minus_one => exp_m1;
    float_exp_two => exp2;
    float_degrees => to_degrees;
    float_radians => to_radians;
}

pub(crate) fn float_copy_sign(_: *mut Context, a: f64, b: f64) -> f64 {
    a.copysign(b)
}

pub(crate) fn float_is_nan(_: *mut Context, a: f64) -> u64 {
    u64::from(a.is_nan())
}

pub(crate) fn float_is_infinite(_: *mut Context, a: f64, sign: i64) -> u64 {
    u64::from(a.is_infinite() && (sign == 0 || (a > 0.0) == (sign > 0)))
}

pub(crate) fn float_infinity(_: *mut Context, sign: i64) -> f64 {
    if sign < 0 { f64::NEG_INFINITY } else { f64::INFINITY }
}

pub(crate) fn float_rem(_: *mut Context, a: f64, b: f64) -> f64 {
    a % b
}

pub(crate) fn float_round_to(_: *mut Context, a: f64, digits: i64) -> f64 {
    let scale = 10f64.powf(digits as f64);
    let scaled = a * scale;
    if !scaled.is_finite() {
        // It has no digits as far down as that.
        return a;
    }
    if scale == 0.0 { 0.0 } else { scaled.round() / scale }
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

/// Euclid's algorithm.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

pub(crate) fn int_lcm(context: *mut Context, a: i64, b: i64) -> i64 {
    let (x, y) = (a.unsigned_abs(), b.unsigned_abs());
    if x == 0 || y == 0 {
        return 0;
    }
    let multiple = (x / gcd(x, y)).checked_mul(y).and_then(|multiple| i64::try_from(multiple).ok());
    multiple.unwrap_or_else(|| {
        raise_words(context, TrapKind::MulOverflow, a, b);
        0
    })
}

pub(crate) fn int_sqrt(context: *mut Context, a: i64) -> i64 {
    a.checked_isqrt().unwrap_or_else(|| {
        let message = format!("a negative number has no square root: {a}");
        raise_message(context, TrapKind::Argument, message);
        0
    })
}

/// Each product is a number of choices itself, so that dividing it leaves no rest.
pub(crate) fn int_choose(context: *mut Context, a: i64, b: i64) -> i64 {
    if a < 0 || b < 0 {
        let message = format!("only numbers from 0 on can be chosen from: comb({a}, {b})");
        raise_message(context, TrapKind::Argument, message);
        return 0;
    }
    let mut ways = 1i128;
    for i in 0..b.min(a - b) {
        ways = ways * i128::from(a - i) / i128::from(i + 1);
        if i64::try_from(ways).is_err() {
            let message = format!("comb({a}, {b}) does not fit in 64 bits");
            raise_message(context, TrapKind::Argument, message);
            return 0;
        }
    }
    if b > a { 0 } else { ways as i64 }
}

/// Of the magnitudes. Only 2^63, of the smallest int, does not fit.
pub(crate) fn int_gcd(context: *mut Context, a: i64, b: i64) -> i64 {
    i64::try_from(gcd(a.unsigned_abs(), b.unsigned_abs())).unwrap_or_else(|_| {
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
