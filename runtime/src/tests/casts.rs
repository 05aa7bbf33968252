//! From any to types.

use mochi_abi::layout::{Kind, Rep, any};
use mochi_abi::program::NO_TYPE;

use super::{LEAF, Machine, NAMELESS, NODE, POINT, TREE, float, functions, int, types};

#[test]
fn any_to_numbers_and_bools() {
    let m = Machine::new();
    assert_eq!(m.call("any_to_int", &[int(-3)]) as i64, -3);
    assert_eq!(m.trap("any_to_int", &[float(3.0)]), "expected int, found float");
    assert!(m.trap("any_to_int", &[any::NONE]).starts_with("a value is needed"));
    assert_eq!(f64::from_bits(m.call("any_to_float", &[int(2)])), 2.0);
    assert_eq!(f64::from_bits(m.call("any_to_float", &[float(2.5)])), 2.5);
    assert_eq!(m.trap("any_to_float", &[m.str("2")]), "expected float, found string");
    assert_eq!(m.call("any_to_bool", &[any::TRUE]), 1);
    assert_eq!(m.call("any_to_bool", &[any::FALSE]), 0);
    assert_eq!(m.trap("any_to_bool", &[int(1)]), "expected bool, found int");
}

#[test]
fn any_parse_int_and_any_parse_float() {
    let m = Machine::new();
    let parse = |word| m.call("any_parse_int", &[word]) as i64;
    assert_eq!(parse(int(5)), 5);
    assert_eq!(parse(float(-2.9)), -2);
    assert_eq!(parse(any::TRUE), 1);
    assert_eq!(parse(m.str("12")), 12);
    assert_eq!(m.trap("any_parse_int", &[float(1e19)]), "1e+19 cannot be an int");
    assert_eq!(m.trap("any_parse_int", &[float(f64::NAN)]), "NaN cannot be an int");
    assert_eq!(m.trap("any_parse_int", &[m.str("x")]), r#""x" is not an int"#);
    assert_eq!(m.trap("any_parse_int", &[m.ints(&[])]), "expected int, found list");
    let parse = |word| f64::from_bits(m.call("any_parse_float", &[word]));
    assert_eq!(parse(int(5)), 5.0);
    assert_eq!(parse(any::FALSE), 0.0);
    assert_eq!(parse(m.str("2.5")), 2.5);
    assert_eq!(parse(float(0.5)), 0.5);
    assert_eq!(m.trap("any_parse_float", &[m.map(&[])]), "expected float, found map");
}

#[test]
fn any_to_ref_and_any_shape() {
    let m = Machine::new();
    let to = |word, kind: Kind| m.call("any_to_ref", &[word, kind as u64]);
    assert_eq!(m.show(to(m.str("a"), Kind::Str)), r#""a""#);
    assert_eq!(m.show(to(m.ints(&[1]), Kind::List)), "[1]");
    assert_eq!(m.show(to(m.closure(0), Kind::Closure)), "<fun addCapture>");
    assert_eq!(m.trap("any_to_ref", &[int(1), Kind::Str as u64]), "expected string, found int");
    assert_eq!(m.trap("any_to_ref", &[m.str("a"), Kind::Map as u64]), "expected map, found string");
    assert_eq!(
        m.trap("any_to_ref", &[m.map(&[]), Kind::Record as u64]),
        "expected struct, found map"
    );
    assert!(m.trap("any_to_ref", &[any::NONE, Kind::Str as u64]).starts_with("a value is needed"));
    assert_eq!(m.call("any_shape", &[m.point(1, 1.0)]), POINT as u64);
    assert_eq!(m.call("any_shape", &[int(1)]) as i64, -1);
    assert_eq!(m.call("any_shape", &[any::NONE]) as i64, -1);
}

#[test]
fn any_to_list_and_any_to_map_are_themselves_where_they_can() {
    let m = Machine::new();
    let list = m.ints(&[1]);
    assert_eq!(m.raw("any_to_list", &[list, Rep::I64 as u64]), list);
    m.drop(list, Rep::Ref);
    assert_eq!(m.show(m.call("any_to_list", &[list, Rep::Any as u64])), "[1]");
    assert_eq!(
        m.trap("any_to_list", &[m.str("x"), Rep::I64 as u64]),
        "expected list, found string"
    );
    let map = m.map(&[("a", int(1))]);
    assert_eq!(m.raw("any_to_map", &[map, Rep::Ref as u64, Rep::Any as u64]), map);
    m.drop(map, Rep::Ref);
    assert_eq!(
        m.show(m.call("any_to_map", &[map, Rep::Ref as u64, Rep::F64 as u64])),
        r#"{"a": 1.0}"#
    );
    assert_eq!(
        m.trap("any_to_map", &[m.ints(&[]), Rep::Ref as u64, Rep::F64 as u64]),
        "expected map, found list"
    );
}

#[test]
fn any_to_record_takes_maps_and_other_records() {
    let m = Machine::new();
    let to = |word| m.show(m.call("any_to_record", &[word, POINT as u64]));
    let expected = r#"{"__name": "Point", "x": 1, "y": 2.0}"#;
    assert_eq!(to(m.point(1, 2.0)), expected);
    assert_eq!(to(m.map(&[("x", int(1)), ("y", int(2)), ("z", int(3))])), expected);
    assert_eq!(
        m.trap("any_to_record", &[m.map(&[("x", int(1))]), POINT as u64]),
        "a value for the field `y` of `Point` is missing"
    );
    assert_eq!(
        m.trap("any_to_record", &[m.map(&[("x", m.str("a")), ("y", int(2))]), POINT as u64]),
        "expected int, found string"
    );
    assert_eq!(m.trap("any_to_record", &[int(1), POINT as u64]), "expected `Point`, found int");
    assert_eq!(
        m.trap("any_to_record", &[m.call("record_new", &[LEAF as u64]), POINT as u64]),
        "a value for the field `y` of `Point` is missing"
    );
    let nameless = m.map(&[("ok", any::TRUE)]);
    assert_eq!(
        m.show(m.call("any_to_record", &[nameless, NAMELESS as u64])),
        r#"{"name": nil, "ok": true}"#
    );
}

#[test]
fn any_to_union_takes_its_variants() {
    let m = Machine::new();
    assert_eq!(
        m.show(m.call("any_to_union", &[m.call("record_new", &[LEAF as u64]), TREE as u64])),
        r#"{"__name": "Leaf"}"#
    );
    assert_eq!(
        m.trap("any_to_union", &[m.point(1, 1.0), TREE as u64]),
        "expected `Leaf` or `Node`, found `Point`"
    );
    assert_eq!(
        m.trap("any_to_union", &[int(1), TREE as u64]),
        "expected `Leaf` or `Node`, found int"
    );
}

#[test]
fn any_to_type_goes_into_containers() {
    let m = Machine::new();
    let to = |word, ty: i64| m.show(m.call("any_to_type", &[word, ty as u64]));
    let nested = m.anys(&[m.anys(&[int(1), float(2.0)]), m.ints(&[3]), m.anys(&[])]);
    assert_eq!(to(nested, types::LIST_LIST_INT), "[[1, 2], [3], []]");
    let mixed = m.anys(&[m.ints(&[1]), m.strs(&["a"])]);
    assert_eq!(
        m.trap("any_to_type", &[mixed, types::LIST_LIST_INT as u64]),
        "expected int, found string"
    );
    assert_eq!(to(m.map(&[("a", int(1))]), types::MAP_STR_FLOAT), r#"{"a": 1.0}"#);
    assert_eq!(
        m.trap("any_to_type", &[m.map(&[("a", m.str("x"))]), types::MAP_STR_FLOAT as u64]),
        "expected float, found string"
    );
    assert_eq!(
        m.trap("any_to_type", &[m.ints(&[1]), types::MAP_STR_FLOAT as u64]),
        "expected map, found list"
    );
    assert_eq!(to(m.strs(&["a"]), types::LIST_ANY), r#"["a"]"#);
    assert_eq!(
        to(m.map(&[("x", int(1)), ("y", int(1))]), types::POINT),
        r#"{"__name": "Point", "x": 1, "y": 1.0}"#
    );
    assert_eq!(
        to(m.call("record_new", &[NODE as u64]), types::TREE),
        r#"{"__name": "Node", "left": nil, "right": nil, "value": nil}"#
    );
    assert_eq!(
        m.trap("any_to_type", &[m.point(1, 1.0), types::TREE as u64]),
        "expected `Leaf` or `Node`, found `Point`"
    );
    assert_eq!(
        m.trap("any_to_type", &[int(1), types::LIST_STR as u64]),
        "expected list, found int"
    );
}

#[test]
fn any_to_type_of_the_right_type_is_the_same_object() {
    let m = Machine::new();
    let cases = [
        (m.ints(&[1]), types::LIST_INT),
        (m.refs(&[m.ints(&[1]), m.ints(&[])]), types::LIST_LIST_INT),
        (m.strs(&["a"]), types::LIST_STR),
        (m.anys(&[int(1)]), types::LIST_ANY),
        (m.anys(&[int(1), any::NONE]), types::LIST_OPTION_INT),
        (m.point(1, 1.0), types::POINT),
        (m.str("s"), types::STR),
        (m.str("s"), types::OPTION_STR),
        (m.closure(functions::ADD_CAPTURE), types::FUNCTION),
        (m.map(&[("a", int(1))]), types::ANY),
    ];
    for (word, ty) in cases {
        let result = m.raw("any_to_type", &[word, ty as u64]);
        assert_eq!(result, word, "type {ty}");
        m.drop(word, Rep::Ref);
        m.drop(result, Rep::Ref);
    }
    // A list of references that are no lists of ints is no list of lists of ints.
    assert_eq!(
        m.trap("any_to_type", &[m.strs(&["a"]), types::LIST_LIST_INT as u64]),
        "expected list, found string"
    );
    assert_eq!(
        m.trap("any_to_type", &[m.anys(&[m.str("x")]), types::LIST_OPTION_INT as u64]),
        "expected int, found string"
    );
}

#[test]
fn any_to_type_of_scalars_options_and_functions() {
    let m = Machine::new();
    let to = |word, ty: i64| m.call("any_to_type", &[word, ty as u64]);
    assert_eq!(to(int(4), types::INT), 4);
    assert_eq!(to(float(4.0), types::INT), 4);
    assert_eq!(
        m.trap("any_to_type", &[float(4.5), types::INT as u64]),
        "expected int, found float"
    );
    assert_eq!(f64::from_bits(to(int(4), types::FLOAT)), 4.0);
    assert_eq!(to(any::TRUE, types::BOOL), 1);
    assert_eq!(to(any::NONE, types::OPTION_INT), any::NONE);
    assert_eq!(to(int(4), types::OPTION_INT), int(4));
    assert_eq!(to(any::NONE, types::OPTION_STR), 0);
    assert_eq!(to(any::UNIT, types::UNIT), any::UNIT);
    assert_eq!(
        m.show_any(m.call(
            "any_to_type",
            &[m.call("any_from_int", &[i64::MAX as u64]), types::OPTION_INT as u64]
        )),
        i64::MAX.to_string()
    );
    assert_eq!(
        m.trap("any_to_type", &[m.str("x"), types::OPTION_INT as u64]),
        "expected int, found string"
    );
    let wrong = "this function takes or returns other types than it is needed to here";
    assert_eq!(
        m.trap("any_to_type", &[m.closure(functions::ADD_CAPTURE), types::OTHER_FUNCTION as u64]),
        wrong
    );
    assert_eq!(
        m.trap("any_to_type", &[int(1), types::FUNCTION as u64]),
        "expected function, found int"
    );
    // Without a type only what needs no check passes.
    assert_eq!(to(int(1), i64::from(NO_TYPE)), int(1));
}
