//! Memory: counts, freeing, limits, and nesting that is deeper than the stack.

use mochi_abi::layout::{Rep, any};

use super::{Machine, NODE, int};
use crate::context::ContextFields;

#[test]
fn ref_dup_and_ref_drop_count() {
    let m = Machine::new();
    let s = m.str("counted");
    let base = m.runtime.live_objects();
    m.raw("ref_dup", &[s]);
    m.raw("ref_drop", &[s]);
    assert_eq!(m.runtime.live_objects(), base);
    m.raw("ref_drop", &[s]);
    assert_eq!(m.runtime.live_objects(), base - 1);
    m.raw("ref_dup", &[0]);
    m.raw("ref_drop", &[0]);
    let list = m.ints(&[1]);
    crate::object::Object::set_count(list as *mut mochi_abi::layout::Header, 0);
    m.raw("ref_free", &[list]);
}

#[test]
fn any_dup_and_any_drop_count_objects_only() {
    let m = Machine::new();
    let s = m.str("counted");
    for word in [
        s,
        int(5),
        int(-5),
        any::NONE,
        any::TRUE,
        any::UNIT,
        any::from_float(1.5),
        any::from_float(f64::NAN),
    ] {
        m.raw("any_dup", &[word]);
        m.raw("any_drop", &[word]);
    }
    m.raw("any_drop", &[s]);
}

#[test]
fn constants_outlive_the_program() {
    let m = Machine::new();
    let strings = m.context().fields().strings;
    for i in 0..3 {
        let constant = crate::object::read_word(strings.cast(), i);
        assert!(crate::object::Object::head(constant as *mut mochi_abi::layout::Header).count >= 1);
        m.raw("ref_dup", &[constant]);
        assert_eq!(m.call("str_len", &[constant]), [10, 1, 0][i]);
    }
}

#[test]
fn globals_are_released() {
    let mut m = Machine::new();
    let globals = m.context().fields().globals;
    crate::object::write_word(globals, 0, 5);
    crate::object::write_word(globals, 1, m.strs(&["kept", "by a global"]));
    crate::object::write_word(globals, 2, m.map(&[("a", int(1))]));
    m.runtime.release_globals();
    assert_eq!(m.runtime.live_objects(), 0);
    assert_eq!(crate::object::read_word(globals, 1), 0);
}

/// A chain of records, or of lists, of that depth.
fn chain(m: &Machine, depth: usize, lists: bool) -> u64 {
    let mut chain = 0;
    for _ in 0..depth {
        chain = if lists {
            m.refs(&[chain])
        } else {
            let node = m.raw("record_new", &[NODE as u64]);
            m.raw("record_set", &[node, 0, chain]);
            node
        };
    }
    chain
}

const DEEP: usize = if cfg!(miri) { 1_000 } else { 1_000_000 };

#[test]
fn a_deep_chain_is_freed_compared_and_hashed_without_recursion() {
    let m = Machine::new();
    for lists in [false, true] {
        let (a, b) = (chain(&m, DEEP, lists), chain(&m, DEEP, lists));
        assert_eq!(m.raw("ref_eq", &[a, b]), 1);
        let set = m.call("map_new", &[Rep::Ref as u64, Rep::I64 as u64, 0]);
        m.raw("map_set", &[set, a, 1]);
        assert_eq!(m.call("map_get", &[set, b]), 1);
    }
}

#[test]
fn a_wide_tree_is_freed() {
    let m = Machine::new();
    let leaves: Vec<u64> = (0..1000)
        .map(|i| {
            m.refs(&[m.str("leaf of many"), m.ints(&[i]), m.map(&[("key of a leaf", int(i))])])
        })
        .collect();
    m.drop(m.refs(&leaves), Rep::Ref);
}

