//! Types, name resolution, inference, pattern checks, editions: AST in, typed HIR out.

pub mod hir;
pub mod types;
