//! What Mochi programs are made of while they run: values in memory, strings, lists, maps, records, closures, printing,
//! input, and how a program stops. Rows of `mochi_abi::functions` in, their implementations out, in three forms: symbols
//! for the linker, [`TABLE`] for machine code in this process, and [`THUNKS`] for callers that have only words.
//!
//! A row is implemented by the function of its name in the file of its subject. Compiled code and interpreters **must**
//! keep the contract of `object.rs`: pointers that they hand over are null or point to live objects of their types.
//! Nothing here panics because of what a program does: it raises a trap and returns.

#![expect(unsafe_code, reason = "the runtime is where raw memory is given its meaning")]

mod access;
mod any;
mod any_arithmetic;
mod big;
mod big_number;
mod cast;
mod context;
mod cycles;
mod data;
mod equality;
mod eval;
mod events;
mod exports;
mod fetch;
mod float_text;
mod format;
mod generate;
mod hash;
mod http;
pub mod interrupt;
mod leave;
mod list;
mod list_rows;
mod list_set;
mod list_sort;
mod list_sum;
mod logic;
mod map;
mod map_order;
mod map_table;
mod md5;
mod memory;
mod number;
mod object;
mod output;
mod padding;
mod print;
mod process;
mod program;
mod record;
mod rows;
mod rust_memory;
mod save;
mod sha256;
mod sort_rows;
pub mod stack;
mod start;
mod str;
mod str_index;
mod strings;
mod sweep;
#[cfg(test)]
mod tests;
mod text;
mod trap;
mod words;
mod world;

pub use access::{Access, Callee};
pub use context::{CHARACTER, Door, Runtime, characters, host};
pub use eval::{Caller, Compiler};
pub use exports::{TABLE, THUNKS, Thunk};
pub use leave::leave;
pub use program::{FieldData, FunctionData, ProgramData, ShapeData, SignatureData};
pub use rust_memory::Allocator;
pub use start::start;
pub use trap::{KEPT_SITES, TrapFrame, TrapReport};
