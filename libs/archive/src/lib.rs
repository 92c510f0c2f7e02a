//! The archive: the bytes of objects, each under an opaque key, durable before a write is answered.
//!
//! Knows: how to keep, read and remove objects, in a folder or in a bucket. Does not know: DICOM, or which objects exist
//! (that is the catalog's; nothing here ever lists).

mod cached;
mod durable;
mod error;
mod folder;
mod jobs;
mod key;
mod local;
mod reading;
mod s3;
mod telemetry;
mod upload;

pub use error::Error;
pub use key::{InvalidKey, Key};
pub use s3::{S3Access, S3Addressing, S3Credentials, S3Options};
pub use telemetry::describe_metrics;
pub use upload::Upload;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use local::Local;
use s3::Bucket;
use std::{ops::Range, path::Path, sync::Arc};
use telemetry::{Operation, Streaming};
use upload::Writing;

/// The most bytes of one piece that [`Archive::stream`] yields, but for the last one, which may be half as long again.
pub const PIECE: u64 = 512 * 1024;

/// A place for objects. Clones are cheap and share one place.
///
/// An object is unseen until the catalog commits its key, so it is written where it stays: there is no staging
/// file and no rename. What a failed or abandoned write leaves behind is removed by whoever holds its key.
#[derive(Clone)]
pub struct Archive(Place);

#[derive(Clone)]
enum Place {
    Folder(Local),
    S3(Arc<Bucket>),
}

impl Archive {
    /// Opens a folder as an archive, and creates it with its shard folders where they are missing. What was created
    /// is durable on return.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Unavailable`].
    pub async fn open_folder(path: &Path) -> Result<Self, Error> {
        Ok(Self(Place::Folder(Local::open(path.to_path_buf()).await?)))
    }

    /// Opens a bucket of an S3 server as an archive. Sends nothing yet: [`Self::probe`] tells whether the bucket can be
    /// used. The bucket must exist.
    ///
    /// # Errors
    /// [`Error::Settings`] says what to change in the options, credentials or certificates.
    pub async fn open_s3(options: S3Options) -> Result<Self, Error> {
        Ok(Self(Place::S3(Arc::new(Bucket::open(options).await?))))
    }

    /// Writes an object made of these pieces. It is durable (object and folder synced, or the server's answer) when this
    /// returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Exists`] and [`Error::Unavailable`]; the object is then gone, as far as that can be done.
    pub async fn put(&self, key: &Key, pieces: Vec<Bytes>) -> Result<(), Error> {
        let work = async {
            match &self.0 {
                Place::Folder(local) => local.put(*key, pieces).await,
                Place::S3(bucket) => bucket.put(*key, pieces).await,
            }
        };
        self.operation("put").run(work).await
    }

    /// Starts an object of any size, which comes in pieces.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Exists`] and [`Error::Unavailable`].
    pub async fn create(&self, key: &Key) -> Result<Upload, Error> {
        let operation = self.operation("upload");
        let work = async {
            match &self.0 {
                Place::Folder(local) => local.create(*key).await.map(Writing::Folder),
                Place::S3(bucket) => bucket.create(*key).await.map(|upload| Writing::S3(Box::new(upload))),
            }
        };
        let writing = operation.step(work).await?;
        Ok(Upload { writing, operation })
    }

    /// Reads exactly this range, at once into memory: for pieces of known, moderate size.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Short`] when the object ends before the range does, and [`Error::Unavailable`].
    pub async fn read(&self, key: &Key, range: Range<u64>) -> Result<Bytes, Error> {
        let work = async {
            match &self.0 {
                Place::Folder(local) => local.read(*key, range).await,
                Place::S3(bucket) => bucket.read(*key, range).await,
            }
        };
        self.operation("read").run(work).await
    }

    /// Reads this range in pieces of about [`PIECE`] bytes, ahead of the reader (by one piece in a folder; in S3 by one
    /// request, so that a stream holds at most 4 MiB). The object is opened at the first poll. A file is from then on
    /// read to its end even if it is removed meanwhile; in S3 the stream then ends with [`Error::Absent`]. What is yielded
    /// is always of one object. The stream ends after an error.
    ///
    /// The errors are those of [`Self::read`].
    pub fn stream(
        &self,
        key: &Key,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin + use<> {
        let stream = match &self.0 {
            Place::Folder(local) => local.stream(*key, range).left_stream(),
            Place::S3(bucket) => s3::stream(Arc::clone(bucket), *key, range).right_stream(),
        };
        Streaming::new(self.operation("stream"), stream)
    }

    /// Removes an object. One that is absent already is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn remove(&self, key: &Key) -> Result<(), Error> {
        let work = async {
            match &self.0 {
                Place::Folder(local) => local.remove(*key).await,
                Place::S3(bucket) => bucket.remove(*key).await,
            }
        };
        self.operation("remove").run(work).await
    }

    /// The bytes that can still be written; `None` where the place has no known bound, as in S3.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn free_bytes(&self) -> Result<Option<u64>, Error> {
        match &self.0 {
            Place::Folder(local) => local.free_bytes().await.map(Some),
            Place::S3(_) => Ok(None),
        }
    }

    /// Whether objects can be read and written just now; where the options say [`S3Access::Read`], only read.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when not.
    pub async fn probe(&self) -> Result<(), Error> {
        match &self.0 {
            Place::Folder(local) => local.probe().await,
            Place::S3(bucket) => bucket.probe().await,
        }
    }

    fn operation(&self, name: &'static str) -> Operation {
        let kind = match &self.0 {
            Place::Folder(_) => "folder",
            Place::S3(_) => "s3",
        };
        Operation::begin(kind, name)
    }
}
