//! The life of a built program: from the tables that its C `main` hands over to its exit code.

use std::ffi::{CStr, c_char};

use mochi_abi::program::BuiltProgram;
use mochi_abi::trap::TrapKind;

use crate::context::Runtime;
use crate::interrupt;
use crate::stack::on_big_stack;
use crate::trap::TrapReport;

/// Runs a built program on a big stack and returns its exit code. `interrupted` is what it shows when Ctrl-C ends it in a
/// loop; `report` shows the error that it stopped with, given the
/// runtime that knows the program's files.
pub fn start(
    argc: i32,
    argv: *const *const c_char,
    interrupted: String,
    program: *const BuiltProgram,
    report: fn(&TrapReport, &Runtime),
) -> i32 {
    // An address as a number may go to another thread.
    let address = program.expose_provenance();
    let first_word = argv.expose_provenance();
    // SAFETY: a closed pipe is told by the error of `write`; no handler is involved.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    interrupt::listen(interrupted);
    on_big_stack(|limit| {
        // SAFETY: the program's `main` hands over its static data.
        let program: &'static BuiltProgram =
            unsafe { &*std::ptr::with_exposed_provenance(address) };
        let mut runtime = Runtime::for_built_program(program);
        runtime.set_stack_limit(limit);
        runtime.set_arguments(words(argc, first_word));
        runtime.stop_on_interrupt();
        if leak_check() {
            runtime.track_objects();
        }
        (program.main)(runtime.context());
        let code = finish(&mut runtime, report);
        // The process ends: what is still alive goes with it.
        std::mem::forget(runtime);
        code
    })
}

/// The words that C's `main` got, from how many there are and the address of the first's pointer. Bytes that are not
/// UTF-8 are replaced.
fn words(count: i32, address: usize) -> impl Iterator<Item = String> {
    let first: *const *const c_char = std::ptr::with_exposed_provenance(address);
    (0..usize::try_from(count).unwrap_or(0)).map(move |i| {
        // SAFETY: `main` gets as many pointers as it is told.
        let place = unsafe { first.add(i) };
        // SAFETY: the same.
        let word = unsafe { *place };
        // SAFETY: each points to a string that ends with a zero and lives as long as the process.
        let word = unsafe { CStr::from_ptr(word) };
        word.to_string_lossy().into_owned()
    })
}

/// Writes out what is left to write and shows the trap in flight: the exit code.
fn finish(runtime: &mut Runtime, report: fn(&TrapReport, &Runtime)) -> i32 {
    runtime.flush();
    let code = match runtime.take_trap() {
        None => 0,
        Some(trap) => {
            if trap.kind != TrapKind::Exit {
                report(&trap, runtime);
            }
            // What the calls that it left owned is no leak.
            runtime.sweep(&[]);
            match trap.kind {
                TrapKind::Exit => i32::try_from(trap.a).unwrap_or(1),
                TrapKind::Interrupted => i32::from(interrupt::EXIT_CODE),
                _ => 1,
            }
        }
    };
    if leak_check() { leak_report(runtime, code) } else { code }
}

/// Whether a program is to tell what it leaves in memory.
fn leak_check() -> bool {
    std::env::var_os("MOCHI_LEAK_CHECK").is_some()
}

/// The exit code, when nothing is alive that nothing refers to any more.
fn leak_report(runtime: &mut Runtime, code: i32) -> i32 {
    runtime.release_globals();
    runtime.collect_cycles();
    let left = runtime.live_objects();
    if left == 0 {
        return code;
    }
    let text = format!("{left} objects were left over\n");
    // SAFETY: the pointer and length are those of a live string.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    3
}
