//! Reading an object in pieces: at once where they are in memory, else one ahead of the reader.

use crate::{
    Error, Key, PIECE,
    cached::{self, Buffers},
    folder::{Folder, read_range},
    jobs::{Jobs, finished},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::{fs::File, ops::Range, sync::Arc};
use tokio::task::JoinHandle;

/// The file stays open between pieces: an object removed meanwhile is read to its end.
type Piece = Result<(Arc<File>, Bytes), Error>;

struct Reading {
    folder: Arc<Folder>,
    jobs: Jobs,
    buffers: Buffers,
    key: Key,
    rest: Range<u64>,
    file: Option<Arc<File>>,
    ahead: Option<JoinHandle<Piece>>,
}

pub(crate) fn stream(
    folder: Arc<Folder>,
    jobs: Jobs,
    buffers: Buffers,
    key: Key,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin {
    let reading = Reading { folder, jobs, buffers, key, rest: range, file: None, ahead: None };
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
        let piece = match (self.ahead.take(), self.next_range()) {
            (Some(job), _) => finished(job).await,
            (None, Some(range)) => match self.cached(&range) {
                // What is in memory needs no reading ahead.
                Some(bytes) => return Some(Ok(self.took(bytes))),
                None => self.jobs.read(self.job(range)).await,
            },
            (None, None) => return None,
        };
        let (file, bytes) = match piece {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        self.file = Some(file);
        let bytes = self.took(bytes);
        if let Some(range) = self.next_range() {
            self.ahead = self.jobs.read_ahead(self.job(range));
        }
        Some(Ok(bytes))
    }

    /// The range, if it can be had without waiting.
    fn cached(&mut self, range: &Range<u64>) -> Option<Bytes> {
        if self.file.is_none() {
            self.file = cached::open(&self.folder, self.key).map(Arc::new);
        }
        cached::read(self.file.as_deref()?, range, &self.buffers)
    }

    fn took(&mut self, bytes: Bytes) -> Bytes {
        self.rest.start = self.rest.start.saturating_add(bytes.len() as u64);
        bytes
    }

    fn next_range(&self) -> Option<Range<u64>> {
        let left = self.rest.end.saturating_sub(self.rest.start);
        // A short remainder comes with the piece before it: most images are little more than one piece long, and a job
        // of its own for the rest would cost more than its bytes.
        let length = if left <= PIECE + PIECE / 2 { left } else { PIECE };
        (length > 0).then(|| self.rest.start..self.rest.start.saturating_add(length))
    }

    fn job(&self, range: Range<u64>) -> impl FnOnce() -> Piece + Send + use<> {
        let (folder, key, open) = (Arc::clone(&self.folder), self.key, self.file.clone());
        move || {
            let file = match open {
                Some(file) => file,
                None => Arc::new(folder.open_object(key)?),
            };
            let bytes = read_range(&file, range)?;
            Ok((file, bytes))
        }
    }
}
