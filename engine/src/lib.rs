//! Everything between the command line and the stations: [`pipeline`] runs them in order, [`run`] makes something of the
//! IR, [`dump`] prints what comes out of each, [`explain`] says what queries will do, [`suite`] holds every emitter against what test programs say.

mod batches;
pub mod call;
pub mod compare;
mod data;
mod debug_info;
pub mod disassemble;
pub mod dump;
mod eval;
pub mod evaluate;
pub mod explain;
pub mod link;
mod load;
pub mod native;
pub mod perf_map;
pub mod pipeline;
mod placed;
pub mod run;
pub mod source;
pub mod suite;
pub mod testing;
pub mod timing;

pub use mochi_emit::EmitError;
pub use mochi_hir::Edition;
pub use mochi_ir::program::Program;
pub use mochi_ir::sites;
pub use mochi_runtime::stack::on_big_stack;
pub use mochi_runtime::{Allocator, Runtime, interrupt, leave};
