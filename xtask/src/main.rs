//! Chores of the project's own: what is made by a tool and checked in.

mod stencils;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Chores of the project's own
#[derive(Parser, Debug)]
#[command(name = "xtask", max_term_width = 100)]
enum Command {
    /// Compile the stencils of the copy-and-patch emitter into its table
    Stencils {
        /// The C compiler, which must know the convention `preserve_none`
        #[arg(long, default_value = "clang-19")]
        clang: String,
        /// Only say whether the table is what would be made
        #[arg(long)]
        check: bool,
        /// The table
        #[arg(long, default_value = concat!(
            env!("CARGO_MANIFEST_DIR"), "/../emit/src/stencil/x86_64.stencils"
        ))]
        table: PathBuf,
    },
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]
fn main() -> ExitCode {
    let Command::Stencils { clang, check, table } = Command::parse();
    let made = match stencils::make(&clang) {
        Ok(made) => made,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let is_fresh = std::fs::read(&table).is_ok_and(|old| old == made.table);
    println!("{}", made.summary);
    if check {
        if !is_fresh {
            eprintln!(
                "error: {} is out of date; `cargo run -p xtask -- stencils` makes it",
                table.display()
            );
        }
        return ExitCode::from(u8::from(!is_fresh));
    }
    match std::fs::write(&table, &made.table) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", table.display());
            ExitCode::from(2)
        }
    }
}
