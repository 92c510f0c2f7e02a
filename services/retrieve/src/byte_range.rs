//! Byte ranges as clients ask for them (RFC 9110 14.1.2).

use crate::error::Error;
use std::ops::Range;

/// A range of something whose length is not yet known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// From `first` to `last`, or to the end.
    Span { first: u64, last: Option<u64> },
    /// The last so many bytes.
    Suffix(u64),
}

impl ByteRange {
    /// The range within `length` bytes.
    pub(crate) fn within(self, length: u64) -> Result<Range<u64>, Error> {
        let range = match self {
            Self::Span { first, last } => {
                let end = last.map_or(length, |last| last.saturating_add(1).min(length));
                first..end
            }
            Self::Suffix(count) => length.saturating_sub(count)..length,
        };
        if range.is_empty() { Err(Error::RangeBeyondEnd { length }) } else { Ok(range) }
    }
}

#[cfg(test)]
mod tests {
    use super::ByteRange;

    #[test]
    fn ranges_are_cut_at_the_end_and_refused_beyond_it() {
        let within = |first, last| ByteRange::Span { first, last }.within(10).ok();
        assert_eq!(within(0, None), Some(0..10));
        assert_eq!(within(0, Some(0)), Some(0..1));
        assert_eq!(within(9, Some(u64::MAX)), Some(9..10));
        assert_eq!(within(10, None), None);
        assert_eq!(ByteRange::Suffix(3).within(10).ok(), Some(7..10));
        assert_eq!(ByteRange::Suffix(30).within(10).ok(), Some(0..10));
        assert_eq!(ByteRange::Suffix(0).within(10).ok(), None);
        assert_eq!(ByteRange::Suffix(5).within(0).ok(), None);
    }
}
