//! Every scalar op at its boundaries. Ints are held to arithmetic in 128 bits, floats and conversions to written tables.

use super::*;

/// Powers of two and of ten and their neighbours, both signs.
const INTS: [i64; 33] = [
    i64::MIN,
    i64::MIN + 1,
    i64::MIN / 2,
    -(1 << 53) - 1,
    -(1 << 53),
    -10_000_000_000,
    -(1 << 32),
    -3_037_000_500,
    -(1 << 31) - 1,
    -(1 << 31),
    -1000,
    -7,
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    7,
    1000,
    (1 << 31) - 1,
    1 << 31,
    3_037_000_499,
    3_037_000_500,
    1 << 32,
    10_000_000_000,
    1 << 53,
    (1 << 53) + 1,
    i64::MAX / 2,
    1 << 62,
    i64::MAX - 1,
    i64::MAX,
];

const FLOATS: [f64; 24] = [
    f64::NEG_INFINITY,
    f64::MIN,
    -9.223_372_036_854_776e18,
    -4_503_599_627_370_497.5,
    -1e10,
    -2.5,
    -1.0,
    -0.5,
    -f64::MIN_POSITIVE,
    -5e-324,
    -0.0,
    0.0,
    5e-324,
    f64::MIN_POSITIVE,
    0.1,
    0.5,
    1.0,
    1.5,
    2.5,
    1e10,
    9_007_199_254_740_993.0,
    9.223_372_036_854_776e18,
    f64::MAX,
    f64::INFINITY,
];

/// What 128 bits say: the result, if it is one of 64 bits.
fn model(op: Op, a: i64, b: i64) -> Outcome<i64> {
    let (x, y) = (i128::from(a), i128::from(b));
    let zero = Trap::new(TrapKind::DivideByZero, 0, 0);
    let (exact, kind) = match op {
        Op::I64Add => (x + y, TrapKind::AddOverflow),
        Op::I64Sub => (x - y, TrapKind::SubOverflow),
        Op::I64Mul => (x * y, TrapKind::MulOverflow),
        Op::I64Div if y == 0 => return Err(zero),
        Op::I64Div => (x / y, TrapKind::DivOverflow),
        Op::I64Rem if y == 0 => return Err(zero),
        Op::I64Rem => (x - y * (x / y), TrapKind::DivOverflow),
        other => panic!("{} is not modelled", other.row().name),
    };
    i64::try_from(exact).map_err(|_| Trap::new(kind, a, b))
}

fn run(op: Op, imm: u64, args: &[u64]) -> Outcome<u64> {
    scalar(op, imm, args).expect("the op is scalar")
}

#[test]
fn int_arithmetic_is_exact_or_traps() {
    let pairs = [
        (Op::I64Add, Op::I64AddProved),
        (Op::I64Sub, Op::I64SubProved),
        (Op::I64Mul, Op::I64MulProved),
        (Op::I64Div, Op::I64DivProved),
        (Op::I64Rem, Op::I64RemProved),
    ];
    for (op, proved) in pairs {
        for a in INTS {
            for b in INTS {
                let args = [a as u64, b as u64];
                let expected = model(op, a, b).map(|value| value as u64);
                assert_eq!(run(op, 0, &args), expected, "{} {a}, {b}", op.row().name);
                if expected.is_ok() {
                    assert_eq!(run(proved, 0, &args), expected, "{} {a}, {b}", proved.row().name);
                }
                assert!(run(proved, 0, &args).is_ok(), "proved ops never trap");
            }
        }
    }
    for a in INTS {
        let expected = match i64::try_from(-i128::from(a)) {
            Ok(value) => Ok(value as u64),
            Err(_) => Err(Trap::new(TrapKind::NegOverflow, a, 0)),
        };
        assert_eq!(run(Op::I64Neg, 0, &[a as u64]), expected);
    }
    assert_eq!(i64_rem(i64::MIN, -1), Ok(0));
    assert_eq!(i64_rem(-7, 3), Ok(-1));
    assert_eq!(i64_div(-7, 2), Ok(-3));
}

