//! Output and input.

use mochi_abi::layout::{Rep, any};

use super::{EMPTY, Machine, NAMELESS, POINT, float, int};

/// What one call prints on a line of its own.
fn printed(m: &mut Machine, name: &str, word: u64) -> String {
    m.call(name, &[word]);
    m.call("print_end", &[0]);
    let line = m.printed();
    line.strip_suffix('\n').expect("the line is ended").to_owned()
}

#[test]
fn floats_that_stand_alone() {
    let mut m = Machine::new();
    for (float, text) in [
        (1.0, "1"),
        (-0.0, "-0"),
        (0.0, "0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (100_000.0, "100000"),
        (999_999.0, "999999"),
        (1e6, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (123_456_789.0, "1.23456789e+08"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.000_012_5, "1.25e-05"),
        (-1.5, "-1.5"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(printed(&mut m, "print_float", float.to_bits()), text);
        assert_eq!(printed(&mut m, "print_any", any::from_float(float)), text);
    }
}

#[test]
fn floats_inside_containers() {
    let m = Machine::new();
    for (float, text) in [
        (1.0, "1.0"),
        (2.5, "2.5"),
        (1e6, "1000000.0"),
        (1e21, "1000000000000000000000.0"),
        (1e-7, "0.0000001"),
        (-0.0, "-0.0"),
        (123_456.789, "123456.789"),
        (f64::INFINITY, "+Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(m.show(m.floats(&[float])), format!("[{text}]"));
    }
    assert_eq!(m.show(m.floats(&[5e-324])).len(), 326 + 2);
    assert_eq!(m.show(m.floats(&[-f64::MAX])).len(), 312 + 2);
}

#[test]
fn each_kind_alone() {
    let mut m = Machine::new();
    assert_eq!(printed(&mut m, "print_int", i64::MIN as u64), i64::MIN.to_string());
    assert_eq!(printed(&mut m, "print_int", 0), "0");
    assert_eq!(printed(&mut m, "print_int", 12_345), "12345");
    assert_eq!(printed(&mut m, "print_bool", 1), "true");
    assert_eq!(printed(&mut m, "print_bool", 0), "false");
    let word = m.str("a \"quoted\"\ttext");
    assert_eq!(printed(&mut m, "print_str", word), "a \"quoted\"\ttext");
    assert_eq!(printed(&mut m, "print_str", 0), "nil");
    assert_eq!(printed(&mut m, "print_any", any::NONE), "nil");
    assert_eq!(printed(&mut m, "print_any", any::TRUE), "true");
    let word = m.call("any_from_int", &[i64::MAX as u64]);
    assert_eq!(printed(&mut m, "print_any", word), i64::MAX.to_string());
    let word = m.str("bare");
    assert_eq!(printed(&mut m, "print_any", word), "bare");
    let word = m.anys(&[m.str("quoted"), float(1.0)]);
    assert_eq!(printed(&mut m, "print_any", word), r#"["quoted", 1.0]"#);
    let word = m.map(&[]);
    assert_eq!(printed(&mut m, "print_any", word), "{}");
}

#[test]
fn strings_in_containers_are_quoted() {
    let m = Machine::new();
    let quoted = m.show(m.strs(&[
        "\x00\x07\x08\t\n\x0b\x0c\r\x1b\"\\\x7f",
        "é🦀",
        "\u{ad}\u{200b}\u{feff}\u{e0001}",
        "a\u{301} \u{a0}",
    ]));
    let expected =
        r#"["\x00\a\b\t\n\v\f\r\x1b\"\\\x7f", "é🦀", "\u00ad\u200b\ufeff\U000e0001", "a+ \u00a0"]"#;
    // A combining mark is seen with the character before it.
    assert_eq!(quoted, expected.replace('+', "\u{301}"));
}

#[test]
fn a_line_is_joined_and_trimmed() {
    let mut m = Machine::new();
    for text in ["  a", "b\t", ""] {
        m.call("print_str", &[m.str(text)]);
        m.raw("print_space", &[]);
    }
    m.call("print_end", &[1]);
    assert_eq!(m.printed(), "a b\n");
    m.call("print_str", &[m.str(" first ")]);
    m.call("print_end", &[0]);
    m.call("print_str", &[m.str(" \u{a0}second ")]);
    m.call("print_end", &[1]);
    m.raw("print_space", &[]);
    m.call("print_end", &[1]);
    m.call("print_end", &[1]);
    assert_eq!(m.printed(), " first \nsecond\n\n\n");
}

#[test]
fn json() {
    let mut m = Machine::new();
    let value = m.map(&[
        ("b", m.anys(&[int(1), float(1.0), float(1e21), any::NONE])),
        ("a", m.str("<&>\u{2028}\u{1}\n\"")),
        ("c", m.map(&[])),
        ("d", m.ints(&[])),
    ]);
    m.raw("ref_dup", &[value]);
    m.call("print_json", &[value]);
    let expected = r#"{
  "a": "\u003c\u0026\u003e\u2028\u0001\n\"",
  "b": [
    1,
    1,
    1e+21,
    null
  ],
  "c": {},
  "d": []
}
"#;
    assert_eq!(m.printed(), expected);
    assert_eq!(
        m.show(m.call("json_text", &[value])).replace('\\', ""),
        r#""{"a":"u003cu0026u003eu2028u0001n"","b":[1,1,1e+21,null],"c":{},"d":[]}""#
    );
    let text = |word| {
        let text = m.call("json_text", &[word]);
        m.show(m.call("str_replace", &[text, m.str("\""), m.str("'")]))
    };
    assert_eq!(text(m.point(1, 0.5)), r#""{'__name':'Point','x':1,'y':0.5}""#);
    assert_eq!(text(m.call("record_new", &[EMPTY as u64])), r#""{'__name':'Empty'}""#);
    assert_eq!(text(m.call("record_new", &[NAMELESS as u64])), r#""{'name':null,'ok':false}""#);
    assert_eq!(text(m.closure(0)), r#""null""#);
    assert_eq!(text(float(1e-7)), r#""1e-7""#);
    assert_eq!(text(float(1e-6)), r#""0.000001""#);
    assert_eq!(text(float(123_456_789.0)), r#""123456789""#);
    assert_eq!(m.trap("json_text", &[float(f64::NAN)]), "JSON has no number NaN");
    assert_eq!(m.trap("print_json", &[float(f64::INFINITY)]), "JSON has no number +Inf");
    let list = m.anys(&[]);
    m.raw("ref_dup", &[list]);
    m.raw("list_append_shared", &[list, list]);
    m.raw("ref_dup", &[list]);
    assert_eq!(m.trap("json_text", &[list]), "a value that contains itself has no JSON form");
    m.drop(m.raw("list_take", &[list, 0]), Rep::Any);
    m.drop(list, Rep::Ref);
}

#[test]
fn structs_show_their_fields_by_name() {
    let mut m = Machine::new();
    let point = m.point(-1, 2.0);
    assert_eq!(printed(&mut m, "print_any", point), r#"{"__name": "Point", "x": -1, "y": 2.0}"#);
    let points = m.refs(&[m.point(1, 1.0), m.point(2, 2.0)]);
    assert_eq!(m.call("record_shape", &[m.point(0, 0.0)]), POINT as u64);
    assert_eq!(
        printed(&mut m, "print_any", points),
        r#"[{"__name": "Point", "x": 1, "y": 1.0}, {"__name": "Point", "x": 2, "y": 2.0}]"#
    );
}

#[test]
fn input_gives_lines_without_their_ends() {
    let mut m = Machine::new();
    m.runtime.set_input(b"first\r\n\nn\xc3\xa4chste\nbad \xff byte\nlast");
    for expected in ["first", "", "nächste", "bad \u{fffd} byte", "last", "", ""] {
        let line = m.call("input", &[]);
        assert_eq!(m.call("str_eq", &[line, m.str(expected)]), 1, "{expected}");
    }
}

#[test]
fn now_is_the_time_or_the_seeded_sequence() {
    let m = Machine::new();
    let (a, b) = (m.call("now", &[]), m.call("now", &[]));
    assert!(a > 1_600_000_000_000_000_000 && a <= b);
    crate::context::ContextFields::state(m.context()).now_seed = Some(42);
    assert_eq!(m.call("now", &[]), 1_083_814_273);
    crate::context::ContextFields::state(m.context()).now_seed = Some(i64::MAX);
    assert!((m.call("now", &[]) as i64) < 2_147_483_647);
}

#[test]
fn expect_sides_shows_both() {
    let m = Machine::new();
    let sides = |a, b| m.show(m.call("expect_sides", &[a, m.str("=="), b]));
    assert_eq!(sides(int(1), float(2.0)), r#""1 == 2.0""#);
    assert_eq!(sides(m.str("a"), m.ints(&[1])), r#""\"a\" == [1]""#);
}

#[test]
fn environment_gives_variables_and_else_nothing() {
    let m = Machine::new();
    let get = |name| m.show(m.call("environment", &[m.str(name)]));
    // Cargo sets it for the tests it runs.
    assert_eq!(get("CARGO_PKG_NAME"), r#""mochi-runtime""#);
    for name in ["", "A=B", "NUL\0", "no variable of this name"] {
        assert_eq!(get(name), r#""""#);
    }
}
