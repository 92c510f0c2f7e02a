//! Reading stretches of a stored object: straight from the archive, or out of a deflated data set.

mod inflated;
mod stored;

use crate::{error::Error, stretch::Stretch};
use archive::Archive;
use bytes::Bytes;
use catalog::StoredInstance;
use inflated::InflatedReader;
use std::ops::Range;
use stored::StoredReader;

/// Reads the stretches of one object that the catalog's offsets name.
pub(crate) struct ObjectReader {
    source: Source,
    /// Set where the caller reads the object itself: then stretches are named to it.
    named: Option<StoredInstance>,
}

enum Source {
    /// Offsets count in the object.
    Stored(StoredReader),
    /// Offsets count in the inflated data set.
    Inflated(InflatedReader),
}

impl ObjectReader {
    /// A reader of this instance's object, for a caller that can read the archive itself or not. Nothing is opened yet.
    pub(crate) fn new(archive: &Archive, stored: &StoredInstance, caller_reads: bool) -> Result<Self, Error> {
        let key = stored.key.parse()?;
        let source = if stored.deflated {
            Source::Inflated(InflatedReader::new(archive.clone(), key, stored.data_set_offset..stored.length))
        } else {
            Source::Stored(StoredReader::new(archive.clone(), key))
        };
        Ok(Self { source, named: (caller_reads && !stored.deflated).then(|| stored.clone()) })
    }

    /// The range as the caller is to read it itself; `None` when its bytes have to be sent.
    pub(crate) fn stretch(&self, range: Range<u64>) -> Option<Stretch> {
        Stretch::of(self.named.as_ref()?, range)
    }

    /// Tells which ranges will be read next, and in which order: near neighbours are then read in one go.
    pub(crate) fn expect<'a>(&mut self, ranges: impl Iterator<Item = &'a Range<u64>>) {
        if let Source::Stored(reader) = &mut self.source {
            reader.expect(ranges);
        }
    }

    /// Reads the first bytes of a range without giving them out, so that a failure shows before anything is sent.
    pub(crate) async fn fetch(&mut self, range: &Range<u64>) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        match &mut self.source {
            Source::Stored(reader) => reader.fetch(range).await,
            Source::Inflated(reader) => reader.fetch(range.start).await,
        }
    }

    /// Some bytes from the begin of `rest`, which must not be empty; `rest` then begins behind them.
    pub(crate) async fn piece(&mut self, rest: &mut Range<u64>) -> Result<Bytes, Error> {
        match &mut self.source {
            Source::Stored(reader) => reader.piece(rest).await,
            Source::Inflated(reader) => reader.piece(rest).await,
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
