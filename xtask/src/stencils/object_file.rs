//! An object file in, the code of its functions out, and the symbols that it refers to.

use object::read::elf::ElfFile64;
use object::{
    Architecture, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, elf,
};
use std::collections::HashMap;

/// A function's code.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) bytes: Vec<u8>,
    pub(crate) references: Vec<Reference>,
}

/// Four bytes of code that hold a symbol's address, or some of it.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) at: usize,
    pub(crate) symbol: String,
    pub(crate) form: Form,
}

/// How an address is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The distance of a branch.
    Branch,
    /// A signed number.
    Number,
    /// The distance of its page, in the field of an instruction.
    Page,
    /// Where it is in its page, in the field of an instruction.
    InPage,
}

/// Every function by its name. Each **must** be in a section of its own.
pub(crate) fn functions(bytes: &[u8]) -> Result<HashMap<String, Function>, String> {
    let file: ElfFile64 = ElfFile64::parse(bytes).map_err(|error| error.to_string())?;
    let mut functions = HashMap::new();
    for section in file.sections() {
        let name = section.name().map_err(|error| error.to_string())?;
        let Some(name) = name.strip_prefix(".text.") else { continue };
        let mut references = Vec::new();
        for (at, relocation) in section.relocations() {
            let RelocationTarget::Symbol(symbol) = relocation.target() else {
                return Err(format!("`{name}` refers to something that is no symbol"));
            };
            let symbol = file.symbol_by_index(symbol).and_then(|symbol| symbol.name());
            let symbol = symbol.map_err(|error| error.to_string())?.to_owned();
            let RelocationFlags::Elf { r_type, .. } = relocation.flags() else {
                return Err(format!("`{name}` has a relocation of another kind of file"));
            };
            let (form, addend) = match (file.architecture(), r_type) {
                (Architecture::X86_64, elf::R_X86_64_PLT32 | elf::R_X86_64_PC32) => {
                    (Form::Branch, -4)
                }
                // Signed. `R_X86_64_32` would give a negative number another value in 64 bits.
                (Architecture::X86_64, elf::R_X86_64_32S) => (Form::Number, 0),
                (Architecture::Aarch64, elf::R_AARCH64_JUMP26 | elf::R_AARCH64_CONDBR19) => {
                    (Form::Branch, 0)
                }
                (Architecture::Aarch64, elf::R_AARCH64_ADR_PREL_PG_HI21) => (Form::Page, 0),
                (Architecture::Aarch64, elf::R_AARCH64_ADD_ABS_LO12_NC) => (Form::InPage, 0),
                (_, other) => {
                    return Err(format!("`{name}` refers to `{symbol}` by relocation {other:?}"));
                }
            };
            if relocation.addend() != addend {
                return Err(format!("`{name}` refers to something near `{symbol}`"));
            }
            references.push(Reference { at: at as usize, symbol, form });
        }
        let bytes = section.data().map_err(|error| error.to_string())?.to_vec();
        functions.insert(name.to_owned(), Function { bytes, references });
    }
    Ok(functions)
}