#[test]
fn ints_are_compared_by_their_order() {
    for (place_a, a) in INTS.into_iter().enumerate() {
        for (place_b, b) in INTS.into_iter().enumerate() {
            // INTS is sorted, so the places compare as the numbers do.
            let order = place_a.cmp(&place_b);
            for condition in Condition::ALL {
                let expected = match condition {
                    Condition::Eq => order.is_eq(),
                    Condition::Ne => order.is_ne(),
                    Condition::Lt => order.is_lt(),
                    Condition::Le => order.is_le(),
                    Condition::Gt => order.is_gt(),
                    Condition::Ge => order.is_ge(),
                };
                let args = [a as u64, b as u64];
                let found = run(Op::I64Cmp, condition as u64, &args);
                assert_eq!(found, Ok(u64::from(expected)), "{a} {condition:?} {b}");
                let swapped = run(Op::I64Cmp, condition.swapped() as u64, &[args[1], args[0]]);
                assert_eq!(swapped, found);
                let inverted = run(Op::I64Cmp, condition.inverted() as u64, &args);
                assert_eq!(inverted, Ok(u64::from(!expected)));
            }
        }
    }
}

#[test]
fn floats_are_compared_by_their_order_and_nan_by_none() {
    let compare = |condition: Condition, a: f64, b: f64| {
        run(Op::F64Cmp, condition as u64, &[a.to_bits(), b.to_bits()]) == Ok(1)
    };
    // FLOATS is sorted; the two zeros, at 10 and 11, are equal.
    let rank = |place: usize| if place == 11 { 10 } else { place };
    for (place_a, a) in FLOATS.into_iter().enumerate() {
        for (place_b, b) in FLOATS.into_iter().enumerate() {
            let order = rank(place_a).cmp(&rank(place_b));
            assert_eq!(compare(Condition::Eq, a, b), order.is_eq(), "{a} == {b}");
            assert_eq!(compare(Condition::Ne, a, b), order.is_ne(), "{a} != {b}");
            assert_eq!(compare(Condition::Lt, a, b), order.is_lt(), "{a} < {b}");
            assert_eq!(compare(Condition::Le, a, b), order.is_le(), "{a} <= {b}");
            assert_eq!(compare(Condition::Gt, a, b), order.is_gt(), "{a} > {b}");
            assert_eq!(compare(Condition::Ge, a, b), order.is_ge(), "{a} >= {b}");
        }
        for condition in Condition::ALL {
            let is_ne = condition == Condition::Ne;
            assert_eq!(compare(condition, a, f64::NAN), is_ne);
            assert_eq!(compare(condition, f64::NAN, a), is_ne);
            assert_eq!(compare(condition, f64::NAN, f64::NAN), is_ne);
        }
    }
}

#[test]
fn float_arithmetic_is_that_of_ieee_754() {
    // Bits, so that zeros and rounding are told apart.
    let table: &[(Op, f64, f64, f64)] = &[
        (Op::F64Add, 0.1, 0.2, 0.300_000_000_000_000_04),
        (Op::F64Add, f64::MAX, f64::MAX, f64::INFINITY),
        (Op::F64Add, -0.0, -0.0, -0.0),
        (Op::F64Add, -0.0, 0.0, 0.0),
        (Op::F64Add, 9_007_199_254_740_992.0, 1.0, 9_007_199_254_740_992.0),
        (Op::F64Sub, 0.0, 0.0, 0.0),
        (Op::F64Sub, -0.0, 0.0, -0.0),
        (Op::F64Sub, 1.0, 1e-17, 1.0),
        (Op::F64Mul, -0.0, 1.0, -0.0),
        (Op::F64Mul, 5e-324, 0.5, 0.0),
        (Op::F64Mul, 1e200, 1e200, f64::INFINITY),
        (Op::F64Mul, 0.1, 3.0, 0.300_000_000_000_000_04),
        (Op::F64Div, 1.0, 3.0, 0.333_333_333_333_333_3),
        (Op::F64Div, 1.0, f64::INFINITY, 0.0),
        (Op::F64Div, -1.0, f64::INFINITY, -0.0),
        (Op::F64Div, 1e-300, 1e300, 0.0),
        (Op::F64DivProved, 7.0, 2.0, 3.5),
    ];
    for &(op, a, b, expected) in table {
        let found = run(op, 0, &[a.to_bits(), b.to_bits()]);
        assert_eq!(found, Ok(expected.to_bits()), "{} {a}, {b}", op.row().name);
    }
    let nans = [
        (Op::F64Sub, f64::INFINITY, f64::INFINITY),
        (Op::F64Mul, 0.0, f64::INFINITY),
        (Op::F64Div, f64::INFINITY, f64::INFINITY),
        (Op::F64Add, f64::NAN, 1.0),
        (Op::F64Sqrt, -1.0, 0.0),
    ];
    for (op, a, b) in nans {
        let args = [a.to_bits(), b.to_bits()];
        let found = run(op, 0, &args[..op.row().operands.len()]);
        assert!(f64::from_bits(found.expect("it does not trap")).is_nan(), "{}", op.row().name);
    }
    for zero in [0.0f64, -0.0] {
        for a in FLOATS {
            assert_eq!(f64_div(a, zero), Err(Trap::new(TrapKind::DivideByZero, 0, 0)));
        }
    }
    for (a, root) in [(4.0f64, 2.0f64), (2.0, std::f64::consts::SQRT_2), (-0.0, -0.0), (0.0, 0.0)] {
        assert_eq!(run(Op::F64Sqrt, 0, &[a.to_bits()]), Ok(root.to_bits()));
    }
    for a in FLOATS {
        assert_eq!(run(Op::F64Neg, 0, &[a.to_bits()]), Ok(a.to_bits() ^ 1 << 63));
    }
}

