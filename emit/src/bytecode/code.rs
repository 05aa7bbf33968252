//! A program in bytecode: what the emitter makes and the interpreter runs.

use super::instruction::{Opcode, Word, call_word};
use mochi_ir::program::Program;

/// A program in bytecode.
#[derive(Debug)]
pub struct Code {
    /// The way out ([`EXIT`]), then every function: its function word, what its start sets, its blocks.
    pub(super) words: Vec<Word>,
    /// By function, where its first instruction is.
    pub(super) entries: Vec<u32>,
    /// Where each instruction is that can trap or call, ascending, with the number of its site.
    pub(super) sites: Vec<(u32, u32)>,
    /// The number of the function to begin with.
    pub(super) main: u32,
    /// How many strings and globals the program has.
    pub(super) strings: usize,
    pub(super) globals: usize,
}

/// Where the way back of the outermost frame leads: behind the call word that puts its result in slot 0.
pub(super) const EXIT: usize = 1;

impl Code {
    pub(super) fn new(program: &Program) -> Code {
        Code {
            words: vec![call_word(0, 0, 0), Word::new(Opcode::Halt, 0, 0, 0)],
            entries: Vec::with_capacity(program.functions.len()),
            sites: Vec::new(),
            main: program.main.0,
            strings: program.strings.len(),
            globals: program.globals.len(),
        }
    }

    /// How much memory the code takes, in bytes.
    pub fn size(&self) -> usize {
        size_of_val(&*self.words) + size_of_val(&*self.entries) + size_of_val(&*self.sites)
    }

    /// The site of the instruction that `position` is in.
    pub(super) fn site(&self, position: usize) -> Option<u32> {
        let after = self.sites.partition_point(|&(at, _)| at as usize <= position);
        Some(self.sites.get(after.checked_sub(1)?)?.1)
    }
}
