//! The archive: the bytes of objects, each under an opaque key, durable before a write is answered.
//!
//! Knows: how to keep, read and remove objects, in a folder. Does not know: DICOM, or which objects exist (that is
//! the catalog's; nothing here ever lists).

mod cached;
mod durable;
mod error;
mod folder;
mod jobs;
mod key;
mod reading;
mod upload;

pub use error::Error;
pub use key::{InvalidKey, Key};
pub use upload::Upload;

use bytes::Bytes;
use cached::Buffers;
use folder::Folder;
use futures::Stream;
use jobs::Jobs;
use std::{ops::Range, path::Path, sync::Arc};

/// The most bytes of one piece that [`Archive::stream`] yields, but for the last one, which may be half as long again.
pub const PIECE: u64 = 512 * 1024;

/// A place for objects. Clones are cheap and share one place.
///
/// An object is unseen until the catalog commits its key, so it is written where it stays: there is no staging
/// file and no rename. What a failed or abandoned write leaves behind is removed by whoever holds its key.
#[derive(Clone)]
pub struct Archive {
    folder: Arc<Folder>,
    jobs: Jobs,
    buffers: Buffers,
}

impl Archive {
    /// Opens a folder as an archive, and creates it with its shard folders where they are missing. What was created
    /// is durable on return.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Unavailable`].
    pub async fn open_folder(path: &Path) -> Result<Self, Error> {
        let jobs = Jobs::default();
        let path = path.to_path_buf();
        let folder = jobs.write(move || Folder::open(path)).await?;
        Ok(Self { folder: Arc::new(folder), jobs, buffers: Buffers::default() })
    }

    /// Writes an object made of these pieces. It is durable (object and folder synced) when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Exists`] and [`Error::Unavailable`]; the object is then gone, as far as that can be done.
    pub async fn put(&self, key: &Key, pieces: Vec<Bytes>) -> Result<(), Error> {
        let (folder, key) = (Arc::clone(&self.folder), *key);
        self.jobs.write(move || folder.put(key, &pieces)).await
    }

    /// Starts an object of any size, which comes in pieces.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Exists`] and [`Error::Unavailable`].
    pub async fn create(&self, key: &Key) -> Result<Upload, Error> {
        let (folder, key) = (Arc::clone(&self.folder), *key);
        let file = self.jobs.write(move || folder.create(key)).await?;
        Ok(Upload::new(Arc::clone(&self.folder), self.jobs.clone(), key, file))
    }

    /// Reads exactly this range, at once into memory: for pieces of known, moderate size.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Short`] when the object ends before the range does, and [`Error::Unavailable`].
    pub async fn read(&self, key: &Key, range: Range<u64>) -> Result<Bytes, Error> {
        if let Some(bytes) =
            cached::open(&self.folder, *key).and_then(|file| cached::read(&file, &range, &self.buffers))
        {
            return Ok(bytes);
        }
        let (folder, key) = (Arc::clone(&self.folder), *key);
        self.jobs.read(move || folder.read(key, range)).await
    }

    /// Reads this range in pieces of about [`PIECE`] bytes, one read ahead. The object is opened at the first poll, and
    /// from then on read to its end even if it is removed meanwhile. The stream ends after an error.
    ///
    /// The errors are those of [`Self::read`].
    pub fn stream(
        &self,
        key: &Key,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin + use<> {
        reading::stream(Arc::clone(&self.folder), self.jobs.clone(), self.buffers.clone(), *key, range)
    }

    /// Removes an object. One that is absent already is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn remove(&self, key: &Key) -> Result<(), Error> {
        let (folder, key) = (Arc::clone(&self.folder), *key);
        self.jobs.write(move || folder.remove(key)).await
    }

    /// The bytes that can still be written; `None` where the place has no known bound.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn free_bytes(&self) -> Result<Option<u64>, Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.read(move || folder.free_bytes().map(Some)).await
    }

    /// Whether objects can be read and written just now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when not.
    pub async fn probe(&self) -> Result<(), Error> {
        let folder = Arc::clone(&self.folder);
        self.jobs.read(move || folder.probe()).await
    }
}
