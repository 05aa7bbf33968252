//! A program in bytecode: what the emitter makes and the interpreter runs.

use super::SCRATCH_SLOTS;
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
    /// By function, how many parameters it has.
    pub(super) params: Vec<u32>,
    /// The first slot that is far.
    pub(super) near_slots: u32,
    /// The number of the function to begin with.
    pub(super) main: u32,
    /// How many strings and globals the program has.
    pub(super) strings: usize,
    pub(super) globals: usize,
}

/// Where the way back of the outermost frame leads: behind the call word that puts its result in slot 0.
pub(super) const EXIT: usize = 1;

/// Of an instruction that is only on the way to code elsewhere, which has sites of its own.
pub(super) const NO_SITE: u32 = u32::MAX;

impl Code {
    pub(super) fn new(program: &Program, near_slots: u32) -> Code {
        Code {
            words: vec![call_word(0, 0, 0), Word::new(Opcode::Halt, 0, 0, 0)],
            entries: Vec::with_capacity(program.functions.len()),
            sites: Vec::new(),
            params: program.functions.iter().map(|function| function.params.len() as u32).collect(),
            near_slots,
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
        let (_, site) = *self.sites.get(after.checked_sub(1)?)?;
        (site != NO_SITE).then_some(site)
    }

    /// The slot of a function's parameter.
    pub(super) fn parameter(&self, position: u32) -> u32 {
        if position < self.near_slots { position } else { position + SCRATCH_SLOTS }
    }
}
