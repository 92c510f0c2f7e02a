//! Reading stretches of a stored object: straight from the archive, or out of a deflated data set.

mod inflated;
mod stored;

use crate::error::Error;
use archive::Archive;
use bytes::Bytes;
use catalog::StoredInstance;
use inflated::InflatedReader;
use std::ops::Range;
use stored::StoredReader;

/// Reads the stretches of one object that the catalog's offsets name.
pub(crate) enum ObjectReader {
    /// Offsets count in the object.
    Stored(StoredReader),
    /// Offsets count in the inflated data set.
    Inflated(InflatedReader),
}

impl ObjectReader {
    /// A reader of this instance's object. Nothing is opened yet.
    pub(crate) fn new(archive: &Archive, stored: &StoredInstance) -> Result<Self, Error> {
        let key = stored.key.parse()?;
        Ok(if stored.deflated {
            Self::Inflated(InflatedReader::new(archive.clone(), key, stored.data_set_offset..stored.length))
        } else {
            Self::Stored(StoredReader::new(archive.clone(), key))
        })
    }

    /// Tells which ranges will be read next, and in which order: near neighbours are then read in one go.
    pub(crate) fn expect<'a>(&mut self, ranges: impl Iterator<Item = &'a Range<u64>>) {
        if let Self::Stored(reader) = self {
            reader.expect(ranges);
        }
    }

    /// Reads the first bytes of a range without giving them out, so that a failure shows before anything is sent.
    pub(crate) async fn fetch(&mut self, range: &Range<u64>) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        match self {
            Self::Stored(reader) => reader.fetch(range).await,
            Self::Inflated(reader) => reader.fetch(range.start).await,
        }
    }

    /// Some bytes from the begin of `rest`, which must not be empty; `rest` then begins behind them.
    pub(crate) async fn piece(&mut self, rest: &mut Range<u64>) -> Result<Bytes, Error> {
        match self {
            Self::Stored(reader) => reader.piece(rest).await,
            Self::Inflated(reader) => reader.piece(rest).await,
        }
    }
}

/// Bytes in hand, and where they are in the object.
#[derive(Debug, Default)]
struct InHand {
    at: u64,
    bytes: Bytes,
}

impl InHand {
    /// Drops what lies before `position`.
    fn skip_to(&mut self, position: u64) {
        let distance = usize::try_from(position.saturating_sub(self.at)).unwrap_or(usize::MAX).min(self.bytes.len());
        drop(self.bytes.split_to(distance));
        self.at = self.at.saturating_add(distance as u64);
    }

    /// Takes bytes from the begin of `rest`, which is where the bytes in hand begin.
    fn take(&mut self, rest: &mut Range<u64>) -> Bytes {
        let wanted = usize::try_from(rest.end.saturating_sub(rest.start)).unwrap_or(usize::MAX);
        let taken = self.bytes.split_to(wanted.min(self.bytes.len()));
        self.at = self.at.saturating_add(taken.len() as u64);
        rest.start = rest.start.saturating_add(taken.len() as u64);
        taken
    }
}
