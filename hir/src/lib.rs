//! Syntax tree in, typed program out: types, name resolution, inference, pattern checks, editions.
//!
//! [`check`] gives a [`hir::Hir`] in which every expression has a type and every conversion is an
//! expression of its own; it may be run only if no diagnostic is an error. The edition is a set of
//! named [`Rules`]; which edition a program is checked in is for the caller to choose.

#![forbid(unsafe_code)]

mod check;
mod display;
mod dump;
mod edition;
pub mod hir;
mod infer;
pub mod shims;
pub mod types;
pub mod verify;

use mochi_base::{Diagnostic, Interner};
use mochi_syntax::Ast;

pub use dump::dump;
pub use edition::{Edition, Rules};
pub use hir::Hir;

/// Checks a program in one edition.
pub fn check(ast: &Ast, interner: &mut Interner, edition: Edition) -> (Hir, Vec<Diagnostic>) {
    let rules = edition.rules();
    let checked = check::check_program(ast, interner, rules);
    if rules.infer_empty_literals && rules.mixed_lists && !checked.1.is_empty() {
        // Lists that start empty and are filled with anything have no item type to be found.
        let relaxed =
            check::check_program(ast, interner, Rules { infer_empty_literals: false, ..rules });
        if relaxed.1.is_empty() {
            return relaxed;
        }
    }
    checked
}
