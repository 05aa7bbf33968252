//! Structural equality, order and hashes of values of any kind.
//!
//! `1`, `1.0` and the bigint 1 are equal and have one hash. Equality needs no stack of its own to speak of: pairs that are still to be
//! compared wait in a list, and once there are many, pairs that were met before are taken as equal, so that values that
//! contain themselves come to an end.

use std::cmp::Ordering;
use std::collections::HashSet;

use mochi_abi::layout::{Context, Header, List, Map, Record, Rep};
use mochi_abi::program::ShapeKind;

use crate::big;
use crate::context::ContextFields;
use crate::list_sort::floats;
use crate::map;
use crate::object::{ListFields, MapFields, Object, StrFields, Words, read_word};
use crate::str;
use crate::trap::stack_is_short;
use crate::words::Value;

// -- equality --------------------------------------------------------------------

/// Whether two values are equal.
pub(crate) fn same_values(context: *mut Context, a: Value, b: Value) -> bool {
    match shallow(a, b) {
        Shallow::Same => true,
        Shallow::Different => false,
        Shallow::Inside(a, b) => same_inside(context, a, b),
    }
}

/// What can be said of two values without looking into containers.
enum Shallow {
    Same,
    Different,
    /// They are equal when what is in them is.
    Inside(*mut Header, *mut Header),
}

#[inline]
fn shallow(a: Value, b: Value) -> Shallow {
    let same = match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => int_is_float(a, b),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::BigInt(_) | Value::BigRat(_), _) | (_, Value::BigInt(_) | Value::BigRat(_)) => {
            big::compare(a, b) == Some(Ordering::Equal)
        }
        (Value::Str(a), Value::Str(b)) => str::same(a, b),
        (Value::None, Value::None) | (Value::Unit, Value::Unit) => true,
        (Value::Closure(a), Value::Closure(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            return inside(a.header(), b.header(), a.len() == b.len());
        }
        (Value::Map(a), Value::Map(b)) => {
            return inside(a.header(), b.header(), a.entries() == b.entries());
        }
        (Value::Record(a), Value::Record(b)) => {
            return inside(a.header(), b.header(), a.detail() == b.detail());
        }
        (
            Value::None
            | Value::Unit
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Record(_)
            | Value::Closure(_),
            _,
        ) => false,
    };
    if same { Shallow::Same } else { Shallow::Different }
}

fn inside(a: *mut Header, b: *mut Header, alike: bool) -> Shallow {
    if a == b {
        Shallow::Same
    } else if alike {
        Shallow::Inside(a, b)
    } else {
        Shallow::Different
    }
}

/// Whether an int and a float are the same number: not whether the int, rounded to a float, is.
fn int_is_float(int: i64, float: f64) -> bool {
    float_as_int(float) == Some(int)
}

/// The int that a float is exactly.
pub(crate) fn float_as_int(float: f64) -> Option<i64> {
    // 2^63 itself is no int any more.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    (fits && float.trunc() == float).then_some(float as i64)
}

/// Pairs compared before it is asked whether they come round again.
const MANY_PAIRS: usize = 10_000;

/// Pairs of objects that are still to be compared.
struct Pairs {
    waiting: Vec<(*mut Header, *mut Header)>,
    compared: usize,
    met: HashSet<(*mut Header, *mut Header)>,
}

impl Pairs {
    /// Compares as far as that goes, and keeps what is left. False when they differ.
    fn compare(&mut self, a: Value, b: Value) -> bool {
        match shallow(a, b) {
            Shallow::Same => true,
            Shallow::Different => false,
            Shallow::Inside(a, b) => {
                self.compared += 1;
                if self.compared < MANY_PAIRS || self.met.insert((a, b)) {
                    self.waiting.push((a, b));
                }
                true
            }
        }
    }
}

fn same_inside(context: *mut Context, a: *mut Header, b: *mut Header) -> bool {
    let mut pairs = Pairs { waiting: vec![(a, b)], compared: 0, met: HashSet::new() };
    while let Some((a, b)) = pairs.waiting.pop() {
        let same = match Value::of_object(a) {
            Value::List(a) => same_lists(&mut pairs, a, b.cast()),
            Value::Map(a) => same_maps(context, &mut pairs, a, b.cast()),
            Value::Record(a) => same_records(context, &mut pairs, a, b.cast()),
            Value::None
            | Value::Unit
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::BigInt(_)
            | Value::BigRat(_)
            | Value::Str(_)
            | Value::Closure(_) => {
                unreachable!("only containers have an inside")
            }
        };
        if !same {
            return false;
        }
    }
    true
}

fn same_lists(pairs: &mut Pairs, a: *mut List, b: *mut List) -> bool {
    if a.rep() == Rep::I64 && b.rep() == Rep::I64 {
        return a.words() == b.words();
    }
    let (a_rep, b_rep) = (a.rep(), b.rep());
    (0..a.len()).all(|i| pairs.compare(Value::of(a.get(i), a_rep), Value::of(b.get(i), b_rep)))
}

fn same_maps(context: *mut Context, pairs: &mut Pairs, a: *mut Map, b: *mut Map) -> bool {
    map::places(a).all(|place| {
        let (key, item) = map::entry(a, place);
        let key = Value::of(key, a.key_rep());
        let Some(other) = map::find_value(context, b, key) else { return false };
        pairs
            .compare(Value::of(item, a.item_rep()), Value::of(map::entry(b, other).1, b.item_rep()))
    })
}

