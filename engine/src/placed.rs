//! Code where it lies in memory, as tools outside see it: which bytes are of which function and which line.

use mochi_base::Sources;
use mochi_emit::driver::code::{Code, Frame};
use mochi_ir::program::Program;

/// A program's code where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) program: &'a Program,
    pub(crate) code: &'a Code,
    /// The address of the code.
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// A stretch of code with a name: a function, or what all functions share.
#[derive(Debug, Clone)]
pub(crate) struct Extent {
    pub(crate) name: String,
    /// As distances from the start of the code.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where a function stands in the source.
    pub(crate) byte: Option<u32>,
}

impl Extent {
    pub(crate) fn len(&self) -> u32 {
        self.end - self.start
    }
}

impl<'a> Placed<'a> {
    pub(crate) fn address(&self, at: u32) -> u64 {
        self.start as u64 + u64::from(at)
    }

    pub(crate) fn len(&self) -> u32 {
        self.len as u32
    }

    /// Functions, then what they share, in the order in which they lie.
    pub(crate) fn extents(&self) -> Vec<Extent> {
        let code = self.code;
        let functions = code.functions.iter().zip(code.entries.iter().zip(&code.ends));
        let functions = functions.map(|(number, (&start, &end))| {
            let function = &self.program.functions[number.index()];
            let byte = Some(function.span.start);
            Extent { name: function.name.to_string(), start, end, byte }
        });
        let pool = code.addresses.first().map_or(self.len(), |&(at, _)| at);
        let ends = code.stubs.iter().skip(1).map(|&(at, _)| at).chain([pool]);
        let stubs = code.stubs.iter().zip(ends).map(|(&(start, name), end)| Extent {
            name: format!("<{name}>"),
            start,
            end,
            byte: None,
        });
        functions.chain(stubs).collect()
    }

    /// Where code begins that comes from a byte of the source.
    pub(crate) fn lines(&self, extent: &Extent) -> &'a [(u32, u32)] {
        within(&self.code.lines, extent)
    }

    /// From where on callers are found in which way.
    pub(crate) fn frames(&self, extent: &Extent) -> &'a [(u32, Frame)] {
        within(&self.code.frames, extent)
    }

    /// The number of the file that a byte of the source is in, and the line there.
    pub(crate) fn file_line(&self, byte: u32) -> (usize, u32) {
        let behind = self.sources.files().partition_point(|file| file.start <= byte);
        (behind.saturating_sub(1), self.sources.place(byte).line)
    }
}

fn within<'a, T>(all: &'a [(u32, T)], extent: &Extent) -> &'a [(u32, T)] {
    let start = all.partition_point(|&(at, _)| at < extent.start);
    let end = all.partition_point(|&(at, _)| at < extent.end);
    &all[start..end.max(start)]
}
