//! Values whose type is only known when the program runs.

use mochi_abi::layout::{Rep, any};

use super::{LEAF, Machine, float, functions, int};

fn show(m: &Machine, name: &str, words: &[u64]) -> String {
    m.show_any(m.call(name, words))
}

#[test]
fn any_from_int_boxes_what_does_not_fit() {
    let m = Machine::new();
    for value in [0, 1, -1, (1 << 48) - 1, 1 << 48, -(1 << 48), -(1 << 48) - 1, i64::MIN, i64::MAX]
    {
        assert_eq!(m.call("any_to_int", &[m.call("any_from_int", &[value as u64])]) as i64, value);
    }
}

#[test]
fn any_truthy() {
    let m = Machine::new();
    let truthy = |word| m.call("any_truthy", &[word]) == 1;
    for word in [
        any::NONE,
        any::FALSE,
        any::UNIT,
        int(0),
        float(0.0),
        float(-0.0),
        m.str(""),
        m.ints(&[]),
        m.map(&[]),
    ] {
        assert!(!truthy(word));
    }
    for word in [
        any::TRUE,
        int(-1),
        float(0.5),
        float(f64::NAN),
        m.str("0"),
        m.ints(&[0]),
        m.map(&[("", 0)]),
        m.point(0, 0.0),
    ] {
        assert!(truthy(word));
    }
}

