//! One gzip stream (RFC 1952) out of prepared pieces and text that is known only now.

use crc32fast::Hasher;

/// The longest text of one stored block of DEFLATE (RFC 1951, section 3.2.4).
const MAX_STORED: usize = 65_535;

/// Joins pieces into one gzip stream. Each call appends to the caller's buffer, which may be sent and emptied between
/// calls; the order is [`Self::header`], pieces, [`Self::finish`].
#[derive(Debug, Clone, Default)]
pub struct GzipJoiner {
    crc: Hasher,
    length: u64,
}

impl GzipJoiner {
    /// A stream with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The start of the stream: no name, no time, no particular system.
    #[must_use]
    pub const fn header() -> [u8; 10] {
        [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    }

    /// Appends a prepared piece, with the CRC-32 and the length of its text.
    pub fn push_deflated(&mut self, bytes: &[u8], crc: u32, raw_length: u32, out: &mut Vec<u8>) {
        self.crc.combine(&Hasher::new_with_initial_len(crc, u64::from(raw_length)));
        self.length = self.length.wrapping_add(u64::from(raw_length));
        out.extend_from_slice(bytes);
    }

    /// Appends text as it is, without compression.
    pub fn push_plain(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.crc.update(text);
        self.length = self.length.wrapping_add(text.len() as u64);
        push_stored_blocks(out, text);
    }

    /// Appends the final block, CRC-32 and length (modulo 2^32, as RFC 1952 has it).
    pub fn finish(self, out: &mut Vec<u8>) {
        // A final block of fixed codes with nothing in it.
        out.extend_from_slice(&[0x03, 0x00]);
        out.extend_from_slice(&self.crc.finalize().to_le_bytes());
        out.extend_from_slice(&(self.length as u32).to_le_bytes());
    }
}

/// Appends text as stored blocks, none of them final.
pub(super) fn push_stored_blocks(out: &mut Vec<u8>, text: &[u8]) {
    for block in text.chunks(MAX_STORED) {
        let length = block.len() as u16;
        out.push(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
}
