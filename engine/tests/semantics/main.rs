//! The table of meanings: every scalar op at boundary values, with its operands in every place that emitters treat
//! apart, on evaluator, interpreter, baseline compiler and C, held against a model that shares nothing with them.
//!
//! Operands that stop the program are tried one program each; all others of an op and form share one. Where no code can be
//! executed, or an emitter does not know the machine, its tests are ignored, which the runner counts.

#[path = "../archive/mod.rs"]
mod archive;
mod model;
mod program;

use libtest_mimic::{Arguments, Failed, Trial as Test};
use mochi_base::Sources;
use mochi_engine::evaluate::evaluate;
use mochi_engine::link::Optimisation;
use mochi_engine::native::{self, Maker, Options};
use mochi_engine::run::{Ended, build_batch, interpret};
use mochi_engine::timing::Timings;
use mochi_ir::program::Program;
use mochi_runtime::Runtime;
use model::{Given, Row, Scalar};
use program::Form;
use std::process::{Command, ExitCode};

/// Every emitter is asked at least this often in all.
const ASSERTIONS: usize = 50_000;

/// What a program printed, and how it stopped if it did.
type Outcome = (String, Option<String>);

/// One program and what it must do.
struct Trial {
    name: String,
    program: Program,
    expected: Expected,
}

enum Expected {
    /// A line for each.
    Lines(Vec<Scalar>),
    /// The error's words.
    Stop(String),
}

impl Trial {
    /// How many results it states.
    fn assertions(&self) -> usize {
        match &self.expected {
            Expected::Lines(values) => values.len(),
            Expected::Stop(_) => 1,
        }
    }

    /// What is wrong about an outcome.
    fn judge(&self, (output, stop): &Outcome) -> Option<String> {
        match (&self.expected, stop) {
            (Expected::Lines(values), None) => {
                let lines: Vec<&str> = output.lines().collect();
                if lines.len() != values.len() {
                    return Some(format!("{}: {} lines are printed", self.name, lines.len()));
                }
                let wrong = lines.iter().zip(values).position(|(l, &v)| !model::is_said(l, v))?;
                Some(format!("{}, {wrong}: {} {:?}", self.name, lines[wrong], values[wrong]))
            }
            (Expected::Stop(words), Some(stop)) if stop.contains(words.as_str()) => None,
            _ => Some(format!("{}: {output:?} {stop:?}", self.name)),
        }
    }
}

/// All pairs of operands, or all operands, in an order in which equal constants are neighbours.
fn operands(row: &Row, form: Form) -> Vec<Vec<Scalar>> {
    let first = model::values(row.operands[0]);
    let Some(&second) = row.operands.get(1) else {
        return first.into_iter().map(|a| vec![a]).collect();
    };
    let second = model::values(second);
    if form == Form::ConstantRight {
        second.iter().flat_map(|&b| first.iter().map(move |&a| vec![a, b])).collect()
    } else {
        first.iter().flat_map(|&a| second.iter().map(move |&b| vec![a, b])).collect()
    }
}

fn given(row: &Row, operands: &[Scalar]) -> Given {
    (row.means)(row, operands[0], *operands.get(1).unwrap_or(&operands[0]))
}

