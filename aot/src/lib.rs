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
//! - `call_closure(ctx, closure, args, count)` calls the closure's function with the words as its C arguments.

