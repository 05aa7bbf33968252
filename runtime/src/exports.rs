//! The runtime's functions as others call them, made from the rows of the table: a row without a function or with
//! another signature does not compile.

use mochi_abi::functions::{RuntimeFunction, RuntimeTable};
use mochi_abi::layout::Context;

use crate::words::Word;

/// A runtime function for callers that have only words: takes as many as the row has arguments, floats as their bits;
/// gives the result as a word, 0 for none. The arguments **must** be of the row's types, and owned where it says so.
pub type Thunk = fn(*mut Context, &[u64]) -> u64;

#[cold]
fn wrong_count(name: &str, count: usize) -> ! {
    panic!("runtime function {name} called with {count} words")
}

macro_rules! export_functions {
    ($( $(#[$doc:meta])* $variant:ident $name:ident ($($arg:ident : $($ty:ident)+),*) -> $result:ident [$($effect:ident)|+]; )*) => {
        /// For the linker.
        mod symbols {
            use super::*;
            $(
                #[unsafe(export_name = concat!("mochi_", stringify!($name)))]
                pub(super) extern "C" fn $name(
                    context: *mut Context $(, $arg: mochi_abi::abi_type!($($ty)+))*
                ) -> mochi_abi::abi_type!($result) {
                    super::rows::$name(context $(, $arg)*)
                }
            )*
        }

        /// For callers that have only words.
        mod thunks {
            use super::*;
            $(
                pub(super) fn $name(context: *mut Context, words: &[u64]) -> u64 {
                    let &[$($arg),*] = words else { wrong_count(stringify!($name), words.len()) };
                    super::rows::$name(context $(, Word::from_word($arg))*).into_word()
                }
            )*
        }

        /// Where each runtime function is, for machine code in this process.
        pub static TABLE: RuntimeTable = RuntimeTable { $($name: symbols::$name),* };

        /// Each runtime function by its number, for callers that have only words.
        pub static THUNKS: [Thunk; RuntimeFunction::ALL.len()] = [$(thunks::$name),*];
    };
}
mochi_abi::for_each_runtime_function!(export_functions);

/// All functions that implement rows, by name.
mod rows {
    pub(super) use crate::any::*;
    pub(super) use crate::big::*;
    pub(super) use crate::cycles::ref_watch;
    pub(super) use crate::equality::{any_eq, list_eq, map_eq, ref_eq};
    pub(super) use crate::eval::{eval, eval_result};
    pub(super) use crate::events::{event_current, event_emit, event_handler, event_listen};
    pub(super) use crate::fetch::fetch;
    pub(super) use crate::generate::{generate, model};
    pub(super) use crate::list::*;
    pub(super) use crate::list_rows::{list_part_rows, list_pick};
    pub(super) use crate::list_set::*;
    pub(super) use crate::list_sort::{list_sort, list_sort_by};
    pub(super) use crate::list_sum::*;
    pub(super) use crate::logic::{logic_fact, logic_query, logic_rule};
    pub(super) use crate::map::*;
    pub(super) use crate::memory::{any_drop, any_dup, mem, ref_drop, ref_dup, ref_free};
    pub(super) use crate::number::*;
    pub(super) use crate::print::*;
    pub(super) use crate::process::*;
    pub(super) use crate::record::*;
    pub(super) use crate::rows::{load, rows_next, rows_open, rows_take};
    pub(super) use crate::save::save;
    pub(super) use crate::sort_rows::list_row_order;
    pub(super) use crate::str::*;
    pub(super) use crate::strings::*;
    pub(super) use crate::trap::{expect_failed, poll, raise, raise_text, trace};
    pub(super) use crate::world::*;
}
