//! Records and closures.

use mochi_abi::layout::{Rep, any};

use super::{CAPTURES, CELL, EMPTY, LEAF, Machine, NAMELESS, NODE, POINT, WIDE, int};

#[test]
fn record_new_record_get_record_set_record_take() {
    let m = Machine::new();
    let point = m.call("record_new", &[POINT as u64]);
    assert_eq!(m.raw("record_get", &[point, 1]), 0);
    m.raw("record_set", &[point, 1, 7]);
    assert_eq!(m.raw("record_get", &[point, 1]), 7);
    assert_eq!(m.raw("record_shape", &[point]), POINT as u64);
    assert_eq!(m.raw("record_take", &[point, 1]), 7);
    assert_eq!(m.show(point), r#"{"__name": "Point", "x": 0, "y": 0.0}"#);

    let node = m.call("record_new", &[NODE as u64]);
    m.raw("record_set", &[node, 0, m.call("record_new", &[LEAF as u64])]);
    m.raw("record_set", &[node, 1, m.str("v")]);
    m.raw("record_set", &[node, 1, m.str("w")]);
    assert_eq!(m.show_any(m.raw("record_get", &[node, 1])), r#""w""#);
    let left = m.raw("record_take", &[node, 0]);
    assert_eq!(m.raw("record_shape", &[left]), LEAF as u64);
    assert_eq!(m.show(left), r#"{"__name": "Leaf"}"#);
    assert_eq!(m.show(node), r#"{"__name": "Node", "left": nil, "right": nil, "value": "w"}"#);
    assert_eq!(m.show(m.call("record_new", &[EMPTY as u64])), r#"{"__name": "Empty"}"#);
    assert_eq!(m.show(m.call("record_new", &[NAMELESS as u64])), r#"{"name": nil, "ok": false}"#);
}

#[test]
fn a_cell_shows_what_is_in_it() {
    let m = Machine::new();
    let cell = m.call("record_new", &[CELL as u64]);
    m.raw("record_set", &[cell, 0, m.str("inside")]);
    assert_eq!(m.show(cell), r#""inside""#);
}

#[test]
fn a_record_with_more_fields_than_a_word_has_bits_is_freed() {
    let m = Machine::new();
    let wide = m.call("record_new", &[WIDE as u64]);
    for i in [0, 63, 64, 69] {
        m.raw("record_set", &[wide, i, m.str("some text")]);
    }
    m.drop(wide, Rep::Ref);
}

#[test]
fn record_to_map() {
    let m = Machine::new();
    assert_eq!(m.show(m.call("record_to_map", &[m.point(3, 0.5)])), r#"{"x": 3, "y": 0.5}"#);
    assert_eq!(m.show(m.call("record_to_map", &[m.call("record_new", &[EMPTY as u64])])), "{}");
    assert_eq!(
        m.show(m.call("record_to_map", &[m.call("record_new", &[NAMELESS as u64])])),
        r#"{"name": nil, "ok": false}"#
    );
}

#[test]
fn closure_new_closure_get_closure_set() {
    let m = Machine::new();
    let closure = m.call("closure_new", &[0, CAPTURES as u64]);
    m.raw("closure_set", &[closure, 0, -5i64 as u64]);
    m.raw("closure_set", &[closure, 1, m.str("first")]);
    m.raw("closure_set", &[closure, 1, m.str("second")]);
    assert_eq!(m.raw("closure_get", &[closure, 0]) as i64, -5);
    assert_eq!(m.show(m.raw("closure_get", &[closure, 1])), r#""second""#);
    assert_eq!(m.show(closure), "<fun addCapture>");
    // Without captures there need be no shape.
    assert_eq!(m.show(m.call("closure_new", &[7, u64::from(u32::MAX)])), "<fun>");
}

#[test]
fn ref_eq_compares_structures() {
    let m = Machine::new();
    let eq = |a, b| m.call("ref_eq", &[a, b]);
    assert_eq!(eq(m.point(1, 2.0), m.point(1, 2.0)), 1);
    assert_eq!(eq(m.point(1, 2.0), m.point(2, 2.0)), 0);
    assert_eq!(eq(m.point(1, 2.0), 0), 0);
    assert_eq!(eq(0, 0), 1);
    assert_eq!(eq(m.call("record_new", &[LEAF as u64]), m.call("record_new", &[EMPTY as u64])), 0);
    assert_eq!(eq(m.str("a"), m.str("a")), 1);
    let closure = m.closure(0);
    m.raw("ref_dup", &[closure]);
    assert_eq!(eq(closure, closure), 1);
    assert_eq!(eq(m.closure(0), m.closure(0)), 0);
}

#[test]
fn values_that_contain_themselves_are_compared_hashed_and_shown() {
    let m = Machine::new();
    let make = || {
        let list = m.anys(&[int(1)]);
        m.raw("ref_dup", &[list]);
        m.raw("list_append_shared", &[list, list]);
        list
    };
    let break_up = |list| {
        m.raw("list_set", &[list, 1, any::NONE]);
        m.drop(list, Rep::Ref);
    };
    let (a, b) = (make(), make());
    assert_eq!(m.raw("ref_eq", &[a, b]), 1);
    m.raw("list_set", &[b, 0, int(2)]);
    assert_eq!(m.raw("ref_eq", &[a, b]), 0);
    m.raw("ref_dup", &[a]);
    assert_eq!(m.show(a), "[1, [...]]");
    let set = m.call("map_new", &[Rep::Ref as u64, Rep::I64 as u64, 0]);
    m.raw("ref_dup", &[a]);
    m.raw("map_set", &[set, a, 5]);
    assert_eq!(m.raw("map_get", &[set, a]), 5);
    m.drop(set, Rep::Ref);
    break_up(a);
    break_up(b);
    // Shared but not cyclic: shown twice.
    let inner = m.ints(&[1]);
    m.raw("ref_dup", &[inner]);
    assert_eq!(m.show(m.refs(&[inner, inner])), "[[1], [1]]");
}
