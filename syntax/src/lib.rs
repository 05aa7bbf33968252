//! Text in, syntax tree out: tokens, the tree, the parser with its recovery.
//!
//! `parse` always gives a tree; what is wrong with the text is said in diagnostics beside it, in the
//! order of the source.

#![forbid(unsafe_code)]

pub mod ast;
mod dump;
mod lexer;
mod parser;
pub mod token;
mod unicode;
mod validate;

use mochi_base::{Diagnostic, Interner};

pub use ast::Ast;
pub use dump::{dump_ast, dump_tokens};
pub use lexer::lex;
pub use validate::validate_2026;

/// How deep expressions, statements, types and patterns may nest in one another.
pub const MAX_DEPTH: u32 = 256;

/// How many findings are reported at most; the parser stops looking after as many.
pub const MAX_ERRORS: usize = 100;

/// The syntax tree of `source`, and everything that is wrong with its syntax in any edition. What
/// only one edition demands is said by [`validate_2026`].
pub fn parse(source: &str, interner: &mut Interner) -> (Ast, Vec<Diagnostic>) {
    let (mut ast, diagnostics) = parser::parse(source, 0, Ast::default(), interner);
    ast.packages = vec![ast::Package { files: vec![0] }];
    (ast, diagnostics)
}

/// Adds another file of the program to its tree: the one that reaches from `start` to the end of `source`. Which
/// package it belongs to is for the caller to say in `Ast::packages`.
pub fn parse_more(
    source: &str,
    start: usize,
    ast: &mut Ast,
    interner: &mut Interner,
) -> Vec<Diagnostic> {
    let (grown, diagnostics) = parser::parse(source, start, std::mem::take(ast), interner);
    *ast = grown;
    diagnostics
}
