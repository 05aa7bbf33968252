//! The typed SSA IR that every emitter reads: its table of ops ([`op`]), what the scalar ones mean
//! ([`sem`]), programs made of them ([`program`]) and how to build one ([`builder`]).
#![forbid(unsafe_code)]

pub mod builder;
pub mod op;
pub mod program;
pub mod types;
