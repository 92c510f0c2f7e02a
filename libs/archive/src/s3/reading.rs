//! Reading an object in pieces, by requests for ranges that grow, one ahead of the reader. Between requests nothing is
//! held at the server, so a reader that pauses holds no connection.

use super::{Bucket, ranges::Part};
use crate::{Error, Key, PIECE};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::{io, ops::Range, sync::Arc};
use tokio::task::JoinHandle;

/// The longest range of one request but the last, which may be half a piece longer. A stream holds at most two.
const LONGEST: u64 = 4 * PIECE;

struct Reading {
    bucket: Arc<Bucket>,
    key: Key,
    /// Not asked for yet.
    rest: Range<u64>,
    /// How long the next range is.
    next: u64,
    version: Option<String>,
    /// Read, but not given out yet.
    ready: Bytes,
    ahead: Option<Ahead>,
}

/// A request under way. One that nobody waits for any more is given up.
struct Ahead(JoinHandle<Result<Part, Error>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn stream(
    bucket: Arc<Bucket>,
    key: Key,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin {
    let reading = Reading { bucket, key, rest: range, next: PIECE, version: None, ready: Bytes::new(), ahead: None };
    stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        match reading.next().await? {
            Ok(bytes) => Some((Ok(bytes), Some(reading))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .fuse()
    .boxed()
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        if self.ready.is_empty() {
            let ahead = self.ahead.take().or_else(|| self.ask())?;
            if let Err(error) = self.receive(ahead).await {
                return Some(Err(error));
            }
            self.ahead = self.ask();
        }
        let length = if self.ready.len() as u64 <= PIECE + PIECE / 2 { self.ready.len() } else { PIECE as usize };
        Some(Ok(self.ready.split_to(length)))
    }

    async fn receive(&mut self, mut ahead: Ahead) -> Result<(), Error> {
        let Part { bytes, version } = (&mut ahead.0)
            .await
            .unwrap_or_else(|failure| Err(Error::Unavailable { source: io::Error::other(failure) }))?;
        self.ready = bytes;
        self.version = version;
        Ok(())
    }

    /// Asks for the next range, if anything is left.
    fn ask(&mut self) -> Option<Ahead> {
        let range = self.next_range()?;
        let (bucket, key, version, end) = (Arc::clone(&self.bucket), self.key, self.version.clone(), self.rest.end);
        self.rest.start = range.end;
        self.next = LONGEST.min(self.next.saturating_mul(2));
        Some(Ahead(tokio::spawn(async move { bucket.read_part(key, range, end, version).await })))
    }

    fn next_range(&self) -> Option<Range<u64>> {
        let left = self.rest.end.saturating_sub(self.rest.start);
        // A short remainder comes with what is before it: a request of its own would cost more than its bytes.
        let length = if left <= self.next.saturating_add(PIECE / 2) { left } else { self.next };
        (length > 0).then(|| self.rest.start..self.rest.start.saturating_add(length))
    }
}
