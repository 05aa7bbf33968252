//! Lists.

use mochi_abi::layout::{List, Rep, any};
use proptest::prelude::*;

use super::{Machine, float, functions, int};
use crate::object::ListFields;

const END: u64 = i64::MAX as u64;

fn neg(value: i64) -> u64 {
    value as u64
}

#[test]
fn list_new_and_list_push_hold_every_rep() {
    let m = Machine::new();
    assert_eq!(
        m.show(m.ints(&[i64::MIN, 0, i64::MAX])),
        format!("[{}, 0, {}]", i64::MIN, i64::MAX)
    );
    assert_eq!(
        m.show(m.floats(&[1.0, -0.0, 1e300])),
        format!("[1.0, -0.0, 1{}.0]", "0".repeat(300))
    );
    assert_eq!(m.show(m.bools(&[true, false])), "[true, false]");
    assert_eq!(m.show(m.strs(&["a", "\n"])), r#"["a", "\n"]"#);
    assert_eq!(
        m.show(m.anys(&[int(1), any::NONE, any::TRUE, m.str("x"), float(2.0)])),
        r#"[1, nil, true, "x", 2.0]"#
    );
    assert_eq!(m.show(m.call("list_new", &[Rep::I64 as u64, neg(-5)])), "[]");
    assert_eq!(m.trap("list_new", &[Rep::I64 as u64, END]), "out of memory");
    assert_eq!(m.trap("list_new", &[Rep::I64 as u64, 1 << 59]), "out of memory");
    assert!(m.trap("list_push", &[0, 0]).starts_with("a value is needed"));
}

#[test]
fn list_push_changes_only_a_list_of_its_own() {
    let m = Machine::new();
    let mut list = m.ints(&[]);
    let mut moves = 0;
    for i in 0..10_000 {
        let items = (list as *mut List).fields().items;
        list = m.call("list_push", &[list, i]);
        moves += usize::from((list as *mut List).fields().items != items);
    }
    assert!(moves < 20, "moved {moves} times");
    m.raw("ref_dup", &[list]);
    let longer = m.call("list_push", &[list, 7]);
    assert_eq!((m.call("any_len", &[list]), m.call("any_len", &[longer])), (10_000, 10_001));
    let shared = m.strs(&["a"]);
    m.raw("ref_dup", &[shared]);
    let longer = m.call("list_push", &[shared, m.str("b")]);
    assert_eq!((m.show(shared), m.show(longer)), (r#"["a"]"#.into(), r#"["a", "b"]"#.into()));
}

#[test]
fn list_grow_makes_room_and_list_append_shared_is_seen_by_all() {
    let m = Machine::new();
    let list = m.bools(&[true, true, true, true]);
    m.raw("list_grow", &[list]);
    assert!((list as *mut List).fields().capacity > 4);
    assert_eq!(m.show(list), "[true, true, true, true]");
    let list = m.strs(&["a"]);
    m.raw("ref_dup", &[list]);
    m.raw("list_append_shared", &[list, m.str("b")]);
    m.drop(list, Rep::Ref);
    assert_eq!(m.show(list), r#"["a", "b"]"#);
    assert!(m.trap("list_append_shared", &[0, 0]).starts_with("a value is needed"));
}

#[test]
fn list_get_list_set_list_take_count_from_both_ends() {
    let m = Machine::new();
    let list = m.ints(&[10, 20, 30]);
    assert_eq!(m.raw("list_get", &[list, 0]), 10);
    assert_eq!(m.raw("list_get", &[list, neg(-1)]), 30);
    m.raw("list_set", &[list, neg(-3), 11]);
    assert_eq!(m.raw("list_take", &[list, 1]), 20);
    assert_eq!(m.show(list), "[11, 0, 30]");
    for name in ["list_get", "list_take"] {
        assert_eq!(m.trap(name, &[m.ints(&[1, 2]), 5]), "list index out of range: 5 (len 2)");
        assert_eq!(
            m.trap(name, &[m.ints(&[1, 2]), neg(-3)]),
            "list index out of range: -3 (len 2)"
        );
        assert_eq!(m.trap(name, &[m.ints(&[]), 0]), "list index out of range: 0 (len 0)");
    }
    assert_eq!(
        m.trap("list_set", &[m.strs(&[]), i64::MIN as u64, m.str("x")]),
        format!("list index out of range: {} (len 0)", i64::MIN)
    );
    let list = m.strs(&["a", "b"]);
    m.raw("list_set", &[list, 0, m.str("c")]);
    assert_eq!(m.show(m.raw("list_get", &[list, 0])), r#""c""#);
    assert_eq!(m.show(m.raw("list_take", &[list, 1])), r#""b""#);
    assert_eq!(m.show(list), r#"["c", nil]"#);
    let flags = m.bools(&[true, false]);
    m.raw("list_set", &[flags, 1, 1]);
    assert_eq!(m.raw("list_take", &[flags, 0]), 1);
    assert_eq!(m.show(flags), "[false, true]");
}

#[test]
fn list_concat() {
    let m = Machine::new();
    let concat = |a, b| m.show(m.call("list_concat", &[a, b]));
    assert_eq!(concat(m.ints(&[1]), m.ints(&[2, 3])), "[1, 2, 3]");
    assert_eq!(concat(m.strs(&[]), m.strs(&["x"])), r#"["x"]"#);
    assert_eq!(concat(m.bools(&[true]), m.bools(&[false])), "[true, false]");
    assert_eq!(concat(m.anys(&[int(1)]), m.strs(&["x"])), r#"[1, "x"]"#);
    assert_eq!(concat(0, m.ints(&[1])), "[1]");
    assert_eq!(concat(m.ints(&[1]), 0), "[1]");
    assert_eq!(
        m.trap("list_concat", &[m.ints(&[1]), m.strs(&["x"])]),
        "expected int, found string"
    );
    let list = m.strs(&["a"]);
    m.raw("ref_dup", &[list]);
    assert_eq!(m.show(m.raw("list_concat", &[list, list])), r#"["a", "a"]"#);
    assert_eq!(m.show(list), r#"["a"]"#);
    let list = m.ints(&[1, 2]);
    assert_eq!(m.show(m.raw("list_concat", &[list, list])), "[1, 2, 1, 2]");
}

#[test]
fn list_slice_and_list_slice_step() {
    let m = Machine::new();
    let slice = |start, end| m.show(m.call("list_slice", &[m.ints(&[0, 1, 2, 3, 4]), start, end]));
    assert_eq!(slice(1, 3), "[1, 2]");
    assert_eq!(slice(neg(-2), END), "[3, 4]");
    assert_eq!(slice(3, 1), "[]");
    assert_eq!(slice(i64::MIN as u64, END), "[0, 1, 2, 3, 4]");
    assert_eq!(m.show(m.call("list_slice", &[m.strs(&["a", "b"]), 1, 2])), r#"["b"]"#);
    assert_eq!(m.show(m.call("list_slice", &[m.bools(&[true, false]), 1, 2])), "[false]");
    let none = any::NONE;
    let step = |start, end, step| {
        m.show(m.call("list_slice_step", &[m.ints(&[0, 1, 2, 3, 4]), start, end, step]))
    };
    assert_eq!(step(none, none, 2), "[0, 2, 4]");
    assert_eq!(step(int(1), none, 2), "[1, 3]");
    assert_eq!(step(none, none, neg(-1)), "[4, 3, 2, 1, 0]");
    assert_eq!(step(int(3), int(0), neg(-2)), "[3, 1]");
    assert_eq!(step(int(-1), int(-4), neg(-1)), "[4, 3, 2]");
    assert_eq!(step(int(9), int(-9), neg(-3)), "[4, 1]");
    assert_eq!(step(none, none, i64::MAX as u64), "[0]");
    assert_eq!(step(none, none, i64::MIN as u64), "[4]");
    assert_eq!(
        m.trap("list_slice_step", &[m.ints(&[1]), none, none, 0]),
        "the step must not be zero"
    );
    assert_eq!(
        m.trap("list_slice_step", &[m.ints(&[1]), m.str("x"), none, 1]),
        "expected int, found string"
    );
}

#[test]
fn list_reverse_and_list_range() {
    let m = Machine::new();
    assert_eq!(m.show(m.call("list_reverse", &[m.strs(&["a", "b", "c"])])), r#"["c", "b", "a"]"#);
    assert_eq!(
        m.show(m.call("list_reverse", &[m.bools(&[true, true, false, false])])),
        "[false, false, true, true]"
    );
    assert_eq!(m.show(m.call("list_reverse", &[m.ints(&[])])), "[]");
    let range = |start: i64, end: i64, step: i64| {
        m.show(m.call("list_range", &[start as u64, end as u64, step as u64]))
    };
    assert_eq!(range(0, 5, 2), "[0, 2, 4]");
    assert_eq!(range(5, 0, -2), "[5, 3, 1]");
    assert_eq!(range(3, 3, 1), "[]");
    assert_eq!(range(4, 3, 1), "[]");
    assert_eq!(range(i64::MAX - 1, i64::MAX, 5), format!("[{}]", i64::MAX - 1));
    assert_eq!(
        range(i64::MIN, i64::MAX, i64::MAX),
        format!("[{}, -1, {}]", i64::MIN, i64::MAX - 1)
    );
    assert_eq!(range(i64::MAX, i64::MIN, i64::MIN), format!("[{}, -1]", i64::MAX));
    assert_eq!(m.trap("list_range", &[0, 5, 0]), "the step must not be zero");
    assert_eq!(m.trap("list_range", &[0, 1_000_000_000_000_000_000, 1]), "out of memory");
    assert_eq!(m.trap("list_range", &[i64::MIN as u64, END, 1]), "out of memory");
}

#[test]
fn list_convert() {
    let m = Machine::new();
    let convert = |list, rep| m.show(m.call("list_convert", &[list, rep as u64]));
    assert_eq!(convert(m.ints(&[1, i64::MAX]), Rep::Any), format!("[1, {}]", i64::MAX));
    assert_eq!(convert(m.ints(&[1, 2]), Rep::F64), "[1.0, 2.0]");
    assert_eq!(convert(m.ints(&[1, 2]), Rep::I64), "[1, 2]");
    assert_eq!(convert(m.anys(&[int(1), float(2.0)]), Rep::I64), "[1, 2]");
    assert_eq!(convert(m.anys(&[any::TRUE]), Rep::Bool), "[true]");
    assert_eq!(convert(m.anys(&[m.str("x"), any::NONE]), Rep::Ref), r#"["x", nil]"#);
    assert_eq!(
        m.trap("list_convert", &[m.anys(&[int(1), float(2.5)]), Rep::I64 as u64]),
        "expected int, found float"
    );
    assert_eq!(
        m.trap("list_convert", &[m.anys(&[m.str("a"), int(1)]), Rep::Ref as u64]).as_str(),
        "expected a string, container, struct or function, found int"
    );
    assert!(
        m.trap("list_convert", &[m.anys(&[any::NONE]), Rep::F64 as u64])
            .starts_with("a value is needed")
    );
}

#[test]
fn lists_as_sets() {
    let m = Machine::new();
    let set = |name, a, b| m.show(m.call(name, &[a, b]));
    assert_eq!(m.show(m.call("list_distinct", &[m.ints(&[3, 1, 3, 2, 1])])), "[3, 1, 2]");
    assert_eq!(
        m.show(m.call("list_distinct", &[m.anys(&[int(1), float(1.0), m.str("1")])])),
        r#"[1, "1"]"#
    );
    assert_eq!(
        m.show(m.call("list_distinct", &[m.refs(&[m.ints(&[1]), m.ints(&[1]), m.ints(&[2])])])),
        "[[1], [2]]"
    );
    assert_eq!(m.show(m.call("list_distinct", &[m.bools(&[true, true, false])])), "[true, false]");
    assert_eq!(set("list_union", m.ints(&[1, 2, 2]), m.ints(&[2, 3])), "[1, 2, 3]");
    assert_eq!(set("list_union", m.ints(&[1]), m.floats(&[1.0, 2.5])), "[1, 2.5]");
    assert_eq!(set("list_except", m.strs(&["a", "b", "a"]), m.strs(&["b"])), r#"["a"]"#);
    assert_eq!(set("list_intersect", m.strs(&["a", "b", "a"]), m.strs(&["a"])), r#"["a"]"#);
    assert_eq!(set("list_except", m.ints(&[1, 2]), m.floats(&[2.0])), "[1]");
    assert_eq!(set("list_intersect", m.ints(&[]), m.ints(&[1])), "[]");
}

#[test]
fn list_contains_list_index_of_list_eq() {
    let m = Machine::new();
    assert_eq!(m.call("list_contains", &[m.ints(&[1, 2]), float(2.0)]), 1);
    assert_eq!(m.call("list_contains", &[m.ints(&[1, 2]), m.str("2")]), 0);
    assert_eq!(m.call("list_contains", &[m.refs(&[m.ints(&[1])]), m.ints(&[1])]), 1);
    assert_eq!(m.call("list_index_of", &[m.strs(&["a", "b"]), m.str("b")]), 1);
    assert_eq!(m.call("list_index_of", &[m.ints(&[5, 6]), int(6)]), 1);
    assert_eq!(m.call("list_index_of", &[m.ints(&[]), int(6)]) as i64, -1);
    assert_eq!(m.call("list_eq", &[m.ints(&[1, 2]), m.floats(&[1.0, 2.0])]), 1);
    assert_eq!(m.call("list_eq", &[m.ints(&[1]), m.ints(&[1, 2])]), 0);
    assert_eq!(m.call("list_eq", &[m.anys(&[m.str("a")]), m.strs(&["a"])]), 1);
    assert_eq!(m.call("list_eq", &[0, 0]), 1);
}

#[test]
fn list_sort_is_stable_and_knows_every_kind() {
    let m = Machine::new();
    let sort = |list| m.show(m.call("list_sort", &[list]));
    assert_eq!(
        sort(m.ints(&[3, i64::MIN, 0, i64::MAX, -1])),
        format!("[{}, -1, 0, 3, {}]", i64::MIN, i64::MAX)
    );
    assert_eq!(sort(m.floats(&[2.5, f64::NAN, -1.0, f64::NEG_INFINITY])), "[-Inf, -1.0, 2.5, NaN]");
    assert_eq!(sort(m.bools(&[true, false, true])), "[false, true, true]");
    assert_eq!(sort(m.strs(&["b", "a", "Z", "é"])), r#"["Z", "a", "b", "é"]"#);
    assert_eq!(sort(m.anys(&[m.str("a"), float(1.5), int(1), any::NONE])), r#"[nil, 1, 1.5, "a"]"#);
    assert_eq!(
        sort(m.refs(&[m.ints(&[2, 1]), m.ints(&[1, 9]), m.ints(&[2])])),
        "[[1, 9], [2], [2, 1]]"
    );
    assert_eq!(sort(m.ints(&[])), "[]");
    // Equal items keep their order: -0.0 and 0 are equal.
    assert_eq!(sort(m.anys(&[int(0), float(-0.0), int(-1), float(0.0)])), "[-1, 0, -0.0, 0.0]");
}

#[test]
fn list_sort_by_asks_a_closure() {
    let m = Machine::new();
    let before = m.closure(functions::BEFORE);
    m.raw("ref_dup", &[before]);
    assert_eq!(m.show(m.call("list_sort_by", &[m.ints(&[3, 1, 2, 1]), before, 0])), "[1, 1, 2, 3]");
    assert_eq!(m.show(m.call("list_sort_by", &[m.ints(&[]), before, 0])), "[]");
    let compare = m.closure(functions::COMPARE);
    assert_eq!(
        m.show(m.call("list_sort_by", &[m.strs(&["b", "c", "a"]), compare, 1])),
        r#"["a", "b", "c"]"#
    );
    // A closure that contradicts itself: every item comes out once.
    let confused = m.closure(functions::CONFUSED);
    let items: Vec<i64> = (0..100).collect();
    let sorted = m.call("list_sort_by", &[m.ints(&items), confused, 0]);
    assert_eq!(m.show(m.call("list_sort", &[sorted])), format!("{items:?}"));
}

#[test]
fn sums() {
    let m = Machine::new();
    assert_eq!(m.call("list_sum_int", &[m.ints(&[1, 2, -5])]) as i64, -2);
    assert_eq!(m.call("list_sum_int", &[m.ints(&[])]), 0);
    let overflow = format!("integer overflow: {} + 1 does not fit in 64 bits", i64::MAX);
    assert_eq!(m.trap("list_sum_int", &[m.ints(&[i64::MAX, 1])]), overflow);
    assert_eq!(f64::from_bits(m.call("list_sum_float", &[m.floats(&[0.5, 1.0])])), 1.5);
    assert_eq!(f64::from_bits(m.call("list_sum_float", &[m.floats(&[])])), 0.0);
    assert_eq!(m.show_any(m.call("list_sum_any", &[m.ints(&[1, 2])])), "3");
    assert_eq!(m.show_any(m.call("list_sum_any", &[m.floats(&[1.0])])), "1.0");
    assert_eq!(m.show_any(m.call("list_sum_any", &[m.anys(&[int(1), float(0.5)])])), "1.5");
    assert_eq!(
        m.show_any(m.call("list_sum_any", &[m.anys(&[m.call("any_from_int", &[END])])])),
        i64::MAX.to_string()
    );
    assert_eq!(
        m.trap("list_sum_any", &[m.strs(&["a"])]),
        "`sum` takes numbers, and one of the items is string"
    );
    assert_eq!(f64::from_bits(m.call("list_avg", &[m.ints(&[1, 2])])), 1.5);
    assert_eq!(f64::from_bits(m.call("list_avg", &[m.floats(&[])])), 0.0);
    // A bool counts as 0 or 1.
    assert_eq!(f64::from_bits(m.call("list_avg", &[m.bools(&[true, false])])), 0.5);
    assert_eq!(
        m.trap("list_avg", &[m.strs(&["a"])]),
        "`avg` takes numbers, and one of the items is string"
    );
}

#[test]
fn list_min_and_list_max() {
    let m = Machine::new();
    assert_eq!(m.call("list_min", &[m.ints(&[3, -1, 2])]) as i64, -1);
    assert_eq!(m.call("list_max", &[m.ints(&[3, -1, 2])]), 3);
    assert_eq!(m.call("list_min", &[m.ints(&[])]), 0);
    assert_eq!(m.call("list_max", &[m.strs(&[])]), 0);
    assert_eq!(f64::from_bits(m.call("list_max", &[m.floats(&[1.5, 0.5])])), 1.5);
    assert_eq!(m.show(m.call("list_min", &[m.strs(&["b", "a"])])), r#""a""#);
    assert_eq!(m.show_any(m.call("list_max", &[m.anys(&[int(1), float(2.5)])])), "2.5");
    assert_eq!(
        m.trap("list_min", &[m.anys(&[int(1), m.str("a")])]),
        "`min` cannot compare int with string"
    );
}

#[test]
fn list_map_list_filter_list_reduce_call_closures() {
    let m = Machine::new();
    let add = m.closure(functions::ADD_CAPTURE);
    m.raw("closure_set", &[add, 0, 100]);
    assert_eq!(m.show(m.call("list_map", &[m.ints(&[1, 2]), add, Rep::I64 as u64])), "[101, 102]");
    let double = m.closure(functions::TEXT);
    assert_eq!(
        m.show(m.call("list_map", &[m.strs(&["a", "bc"]), double, Rep::Ref as u64])),
        r#"["aa", "bcbc"]"#
    );
    assert_eq!(
        m.show(m.call("list_filter", &[m.ints(&[1, 2, 3, 4]), m.closure(functions::IS_EVEN)])),
        "[2, 4]"
    );
    assert_eq!(m.call("list_reduce", &[m.ints(&[1, 2, 3]), m.closure(functions::ADD), 10]), 16);
    assert_eq!(m.call("list_reduce", &[m.ints(&[]), m.closure(functions::ADD), 10]), 10);
    let fail = || m.closure(functions::FAIL);
    assert_eq!(
        m.trap("list_map", &[m.ints(&[1, 2, 3, 4]), fail(), Rep::I64 as u64]),
        "division by zero"
    );
    assert_eq!(m.trap("list_filter", &[m.ints(&[1, 2, 3, 4]), fail()]), "division by zero");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 128 }))]

    #[test]
    fn sorting_by_a_closure_is_sorting(items in proptest::collection::vec(-50i64..50, 0..100)) {
        let m = Machine::new();
        let by = m.call("list_sort_by", &[m.ints(&items), m.closure(functions::BEFORE), 0]);
        let own = m.call("list_sort", &[m.ints(&items)]);
        let mut expected = items;
        expected.sort();
        prop_assert_eq!(m.show(by), format!("{expected:?}"));
        prop_assert_eq!(m.show(own), format!("{expected:?}"));
    }
}

#[test]
fn list_row_order_goes_by_columns() {
    let m = Machine::new();
    let order = |columns: &[u64], descending: &[bool]| {
        m.show(m.call("list_row_order", &[m.refs(columns), m.bools(descending)]))
    };
    assert_eq!(order(&[m.ints(&[3, 1, 2])], &[false]), "[1, 2, 0]");
    // Rows with equal keys stay in order, downwards too.
    assert_eq!(order(&[m.ints(&[1, 2, 1, 2])], &[true]), "[1, 3, 0, 2]");
    assert_eq!(
        order(&[m.strs(&["b", "a", "b"]), m.floats(&[1.0, 9.0, 2.0])], &[false, true]),
        "[1, 2, 0]"
    );
    assert_eq!(order(&[m.bools(&[true, false])], &[false]), "[1, 0]");
    assert_eq!(order(&[m.anys(&[int(1), any::NONE, int(0)])], &[false]), "[1, 2, 0]");
    assert_eq!(order(&[m.anys(&[int(1), any::NONE, int(0)])], &[true]), "[0, 2, 1]");
    assert_eq!(
        order(&[m.refs(&[m.ints(&[1, 2]), m.ints(&[1]), m.ints(&[0, 9])])], &[false]),
        "[2, 1, 0]"
    );
    assert_eq!(order(&[m.ints(&[])], &[false]), "[]");
    assert_eq!(order(&[], &[]), "[]");
}

proptest! {
    #[test]
    fn list_row_order_is_a_stable_sort(
        rows in prop::collection::vec((-3i64..3, prop::sample::select(vec!["", "a", "abcdefgh", "abcdefghi", "é", "b"]), -2i64..2), 0..40),
        descending in prop::array::uniform3(any_bool()),
    ) {
        let m = Machine::new();
        let columns = [
            m.ints(&rows.iter().map(|row| row.0).collect::<Vec<_>>()),
            m.strs(&rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            m.floats(&rows.iter().map(|row| row.2 as f64 / 2.0).collect::<Vec<_>>()),
        ];
        let mut expected: Vec<usize> = (0..rows.len()).collect();
        let turned = |order: std::cmp::Ordering, down: bool| if down { order.reverse() } else { order };
        expected.sort_by(|&a, &b| {
            turned(rows[a].0.cmp(&rows[b].0), descending[0])
                .then(turned(rows[a].1.cmp(rows[b].1), descending[1]))
                .then(turned(rows[a].2.cmp(&rows[b].2), descending[2]))
        });
        let order = m.call("list_row_order", &[m.refs(&columns), m.bools(&descending)]);
        prop_assert_eq!(m.show(order), format!("{expected:?}"));
    }
}

fn any_bool() -> impl Strategy<Value = bool> {
    prop::bool::ANY
}

#[test]
fn list_row_order_of_numbers_that_are_hard_to_tell_apart() {
    let m = Machine::new();
    let order = |column: u64, descending: bool| {
        m.show(m.call("list_row_order", &[m.refs(&[column]), m.bools(&[descending])]))
    };
    let hard = [f64::NAN, 0.0, f64::INFINITY, -0.0, -1.0, f64::NEG_INFINITY, -f64::NAN];
    assert_eq!(order(m.floats(&hard), false), "[5, 4, 1, 3, 2, 0, 6]");
    assert_eq!(order(m.floats(&hard), true), "[0, 6, 2, 1, 3, 4, 5]");
    assert_eq!(order(m.ints(&[i64::MAX, i64::MIN, 0, -1]), false), "[1, 3, 2, 0]");
    assert_eq!(order(m.ints(&[i64::MAX, i64::MIN, 0, -1]), true), "[0, 2, 3, 1]");
}

#[test]
fn list_pick_takes_items_by_their_places() {
    let m = Machine::new();
    let picked = |list: u64, places: &[i64], count: i64| {
        m.show(m.call("list_pick", &[list, m.ints(places), count as u64]))
    };
    assert_eq!(picked(m.strs(&["a", "b", "c"]), &[2, 0, 2], 3), r#"["c", "a", "c"]"#);
    assert_eq!(picked(m.bools(&[true, false]), &[1, 0], 1), "[false]");
    assert_eq!(picked(m.ints(&[7]), &[0], 9), "[7]");
    assert_eq!(picked(m.ints(&[7]), &[0], -1), "[]");
    assert_eq!(picked(m.floats(&[]), &[], 5), "[]");
}

#[test]
fn list_part_rows_puts_the_rows_of_each_place_together() {
    let m = Machine::new();
    let parts = |places: &[i64], numbers: &[i64], count: i64| {
        m.show(m.call("list_part_rows", &[m.ints(places), m.ints(numbers), count as u64]))
    };
    assert_eq!(parts(&[0, 1, 0, 2, 1], &[], 3), "[[0, 0, 2, 4, 5], [0, 2, 1, 4, 3]]");
    assert_eq!(parts(&[0, 0], &[4, 7], 1), "[[0, 0, 2], [4, 7]]");
    assert_eq!(parts(&[], &[], 0), "[[0, 0], []]");
}
