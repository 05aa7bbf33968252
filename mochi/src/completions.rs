//! `mochi completions`: a script for a shell on stdout, made from the command line's description.

use crate::options::{Cli, Completions};
use crate::output::Output;
use crate::{ExitCode, FAILED};
use clap::CommandFactory;

pub(crate) fn completions(options: &Completions, output: &Output) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "mochi", &mut script);
    if output.result_bytes(&script) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}
