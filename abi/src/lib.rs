//! The seam between compiled code and the runtime: what lies where in memory ([`layout`]), which
//! runtime functions there are ([`functions`]), how a program stops ([`trap`]), and what a
//! program brings along as data ([`program`]). Both sides read it; neither knows the other.
#![no_std]
#![forbid(unsafe_code)]

pub mod functions;
pub mod layout;
pub mod program;
pub mod trap;
