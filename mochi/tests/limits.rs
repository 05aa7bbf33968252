//! Programs that want more memory than there is, and data nested a million levels deep: a clean error with its place, or the
//! answer; never an abort.

#[path = "../../engine/tests/archive/mod.rs"]
mod archive;

use std::process::{Command, Output};

const MOCHI: &str = env!("CARGO_BIN_EXE_mochi");

/// The interpreter and machine code in memory are one process with one allocator, built programs another.
const ENGINES: [&str; 3] = ["bytecode", "template", "c"];

/// Runs a program with so many KiB of address space; 0 is as many as there are.
fn run(engine: &str, text: &str, room: u32) -> Output {
    if engine == "c" {
        archive::make().unwrap_or_else(|error| panic!("{error}"));
    }
    let limit = if room == 0 { String::from("unlimited") } else { room.to_string() };
    let script = format!("ulimit -v {limit}; exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script, MOCHI, "run", "--engine", engine, "-e", text])
        .output()
        .expect("there is a shell")
}

/// The program must stop for want of memory at this place of its text.
fn check_out_of_memory(text: &str, place: &str, room: u32) {
    for engine in ENGINES {
        check_stops(&run(engine, text, room), &format!("{engine}: {text}"), place);
    }
}

/// The run must have stopped for want of memory at this place.
fn check_stops(done: &Output, what: &str, place: &str) {
    let shown = format!("{what}\n{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(1), "{shown}");
    assert!(shown.contains("error[R010]: out of memory"), "{shown}");
    assert!(shown.contains(&format!(":{place}\n")), "`{place}` is not in it: {shown}");
}

/// The program must print this.
fn check(text: &str, expected: &str) {
    for engine in ["bytecode", "c"] {
        let done = run(engine, text, 0);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(String::from_utf8_lossy(&done.stdout), expected, "{engine}: {text}\n{error}");
        assert!(done.status.success(), "{engine}: {text}\n{error}");
    }
}

/// 700 MB.
const ROOM: u32 = 700_000;

#[test]
fn what_no_machine_has_is_refused_at_once() {
    check_out_of_memory("let s = repeat(\"ab\", 1000000000000)\nprint(len(s))", "1:9", 0);
    check_out_of_memory("let xs = range(1000000000000000000)\nprint(len(xs))", "1:10", 0);
    check_out_of_memory("print(padStart(\"a\", 9000000000000000000, \"xy\"))", "1:7", 0);
    let power = "let b: bigint = 3\nprint(pow(b, 1000000000000))";
    check_out_of_memory(&format!("// edition: 2025\n{power}"), "3:7", 0);
}

#[test]
fn strings_that_grow_stop_with_an_error() {
    check_out_of_memory("var s = \"abcdefgh\"\nwhile len(s) > 0 { s = s + s }", "2:24", ROOM);
    let parts = "let s = repeat(\"x\", 1000000)\nvar xs: list<string> = []\nfor i in 0..100000 { xs = append(xs, s) }\n";
    check_out_of_memory(&format!("{parts}print(len(join(xs, \",\")))"), "4:11", ROOM);
    check_out_of_memory(&format!("{parts}print(len(to_json(xs)))"), "4:11", ROOM);
    check_out_of_memory(&format!("{parts}print(xs)"), "4:1", ROOM);
}

#[test]
fn containers_that_grow_stop_with_an_error() {
    check_out_of_memory(
        "var xs: list<int> = []\nwhile len(xs) >= 0 { xs = append(xs, 1) }",
        "2:27",
        ROOM,
    );
    check_out_of_memory(
        "var m: map<int,int> = {}\nfor i in 0..1000000000 { m[i] = i }\nprint(len(m))",
        "2:26",
        ROOM,
    );
    let record = "type N { v: int, next: N? }\nvar n: N? = none\n";
    check_out_of_memory(
        &format!("{record}for i in 0..1000000000 {{ n = N{{v: i, next: n}} }}\nprint(n != none)"),
        "3:30",
        ROOM,
    );
    check_out_of_memory(
        "let xs = range(100000)\nlet r = from x in xs from y in xs select x + y\nprint(len(r))",
        "2:42",
        ROOM,
    );
}

#[test]
fn numbers_that_grow_stop_with_an_error() {
    check_out_of_memory("var b: bigint = 3\nwhile b > 0 { b = b * b }", "2:19", 600_000);
}

#[test]
fn a_million_levels_are_printed_compared_hashed_and_dropped() {
    let chain = "type N { v: int, next: N? }
fun chain(): N? {
  var n: N? = none
  for i in 0..1000000 { n = N{v: i, next: n} }
  return n
}
let a = chain()
let b = chain()
print(a == b, len(str(a)), len(to_json(a)))
let x: any = a
var m: map<any, int> = {}
m[x] = 1
print(len(m))";
    check(chain, "true 27888895 32888894\n1\n");
    let nested = "fun nested(): any {
  var n: any = 1
  for i in 0..500000 { n = {\"a\": [n]} }
  return n
}
print(nested() == nested(), len(str(nested())))";
    check(nested, "true 4500001\n");
    let closures = "var f = fun(x: int): int => x
for i in 0..1000000 { let g = f
 f = fun(x: int): int => g(x) + 1 }
print(f(1))
f = fun(x: int): int => 0
print(f(1))";
    check(closures, "1000001\n0\n");
    let rings = "type N { v: int, next: N? }
fun ring() {
  var first = N{v: 0, next: none}
  var n: N = first
  for i in 0..1000000 { n = N{v: i, next: n} }
  first.next = n
}
for i in 0..5 { ring() }
print(mem() < 200000000)";
    check(&format!("// edition: 2025\n{rings}"), "true\n");
}

#[test]
fn indented_json_has_a_limit_of_its_own() {
    let text = "var n: any = 1\nfor i in 0..1000000 { n = [n] }\njson(n)";
    for engine in ENGINES {
        let done = run(engine, text, 0);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{engine}: {error}");
        assert!(error.contains("JSON of more than 10000 levels cannot be indented"), "{error}");
    }
}

#[test]
fn a_file_that_is_too_large_to_keep_stops_with_an_error() {
    // 250 MB, and 160 MB that are wanted in one piece.
    const LITTLE: u32 = 250_000;
    const WANTED: usize = 160 << 20;
    let folder = tempfile::TempDir::new().expect("there is a temporary folder");
    let files = [
        ("text.json", vec![" "; WANTED].concat() + "[1]", "int"),
        ("text.yaml", vec!["- 1\n"; WANTED / 4].concat(), "int"),
        ("line.jsonl", format!("1\n\"{}\"", "x".repeat(WANTED)), "any"),
        ("cell.csv", format!("n\n1\n{}\n2\n", "x".repeat(WANTED)), "map<string, any>"),
    ];
    for (name, text, row) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder can be written to");
        let load = format!("load \"{}\" as {row}", path.display());
        for engine in ["bytecode", "template"] {
            for (text, place) in [
                (format!("let rows = {load}\nprint(len(rows))"), "1:12"),
                (format!("var n = 0\nfor row in {load} {{ n = n + 1 }}\nprint(n)"), "2:12"),
            ] {
                check_stops(&run(engine, &text, LITTLE), &format!("{engine}: {text}"), place);
            }
        }
        std::fs::remove_file(&path).expect("the file is there");
    }
}
