//! Strings.

use mochi_abi::layout::{Rep, any};
use proptest::prelude::*;

use super::{Machine, float, int};

/// What one text gives under a row whose other words are plain numbers.
fn text(machine: &Machine, name: &str, s: &str, words: &[u64]) -> String {
    let mut all = vec![machine.str(s)];
    all.extend_from_slice(words);
    machine.show(machine.call(name, &all))
}

fn two(machine: &Machine, name: &str, a: &str, b: &str) -> u64 {
    machine.call(name, &[machine.str(a), machine.str(b)])
}

#[test]
fn str_concat_joins_in_place_when_it_owns_alone() {
    let m = Machine::new();
    assert_eq!(m.show(two(&m, "str_concat", "ab", "cd")), r#""abcd""#);
    assert_eq!(m.show(two(&m, "str_concat", "", "cd")), r#""cd""#);
    assert_eq!(m.show(two(&m, "str_concat", "ab", "")), r#""ab""#);
    assert_eq!(m.show(two(&m, "str_concat", "", "")), r#""""#);
    assert_eq!(m.show(two(&m, "str_concat", "a", "é")), r#""aé""#);
    assert_eq!(m.show(m.call("str_concat", &[0, m.str("x")])), r#""x""#);
    assert_eq!(m.show(m.call("str_concat", &[m.str("xy"), 0])), r#""xy""#);
    // A shared string is not changed.
    let shared = m.str("shared");
    m.raw("ref_dup", &[shared]);
    let longer = m.call("str_concat", &[shared, m.str("!")]);
    assert_eq!((m.show(shared), m.show(longer)), (r#""shared""#.into(), r#""shared!""#.into()));
    // A string with itself.
    let twice = m.str("twice");
    assert_eq!(m.show(m.raw("str_concat", &[twice, twice])), r#""twicetwice""#);
}

#[test]
fn str_concat_grows_by_doubling() {
    let m = Machine::new();
    let mut s = m.str("start");
    let mut moves = 0;
    for _ in 0..10_000 {
        let next = m.call("str_concat", &[s, m.str("x")]);
        moves += usize::from(next != s);
        s = next;
    }
    assert!(moves < 20, "moved {moves} times");
    assert_eq!(m.call("str_len", &[s]), 10_005);
}

#[test]
fn str_concat_forgets_the_hash_and_the_index() {
    let m = Machine::new();
    let mut s = m.str(&"é".repeat(300));
    assert_eq!(m.raw("str_len", &[s]), 300);
    let map = m.map(&[("x", 0)]);
    assert_eq!(m.raw("map_has", &[map, s]), 0);
    s = m.call("str_concat", &[s, m.str("ab")]);
    assert_eq!(m.raw("str_len", &[s]), 302);
    assert_eq!(m.show(m.raw("str_index", &[s, 301])), r#""b""#);
    m.raw("ref_dup", &[s]);
    m.raw("map_set", &[map, s, 0]);
    let same = m.str(&("é".repeat(300) + "ab"));
    assert_eq!(m.call("map_has", &[map, same]), 1);
    m.drop(s, Rep::Ref);
}

#[test]
fn str_eq_and_str_compare_go_by_bytes() {
    let m = Machine::new();
    assert_eq!(two(&m, "str_eq", "abc", "abc"), 1);
    assert_eq!(two(&m, "str_eq", "abc", "abd"), 0);
    assert_eq!(two(&m, "str_eq", "", ""), 1);
    assert_eq!(m.call("str_eq", &[0, 0]), 1);
    assert_eq!(m.call("str_eq", &[0, m.str("")]), 0);
    assert_eq!(two(&m, "str_compare", "a", "b") as i64, -1);
    assert_eq!(two(&m, "str_compare", "b", "a") as i64, 1);
    assert_eq!(two(&m, "str_compare", "ab", "ab") as i64, 0);
    assert_eq!(two(&m, "str_compare", "Z", "a") as i64, -1);
    assert_eq!(two(&m, "str_compare", "z", "é") as i64, -1);
    assert_eq!(two(&m, "str_compare", "a", "ab") as i64, -1);
}

#[test]
fn str_len_and_str_index_count_characters() {
    let m = Machine::new();
    for (s, len) in [("", 0), ("abc", 3), ("naïve", 5), ("🦀", 1)] {
        assert_eq!(m.call("str_len", &[m.str(s)]), len);
    }
    assert_eq!(text(&m, "str_index", "naïve", &[2]), r#""ï""#);
    assert_eq!(text(&m, "str_index", "naïve", &[-1i64 as u64]), r#""e""#);
    assert_eq!(text(&m, "str_index", "abc", &[-3i64 as u64]), r#""a""#);
    assert_eq!(m.trap("str_index", &[m.str("abc"), 3]), "string index out of range: 3 (len 3)");
    assert_eq!(
        m.trap("str_index", &[m.str("abc"), -4i64 as u64]),
        "string index out of range: -4 (len 3)"
    );
    assert_eq!(m.trap("str_index", &[m.str(""), 0]), "string index out of range: 0 (len 0)");
    assert_eq!(
        m.trap("str_index", &[m.str("a"), i64::MIN as u64]),
        format!("string index out of range: {} (len 1)", i64::MIN)
    );
}

#[test]
fn str_code_is_the_code_point() {
    let m = Machine::new();
    let code = |s: &str, i: i64| m.call("str_code", &[m.str(s), i as u64]);
    assert_eq!([code("abc", 0), code("abc", -1), code("naïve", 2)], [0x61, 0x63, 0xef]);
    assert_eq!([code("€", 0), code("x🦀", -1)], [0x20ac, 0x1f980]);
    assert_eq!(m.trap("str_code", &[m.str("é"), 1]), "string index out of range: 1 (len 1)");
    assert_eq!(
        m.trap("str_code", &[m.str(""), i64::MIN as u64]),
        format!("string index out of range: {} (len 0)", i64::MIN)
    );
}

#[test]
fn str_slice_clamps() {
    let m = Machine::new();
    let slice = |s, start: i64, end: i64| text(&m, "str_slice", s, &[start as u64, end as u64]);
    assert_eq!(slice("hello", 1, 3), r#""el""#);
    assert_eq!(slice("hello", -3, -1), r#""ll""#);
    assert_eq!(slice("hello", 0, 99), r#""hello""#);
    assert_eq!(slice("hello", 3, 2), r#""""#);
    assert_eq!(slice("hello", i64::MIN, i64::MAX), r#""hello""#);
    assert_eq!(slice("añb", 1, 2), r#""ñ""#);
    assert_eq!(slice("añb", 2, 3), r#""b""#);
    assert_eq!(slice("", 0, 1), r#""""#);
}

#[test]
fn long_strings_are_indexed() {
    let m = Machine::new();
    for len in [63, 64, 65, 127, 128, 129, 1000] {
        let rust: Vec<char> = (0..len)
            .map(|i| {
                if i % 3 == 0 { 'a' } else { char::from_u32(0x1f600 + i % 64).expect("it is one") }
            })
            .collect();
        let text: String = rust.iter().collect();
        let s = m.str(&text);
        assert_eq!(m.raw("str_len", &[s]), u64::from(len));
        for i in (0..len as usize).step_by(7).chain([len as usize - 1]) {
            assert_eq!(m.show(m.raw("str_index", &[s, i as u64])), format!("\"{}\"", rust[i]));
            let expected: String = rust[i..].iter().collect();
            assert_eq!(
                m.show(m.raw("str_slice", &[s, i as u64, u64::from(len)])),
                format!("\"{expected}\"")
            );
        }
        m.drop(s, Rep::Ref);
    }
}

#[test]
fn searching() {
    let m = Machine::new();
    assert_eq!(two(&m, "str_contains", "hello", "ell"), 1);
    assert_eq!(two(&m, "str_contains", "hello", ""), 1);
    assert_eq!(two(&m, "str_contains", "hello", "z"), 0);
    assert_eq!(two(&m, "str_contains", "", "a"), 0);
    assert_eq!(two(&m, "str_index_of", "naïve", "ve"), 3);
    assert_eq!(two(&m, "str_index_of", "hello", "l"), 2);
    assert_eq!(two(&m, "str_index_of", "hello", "zz") as i64, -1);
    assert_eq!(two(&m, "str_index_of", "", ""), 0);
    assert_eq!(two(&m, "str_starts_with", "hello", "he"), 1);
    assert_eq!(two(&m, "str_starts_with", "hello", "lo"), 0);
    assert_eq!(two(&m, "str_starts_with", "a", "ab"), 0);
    assert_eq!(two(&m, "str_ends_with", "hello", "lo"), 1);
    assert_eq!(two(&m, "str_ends_with", "hello", ""), 1);
    assert_eq!(two(&m, "str_ends_with", "hello", "he"), 0);
}

#[test]
fn str_chars_str_split_str_join() {
    let m = Machine::new();
    let split = |s, by| m.show(two(&m, "str_split", s, by));
    assert_eq!(m.show(m.call("str_chars", &[m.str("añ🦀")])), r#"["a", "ñ", "🦀"]"#);
    assert_eq!(m.show(m.call("str_chars", &[m.str("")])), "[]");
    assert_eq!(split("a,b,,c", ","), r#"["a", "b", "", "c"]"#);
    assert_eq!(split("", ","), r#"[""]"#);
    assert_eq!(split("ab", ""), r#"["a", "b"]"#);
    assert_eq!(split("a--b--", "--"), r#"["a", "b", ""]"#);
    let join = |list, by| m.show(m.call("str_join", &[list, m.str(by)]));
    assert_eq!(join(m.strs(&["a", "b"]), ", "), r#""a, b""#);
    assert_eq!(join(m.strs(&[]), ", "), r#""""#);
    assert_eq!(join(m.ints(&[1, 2]), "-"), r#""1-2""#);
    assert_eq!(join(m.anys(&[m.str("x"), int(1), float(2.0)]), ""), r#""x12""#);
}

#[test]
fn from_other_values() {
    let m = Machine::new();
    assert_eq!(m.show(m.call("str_from_int", &[i64::MIN as u64])), format!("\"{}\"", i64::MIN));
    assert_eq!(m.show(m.call("str_from_int", &[0])), r#""0""#);
    assert_eq!(m.show(m.call("str_from_float", &[1.0f64.to_bits()])), r#""1""#);
    assert_eq!(m.show(m.call("str_from_float", &[1e6f64.to_bits()])), r#""1e+06""#);
    assert_eq!(m.show(m.call("str_from_bool", &[1])), r#""true""#);
    assert_eq!(m.show(m.call("str_from_bool", &[0])), r#""false""#);
    let from = |word| m.show(m.call("str_from_any", &[word]));
    assert_eq!(from(any::NONE), r#""<nil>""#);
    assert_eq!(from(any::TRUE), r#""true""#);
    assert_eq!(from(m.str("as it is")), r#""as it is""#);
    assert_eq!(from(m.ints(&[1, 2])), r#""[1 2]""#);
    assert_eq!(from(m.strs(&["a b", "c"])), r#""[a b c]""#);
    assert_eq!(from(m.map(&[("b", int(2)), ("a", float(1.0))])), r#""map[a:1 b:2]""#);
    assert_eq!(from(m.point(1, 2.5)), r#""map[__name:Point x:1 y:2.5]""#);
    assert_eq!(from(m.anys(&[any::NONE, m.ints(&[])])), r#""[<nil> []]""#);
}

#[test]
fn to_numbers() {
    let m = Machine::new();
    assert_eq!(m.call("str_to_int", &[m.str("-42")]) as i64, -42);
    assert_eq!(m.call("str_to_int", &[m.str(" +7\n")]), 7);
    assert_eq!(m.call("str_to_int", &[m.str("9223372036854775807")]) as i64, i64::MAX);
    assert_eq!(
        m.trap("str_to_int", &[m.str("9223372036854775808")]),
        r#""9223372036854775808" does not fit in 64 bits"#
    );
    assert_eq!(m.trap("str_to_int", &[m.str("")]), r#""" is not an int"#);
    assert_eq!(m.trap("str_to_int", &[m.str("1.5")]), r#""1.5" is not an int"#);
    assert_eq!(
        m.trap("str_to_int", &[m.str(&"é".repeat(99))]),
        format!("\"{}\"… is not an int", "é".repeat(60))
    );
    assert_eq!(f64::from_bits(m.call("str_to_float", &[m.str("-1.5e3")])), -1500.0);
    assert_eq!(m.trap("str_to_float", &[m.str("x")]), r#""x" is not a float"#);
    assert_eq!(m.call("str_parse_int", &[m.str("ff"), 16]), 255);
    assert_eq!(m.call("str_parse_int", &[m.str("-101"), 2]) as i64, -5);
    assert_eq!(m.trap("str_parse_int", &[m.str("12"), 2]), r#""12" is not an int"#);
    for base in [1, 37, -10i64 as u64] {
        assert!(
            m.trap("str_parse_int", &[m.str("1"), base]).starts_with("a base is between 2 and 36")
        );
    }
}

#[test]
fn changed_copies() {
    let m = Machine::new();
    assert_eq!(text(&m, "str_upper", "straße é", &[]), r#""STRAßE É""#);
    assert_eq!(text(&m, "str_upper", "abc1", &[]), r#""ABC1""#);
    assert_eq!(text(&m, "str_lower", "ABC É", &[]), r#""abc é""#);
    assert_eq!(text(&m, "str_lower", "AbC", &[]), r#""abc""#);
    assert_eq!(text(&m, "str_trim", " \t a b\n\u{a0}", &[]), r#""a b""#);
    assert_eq!(text(&m, "str_trim", "ab", &[]), r#""ab""#);
    assert_eq!(text(&m, "str_reverse", "añb", &[]), r#""bña""#);
    assert_eq!(text(&m, "str_reverse", "", &[]), r#""""#);
    assert_eq!(text(&m, "str_repeat", "ab", &[3]), r#""ababab""#);
    assert_eq!(text(&m, "str_repeat", "ab", &[0]), r#""""#);
    assert_eq!(text(&m, "str_repeat", "ab", &[1]), r#""ab""#);
    assert_eq!(text(&m, "str_repeat", "ab", &[-1i64 as u64]), r#""""#);
    assert_eq!(text(&m, "str_repeat", "é", &[5]), r#""ééééé""#);
    assert_eq!(m.trap("str_repeat", &[m.str("ab"), i64::MAX as u64]), "out of memory");
    let replace = |s, from, to| m.show(m.call("str_replace", &[m.str(s), m.str(from), m.str(to)]));
    assert_eq!(replace("aXbX", "X", "--"), r#""a--b--""#);
    assert_eq!(replace("aXbX", "Y", "--"), r#""aXbX""#);
    assert_eq!(replace("ab", "", "."), r#"".a.b.""#);
    let pad = |s, width: i64, fill| {
        m.show(m.call("str_pad_start", &[m.str(s), width as u64, m.str(fill)]))
    };
    assert_eq!(pad("5", 3, "0"), r#""005""#);
    assert_eq!(pad("5", 1, "0"), r#""5""#);
    assert_eq!(pad("5", -1, "0"), r#""5""#);
    assert_eq!(pad("é", 4, "ab"), r#""abaé""#);
    assert_eq!(pad("5", 3, ""), r#""  5""#);
    assert_eq!(
        m.trap("str_pad_start", &[m.str("5"), i64::MAX as u64, m.str("0")]),
        "out of memory"
    );
}

#[test]
fn digests() {
    let m = Machine::new();
    let empty = r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
    assert_eq!(text(&m, "str_sha256", "", &[]), empty);
    let abc = r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#;
    assert_eq!(text(&m, "str_sha256", "abc", &[]), abc);
    // 56 bytes, so that the length needs a block of its own.
    let two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let expected = r#""248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1""#;
    assert_eq!(text(&m, "str_sha256", two_blocks, &[]), expected);
    let bytes = m.show(m.call("sha256_bytes", &[m.str("abc")]));
    assert!(bytes.starts_with("[186, 120, 22, 191,") && bytes.ends_with(" 21, 173]"), "{bytes}");
    assert_eq!(m.show(m.call("sha256_bytes", &[m.ints(&[97, 98, 99])])), bytes);
    assert!(m.trap("sha256_bytes", &[m.ints(&[256])]).starts_with("`sha256` takes"));
    assert_eq!(m.trap("sha256_bytes", &[int(1)]), "int has no bytes that `sha256` could take");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    #[test]
    fn strings_do_what_rust_strings_do(a in ".{0,90}", b in ".{0,3}", start in -100i64..100, end in -100i64..100) {
        let m = Machine::new();
        let chars: Vec<char> = a.chars().collect();
        prop_assert_eq!(m.call("str_len", &[m.str(&a)]), chars.len() as u64);
        prop_assert_eq!(m.call("str_contains", &[m.str(&a), m.str(&b)]), u64::from(a.contains(&b)));
        let found = a.find(&b).map_or(-1, |at| a[..at].chars().count() as i64);
        prop_assert_eq!(m.call("str_index_of", &[m.str(&a), m.str(&b)]) as i64, found);
        let place = |i: i64| (if i < 0 { i + chars.len() as i64 } else { i }).clamp(0, chars.len() as i64) as usize;
        let part: String = chars.get(place(start)..place(end)).unwrap_or_default().iter().collect();
        let slice = m.call("str_slice", &[m.str(&a), start as u64, end as u64]);
        prop_assert_eq!(m.call("str_eq", &[slice, m.str(&part)]), 1);
        let joined = m.call("str_concat", &[m.str(&a), m.str(&b)]);
        prop_assert_eq!(m.call("str_eq", &[joined, m.str(&(a.clone() + &b))]), 1);
        let order = m.call("str_compare", &[m.str(&a), m.str(&b)]) as i64;
        prop_assert_eq!(order, a.as_bytes().cmp(b.as_bytes()) as i64);
    }
}
