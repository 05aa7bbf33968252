//! The command line: words in, exit code out. Each command is a thin file over the engine.

mod build;
mod check;
mod completions;
mod disasm;
mod dump;
mod explain;
mod input;
mod man;
mod options;
mod output;
mod run;
mod test;

use clap::Parser;
use mochi_engine::{leave, on_big_stack};
use options::{Cli, Command};
use std::ffi::OsString;

/// The stations make large tables and drop them again: half of their time went into the system's page faults.
#[global_allocator]
static ALLOCATOR: mochi_engine::Allocator = mochi_engine::Allocator;

/// The asked thing failed: diagnostics, an error while running, a failed `expect`.
const FAILED: u8 = 1;
/// The command line, a file or a tool is not as it must be.
const USAGE: u8 = 2;
/// Stopped by Ctrl-C.
const INTERRUPTED: u8 = mochi_engine::interrupt::EXIT_CODE;
/// A bug of ours.
const INTERNAL_ERROR: i32 = 101;

/// What a command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExitCode(u8);

impl ExitCode {
    const SUCCESS: ExitCode = ExitCode(0);
}

impl From<u8> for ExitCode {
    fn from(code: u8) -> ExitCode {
        ExitCode(code)
    }
}

fn main() {
    install_panic_hook();
    // Lowering and programs need a big stack. One thread that has it does all, so that only one thread has a heap to begin.
    on_big_stack(|_| leave(command_line().0))
}

fn command_line() -> ExitCode {
    let cli = match Cli::try_parse_from(with_command(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for, and go to stdout; a pipe that nobody reads is no error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let output = output::Output::new(&cli.global);
    if let Some(folder) = &cli.global.directory
        && let Err(error) = std::env::set_current_dir(folder)
    {
        output.error(&format!("{}: {error}", folder.display()));
        return ExitCode::from(USAGE);
    }
    match cli.command {
        Command::Run(options) => run::run(options, &output),
        Command::Check(options) => check::check(options, &output),
        Command::Build(options) => build::build(options, &output),
        Command::Test(options) => test::test(options, &output),
        Command::Dump(options) => dump::dump(options, &output),
        Command::Explain(options) => explain::explain(options, &output),
        Command::Disasm(options) => disasm::disasm(options, &output),
        Command::Completions(options) => completions::completions(&options, &output),
        Command::Man(options) => man::man(&options, &output),
    }
}

/// `mochi FILE WORDS` means `mochi run FILE -- WORDS`: so scripts can begin with `#!/usr/bin/env mochi`, and see all their
/// arguments.
fn with_command(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_program = words.get(1).and_then(|word| word.to_str()).is_some_and(|word| {
        word == "-" || (!word.starts_with('-') && (word.ends_with(".mochi") || word.contains('/')))
    });
    if is_program {
        words.insert(1, "run".into());
        words.insert(3, "--".into());
    }
    words
}

/// A bug of ours says so, and where to take it, before the process ends with its own exit code.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        anstream::eprintln!(
            "mochi {}: internal error: {info}\n\
             This is a bug in mochi, not in your program. Please report it with the program that shows it.",
            env!("CARGO_PKG_VERSION")
        );
        std::process::exit(INTERNAL_ERROR);
    }));
}
