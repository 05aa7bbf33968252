//! `mochi test` as its user meets it: which blocks run, what is shown of them, exit codes, formats for machines.

#[path = "../../engine/tests/archive/mod.rs"]
mod archive;

use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with these files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("there is a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        let parent = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(parent).expect("the folder can be written to");
        std::fs::write(path, text).expect("the folder can be written to");
    }
    folder
}

fn mochi(folder: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mochi"))
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .args(args)
        .output()
        .expect("the binary runs")
}

/// Exit code and standard output, without the times.
fn tested(folder: &TempDir, args: &[&str]) -> (i32, String) {
    let done = mochi(folder, &[&["test"], args].concat());
    let out = String::from_utf8(done.stdout).expect("the output is UTF-8");
    let mut plain = String::new();
    for line in out.lines() {
        let line = match (line.rfind(" ("), line.rfind(" in ")) {
            (Some(at), _) if line.ends_with(" ms)") => &line[..at],
            (_, Some(at)) if line.ends_with(" s") => &line[..at],
            _ => line,
        };
        plain.push_str(line);
        plain.push('\n');
    }
    (done.status.code().expect("it ends by itself"), plain)
}

const MIXED: &str = "\
var count = 0
fun raise() { count = count + 1 }
test \"first\" { raise() expect count == 1 }
test \"second\" { raise() expect count == 1 }
test \"wrong\" {
  print(\"printed\")
  expect count + 1 == 5
}
test \"stops\" { let xs = [1] print(xs[count + 7]) }
bench \"left out\" { panic(\"benches do not run\") }
test \"last\" { expect true }
";

#[test]
fn each_block_runs_by_itself() {
    let folder = folder(&[("a.mochi", MIXED)]);
    let (code, out) = tested(&folder, &["a.mochi"]);
    assert_eq!(code, 1, "{out}");
    for line in ["  ok    first\n", "  ok    second\n", "  ok    last\n", "3 passed, 2 failed\n"] {
        assert!(out.contains(line), "{line} is not in:\n{out}");
    }
    let failed = concat!(
        "  FAIL  wrong\n",
        "it printed:\n",
        "printed\n",
        "error[R008]: expectation failed: 1 == 5\n",
        " --> a.mochi:7:10\n",
    );
    assert!(out.contains(failed), "{out}");
    assert!(out.contains("error[R003]: list index out of range: 7 (len 1)"), "{out}");
}

