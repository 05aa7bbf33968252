//! Programs in the IR as native code: the calls in the files below `tests/ir/run`, and random programs, many in one executable.
//!
//! What an executable prints and reports is held to what the interpreter does; what that does is held to the files and the evaluator in
//! the test beside this one.

mod archive;

use mochi_base::Sources;
use mochi_base::render::{ColorChoice, Format};
use mochi_engine::link::Optimisation;
use mochi_engine::run::{Ended, build_batch, interpret};
use mochi_engine::suite::declined;
use mochi_engine::timing::Timings;
use mochi_ir::filetest;
use mochi_ir::program::Program;
use mochi_ir::random::{self, Options};
use mochi_ir::text::print;
use mochi_runtime::Runtime;
use std::path::Path;
use std::process::Command;

/// So many programs share an executable.
const BATCH: usize = 150;

/// How many random programs are built; a seed is its number.
const PROGRAMS: u64 = 150;

fn source() -> Sources {
    Sources::one("test.mir", "")
}

/// Output and report of the interpreter.
fn interpreted(program: &Program) -> (String, String) {
    let source = source();
    let ended = interpret(
        &source,
        program,
        &mut Timings::default(),
        Runtime::capture_output,
        Runtime::take_output,
    );
    let (ended, output) =
        ended.unwrap_or_else(|error| panic!("the interpreter declines nothing: {error}"));
    let report = match ended {
        Ended::Exit(_) => String::new(),
        Ended::Stopped(stop) => stop.render(&source, Format::Human(ColorChoice::Never)),
    };
    (String::from_utf8_lossy(&output).into_owned(), report)
}

/// Builds the programs that C covers and compares each with the interpreter; its name comes with what differs.
fn compare(programs: &[(String, Program)]) -> Vec<String> {
    let programs: Vec<_> = programs
        .iter()
        .filter(|(_, program)| declined(program, mochi_emit::c::cover).is_none())
        .collect();
    assert!(!programs.is_empty(), "C covers some program");
    let mut wrong = Vec::new();
    for batch in programs.chunks(BATCH) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("batch");
        let source = source();
        let sources: Vec<_> = batch.iter().map(|(_, program)| (&source, program)).collect();
        build_batch(&sources, &path, Optimisation::Some).unwrap_or_else(|error| panic!("{error}"));
        for (number, (name, program)) in batch.iter().enumerate() {
            let done =
                Command::new(&path).arg(number.to_string()).output().expect("the executable runs");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let found = (text(&done.stdout), text(&done.stderr));
            let expected = interpreted(program);
            if found != expected {
                wrong.push(format!(
                    "{name}: {found:?}\n  bytecode: {expected:?}\n{}",
                    print(program, true)
                ));
            }
        }
    }
    wrong
}

#[test]
fn native_code_does_what_the_interpreter_does() {
    archive::make().unwrap_or_else(|error| panic!("{error}"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/run");
    let cases = filetest::below(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut programs: Vec<_> = cases.into_iter().map(|case| (case.place, case.program)).collect();
    for seed in 0..PROGRAMS {
        let options = Options { functions: 3, fold: seed % 3 != 0, ..Options::default() };
        programs.push((format!("seed {seed}"), random::program(seed, options)));
    }
    let wrong = compare(&programs);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
