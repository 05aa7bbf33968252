//! Instructions of x86-64 as text.

use iced_x86::{
    DecoderOptions, Formatter, Instruction, IntelFormatter, MemorySizeOptions, OpKind,
    SymbolResolver, SymbolResult,
};
use std::collections::BTreeMap;

/// See the file's header.
pub(super) struct Decoder {
    formatter: IntelFormatter,
}

struct Names(BTreeMap<u64, String>);

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _: u32,
        _: Option<u32>,
        address: u64,
        _: u32,
    ) -> Option<SymbolResult<'_>> {
        // Other numbers are no places, even when one is the same.
        let is_branch =
            instruction.op_count() > 0 && instruction.op0_kind() == OpKind::NearBranch64;
        if !is_branch && !instruction.is_ip_rel_memory_operand() {
            return None;
        }
        self.0.get(&address).map(|name| SymbolResult::with_str(address, name))
    }
}

impl Decoder {
    pub(super) fn new(names: BTreeMap<u64, String>) -> Decoder {
        Decoder { formatter: formatter(names) }
    }

    /// The first instruction of some code at a place: how many bytes it has, and its text.
    pub(super) fn next(&mut self, code: &[u8], at: u32) -> (usize, String) {
        let mut decoder = iced_x86::Decoder::with_ip(64, code, at.into(), DecoderOptions::NONE);
        let instruction = decoder.decode();
        let mut text = String::new();
        self.formatter.format(&instruction, &mut text);
        (instruction.len(), text)
    }
}

fn formatter(names: BTreeMap<u64, String>) -> IntelFormatter {
    let mut formatter = IntelFormatter::with_options(Some(Box::new(Names(names))), None);
    let options = formatter.options_mut();
    options.set_first_operand_char_index(8);
    options.set_space_after_operand_separator(true);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_branch_leading_zeros(false);
    options.set_small_hex_numbers_in_decimal(true);
    options.set_memory_size_options(MemorySizeOptions::Minimal);
    options.set_show_symbol_address(false);
    options.set_rip_relative_addresses(false);
    formatter
}
