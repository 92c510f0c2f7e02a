//! Writing a file whose size is not known beforehand, in bounded memory.

use crate::{
    Error, Key,
    folder::{Folder, append},
    jobs::{Jobs, finished},
};
use bytes::Bytes;
use std::{fs::File, io, sync::Arc};
use tokio::task::JoinHandle;

/// Bytes gathered before they are written.
const GATHER: usize = 1024 * 1024;

/// A file being written. The next bytes are gathered while the last ones are written, so it holds at most twice 1 MiB and
/// one piece.
///
/// Dropped without [`Self::finish`], it leaves a partial file behind.
pub(crate) struct FileUpload {
    folder: Arc<Folder>,
    jobs: Jobs,
    key: Key,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
    file: Writing,
}

/// Where the file is. The job returns it.
enum Writing {
    Idle(File),
    Busy(JoinHandle<Result<File, Error>>),
    Failed,
}

impl FileUpload {
    pub(crate) fn new(folder: Arc<Folder>, jobs: Jobs, key: Key, file: File) -> Self {
        Self { folder, jobs, key, gathered: Vec::new(), gathered_bytes: 0, file: Writing::Idle(file) }
    }

    pub(crate) async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.gathered_bytes = self.gathered_bytes.saturating_add(piece.len());
        self.gathered.push(piece);
        if self.gathered_bytes < GATHER {
            return Ok(());
        }
        let mut file = self.idle_file().await?;
        let pieces = self.take_gathered();
        let job = self.jobs.start_write(move || append(&mut file, &pieces).map(|()| file)).await?;
        self.file = Writing::Busy(job);
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        let file = self.idle_file().await;
        let (pieces, folder, key) = (self.take_gathered(), self.folder, self.key);
        self.jobs
            .write(move || {
                let end = |mut file| append(&mut file, &pieces).and_then(|()| folder.make_durable(key, &file));
                let written = file.and_then(end);
                if written.is_err() {
                    folder.discard(key);
                }
                written
            })
            .await
    }

    pub(crate) async fn abort(mut self) -> Result<(), Error> {
        // Whatever was still being written, and how it ended, does not matter any more.
        drop(self.idle_file().await);
        let (folder, key) = (self.folder, self.key);
        self.jobs.write(move || folder.remove(key)).await
    }

    async fn idle_file(&mut self) -> Result<File, Error> {
        match std::mem::replace(&mut self.file, Writing::Failed) {
            Writing::Idle(file) => Ok(file),
            Writing::Busy(job) => finished(job).await,
            Writing::Failed => Err(io::Error::other("an earlier write of the object failed").into()),
        }
    }

    fn take_gathered(&mut self) -> Vec<Bytes> {
        self.gathered_bytes = 0;
        std::mem::take(&mut self.gathered)
    }
}
