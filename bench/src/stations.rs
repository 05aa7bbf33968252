//! How long each station of the compiler takes: a generated program goes in, nanoseconds per line, and per op from the IR on,
//! come out.
//!
//! Every station runs in this process, round after round; a figure is the fastest round, so most of the memory that a station takes
//! has been touched before. Not all: the allocator gives the system back what has been free for a while, and on 100,000 lines a
//! round touches 1,100 to 1,800 pages anew, which is a few hundredths of its time. Other work on the machine moves
//! the figures by far more, also by factors, so those of one run are compared with each other only.
//! What a user waits for is beside it: whole processes of `mochi run`, cold, in processor time.

use crate::generate::{self, Shape};
use crate::{history, measure, table};
use mochi_engine::native::{Maker, Options as Choices};
use mochi_engine::pipeline::{self, EditionChoice, Libraries};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use mochi_engine::{Program, sites};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// A program instead of a generated one
    file: Option<PathBuf>,
    /// What the generated program is made of
    #[arg(long, value_enum, default_value = "functions")]
    shape: Shape,
    /// About how many lines it has
    #[arg(long, default_value_t = 100_000)]
    lines: usize,
    /// How often each station runs
    #[arg(long, default_value_t = 10)]
    rounds: u32,
    /// The `mochi` binary; by default the release build in this workspace
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/mochi"))]
    mochi: PathBuf,
    /// Append the figures to this file, one JSON object a run
    #[arg(long)]
    record: Option<PathBuf>,
}

/// The fastest round of each station.
#[derive(Default)]
struct Fastest(BTreeMap<String, Duration>);

impl Fastest {
    fn note(&mut self, name: &str, time: Duration) {
        let best = self.0.entry(name.to_owned()).or_insert(time);
        *best = (*best).min(time);
    }
}

pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let source = match &options.file {
        Some(path) => Source::read(path)?,
        None => Source::from_command_line(generate::program(options.shape, options.lines)),
    };
    let mut fastest = Fastest::default();
    let program = front(&source, options.rounds, &mut fastest)?;
    back(&program, options.rounds, &mut fastest)?;
    processes(&source, options, &mut fastest)?;
    let lines = source.text.lines().count();
    let ops: usize = program.functions.iter().map(|function| function.insts.len()).sum();
    table::stations(&fastest.0, lines, ops);
    if let Some(path) = &options.record {
        let mut figures: Map<String, _> = fastest
            .0
            .iter()
            .map(|(name, time)| (name.clone(), json!(time.as_secs_f64())))
            .collect();
        figures.insert("lines".into(), json!(lines));
        figures.insert("ops".into(), json!(ops));
        let name = match &options.file {
            Some(path) => format!("stations {}", path.display()),
            None => format!("stations {:?}", options.shape).to_lowercase(),
        };
        history::append_figures(path, &name, figures)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(true)
}

/// Text → IR.
fn front(source: &Source, rounds: u32, fastest: &mut Fastest) -> Result<Program, String> {
    let mut program = None;
    for _ in 0..rounds {
        let mut timings = Timings::default();
        let checked = pipeline::check(source, EditionChoice::Auto, Libraries::Needed, &mut timings);
        if !checked.is_correct() {
            return Err(String::from("the program is not correct"));
        }
        let made = pipeline::compile(&checked, &mut timings)
            .map_err(|_| String::from("the program cannot be lowered"))?;
        for (name, time) in timings.stations() {
            fastest.note(name, time);
        }
        program = Some(made);
    }
    program.ok_or_else(|| String::from("no round was asked for"))
}

/// IR → machine code in memory.
fn back(program: &Program, rounds: u32, fastest: &mut Fastest) -> Result<(), String> {
    for &maker in Maker::ALL {
        for _ in 0..rounds {
            let start = Instant::now();
            let sites = sites::Sites::new(program);
            fastest.note("sites", start.elapsed());
            let start = Instant::now();
            let code = maker
                .compile(program, &sites, Choices::default())
                .map_err(|error| error.to_string())?;
            fastest.note(&format!("emit {}", maker.name()), start.elapsed());
            drop(code);
        }
    }
    Ok(())
}

/// Whole processes, from the source to the exit.
fn processes(source: &Source, options: &Options, fastest: &mut Fastest) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let path = folder.path().join("main.mochi");
    std::fs::write(&path, &source.text).map_err(|error| error.to_string())?;
    for _ in 0..options.rounds {
        for &maker in Maker::ALL {
            let words: Vec<String> =
                [&*options.mochi.to_string_lossy(), "run", "--engine", maker.name()]
                    .into_iter()
                    .map(str::to_owned)
                    .chain([path.display().to_string()])
                    .collect();
            let (seconds, _) = measure::timed(&words)?;
            fastest.note(&format!("process {}", maker.name()), Duration::from_secs_f64(seconds));
        }
    }
    Ok(())
}
