//! The typed SSA IR that every emitter reads: its table of ops ([`op`]) and what the scalar ones mean ([`sem`]), programs
//! made of them ([`program`], [`types`]), how to build one ([`builder`], [`facts`]) and its text form ([`text`]).
//!
//! What is asked of a program by whoever comes after: whether it is right ([`verify`]), how control flows ([`cfg`]), where
//! values are needed ([`liveness`]) and live ([`slots`]), which places can stop it ([`sites`]), and what it does
//! ([`eval`]).
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
