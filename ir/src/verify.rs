//! The verifier: a program goes in; nothing comes out, or the first thing that is wrong with it. It stands at every
//! door of the pipeline in debug builds and in tests: after lowering, after each pass, before each emitter. What
//! it refuses is always a mistake of ours, never one of the user's.
//!
//! # What holds of a program
//!
//! **Numbers.** Every number that stands for something (function, shape, string, global, type, signature, block, value) is
//! smaller than how many there are. The main function takes nothing and returns nothing.
//!
//! **Structure** ([`mod@structure`]). A function has a block. The instructions of its blocks lie one after the other
//! in one array, beside their origins. A block ends with a terminator, and has no other one. `jump` has one target, `branch` two,
//! `switch` at least one, all other instructions none. The parameters of the entry block are those of the function,
//! and nothing goes to it. Of a closure's function the first parameter is the closure.
//!
//! **Order.** Every block can be reached. An edge goes forward in the order of blocks, or else it is a *back edge*:
//! then its target is marked as a loop header and dominates its source. So the order is a reverse post-order,
//! and control flow is reducible, which dominators, loops and liveness rely on. (A header without a back edge is
//! allowed: a loop whose body never comes to its end.) A header is at least one loop deep, and the source of a back edge at
//! least as deep as its target.
//!
//! **Values** ([`mod@ssa`]). A value is defined once, by an instruction or as a parameter of a block, and the definition
//! dominates every use: it stands before it in the same block, or in a block through which all paths to the use go.
//! The arguments of a target are used by the terminator.
//!
//! **Types** ([`mod@types`]). Operands and results have the types that the op's row says. A target passes as many arguments
//! as the block has parameters, of their types. A call agrees with its callee; a call of a runtime function with its row;
//! a record with its shape, a closure with the captures of its function, an item with the representation of the
//! list. What a record or closure that comes from elsewhere holds is not known here.
//!
//! **Counts** ([`verify_counts`], once `dup` and `drop` have been placed). See [`mod@counts`].

use crate::cfg::Cfg;
use crate::program::{Block, Function, FunctionId, InstId, Program};
use crate::text::print_inst;
use std::fmt;

pub mod counts;
mod numbers;
pub mod ssa;
pub mod structure;
pub mod types;

pub use counts::verify_counts;

/// What is wrong with a program, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// The function's name; none when it is about the program as a whole.
    pub function: Option<Box<str>>,
    pub block: Option<Block>,
    /// The instruction as the text form writes it.
    pub inst: Option<String>,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.function {
            Some(function) => write!(f, "function {function}")?,
            None => f.write_str("program")?,
        }
        if let Some(block) = self.block {
            write!(f, ", {block}")?;
        }
        if let Some(inst) = &self.inst {
            write!(f, ", `{inst}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for VerifyError {}

/// The error is boxed: it is large and never there.
pub type Result = std::result::Result<(), Box<VerifyError>>;

/// Checks a whole program.
pub fn verify(program: &Program) -> Result {
    numbers::verify(program)?;
    (0..program.functions.len() as u32)
        .try_for_each(|function| verify_function(program, FunctionId(function)))
}

/// Checks one function of a program whose other functions have right heads.
pub fn verify_function(program: &Program, function: FunctionId) -> Result {
    let subject = Subject { program, function: &program.functions[function.index()] };
    structure::verify(subject)?;
    let cfg = Cfg::new(subject.function);
    structure::verify_order(subject, &cfg)?;
    ssa::verify(subject, &cfg)?;
    types::verify(subject)
}

/// The function that is looked at.
#[derive(Clone, Copy)]
struct Subject<'p> {
    program: &'p Program,
    function: &'p Function,
}

impl Subject<'_> {
    fn at_function(self, message: String) -> Result {
        self.error(None, None, message)
    }

    fn at_block(self, block: Block, message: String) -> Result {
        self.error(Some(block), None, message)
    }

    fn at_inst(self, block: Block, inst: InstId, message: String) -> Result {
        self.error(Some(block), Some(inst), message)
    }

    fn at_end_of(self, block: Block, message: String) -> Result {
        let last = self.function.blocks[block.index()].insts.end - 1;
        self.at_inst(block, InstId(last), message)
    }

    fn error(self, block: Option<Block>, inst: Option<InstId>, message: String) -> Result {
        Err(Box::new(VerifyError {
            function: Some(self.function.name.clone()),
            block,
            inst: inst.map(|inst| print_inst(self.program, self.function, inst)),
            message,
        }))
    }
}
