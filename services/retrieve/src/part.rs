//! One part of an answer: where its bytes lie in an object, and what is done to them.

use crate::{cells::Cells, error::Error, grpc::Outlet, object::ObjectReader, stretch::Stretch};
use bytes::Bytes;
use std::ops::Range;

/// A frame, or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Bytes of the part as it is sent.
    pub(crate) length: u64,
    /// Where they lie in the object, in order.
    pub(crate) ranges: Vec<Range<u64>>,
    /// `None` when they are sent as they are.
    cells: Option<Cells>,
}

/// A value that is not encapsulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NativeValue {
    /// Where it begins.
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) length: u64,
    /// Bits of the units that are to be turned from big endian.
    pub(crate) order: Option<u16>,
}

impl NativeValue {
    /// The part that holds these bits of the value; `None` when the value has no such bits.
    pub(crate) fn bits(&self, bits: Range<u64>) -> Option<Part> {
        let count = bits.end.checked_sub(bits.start)?;
        let shift = u32::try_from(bits.start % 8).ok()?;
        let (first, end) = (bits.start / 8, bits.end.div_ceil(8));
        if end > self.length {
            return None;
        }
        let unit = u64::from(self.order.unwrap_or(8) / 8).max(1);
        let begin = first - first % unit;
        let end = end.checked_next_multiple_of(unit)?.min(self.length);
        let is_plain = self.order.is_none() && shift == 0 && count % 8 == 0;
        let cells = (!is_plain).then(|| Cells::new(self.order, first - begin, shift, count));
        let range = self.offset.checked_add(begin)?..self.offset.checked_add(end)?;
        Some(Part { length: count.div_ceil(8), ranges: vec![range], cells })
    }

    /// The part that holds these bytes of the value.
    pub(crate) fn bytes(&self, bytes: Range<u64>) -> Option<Part> {
        self.bits(bytes.start.checked_mul(8)?..bytes.end.checked_mul(8)?)
    }
}

impl Part {
    /// The bytes of these ranges, joined.
    pub(crate) fn joined(ranges: Vec<Range<u64>>) -> Self {
        let length = ranges.iter().fold(0_u64, |sum, range| sum.saturating_add(range.end.saturating_sub(range.start)));
        Self { length, ranges, cells: None }
    }

    /// A stretch of the joined bytes. Only for parts that are sent as they are.
    pub(crate) fn cut(mut self, mut stretch: Range<u64>) -> Self {
        for range in &mut self.ranges {
            let length = range.end.saturating_sub(range.start);
            let (from, to) = (stretch.start.min(length), stretch.end.min(length));
            range.end = range.start.saturating_add(to);
            range.start = range.start.saturating_add(from);
            stretch = stretch.start.saturating_sub(length)..stretch.end.saturating_sub(length);
        }
        Self { cells: self.cells, ..Self::joined(self.ranges) }
    }

    /// The part as the caller is to read it itself: only one that is sent as it lies in the object, in one range.
    fn stretch(&self, reader: &ObjectReader) -> Option<Stretch> {
        match self.ranges.as_slice() {
            [range] if self.cells.is_none() => reader.stretch(range.clone()),
            _ => None,
        }
    }

    /// Reads the first bytes, unless the caller will, so that an object that cannot be read fails the call before its
    /// header.
    pub(crate) async fn fetch(&self, reader: &mut ObjectReader) -> Result<(), Error> {
        match self.ranges.first() {
            Some(range) if self.stretch(reader).is_none() => reader.fetch(range).await,
            _ => Ok(()),
        }
    }

    /// Reads the bytes and sends them, or names them to a caller that reads them itself.
    pub(crate) async fn send<T: From<Bytes> + From<Stretch>>(
        self,
        reader: &mut ObjectReader,
        outlet: &mut Outlet<T>,
    ) -> Result<(), Error> {
        if let Some(stretch) = self.stretch(reader) {
            return outlet.send_stretch(stretch).await;
        }
        let mut cells = self.cells;
        for mut rest in self.ranges {
            while !rest.is_empty() {
                let bytes = reader.piece(&mut rest).await?;
                let bytes = match &mut cells {
                    Some(cells) => cells.push(bytes),
                    None => bytes,
                };
                outlet.send_bytes(bytes).await?;
            }
        }
        match cells {
            Some(cells) => outlet.send_bytes(cells.finish()).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::single_range_in_vec_init, reason = "they are lists of ranges")]
    use super::{NativeValue, Part};

    #[test]
    fn a_plain_frame_is_one_range() {
        let value = NativeValue { offset: 1000, length: 64, order: None };
        assert_eq!(value.bytes(16..32), Some(Part::joined(vec![1016..1032])));
        assert_eq!(value.bytes(48..65), None);
        assert_eq!(value.bits(0..u64::MAX), None);
        assert_eq!(NativeValue { offset: u64::MAX, ..value }.bytes(1..2), None);
    }

    #[test]
    fn a_turned_frame_is_read_by_whole_units() {
        let value = NativeValue { offset: 1000, length: 9, order: Some(32) };
        let ranges = |from, to| value.bytes(from..to).map(|part| (part.ranges, part.length));
        assert_eq!(ranges(5, 6), Some((vec![1004..1008], 1)));
        assert_eq!(ranges(3, 9), Some((vec![1000..1009], 6)));
    }

    #[test]
    fn joined_ranges_are_cut_anywhere() {
        let part = Part::joined(vec![10..14, 20..20, 30..36]);
        assert_eq!(part.length, 10);
        let cut = |from, to| {
            part.clone().cut(from..to).ranges.into_iter().filter(|range| !range.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(cut(0, 10), [10..14, 30..36]);
        assert_eq!(cut(3, 5), [13..14, 30..31]);
        assert_eq!(cut(4, 10), [30..36]);
        assert_eq!(part.clone().cut(3..5).length, 2);
    }
}
