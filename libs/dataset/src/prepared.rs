//! Metadata as it is stored: pieces of raw DEFLATE (RFC 1951) that join into one gzip stream (RFC 1952), so that the
//! metadata of a whole study is sent compressed without compressing, or even looking into, any of it.
//!
//! Each piece of JSON is compressed with an empty window and ends at an octet boundary by a sync flush, without a final
//! block. So pieces of any instances can stand behind one another, with stored blocks between them for what is known
//! only when they are sent: brackets, commas and the address of the DICOMweb root.
//!
//! Layout: a version octet, then per piece its kind: 0 for a gap; 1 for text, followed by the CRC-32 of the text, its
//! length, the length of the compressed form (32 bits each, little endian) and the compressed form.

mod gzip;

pub use gzip::GzipJoiner;

use crate::{CorruptPiece, Metadata, Piece};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::cell::RefCell;

const VERSION: u8 = 1;
const KIND_BASE: u8 = 0;
const KIND_DEFLATED: u8 = 1;

/// The most text in one piece; more becomes several. So what a piece says of its length cannot ask for much memory.
const MAX_PIECE: usize = 4 * 1024 * 1024;

/// Text shorter than this is stored without compression: it would hardly become smaller.
const MIN_COMPRESSED: usize = 64;

/// Measured on the metadata of pydicom's 73 test files, 341,830 octets, piece by piece (ratio; time for one file, and for
/// that of a CT slice of 13.7 kB): level 1 3.52, 10 and 23 us; 3 4.44, 31 and 74 us; 5 4.67, 36 and 97 us; 6 4.68, 40 and
/// 107 us; 9 4.76, 74 and 263 us. From 5 on more time buys next to nothing.
const LEVEL: Compression = Compression::new(5);

/// What [`encode`] stored, piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreparedPiece<'a> {
    /// JSON text, compressed.
    Deflated {
        /// Blocks of raw DEFLATE, none of them final, that end at an octet boundary.
        bytes: &'a [u8],
        /// CRC-32 of the text.
        crc: u32,
        /// Length of the text in octets.
        raw_length: u32,
    },
    /// Here goes the address of the DICOMweb root.
    Base,
}

/// The stored form of the metadata of one instance.
#[must_use]
pub fn encode(metadata: &Metadata) -> Vec<u8> {
    COMPRESS.with_borrow_mut(|compress| encode_with(compress, metadata))
}

thread_local! {
    /// Kept for the next instance: making one costs as much as compressing with it.
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(LEVEL, false));
}

fn encode_with(compress: &mut Compress, metadata: &Metadata) -> Vec<u8> {
    let mut stored = vec![VERSION];
    for piece in &metadata.pieces {
        match piece {
            Piece::Base => stored.push(KIND_BASE),
            Piece::Json(json) => {
                json.chunks(MAX_PIECE).for_each(|text| push_deflated(&mut stored, text, compress));
            }
        }
    }
    stored
}

fn push_deflated(stored: &mut Vec<u8>, text: &[u8], compress: &mut Compress) {
    stored.push(KIND_DEFLATED);
    stored.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
    stored.extend_from_slice(&length_of(text).to_le_bytes());
    let place = stored.len();
    stored.extend_from_slice(&[0; 4]);
    if text.len() < MIN_COMPRESSED || !deflate(stored, text, compress) {
        stored.truncate(place.saturating_add(4));
        gzip::push_stored_blocks(stored, text);
    }
    let length = length_of(stored.get(place.saturating_add(4)..).unwrap_or_default());
    if let Some(field) = stored.get_mut(place..place.saturating_add(4)) {
        field.copy_from_slice(&length.to_le_bytes());
    }
}

/// A piece is a few MiB at most.
fn length_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Appends the compressed text. `false` if that did not work; the caller then stores the text as it is.
fn deflate(stored: &mut Vec<u8>, text: &[u8], compress: &mut Compress) -> bool {
    compress.reset();
    let mut rest = text;
    loop {
        stored.reserve(rest.len() / 4 + 256);
        let (read, free) = (compress.total_in(), stored.capacity() - stored.len());
        let written = compress.total_out();
        if compress.compress_vec(rest, stored, FlushCompress::Sync).is_err() {
            return false;
        }
        let taken = usize::try_from(compress.total_in() - read).unwrap_or(usize::MAX);
        rest = rest.get(taken..).unwrap_or_default();
        // A flush is complete once it leaves room in the output.
        if rest.is_empty() && compress.total_out() - written < free as u64 {
            return true;
        }
    }
}

/// Reads the stored form.
///
/// # Errors
/// When the bytes are not what [`encode`] writes. The compressed pieces themselves are not looked into.
pub fn decode(stored: &[u8]) -> Result<Vec<PreparedPiece<'_>>, CorruptPiece> {
    let Some((&VERSION, mut rest)) = stored.split_first() else { return Err(CorruptPiece) };
    let mut pieces = Vec::new();
    while let Some((kind, after)) = rest.split_first() {
        match *kind {
            KIND_BASE => {
                pieces.push(PreparedPiece::Base);
                rest = after;
            }
            KIND_DEFLATED => {
                let (piece, after) = decode_deflated(after)?;
                pieces.push(piece);
                rest = after;
            }
            _ => return Err(CorruptPiece),
        }
    }
    Ok(pieces)
}

fn decode_deflated(bytes: &[u8]) -> Result<(PreparedPiece<'_>, &[u8]), CorruptPiece> {
    let (crc, rest) = split_number(bytes)?;
    let (raw_length, rest) = split_number(rest)?;
    let (length, rest) = split_number(rest)?;
    let length = usize::try_from(length).map_err(|_| CorruptPiece)?;
    let (bytes, rest) = rest.split_at_checked(length).ok_or(CorruptPiece)?;
    match usize::try_from(raw_length) {
        Ok(raw) if raw <= MAX_PIECE => Ok((PreparedPiece::Deflated { bytes, crc, raw_length }, rest)),
        _ => Err(CorruptPiece),
    }
}

fn split_number(bytes: &[u8]) -> Result<(u32, &[u8]), CorruptPiece> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(CorruptPiece)?;
    Ok((u32::from_le_bytes(*number), rest))
}

/// The text of one piece; empty for a gap.
///
/// # Errors
/// When the piece does not decompress to a text of its length and CRC-32.
pub fn inflate_piece(piece: &PreparedPiece<'_>) -> Result<Vec<u8>, CorruptPiece> {
    let PreparedPiece::Deflated { bytes, crc, raw_length } = *piece else { return Ok(Vec::new()) };
    let expected = usize::try_from(raw_length).map_err(|_| CorruptPiece)?;
    if expected > MAX_PIECE {
        return Err(CorruptPiece);
    }
    let mut text = Vec::new();
    let mut inflate = Decompress::new(false);
    while text.len() < expected {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        // Grows with what really comes out, not by what the piece says of itself.
        text.reserve((expected - text.len()).min(64 * 1024));
        let rest = usize::try_from(read).ok().and_then(|read| bytes.get(read..)).unwrap_or_default();
        let status = inflate.decompress_vec(rest, &mut text, FlushDecompress::Sync).map_err(|_| CorruptPiece)?;
        let stuck = inflate.total_in() == read && inflate.total_out() == written;
        if status == Status::StreamEnd || stuck {
            break;
        }
    }
    match text.len() == expected && crc32fast::hash(&text) == crc {
        true => Ok(text),
        false => Err(CorruptPiece),
    }
}
