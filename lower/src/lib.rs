//! HIR → IR: a checked program goes in, a program of typed SSA functions comes out.
//!
//! Structured control flow is turned into blocks as it is met, and every variable's current value is
//! known while it is ([`flow`]), so that SSA form needs no second pass. Invariants:
//! - Each function is lowered once per list of type arguments that it is used with ([`program`]).
//! - No `dup` or `drop` is written: who owns what follows from the table of ops, and `opt` places them.
//! - Every instruction **must** carry the span that an error at it should point at.
//! - The work is linear in the program: a branch costs what is assigned in it, not what is visible.
#![forbid(unsafe_code)]

mod access;
mod agent;
mod builtin;
mod call;
mod closure;
mod convert;
mod cycles;
mod data;
mod early;
mod expr;
mod flow;
mod function;
mod lift;
mod logic;
mod operands;
mod operator;
mod pattern;
mod place;
mod program;
mod query;
mod repr;
mod shapes;
mod shim;
mod stmt;
mod stream;
mod writes;

use mochi_base::{Diagnostic, Interner};
use mochi_hir::hir::Hir;
use mochi_ir::program::Program;

pub use query::{Line, Part, QueryPlan};

/// Lowers a checked program; what comes back as an error is what the program uses and cannot be run.
pub fn lower(hir: &Hir, interner: &Interner) -> Result<Program, Vec<Diagnostic>> {
    program::Lowering::new(hir, interner).run()
}

/// Lowers a text for `eval`: a program that gives the value of its last statement, which is an expression.
pub fn lower_text(hir: &Hir, interner: &Interner) -> Result<Program, Vec<Diagnostic>> {
    let mut lowering = program::Lowering::new(hir, interner);
    lowering.gives_value = true;
    lowering.run()
}

/// The plans of all queries that a program can reach, in the order of the source.
pub fn explain(hir: &Hir, interner: &Interner) -> Result<Vec<QueryPlan>, Vec<Diagnostic>> {
    let mut lowering = program::Lowering::new(hir, interner);
    lowering.plans = Some(Vec::new());
    let (_, mut plans) = lowering.run_with_plans()?;
    plans.sort_by_key(|plan| (plan.span.start, std::cmp::Reverse(plan.span.end)));
    Ok(plans)
}
