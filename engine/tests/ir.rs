//! Programs in the IR on the evaluator and on every emitter: the calls in the files below `tests/ir/run`, and random programs.
//!
//! The evaluator is held to what the files say, the interpreter and native code to the evaluator: output, trap with words and call stack, and what is
//! left on the heap. Where no code can be executed the tests of machine code are ignored, which the runner counts.
//!
//! Random programs run for a second; `MOCHI_RANDOM_SECONDS` says for how long, and `MOCHI_RANDOM_SEED` where it begins.

use libtest_mimic::{Arguments, Failed, Trial};
use mochi_base::Sources;
use mochi_engine::evaluate::evaluate;
use mochi_engine::native::{self, Interpreted, Maker, Options as Native, Pace, Settings};
use mochi_engine::run::{Ended, interpret};
use mochi_engine::timing::Timings;
use mochi_ir::filetest::{self, Case, EXPECTED_OUTPUT};
use mochi_ir::program::Program;
use mochi_ir::random::{self, Options};
use mochi_ir::text::print;
use mochi_ir::verify::verify_counts;
use mochi_runtime::Runtime;
use mochi_runtime::stack::on_big_stack;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Random programs come in this many kinds, by the rest of their seed.
const KINDS: u64 = 12;

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
/// with every second function in the interpreter, and with each function compiled when it is called.
const MODES: [Settings; 8] = [
    whole(USUAL),
    whole(Native { poison: true, ..USUAL }),
    whole(Native { registers: Some(3), poison: true, ..USUAL }),
    whole(Native { registers: Some(0), ..USUAL }),
    whole(Native { interpreted: Interpreted::Even, poison: true, ..USUAL }),
    whole(Native { interpreted: Interpreted::Odd, ..USUAL }),
    Settings { pace: Pace::OneByOne, ..whole(Native { poison: true, ..USUAL }) },
    Settings {
        pace: Pace::OneByOne,
        ..whole(Native { registers: Some(3), interpreted: Interpreted::Odd, ..USUAL })
    },
];

const USUAL: Native = Native {
    registers: None,
    poison: false,
    lines: false,
    interpreted: Interpreted::Declined,
    outer: false,
};

const fn whole(options: Native) -> Settings {
    Settings { options, pace: Pace::AtOnce, debugger: false, perf_map: false }
}

/// What a program does as machine code.
fn compiled(program: &Program, maker: Maker, settings: Settings) -> Outcome {
    let mut timings = Timings::default();
    let prepare = Runtime::capture_output;
    match native::run(&source(), program, maker, settings, &mut timings, prepare, collect) {
        Ok(ended) => outcome(ended),
        Err(error) => panic!("{} declines nothing: {error}", maker.name()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_native = mochi_engine::call::way().is_some();
    let makers = if is_native { Maker::ALL } else { &[] };
    let mut trials = vec![
        Trial::test("files", || calls_in_files(by_evaluator)),
        Trial::test("files bytecode", || calls_in_files(by_interpreter)),
        Trial::test("random programs", || random_programs(makers)),
    ];
    for &maker in Maker::ALL {
        let name = format!("files {}", maker.name());
        let files = Trial::test(name, move || calls_in_files(|case| by_maker(case, maker)));
        trials.push(files.with_ignored_flag(!is_native));
        if !is_native {
            let name = format!("random programs {}", maker.name());
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Holds one way of running programs against what the files say.
fn calls_in_files(wrong: impl Fn(&Case) -> Vec<String>) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/run");
    let cases = filetest::below(&folder)?;
    assert!(!cases.is_empty(), "there are files");
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| wrong(case).into_iter().map(|wrong| format!("{}: {wrong}", case.place)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn by_evaluator(case: &Case) -> Vec<String> {
    let wrong = match verify_counts(&case.program) {
        Err(error) => Err(error.to_string()),
        Ok(()) => judge(case, &evaluated(&case.program)),
    };
    wrong.err().into_iter().collect()
}

fn by_interpreter(case: &Case) -> Vec<String> {
    let (expected, found) = (evaluated(&case.program), interpreted(&case.program));
    if found == expected { Vec::new() } else { vec![format!("{expected:?}\n  {found:?}")] }
}

fn by_maker(case: &Case, maker: Maker) -> Vec<String> {
    let expected = evaluated(&case.program);
    let wrong = |mode| {
        let found = compiled(&case.program, maker, mode);
        (found != expected).then(|| format!("{expected:?}\n  {mode:?}: {found:?}"))
    };
    MODES.into_iter().filter_map(wrong).collect()
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

/// Runs programs, each on everything, until the time is over.
#[expect(clippy::print_stderr, reason = "how many ran is told in the runner's output")]
fn random_programs(makers: &[Maker]) -> Result<(), Failed> {
    let number = |name, usual| {
        let text = std::env::var(name).ok();
        text.map_or(Ok(usual), |text| text.parse().map_err(|error| format!("{name}: {error}")))
    };
    let time = Duration::from_secs(number("MOCHI_RANDOM_SECONDS", 1)?);
    let first = number("MOCHI_RANDOM_SEED", 0)?;
    let began = Instant::now();
    // All on one stack, for making one takes longer than a program does.
    let count = on_big_stack(|_| {
        let mut count = 0;
        // However slow the machine is, each kind comes in each mode.
        while count < KINDS * MODES.len() as u64 || began.elapsed() < time {
            random_program(first + count, makers);
            count += 1;
        }
        count
    });
    let names: Vec<_> = makers.iter().map(|maker| maker.name()).collect();
    eprintln!(
        "{count} random programs from seed {first} on, in {:.1} s, on evaluator, bytecode, {}",
        began.elapsed().as_secs_f64(),
        if names.is_empty() { String::from("no machine code") } else { names.join(", ") }
    );
    Ok(())
}

/// The program with this seed does the same on the evaluator, the interpreter and as machine code, as it is and optimised.
fn random_program(seed: u64, makers: &[Maker]) {
    let kind = seed % KINDS;
    let options = Options {
        // Small functions are inlined.
        statements: if kind % 4 == 1 { 1 + seed as usize % 7 } else { 10 + seed as usize % 60 },
        fold: !kind.is_multiple_of(3),
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
    let mode = MODES[(seed / KINDS) as usize % MODES.len()];
    for &maker in makers {
        let found = compiled(&program, maker, mode);
        assert!(
            found == expected,
            "seed {seed}: {expected:#?}\n{maker:?}, {mode:?}: {found:#?}\n{}",
            print(&program, true)
        );
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
    for &maker in makers {
        let native = compiled(&optimised, maker, mode);
        assert!(
            native == found,
            "seed {seed}: {found:#?}\n{maker:?}, {mode:?}: {native:#?}\n{}",
            print(&optimised, true)
        );
    }
}
