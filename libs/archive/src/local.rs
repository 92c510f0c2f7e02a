//! The archive in a folder, seen from asynchronous code: what is in memory at once, all else on the blocking pool.

use crate::{
    Error, Key,
    cached::{self, Buffers},
    folder::{Folder, upload::FileUpload},
    jobs::Jobs,
    reading,
};
use bytes::Bytes;
use futures::Stream;
use std::{ops::Range, path::PathBuf, sync::Arc};

#[derive(Clone)]
pub(crate) struct Local {
    folder: Arc<Folder>,
    jobs: Jobs,
    buffers: Buffers,
}

impl Local {
    pub(crate) async fn open(path: PathBuf) -> Result<Self, Error> {
        let jobs = Jobs::default();
        let folder = jobs.write(move || Folder::open(path)).await?;
        Ok(Self { folder: Arc::new(folder), jobs, buffers: Buffers::default() })
    }

    pub(crate) async fn put(&self, key: Key, pieces: Vec<Bytes>) -> Result<(), Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.write(move || folder.put(key, &pieces)).await
    }

    pub(crate) async fn create(&self, key: Key) -> Result<FileUpload, Error> {
        let folder = Arc::clone(&self.folder);
        let file = self.jobs.write(move || folder.create(key)).await?;
        Ok(FileUpload::new(Arc::clone(&self.folder), self.jobs.clone(), key, file))
    }

    pub(crate) async fn read(&self, key: Key, range: Range<u64>) -> Result<Bytes, Error> {
        if let Some(bytes) = cached::open(&self.folder, key).and_then(|file| cached::read(&file, &range, &self.buffers))
        {
            return Ok(bytes);
        }
        let folder = Arc::clone(&self.folder);
        self.jobs.read(move || folder.read(key, range)).await
    }

    pub(crate) fn stream(
        &self,
        key: Key,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin + use<> {
        reading::stream(Arc::clone(&self.folder), self.jobs.clone(), self.buffers.clone(), key, range)
    }

    pub(crate) async fn remove(&self, key: Key) -> Result<(), Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.write(move || folder.remove(key)).await
    }

    pub(crate) async fn free_bytes(&self) -> Result<u64, Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.read(move || folder.free_bytes()).await
    }

    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.read(move || folder.probe()).await
    }
}
