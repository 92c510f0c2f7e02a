//! Which bytes of encapsulated Pixel Data (PS3.5 A.4) belong to which frame.

mod assignment;

pub(crate) use assignment::FragmentIndex;

use std::ops::Range;

use crate::{CorruptPiece, varint};

/// Bytes of the item header before each fragment.
const ITEM_HEADER: u64 = 8;
/// One fragment in so many has its offset noted, so that a frame is found without adding up all lengths before it.
const STRIDE: usize = 1024;
const VERSION: u8 = 1;

/// The fragments of encapsulated Pixel Data in order, and where each frame begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameTable {
    /// Where the first fragment begins, without its item header.
    first: u64,
    /// Lengths of all fragments.
    lengths: Vec<u32>,
    /// What each frame really needs of its one fragment (Extended Offset Table Lengths), if that is known.
    exact: Option<Vec<u32>>,
    starts: Starts,
    /// Distance from `first` of each fragment whose number divides by [`STRIDE`].
    marks: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Starts {
    /// Frame n is fragment n.
    OnePerFragment,
    /// A single frame of all fragments.
    Single,
    /// The number of the first fragment of each frame.
    Listed(Vec<u32>),
}

impl FrameTable {
    /// How many frames one piece holds.
    pub const PIECE: u32 = 4096;

    fn new(first: u64, lengths: Vec<u32>, exact: Option<Vec<u32>>, starts: Starts) -> Self {
        let mut marks = Vec::with_capacity(lengths.len() / STRIDE + 1);
        let mut distance = 0_u64;
        for (number, length) in lengths.iter().enumerate() {
            if number % STRIDE == 0 {
                marks.push(distance);
            }
            distance = distance.saturating_add(ITEM_HEADER).saturating_add(u64::from(*length));
        }
        Self { first, lengths, exact, starts, marks }
    }

    /// Number of frames.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a table has at least one frame")]
    pub fn len(&self) -> u32 {
        let length = match &self.starts {
            Starts::OnePerFragment => self.lengths.len(),
            Starts::Single => 1,
            Starts::Listed(starts) => starts.len(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// The bytes of the frame with this number, counted from 0: one range per fragment, in order. Nothing when there is no such frame.
    pub fn frame(&self, number: u32) -> impl Iterator<Item = Range<u64>> + '_ {
        let fragments = self.fragments(number);
        let mut offset = self.offset_of(fragments.start);
        fragments.map_while(move |fragment| {
            let length = *self.lengths.get(fragment)?;
            let begin = offset;
            offset = begin.saturating_add(u64::from(length)).saturating_add(ITEM_HEADER);
            let needed = self.exact.as_ref().and_then(|exact| exact.get(fragment)).copied().unwrap_or(length);
            Some(begin..begin.saturating_add(u64::from(needed)))
        })
    }

    /// Numbers of the fragments of a frame.
    fn fragments(&self, frame: u32) -> Range<usize> {
        let frame = frame as usize;
        let count = self.lengths.len();
        match &self.starts {
            Starts::OnePerFragment => frame.min(count)..frame.saturating_add(1).min(count),
            Starts::Single => (if frame == 0 { 0 } else { count })..count,
            Starts::Listed(starts) => {
                let begin = starts.get(frame).map_or(count, |start| *start as usize);
                let end = starts.get(frame.saturating_add(1)).map_or(count, |start| *start as usize);
                begin..end
            }
        }
    }

    fn offset_of(&self, fragment: usize) -> u64 {
        let mark = fragment / STRIDE;
        let from = mark * STRIDE;
        let distance = self.marks.get(mark).copied().unwrap_or_default();
        let between: u64 = self
            .lengths
            .get(from..fragment)
            .unwrap_or_default()
            .iter()
            .map(|length| u64::from(*length).saturating_add(ITEM_HEADER))
            .sum();
        self.first.saturating_add(distance).saturating_add(between)
    }

    /// Moves all offsets by the length of a prefix that was put before the received bytes.
    pub(crate) fn shift(&mut self, by: u64) {
        self.first = self.first.saturating_add(by);
    }

    /// The storage form: pieces of [`Self::PIECE`] frames, each with the number of its first frame.
    pub fn pieces(&self) -> impl Iterator<Item = (u32, Vec<u8>)> + '_ {
        (0..self.len()).step_by(Self::PIECE as usize).map(|first| (first, self.piece(first)))
    }

    fn piece(&self, first: u32) -> Vec<u8> {
        let end = first.saturating_add(Self::PIECE).min(self.len());
        let mut out = Vec::with_capacity(8 * Self::PIECE as usize);
        out.push(VERSION);
        varint::write(&mut out, u64::from(end.saturating_sub(first)));
        let mut behind = 0;
        for frame in first..end {
            varint::write(&mut out, self.fragments(frame).len() as u64);
            for range in self.frame(frame) {
                varint::write(&mut out, range.start.saturating_sub(behind));
                varint::write(&mut out, range.end.saturating_sub(range.start));
                behind = range.end;
            }
        }
        out
    }

    /// The ranges of one frame, counted from 0, from the piece that begins with frame `first`.
    ///
    /// # Errors
    /// [`CorruptPiece`] when the bytes are not such a piece, or the frame is not in it.
    pub fn frame_in_piece(piece: &[u8], first: u32, frame: u32) -> Result<Vec<Range<u64>>, CorruptPiece> {
        let wanted = u64::from(frame.checked_sub(first).ok_or(CorruptPiece)?);
        let mut rest = piece.strip_prefix(&[VERSION]).ok_or(CorruptPiece)?;
        if wanted >= varint::read(&mut rest)? {
            return Err(CorruptPiece);
        }
        let mut behind = 0_u64;
        let mut ranges = Vec::new();
        for number in 0..=wanted {
            for _ in 0..varint::read(&mut rest)? {
                let start = behind.checked_add(varint::read(&mut rest)?).ok_or(CorruptPiece)?;
                behind = start.checked_add(varint::read(&mut rest)?).ok_or(CorruptPiece)?;
                if number == wanted {
                    ranges.push(start..behind);
                }
            }
        }
        Ok(ranges)
    }
}