#[test]
fn names_choose_blocks_and_failures_can_end_it() {
    let folder = folder(&[("a.mochi", MIXED)]);
    let (code, out) = tested(&folder, &["--filter", "^(first|last)$"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "./a.mochi\n  ok    first\n  ok    last\n2 passed, 0 failed\n")
    );
    let (code, out) = tested(&folder, &["--fail-fast", "-j", "1"]);
    assert_eq!(code, 1);
    assert!(out.ends_with("2 passed, 1 failed\n"), "{out}");
    let (code, out) = tested(&folder, &["--list", "a.mochi"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("a.mochi:3: first\na.mochi:4: second\na.mochi:5: wrong\n"), "{out}");
    let (code, out) = tested(&folder, &["-q", "--filter", "first"]);
    assert_eq!((code, out.as_str()), (0, "1 passed, 0 failed\n"));
}

#[test]
fn a_seed_gives_an_order_again() {
    let folder = folder(&[("a.mochi", MIXED)]);
    let once = tested(&folder, &["--shuffle=5"]);
    assert_eq!(once, tested(&folder, &["--shuffle=5"]));
    let orders: Vec<_> =
        (0..5).map(|seed| tested(&folder, &[&format!("--shuffle={seed}")]).1).collect();
    assert!(orders.iter().any(|order| *order != orders[0]), "all seeds give one order");
}

#[test]
fn folders_are_searched_and_packages_test_themselves() {
    let folder = folder(&[
        ("main.mochi", "import \"./lib/f\" as lib\ntest \"of main\" { expect lib.f() == 1 }\n"),
        ("lib/f.mochi", "export fun f(): int { return 1 }\ntest \"of f\" { expect f() == 1 }\n"),
        ("lib/plain.mochi", "print(1)\n"),
    ]);
    let expected =
        "./lib/f.mochi\n  ok    of f\n./main.mochi\n  ok    of main\n2 passed, 0 failed\n";
    assert_eq!(tested(&folder, &[]), (0, expected.to_owned()));
    assert_eq!(tested(&folder, &["./..."]), (0, expected.to_owned()));
    let (code, out) = tested(&folder, &["-C", "lib"]);
    assert_eq!((code, out.as_str()), (0, "./f.mochi\n  ok    of f\n1 passed, 0 failed\n"));
}

#[test]
fn nothing_to_do_is_no_success() {
    let folder = folder(&[("a.mochi", MIXED), ("plain.mochi", "print(1)\n")]);
    for args in [
        &["plain.mochi"][..],
        &["--filter", "no such name"],
        &["--filter", "("],
        &["--list", "plain.mochi"],
        &["nowhere.mochi"],
        &["-j", "0"],
        &["--engine", "none"],
    ] {
        let done = mochi(&folder, &[&["test"], args].concat());
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        assert!(!done.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_wrong_file_fails_and_the_others_run() {
    let folder = folder(&[
        ("bad.mochi", "test \"x\" { let a: int = \"text\" }\n"),
        ("good.mochi", "test \"y\" { expect true }\n"),
    ]);
    let (code, out) = tested(&folder, &[]);
    assert_eq!(code, 1);
    assert!(out.contains("error[T008]") && out.contains("  ok    y\n"), "{out}");
    assert!(out.ends_with("1 passed, 1 failed\n"), "{out}");
}

#[test]
fn exit_codes_of_tests_count() {
    let folder = folder(&[("a.mochi", "test \"zero\" { exit(0) }\ntest \"three\" { exit(3) }\n")]);
    let (code, out) = tested(&folder, &[]);
    assert_eq!(code, 1);
    assert!(out.contains("  ok    zero\n"), "{out}");
    assert!(out.contains("the test ended the program with exit code 3\n"), "{out}");
}

#[test]
fn machines_get_their_formats() {
    let folder = folder(&[("a.mochi", MIXED)]);
    let done = mochi(&folder, &["test", "--json", "a.mochi"]);
    let out = String::from_utf8(done.stdout).expect("the output is UTF-8");
    let lines: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[2]["name"], "wrong");
    assert_eq!(lines[2]["outcome"], "failed");
    assert_eq!(lines[2]["output"], "printed\n");
    assert_eq!(lines[5]["failed"], 2);
    let done = mochi(&folder, &["test", "--format", "junit", "a.mochi"]);
    let out = String::from_utf8(done.stdout).expect("the output is UTF-8");
    assert!(out.starts_with("<?xml"), "{out}");
    assert_eq!(out.matches("<testcase ").count(), 5, "{out}");
    assert_eq!(out.matches("<failure ").count(), 2, "{out}");
}

const SPOILING: &str = "\
stream Tick { n: int }
var n = 0
var heard = 0
var words = [\"a\"]
on Tick as t { heard = heard + 1 }
fact known(\"a\")
agent Counter {
  var seen: int = 0
  on Tick as t { seen = seen + 1 }
  intent total(): int { return seen }
}
let counter = Counter { }
test \"spoils\" {
  n = 9
  words[0] = \"spoilt\"
  on Tick as t { heard = heard + 100 }
  emit Tick { n: 1 }
  fact known(\"b\")
  for row in load \"rows.jsonl\" as int { expect row == 2 }
}
test \"stops in a handler\" {
  on Tick as t { expect t.n == 0 }
  emit Tick { n: 1 }
}
test \"sees nothing of it\" {
  emit Tick { n: 1 }
  expect n == 0
  expect words == [\"a\"]
  expect heard == 1
  expect counter.total() == 1
  expect len(query known(x)) == 1
}
";

#[test]
fn what_a_failed_block_leaves_is_seen_by_no_other() {
    let folder = folder(&[("a.mochi", SPOILING), ("rows.jsonl", "1\n2\n")]);
    for engine in ["bytecode", "template", "c"] {
        if engine == "c" {
            archive::make().unwrap_or_else(|error| panic!("{error}"));
        }
        let (code, out) = tested(&folder, &["-j", "1", "--engine", engine, "a.mochi"]);
        assert_eq!(code, 1, "{out}");
        assert!(out.contains("error[R008]: expectation failed: 1 == 2\n"), "{out}");
        assert!(out.contains("error[R008]: expectation failed: 1 == 0\n"), "{out}");
        assert!(out.contains("  ok    sees nothing of it"), "{out}");
        assert!(out.contains("1 passed, 2 failed"), "{out}");
    }
}

#[test]
fn files_of_failed_blocks_are_closed() {
    let block =
        |i| format!("test \"t{i}\" {{ for x in load \"f.jsonl\" as int {{ expect x == 2 }} }}\n");
    let blocks: String = (0..200).map(block).collect();
    let folder = folder(&[("a.mochi", &blocks), ("f.jsonl", "1\n2\n")]);
    let script = "ulimit -n 64; exec \"$0\" test -j 1 a.mochi";
    let done = Command::new("sh")
        .current_dir(folder.path())
        .args(["-c", script, env!("CARGO_BIN_EXE_mochi")])
        .output()
        .expect("there is a shell");
    let out = String::from_utf8_lossy(&done.stdout);
    assert_eq!(out.matches("error[R008]: expectation failed: 1 == 2\n").count(), 200, "{out}");
}
