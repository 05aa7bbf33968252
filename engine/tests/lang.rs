//! The language suite: every program under `tests/lang` on every emitter, one test each.
//!
//! The interpreter's outcome is held against what the file says, those of the evaluator and of machine code against the
//! interpreter's.

use libtest_mimic::{Arguments, Failed, Trial};
use mochi_base::Sources;
use mochi_base::render::{ColorChoice, Format};
use mochi_engine::evaluate::evaluate;
use mochi_engine::native::{self, Interpreted, Maker, Options, Pace, Settings};
use mochi_engine::run::{Ended, interpret};
use mochi_engine::suite::{Case, Compiled, Outcome};
use mochi_engine::timing::Timings;
use mochi_runtime::Runtime;
use std::path::Path;
use std::process::ExitCode;

/// How the baseline compilers run: as users have them, and so that every value is moved about and every register that a call need
/// not keep is overwritten by it; with every second function in the interpreter, so that all kinds of calls go between both; and
/// with each function compiled when it is called.
const MODES: [(&str, Maker, Settings); 10] = [
    ("template", Maker::Template, WHOLE),
    ("template-poison", Maker::Template, whole(Options { poison: true, ..USUAL })),
    ("template-hard", Maker::Template, whole(HARD)),
    ("template-mixed", Maker::Template, whole(Options { interpreted: Interpreted::Odd, ..USUAL })),
    ("template-lazy", Maker::Template, LAZY),
    (
        "template-lazy-mixed",
        Maker::Template,
        Settings { options: Options { interpreted: Interpreted::Even, ..HARD }, ..LAZY },
    ),
    ("stencil", Maker::Stencil, WHOLE),
    ("stencil-hard", Maker::Stencil, whole(HARD)),
    (
        "stencil-mixed",
        Maker::Stencil,
        whole(Options { interpreted: Interpreted::Even, poison: true, ..USUAL }),
    ),
    ("stencil-lazy", Maker::Stencil, Settings { options: HARD, ..LAZY }),
];

const USUAL: Options = Options {
    registers: None,
    poison: false,
    lines: false,
    interpreted: Interpreted::Declined,
    outer: false,
};
const HARD: Options = Options { registers: Some(3), poison: true, ..USUAL };

const WHOLE: Settings =
    Settings { options: USUAL, pace: Pace::AtOnce, debugger: false, perf_map: false };
const LAZY: Settings = Settings { pace: Pace::OneByOne, ..WHOLE };

const fn whole(options: Options) -> Settings {
    Settings { options, ..WHOLE }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lang");
    let mut trials = Vec::new();
    let is_native = mochi_engine::call::way().is_some();
    for case in Case::below(&folder) {
        let name = case.name.clone();
        let (evaluated, native) = (case.clone(), case.clone());
        trials.push(Trial::test(format!("bytecode {name}"), move || bytecode(&case)));
        trials.push(Trial::test(format!("eval {name}"), move || eval(&evaluated)));
        for (mode, maker, settings) in MODES {
            let case = native.clone();
            let trial =
                Trial::test(format!("{mode} {name}"), move || compiled(&case, maker, settings));
            // Where no code can be executed these are left out, and counted.
            trials.push(trial.with_ignored_flag(!is_native));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn bytecode(case: &Case) -> Result<(), Failed> {
    let outcome = interpreted(case)?;
    said(case.judge(&outcome))
}

fn eval(case: &Case) -> Result<(), Failed> {
    let Compiled { sources, program } = match case.compile() {
        Ok(compiled) => compiled,
        // What is refused is refused before anything runs.
        Err(_) if case.is_refused() => return Ok(()),
        Err(report) => return Err(report.into()),
    };
    let ended = evaluate(&sources, &program, |runtime| prepare(case, runtime), collect);
    let outcome = outcome(case, &sources, ended);
    let expected = interpreted(case)?;
    said(if outcome == expected {
        String::new()
    } else {
        format!("eval: {outcome:#?}\nbytecode: {expected:#?}")
    })
}

fn compiled(case: &Case, maker: Maker, settings: Settings) -> Result<(), Failed> {
    let Compiled { sources, program } = match case.compile() {
        Ok(compiled) => compiled,
        Err(_) if case.is_refused() => return Ok(()),
        Err(report) => return Err(report.into()),
    };
    let mut timings = Timings::default();
    let prepare = |runtime: &mut Runtime| prepare(case, runtime);
    let ended = native::run(&sources, &program, maker, settings, &mut timings, prepare, collect);
    let outcome = outcome(case, &sources, ended.map_err(|error| error.to_string())?);
    let expected = interpreted(case)?;
    said(if outcome == expected {
        String::new()
    } else {
        format!("{}: {outcome:#?}\nbytecode: {expected:#?}", maker.name())
    })
}

fn interpreted(case: &Case) -> Result<Outcome, Failed> {
    let Compiled { sources, program } = match case.compile() {
        Ok(compiled) => compiled,
        Err(report) => return Ok(Outcome::refused(report)),
    };
    let mut timings = Timings::default();
    let ended =
        interpret(&sources, &program, &mut timings, |runtime| prepare(case, runtime), collect);
    Ok(outcome(case, &sources, ended.map_err(|error| error.to_string())?))
}

fn prepare(case: &Case, runtime: &mut Runtime) {
    // What a stopped program leaves is swept; what one that ends leaves must not need that.
    if case.expected_error.is_some() {
        runtime.track_objects();
    }
    runtime.set_input(case.input.as_bytes());
    runtime.set_arguments(std::iter::once(case.name.clone()).chain(case.args.iter().cloned()));
    runtime.capture_output();
}

/// What a program left.
struct Left {
    output: Vec<u8>,
    /// Objects that only referred to one another.
    in_circles: usize,
    /// Objects that nothing refers to, when all is done.
    objects: usize,
}

fn collect(runtime: &mut Runtime) -> Left {
    runtime.sweep(&[]);
    runtime.release_globals();
    let in_circles = runtime.collect_cycles();
    Left { output: runtime.take_output(), in_circles, objects: runtime.live_objects() }
}

fn outcome(case: &Case, sources: &Sources, (ended, left): (Ended, Left)) -> Outcome {
    let Left { output, in_circles, objects } = left;
    let output = String::from_utf8_lossy(&output).into_owned();
    if objects > 0 {
        return Outcome {
            output,
            report: format!("{objects} objects are left over\n"),
            exit_code: 3,
        };
    }
    if case.makes_cycles && in_circles == 0 {
        return Outcome { output, report: String::from("it made no cycles\n"), exit_code: 3 };
    }
    match ended {
        Ended::Exit(exit_code) => Outcome { output, report: String::new(), exit_code },
        Ended::Stopped(stop) => {
            let report = stop.render(sources, Format::Human(ColorChoice::Never));
            Outcome { output, report, exit_code: 1 }
        }
    }
}

fn said(wrong: String) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}
