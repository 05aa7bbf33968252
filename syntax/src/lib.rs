//! Text in, syntax tree out: tokens, the tree, the parser with its recovery.

#![forbid(unsafe_code)]

pub mod ast;

/// How deep expressions, statements, types and patterns may nest in one another.
pub const MAX_DEPTH: u32 = 256;

pub use ast::Ast;
