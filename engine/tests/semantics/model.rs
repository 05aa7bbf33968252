//! What each scalar op means, said a second time: ints in 128 bits and cut back, so that nothing here can go wrong in
//! the same way as the meaning that folder, evaluator and emitters share. IEEE 754 floats are the machine's own.

use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::types::Type;

/// A value of one of the scalar types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar {
    Int(i64),
    Float(f64),
    Bool(bool),
}

/// What an op gives, or the trap it stops with and the words that the trap carries.
pub(crate) type Given = Result<Scalar, (TrapKind, Option<[i64; 2]>)>;

/// An op of scalars with one or two operands and, where it has one, a condition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) op: Op,
    pub(crate) imm: u64,
    pub(crate) operands: &'static [Type],
    pub(crate) result: Type,
    pub(crate) means: fn(&Row, Scalar, Scalar) -> Given,
}

/// Around 0, the powers of two where encodings change, and both ends.
pub(crate) const INTS: [i64; 33] = [
    i64::MIN,
    i64::MIN + 1,
    -(1 << 53) - 1,
    -(1 << 48) - 1,
    -(1 << 48),
    -(1 << 32),
    i32::MIN as i64 - 1,
    i32::MIN as i64,
    -65536,
    -129,
    -128,
    -7,
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    7,
    10,
    127,
    128,
    255,
    65536,
    i32::MAX as i64,
    i32::MAX as i64 + 1,
    1 << 32,
    (1 << 48) - 1,
    1 << 48,
    (1 << 53) + 1,
    i64::MAX - 1,
    i64::MAX,
];

/// Zeros, the edges of normal and of finite, those of int, infinities, NaN.
pub(crate) const FLOATS: [f64; 24] = [
    f64::NEG_INFINITY,
    f64::MIN,
    -9223372036854777856.0,
    -9223372036854775808.0,
    -4503599627370497.5,
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
    3.0,
    9007199254740993.0,
    9223372036854774784.0,
    9223372036854775808.0,
    f64::INFINITY,
    f64::NAN,
];

const INT_PAIR: &[Type] = &[Type::I64, Type::I64];
const FLOAT_PAIR: &[Type] = &[Type::F64, Type::F64];

/// Every scalar op that traps or not by itself; the *proved* ones are those ops' emissions and are made by folding.
pub(crate) fn rows() -> Vec<Row> {
    let row = |op, operands, result, means| Row { op, imm: 0, operands, result, means };
    let mut rows = vec![
        row(Op::I64Add, INT_PAIR, Type::I64, |_, a, b| {
            fit(wide(a) + wide(b), TrapKind::AddOverflow, a, b)
        }),
        row(Op::I64Sub, INT_PAIR, Type::I64, |_, a, b| {
            fit(wide(a) - wide(b), TrapKind::SubOverflow, a, b)
        }),
        row(Op::I64Mul, INT_PAIR, Type::I64, |_, a, b| {
            fit(wide(a) * wide(b), TrapKind::MulOverflow, a, b)
        }),
        row(Op::I64Div, INT_PAIR, Type::I64, |_, a, b| {
            if wide(b) == 0 {
                return Err((TrapKind::DivideByZero, None));
            }
            fit(wide(a) / wide(b), TrapKind::DivOverflow, a, b)
        }),
        row(Op::I64Rem, INT_PAIR, Type::I64, |_, a, b| {
            if wide(b) == 0 {
                return Err((TrapKind::DivideByZero, None));
            }
            Ok(Scalar::Int((wide(a) % wide(b)) as i64))
        }),
        row(Op::I64Neg, &[Type::I64], Type::I64, |_, a, _| match int(a) {
            i64::MIN => Err((TrapKind::NegOverflow, Some([i64::MIN, 0]))),
            a => Ok(Scalar::Int((-(a as i128)) as i64)),
        }),
        row(Op::I64ToF64, &[Type::I64], Type::F64, |_, a, _| Ok(Scalar::Float(nearest(int(a))))),
        row(Op::F64Add, FLOAT_PAIR, Type::F64, |_, a, b| Ok(Scalar::Float(float(a) + float(b)))),
        row(Op::F64Sub, FLOAT_PAIR, Type::F64, |_, a, b| Ok(Scalar::Float(float(a) - float(b)))),
        row(Op::F64Mul, FLOAT_PAIR, Type::F64, |_, a, b| Ok(Scalar::Float(float(a) * float(b)))),
        row(Op::F64Div, FLOAT_PAIR, Type::F64, |_, a, b| {
            if float(b) == 0.0 {
                return Err((TrapKind::DivideByZero, None));
            }
            Ok(Scalar::Float(float(a) / float(b)))
        }),
        row(Op::F64Neg, &[Type::F64], Type::F64, |_, a, _| {
            Ok(Scalar::Float(f64::from_bits(float(a).to_bits() ^ 1 << 63)))
        }),
        row(Op::F64Sqrt, &[Type::F64], Type::F64, |_, a, _| Ok(Scalar::Float(float(a).sqrt()))),
        row(Op::F64ToI64, &[Type::F64], Type::I64, |_, a, _| {
            let cut = float(a).trunc();
            // -2⁶³ is an int and 2⁶³ is not; both are floats.
            if (-9223372036854775808.0..9223372036854775808.0).contains(&cut) {
                Ok(Scalar::Int(cut as i128 as i64))
            } else {
                Err((TrapKind::FloatToInt, None))
            }
        }),
        row(Op::BoolNot, &[Type::Bool], Type::Bool, |_, a, _| Ok(Scalar::Bool(!bool(a)))),
        row(Op::BoolEq, &[Type::Bool, Type::Bool], Type::Bool, |_, a, b| {
            Ok(Scalar::Bool(bool(a) == bool(b)))
        }),
    ];
    for condition in Condition::ALL {
        let imm = condition as u64;
        rows.push(Row {
            imm,
            ..row(Op::I64Cmp, INT_PAIR, Type::Bool, |row, a, b| {
                Ok(Scalar::Bool(holds(row.imm, wide(a).partial_cmp(&wide(b)))))
            })
        });
        rows.push(Row {
            imm,
            ..row(Op::F64Cmp, FLOAT_PAIR, Type::Bool, |row, a, b| {
                Ok(Scalar::Bool(holds(row.imm, float(a).partial_cmp(&float(b)))))
            })
        });
    }
    rows
}

