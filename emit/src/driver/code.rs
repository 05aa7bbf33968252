//! What emitters of machine code make of a program: bytes, what must be filled in where they are loaded, where the functions
//! begin, and which site each return address belongs to. Plain data.

use mochi_abi::functions::RuntimeFunction;
use mochi_ir::program::{FunctionId, StrId};
use mochi_ir::types::Type;

/// So many arguments that are not floats are passed in registers.
pub const INT_ARGUMENTS: usize = 7;
/// So many floats.
pub const FLOAT_ARGUMENTS: usize = 8;

/// A program as machine code.
#[derive(Debug, Clone, Default)]
pub struct Code {
    pub bytes: Vec<u8>,
    /// What the words at these places must be, in order of the places.
    pub addresses: Vec<(u32, Address)>,
    /// The functions that it has, in the order in which they lie.
    pub functions: Vec<FunctionId>,
    /// Where each of them begins.
    pub entries: Vec<u32>,
    /// Where the code of each ends; what belongs to all comes after the last one.
    pub ends: Vec<u32>,
    /// Where the entry of each by the platform's C ABI begins; only when it was asked for.
    pub outer: Vec<u32>,
    /// The door: `extern "C" fn(context, address of a function, *mut Image)`.
    pub door: u32,
    /// What [`mochi_abi::layout::Context::functions`] must hold for functions of the program that are nowhere yet: code that has
    /// [`Address::Compile`] called. Absent when all are here.
    pub compile: Option<u32>,
    /// Return addresses and their sites, in order.
    pub sites: Vec<(u32, u32)>,
    /// Where code that belongs to no function begins, and what it is called, in order.
    pub stubs: Vec<(u32, &'static str)>,
    /// Where the code of instructions begins, and the byte of the source that each came from, in order; only when it was asked
    /// for.
    pub lines: Vec<(u32, u32)>,
    /// From which place on the caller is found in which way, in order; only when it was asked for.
    pub frames: Vec<(u32, Frame)>,
    /// How many words of arguments go through memory at most.
    pub spilled_arguments: u32,
    /// Functions that are left to the interpreter, in order: their entries lead there.
    pub interpreted: Vec<FunctionId>,
    pub main: u32,
}

impl Code {
    /// The site whose return address this is, as a distance from the start of the code.
    pub fn site(&self, at: u32) -> Option<u32> {
        let place = self.sites.binary_search_by_key(&at, |&(place, _)| place).ok()?;
        Some(self.sites[place].1)
    }
}

/// How the caller of running code is found: what a debugger must know. Registers have the numbers that DWARF gives them.
///
/// Everything counts from where the stack pointer was when the caller had not called yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// That place is so many words above what this register holds.
    pub base: u16,
    pub words: u16,
    /// Where the caller's registers are. Any other is as it was.
    pub kept: &'static [(u16, Kept)],
}

/// Where a register of the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// So many words below.
    Below(u16),
    In(u16),
}

/// What is only known when code is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Address {
    Runtime(RuntimeFunction),
    /// The constant string itself, not its place.
    Str(StrId),
    /// The strings of one ASCII character, each in [`mochi_runtime::CHARACTER`] bytes.
    Characters,
    /// The words that arguments without a register are passed in.
    Arguments,
    /// `extern "C" fn(context, frame, return address)`: tells the runtime which calls a trap leaves.
    Unwind,
    /// `extern "C" fn(context, number of a function, *mut Image) -> usize`: the function runs in the interpreter. Gives the entry
    /// of the function to go on with, whose arguments the image has then, or 0 when the image has the result.
    Interpret,
    /// The same for a function that is called for the first time: it is compiled, and its entry is where to go on.
    Compile,
}

/// What the registers hold when a function is entered from outside, and what they hold when it returns.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Image {
    pub ints: [u64; INT_ARGUMENTS],
    pub floats: [u64; FLOAT_ARGUMENTS],
    pub int_result: u64,
    pub float_result: u64,
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentPlace {
    /// The integer register with this number among those for arguments.
    Int(usize),
    Float(usize),
    /// The word with this number in memory.
    Memory(usize),
}

/// Gives arguments their places one after the other.
#[derive(Debug, Default, Clone)]
pub struct ArgumentPlaces {
    ints: usize,
    floats: usize,
    memory: usize,
}

impl ArgumentPlaces {
    /// The place of the next argument.
    pub fn next(&mut self, ty: Type) -> ArgumentPlace {
        let is_float = ty == Type::F64;
        let (count, most) = if is_float {
            (&mut self.floats, FLOAT_ARGUMENTS)
        } else {
            (&mut self.ints, INT_ARGUMENTS)
        };
        *count += 1;
        match *count - 1 {
            number if number >= most => {
                self.memory += 1;
                ArgumentPlace::Memory(self.memory - 1)
            }
            number if is_float => ArgumentPlace::Float(number),
            number => ArgumentPlace::Int(number),
        }
    }

    /// How many words went to memory.
    pub fn in_memory(&self) -> usize {
        self.memory
    }
}
