//! Collects the fragments of encapsulated Pixel Data as they pass and assigns them to frames (PS3.5 A.4).

use super::{FrameTable, ITEM_HEADER, Starts};
use crate::findings::{Finding, Findings};

/// What passes by of encapsulated Pixel Data, in 4 bytes and a bit per fragment.
#[derive(Debug, Default)]
pub(crate) struct FragmentIndex {
    first: Option<u64>,
    lengths: Vec<u32>,
    /// Bit n: fragment n begins like a codestream.
    codestreams: Vec<u64>,
    basic: Vec<u8>,
    extended: Vec<u8>,
    extended_lengths: Vec<u8>,
}

impl FragmentIndex {
    /// The value of the Basic Offset Table item.
    pub(crate) fn set_basic_offsets(&mut self, value: &[u8]) {
        self.basic = value.to_vec();
    }

    /// The value of Extended Offset Table (7FE0,0001), little endian.
    pub(crate) fn set_extended_offsets(&mut self, value: &[u8]) {
        self.extended = value.to_vec();
    }

    /// The value of Extended Offset Table Lengths (7FE0,0002), little endian.
    pub(crate) fn set_extended_lengths(&mut self, value: &[u8]) {
        self.extended_lengths = value.to_vec();
    }

    /// Notes a fragment. The first one tells where all lie, since item follows item without a gap.
    pub(crate) fn add(&mut self, offset: u64, length: u32) {
        self.first.get_or_insert(offset);
        self.lengths.push(length);
    }

    /// Notes the first bytes of the fragment that was added last.
    pub(crate) fn set_begin(&mut self, bytes: [u8; 2]) {
        // JPEG, JPEG-LS: SOI; JPEG 2000, HTJ2K: SOC; JPEG XL: its own (ISO 10918-1, 14495-1, 15444-1, 18181-1).
        if !matches!(bytes, [0xFF, 0xD8 | 0x4F | 0x0A]) {
            return;
        }
        let Some(number) = self.lengths.len().checked_sub(1) else { return };
        self.codestreams.resize(number / 64 + 1, 0);
        if let Some(word) = self.codestreams.last_mut() {
            *word |= 1 << (number % 64);
        }
    }

    /// Assigns the fragments to frames: by a valid Basic or Extended Offset Table, else one to each frame, else all
    /// to a single frame, else by where codestreams begin. `None`, with a finding, when none of these fits.
    pub(crate) fn assign(self, frames: u32, findings: &mut Findings) -> Option<FrameTable> {
        let first = self.first?;
        let count = self.lengths.len();
        let starts = if let Some(starts) = self.by_basic_offsets(frames, findings) {
            starts
        } else if count == frames as usize {
            Starts::OnePerFragment
        } else if frames == 1 {
            Starts::Single
        } else if let Some(starts) = self.by_codestreams(frames) {
            starts
        } else {
            findings.note(Finding::UnresolvableFrames);
            return None;
        };
        let exact = if matches!(starts, Starts::OnePerFragment) { self.exact_lengths(findings) } else { None };
        Some(FrameTable::new(first, self.lengths, exact, starts))
    }

    fn by_basic_offsets(&self, frames: u32, findings: &mut Findings) -> Option<Starts> {
        if self.basic.is_empty() {
            return None;
        }
        let (offsets, rest) = self.basic.as_chunks::<4>();
        let fits = offsets.len() == frames as usize && rest.is_empty();
        let starts = if fits { self.find_all(offsets.iter().map(|o| u64::from(u32::from_le_bytes(*o)))) } else { None };
        match starts {
            Some(starts) if starts.len() == self.lengths.len() => Some(Starts::OnePerFragment),
            Some(starts) => Some(Starts::Listed(starts)),
            None => {
                findings.note(Finding::InvalidOffsetTable);
                None
            }
        }
    }

    /// The numbers of the fragments whose item headers are at these distances from the first one; `None` unless
    /// they begin with the first, ascend and all are met.
    fn find_all(&self, offsets: impl Iterator<Item = u64>) -> Option<Vec<u32>> {
        let mut starts = Vec::new();
        let mut fragments = self.lengths.iter().enumerate();
        let mut at = 0_u64;
        for offset in offsets {
            loop {
                let (number, length) = fragments.next()?;
                let here = at;
                at = at.checked_add(ITEM_HEADER)?.checked_add(u64::from(*length))?;
                if here == offset {
                    starts.push(u32::try_from(number).ok()?);
                    break;
                }
            }
        }
        (starts.first() == Some(&0)).then_some(starts)
    }

    fn by_codestreams(&self, frames: u32) -> Option<Starts> {
        let mut starts = Vec::new();
        for (word, bits) in (0_u32..).zip(&self.codestreams) {
            let mut bits = *bits;
            while bits != 0 {
                starts.push(word.checked_mul(64)?.checked_add(bits.trailing_zeros())?);
                bits &= bits - 1;
            }
        }
        (starts.len() == frames as usize && starts.first() == Some(&0)).then_some(Starts::Listed(starts))
    }

    /// The Extended Offset Table Lengths, if table and lengths agree with the fragments: without padding of a
    /// fragment to an even length they tell what a frame really is (PS3.3 C.7.6.3.1.8).
    fn exact_lengths(&self, findings: &mut Findings) -> Option<Vec<u32>> {
        if self.extended.is_empty() {
            return None;
        }
        let exact = self.checked_exact_lengths();
        if exact.is_none() {
            findings.note(Finding::InvalidOffsetTable);
        }
        exact
    }