#[test]
fn what_is_deep_is_shown_and_not_ordered() {
    let m = Machine::new();
    let deep = chain(&m, DEEP, true);
    let text = m.raw("str_from_any", &[deep]);
    assert!(m.raw("str_len", &[text]) as usize > DEEP);
    m.drop(text, Rep::Ref);
    if !cfg!(miri) {
        m.raw("ref_dup", &[deep]);
        m.raw("ref_dup", &[deep]);
        assert_eq!(m.trap("any_compare", &[deep, deep]), "stack overflow");
    }
    m.drop(deep, Rep::Ref);
}

#[test]
fn memory_can_be_limited_and_every_refusal_is_an_error() {
    // With each limit some other allocation of the same work is the first to be refused.
    let mut refused = 0;
    for extra in (0..6_000).step_by(if cfg!(miri) { 500 } else { 40 }) {
        let mut m = Machine::new();
        let limit = m.raw("mem", &[]) as usize + extra;
        m.runtime.set_memory_limit(limit);
        let map = m.raw("map_new", &[Rep::Ref as u64, Rep::Ref as u64, 0]);
        for i in 0..20 {
            if m.context().trapped() {
                break;
            }
            let key = m.raw("str_from_int", &[1000 + i]);
            let list = m.raw("list_new", &[Rep::Ref as u64, 0]);
            if list == 0 || key == 0 {
                m.drop(key, Rep::Ref);
                m.drop(list, Rep::Ref);
                break;
            }
            let item = m.raw("str_from_float", &[1234.5f64.to_bits()]);
            m.raw("list_append_shared", &[list, item]);
            m.raw("map_set", &[map, key, list]);
            assert!(m.raw("mem", &[]) as usize <= limit);
        }
        if !m.context().trapped() && map != 0 {
            let keys = m.raw("map_keys", &[map]);
            m.drop(keys, Rep::Ref);
        }
        if m.context().trapped() {
            refused += 1;
            assert_eq!(m.take_trap("a limit").message, "out of memory");
        }
        m.drop(map, Rep::Ref);
    }
    assert!(refused > 5);
}

#[test]
fn mem_falls_back_when_objects_are_freed() {
    let m = Machine::new();
    let before = m.raw("mem", &[]);
    let s = m.str(&"é".repeat(1000));
    m.raw("str_len", &[s]);
    assert!(m.raw("mem", &[]) >= before + 2000);
    let map = m.map(&[("a", int(1)), ("b", int(2))]);
    m.drop(m.raw("map_keys", &[map]), Rep::Ref);
    m.drop(map, Rep::Ref);
    m.drop(s, Rep::Ref);
    assert_eq!(m.raw("mem", &[]), before);
}

#[test]
fn large_memory_grows_in_place_and_goes_back() {
    if cfg!(miri) {
        return;
    }
    let m = Machine::new();
    let before = m.raw("mem", &[]);
    let mut list = m.ints(&[]);
    let count = 3_000_000;
    for i in 0..count {
        list = m.raw("list_push", &[list, i]);
    }
    assert!((0..count).step_by(9_973).all(|i| m.raw("list_get", &[list, i]) == i));
    let copy = m.raw("list_reverse", &[list]);
    assert_eq!(m.raw("list_get", &[copy, 0]), count - 1);
    let map = m.raw("map_new", &[Rep::I64 as u64, Rep::I64 as u64, 0]);
    for i in 0..count / 4 {
        m.raw("map_set", &[map, i * 5, i]);
    }
    assert!((0..count / 4).step_by(997).all(|i| m.raw("map_get", &[map, i * 5]) == i));
    let text = m.call("str_repeat", &[m.str("0123456789"), 1_000_000]);
    let text = m.call("str_concat", &[text, m.str("end")]);
    assert_eq!(m.show(m.raw("str_slice", &[text, -5i64 as u64, i64::MAX as u64])), "\"89end\"");
    for word in [list, copy, map, text] {
        m.drop(word, Rep::Ref);
    }
    assert_eq!(m.raw("mem", &[]), before);
}
