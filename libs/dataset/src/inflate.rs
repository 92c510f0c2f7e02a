//! Streaming inflation of deflated data sets (PS3.5 A.5): raw deflate, no zlib header.

use flate2::{Decompress, FlushDecompress, Status};

use crate::refusal::{Place, Refusal};

/// How many bytes are inflated before they are handed on: the memory that one inflater uses besides its window.
const PIECE: usize = 64 * 1024;

/// Inflates one raw deflate stream that arrives in chunks, at most [`PIECE`] bytes at a time.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    inflated: u64,
    limit: u64,
    trailing: u64,
    ended: bool,
}

impl Inflater {
    /// An inflater that refuses to give more than `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { stream: Decompress::new(false), inflated: 0, limit, trailing: 0, ended: false }
    }

    /// Inflates a chunk and appends all that it gives to `out`.
    ///
    /// # Errors
    /// As [`Self::push_to`]. A small chunk can inflate to a thousand times its size: give small chunks.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.push_to(chunk, &mut |piece| {
            out.extend_from_slice(piece);
            Ok(())
        })
    }

    /// Inflates a chunk and hands on what it gives in bounded pieces.
    ///
    /// # Errors
    /// [`Refusal::Inflate`] when the stream is broken, [`Refusal::InflatedTooLarge`] past the limit, and what
    /// `sink` returns.
    pub fn push_to(
        &mut self,
        mut chunk: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut piece = Vec::with_capacity(PIECE.min(chunk.len().saturating_mul(8).max(1024)));
        while !self.ended {
            piece.clear();
            let before = self.stream.total_in();
            let status =
                self.stream.decompress_vec(chunk, &mut piece, FlushDecompress::None).map_err(Refusal::Inflate)?;
            let taken = usize::try_from(self.stream.total_in().saturating_sub(before)).unwrap_or(usize::MAX);
            chunk = chunk.get(taken..).unwrap_or_default();
            self.count(piece.len())?;
            if !piece.is_empty() {
                sink(&piece)?;
            }
            self.ended = status == Status::StreamEnd;
            if taken == 0 && piece.is_empty() {
                break;
            }
        }
        if self.ended {
            self.trailing = self.trailing.saturating_add(chunk.len() as u64);
        }
        Ok(())
    }

    fn count(&mut self, length: usize) -> Result<(), Refusal> {
        self.inflated = self.inflated.saturating_add(length as u64);
        if self.inflated > self.limit {
            return Err(Refusal::InflatedTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Ends the input.
    ///
    /// # Errors
    /// [`Refusal::EndsBefore`] when the stream is not complete. Otherwise the number of bytes behind it; one is
    /// padding to an even length (PS3.5 A.5).
    pub fn finish(&self) -> Result<u64, Refusal> {
        if self.ended { Ok(self.trailing) } else { Err(Refusal::EndsBefore(Place::DeflateStream)) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io::Write;

    use super::Inflater;
    use crate::refusal::Refusal;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn inflates_byte_by_byte_and_counts_what_follows() {
        let plain: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let (mut inflater, mut out) = (Inflater::new(u64::MAX), Vec::new());
        for byte in deflated(&plain) {
            inflater.push(&[byte], &mut out).unwrap();
        }
        inflater.push(&[0], &mut out).unwrap();
        assert!(out == plain);
        assert_eq!(inflater.finish().unwrap(), 1);
    }

    #[test]
    fn a_bomb_is_handed_on_in_pieces_and_stopped_at_the_limit() {
        let bomb = deflated(&vec![0; 8 << 20]);
        let (mut inflater, mut largest) = (Inflater::new(4 << 20), 0);
        let refusal = inflater
            .push_to(&bomb, &mut |piece| {
                largest = largest.max(piece.len());
                Ok(())
            })
            .unwrap_err();
        assert!(matches!(refusal, Refusal::InflatedTooLarge { limit } if limit == 4 << 20));
        assert!(largest <= super::PIECE);
    }

    #[test]
    fn a_cut_or_broken_stream_is_refused() {
        let stream = deflated(&[7; 5000]);
        let (mut inflater, mut out) = (Inflater::new(u64::MAX), Vec::new());
        inflater.push(&stream[..stream.len() - 2], &mut out).unwrap();
        assert!(matches!(inflater.finish(), Err(Refusal::EndsBefore(_))));
        let broken = Inflater::new(u64::MAX).push(&[0x78, 0x9c, 1, 2, 3, 4], &mut out);
        assert!(matches!(broken, Err(Refusal::Inflate(_))));
    }
}
