//! What can be away while instances are stored: faults of ours, never of an instance.

use crate::answer::reason;
use rpc::{Code, Failure};

/// What kept an instance from being stored through no fault of its own. Its cause was logged where it showed; this much
/// goes outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Outage {
    /// The archive is full, or too nearly so.
    #[error("the archive has too little space left; try again later")]
    Space,
    /// The archive's storage does not answer.
    #[error("the archive's storage is not available; try again later")]
    Archive,
    /// The catalog does not answer.
    #[error("the archive's catalog is not available; try again later")]
    Catalog,
    /// Too much is being stored at once.
    #[error("the archive is busy; try again later")]
    Busy,
    /// The intent was taken for dead and is gone.
    #[error("the request was held up for too long and was given up; try again")]
    GivenUp,
}

impl Outage {
    /// Failure Reason (0008,1197), PS3.18 Table I.2-2.
    pub(crate) fn reason(self) -> u16 {
        match self {
            Self::Space | Self::Busy => reason::OUT_OF_RESOURCES,
            Self::Archive | Self::Catalog | Self::GivenUp => reason::PROCESSING_FAILURE,
        }
    }

    /// Logs the cause, once, and tells what it means outside.
    pub(crate) fn of_archive(error: &archive::Error) -> Self {
        tracing::warn!(error = error as &dyn std::error::Error, "cannot write to the archive");
        match error {
            archive::Error::Full => Self::Space,
            _ => Self::Archive,
        }
    }

    /// Logs the cause, once, and tells what it means outside.
    pub(crate) fn of_catalog(error: &catalog::Error) -> Self {
        tracing::warn!(error = error as &dyn std::error::Error, "cannot write to the catalog");
        match error {
            catalog::Error::IntentGone => Self::GivenUp,
            catalog::Error::Busy => Self::Busy,
            _ => Self::Catalog,
        }
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        let code = if outage == Outage::Busy { Code::Busy } else { Code::Unavailable };
        Self::new(code, outage.to_string())
    }
}
