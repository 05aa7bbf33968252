//! Arithmetic and order of values whose type is only known when the program runs.
//!
//! Ints stay ints and overflow as they do elsewhere; an int with a float is a float; with a number of any size both are
//! taken as such, exactly; `+` also joins strings and lists, and anything with a string.

use mochi_abi::layout::{Context, Rep, any};
use mochi_abi::trap::TrapKind;

use crate::any::any_from_int;
use crate::big::{self, Operation};
use crate::cast::describe;
use crate::context::ContextFields;
use crate::equality::order;
use crate::list::{list_concat, list_convert};
use crate::memory::{drop_object, dup, dup_word};
use crate::object::{ListFields, Object};
use crate::str::{str_concat, str_from_any};
use crate::trap::{raise_kind, raise_message, raise_words};
use crate::words::Value;

/// Two numbers of one kind.
enum Numbers {
    Ints(i64, i64),
    Floats(f64, f64),
}

/// The operands as numbers, an int beside a float widened.
fn numbers(a: u64, b: u64) -> Option<Numbers> {
    match (Value::of_any(a), Value::of_any(b)) {
        (Value::Int(a), Value::Int(b)) => Some(Numbers::Ints(a, b)),
        (Value::Int(a), Value::Float(b)) => Some(Numbers::Floats(a as f64, b)),
        (Value::Float(a), Value::Int(b)) => Some(Numbers::Floats(a, b as f64)),
        (Value::Float(a), Value::Float(b)) => Some(Numbers::Floats(a, b)),
        _ => None,
    }
}

/// Says that an operator has no meaning for its operands.
#[cold]
fn no_meaning(context: *mut Context, operator: &str, a: u64, b: u64) -> u64 {
    let (a, b) = (Value::of_any(a), Value::of_any(b));
    if matches!(a, Value::None) || matches!(b, Value::None) {
        raise_kind(context, TrapKind::NoneValue);
    } else {
        let (a, b) = (describe(context, a), describe(context, b));
        raise_message(
            context,
            TrapKind::Operand,
            format!("`{operator}` has no meaning for {a} and {b}"),
        );
    }
    any::NONE
}

/// `a op b` where one of them is a number of any size, or says that this has no meaning.
#[cold]
fn of_any_size(context: *mut Context, operation: Operation, operator: &str, a: u64, b: u64) -> u64 {
    big::combine(context, operation, Value::of_any(a), Value::of_any(b))
        .unwrap_or_else(|| no_meaning(context, operator, a, b))
}

/// The int that a checked operation gave, or its overflow.
fn int_result(
    context: *mut Context,
    result: Option<i64>,
    overflow: TrapKind,
    a: i64,
    b: i64,
) -> u64 {
    match result {
        Some(int) => any_from_int(context, int),
        None => {
            raise_words(context, overflow, a, b);
            any::NONE
        }
    }
}

pub(crate) fn any_add(context: *mut Context, a: u64, b: u64) -> u64 {
    match numbers(a, b) {
        Some(Numbers::Ints(a, b)) => {
            return int_result(context, a.checked_add(b), TrapKind::AddOverflow, a, b);
        }
        Some(Numbers::Floats(a, b)) => return any::from_float(a + b),
        None => {}
    }
    match (Value::of_any(a), Value::of_any(b)) {
        (Value::Str(_), _) | (_, Value::Str(_)) => {
            let (a, b) = (str_from_any(context, a), str_from_any(context, b));
            let joined = if context.trapped() { a } else { str_concat(context, a, b) };
            drop_object(context, b.header());
            joined.word()
        }
        (Value::List(a), Value::List(b)) if a.rep() == b.rep() => {
            dup(a.header());
            list_concat(context, a, b).word()
        }
        (Value::List(a), Value::List(b)) => {
            let boxed = list_convert(context, a, Rep::Any as i64);
            if context.trapped() { any::NONE } else { list_concat(context, boxed, b).word() }
        }
        _ => of_any_size(context, Operation::Add, "+", a, b),
    }
}

pub(crate) fn any_sub(context: *mut Context, a: u64, b: u64) -> u64 {
    match numbers(a, b) {
        Some(Numbers::Ints(a, b)) => {
            int_result(context, a.checked_sub(b), TrapKind::SubOverflow, a, b)
        }
        Some(Numbers::Floats(a, b)) => any::from_float(a - b),
        None => of_any_size(context, Operation::Sub, "-", a, b),
    }
}

pub(crate) fn any_mul(context: *mut Context, a: u64, b: u64) -> u64 {
    match numbers(a, b) {
        Some(Numbers::Ints(a, b)) => {
            int_result(context, a.checked_mul(b), TrapKind::MulOverflow, a, b)
        }
        Some(Numbers::Floats(a, b)) => any::from_float(a * b),
        None => of_any_size(context, Operation::Mul, "*", a, b),
    }
}

pub(crate) fn any_div(context: *mut Context, a: u64, b: u64) -> u64 {
    match numbers(a, b) {
        Some(Numbers::Ints(_, 0)) => divide_by_zero(context),
        Some(Numbers::Ints(a, b)) => {
            int_result(context, a.checked_div(b), TrapKind::DivOverflow, a, b)
        }
        Some(Numbers::Floats(_, 0.0)) => divide_by_zero(context),
        Some(Numbers::Floats(a, b)) => any::from_float(a / b),
        None => of_any_size(context, Operation::Div, "/", a, b),
    }
}

pub(crate) fn any_rem(context: *mut Context, a: u64, b: u64) -> u64 {
    match numbers(a, b) {
        Some(Numbers::Ints(_, 0)) => divide_by_zero(context),
        // The remainder of the smallest int by -1 is 0, as for all other ints.
        Some(Numbers::Ints(a, b)) => any_from_int(context, a.wrapping_rem(b)),
        Some(Numbers::Floats(_, 0.0)) => divide_by_zero(context),
        Some(Numbers::Floats(a, b)) => any::from_float(a % b),
        None => of_any_size(context, Operation::Rem, "%", a, b),
    }
}

fn divide_by_zero(context: *mut Context) -> u64 {
    raise_kind(context, TrapKind::DivideByZero);
    any::NONE
}

pub(crate) fn any_neg(context: *mut Context, a: u64) -> u64 {
    match Value::of_any(a) {
        Value::Int(int) => int_result(context, int.checked_neg(), TrapKind::NegOverflow, int, 0),
        Value::Float(float) => any::from_float(-float),
        Value::BigInt(_) | Value::BigRat(_) => {
            dup_word(a, Rep::Any);
            big::big_neg(context, crate::object::object(a)).word()
        }
        other => {
            crate::any::refuse(context, other, "cannot be negated");
            any::NONE
        }
    }
}

pub(crate) fn any_compare(context: *mut Context, a: u64, b: u64) -> i64 {
    /// What compares with a NaN.
    const UNORDERED: i64 = 2;
    let (left, right) = (Value::of_any(a), Value::of_any(b));
    let is_nan = |value| matches!(value, Value::Float(float) if float.is_nan());
    if left.is_number() && right.is_number() && (is_nan(left) || is_nan(right)) {
        return UNORDERED;
    }
    let comparable = !matches!((left, right), (Value::None, _) | (_, Value::None));
    match order(context, left, right) {
        Some(order) if comparable => order as i64,
        _ => {
            if !context.trapped() {
                no_meaning(context, "<", a, b);
            }
            0
        }
    }
}
