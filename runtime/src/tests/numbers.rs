//! Arithmetic.

use super::Machine;

fn one(m: &Machine, name: &str, a: f64) -> f64 {
    f64::from_bits(m.call(name, &[a.to_bits()]))
}

fn two(m: &Machine, name: &str, a: f64, b: f64) -> f64 {
    f64::from_bits(m.call(name, &[a.to_bits(), b.to_bits()]))
}

#[test]
fn functions_of_one_float() {
    let m = Machine::new();
    for (name, argument, result) in [
        ("float_floor", -1.5, -2.0),
        ("float_ceil", -1.5, -1.0),
        ("float_round", 2.5, 3.0),
        ("float_round", -2.5, -3.0),
        ("float_round", 0.499_999_999_999_999_94, 0.0),
        ("float_abs", -2.0, 2.0),
        ("float_sin", 0.0, 0.0),
        ("float_cos", 0.0, 1.0),
        ("float_tan", 0.0, 0.0),
        ("float_atan", 0.0, 0.0),
        ("float_asin", 1.0, std::f64::consts::FRAC_PI_2),
        ("float_acos", 1.0, 0.0),
        ("float_exp", 0.0, 1.0),
        ("float_log", 1.0, 0.0),
        ("float_log", 0.0, f64::NEG_INFINITY),
        ("float_log2", 8.0, 3.0),
        ("float_log10", 1000.0, 3.0),
        ("float_cbrt", -27.0, -3.0),
        ("float_sinh", 0.0, 0.0),
        ("float_cosh", 0.0, 1.0),
        ("float_tanh", f64::INFINITY, 1.0),
        ("float_trunc", -1.7, -1.0),
    ] {
        let found = one(&m, name, argument);
        assert!((found - result).abs() < 1e-15 || found == result, "{name}({argument}) is {found}");
    }
    for name in ["float_floor", "float_sin", "float_asin", "float_abs"] {
        assert!(one(&m, name, f64::NAN).is_nan(), "{name}");
    }
    assert!(one(&m, "float_log", -1.0).is_nan());
}

#[test]
fn functions_of_two_floats() {
    let m = Machine::new();
    assert_eq!(two(&m, "float_rem", 5.5, 2.0), 1.5);
    assert_eq!(two(&m, "float_rem", -5.5, 2.0), -1.5);
    assert!(two(&m, "float_rem", 1.0, 0.0).is_nan());
    assert_eq!(two(&m, "float_rem", 1.0, f64::INFINITY), 1.0);
    assert_eq!(two(&m, "float_pow", 2.0, 10.0), 1024.0);
    assert_eq!(two(&m, "float_pow", 2.0, -1.0), 0.5);
    assert_eq!(two(&m, "float_pow", 0.0, 0.0), 1.0);
    assert_eq!(two(&m, "float_hypot", 3.0, -4.0), 5.0);
    assert_eq!(two(&m, "float_atan2", 0.0, -1.0), std::f64::consts::PI);
}

#[test]
fn int_pow_and_int_abs() {
    let m = Machine::new();
    let pow = |a: i64, b: i64| m.call("int_pow", &[a as u64, b as u64]) as i64;
    assert_eq!(pow(2, 62), 1 << 62);
    assert_eq!(pow(-2, 63), i64::MIN);
    assert_eq!(pow(3, 39), 4_052_555_153_018_976_267);
    assert_eq!(pow(0, 0), 1);
    assert_eq!(pow(1, i64::MAX), 1);
    assert_eq!(pow(-1, i64::MAX), -1);
    assert_eq!(pow(i64::MIN, 1), i64::MIN);
    assert_eq!(m.trap("int_pow", &[2, 63]), "integer overflow: pow(2, 63) does not fit in 64 bits");
    assert_eq!(
        m.trap("int_pow", &[3, i64::MAX as u64]),
        format!("integer overflow: pow(3, {}) does not fit in 64 bits", i64::MAX)
    );
    assert_eq!(m.trap("int_pow", &[2, -1i64 as u64]), "an int has no negative power: pow(2, -1)");
    assert_eq!(m.call("int_abs", &[-7i64 as u64]), 7);
    assert_eq!(m.call("int_abs", &[i64::MAX as u64]), i64::MAX as u64);
    let overflow = format!("integer overflow: -({}) does not fit in 64 bits", i64::MIN);
    assert_eq!(m.trap("int_abs", &[i64::MIN as u64]), overflow);
}

#[test]
fn int_gcd_and_int_factorial() {
    let m = Machine::new();
    let gcd = |a: i64, b: i64| m.call("int_gcd", &[a as u64, b as u64]) as i64;
    assert_eq!(gcd(12, -18), 6);
    assert_eq!(gcd(0, 0), 0);
    assert_eq!(gcd(0, -7), 7);
    assert_eq!(gcd(i64::MIN, 6), 2);
    let overflow = format!("integer overflow: -({}) does not fit in 64 bits", i64::MIN);
    assert_eq!(m.trap("int_gcd", &[i64::MIN as u64, 0]), overflow);
    assert_eq!(m.call("int_factorial", &[0]), 1);
    assert_eq!(m.call("int_factorial", &[20]), 2_432_902_008_176_640_000);
    let too_large = "integer overflow: the factorial of 21 does not fit in 64 bits";
    assert_eq!(m.trap("int_factorial", &[21]), too_large);
    assert_eq!(m.trap("int_factorial", &[-1i64 as u64]), "a negative number has no factorial: -1");
}
