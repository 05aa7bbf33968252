//! A program's machine code as text: IR goes in, instructions come out, with the names of what they refer to.

#[cfg(target_arch = "aarch64")]
#[path = "disassemble/a64.rs"]
mod machine;
#[cfg(not(target_arch = "aarch64"))]
#[path = "disassemble/x64.rs"]
mod machine;

use crate::native::{Maker, Options};
use machine::Decoder;
use mochi_base::Sources;
use mochi_emit::EmitError;
use mochi_emit::driver::code::{Address, Code};
use mochi_ir::program::Program;
use mochi_ir::sites::Sites;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// Only functions of this name.
    pub function: Option<&'a str>,
    /// The bytes of each instruction.
    pub bytes: bool,
    /// The lines of the program that the code came from.
    pub source: bool,
}

/// The machine code that an emitter makes of a program that is compiled as a whole.
pub fn disassemble(
    sources: &Sources,
    program: &Program,
    maker: Maker,
    shown: Shown,
) -> Result<String, EmitError> {
    let options = Options { lines: shown.source, ..Options::default() };
    let code = maker.compile(program, &Sites::new(program), options)?;
    let mut writer = Writer {
        text: String::new(),
        code: &code,
        sources,
        decoder: Decoder::new(names(program, &code)),
        shown,
    };
    for (number, function) in program.functions.iter().enumerate() {
        if shown.function.is_none_or(|name| *function.name == *name) {
            writer.line(format_args!("{}:", function.name));
            writer.instructions(code.entries[number], code.ends[number]);
            writer.line(format_args!(""));
        }
    }
    if shown.function.is_none() {
        let pool = code.addresses.first().map_or(code.bytes.len() as u32, |&(at, _)| at);
        let ends = code.stubs.iter().skip(1).map(|&(at, _)| at).chain([pool]);
        for (&(start, name), end) in code.stubs.iter().zip(ends) {
            writer.line(format_args!("<{name}>:"));
            writer.instructions(start, end);
            writer.line(format_args!(""));
        }
    }
    Ok(writer.text)
}

/// What lies at which place of the code.
fn names(program: &Program, code: &Code) -> BTreeMap<u64, String> {
    let functions = program.functions.iter().zip(&code.entries);
    let functions = functions.map(|(function, &entry)| (entry, function.name.to_string()));
    let stubs = code.stubs.iter().map(|&(at, name)| (at, format!("<{name}>")));
    let words = code.addresses.iter().map(|&(at, address)| {
        let name = match address {
            Address::Runtime(function) => function.row().symbol.to_owned(),
            Address::Str(string) => {
                format!("string {:?}", program.strings[string.index()])
            }
            Address::Characters => String::from("<characters>"),
            Address::Arguments => String::from("<arguments>"),
            Address::Unwind => String::from("<unwind>"),
            Address::Interpret => String::from("<interpret>"),
            Address::Compile => String::from("<compile>"),
        };
        (at, name)
    });
    functions.chain(stubs).chain(words).map(|(at, name)| (u64::from(at), name)).collect()
}

struct Writer<'a> {
    text: String,
    code: &'a Code,
    sources: &'a Sources,
    decoder: Decoder,
    shown: Shown<'a>,
}

impl Writer<'_> {
    fn line(&mut self, line: std::fmt::Arguments) {
        writeln!(self.text, "{line}").expect("writing to a string does not fail");
    }

    fn instructions(&mut self, start: u32, end: u32) {
        let code = self.code;
        let mut last = ("", 0);
        let mut at = start;
        while at < end {
            let (len, text) = self.decoder.next(&code.bytes[at as usize..end as usize], at);
            if let Some(byte) = self.byte_at(at) {
                let place = self.sources.place(byte);
                let (_, text) = self.sources.file_at(byte);
                if (place.path, place.line) != last {
                    last = (place.path, place.line);
                    let text = text.lines().nth(place.line as usize - 1).unwrap_or_default();
                    let line =
                        format!("          ; {}:{}: {}", place.path, place.line, text.trim());
                    self.line(format_args!("{line}"));
                }
            }
            if self.shown.bytes {
                let bytes: String = code.bytes[at as usize..at as usize + len]
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                self.line(format_args!("{at:8x}  {bytes:30}  {text}"));
            } else {
                self.line(format_args!("{at:8x}  {text}"));
            }
            at += len as u32;
        }
    }

    /// The byte of the source that the IR instruction came from whose code begins here.
    fn byte_at(&self, at: u32) -> Option<u32> {
        let place = self.code.lines.binary_search_by_key(&at, |&(place, _)| place).ok()?;
        Some(self.code.lines[place].1)
    }
}