fn same_records(context: *mut Context, pairs: &mut Pairs, a: *mut Record, b: *mut Record) -> bool {
    // Two agents are two, whatever they know.
    context.shape(a.detail()).kind != ShapeKind::Agent
        && context.shape_fields(a.detail()).iter().enumerate().all(|(i, field)| {
            let (a, b) = (read_word(a.words(), i), read_word(b.words(), i));
            pairs.compare(Value::of(a, field.rep), Value::of(b, field.rep))
        })
}

pub(crate) fn any_eq(context: *mut Context, a: u64, b: u64) -> u64 {
    u64::from(same_values(context, Value::of_any(a), Value::of_any(b)))
}

pub(crate) fn ref_eq(context: *mut Context, a: *mut Header, b: *mut Header) -> u64 {
    u64::from(same_values(context, Value::of_object(a), Value::of_object(b)))
}

pub(crate) fn list_eq(context: *mut Context, a: *mut List, b: *mut List) -> u64 {
    ref_eq(context, a.header(), b.header())
}

pub(crate) fn map_eq(context: *mut Context, a: *mut Map, b: *mut Map) -> u64 {
    ref_eq(context, a.header(), b.header())
}

// -- order -----------------------------------------------------------------------

/// The order of two values that have one: numbers, strings, bools, lists item by item. None for others, and then a trap
/// is in flight only if the stack was too short.
pub(crate) fn order(context: *mut Context, a: Value, b: Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::Float(a), Value::Float(b)) => Some(floats(a, b)),
        (Value::Int(a), Value::Float(b)) => Some(int_and_float(a, b)),
        (Value::Float(a), Value::Int(b)) => Some(int_and_float(b, a).reverse()),
        (Value::BigInt(_) | Value::BigRat(_), _) | (_, Value::BigInt(_) | Value::BigRat(_)) => {
            big::compare(a, b)
        }
        (Value::Str(a), Value::Str(b)) => Some(a.bytes().cmp(b.bytes())),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::None, Value::None) => Some(Ordering::Equal),
        (Value::List(a), Value::List(b)) => {
            if stack_is_short(context) {
                return None;
            }
            for i in 0..a.len().min(b.len()) {
                match order(context, Value::of(a.get(i), a.rep()), Value::of(b.get(i), b.rep())) {
                    Some(Ordering::Equal) => {}
                    other => return other,
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        (
            Value::None
            | Value::Unit
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Record(_)
            | Value::Closure(_),
            _,
        ) => None,
    }
}

/// The order of an int and a float, without rounding the int; NaN is behind all numbers.
fn int_and_float(int: i64, float: f64) -> Ordering {
    if float.is_nan() || float >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    // The float's whole part is an int now; its fraction decides between equal ones.
    int.cmp(&(float.trunc() as i64))
        .then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

/// An order of all values, for sorting. Containers go by what is in them: lists item by item, structs field by field as
/// declared, maps entry by entry as they are printed. What has no order of its own goes by what it is.
pub(crate) fn total_order(context: *mut Context, a: Value, b: Value) -> Ordering {
    match (a, b) {
        (Value::List(a), Value::List(b)) if !stack_is_short(context) => (0..a.len().min(b.len()))
            .map(|i| (Value::of(a.get(i), a.rep()), Value::of(b.get(i), b.rep())))
            .map(|(a, b)| total_order(context, a, b))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        (Value::Record(a), Value::Record(b))
            if a.detail() == b.detail() && !stack_is_short(context) =>
        {
            (0..context.shape_fields(a.detail()).len())
                .map(|i| (i, context.shape_fields(a.detail())[i].rep))
                .map(|(i, rep)| {
                    let (a, b) = (read_word(a.words(), i), read_word(b.words(), i));
                    total_order(context, Value::of(a, rep), Value::of(b, rep))
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        }
        (Value::Map(a), Value::Map(b)) if !stack_is_short(context) => {
            total_order_of_maps(context, a, b)
        }
        _ => order(context, a, b).unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}

fn total_order_of_maps(context: *mut Context, a: *mut Map, b: *mut Map) -> Ordering {
    for i in 0.. {
        let (one, other) = (map::sorted_entry(context, a, i), map::sorted_entry(context, b, i));
        let (Some((a_key, a_item)), Some((b_key, b_item))) = (one, other) else {
            return one.is_some().cmp(&other.is_some());
        };
        let (one, other) = (Value::of(a_key, a.key_rep()), Value::of(b_key, b.key_rep()));
        let keys = total_order(context, one, other);
        let (one, other) = (Value::of(a_item, a.item_rep()), Value::of(b_item, b.item_rep()));
        let order = keys.then_with(|| total_order(context, one, other));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn rank(value: Value) -> u8 {
    match value {
        Value::None => 0,
        Value::Unit => 1,
        Value::Bool(_) => 2,
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) | Value::BigRat(_) => 3,
        Value::Str(_) => 4,
        Value::List(_) => 5,
        Value::Map(_) => 6,
        Value::Record(_) => 7,
        Value::Closure(_) => 8,
    }
}
