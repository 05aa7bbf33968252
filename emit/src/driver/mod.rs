//! What all emitters of machine code share: which values need a place and where each one lives ([`plan`], [`placement`]), in which
//! order simultaneous moves happen ([`moves`]), and what comes out ([`code`]).
//!
//! Nothing here knows an instruction set: an emitter describes its registers ([`Registers`]) and which instructions call
//! something, and gets a place per value. Quality is where values live: a value has one place from its definition to its last
//! use, a register when there is one for it, else a slot of the frame.
//!
//! - Constants have no place: they are operands where they are used.
//! - A comparison that only the branch at the end of its block reads has none either: the branch compares.

pub mod code;
pub mod moves;
pub mod placement;
pub mod plan;

pub use placement::{Place, Registers};
pub use plan::Plan;
