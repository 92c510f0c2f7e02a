//! A part that was received to its end and understood.

use crate::budget::Held;
use dataset::{Description, Piece};

/// What is known of an instance when all its bytes have been read.
pub(super) struct Complete {
    /// Counted from 0.
    pub(super) part: u32,
    pub(super) description: Description,
    pub(super) stored_digest: [u8; 32],
    pub(super) received_digest: [u8; 32],
    /// The description's share of the memory that all requests share.
    pub(super) held: Held,
}

/// About how many bytes of memory a description takes.
pub(super) fn weight(description: &Description) -> u64 {
    /// A bulk value with its path, or an attribute without its text.
    const ENTRY: usize = 96;
    /// A frame of the index.
    const FRAME: usize = 16;
    let json: usize = description
        .metadata
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Json(text) => text.len(),
            Piece::Base => ENTRY,
        })
        .sum();
    let frames = description.pixels.as_ref().map_or(0, |pixels| usize::try_from(pixels.frames).unwrap_or(usize::MAX));
    let bytes =
        json.saturating_add(description.bulk.len().saturating_mul(ENTRY)).saturating_add(frames.saturating_mul(FRAME));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
