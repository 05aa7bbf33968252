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
use mochi_syntax::{Ast, ast};

pub use dump::dump;
pub use edition::{Edition, Rules};
pub use hir::Hir;

/// Checks a program in one edition. In debug builds the verifier stands at the door out.
pub fn check(ast: &Ast, interner: &mut Interner, edition: Edition) -> (Hir, Vec<Diagnostic>) {
    let rules = edition.rules();
    let mut checked = check::check_program(ast, interner, rules);
    if rules.mixed_lists && !checked.1.is_empty() {
        // Lists that start empty and are filled with anything have no item type to be found.
        let rules = Rules { infer_empty_literals: false, ..rules };
        let dynamic = check::check_program(ast, interner, rules);
        if dynamic.1.is_empty() {
            checked = dynamic;
        }
    }
    if cfg!(debug_assertions)
        && checked.1.is_empty()
        && is_whole(ast)
        && let Err(problems) = verify::verify(&checked.0)
    {
        panic!("the checker has accepted a program that is not well typed:\n{problems}");
    }
    checked
}

/// Whether the parser understood all of the program.
fn is_whole(ast: &Ast) -> bool {
    !(ast.exprs.iter().any(|expr| matches!(expr.kind, ast::ExprKind::Error))
        || ast.stmts.iter().any(|statement| matches!(statement.kind, ast::StmtKind::Error))
        || ast.patterns.iter().any(|pattern| matches!(pattern.kind, ast::PatternKind::Error))
        || ast.types.iter().any(|ty| matches!(ty.kind, ast::TypeKind::Error))
        || ast.type_decls.iter().any(|declared| matches!(declared.kind, ast::TypeDeclKind::Error)))
}
