//! How MD5 and SHA-256 end a text (RFC 1321, 3.1 and 3.2; FIPS 180-4, 5.1.1): the rest behind the last whole block and the length
//! of all in bits, in the order of the digest, go in; the last blocks come out.

/// One block or two: the rest, a bit 1, zeros, and the length. The rest **must** be shorter than a block.
pub(crate) fn last_blocks(rest: &[u8], length: [u8; 8]) -> ([[u8; 64]; 2], usize) {
    let mut blocks = [[0; 64]; 2];
    let count = if rest.len() < 56 { 1 } else { 2 };
    blocks[0][..rest.len()].copy_from_slice(rest);
    blocks[0][rest.len()] = 0x80;
    blocks[count - 1][56..].copy_from_slice(&length);
    (blocks, count)
}
