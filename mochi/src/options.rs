//! The command line, as data.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The Mochi language: runs, checks and builds programs.
#[derive(Parser, Debug)]
#[command(name = "mochi", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Clone)]
pub(crate) struct Global {
    /// When to use colours
    #[arg(long, value_enum, default_value = "auto", global = true, value_name = "WHEN")]
    pub(crate) color: When,
    /// Work in this folder, as if it had been started there
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more about what is done and why
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a program
    Run(Run),
    /// Run the `test` blocks of programs
    Test(Test),
    /// Report what is wrong with programs, without running them
    Check(Check),
    /// Build a native executable
    Build(Build),
    /// Show what a station of the pipeline makes of a program
    Dump(Dump),
    /// Say how a program's queries will be run
    Explain(Explain),
    /// Show a program's machine code
    Disasm(Disasm),
    /// Print a script that completes command lines in a shell
    Completions(Completions),
    /// Write manual pages, one for each command
    Man(Man),
}

/// A program, and how it is read.
#[derive(Args, Debug)]
pub(crate) struct Input {
    /// The program: a file, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "code")]
    pub(crate) file: Option<PathBuf>,
    /// The program itself, instead of a file
    #[arg(short = 'e', long = "eval", value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// Which strictness to check with
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) edition: EditionName,
    /// Say how long each station took
    #[arg(long)]
    pub(crate) time_passes: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EditionName {
    /// 2026, or 2025 where only that accepts the program
    Auto,
    #[value(name = "2025")]
    E2025,
    #[value(name = "2026")]
    E2026,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) input: Input,
    /// What runs the program
    #[arg(long, value_enum, default_value = "template")]
    pub(crate) engine: EngineName,
    /// Make no machine code in this process: interpret instead
    #[arg(long)]
    pub(crate) no_jit: bool,
    /// Run the program on the reference evaluator as well, and report where the engine does something else
    #[arg(long, conflicts_with_all = ["debugger", "perf_map"])]
    pub(crate) check: bool,
    /// Tell a debugger of the machine code in memory: functions, lines and calls, by gdb's interface for compilers
    #[arg(long, conflicts_with = "no_jit")]
    pub(crate) debugger: bool,
    /// Tell perf which functions the machine code in memory is of: writes /tmp/perf-PID.map
    #[arg(long, conflicts_with = "no_jit")]
    pub(crate) perf_map: bool,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineName {
    /// The interpreter: starts at once
    Bytecode,
    /// The baseline compiler: machine code in memory, made in a moment; the interpreter where that cannot be
    Template,
    /// Copy and patch: machine code in memory, put together from pieces that a C compiler made
    Stencil,
    /// C, compiled by the system's compiler at -O2, then run
    C,
    /// The reference evaluator, which the others are held against: slow
    Eval,
}

/// The engines that make machine code in memory.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MakerName {
    Template,
    Stencil,
}

#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Files, or folders whose .mochi files are tested; `./...` is the folder too
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only tests whose name this regular expression matches
    #[arg(long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,
    /// Say which tests there are, without running them
    #[arg(long)]
    pub(crate) list: bool,
    /// Stop after the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run in another order each time, or always in that of a seed
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    pub(crate) shuffle: Option<Option<u64>>,
    /// How many tests of a file run at a time; as many as there are processors when nobody says
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    pub(crate) jobs: Option<usize>,
    /// What runs the tests
    #[arg(long, value_enum, default_value = "bytecode")]
    pub(crate) engine: TestEngine,
    /// How results are written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TestFormat,
    /// The same as --format json
    #[arg(long)]
    pub(crate) json: bool,
    /// Which strictness to check with
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) edition: EditionName,
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(String::from("a number from 1 on")),
        Ok(count) => Ok(count),
    }
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestEngine {
    /// The interpreter
    Bytecode,
    /// Machine code, compiled at once
    Template,
    /// Machine code, copied and patched
    Stencil,
    /// C, compiled by the system's compiler
    C,
    /// Each test on every engine
    All,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
    /// JUnit's XML
    Junit,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Files, or folders whose .mochi files are checked
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Which strictness to check with
    #[arg(long, value_enum, default_value = "2026")]
    pub(crate) edition: EditionName,
    /// Stop after the parser
    #[arg(long)]
    pub(crate) syntax_only: bool,
    /// How findings are written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: FormatName,
    /// The same as --format json
    #[arg(long)]
    pub(crate) json: bool,
    /// Say how long each station took
    #[arg(long)]
    pub(crate) time_passes: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormatName {
    /// With the source, for people
    Human,
    /// One JSON object a line
    Json,
    /// Workflow commands that GitHub shows in a diff
    Github,
    /// `path:line:column: error[CODE]: message`
    Line,
}

#[derive(Args, Debug)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Where the executable goes; by default the program's name without its ending
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Dump {
    #[command(flatten)]
    pub(crate) input: Input,
    /// After which station
    #[arg(long, value_enum)]
    pub(crate) stage: Stage,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Each query: its sources, joins and their keys, where conditions are tested, groups, order, and what becomes of the rows
    #[arg(long, required = true)]
    pub(crate) query: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Tokens,
    Ast,
    Hir,
    /// The IR as the emitters get it
    Ir,
    Bytecode,
    C,
    /// Machine code of the baseline compiler
    Asm,
}

#[derive(Args, Debug)]
pub(crate) struct Disasm {
    /// The program: a file, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Only functions of this name
    #[arg(value_name = "FUN")]
    pub(crate) function: Option<String>,
    /// Who makes the machine code
    #[arg(long, value_enum, default_value = "template")]
    pub(crate) engine: MakerName,
    /// Show the bytes of each instruction
    #[arg(long)]
    pub(crate) bytes: bool,
    /// Show the lines of the program that the code came from
    #[arg(long)]
    pub(crate) source: bool,
    /// Which strictness to check with
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) edition: EditionName,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell that reads it
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
