//! An object file in, the code of its functions out, and the symbols that it refers to.

use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, elf};
use std::collections::HashMap;

/// A function's code.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) bytes: Vec<u8>,
    pub(crate) references: Vec<Reference>,
}

/// Four bytes of code that hold a symbol's address.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) at: usize,
    pub(crate) symbol: String,
    /// As a distance from behind the four bytes; else as a signed number.
    pub(crate) is_relative: bool,
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
            let (is_relative, addend) = match r_type {
                elf::R_X86_64_PLT32 | elf::R_X86_64_PC32 => (true, -4),
                // Signed. `R_X86_64_32` would give a negative number another value in 64 bits.
                elf::R_X86_64_32S => (false, 0),
                other => {
                    return Err(format!("`{name}` refers to `{symbol}` by relocation {other:?}"));
                }
            };
            if relocation.addend() != addend {
                return Err(format!("`{name}` refers to something near `{symbol}`"));
            }
            references.push(Reference { at: at as usize, symbol, is_relative });
        }
        let bytes = section.data().map_err(|error| error.to_string())?.to_vec();
        functions.insert(name.to_owned(), Function { bytes, references });
    }
    Ok(functions)
}
