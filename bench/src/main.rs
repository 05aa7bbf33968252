//! Programs × (our emitters and other languages) → processor time, as ratios measured in one run.
//!
//! `cargo run --release -p mochi-bench -- run` runs every program under `bench/programs/` on every runner
//! that is installed, checks that all print the same, and prints each time over that of the base runner with the
//! geometric mean. A missing tool removes its column and is named once.
//!
//! The machine may be noisy, so runners take turns within each round, times are processor time (user and system) of the
//! whole process as the operating system accounts it, and each figure is the fastest of its rounds: noise only adds.

mod generate;
mod history;
mod measure;
mod runner;
mod stations;
mod table;
mod tpch;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures our emitters and our compiler.
#[derive(Parser, Debug)]
#[command(name = "mochi-bench", max_term_width = 100)]
enum Command {
    /// Run the benchmark programs on our emitters and on other languages, and print ratios
    Run(Options),
    /// Write a large program, to see how the compiler's time grows
    Generate {
        /// What it is made of
        #[arg(long, value_enum, default_value = "functions")]
        shape: generate::Shape,
        /// About how many lines
        #[arg(long, default_value_t = 100_000)]
        lines: usize,
        /// Where it goes
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Time each station of the compiler on a large program
    Stations(stations::Options),
    /// Run the queries of TPC-H on generated tables, and hold answers and times against DuckDB
    Tpch(tpch::Options),
}

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Programs whose name contains one of these; all by default
    programs: Vec<String>,
    /// Runners to compare, in order; those that are not installed are named and left out
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "gcc,bytecode,template,stencil,c,lua,luajit,python,node,go"
    )]
    runners: Vec<String>,
    /// The runner whose time is 1
    #[arg(long, default_value = "gcc")]
    base: String,
    /// How often each program runs on each runner
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Where the programs are
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/programs"))]
    directory: PathBuf,
    /// The `mochi` binary; by default the release build in this workspace
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/mochi"))]
    mochi: PathBuf,
    /// Append the figures to this file, one JSON object a run
    #[arg(long)]
    record: Option<PathBuf>,
}

/// The allocator of `mochi`, so that its stations take here what they take there.
#[global_allocator]
static ALLOCATOR: mochi_engine::Allocator = mochi_engine::Allocator;

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run(&options),
        Command::Stations(options) => stations::run(&options),
        Command::Tpch(options) => tpch::run(&options),
        Command::Generate { shape, lines, output } => {
            std::fs::write(&output, generate::program(shape, lines))
                .map(|()| true)
                .map_err(|error| format!("{}: {error}", output.display()))
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            table::say(&format!("error: {message}"));
            ExitCode::from(2)
        }
    }
}

/// Whether all outputs agreed.
fn run(options: &Options) -> Result<bool, String> {
    let programs = runner::programs(&options.directory, &options.programs)?;
    let scratch = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let runners = runner::installed(&options.runners, &options.mochi);
    if runners.is_empty() {
        return Err(format!("none of the runners is installed: {}", options.runners.join(", ")));
    }
    let mut rows = Vec::new();
    let mut agree = true;
    for program in &programs {
        let row = measure::program(program, &runners, options.rounds, scratch.path());
        agree &= row.disagreements.is_empty();
        table::progress(&row, &options.base);
        rows.push(row);
    }
    table::print(&rows, &runners, &options.base);
    if let Some(path) = &options.record {
        history::append(path, &rows).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(agree)
}
