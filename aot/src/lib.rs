//! What a built program starts with: the C `main` that the emitter writes calls `mochi_start` with the program's tables,
//! and gets back its exit code.
//!
//! ```c
//! int mochi_start(int argc, char **argv, const struct BuiltProgram *program);   // abi::program::BuiltProgram
//!
//! static const struct BuiltProgram program = { &info, functions, globals, strings, run, call_closure };
//! int main(int argc, char **argv) { return mochi_start(argc, argv, &program); }
//! ```
//! What the two sides promise each other:
//! - All tables are static data of the program with the layouts of `abi::program` and `abi::layout`; the runtime reads
//!   them as long as the program runs, fills `strings`, and leaves the rest to the program. `Context::{functions,
//!   globals, strings, program}` point to them, so the program may use its own symbols instead of the context.
//! - `run` and all compiled functions run on a stack of several GiB; a frame **must** not begin below
//!   `Context::stack_limit`, and what lies below it is enough for every runtime function.
//! - A compiled function that sees `Context::trap` nonzero after a call that can trap adds its site with `mochi_trace`
//!   and returns any value. `run` returns as well, and `mochi_start` shows the error: exit code 1.
//! - With `MOCHI_LEAK_CHECK` set, a program drops its globals when it ends, collects cycles and, after a trap, sweeps first;
//!   objects left over are told, exit code 3.
//! - `call_closure(ctx, closure, args, count)` calls the closure's function with the words as its C arguments.

use std::ffi::{c_char, c_int};
use std::io::{IsTerminal, Write};

use mochi_abi::program::BuiltProgram;
use mochi_base::{ColorChoice, Format, Frame, SourceFile, Sources, Span, Stop};
use mochi_runtime::{KEPT_SITES, Runtime, TrapReport};

/// Rust's own allocations, few as they are, come from where the program's objects come from.
#[global_allocator]
static ALLOCATOR: mochi_runtime::Allocator = mochi_runtime::Allocator;

/// Runs a built program; the result is its exit code. See the file's header.
#[expect(unsafe_code, reason = "the emitted `main` calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn mochi_start(
    argc: c_int,
    argv: *const *const c_char,
    program: *const BuiltProgram,
) -> c_int {
    mochi_runtime::start(argc, argv, mochi_base::stop::interrupted(), program, report)
}

/// Shows the error that the program stopped with.
fn report(trap: &TrapReport, runtime: &Runtime) {
    let file = |(path, start): (&str, u32)| SourceFile { path: path.to_owned(), start };
    let files = runtime.source_files().into_iter().map(file).collect();
    let sources = Sources::from_parts(files, runtime.source_text());
    let frame = |frame: &mochi_runtime::TrapFrame| Frame {
        function: frame.function.clone(),
        span: Span::new(frame.start, frame.end),
    };
    let stop = Stop {
        code: trap.kind.diagnostic_code(),
        message: trap.message.clone(),
        help: trap.kind.help().to_owned(),
        frames: trap.frames.iter().map(frame).collect(),
        skipped: trap.skipped,
        skipped_after: KEPT_SITES,
    };
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = if std::io::stderr().is_terminal() && !plain {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    };
    let text = stop.render(&sources, Format::Human(color));
    // When the error cannot be shown, the exit code still tells.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
