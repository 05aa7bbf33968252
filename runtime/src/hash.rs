//! Hashes of ints and bytes by multiply and fold (as wyhash and foldhash do it): the two halves of a 128-bit product,
//! xored. Every input bit reaches every output bit, so keys in arithmetic progressions do not collide.
//!
//! Values that are equal have equal hashes, whatever their reps. Of a container only so much is looked at that a hash
//! always comes to an end, also of one that contains itself.

use mochi_abi::layout::{Context, Rep};
use mochi_abi::program::ShapeKind;

use crate::big::NumberObject;
use crate::big_number::{Fraction, Integer};
use crate::context::ContextFields;
use crate::equality::float_as_int;
use crate::object::{ListFields, MapFields, Object, Words, read_word};
use crate::words::Value;
use crate::{map, str};

// Odd numbers without pattern: the first digits of pi in hexadecimal, as in foldhash.
const KEYS: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// The folded product.
#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of an int.
#[inline]
pub(crate) fn of_int(value: i64) -> u64 {
    mix(value as u64 ^ KEYS[0], KEYS[1])
}

/// The hash of what has hash `hash` followed by what has hash `next`.
#[inline]
pub(crate) fn then(hash: u64, next: u64) -> u64 {
    mix(hash ^ KEYS[2], next ^ KEYS[3])
}

/// The hash of some bytes; never 0.
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hash = KEYS[2] ^ bytes.len() as u64;
    let (pairs, rest) = bytes.as_chunks::<16>();
    for pair in pairs {
        hash = mix(first_word(pair) ^ hash, first_word(&pair[8..]) ^ KEYS[1]);
    }
    // The last up to 15 bytes as two words, which overlap when there are at least 8.
    let (a, b) = match rest.len() {
        8.. => (first_word(rest), first_word(&rest[rest.len() - 8..])),
        4..8 => (first_half(rest), first_half(&rest[rest.len() - 4..])),
        1..4 => (
            u64::from(rest[0]) << 16
                | u64::from(rest[rest.len() / 2]) << 8
                | u64::from(rest[rest.len() - 1]),
            0,
        ),
        0 => (0, 0),
    };
    mix(a ^ hash ^ KEYS[0], b ^ KEYS[3]).max(1)
}

fn first_word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
}

fn first_half(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |half| u64::from(u32::from_le_bytes(*half)))
}

/// Levels of containers that a hash looks into.
const DEEPEST: u32 = 6;
/// Values that a hash looks at in all.
const MOST: usize = 100_000;

/// The hash of a word of this rep.
#[inline]
pub(crate) fn of_word(context: *mut Context, word: u64, rep: Rep) -> u64 {
    match rep {
        Rep::I64 | Rep::Bool => of_int(word as i64),
        Rep::F64 => of_float(f64::from_bits(word)),
        Rep::Ref | Rep::Any => of_value(context, Value::of(word, rep)),
    }
}

/// The hash of a value.
pub(crate) fn of_value(context: *mut Context, value: Value) -> u64 {
    limited(context, value, DEEPEST, &mut { MOST })
}

fn of_float(float: f64) -> u64 {
    float_as_int(float).map_or_else(|| mix(float.to_bits() ^ KEYS[2], KEYS[3]), of_int)
}

/// The hash of the int or float that is equal to the number, where there is one.
fn of_integer(integer: &Integer) -> u64 {
    if let Some(int) = integer.to_int() {
        return of_int(int);
    }
    if let (float, true) = integer.to_float() {
        return of_float(float);
    }
    let (negative, words) = integer.words();
    words.iter().fold(of_int(i64::from(negative)), |hash, &word| then(hash, word))
}

/// As [`of_integer`].
fn of_fraction(fraction: &Fraction) -> u64 {
    if let Some(integer) = fraction.to_integer() {
        return of_integer(&integer);
    }
    if let (float, true) = fraction.to_float() {
        return of_float(float);
    }
    then(of_integer(&fraction.numerator()), of_integer(&fraction.denominator()))
}

fn limited(context: *mut Context, value: Value, depth: u32, left: &mut usize) -> u64 {
    if *left == 0 {
        return KEYS[0];
    }
    *left -= 1;
    match value {
        Value::None => KEYS[0],
        Value::Unit => KEYS[1],
        Value::Bool(bool) => of_int(i64::from(bool)),
        Value::Int(int) => of_int(int),
        Value::Float(float) => of_float(float),
        Value::BigInt(number) => of_integer(number.number()),
        Value::BigRat(number) => of_fraction(number.number()),
        Value::Str(string) => str::hash_of(string),
        Value::Closure(closure) => mix(closure.word() ^ KEYS[3], KEYS[1]),
        Value::List(list) => {
            let mut hash = of_int(list.len() as i64) ^ KEYS[2];
            if depth > 0 {
                for i in 0..list.len() {
                    hash = then(
                        hash,
                        limited(context, Value::of(list.get(i), list.rep()), depth - 1, left),
                    );
                    if *left == 0 {
                        break;
                    }
                }
            }
            hash
        }
        Value::Map(map) => {
            let mut hash = of_int(map.entries() as i64) ^ KEYS[3];
            if depth > 0 && map.entries() <= *left {
                // Equal maps may have been filled in any order: the entries' hashes are added. Each gets the same share
                // of what may still be looked at, and so the order does not matter there either.
                let share = *left / map.entries().max(1);
                for place in map::places(map) {
                    let (key, item) = map::entry(map, place);
                    let key =
                        limited(context, Value::of(key, map.key_rep()), depth - 1, &mut { share });
                    hash = hash.wrapping_add(then(
                        key,
                        limited(context, Value::of(item, map.item_rep()), depth - 1, &mut {
                            share
                        }),
                    ));
                }
                *left -= map.entries();
            }
            hash
        }
        Value::Record(record) => {
            // What an agent knows changes, and it stays the same agent.
            if context.shape(record.detail()).kind == ShapeKind::Agent {
                return mix(record.word() ^ KEYS[1], KEYS[2]);
            }
            let mut hash = of_int(i64::from(record.detail())) ^ KEYS[1];
            if depth > 0 {
                for (i, field) in context.shape_fields(record.detail()).iter().enumerate() {
                    let word = read_word(record.words(), i);
                    hash =
                        then(hash, limited(context, Value::of(word, field.rep), depth - 1, left));
                }
            }
            hash
        }
    }
}
