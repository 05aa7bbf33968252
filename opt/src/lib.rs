//! IR in, IR out: the passes that every emitter profits from, and the one that places reference
//! counts, without which no emitter is right.
#![forbid(unsafe_code)]

pub mod characters;
pub mod common;
pub mod counts;
pub mod duplicate;
pub mod expand;
mod graph;
pub mod inline;
pub mod ranges;
mod rewriter;

pub mod simplify;
mod slots;
pub mod tail;

use mochi_ir::program::{FunctionId, Program};
use mochi_ir::text::print_function;
use mochi_ir::verify::{verify, verify_counts};

/// A pass over a whole program.
#[derive(Debug)]
pub struct Pass {
    /// As tests and messages call it.
    pub name: &'static str,
    run: fn(&mut Program),
}

/// The passes in their order.
pub const PASSES: &[Pass] = &[
    Pass { name: "simplify", run: simplify_all },
    Pass { name: "tail_calls", run: tail::tail_calls },
    Pass { name: "inline", run: inline::inline_calls },
    Pass { name: "ranges", run: ranges::prove },
    Pass { name: "characters", run: characters::compare_characters },
    Pass { name: "duplicate", run: duplicate::duplicate_choices },
    Pass { name: "common", run: common::share_common },
    Pass { name: "clean", run: simplify_all },
    Pass { name: "counts", run: counts::place_counts },
];

/// Why the order is so: a pass, one that **must** come after it, and the reason.
const ORDER: &[(&str, &str, &str)] = &[
    (
        "tail_calls",
        "inline",
        "an inlined tail call would stand in the call stack, or grow the stack",
    ),
    ("inline", "ranges", "what a caller knows of an argument is known in the body"),
    ("inline", "characters", "who compares a character is often a small function of its own"),
    ("characters", "common", "a number can be shared, a character that is owned cannot"),
    ("inline", "duplicate", "who chooses a text is often a small function of its own"),
    ("ranges", "duplicate", "what is known where branches meet is found once"),
    ("duplicate", "counts", "a text that is known is not counted"),
    ("ranges", "common", "a proved op is a different one from its checked namesake"),
    ("ranges", "clean", "branches that are decided go"),
    ("inline", "common", "what two bodies compute in one function is computed again"),
    ("inline", "counts", "an argument that is inlined need not be owned, nor lent"),
    ("common", "clean", "what only fed a computation taken out goes, and values are numbered anew"),
    ("common", "counts", "what is found twice in one place would be looked at, and counted, twice"),
    ("simplify", "tail_calls", "a jump to a block that returns hides a call in tail position"),
    (
        "clean",
        "counts",
        "a parameter that is always one value would be owned, the value can be lent",
    ),
    ("tail_calls", "counts", "a drop between a call and its return would need the frame"),
];

// The list keeps to its reasons.
const _: () = {
    let mut i = 0;
    while i < ORDER.len() {
        assert!(
            place(ORDER[i].0) < place(ORDER[i].1),
            "a pass comes before one that it must precede"
        );
        i += 1;
    }
};

const fn place(name: &str) -> usize {
    let mut i = 0;
    while i < PASSES.len() {
        if same(PASSES[i].name.as_bytes(), name.as_bytes()) {
            return i;
        }
        i += 1;
    }
    panic!("the order speaks of passes that are in the list")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// What becomes of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Small functions are put in their place.
    Inlined,
    /// Every function stays a function, for tools that show frames and stop at functions.
    Kept,
}

/// Runs all passes.
pub fn optimise(program: &mut Program) {
    optimise_with(program, Calls::Inlined);
}

/// Runs all passes that go with what becomes of calls.
pub fn optimise_with(program: &mut Program, calls: Calls) {
    for pass in PASSES {
        if calls == Calls::Inlined || pass.name != "inline" {
            run(pass, program);
        }
    }
}

/// Runs one pass; in debug builds the verifier looks at what comes out.
pub fn run(pass: &Pass, program: &mut Program) {
    (pass.run)(program);
    if cfg!(debug_assertions) {
        check(pass.name, program);
    }
}

/// Panics when a pass has left a program that is wrong.
fn check(pass: &str, program: &Program) {
    let counted = place(pass) >= place("counts");
    let found =
        verify(program).and_then(|()| if counted { verify_counts(program) } else { Ok(()) });
    if let Err(error) = found {
        let text = error.function.as_deref().and_then(|name| {
            let at = program.functions.iter().position(|function| *function.name == *name)?;
            Some(print_function(program, FunctionId(at as u32), false))
        });
        panic!("after {pass}: {error}\n{}", text.unwrap_or_default());
    }
}

fn simplify_all(program: &mut Program) {
    for function in &mut program.functions {
        simplify::simplify(function);
    }
}
