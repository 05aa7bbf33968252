//! Chores of the project's own: what is made by a tool and checked in.

mod stencils;

use clap::Parser;
use mochi_emit::stencil::source;
use std::path::PathBuf;
use std::process::ExitCode;

/// Chores of the project's own
#[derive(Parser, Debug)]
#[command(name = "xtask", max_term_width = 100)]
enum Command {
    /// Compile the stencils of the copy-and-patch emitter into its tables
    Stencils {
        /// The C compiler, which must know the convention `preserve_none`
        #[arg(long, default_value = "clang-19")]
        clang: String,
        /// Only say whether the tables are what would be made
        #[arg(long)]
        check: bool,
        /// Where the tables are, one per machine
        #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../emit/src/stencil"))]
        folder: PathBuf,
    },
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]
fn main() -> ExitCode {
    let Command::Stencils { clang, check, folder } = Command::parse();
    let mut code = ExitCode::SUCCESS;
    for source in source::ALL {
        let made = match stencils::make(source, &clang) {
            Ok(made) => made,
            Err(message) => {
                eprintln!("error: {}: {message}", source.machine);
                return ExitCode::from(2);
            }
        };
        println!("{}", made.summary);
        let path = folder.join(source.machine).with_extension("stencils");
        if check {
            if !std::fs::read(&path).is_ok_and(|old| old == made.table) {
                let path = path.display();
                eprintln!(
                    "error: {path} is out of date; `cargo run -p xtask -- stencils` makes it"
                );
                code = ExitCode::FAILURE;
            }
        } else if let Err(error) = std::fs::write(&path, &made.table) {
            eprintln!("error: {}: {error}", path.display());
            return ExitCode::from(2);
        }
    }
    code
}
