//! What a debugger must know of code that was made in memory: code where it lies goes in, an ELF object comes out.
//!
//! The object is what gdb's interface for compilers in memory wants ("JIT Compilation Interface" in gdb's manual): relocatable,
//! with an empty text section that says where the code lies, a symbol per function, and DWARF 4 whose addresses are in place
//! already. Functions, lines and frames are described: with these a debugger sets breakpoints at lines of Mochi and walks from
//! machine code through the door to the frames of Rust.

use crate::placed::{Extent, Placed};
use gimli::write::{
    Address, AttributeValue, CallFrameInstruction, CommonInformationEntry, DebugFrame, DwarfUnit,
    EndianVec, Expression, FileId, FrameDescriptionEntry, FrameTable, LineProgram, LineString,
    Sections,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian, Register};
use mochi_emit::driver::code::{Frame, Kept};
use object::elf;
use object::write::StringId;
use object::write::elf::{FileHeader, SectionHeader, Sym, Writer};

const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };

/// This machine, and the number that stands for the return address by its ABI.
const MACHINE: (elf::Machine, Register) = if cfg!(target_arch = "aarch64") {
    (elf::EM_AARCH64, Register(30))
} else {
    (elf::EM_X86_64, Register(16))
};

const WORD: i32 = size_of::<u64>() as i32;

/// Debuggers must be told a language that they know the syntax of expressions of.
const LANGUAGE: gimli::DwLang = gimli::DW_LANG_C99;

/// The object for a debugger.
pub(crate) fn object(placed: &Placed) -> Vec<u8> {
    let extents = placed.extents();
    let mut sections = units(placed, &extents);
    // Where a machine notes none, debuggers find callers by reading the code.
    if extents.iter().any(|extent| !placed.frames(extent).is_empty()) {
        sections.push((".debug_frame", frames(placed, &extents)));
    }
    let mut bytes = Vec::new();
    write(placed, &extents, &sections, &mut bytes).expect("an object of this size can be written");
    bytes
}

/// The folder that the paths of source files start from.
fn folder() -> String {
    std::env::current_dir().map_or_else(|_| String::from("."), |path| path.display().to_string())
}

/// Functions and lines, as sections.
fn units(placed: &Placed, extents: &[Extent]) -> Vec<(&'static str, Vec<u8>)> {
    let main = placed.sources.main_path();
    let folder = folder();
    let name = |text: &str| LineString::String(text.as_bytes().to_vec());
    let mut unit = DwarfUnit::new(ENCODING);
    let mut lines =
        LineProgram::new(ENCODING, LineEncoding::default(), name(&folder), None, name(main), None);
    let folder_id = lines.default_directory();
    let files = placed.sources.files().iter();
    let files: Vec<FileId> =
        files.map(|file| lines.add_file(name(&file.path), folder_id, None)).collect();
    for extent in extents.iter().filter(|extent| extent.byte.is_some()) {
        lines.begin_sequence(Some(Address::Constant(placed.address(extent.start))));
        let mut last = None;
        for &(at, byte) in placed.lines(extent) {
            let place = placed.file_line(byte);
            if last == Some(place) {
                continue;
            }
            last = Some(place);
            let row = lines.row();
            row.address_offset = u64::from(at - extent.start);
            row.file = files[place.0];
            row.line = place.1.into();
            lines.generate_row();
        }
        lines.end_sequence(extent.len().into());
    }
    unit.unit.line_program = lines;

    let root = unit.unit.root();
    let text = |text: &str| AttributeValue::String(text.as_bytes().to_vec());
    let address = |at| AttributeValue::Address(Address::Constant(placed.address(at)));
    let entry = unit.unit.get_mut(root);
    entry.set(gimli::DW_AT_producer, text(concat!("mochi ", env!("CARGO_PKG_VERSION"))));
    entry.set(gimli::DW_AT_language, AttributeValue::Language(LANGUAGE));
    entry.set(gimli::DW_AT_name, text(main));
    entry.set(gimli::DW_AT_comp_dir, text(&folder));
    entry.set(gimli::DW_AT_low_pc, address(0));
    entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(placed.len().into()));
    for extent in extents {
        let id = unit.unit.add(root, gimli::DW_TAG_subprogram);
        let entry = unit.unit.get_mut(id);
        entry.set(gimli::DW_AT_name, text(&extent.name));
        entry.set(gimli::DW_AT_external, AttributeValue::Flag(true));
        if let Some(byte) = extent.byte {
            let (file, line) = placed.file_line(byte);
            entry.set(gimli::DW_AT_decl_file, AttributeValue::FileIndex(Some(files[file])));
            entry.set(gimli::DW_AT_decl_line, AttributeValue::Udata(line.into()));
        }
        entry.set(gimli::DW_AT_low_pc, address(extent.start));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(extent.len().into()));
        let frame = Expression::raw(vec![gimli::DW_OP_call_frame_cfa.0]);
        entry.set(gimli::DW_AT_frame_base, AttributeValue::Exprloc(frame));
    }

    let mut written = gimli::write::Sections::new(EndianVec::new(LittleEndian));
    unit.write(&mut written).expect("addresses are constants, and all references are to this unit");
    copied(&written)
}