    fn checked_exact_lengths(&self) -> Option<Vec<u32>> {
        let (offsets, rest) = self.extended.as_chunks::<8>();
        let (lengths, more) = self.extended_lengths.as_chunks::<8>();
        let count = self.lengths.len();
        if !rest.is_empty() || !more.is_empty() || offsets.len() != count || lengths.len() != count {
            return None;
        }
        let starts = self.find_all(offsets.iter().map(|offset| u64::from_le_bytes(*offset)))?;
        if starts.len() != count {
            return None;
        }
        lengths
            .iter()
            .zip(&self.lengths)
            .map(|(exact, length)| {
                let exact = u32::try_from(u64::from_le_bytes(*exact)).ok()?;
                (exact <= *length).then_some(exact)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
    use super::FragmentIndex;
    use crate::findings::{Finding, Findings};
    use crate::frames::FrameTable;

    fn index(lengths: &[u32], codestreams: &[usize]) -> FragmentIndex {
        let mut index = FragmentIndex::default();
        let mut offset = 1000;
        for (number, length) in lengths.iter().enumerate() {
            index.add(offset, *length);
            if codestreams.contains(&number) {
                index.set_begin([0xFF, 0xD8]);
            }
            offset += u64::from(*length) + 8;
        }
        index
    }

    fn ranges(table: &FrameTable) -> Vec<Vec<std::ops::Range<u64>>> {
        let direct: Vec<Vec<_>> = (0..table.len()).map(|frame| table.frame(frame).collect()).collect();
        let stored: Vec<Vec<_>> = table
            .pieces()
            .flat_map(|(first, piece)| {
                (first..table.len().min(first + FrameTable::PIECE))
                    .map(move |frame| FrameTable::frame_in_piece(&piece, first, frame).unwrap())
            })
            .collect();
        assert_eq!(direct, stored);
        direct
    }

    #[test]
    fn follows_a_valid_basic_offset_table() {
        let mut index = index(&[10, 20, 30], &[]);
        index.set_basic_offsets(&[0, 0, 0, 0, 46, 0, 0, 0]);
        let mut findings = Findings::default();
        let table = index.assign(2, &mut findings).unwrap();
        assert_eq!(ranges(&table), [vec![1000..1010, 1018..1038], vec![1046..1076]]);
        assert!(findings.into_vec().is_empty());
    }

    #[test]
    fn distrusts_a_table_that_misses_the_fragments() {
        let mut index = index(&[10, 20], &[]);
        index.set_basic_offsets(&[0, 0, 0, 0, 17, 0, 0, 0]);
        let mut findings = Findings::default();
        let table = index.assign(2, &mut findings).unwrap();
        assert_eq!(ranges(&table), [vec![1000..1010], vec![1018..1038]]);
        assert_eq!(findings.into_vec(), [Finding::InvalidOffsetTable]);
    }

    #[test]
    fn without_a_table_counts_or_looks_for_codestreams() {
        let mut findings = Findings::default();
        let single = index(&[10, 20], &[]).assign(1, &mut findings).unwrap();
        assert_eq!(ranges(&single), [vec![1000..1010, 1018..1038]]);
        let split = index(&[10, 20, 30, 40], &[0, 3]).assign(2, &mut findings).unwrap();
        assert_eq!(ranges(&split), [vec![1000..1010, 1018..1038, 1046..1076], vec![1084..1124]]);
        assert_eq!(index(&[10, 20, 30], &[0]).assign(2, &mut findings), None);
        assert_eq!(findings.into_vec(), [Finding::UnresolvableFrames]);
    }

    #[test]
    fn extended_lengths_cut_the_padding() {
        let mut index = index(&[10, 20], &[]);
        let words = |values: [u64; 2]| values.map(u64::to_le_bytes).concat();
        index.set_extended_offsets(&words([0, 18]));
        index.set_extended_lengths(&words([9, 20]));
        let table = index.assign(2, &mut Findings::default()).unwrap();
        assert_eq!(ranges(&table), [vec![1000..1009], vec![1018..1038]]);
    }

    #[test]
    fn many_frames_come_back_from_their_pieces() {
        let lengths: Vec<u32> = (0..10_000).map(|number| number % 77).collect();
        let table = index(&lengths, &[]).assign(10_000, &mut Findings::default()).unwrap();
        assert_eq!(table.pieces().count(), 3);
        let all = ranges(&table);
        let mut offset = 1000;
        for (range, length) in all.iter().zip(lengths) {
            assert_eq!(range[..], [offset..offset + u64::from(length)]);
            offset += u64::from(length) + 8;
        }
        assert_eq!(table.frame(10_000).count(), 0);
    }

    #[test]
    fn a_damaged_piece_is_an_error() {
        let (_, piece) = index(&[10, 20], &[]).assign(2, &mut Findings::default()).unwrap().pieces().next().unwrap();
        assert!(FrameTable::frame_in_piece(&piece, 0, 2).is_err());
        assert!(FrameTable::frame_in_piece(&piece, 1, 0).is_err());
        for length in 0..piece.len() {
            assert!(FrameTable::frame_in_piece(piece.get(..length).unwrap(), 0, 1).is_err());
        }
    }
}
