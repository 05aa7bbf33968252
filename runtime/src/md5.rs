//! MD5 (RFC 1321): bytes in, the digest out. It keeps no secrets: it is here for programs that compare with other
//! people's digests.

use crate::padding::last_blocks;

/// How far each step rotates; each row of four is used four times.
const ROTATION: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

const START: [u32; 4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/// The digest's 16 bytes.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut state = START;
    let (blocks, rest) = bytes.as_chunks::<64>();
    for block in blocks {
        compress(&mut state, block);
    }
    let bits = (bytes.len() as u64).wrapping_mul(8);
    let (last, count) = last_blocks(rest, bits.to_le_bytes());
    for block in &last[..count] {
        compress(&mut state, block);
    }
    let mut out = [0; 16];
    for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    out
}

fn compress(state: &mut [u32; 4], block: &[u8; 64]) {
    let words: Vec<u32> =
        block.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64 {
        let (mixed, word) = match step / 16 {
            0 => (b & c | !b & d, step),
            1 => (d & b | !d & c, (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), (7 * step) % 16),
        };
        // The constant of a step is the whole part of 2^32 times the sine of its number, from 1.
        let sine = ((step + 1) as f64).sin().abs();
        let constant = (sine * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(words[word]);
        let rotated = sum.rotate_left(ROTATION[step / 16][step % 4]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(rotated));
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn digests_are_those_of_the_standard() {
        let check = |text: &str, expected: &str| {
            let found: String =
                digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("", "d41d8cd98f00b204e9800998ecf8427e");
        check("abc", "900150983cd24fb0d6963f7d28e17f72");
        let digits = "1234567890".repeat(8);
        check(&digits, "57edf4a22be3c955ac49da2e2107b67a");
        check(&"a".repeat(56), "3b0c8ac703f828b04c6c197006d17218");
    }
}
