//! Programs in the IR on the evaluator and on every emitter: the calls in the files below `tests/ir/run`, and random programs.
//!
//! The evaluator is held to what the files say, the interpreter and native code to the evaluator: output, trap with words and call stack, and what is
//! left on the heap.

use mochi_base::Sources;
use mochi_engine::evaluate::evaluate;
use mochi_engine::native::{self, Interpreted, Maker, Options as Native};
use mochi_engine::run::{Ended, interpret};
use mochi_engine::timing::Timings;
use mochi_ir::filetest::{self, Case, EXPECTED_OUTPUT};
use mochi_ir::program::Program;
use mochi_ir::random::{self, Options};
use mochi_ir::text::print;
use mochi_ir::verify::verify_counts;
use mochi_runtime::Runtime;
use std::path::Path;

/// How many random programs run; a seed is its number.
const PROGRAMS: u64 = 1500;

fn source() -> Sources {
    Sources::one("test.mir", "")
}

/// What a program did.
#[derive(Debug, PartialEq)]
struct Outcome {
    output: String,
    /// As text, with the calls that it left.
    stop: Option<String>,
    /// How many objects are left of a program that came to its end.
    left: usize,
}

fn outcome((ended, (output, left)): (Ended, (Vec<u8>, usize))) -> Outcome {
    let output = String::from_utf8_lossy(&output).into_owned();
    match ended {
        Ended::Exit(_) => Outcome { output, stop: None, left },
        Ended::Stopped(stop) => {
            let place =
                |frame: &mochi_base::stop::Frame| format!("{}:{:?}", frame.function, frame.span);
            let frames: Vec<String> = stop.frames.iter().map(place).collect();
            let stop = format!("{}: {} {frames:?} {}", stop.code, stop.message, stop.skipped);
            Outcome { output, stop: Some(stop), left: 0 }
        }
    }
}

fn collect(runtime: &mut Runtime) -> (Vec<u8>, usize) {
    runtime.release_globals();
    (runtime.take_output(), runtime.live_objects())
}

fn evaluated(program: &Program) -> Outcome {
    outcome(evaluate(&source(), program, Runtime::capture_output, collect))
}

fn interpreted(program: &Program) -> Outcome {
    let mut timings = Timings::default();
    match interpret(&source(), program, &mut timings, Runtime::capture_output, collect) {
        Ok(ended) => outcome(ended),
        Err(error) => panic!("the interpreter declines nothing: {error}"),
    }
}

/// How the baseline compilers run: as users have them, with few registers, with registers overwritten by calls,
/// and with every second function in the interpreter.
const MODES: [Native; 6] = [
    USUAL,
    Native { poison: true, ..USUAL },
    Native { registers: Some(3), poison: true, ..USUAL },
    Native { registers: Some(0), ..USUAL },
    Native { interpreted: Interpreted::Even, poison: true, ..USUAL },
    Native { interpreted: Interpreted::Odd, ..USUAL },
];

const USUAL: Native =
    Native { registers: None, poison: false, lines: false, interpreted: Interpreted::Declined };

/// What a program does as machine code; `None` where none can be executed.
fn compiled(program: &Program, maker: Maker, options: Native) -> Option<Outcome> {
    mochi_engine::call::way()?;
    let mut timings = Timings::default();
    let prepare = Runtime::capture_output;
    match native::run(&source(), program, maker, options, &mut timings, prepare, collect) {
        Ok(ended) => Some(outcome(ended)),
        Err(error) => panic!("{} declines nothing: {error}", maker.name()),
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/run");
    filetest::below(&folder).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn calls_in_files_give_what_the_files_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        if let Err(error) = verify_counts(&case.program) {
            wrong.push(format!("{}: {error}", case.place));
            continue;
        }
        let by_evaluator = evaluated(&case.program);
        if let Err(message) = judge(&case, &by_evaluator) {
            wrong.push(format!("{}: evaluator: {message}", case.place));
        }
        let by_interpreter = interpreted(&case.program);
        if by_interpreter != by_evaluator {
            wrong.push(format!("{}: {by_evaluator:?}\n  bytecode: {by_interpreter:?}", case.place));
        }
        for (maker, mode) in Maker::HERE.iter().flat_map(|&maker| MODES.map(|mode| (maker, mode))) {
            if let Some(found) = compiled(&case.program, maker, mode)
                && found != by_evaluator
            {
                let place = &case.place;
                wrong.push(format!("{place}: {by_evaluator:?}\n  {maker:?}, {mode:?}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge(case: &Case, outcome: &Outcome) -> Result<(), String> {
    match (&case.trap, &outcome.stop) {
        (None, None) if outcome.output != EXPECTED_OUTPUT => Err(format!("{:?}", outcome.output)),
        (None, None) if outcome.left != 0 => Err(format!("{} objects are left over", outcome.left)),
        (None, None) => Ok(()),
        (Some(trap), Some(stop)) => {
            let [a, b] = trap.words.unwrap_or_default();
            let message =
                trap.kind.message().replace("{a}", &a.to_string()).replace("{b}", &b.to_string());
            let is_right = if trap.words.is_some() {
                stop.contains(&message)
            } else {
                // What a text in it says is not in the file.
                stop.starts_with(trap.kind.diagnostic_code())
                    && message.split("{text}").all(|part| stop.contains(part))
            };
            if is_right { Ok(()) } else { Err(stop.clone()) }
        }
        (None, Some(stop)) => Err(stop.clone()),
        (Some(_), None) => Err(format!("it does not stop, and prints {:?}", outcome.output)),
    }
}

#[test]
fn random_programs_do_the_same_everywhere() {
    for seed in 0..PROGRAMS {
        let options = Options {
            // Small functions are inlined.
            statements: if seed % 4 == 1 { 1 + seed as usize % 7 } else { 10 + seed as usize % 60 },
            fold: seed % 3 != 0,
            ..Options::default()
        };
        let program = random::program(seed, options);
        let expected = evaluated(&program);
        let found = interpreted(&program);
        assert!(
            found == expected,
            "seed {seed}: {expected:#?}\nbytecode: {found:#?}\n{}",
            print(&program, true)
        );
        let mode = MODES[seed as usize % MODES.len()];
        for &maker in Maker::HERE {
            if let Some(found) = compiled(&program, maker, mode) {
                assert!(
                    found == expected,
                    "seed {seed}: {expected:#?}\n{maker:?}, {mode:?}: {found:#?}\n{}",
                    print(&program, true)
                );
            }
        }
        let mut optimised = program.clone();
        mochi_opt::optimise(&mut optimised);
        let found = interpreted(&optimised);
        assert!(
            found.output == expected.output && found.stop.is_some() == expected.stop.is_some(),
            "seed {seed}: {expected:#?}\nbytecode, optimised: {found:#?}\n{}\n{}",
            print(&program, true),
            print(&optimised, true)
        );
        for &maker in Maker::HERE {
            if let Some(native) = compiled(&optimised, maker, mode) {
                assert!(
                    native == found,
                    "seed {seed}: {found:#?}\n{maker:?}, {mode:?}: {native:#?}\n{}",
                    print(&optimised, true)
                );
            }
        }
    }
}
