//! A program is compiled, run and forgotten again and again: neither memory nor code memory grows. `MOCHI_ROUNDS` says how often.

use libtest_mimic::{Arguments, Failed, Trial};
use mochi_base::Sources;
use mochi_emit::code_memory;
use mochi_engine::native::{self, Interpreted, Maker, Options, Pace, Settings};
use mochi_engine::timing::Timings;
use mochi_engine::{Program, Runtime};
use std::process::ExitCode;

/// How often in the usual tests.
const ROUNDS: usize = 300;

/// What a process may grow by for reasons of its allocator, whatever the number of rounds: 4 MiB.
const SLACK: usize = 4 << 20;

/// What is interpreted, and when the rest is compiled.
const WAYS: [(Interpreted, Pace); 3] = [
    (Interpreted::Declined, Pace::AtOnce),
    (Interpreted::Odd, Pace::AtOnce),
    (Interpreted::Declined, Pace::OneByOne),
];

/// Objects, constant strings, calls between functions.
const PROGRAM: &str = "\
s0 = \"a constant\"
s1 = \" and another\"
main @main
function main() {
b0:
  v0 = i64.const 20
  v1: i64 = call @twice(v0)
  call.runtime print_int(v1)
  v2 = str.const s0
  v3 = str.const s1
  dup v2
  v4: str = call.runtime str_concat(v2, v3)
  call.runtime print_str(v4)
  drop v4
  return
}
function twice(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.add v0, v0
  return v1
}
";

fn program() -> Program {
    mochi_ir::text::read(PROGRAM).unwrap_or_else(|error| panic!("{error}"))
}

/// Bytes of the process in memory, and how many mappings it has.
fn footprint() -> (usize, usize) {
    let read = |path| std::fs::read_to_string(path).expect("Linux tells this");
    let statm = read("/proc/self/statm");
    let pages = statm.split(' ').nth(1).expect("the second number is that of resident pages");
    let pages: usize = pages.parse().expect("it is a number");
    (pages * 4096, read("/proc/self/maps").lines().count())
}

fn round(program: &Program, maker: Maker, interpreted: Interpreted, pace: Pace) {
    let sources = Sources::one("rounds.mir", "");
    let options = Options { interpreted, ..Options::default() };
    let settings = Settings { options, pace, ..Settings::default() };
    let (prepare, after) = (Runtime::capture_output, Runtime::take_output);
    let mut timings = Timings::default();
    let done = native::run(&sources, program, maker, settings, &mut timings, prepare, after);
    let (_, output) = done.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(String::from_utf8_lossy(&output), "40a constant and another");
    assert_eq!(code_memory::used(), 0, "what is forgotten gives its memory back");
}

/// One test, because all code of a process is counted together. Where no code can be executed it is ignored, which the runner
/// counts.
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = Trial::test("what_is_forgotten_leaves_nothing", what_is_forgotten_leaves_nothing);
    let trials = vec![trial.with_ignored_flag(mochi_engine::call::way().is_none())];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn what_is_forgotten_leaves_nothing() -> Result<(), Failed> {
    let rounds = match std::env::var("MOCHI_ROUNDS") {
        Ok(text) => text.parse().map_err(|error| format!("MOCHI_ROUNDS: {error}"))?,
        Err(_) => ROUNDS,
    };
    let program = program();
    for &maker in Maker::ALL {
        for (interpreted, pace) in WAYS {
            for _ in 0..rounds / 10 + 20 {
                round(&program, maker, interpreted, pace);
            }
            let (before, mappings) = footprint();
            for _ in 0..rounds {
                round(&program, maker, interpreted, pace);
            }
            let (after, mappings_after) = footprint();
            let name = maker.name();
            assert!(after <= before + SLACK, "{name}: {before} bytes became {after}");
            assert!(
                mappings_after <= mappings + 16,
                "{name}: {mappings} mappings became {mappings_after}"
            );
        }
    }
    Ok(())
}