fn copied(written: &Sections<EndianVec<LittleEndian>>) -> Vec<(&'static str, Vec<u8>)> {
    let mut sections = Vec::new();
    let done: Result<(), gimli::write::Error> = written.for_each(|id, bytes| {
        if !bytes.slice().is_empty() {
            sections.push((id.name(), bytes.slice().to_vec()));
        }
        Ok(())
    });
    done.expect("copying does not fail");
    sections
}

/// How to find the caller from any instruction.
fn frames(placed: &Placed, extents: &[Extent]) -> Vec<u8> {
    let mut table = FrameTable::default();
    let cie = CommonInformationEntry::new(ENCODING, 1, -WORD as i8, MACHINE.1);
    let cie = table.add_cie(cie);
    for extent in extents {
        let start = Address::Constant(placed.address(extent.start));
        let mut entry = FrameDescriptionEntry::new(start, extent.len());
        let mut last: &[(u16, Kept)] = &[];
        for &(at, frame) in placed.frames(extent) {
            for instruction in rules(frame, last) {
                entry.add_instruction(at - extent.start, instruction);
            }
            last = frame.kept;
        }
        table.add_fde(cie, entry);
    }
    let mut frames = DebugFrame::from(EndianVec::new(LittleEndian));
    table.write_debug_frame(&mut frames).expect("addresses are constants");
    frames.0.into_vec()
}

/// What changes where the caller is found like this from now on, and its registers were there before.
fn rules(frame: Frame, before: &[(u16, Kept)]) -> Vec<CallFrameInstruction> {
    let mut rules =
        vec![CallFrameInstruction::Cfa(Register(frame.base), i32::from(frame.words) * WORD)];
    for &(register, _) in before {
        if frame.kept.iter().all(|&(kept, _)| kept != register) {
            rules.push(CallFrameInstruction::SameValue(Register(register)));
        }
    }
    for kept in frame.kept.iter().filter(|kept| !before.contains(kept)) {
        let register = Register(kept.0);
        rules.push(match kept.1 {
            Kept::Below(words) => CallFrameInstruction::Offset(register, -i32::from(words) * WORD),
            Kept::In(other) => CallFrameInstruction::Register(register, Register(other)),
        });
    }
    rules
}

/// Sections and symbols, in the order in which they lie in the object.
fn write(
    placed: &Placed,
    extents: &[Extent],
    sections: &[(&'static str, Vec<u8>)],
    bytes: &mut Vec<u8>,
) -> object::write::Result<()> {
    let mut writer = Writer::new(object::Endianness::Little, true, bytes);
    writer.reserve_file_header();
    writer.reserve_null_section_index();
    let text_name = writer.add_section_name(b".text");
    let text = writer.reserve_section_index();
    let mut lie: Vec<(StringId, u64)> = Vec::new();
    for (name, bytes) in sections {
        let name = writer.add_section_name(name.as_bytes());
        writer.reserve_section_index();
        lie.push((name, writer.reserve(bytes.len() as u64, 1)));
    }
    writer.reserve_null_symbol_index();
    let names: Vec<StringId> = extents
        .iter()
        .map(|extent| {
            writer.reserve_symbol_index(Some(text));
            writer.add_string(extent.name.as_bytes())
        })
        .collect();
    writer.reserve_symtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab_section_index();
    writer.reserve_strtab()?;
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_REL,
        e_machine: MACHINE.0,
        e_entry: 0,
        e_flags: elf::FileFlags(0),
    })?;
    for (_, bytes) in sections {
        writer.write(bytes);
    }
    writer.write_null_symbol();
    for (extent, &name) in extents.iter().zip(&names) {
        writer.write_symbol(&Sym {
            section: Some(text.0),
            st_name: writer.string_offset(Some(name)),
            st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_FUNC),
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SymbolSection(0),
            st_value: extent.start.into(),
            st_size: extent.len().into(),
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    writer.write_section_header(&SectionHeader {
        sh_name: writer.section_name_offset(Some(text_name)),
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        sh_addr: placed.address(0),
        sh_offset: 0,
        sh_size: placed.len().into(),
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 16,
        sh_entsize: 0,
    });
    for ((_, bytes), &(name, offset)) in sections.iter().zip(&lie) {
        writer.write_section_header(&SectionHeader {
            sh_name: writer.section_name_offset(Some(name)),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: elf::SectionFlags(0),
            sh_addr: 0,
            sh_offset: offset,
            sh_size: bytes.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 1,
            sh_entsize: 0,
        });
    }
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(())
}