#[test]
fn conversions_round_as_the_rows_say() {
    let to_float: &[(i64, f64)] = &[
        (0, 0.0),
        (-1, -1.0),
        ((1 << 53) + 1, 9_007_199_254_740_992.0),
        ((1 << 53) + 3, 9_007_199_254_740_996.0),
        (i64::MAX, 9_223_372_036_854_775_808.0),
        (i64::MIN, -9_223_372_036_854_775_808.0),
    ];
    for &(int, float) in to_float {
        assert_eq!(run(Op::I64ToF64, 0, &[int as u64]), Ok(float.to_bits()), "{int}");
    }
    let to_int: &[(f64, Option<i64>)] = &[
        (0.0, Some(0)),
        (-0.0, Some(0)),
        (0.999_999_999_999_999_9, Some(0)),
        (-0.999_999_999_999_999_9, Some(0)),
        (1.5, Some(1)),
        (-1.5, Some(-1)),
        (2_147_483_647.5, Some(2_147_483_647)),
        (2_147_483_648.0, Some(2_147_483_648)),
        (-2_147_483_648.5, Some(-2_147_483_648)),
        (-2_147_483_649.0, Some(-2_147_483_649)),
        (9_007_199_254_740_991.0, Some(9_007_199_254_740_991)),
        (9_007_199_254_740_992.0, Some(9_007_199_254_740_992)),
        (9_007_199_254_740_994.0, Some(9_007_199_254_740_994)),
        (9_223_372_036_854_774_784.0, Some(9_223_372_036_854_774_784)),
        (9_223_372_036_854_775_808.0, None),
        (9_223_372_036_854_777_856.0, None),
        (-9_223_372_036_854_774_784.0, Some(-9_223_372_036_854_774_784)),
        (-9_223_372_036_854_775_808.0, Some(i64::MIN)),
        (-9_223_372_036_854_777_856.0, None),
        (f64::MAX, None),
        (f64::INFINITY, None),
        (f64::NEG_INFINITY, None),
        (f64::NAN, None),
    ];
    for &(float, int) in to_int {
        let expected = match int {
            Some(value) => Ok(value as u64),
            None => Err(Trap::new(TrapKind::FloatToInt, float.to_bits() as i64, 0)),
        };
        assert_eq!(run(Op::F64ToI64, 0, &[float.to_bits()]), expected, "{float}");
    }
}

#[test]
fn bools_nones_and_indexes() {
    assert_eq!(run(Op::BoolNot, 0, &[0]), Ok(1));
    assert_eq!(run(Op::BoolNot, 0, &[1]), Ok(0));
    for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        assert_eq!(run(Op::BoolEq, 0, &[a, b]), Ok(u64::from(a == b)));
    }
    assert_eq!(run(Op::Select, 0, &[1, 5, 6]), Ok(5));
    assert_eq!(run(Op::Select, 0, &[0, 5, 6]), Ok(6));
    assert_eq!(run(Op::IsNone, 0, &[0]), Ok(1));
    assert_eq!(run(Op::IsNone, 0, &[64]), Ok(0));
    assert_eq!(run(Op::CheckSome, 0, &[64]), Ok(64));
    assert_eq!(run(Op::CheckSome, 0, &[0]), Err(Trap::new(TrapKind::NoneValue, 0, 0)));
    assert_eq!(run(Op::RefSame, 0, &[64, 64]), Ok(1));
    assert_eq!(run(Op::RefSame, 0, &[64, 72]), Ok(0));
    for length in [0, 1, 3, i64::MAX] {
        for i in INTS {
            let place = if i < 0 { i128::from(i) + i128::from(length) } else { i128::from(i) };
            let expected = if (0..i128::from(length)).contains(&place) {
                Ok(place as i64)
            } else {
                Err(Trap::new(TrapKind::ListIndex, i, length))
            };
            assert_eq!(index_check(i, length), expected, "{i} in {length}");
        }
    }
}
