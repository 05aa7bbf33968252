//! Ctrl-C, as a user presses it: a process of its own gets a signal while it loops, calls or waits, in the interpreter, in machine
//! code, and where frames of both lie on one another.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const MOCHI: &str = env!("CARGO_BIN_EXE_mochi");

/// Runs a program that prints `ready`, reads a line and never ends, and sends the signal after the line, which stays in the pipe
/// until it is read: so the signal comes while the program waits, or later. Gives what it printed behind `ready`, and its report.
fn interrupted(engine: &str, path: &Path) -> (String, String) {
    let mut child = Command::new(MOCHI)
        .args(["run", "--engine", engine])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let mut ready = [0; 6];
    let stdout = child.stdout.as_mut().expect("standard output is piped");
    stdout.read_exact(&mut ready).expect("it waits for input when it is ready");
    stdin.write_all(b"line\n").expect("it reads its input");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is a kill").success());
    let done = child.wait_with_output().expect("the binary ends");
    drop(stdin);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(130), "{engine}\nstdout:\n{out}stderr:\n{err}");
    assert!(err.starts_with("error[R016]: interrupted\n"), "{engine}: {err}");
    (out, err)
}

/// A file with this program.
fn program(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("program.mochi");
    std::fs::write(&path, text).expect("the folder can be written to");
    (folder, path)
}

const LOOPS: &str = "while true { n = n + 1 if n > 9 { n = 0 } }";
const CALLS: &str =
    "fun f(n: int): int { return if n < 2 then n else f(n - 1) + f(n - 2) } print(f(80))";

#[test]
fn what_it_printed_is_written_out() {
    let inlined =
        "fun step(n: int): int { return if n > 9 then 0 else n + 1 } while true { n = step(n) }";
    let sorted = "while true { n = len(from x in [3, 1, 2] sort by x select x) }";
    let text = "eval(\"var n = 0 while true { n = n + 1 if n > 9 { n = 0 } }\")";
    for (engine, rest) in [
        ("bytecode", LOOPS),
        ("bytecode", CALLS),
        ("bytecode", "print(input())"),
        ("eval", LOOPS),
        ("template", LOOPS),
        ("template", CALLS),
        ("template", inlined),
        ("template", sorted),
        ("template", text),
        ("template", "print(input())"),
        ("stencil", LOOPS),
        ("stencil", CALLS),
    ] {
        let (_folder, path) = program(&format!(
            "var n = 0\nprint(\"ready\")\nprint(input())\nprint(\"printed\")\n{rest}\n"
        ));
        let (out, err) = interrupted(engine, &path);
        assert!(matches!(&*out, "" | "line\nprinted\n"), "{engine}: {rest}\n{out}{err}");
    }
}

/// `wide` has more values at a time than a frame of machine code may have, so the interpreter runs it; it is called by machine code
/// and calls `deep`, which is machine code again.
fn both_tiers(deep: &str) -> String {
    let mut text = String::from("fun wide(n: int): int {\n  var sum = deep(n)\n");
    let mut line = |line: String| {
        writeln!(text, "  {line}").expect("writing to a string does not fail");
    };
    for i in 0..9000 {
        line(format!("let v{i} = n * {i}"));
    }
    for i in 0..9000 {
        line(format!("sum = sum + v{i}"));
    }
    text + &format!(
        "  return sum\n}}\nfun deep(n: int): int {{\n  print(\"ready\")\n  print(input())\n  {deep}\n}}\nprint(wide(7))\n"
    )
}

#[test]
fn the_report_names_the_calls_of_all_tiers() {
    let sum = "var sum = 0\n  while true { sum = fib(15) }\n  return sum";
    let fib = "fun fib(n: int): int { return if n < 2 then n else fib(n - 1) + fib(n - 2) }\n";
    for engine in ["template", "stencil"] {
        let text = format!("{fib}{}", both_tiers(sum));
        let (_folder, path) = program(&text);
        let code = Command::new(MOCHI)
            .args(["disasm", "--engine", engine])
            .arg(&path)
            .arg("wide")
            .output()
            .expect("the binary runs");
        let code = String::from_utf8_lossy(&code.stdout).into_owned();
        assert!(
            code.contains("<interpret>"),
            "{engine}: it is not left to the interpreter: {code}"
        );
        let (_, err) = interrupted(engine, &path);
        let calls = err.split_once("call stack, innermost first:\n").map_or("", |(_, calls)| calls);
        let names: Vec<&str> = calls
            .lines()
            .filter_map(|line| line.trim().split_once(" (").map(|(name, _)| name))
            .collect();
        let outer = &names[names.len().saturating_sub(3)..];
        assert_eq!(outer, ["deep", "wide", "<main>"], "{engine}: {err}");
        let inner = &names[..names.len() - 3];
        assert!(inner.iter().all(|name| *name == "fib"), "{engine}: {err}");
    }
}
