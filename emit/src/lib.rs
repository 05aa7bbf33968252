//! IR to code: one folder per emitter, the interface they share, and the registry that the engine chooses from.
//!
//! A program in the IR comes in, what an emitter makes of it comes out. An emitter answers for every op in its own
//! `ops.rs` ([`mochi_ir::emitter_ops!`]); what it declines, it declines there, with the reason, and tests compute what
//! they skip from that. An emitter **must not** use another emitter.

pub mod a64;
pub mod baseline;
pub mod bytecode;
pub mod c;
pub mod code_memory;
pub mod coverage;
pub mod driver;
pub mod macro_assembler;
pub mod stencil;
pub mod template;
pub mod x64;

use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{FunctionId, Program};

/// What every emitter can do.
pub trait Emitter {
    /// What it makes of a program.
    type Output;
    /// What it does with an op.
    fn cover(op: Op) -> Cover
    where
        Self: Sized;
    /// Takes in the next function. Each comes once, all of a program in the order of their numbers.
    fn function(&mut self, program: &Program, function: FunctionId) -> Result<(), EmitError>;
    /// Puts the functions together.
    fn finish(self, program: &Program) -> Result<Self::Output, EmitError>;
}

/// Why an emitter made nothing of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmitError {
    /// It met an op that it does not cover.
    Declined { emitter: &'static str, op: Op, why: &'static str },
    /// The function is beyond what it can encode.
    TooLarge { emitter: &'static str, function: Box<str>, why: &'static str },
    /// A program that it runs (a compiler, a linker) is missing or failed.
    Tool { command: String, output: String },
}

impl EmitError {
    /// What [`mochi_ir::emitter_ops!`] gives for an op under `decline`.
    pub const fn declined(emitter: &'static str, op: Op, why: &'static str) -> EmitError {
        EmitError::Declined { emitter, op, why }
    }
}

impl std::fmt::Display for EmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            EmitError::Declined { emitter, op, why } => {
                write!(f, "`{emitter}` does not cover `{}`: {why}", op.row().name)
            }
            EmitError::TooLarge { emitter, function, why } => {
                write!(f, "function `{function}` is too large for `{emitter}`: {why}")
            }
            EmitError::Tool { command, output } => write!(f, "`{command}` failed: {output}"),
        }
    }
}

impl std::error::Error for EmitError {}

/// An emitter as the engine, the tests and the coverage matrix see it.
#[derive(Debug)]
pub struct Registered {
    /// As `--engine` names it.
    pub name: &'static str,
    /// What it is, in a phrase.
    pub what: &'static str,
    /// What it does with an op.
    pub cover: fn(Op) -> Cover,
}

/// Every emitter, the interpreter first: it is the one to fall back on.
pub const EMITTERS: &[Registered] = &[
    Registered { name: "bytecode", what: "the interpreter", cover: bytecode::cover },
    Registered { name: "template", what: "the baseline compiler", cover: template::cover },
    Registered { name: "stencil", what: "copy and patch", cover: stencil::cover },
    Registered { name: "c", what: "C, for any C compiler", cover: c::cover },
];

// The one to fall back on covers everything, and takes it as it is.
const _: () = {
    let mut i = 0;
    while i < Op::ALL.len() {
        assert!(
            matches!(bytecode::cover(Op::ALL[i]), Cover::Emit),
            "the interpreter declines nothing"
        );
        i += 1;
    }
};
