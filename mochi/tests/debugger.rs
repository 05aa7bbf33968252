//! gdb and machine code in memory: breakpoints at lines of Mochi, and call stacks with functions, files and lines. Tests that need
//! gdb are left out, and counted, where it cannot run programs.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::{Command, ExitCode};

const MOCHI: &str = env!("CARGO_BIN_EXE_mochi");

/// The main file. Functions that call themselves stay functions.
const MAIN: &str = "\
import \"./helper\" as helper

fun sum(n: int): int {
  if n == 0 {
    return helper.base(n)
  }
  let rest = sum(n - 1)
  return rest + n
}

print(sum(2))
";

/// An imported file.
const HELPER: &str = "\
package helper

export fun base(n: int): int {
  if n > 0 { return base(n - 1) }
  print(\"base\")
  return n / (n - n)
}
";

/// A function that returns from its first test without a frame of its own.
const EARLY: &str = "\
fun depth(n: int): int {
  if n < 1 {
    return 7
  }
  return depth(n - 1) + 1
}
print(depth(2))
";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_there = gdb_runs_programs() && cfg!(all(target_arch = "x86_64", target_os = "linux"));
    let mut trials = Vec::new();
    for engine in ["template", "stencil"] {
        for (name, test) in TESTS {
            let test = move || test(engine);
            let trial = Trial::test(format!("{engine} {name}"), test);
            trials.push(trial.with_ignored_flag(!is_there));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Test = fn(&str) -> Result<(), Failed>;

const TESTS: [(&str, Test); 4] = [
    ("breakpoints_at_lines_of_several_files", breakpoints),
    ("breakpoint_before_there_is_a_frame", early),
    ("lines_are_stepped_through", next),
    ("a_trap_shows_who_called", trap),
];

/// Whether gdb is there and may run programs.
fn gdb_runs_programs() -> bool {
    let tried = Command::new("gdb")
        .args(["-nx", "-batch", "-ex", "run", "--args", MOCHI, "--version"])
        .output();
    tried.is_ok_and(|done| String::from_utf8_lossy(&done.stdout).contains("exited normally"))
}

/// What gdb says to commands about the program.
fn gdb(engine: &str, commands: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the folder can be written to");
    };
    write("main.mochi", MAIN);
    write("helper.mochi", HELPER);
    session(engine, commands, folder.path())
}

fn session(engine: &str, commands: &[&str], folder: &Path) -> String {
    let mut gdb = Command::new("gdb");
    gdb.current_dir(folder).env("NO_COLOR", "1").args(["-nx", "-batch"]);
    let settings = ["breakpoint pending on", "pagination off", "debuginfod enabled off", "width 0"];
    for setting in settings {
        gdb.args(["-ex", &format!("set {setting}")]);
    }
    for command in commands {
        gdb.args(["-ex", command]);
    }
    gdb.args(["--args", MOCHI, "run", "--debugger", "--engine", engine, "main.mochi"]);
    let done = gdb.output().expect("gdb starts");
    let said = String::from_utf8_lossy(&done.stdout);
    format!("{said}{}", String::from_utf8_lossy(&done.stderr))
}

/// Each text stands behind the one before it.
fn says_in_order(said: &str, texts: &[&str]) -> Result<(), Failed> {
    let mut rest = said;
    for text in texts {
        match rest.find(text) {
            Some(at) => rest = &rest[at + text.len()..],
            None => return Err(format!("`{text}` is not there, or not in order:\n{said}").into()),
        }
    }
    Ok(())
}

fn breakpoints(engine: &str) -> Result<(), Failed> {
    let commands = ["break main.mochi:8", "break helper.mochi:5", "run", "bt", "continue", "bt"];
    let said = gdb(engine, &commands);
    says_in_order(
        &said,
        &[
            "Breakpoint 2, ",
            "base () at helper.mochi:5",
            "print(\"base\")",
            "#0  ",
            "base () at helper.mochi:5",
            "in sum () at main.mochi:5",
            "in sum () at main.mochi:7",
            "in sum () at main.mochi:7",
            "in <main> () at main.mochi:11",
            "in <door> ()",
            // What called the door is Rust's, and whether it has a name is the build's choice.
            "\n#8 ",
        ],
    )
}

fn early(engine: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("main.mochi"), EARLY)?;
    let said = session(engine, &["break main.mochi:3", "run", "bt 4"], folder.path());
    says_in_order(
        &said,
        &[
            "depth () at main.mochi:3",
            "return 7",
            "#0  depth () at main.mochi:3",
            "in depth () at main.mochi:5",
            "in depth () at main.mochi:5",
            "in <main> () at main.mochi:7",
        ],
    )
}

fn next(engine: &str) -> Result<(), Failed> {
    let commands = ["break helper.mochi:5", "run", "next", "bt 1", "up", "info source"];
    let said = gdb(engine, &commands);
    says_in_order(
        &said,
        &[
            "base () at helper.mochi:5",
            "return n / (n - n)",
            "#0  base () at helper.mochi:6",
            "in sum () at main.mochi:5",
            "return helper.base(n)",
            "Current source file is main.mochi",
            "/main.mochi",
        ],
    )
}

fn trap(engine: &str) -> Result<(), Failed> {
    let said = gdb(engine, &["break mochi_raise", "run", "bt"]);
    says_in_order(
        &said,
        &[
            "#0  ",
            "in <fail> ()",
            "base () at helper.mochi:6",
            "in sum () at main.mochi:5",
            "in <main> () at main.mochi:11",
            "in <door> ()",
        ],
    )
}
