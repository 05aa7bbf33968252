//! Maps.

use std::collections::HashMap;

use mochi_abi::layout::{Rep, any};
use proptest::prelude::*;

use super::{Machine, float, int};

const I64: u64 = Rep::I64 as u64;
const F64: u64 = Rep::F64 as u64;
const BOOL: u64 = Rep::Bool as u64;
const REF: u64 = Rep::Ref as u64;
const ANY: u64 = Rep::Any as u64;

fn new(m: &Machine, key: u64, item: u64) -> u64 {
    m.call("map_new", &[key, item, 0])
}

#[test]
fn a_map_of_each_kind_of_key() {
    let m = Machine::new();
    let map = new(&m, I64, I64);
    m.raw("map_set", &[map, 10, 1]);
    m.raw("map_set", &[map, 9, 2]);
    m.raw("map_set", &[map, 10, 3]);
    assert_eq!(m.raw("map_len", &[map]), 2);
    assert_eq!(m.raw("map_get", &[map, 10]), 3);
    assert_eq!(m.raw("map_has", &[map, 11]), 0);
    assert_eq!(m.show(map), r#"{"10": 3, "9": 2}"#);

    let map = new(&m, F64, BOOL);
    m.raw("map_set", &[map, 0.0f64.to_bits(), 1]);
    m.raw("map_set", &[map, (-0.0f64).to_bits(), 0]);
    m.raw("map_set", &[map, 1.5f64.to_bits(), 1]);
    m.raw("map_set", &[map, f64::NAN.to_bits(), 1]);
    assert_eq!(m.raw("map_has", &[map, f64::NAN.to_bits()]), 0);
    assert_eq!(m.show(map), r#"{"0": false, "1.5": true, "NaN": true}"#);

    let map = new(&m, BOOL, REF);
    m.raw("map_set", &[map, 1, m.str("yes")]);
    m.raw("map_set", &[map, 0, m.str("no")]);
    assert_eq!(m.show(map), r#"{"false": "no", "true": "yes"}"#);

    let map = new(&m, REF, F64);
    m.raw("map_set", &[map, m.str("b"), 1.0f64.to_bits()]);
    m.raw("map_set", &[map, m.ints(&[1, 2]), 2.0f64.to_bits()]);
    m.raw("map_set", &[map, m.point(1, 1.0), 3.0f64.to_bits()]);
    let key = m.ints(&[1, 2]);
    assert_eq!(m.call("map_has", &[map, key]), 1);
}

#[test]
fn map_set_at_is_map_set_with_a_place() {
    let m = Machine::new();
    let map = new(&m, REF, REF);
    for (key, item) in [("a", "one"), ("b", "two"), ("a", "three")] {
        let key = m.str(key);
        let place = m.raw("map_find", &[map, key]);
        m.raw("map_set_at", &[map, place, key, m.str(item)]);
    }
    assert_eq!(m.show(map), r#"{"a": "three", "b": "two"}"#);
    let none = [0, -1i64 as u64, m.str("a"), m.str("b")];
    assert!(m.trap("map_set_at", &none).contains("none"));
}

#[test]
fn keys_of_any_kind_are_equal_as_values_are() {
    let m = Machine::new();
    let map = new(&m, ANY, ANY);
    m.raw("map_set", &[map, int(1), m.str("int")]);
    m.raw("map_set", &[map, float(1.0), m.str("float")]);
    m.raw("map_set", &[map, m.str("1"), m.str("text")]);
    m.raw("map_set", &[map, any::TRUE, m.str("bool")]);
    m.raw("map_set", &[map, any::NONE, m.str("none")]);
    m.raw("map_set", &[map, m.ints(&[1]), m.str("list")]);
    assert_eq!(m.raw("map_len", &[map]), 5);
    assert_eq!(m.show_any(m.call("map_get", &[map, m.floats(&[1.0])])), r#""list""#);
}

#[test]
fn map_find_and_map_item() {
    let m = Machine::new();
    let map = new(&m, REF, REF);
    assert_eq!(m.call("map_find", &[map, m.str("a")]) as i64, -1);
    let map = new(&m, REF, REF);
    m.raw("map_set", &[map, m.str("a"), m.str("item")]);
    let key = m.str("a");
    let place = m.raw("map_find", &[map, key]);
    assert_eq!(m.show(m.raw("map_item", &[map, place])), r#""item""#);
    m.drop(key, Rep::Ref);
    m.drop(map, Rep::Ref);
    assert_eq!(m.raw("map_find", &[0, 5]) as i64, -1);
    assert_eq!(m.raw("map_len", &[0]), 0);
}

#[test]
fn map_get_and_map_take_name_a_missing_key() {
    let m = Machine::new();
    assert_eq!(
        m.trap("map_get", &[new(&m, REF, I64), m.str("a\"b")]),
        r#"key not found in map: "a\"b""#
    );
    assert_eq!(m.trap("map_get", &[new(&m, I64, I64), 7]), "key not found in map: 7");
    assert_eq!(
        m.trap("map_take", &[new(&m, F64, I64), 1.0f64.to_bits()]),
        "key not found in map: 1.0"
    );
    let map = m.map(&[("a", int(1))]);
    m.raw("map_set", &[map, m.str("b"), m.ints(&[1])]);
    let key = m.str("b");
    m.raw("ref_dup", &[map]);
    assert_eq!(m.show_any(m.call("map_take", &[map, key])), "[1]");
    assert_eq!(m.show(map), r#"{"a": 1, "b": nil}"#);
    assert!(m.trap("map_set", &[0, 1, 1]).starts_with("a value is needed"));
}

#[test]
fn map_remove() {
    let m = Machine::new();
    let map = m.map(&[("a", int(1)), ("b", m.str("x")), ("c", int(3))]);
    let (a, z) = (m.str("a"), m.str("z"));
    m.raw("map_remove", &[map, a]);
    m.raw("map_remove", &[map, a]);
    m.raw("map_remove", &[map, z]);
    assert_eq!(m.raw("map_has", &[map, a]), 0);
    m.raw("map_set", &[map, a, int(9)]);
    m.drop(z, Rep::Ref);
    assert_eq!(m.show(map), r#"{"a": 9, "b": "x", "c": 3}"#);
    m.raw("map_remove", &[0, 1]);
}

#[test]
fn map_keys_and_map_values_come_in_the_order_of_printed_keys() {
    let m = Machine::new();
    let map = new(&m, I64, REF);
    for key in [1, 10, 2, -1, 100, 0, -10, 9, 99, i64::MIN, i64::MAX, -2] {
        m.raw("map_set", &[map, key as u64, m.str(&key.to_string())]);
    }
    let mut expected = [
        "1",
        "10",
        "2",
        "-1",
        "100",
        "0",
        "-10",
        "9",
        "99",
        "-9223372036854775808",
        "9223372036854775807",
        "-2",
    ];
    expected.sort_unstable();
    assert_eq!(m.show(m.raw("map_keys", &[map])), format!("[{}]", expected.join(", ")));
    assert_eq!(m.show(m.raw("map_values", &[map])), format!("{expected:?}"));
    // The kept order is forgotten when the keys change, and not when a value does.
    m.raw("map_set", &[map, 1, m.str("one")]);
    m.raw("map_remove", &[map, 10]);
    m.raw("map_set", &[map, 5, m.str("five")]);
    assert_eq!(
        m.show(m.raw("map_values", &[map])),
        r#"["-1", "-10", "-2", "-9223372036854775808", "0", "one", "100", "2", "five", "9", "9223372036854775807", "99"]"#
    );
    m.drop(map, Rep::Ref);
    let texts = m.map(&[("b", 0), ("", 0), ("abcdefghi", 0), ("abcdefgh", 0), ("é", 0), ("B", 0)]);
    assert_eq!(
        m.show(m.call("map_keys", &[texts])),
        r#"["", "B", "abcdefgh", "abcdefghi", "b", "é"]"#
    );
    assert_eq!(m.show(m.call("map_keys", &[new(&m, F64, I64)])), "[]");
}

#[test]
fn map_eq_and_map_convert() {
    let m = Machine::new();
    let eq = |a, b| m.call("map_eq", &[a, b]);
    assert_eq!(
        eq(m.map(&[("a", int(1)), ("b", int(2))]), m.map(&[("b", float(2.0)), ("a", int(1))])),
        1
    );
    assert_eq!(eq(m.map(&[("a", int(1))]), m.map(&[("a", int(2))])), 0);
    assert_eq!(eq(m.map(&[("a", int(1))]), m.map(&[("b", int(1))])), 0);
    assert_eq!(eq(m.map(&[("a", int(1))]), m.map(&[])), 0);
    let ints = new(&m, I64, I64);
    m.raw("map_set", &[ints, 1, 2]);
    let floats = m.call("map_convert", &[ints, F64, ANY]);
    let again = m.raw("map_convert", &[floats, I64, I64]);
    assert_eq!(m.raw("map_eq", &[floats, again]), 1);
    assert_eq!((m.show(floats), m.show(again)), (r#"{"1": 2}"#.into(), r#"{"1": 2}"#.into()));
    assert_eq!(
        m.trap("map_convert", &[m.map(&[("a", m.str("x"))]), REF, I64]),
        "expected int, found string"
    );
    assert_eq!(
        m.trap("map_convert", &[m.map(&[("a", int(1))]), I64, I64]),
        "expected int, found string"
    );
    assert_eq!(m.trap("map_new", &[I64, I64, i64::MAX as u64]), "out of memory");
}

#[test]
fn keys_in_sequence_may_be_removed_and_come_back() {
    let m = Machine::new();
    let map = new(&m, I64, I64);
    for key in 100..200 {
        m.raw("map_set", &[map, key, key * 2]);
    }
    for key in (100..200).step_by(3) {
        m.raw("map_remove", &[map, key]);
    }
    assert_eq!(m.raw("map_has", &[map, 103]), 0);
    m.raw("map_set", &[map, 103, 1]);
    assert_eq!(m.raw("map_get", &[map, 103]), 1);
    m.raw("map_set", &[map, 7, 7]);
    m.raw("map_set", &[map, 200, 400]);
    assert_eq!(m.raw("map_get", &[map, 104]), 208);
    assert_eq!(m.raw("map_get", &[map, 200]), 400);
    assert_eq!(m.raw("map_has", &[map, 100]), 0);
    assert_eq!(m.raw("map_len", &[map]), 100 - 34 + 3);
    m.drop(map, Rep::Ref);
}

#[test]
fn a_queue_of_keys_does_not_grow() {
    let m = Machine::new();
    for stride in [1, 1_000_003] {
        let map = new(&m, I64, I64);
        let count = if cfg!(miri) { 200 } else { 20_000 };
        for i in 0..count {
            m.raw("map_set", &[map, i * stride, i]);
            if i >= 10 {
                m.raw("map_remove", &[map, (i - 10) * stride]);
            }
        }
        assert_eq!(m.raw("map_len", &[map]), 10);
        assert!(m.raw("mem", &[]) < 64 << 10);
        m.drop(map, Rep::Ref);
    }
}

#[test]
fn keys_that_aim_at_one_place_are_spread() {
    if cfg!(miri) {
        return;
    }
    let m = Machine::new();
    let start = std::time::Instant::now();
    for shift in [0, 16, 32, 44] {
        let map = new(&m, I64, I64);
        for i in 0..100_000u64 {
            // Beside multiples of powers of two: keys whose halves cancel out.
            let key = i << shift;
            m.raw("map_set", &[map, key, i]);
            m.raw("map_set", &[map, key ^ key >> 32 ^ key << 32, i]);
        }
        m.drop(map, Rep::Ref);
    }
    assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
}

/// What is done to a map and to its model.
#[derive(Debug, Clone)]
enum Step {
    Set(i64, i64),
    Remove(i64),
    Get(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || prop_oneof![0i64..40, -5i64..5, any::<i64>()];
    let step = prop_oneof![
        3 => (key(), any::<i64>()).prop_map(|(key, item)| Step::Set(key, item)),
        2 => key().prop_map(Step::Remove),
        1 => key().prop_map(Step::Get),
    ];
    proptest::collection::vec(step, 0..300)
}

/// Runs the steps on a map and on a std map; `key` makes the map's own key of an int.
fn compare(m: &Machine, key_rep: u64, steps: &[Step], key: impl Fn(i64) -> u64) {
    let rep = Rep::ALL[key_rep as usize];
    let map = new(m, key_rep, I64);
    let mut model: HashMap<i64, i64> = HashMap::new();
    for step in steps {
        match *step {
            Step::Set(at, item) => {
                m.raw("map_set", &[map, key(at), item as u64]);
                model.insert(at, item);
            }
            Step::Remove(at) => {
                let key = key(at);
                m.raw("map_remove", &[map, key]);
                m.drop(key, rep);
                model.remove(&at);
            }
            Step::Get(at) => {
                let key = key(at);
                let place = m.raw("map_find", &[map, key]) as i64;
                let found = (place >= 0).then(|| m.raw("map_item", &[map, place as u64]) as i64);
                m.drop(key, rep);
                assert_eq!(found, model.get(&at).copied());
            }
        }
    }
    assert_eq!(m.raw("map_len", &[map]) as usize, model.len());
    let mut entries: Vec<(String, i64)> =
        model.iter().map(|(key, &item)| (key.to_string(), item)).collect();
    entries.sort();
    let expected: Vec<String> =
        entries.iter().map(|(key, item)| format!("\"{key}\": {item}")).collect();
    assert_eq!(m.show(map), format!("{{{}}}", expected.join(", ")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]

    #[test]
    fn maps_do_what_std_maps_do(steps in steps()) {
        let m = Machine::new();
        compare(&m, I64, &steps, |key| key as u64);
        compare(&m, REF, &steps, |key| m.str(&key.to_string()));
        compare(&m, ANY, &steps, |key| m.call("any_from_int", &[key as u64]));
    }
}

#[test]
fn map_place_numbers_keys_as_they_come() {
    let m = Machine::new();
    let map = new(&m, I64, BOOL);
    let places: Vec<u64> = [5, 6, 5, -9, 6, i64::MAX]
        .iter()
        .map(|&key| m.raw("map_place", &[map, key as u64]))
        .collect();
    assert_eq!(places, [0, 1, 0, 2, 1, 3]);
    assert_eq!(m.raw("map_len", &[map]), 4);
    m.drop(map, Rep::Ref);

    let map = new(&m, REF, BOOL);
    let texts = (0..40).map(|i| format!("é{}", i % 13));
    let places: Vec<u64> = texts.map(|text| m.raw("map_place", &[map, m.str(&text)])).collect();
    assert_eq!(places, (0..40).map(|i| i % 13).collect::<Vec<_>>());
    m.drop(map, Rep::Ref);

    // A NaN is not equal to any.
    let map = new(&m, F64, BOOL);
    let places =
        [f64::NAN, 1.0, f64::NAN, -0.0, 0.0].map(|key| m.raw("map_place", &[map, key.to_bits()]));
    assert_eq!(places, [0, 1, 2, 3, 3]);
    m.drop(map, Rep::Ref);
}
