//! Writing an object whose size is not known beforehand, in bounded memory.

use crate::{Error, folder::upload::FileUpload, s3::S3Upload, telemetry::Operation};
use bytes::Bytes;

/// An object being written. What it holds in memory is bounded whatever the object's size: at most twice 1 MiB in a
/// folder, and three parts of 8 MiB in S3 (twice the size of a part beyond 32 GiB, see [`crate::S3Options`]), beside one
/// piece of the caller.
///
/// Dropped without [`Self::finish`], it may leave a partial object behind in a folder, which whoever holds the key has to
/// remove; in S3 the upload is given up in the background.
pub struct Upload {
    pub(crate) writing: Writing,
    pub(crate) operation: Operation,
}

pub(crate) enum Writing {
    Folder(FileUpload),
    S3(Box<S3Upload>),
}

impl Upload {
    /// Adds bytes. A failure may belong to bytes added before; after one only [`Self::abort`] makes sense.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Unavailable`].
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        let work = async {
            match &mut self.writing {
                Writing::Folder(upload) => upload.write(piece).await,
                Writing::S3(upload) => upload.write(piece).await,
            }
        };
        self.operation.step(work).await
    }

    /// Writes what is left; the object is durable when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Exists`] and [`Error::Unavailable`]; the object is then gone, as far as that can be done.
    pub async fn finish(self) -> Result<(), Error> {
        let work = async {
            match self.writing {
                Writing::Folder(upload) => upload.finish().await,
                Writing::S3(upload) => upload.finish().await,
            }
        };
        self.operation.run(work).await
    }

    /// Gives the object up and removes what was written.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it could not be removed.
    pub async fn abort(self) -> Result<(), Error> {
        match self.writing {
            Writing::Folder(upload) => upload.abort().await,
            Writing::S3(upload) => upload.abort().await,
        }
    }
}