/// Whether two values in this order, or in none, stand as the condition with this number says.
fn holds(condition: u64, order: Option<std::cmp::Ordering>) -> bool {
    let condition = Condition::ALL[condition as usize];
    match order {
        None => condition == Condition::Ne,
        Some(order) => match condition {
            Condition::Eq => order.is_eq(),
            Condition::Ne => order.is_ne(),
            Condition::Lt => order.is_lt(),
            Condition::Le => order.is_le(),
            Condition::Gt => order.is_gt(),
            Condition::Ge => order.is_ge(),
        },
    }
}

/// The nearest float, ties to the one whose last bit is 0, worked out on the digits.
fn nearest(value: i64) -> f64 {
    let magnitude = (value as i128).unsigned_abs();
    let excess = (128 - magnitude.leading_zeros()).saturating_sub(53);
    let kept = magnitude >> excess;
    let rest = magnitude - (kept << excess);
    let half = (1u128 << excess) / 2;
    let up = excess > 0 && (rest > half || (rest == half && kept % 2 == 1));
    let rounded = (kept + u128::from(up)) as f64 * 2f64.powi(excess as i32);
    if value < 0 { -rounded } else { rounded }
}

fn fit(exact: i128, kind: TrapKind, a: Scalar, b: Scalar) -> Given {
    match i64::try_from(exact) {
        Ok(value) => Ok(Scalar::Int(value)),
        Err(_) => Err((kind, Some([int(a), int(b)]))),
    }
}

fn wide(value: Scalar) -> i128 {
    i128::from(int(value))
}
fn int(value: Scalar) -> i64 {
    match value {
        Scalar::Int(value) => value,
        other => panic!("{other:?} is no int"),
    }
}
fn float(value: Scalar) -> f64 {
    match value {
        Scalar::Float(value) => value,
        other => panic!("{other:?} is no float"),
    }
}
fn bool(value: Scalar) -> bool {
    match value {
        Scalar::Bool(value) => value,
        other => panic!("{other:?} is no bool"),
    }
}

/// All values of a type that are tried.
pub(crate) fn values(ty: Type) -> Vec<Scalar> {
    match ty {
        Type::I64 => INTS.iter().map(|&value| Scalar::Int(value)).collect(),
        Type::F64 => FLOATS.iter().map(|&value| Scalar::Float(value)).collect(),
        _ => vec![Scalar::Bool(false), Scalar::Bool(true)],
    }
}

/// Whether a line that a program printed says this value; all NaN are one, the zeros are two.
pub(crate) fn is_said(line: &str, value: Scalar) -> bool {
    match value {
        Scalar::Int(value) => line.parse() == Ok(value),
        Scalar::Bool(value) => line.parse() == Ok(value),
        Scalar::Float(value) => line.parse::<f64>().is_ok_and(|found| {
            found.to_bits() == value.to_bits() || (found.is_nan() && value.is_nan())
        }),
    }
}
