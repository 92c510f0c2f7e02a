//! Why the viewer could not be installed or opened.

use std::path::PathBuf;

/// What went wrong. No variant carries patient data: only paths and digests of public files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The tarball is not the pinned one.
    #[error("{}: SHA-512 is {found}, but {expected} is pinned; fetch it again with: npm pack {package}", path.display())]
    WrongDigest {
        /// The tarball.
        path: PathBuf,
        /// The npm package with its version.
        package: &'static str,
        /// The pinned digest, base64.
        expected: &'static str,
        /// The digest of the file, base64.
        found: String,
    },
    /// The tarball cannot be unpacked.
    #[error("the tarball cannot be read")]
    Archive(#[source] std::io::Error),
    /// An entry of the tarball has a path that could leave the folder, or is no plain name.
    #[error("the tarball has an entry with an unacceptable path: {0:?}")]
    UnsafePath(String),
    /// An entry of the tarball is a link or a device.
    #[error("the tarball has an entry that is no file: {0}")]
    NotAFile(String),
    /// The same path twice.
    #[error("the tarball has two entries for {0}")]
    Twice(String),
    /// More than an honest release holds.
    #[error("the tarball holds more than {limit} {what}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// The release is not built as the pinned one was, so it would not run below the prefix.
    #[error(
        "{pattern} was found {found} times in {files}, not {expected} times: the rewriting does not fit this release"
    )]
    Replacements {
        /// What is replaced.
        pattern: &'static str,
        /// In which files.
        files: &'static str,
        /// The pinned count.
        expected: usize,
        /// What was found.
        found: usize,
    },
    /// A file whose type is not known.
    #[error("no content type is known for {0}")]
    UnknownType(String),
    /// The folder to install to holds something else.
    #[error("{} is not empty and was not made by this command: choose another folder", .0.display())]
    Foreign(PathBuf),
    /// The folder holds no viewer, or not a whole one, or that of another release.
    #[error("{} does not hold viewer {expected} as this version of noctis makes it ({reason}); run: noctis viewer install", folder.display())]
    NotInstalled {
        /// The folder.
        folder: PathBuf,
        /// The version that is wanted.
        expected: &'static str,
        /// What is missing.
        reason: String,
    },
}
