//! How the archive fails.

use std::io;

/// Why an object could not be written, read or removed. None of them shows a path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No space left, or the quota is used up.
    #[error("the archive's storage is full")]
    Full,
    /// There is no object under the key.
    #[error("no such object in the archive")]
    Absent,
    /// The object ends before the range that was asked for.
    #[error("the object is shorter than the range asked for")]
    Short,
    /// There is an object under the key already; it was left as it is.
    #[error("an object of this key exists already")]
    Exists,
    /// The storage does not answer as it should: a later try may succeed.
    #[error("the archive's storage is not available")]
    Unavailable {
        /// What the storage said.
        #[source]
        source: io::Error,
    },
    /// The archive cannot be opened with these settings.
    #[error("the S3 archive cannot be used: {problem}")]
    Settings {
        /// What to change.
        problem: &'static str,
        /// What is wrong with a file that the settings name.
        #[source]
        source: Option<io::Error>,
    },
}

impl From<io::Error> for Error {
    /// Absence is not told from the outside here: the folder knows whether the object or the storage is missing.
    fn from(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::AlreadyExists => Self::Exists,
            _ => Self::Unavailable { source },
        }
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(errno: rustix::io::Errno) -> Self {
        io::Error::from(errno).into()
    }
}
