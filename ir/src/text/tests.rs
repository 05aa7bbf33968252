//! What is printed reads back to the same program; what is wrong is told with its place.

use super::*;
use crate::builder::FunctionBuilder;
use crate::op::{Condition, Op};
use crate::types::Type;

const FIB: &str = "\
main @main

function fib(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 2
  v2 = i64.cmp.lt v0, v1
  branch v2, b1(v0), b2
b1(v3: i64):
  return v3
b2:
  v4 = i64.const 1
  v5 = i64.sub v0, v4
  v6: i64 = call @fib(v5)
  v7 = i64.sub v0, v1
  v8: i64 = call @fib(v7)
  v9 = i64.add v6, v8
  return v9
}

function main() {
b0:
  v0 = i64.const 20
  v1: i64 = call @fib(v0)
  call.runtime print_int(v1)
  return
}
";

/// A program with something of everything that the text form knows.
const EVERYTHING: &str = r#"type0 = int
type1 = list type0
type2 = map type0, type1
type3 = record shape0
type4 = union 3
type5 = function sig0
type6 = option type5
sig0 = (type0, type1) -> type2
sig1 = () -> type0
shape0 = struct Point cyclic { x: f64 type0, "the y": any }
shape1 = variant inf union 3 { }
shape2 = captures "" { n: ref, b: bool, i: i64 }
s0 = "hello\n\"\\\t\u{1} ü"
g0 = count: i64
g1 = "a b": list.any
name0 = same
name1 = "a b"
inlined0 = name1 in name0 at 1..2
inlined1 = name0 in name1 at 3..4 inlined0
main f1

function same(own v0: closure, v1: str) -> any captures shape2 signature sig0 at 3..99 {
b0(v0: closure, v1: str):
  v2: str = capture.get v0, 0 at 1..2
  v3 = str.const s0 at 4..5 inlined1
  v4 = f64.const -0.0 at 0..0
  v5 = f64.const nan:0x7ff8000000000001 at 0..0
  v6 = f64.const -inf at 0..0
  v7 = f64.const inf at 0..0
  v8 = f64.cmp.ge v4, v5 at 0..0
  v9 = record.new shape0(v4, v5) at 0..0
  v10: any = field.get v9, 1 at 0..0
  global.set g1, v10 at 0..0
  v11 = i64.const -9223372036854775808 at 0..0
  v12: list.i64 = list.of v11, v11 at 0..0
  jump b1(v11) at 0..0
b1(v13: i64) loop depth 1:
  poll at 0..0
  switch v13, -1, b1(v13), b2, b3 at 0..0
b2 depth 1:
  trap ListIndex(v13, v11) at 7..8
b3:
  v14: any = none at 0..0
  v15 = closure.make f0() at 0..0
  v16: any = check.some v14 at 0..0
  tail.call.closure v15, v16 at 0..0
}

function same() at 0..0 {
b0:
  return at 0..0
}
"#;

