//! Ranges of an object straight from the archive.

use super::InHand;
use crate::error::Error;
use archive::{Archive, Key};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use std::{collections::VecDeque, ops::Range};

/// Ranges no further apart than this are read together: a read costs more than these bytes. It bridges the item headers
/// between fragments (PS3.5 A.4), so a frame of many fragments, and neighbouring frames, are one read.
const NEAR: u64 = 4096;

/// Reads ranges, each run of near neighbours through one stream.
pub(crate) struct StoredReader {
    archive: Archive,
    key: Key,
    runs: VecDeque<Range<u64>>,
    open: Option<BoxStream<'static, Result<Bytes, archive::Error>>>,
    in_hand: InHand,
    /// Where the open stream ends.
    end: u64,
}

impl StoredReader {
    pub(super) fn new(archive: Archive, key: Key) -> Self {
        Self { archive, key, runs: VecDeque::new(), open: None, in_hand: InHand::default(), end: 0 }
    }

    pub(super) fn expect<'a>(&mut self, ranges: impl Iterator<Item = &'a Range<u64>>) {
        for range in ranges.filter(|range| !range.is_empty()) {
            match self.runs.back_mut() {
                Some(run) if run.end <= range.start && range.start.saturating_sub(run.end) <= NEAR => {
                    run.end = range.end;
                }
                _ => self.runs.push_back(range.clone()),
            }
        }
    }

    pub(super) async fn fetch(&mut self, range: &Range<u64>) -> Result<(), Error> {
        self.go_to(range);
        self.fill(range.start).await
    }

    pub(super) async fn piece(&mut self, rest: &mut Range<u64>) -> Result<Bytes, Error> {
        self.go_to(rest);
        self.fill(rest.start).await?;
        Ok(self.in_hand.take(rest))
    }

    /// Makes the stream that holds `range` the open one.
    fn go_to(&mut self, range: &Range<u64>) {
        let is_inside = self.in_hand.at <= range.start && range.end <= self.end;
        if self.open.is_some() && is_inside {
            return;
        }
        let run = match self.runs.pop_front() {
            Some(run) if run.start <= range.start && range.end <= run.end => run,
            _ => range.clone(),
        };
        self.in_hand = InHand { at: run.start, bytes: Bytes::new() };
        self.end = run.end;
        self.open = Some(self.archive.stream(&self.key, run).boxed());
    }

    /// Gets bytes in hand that begin at `position`.
    async fn fill(&mut self, position: u64) -> Result<(), Error> {
        loop {
            self.in_hand.skip_to(position);
            if !self.in_hand.bytes.is_empty() {
                return Ok(());
            }
            let stream = self.open.as_mut().ok_or(Error::Damaged)?;
            self.in_hand.bytes = next(stream).await?;
        }
    }
}

/// The next piece of an object that cannot be at its end.
pub(super) async fn next(
    stream: &mut (impl Stream<Item = Result<Bytes, archive::Error>> + Unpin),
) -> Result<Bytes, Error> {
    Ok(stream.next().await.ok_or(Error::Damaged)??)
}
