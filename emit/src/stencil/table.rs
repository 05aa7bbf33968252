//! The compiled stencils: bytes and holes of each, as the generator left them.
//!
//! The table is data that is checked in, so that nobody needs clang to build or use it. Made by
//! `cargo run -p xtask -- stencils`; its digest is that of the source it was made from.
//!
//! Its form, all numbers little-endian: the digest (8 bytes); per stencil where its bytes end and where its holes end (4
//! bytes each); the holes (kind and place, a byte each); the bytes.

use super::catalogue::COUNT;

static TABLE: &[u8] = include_bytes!("x86_64.stencils");

const ENDS: usize = 8;
const HOLES: usize = ENDS + 8 * COUNT;

/// What is to be filled into a stencil: 4 bytes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Hole {
    /// The first number, signed.
    Imm = 0,
    /// The second number, signed.
    Off = 1,
    /// The distance from behind the hole to where a branch goes.
    Target = 2,
    /// The distance from behind the hole to where the rare case is.
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

impl Stencil {
    /// The stencil with this number.
    pub fn get(number: usize) -> Stencil {
        let (bytes_start, holes_start) =
            if number == 0 { (0, 0) } else { (end(number - 1, 0), end(number - 1, 1)) };
        let all_holes = HOLES + 2 * end(COUNT - 1, 1);
        Stencil {
            bytes: &TABLE[all_holes + bytes_start..all_holes + end(number, 0)],
            holes: &TABLE[HOLES + 2 * holes_start..HOLES + 2 * end(number, 1)],
        }
    }

    /// Its holes, in order of their places.
    pub fn holes(self) -> impl Iterator<Item = (Hole, usize)> {
        let (holes, _) = self.holes.as_chunks::<2>();
        holes.iter().map(|&[kind, place]| (Hole::ALL[usize::from(kind)], usize::from(place)))
    }
}

/// Where the bytes (0) or holes (1) of a stencil end.
fn end(number: usize, what: usize) -> usize {
    let at = ENDS + 8 * number + 4 * what;
    let bytes = TABLE[at..at + 4].try_into().expect("four bytes are four bytes");
    u32::from_le_bytes(bytes) as usize
}

/// The digest of the source that the table was made from.
pub fn digest() -> u64 {
    u64::from_le_bytes(TABLE[..ENDS].try_into().expect("eight bytes are eight bytes"))
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
    use super::{COUNT, Stencil, digest};
    use crate::stencil::source;

    #[test]
    fn the_table_is_made_of_this_source() {
        assert_eq!(
            digest(),
            source::digest(),
            "`cargo run -p xtask -- stencils` makes the table anew; it needs clang-19"
        );
    }

    #[test]
    fn holes_lie_inside_and_apart() {
        for number in 0..COUNT {
            let stencil = Stencil::get(number);
            let mut end = 0;
            for (hole, place) in stencil.holes() {
                assert!(place >= end, "the {hole:?} of stencil {number} is in another hole");
                end = place + 4;
                assert!(end <= stencil.bytes.len(), "the {hole:?} of stencil {number} is outside");
            }
        }
    }
}