#[test]
fn printed_text_reads_back_to_the_same_text() {
    for (text, spans) in [(FIB, false), (EVERYTHING, true)] {
        let program = read(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(print(&program, spans), text);
    }
}

#[test]
fn what_the_builder_makes_prints_as_expected() {
    let (mut b, params) = FunctionBuilder::new("fib", &[Type::I64], Some(Type::I64), Span::at(0));
    let n = params[0];
    let two = b.i64(2);
    let less = b.compare(Op::I64Cmp, Condition::Lt, n, two);
    let small = b.block();
    let large = b.block();
    let kept = b.param(small, Type::I64);
    b.branch(less, (small, &[n]), (large, &[]));
    b.go_to(small);
    b.ret(Some(kept));
    b.go_to(large);
    b.ret(Some(n));
    let mut program = Program::default();
    program.functions.push(b.finish());
    assert_eq!(
        print_function(&program, FunctionId(0), false),
        "function fib(v0: i64) -> i64 {\n\
         b0(v0: i64):\n  v1 = i64.const 2\n  v2 = i64.cmp.lt v0, v1\n  branch v2, b1(v0), b2\n\
         b1(v3: i64):\n  return v3\n\
         b2:\n  return v0\n}\n"
    );
    assert_eq!(print_inst(&program, &program.functions[0], InstId(2)), "branch v2, b1(v0), b2");
}

#[test]
fn a_dump_shows_what_a_constant_string_says() {
    let program = read("s0 = \"hi\"\nmain @f\nfunction f() {\nb0:\nv0 = str.const s0\nreturn\n}\n")
        .expect("the text is right");
    let text = print(&program, false);
    assert!(text.contains("v0 = str.const s0 ; \"hi\"\n"), "{text}");
    assert!(read(&text).is_ok());
}

#[test]
fn wrong_text_is_told_with_its_place() {
    let cases = [
        ("function f( {\n", "1:13: expected a word, found `{`"),
        (
            "what\n",
            "1:1: `what` is no declaration: function, main, type0, sig0, shape0, s0, g0, name0, inlined0",
        ),
        ("main @nobody\n", "1:6: there is no function `nobody`"),
        ("s1 = \"\"\n", "1:1: string 1 stands in place 0: they stand in order"),
        ("s0 = \"abc\n", "1:6: the text in quotes does not end"),
        ("s0 = \"\\q\"\n", "1:6: an escape is one of \\n \\t \\\" \\\\ \\u{…}"),
        ("s0 = \"\\u{d800}\"\n", "1:6: \\u{d800} is no character"),
        ("type0 = thing\n", "1:9: `thing` is no kind of type"),
        ("sig0 = type0\n", "1:8: expected `(`, found `type0`"),
        ("shape0 = thing X { }\n", "1:10: `thing` is no kind of shape"),
        ("shape0 = struct X { a: i32 }\n", "1:24: `i32` is no representation"),
        ("g0 = x: int\n", "1:9: `int` is no type"),
        ("g0 = x: i64 i64\n", "1:13: expected the end of the line, found `i64`"),
        ("function f() {\n  return\n}\n", "2:3: an instruction stands outside of a block"),
        ("function f() {\nb1:\n}\n", "2:1: block 1 stands in place 0: they stand in order"),
        ("function f() {\nb0:\n  jum b0\n}\n", "3:3: there is no op `jum`"),
        (
            "function f() {\nb0:\n  v0 = i64.cmp.less v0, v0\n}\n",
            "3:8: there is no op `i64.cmp.less`",
        ),
        ("function f() {\nb0:\n  v0 = i64.cmp v0, v0\n}\n", "3:8: there is no op `i64.cmp`"),
        ("function f() {\nb0:\n  v0 = i64.const\n}\n", "3:3: `i64.const` lacks its immediate"),
        (
            "function f() {\nb0:\n  v0 = i64.const 99999999999999999999\n}\n",
            "3:18: `99999999999999999999` is no number",
        ),
        ("function f() {\nb0:\n  i64.const 1\n}\n", "3:3: `i64.const` has a result"),
        (
            "function f() {\nb0:\n  v0 = none\n}\n",
            "3:3: the result of `none` has its type written: `v0: type`",
        ),
        (
            "function f() {\nb0:\n  v4000000000 = i64.const 1\n}\n",
            "3:3: v4000000000 is too large a number for a value",
        ),
        ("function f() {\nb0:\n  call.runtime prnt()\n}\n", "3:16: `prnt` is not known"),
        ("function f() {\nb0:\n  trap Wrong()\n}\n", "3:8: `Wrong` is not known"),
        ("function f() {\nb0:\n  jump b0 %\n}\n", "3:11: '%' begins no token"),
        ("function f() {\nb0:\n  v0 = i64.neg x\n}\n", "3:16: `x` is no operand of this op"),
        (
            "function f() {\nb0:\n  v0 = i64.neg v1,\n}\n",
            "3:19: expected an operand, found the end of the line",
        ),
        ("function f() {\nb0 depth 70000:\n}\n", "2:10: a loop depth of 70000 is too large"),
        ("function f() {\nb0:\n", "3:1: expected a word, found the end of the text"),
        (
            "main @f\nfunction f() {\nb0:\nreturn\n}\nfunction f() {\nb0:\nreturn\n}\n",
            "1:6: 2 functions are called `f`: write f0 for the first one",
        ),
        ("function f() {\nb0:\n  v0 = f64.const nan:0x1\n}\n", "3:18: 0x1 is no NaN"),
    ];
    for (text, message) in cases {
        match read(text) {
            Ok(_) => panic!("accepted: {text}"),
            Err(error) => assert_eq!(error.to_string(), message, "for:\n{text}"),
        }
    }
}
