//! `mochi man`: manual pages in a folder, made from the command line's description.

use crate::options::{Cli, Man};
use crate::output::Output;
use crate::{ExitCode, FAILED};
use clap::CommandFactory;

pub(crate) fn man(options: &Man, output: &Output) -> ExitCode {
    let folder = &options.folder;
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder)
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&format!("{}: {error}", folder.display()));
            ExitCode::from(FAILED)
        }
    }
}