/// The programs of an op in a form; of the operands that stop it every `step`th one.
fn trials(row: &Row, form: Form, step: usize) -> Vec<Trial> {
    let name = format!("{} {} {form:?}", row.op.row().name, row.imm);
    let (mut fine, mut lines, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    for operands in operands(row, form) {
        match given(row, &operands) {
            Ok(value) => {
                fine.push(operands);
                lines.push(value);
            }
            Err(trap) => stops.push((operands, trap)),
        }
    }
    let program = program::program(row, form, &fine);
    let mut trials = vec![Trial { name: name.clone(), program, expected: Expected::Lines(lines) }];
    for (operands, (kind, words)) in stops.into_iter().step_by(step) {
        let mut message = kind.message().to_owned();
        match words {
            Some([a, b]) => {
                message = message.replace("{a}", &a.to_string()).replace("{b}", &b.to_string());
            }
            None => message = message.replace("{text}", "").trim().to_owned(),
        }
        trials.push(Trial {
            name: format!("{name} {operands:?}"),
            program: program::program(row, form, &[operands]),
            expected: Expected::Stop(message),
        });
    }
    trials
}

fn all_trials(forms: &[Form], step: usize) -> Vec<Trial> {
    let rows = model::rows();
    forms
        .iter()
        .flat_map(|&form| {
            rows.iter().filter(move |row| form.suits(row)).map(move |row| (form, row))
        })
        .flat_map(|(form, row)| trials(row, form, step))
        .collect()
}

fn source() -> Sources {
    Sources::one("semantics.mir", "")
}

fn outcome((ended, output): (Ended, Vec<u8>)) -> Outcome {
    let stop = match ended {
        Ended::Exit(_) => None,
        Ended::Stopped(stop) => Some(format!("{}: {}", stop.code, stop.message)),
    };
    (String::from_utf8_lossy(&output).into_owned(), stop)
}

fn evaluated(program: &Program) -> Outcome {
    outcome(evaluate(&source(), program, Runtime::capture_output, Runtime::take_output))
}

fn interpreted(program: &Program) -> Outcome {
    let mut timings = Timings::default();
    let done =
        interpret(&source(), program, &mut timings, Runtime::capture_output, Runtime::take_output);
    outcome(done.unwrap_or_else(|error| panic!("the interpreter declines nothing: {error}")))
}

/// As machine code of a baseline compiler.
fn baseline(program: &Program, maker: Maker, options: Options) -> Outcome {
    let mut timings = Timings::default();
    let (prepare, after) = (Runtime::capture_output, Runtime::take_output);
    let done = native::run(&source(), program, maker, options, &mut timings, prepare, after);
    outcome(done.unwrap_or_else(|error| panic!("{} declines nothing: {error}", maker.name())))
}

fn optimised(program: &Program) -> Outcome {
    let mut program = program.clone();
    mochi_opt::optimise(&mut program);
    interpreted(&program)
}

/// Holds one way of running programs against the model.
fn check(run: impl Fn(&Program) -> Outcome) -> Result<(), Failed> {
    let trials = all_trials(&Form::ALL, 1);
    let asked: usize = trials.iter().map(Trial::assertions).sum();
    assert!(asked >= ASSERTIONS, "only {asked} results are asked for");
    let wrong: Vec<String> =
        trials.iter().filter_map(|trial| trial.judge(&run(&trial.program))).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = wrong[..wrong.len().min(20)].join("\n");
    Err(format!("{} of {asked}:\n{shown}", wrong.len()).into())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let test = |name: &str, run: fn(&Program) -> Outcome| Test::test(name, move || check(run));
    let few = Options { registers: Some(3), poison: true, ..Options::default() };
    let native = |maker: Maker, name: &str, options| {
        let is_here = mochi_engine::call::way().is_some();
        let run = move |program: &Program| baseline(program, maker, options);
        Test::test(name, move || check(run)).with_ignored_flag(!is_here)
    };
    let trials = vec![
        test("evaluator", evaluated),
        test("bytecode", interpreted),
        test("bytecode, optimised", optimised),
        native(Maker::Template, "template", Options::default()),
        native(Maker::Template, "template, few registers", few),
        native(Maker::Stencil, "stencil", Options::default()),
        native(Maker::Stencil, "stencil, few registers", few),
        Test::test("built by C", c_means_what_the_model_says),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Of what stops a program C is asked for a part: each is a process.
fn c_means_what_the_model_says() -> Result<(), Failed> {
    archive::make()?;
    let trials = all_trials(&Form::ALL, 50);
    let mut wrong = Vec::new();
    for batch in trials.chunks(40) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("batch");
        let source = source();
        let programs: Vec<_> = batch.iter().map(|trial| (&source, &trial.program)).collect();
        build_batch(&programs, &path, Optimisation::Some).unwrap_or_else(|error| panic!("{error}"));
        for (number, trial) in batch.iter().enumerate() {
            let done = Command::new(&path).arg(number.to_string()).output().expect("it runs");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let stop = (!done.status.success()).then(|| text(&done.stderr));
            wrong.extend(trial.judge(&(text(&done.stdout), stop)));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
