//! `mochi run --check`: the program on the reference evaluator and on an engine, held against each other.

use crate::options::{EngineName, Run};
use crate::output::Output;
use crate::{ExitCode, FAILED, INTERNAL_ERROR, INTERRUPTED, USAGE};
use mochi_base::{ColorChoice, Format, Sources};
use mochi_engine::compare::{difference, once_only, reads_input};
use mochi_engine::native::{self, Maker, NotRun, Settings};
use mochi_engine::run::{self, Ended, interpret};
use mochi_engine::source::Source;
use mochi_engine::suite::Outcome;
use mochi_engine::timing::Timings;
use mochi_engine::{Program, Runtime, evaluate, interrupt};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// What `now` begins with in both runs, unless the environment says it.
const SEED: i64 = 1;
/// As the environment names it.
const SEED_NAME: &str = "MOCHI_NOW_SEED";

/// How the program ended, and what it printed.
type Ran = (Ended, Vec<u8>);

/// What both runs begin with.
struct Start<'a> {
    source: &'a Source,
    sources: &'a Sources,
    program: &'a Program,
    input: Vec<u8>,
    args: &'a [String],
    /// Unless the environment has a seed already.
    seed: Option<i64>,
}

impl Start<'_> {
    fn prepare(&self, runtime: &mut Runtime) {
        let words = std::iter::once(self.source.path.clone()).chain(self.args.iter().cloned());
        runtime.set_arguments(words);
        runtime.set_input(&self.input);
        if let Some(seed) = self.seed {
            runtime.seed_now(seed);
        }
        runtime.capture_output();
        runtime.stop_on_interrupt();
    }
}

/// Runs the program twice; its output and error are shown when both runs agree, else where they differ.
pub(super) fn compare(
    options: &Run,
    source: &Source,
    sources: &Sources,
    program: &Program,
    output: &Output,
    timings: &mut Timings,
) -> ExitCode {
    if let Some((span, what)) = once_only(program) {
        let place = sources.place(span.start);
        output.error(&format!(
            "`--check` runs a program twice, and this one {what} ({}:{})",
            place.path, place.line
        ));
        return ExitCode::from(USAGE);
    }
    let mut input = Vec::new();
    if reads_input(program)
        && let Err(error) = std::io::stdin().read_to_end(&mut input)
    {
        output.error(&format!("standard input: {error}"));
        return ExitCode::from(USAGE);
    }
    let seed = std::env::var_os(SEED_NAME).is_none().then_some(SEED);
    let start = Start { source, sources, program, input, args: &options.args, seed };
    let reference = timings.time("eval", || {
        evaluate::evaluate(sources, program, |runtime| start.prepare(runtime), Runtime::take_output)
    });
    if interrupt::requested() {
        return ExitCode::from(INTERRUPTED);
    }
    let reference_outcome = outcome(sources, &reference);
    let (name, other) = match engine(options, &start, output, timings) {
        Ok(ran) => ran,
        Err(message) => {
            output.error(&message);
            return ExitCode::from(USAGE);
        }
    };
    options.input.report(source, output, timings);
    if interrupt::requested() {
        return ExitCode::from(INTERRUPTED);
    }
    if let Some(difference) = difference(("eval", &reference_outcome), (name, &other)) {
        output.error(&format!("`{name}` does something else than the reference evaluator"));
        output.write(&difference);
        output.write("This is a bug in mochi, not in your program. Please report it with the program that shows it.\n");
        return ExitCode::from(INTERNAL_ERROR as u8);
    }
    let (ended, printed) = reference;
    if !output.result_bytes(&printed) {
        return ExitCode::from(FAILED);
    }
    output.detail(&format!("`{name}` does what the reference evaluator does"));
    super::exit(ended, sources, output)
}

/// What the chosen engine makes of the program, and its name.
fn engine(
    options: &Run,
    start: &Start,
    output: &Output,
    timings: &mut Timings,
) -> Result<(&'static str, Outcome), String> {
    let Start { sources, program, .. } = *start;
    let prepare = |runtime: &mut Runtime| start.prepare(runtime);
    let maker = match options.engine {
        _ if options.no_jit => None,
        EngineName::Template => Some(Maker::Template),
        EngineName::Stencil => Some(Maker::Stencil),
        EngineName::C => return built(start, timings).map(|outcome| ("c", outcome)),
        EngineName::Bytecode | EngineName::Eval => None,
    };
    if let Some(maker) = maker {
        let settings = Settings::default();
        let take = Runtime::take_output;
        match native::run(sources, program, maker, settings, timings, prepare, take) {
            Ok(ran) => return Ok((maker.name(), outcome(sources, &ran))),
            Err(NotRun::PerfMap(why)) => return Err(why),
            Err(reason) => output.note(&format!("interpreted: {reason}")),
        }
    }
    let ran = interpret(sources, program, timings, prepare, Runtime::take_output);
    let ran = ran.map_err(|error| error.to_string())?;
    Ok(("bytecode", outcome(sources, &ran)))
}

fn outcome(sources: &Sources, (ended, printed): &Ran) -> Outcome {
    let output = String::from_utf8_lossy(printed).into_owned();
    match ended {
        Ended::Exit(exit_code) => Outcome { output, report: String::new(), exit_code: *exit_code },
        Ended::Stopped(stop) => {
            let report = stop.render(sources, Format::Human(ColorChoice::Never));
            Outcome { output, report, exit_code: FAILED }
        }
    }
}

/// What the program does as an executable.
fn built(start: &Start, timings: &mut Timings) -> Result<Outcome, String> {
    let failed = |error: std::io::Error| error.to_string();
    let folder = tempfile::Builder::new().prefix("mochi-check-").tempdir().map_err(failed)?;
    let path = folder.path().join("program");
    run::build(start.sources, start.program, &path, timings).map_err(|error| error.to_string())?;
    let mut command = Command::new(&path);
    command.arg0(&start.source.path).args(start.args).env("NO_COLOR", "1");
    if let Some(seed) = start.seed {
        command.env(SEED_NAME, seed.to_string());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let done = timings.time("run", || {
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().expect("standard input is piped");
        std::thread::scope(|scope| {
            // A program that does not read its input closes the pipe.
            scope.spawn(move || stdin.write_all(&start.input));
            child.wait_with_output()
        })
    });
    let done = done.map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut report = text(&done.stderr);
    let exit_code = match done.status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => code,
        None => {
            report = format!("the executable ended by {}\n", done.status);
            INTERNAL_ERROR as u8
        }
    };
    Ok(Outcome { output: text(&done.stdout), report, exit_code })
}
