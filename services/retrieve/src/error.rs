//! How a retrieval fails, and what the caller is told of it.

use rpc::{Code, Failure};

/// Why a retrieval failed. What the source says stays inside: see [`Error::failure`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The call itself cannot be read; the failure says why.
    #[error(transparent)]
    Call(#[from] Failure),
    #[error("the frame list is empty")]
    NoFrames,
    #[error("frames are counted from 1")]
    FrameZero,
    #[error("a frame is listed more than once")]
    DuplicateFrame,
    #[error("more than {limit} frames are listed")]
    TooManyFrames { limit: u32 },
    #[error("the instance has no pixel data whose frames can be told apart")]
    NoPixelData,
    #[error("the instance has no such frame; it has {frames}")]
    NoSuchFrame { frames: u32 },
    #[error("there is no such bulk data")]
    NoBulkData,
    #[error(
        "frames and values of a deflated object are read in ascending order; they are listed with too many steps back"
    )]
    TooManyPasses,
    #[error("the byte range cannot be read")]
    InvalidRange,
    #[error("the byte range lies beyond the end")]
    RangeBeyondEnd { length: u64 },
    #[error("the catalog could not answer")]
    Catalog(#[source] catalog::Error),
    #[error("the archive could not answer")]
    Archive(#[source] archive::Error),
    #[error("the catalog names an object by what is no key")]
    Key(#[from] archive::InvalidKey),
    #[error("an object does not hold what the catalog says of it")]
    Damaged,
    #[error("an object could not be rewritten")]
    Rewrite(#[from] dataset::RewriteError),
    #[error("a deflated object could not be inflated")]
    Inflate(#[from] dataset::Refusal),
    #[error("the metadata of one instance is too large to be sent")]
    MetadataTooLarge,
    #[error("the resource changed while it was read")]
    Changed,
    #[error("the caller has gone away")]
    CallerGone,
}

impl From<catalog::Error> for Error {
    fn from(error: catalog::Error) -> Self {
        Self::Catalog(error)
    }
}

impl From<archive::Error> for Error {
    fn from(error: archive::Error) -> Self {
        Self::Archive(error)
    }
}

impl Error {
    /// What the caller is told.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Call(failure) => failure.clone(),
            Self::NoFrames | Self::FrameZero | Self::DuplicateFrame | Self::InvalidRange => {
                Failure::new(Code::InvalidRequest, self.to_string())
            }
            Self::TooManyFrames { .. } | Self::TooManyPasses => Failure::new(Code::TooLarge, self.to_string()),
            Self::NoPixelData | Self::NoSuchFrame { .. } | Self::NoBulkData => {
                Failure::new(Code::NotFound, self.to_string())
            }
            Self::RangeBeyondEnd { length } => {
                Failure { length: Some(*length), ..Failure::new(Code::RangeNotSatisfiable, self.to_string()) }
            }
            // Less than was announced is never sent as if it were all; asked again, the answer is right.
            Self::Changed => Failure::new(Code::Unavailable, self.to_string()),
            Self::Catalog(error) => catalog_failure(error),
            Self::Archive(error) => archive_failure(error),
            Self::Key(_)
            | Self::Damaged
            | Self::Rewrite(_)
            | Self::Inflate(_)
            | Self::MetadataTooLarge
            | Self::CallerGone => internal(),
        }
    }
}

fn catalog_failure(error: &catalog::Error) -> Failure {
    match error {
        catalog::Error::NotFound => Failure::new(Code::NotFound, "the archive holds no such resource"),
        catalog::Error::NoSuchFrame => Failure::new(Code::NotFound, "the instance has no such frame"),
        catalog::Error::Ambiguous { facilities } => Failure {
            facilities: facilities.iter().map(ToString::to_string).collect(),
            ..Failure::new(Code::Conflict, "the resource exists in several facilities: name one of them")
        },
        catalog::Error::Busy => Failure::new(Code::Busy, "the catalog has too much to do"),
        catalog::Error::Unavailable { .. } => Failure::new(Code::Unavailable, "the catalog is not available"),
        _ => internal(),
    }
}

/// An object that the catalog lists and the archive lacks is our defect, never "not found".
fn archive_failure(error: &archive::Error) -> Failure {
    match error {
        archive::Error::Unavailable { .. } => Failure::new(Code::Unavailable, "the archive is not available"),
        _ => internal(),
    }
}

fn internal() -> Failure {
    Failure::new(Code::Internal, "the archive could not read what it holds")
}
