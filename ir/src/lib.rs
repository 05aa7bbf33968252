//! The typed SSA IR that every emitter reads: its table of ops ([`op`]), programs made of them
//! ([`program`]), how to build one ([`builder`]) and its text form ([`text`]); the numbers of the places that can stop
//! a program ([`sites`]).
#![forbid(unsafe_code)]

pub mod builder;
pub mod cfg;
pub mod eval;
pub mod facts;
#[cfg(any(test, feature = "testing"))]
pub mod filetest;
pub mod liveness;
pub mod op;
pub mod program;
#[cfg(any(test, feature = "testing"))]
pub mod random;
pub mod sem;
pub mod sites;
pub mod slots;
pub mod text;
pub mod types;
pub mod verify;
