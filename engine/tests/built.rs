//! The language suite built by the C compiler: every program under `tests/lang` as native code, one test each.
//!
//! Many programs share an executable, so that the C compiler runs seldom; it is built when the first of its programs is
//! asked for. What a program does as native code is held against its file and against the interpreter.

mod archive;

use libtest_mimic::{Arguments, Failed, Trial};
use mochi_base::render::{ColorChoice, Format};
use mochi_engine::link::Optimisation;
use mochi_engine::run::{Ended, build_batch, interpret, not_in_a_built_program};
use mochi_engine::suite::{Case, Compiled, Outcome, declined};
use mochi_engine::timing::Timings;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// So many programs share an executable: enough to spread the cost of linking, few enough for a test of one to be quick.
const BATCH: usize = 40;

/// Programs that share an executable.
struct Batch {
    programs: Vec<Compiled>,
    folder: TempDir,
    built: OnceLock<Result<(), String>>,
}

impl Batch {
    fn build(&self) -> Result<(), String> {
        self.built
            .get_or_init(|| {
                archive::make()?;
                let programs: Vec<_> =
                    self.programs.iter().map(|built| (&built.sources, &built.program)).collect();
                build_batch(&programs, &self.folder.path().join("batch"), Optimisation::Some)
                    .map_err(|error| error.to_string())
            })
            .clone()
    }

    /// Runs the program with this number.
    fn run(&self, number: usize, case: &Case) -> Result<Outcome, String> {
        self.build()?;
        let mut command = Command::new(self.folder.path().join("batch"));
        command
            .arg(number.to_string())
            .args(&case.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.env("MOCHI_LEAK_CHECK", "1");
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut input = child.stdin.take().expect("standard input is piped");
        // A program that does not read all of its input closes the pipe.
        let _ = input.write_all(case.input.as_bytes());
        drop(input);
        let done = child.wait_with_output().map_err(|error| error.to_string())?;
        let code = done.status.code().ok_or_else(|| format!("it ended by {}", done.status))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Outcome {
            output: text(&done.stdout),
            report: text(&done.stderr),
            exit_code: code as u8,
        })
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lang");
    let mut trials = Vec::new();
    let mut pending = Vec::new();
    for case in Case::below(&folder) {
        let name = format!("c {}", case.name);
        match case.compile() {
            // What is refused is refused before anything is built.
            Err(_) if case.is_refused() => {}
            Err(error) => trials.push(Trial::test(name, move || Err(Failed::from(error)))),
            Ok(compiled) if !not_in_a_built_program(&compiled.program).is_empty() => {
                let name = format!("{name}: a built program has no compiler");
                trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
            }
            Ok(compiled) => match declined(&compiled.program, mochi_emit::c::cover) {
                Some((op, why)) => {
                    // An ignored test is counted and named in the runner's own output.
                    let name = format!("{name}: C does not cover `{}`: {why}", op.row().name);
                    trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
                }
                None => pending.push((name, case, compiled)),
            },
        }
    }
    while !pending.is_empty() {
        let rest = pending.split_off(pending.len().min(BATCH));
        let batch = Arc::new(Batch {
            programs: pending.iter().map(|(_, _, compiled)| compiled.clone()).collect(),
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            built: OnceLock::new(),
        });
        for (number, (name, case, compiled)) in pending.into_iter().enumerate() {
            let batch = batch.clone();
            trials.push(Trial::test(name, move || check(&batch, number, &case, &compiled)));
        }
        pending = rest;
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(batch: &Batch, number: usize, case: &Case, compiled: &Compiled) -> Result<(), Failed> {
    let outcome = batch.run(number, case)?;
    let mut wrong = case.judge(&outcome);
    let expected = interpreted(case, compiled)?;
    if outcome.report != expected {
        wrong.push_str(&format!(
            "the report of the interpreter:\n{expected}the report of the executable:\n{}",
            outcome.report
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

/// What the interpreter reports.
fn interpreted(case: &Case, compiled: &Compiled) -> Result<String, Failed> {
    let prepare = |runtime: &mut mochi_runtime::Runtime| {
        runtime.set_input(case.input.as_bytes());
        runtime.set_arguments(std::iter::once(case.name.clone()).chain(case.args.iter().cloned()));
        runtime.capture_output();
    };
    let Compiled { sources, program } = compiled;
    let ended = interpret(sources, program, &mut Timings::default(), prepare, |_| ());
    match ended.map_err(|error| error.to_string())?.0 {
        Ended::Exit(_) => Ok(String::new()),
        Ended::Stopped(stop) => Ok(stop.render(sources, Format::Human(ColorChoice::Never))),
    }
}