#[test]
fn arithmetic_keeps_ints_and_widens_beside_floats() {
    let m = Machine::new();
    let max = || m.call("any_from_int", &[i64::MAX as u64]);
    let min = || m.call("any_from_int", &[i64::MIN as u64]);
    assert_eq!(show(&m, "any_add", &[int(1), int(2)]), "3");
    assert_eq!(show(&m, "any_add", &[int(1), float(0.5)]), "1.5");
    assert_eq!(show(&m, "any_add", &[max(), int(-1)]), (i64::MAX - 1).to_string());
    assert_eq!(show(&m, "any_add", &[m.str("a"), m.str("b")]), r#""ab""#);
    assert_eq!(show(&m, "any_add", &[m.str("n = "), int(1)]), r#""n = 1""#);
    assert_eq!(show(&m, "any_add", &[float(2.0), m.str("!")]), r#""2!""#);
    assert_eq!(show(&m, "any_add", &[m.ints(&[1]), m.ints(&[2])]), "[1, 2]");
    assert_eq!(show(&m, "any_add", &[m.ints(&[1]), m.strs(&["x"])]), r#"[1, "x"]"#);
    assert_eq!(show(&m, "any_sub", &[int(1), float(2.5)]), "-1.5");
    assert_eq!(show(&m, "any_sub", &[int(1), int(2)]), "-1");
    assert_eq!(show(&m, "any_mul", &[int(3), int(-2)]), "-6");
    assert_eq!(show(&m, "any_mul", &[float(0.5), int(4)]), "2.0");
    assert_eq!(show(&m, "any_div", &[int(-7), int(2)]), "-3");
    assert_eq!(show(&m, "any_div", &[int(7), float(2.0)]), "3.5");
    assert_eq!(show(&m, "any_rem", &[int(-7), int(2)]), "-1");
    assert_eq!(show(&m, "any_rem", &[float(-7.5), int(2)]), "-1.5");
    assert_eq!(show(&m, "any_rem", &[min(), int(-1)]), "0");
    assert_eq!(show(&m, "any_neg", &[int(5)]), "-5");
    assert_eq!(show(&m, "any_neg", &[float(0.0)]), "-0.0");
    let fits = "does not fit in 64 bits";
    assert_eq!(
        m.trap("any_add", &[max(), int(1)]),
        format!("integer overflow: {} + 1 {fits}", i64::MAX)
    );
    assert_eq!(
        m.trap("any_sub", &[min(), int(1)]),
        format!("integer overflow: {} - 1 {fits}", i64::MIN)
    );
    assert_eq!(
        m.trap("any_mul", &[max(), int(2)]),
        format!("integer overflow: {} * 2 {fits}", i64::MAX)
    );
    assert_eq!(
        m.trap("any_div", &[min(), int(-1)]),
        format!("integer overflow: {} / -1 {fits}", i64::MIN)
    );
    assert_eq!(m.trap("any_neg", &[min()]), format!("integer overflow: -({}) {fits}", i64::MIN));
    for name in ["any_div", "any_rem"] {
        assert_eq!(m.trap(name, &[int(1), int(0)]), "division by zero");
        assert_eq!(m.trap(name, &[int(1), float(-0.0)]), "division by zero");
    }
    assert_eq!(m.trap("any_sub", &[m.str("a"), int(1)]), "`-` has no meaning for string and int");
    assert_eq!(
        m.trap("any_mul", &[m.point(1, 1.0), int(1)]),
        "`*` has no meaning for `Point` and int"
    );
    assert!(m.trap("any_add", &[any::NONE, int(1)]).starts_with("a value is needed"));
    assert_eq!(m.trap("any_neg", &[m.str("x")]), "string cannot be negated");
}

#[test]
fn any_eq_and_any_compare() {
    let m = Machine::new();
    let eq = |a, b| m.call("any_eq", &[a, b]) == 1;
    assert!(eq(int(1), float(1.0)));
    assert!(!eq(int(1), m.str("1")));
    assert!(!eq(float(f64::NAN), float(f64::NAN)));
    assert!(eq(any::NONE, any::NONE));
    assert!(!eq(any::NONE, int(0)));
    assert!(!eq(any::FALSE, int(0)));
    let big = (1i64 << 53) + 1;
    assert!(!eq(m.call("any_from_int", &[big as u64]), float((1i64 << 53) as f64)));
    assert!(!eq(m.call("any_from_int", &[i64::MAX as u64]), float(9_223_372_036_854_775_808.0)));
    assert!(eq(m.call("any_from_int", &[i64::MIN as u64]), float(-9_223_372_036_854_775_808.0)));
    assert!(eq(m.anys(&[int(1), m.str("a")]), m.anys(&[float(1.0), m.str("a")])));
    assert!(eq(m.map(&[("a", m.ints(&[1]))]), m.map(&[("a", m.floats(&[1.0]))])));
    let compare = |a, b| m.call("any_compare", &[a, b]) as i64;
    assert_eq!(compare(int(1), float(1.5)), -1);
    assert_eq!(compare(float(2.5), int(2)), 1);
    assert_eq!(compare(int(-2), float(-2.5)), 1);
    assert_eq!(compare(int(2), float(2.0)), 0);
    assert_eq!(compare(int(1), float(f64::NAN)), 2);
    assert_eq!(compare(float(f64::NAN), float(1.0)), 2);
    assert_eq!(compare(m.call("any_from_int", &[i64::MAX as u64]), float(9.3e18)), -1);
    assert_eq!(compare(int(0), float(f64::NEG_INFINITY)), 1);
    assert_eq!(compare(m.str("a"), m.str("b")), -1);
    assert_eq!(compare(m.ints(&[1, 2]), m.ints(&[1])), 1);
    assert_eq!(compare(any::FALSE, any::TRUE), -1);
    assert_eq!(
        m.trap("any_compare", &[int(1), m.str("a")]),
        "`<` has no meaning for int and string"
    );
    assert!(m.trap("any_compare", &[any::NONE, any::NONE]).starts_with("a value is needed"));
}

#[test]
fn any_index_and_any_set_index() {
    let m = Machine::new();
    assert_eq!(show(&m, "any_index", &[m.ints(&[1, 2]), int(-1)]), "2");
    assert_eq!(show(&m, "any_index", &[m.strs(&["a"]), int(0)]), r#""a""#);
    assert_eq!(show(&m, "any_index", &[m.str("añ"), int(1)]), r#""ñ""#);
    assert_eq!(show(&m, "any_index", &[m.map(&[("a", float(1.0))]), m.str("a")]), "1.0");
    assert_eq!(show(&m, "any_index", &[m.map(&[]), m.str("a")]), "nil");
    assert_eq!(show(&m, "any_index", &[m.map(&[]), int(1)]), "nil");
    assert_eq!(show(&m, "any_index", &[m.point(3, 0.0), m.str("x")]), "3");
    assert_eq!(m.trap("any_index", &[m.ints(&[1]), int(1)]), "list index out of range: 1 (len 1)");
    assert_eq!(
        m.trap("any_index", &[m.ints(&[1]), m.str("x")]),
        "string is not an index: it must be an int"
    );
    assert_eq!(m.trap("any_index", &[m.point(1, 1.0), int(1)]), "int is not the name of a field");
    assert_eq!(m.trap("any_index", &[int(1), int(1)]), "int cannot be indexed");
    assert!(m.trap("any_index", &[any::NONE, int(1)]).starts_with("a value is needed"));

    let list = m.floats(&[0.0]);
    m.raw("any_set_index", &[list, int(0), int(7)]);
    assert_eq!(m.show(list), "[7.0]");
    let map = m.map(&[]);
    let again = m.str("new");
    m.raw("any_set_index", &[map, again, m.str("item")]);
    m.raw("any_set_index", &[map, again, int(2)]);
    assert_eq!(m.show_any(m.call("any_index", &[map, again])), "2");
    let point = m.point(1, 1.0);
    let x = m.str("x");
    m.raw("any_set_index", &[point, x, int(5)]);
    m.drop(x, mochi_abi::layout::Rep::Ref);
    assert_eq!(m.show(point), r#"{"__name": "Point", "x": 5, "y": 1.0}"#);
    assert_eq!(
        m.trap("any_set_index", &[m.ints(&[1]), int(0), m.str("x")]),
        "expected int, found string"
    );
    assert_eq!(
        m.trap("any_set_index", &[m.ints(&[]), int(0), int(1)]),
        "list index out of range: 0 (len 0)"
    );
    assert_eq!(
        m.trap("any_set_index", &[m.str("a"), int(0), m.str("x")]),
        "string has no items to assign to"
    );
}

#[test]
fn any_field_and_any_set_field() {
    let m = Machine::new();
    assert_eq!(show(&m, "any_field", &[m.point(3, 0.5), m.str("y")]), "0.5");
    assert_eq!(show(&m, "any_field", &[m.map(&[("a", int(1))]), m.str("a")]), "1");
    assert_eq!(show(&m, "any_field", &[m.map(&[]), m.str("a")]), "nil");
    assert_eq!(m.trap("any_field", &[m.point(1, 1.0), m.str("z")]), "`Point` has no field `z`");
    assert_eq!(m.trap("any_field", &[int(1), m.str("z")]), "int has no field `z`");
    let point = m.point(1, 1.0);
    let y = m.str("y");
    m.raw("any_set_field", &[point, y, int(4)]);
    assert_eq!(m.show(point), r#"{"__name": "Point", "x": 1, "y": 4.0}"#);
    assert_eq!(
        m.trap("any_set_field", &[m.point(1, 1.0), y, m.str("no")]),
        "expected float, found string"
    );
    assert_eq!(
        m.trap("any_set_field", &[m.point(1, 1.0), m.str("z"), int(1)]),
        "`Point` has no field `z`"
    );
    let map = m.map(&[]);
    m.call("any_set_field", &[map, m.str("k"), m.str("v")]);
    assert_eq!(m.trap("any_set_field", &[any::TRUE, m.str("k"), int(1)]), "bool has no field `k`");
}

#[test]
fn any_slice_any_len_any_in_any_items() {
    let m = Machine::new();
    let none = any::NONE;
    assert_eq!(show(&m, "any_slice", &[m.ints(&[1, 2, 3]), int(1), none, none]), "[2, 3]");
    assert_eq!(show(&m, "any_slice", &[m.ints(&[1, 2, 3]), none, none, int(-1)]), "[3, 2, 1]");
    assert_eq!(show(&m, "any_slice", &[m.str("añb"), int(-2), none, none]), r#""ñb""#);
    assert_eq!(show(&m, "any_slice", &[m.str("abcd"), none, none, int(2)]), r#""ac""#);
    assert_eq!(m.trap("any_slice", &[m.map(&[]), none, none, none]), "map cannot be sliced");
    assert_eq!(m.trap("any_slice", &[m.str("a"), none, none, int(0)]), "the step must not be zero");
    for (word, len) in [(m.str("añ"), 2), (m.ints(&[1]), 1), (m.map(&[("a", 0)]), 1)] {
        assert_eq!(m.call("any_len", &[word]), len);
    }
    assert_eq!(m.trap("any_len", &[int(1)]), "int has no length");
    assert_eq!(m.call("any_in", &[int(1), m.ints(&[1])]), 1);
    assert_eq!(m.call("any_in", &[m.str("a"), m.map(&[("a", 0)])]), 1);
    assert_eq!(m.call("any_in", &[m.str("b"), m.str("abc")]), 1);
    assert_eq!(m.call("any_in", &[m.str("x"), m.point(1, 1.0)]), 1);
    assert_eq!(m.trap("any_in", &[int(1), m.str("abc")]), "int cannot be in a string");
    assert_eq!(m.trap("any_in", &[int(1), int(1)]), "int contains nothing");
    assert_eq!(m.show(m.call("any_items", &[m.ints(&[1, 2])])), "[1, 2]");
    // Whatever rep the items had, they are any afterwards.
    let items = m.call("any_items", &[m.strs(&["a"])]);
    assert_eq!(crate::object::ListFields::rep(items as *mut mochi_abi::layout::List), Rep::Any);
    m.drop(items, Rep::Ref);
    let list = m.anys(&[int(1)]);
    assert_eq!(m.raw("any_items", &[list]), list);
    m.drop(list, Rep::Ref);
    m.drop(list, Rep::Ref);
    assert_eq!(m.show(m.call("any_items", &[m.str("ab")])), r#"["a", "b"]"#);
    assert_eq!(m.show(m.call("any_items", &[m.map(&[("b", 0), ("a", 0)])])), r#"["a", "b"]"#);
    assert_eq!(m.trap("any_items", &[int(1)]), "int cannot be iterated");
}

#[test]
fn any_call_checks_and_converts() {
    let m = Machine::new();
    let add = || m.closure(functions::ADD);
    assert_eq!(show(&m, "any_call", &[add(), m.anys(&[int(1), float(2.0)])]), "3");
    assert_eq!(show(&m, "any_call", &[add(), m.ints(&[1, 2])]), "3");
    assert_eq!(show(&m, "any_call", &[m.closure(functions::TEXT), m.strs(&["ab"])]), r#""abab""#);
    assert_eq!(
        m.trap("any_call", &[add(), m.anys(&[int(1)])]),
        "the function takes 2 arguments, and gets 1"
    );
    assert_eq!(
        m.trap("any_call", &[add(), m.anys(&[int(1), m.str("2")])]),
        "expected int, found string"
    );
    assert_eq!(
        m.trap("any_call", &[m.closure(functions::TEXT), m.ints(&[1])]),
        "expected string, found int"
    );
    assert_eq!(m.trap("any_call", &[int(1), m.anys(&[])]), "int is not a function");
    assert_eq!(m.trap("any_call", &[m.closure(functions::FAIL), m.ints(&[3])]), "division by zero");
    assert_eq!(
        m.trap("any_call", &[m.closure(functions::IS_EVEN), m.ints(&[3])]),
        "this function's parameters are not known here"
    );
    assert_eq!(
        m.trap("any_call", &[m.call("record_new", &[LEAF as u64]), m.anys(&[])]),
        "`Leaf` is not a function"
    );
}
