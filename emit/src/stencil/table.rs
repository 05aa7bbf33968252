//! The compiled stencils: bytes and holes of each, as the generator left them.
//!
//! The table is data that is checked in, so that nobody needs clang to build or use it. Made by
//! `cargo run -p xtask -- stencils`; its digest is that of the source it was made from.
//!
//! Its form, all numbers little-endian: the digest (8 bytes); per stencil where its bytes end and where its holes end (4
//! bytes each); the holes (kind and place, a byte each); the bytes.

use super::catalogue::COUNT;

/// The stencils of a machine.
#[derive(Debug)]
pub struct Table(&'static [u8]);

pub static X86_64: Table = Table(include_bytes!("x86_64.stencils"));
pub static AARCH64: Table = Table(include_bytes!("aarch64.stencils"));

const ENDS: usize = 8;
const HOLES: usize = ENDS + 8 * COUNT;

/// What is to be filled into a stencil. On x86-64 a hole is 4 bytes, on AArch64 a field of the instruction at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Hole {
    /// The first number.
    Imm = 0,
    /// The second number.
    Off = 1,
    /// The distance to where a branch goes.
    Target = 2,
    /// The distance to where the rare case is.
    Cold = 3,
}

impl Hole {
    /// Every kind, in the order of its number.
    pub const ALL: [Hole; 4] = [Hole::Imm, Hole::Off, Hole::Target, Hole::Cold];
}

/// A stencil.
#[derive(Debug, Clone, Copy)]
pub struct Stencil {
    pub bytes: &'static [u8],
    /// Kind and place of each hole.
    holes: &'static [u8],
}

impl Table {
    /// The stencil with this number.
    pub fn get(&self, number: usize) -> Stencil {
        let (bytes_start, holes_start) = match number {
            0 => (0, 0),
            _ => (self.end(number - 1, 0), self.end(number - 1, 1)),
        };
        let all_holes = HOLES + 2 * self.end(COUNT - 1, 1);
        Stencil {
            bytes: &self.0[all_holes + bytes_start..all_holes + self.end(number, 0)],
            holes: &self.0[HOLES + 2 * holes_start..HOLES + 2 * self.end(number, 1)],
        }
    }

    /// Where the bytes (0) or holes (1) of a stencil end.
    fn end(&self, number: usize, what: usize) -> usize {
        let at = ENDS + 8 * number + 4 * what;
        let bytes = self.0[at..at + 4].try_into().expect("four bytes are four bytes");
        u32::from_le_bytes(bytes) as usize
    }

    /// The digest of the source that the table was made from.
    pub fn digest(&self) -> u64 {
        u64::from_le_bytes(self.0[..ENDS].try_into().expect("eight bytes are eight bytes"))
    }
}

impl Stencil {
    /// Its holes, in order of their places.
    pub fn holes(self) -> impl Iterator<Item = (Hole, usize)> {
        let (holes, _) = self.holes.as_chunks::<2>();
        holes.iter().map(|&[kind, place]| (Hole::ALL[usize::from(kind)], usize::from(place)))
    }
}

/// A stencil that was just made: its bytes, and kind and place of its holes.
pub type Made = (Vec<u8>, Vec<(Hole, u8)>);

/// A table of these stencils, as a file.
pub fn write(digest: u64, stencils: &[Made]) -> Vec<u8> {
    let mut table = digest.to_le_bytes().to_vec();
    let (mut bytes_end, mut holes_end) = (0, 0);
    for (bytes, holes) in stencils {
        bytes_end += bytes.len() as u32;
        holes_end += holes.len() as u32;
        table.extend_from_slice(&bytes_end.to_le_bytes());
        table.extend_from_slice(&holes_end.to_le_bytes());
    }
    for (kind, place) in stencils.iter().flat_map(|(_, holes)| holes) {
        table.extend_from_slice(&[*kind as u8, *place]);
    }
    table.extend(stencils.iter().flat_map(|(bytes, _)| bytes));
    table
}

#[cfg(test)]
mod tests {
    use super::COUNT;
    use crate::stencil::source;

    #[test]
    fn the_tables_are_made_of_this_source() {
        for source in source::ALL {
            assert_eq!(
                source.table.digest(),
                source.digest(),
                "`cargo run -p xtask -- stencils` makes the table for {} anew; it needs clang-19",
                source.machine
            );
        }
    }

    #[test]
    fn holes_lie_inside_and_apart() {
        for (source, number) in
            source::ALL.iter().flat_map(|source| (0..COUNT).map(move |number| (source, number)))
        {
            let stencil = source.table.get(number);
            let machine = source.machine;
            let mut end = 0;
            for (hole, place) in stencil.holes() {
                assert!(place >= end, "{machine}: the {hole:?} of {number} is in another hole");
                end = place + 4;
                assert!(
                    end <= stencil.bytes.len(),
                    "{machine}: the {hole:?} of {number} is outside"
                );
            }
        }
    }
}
