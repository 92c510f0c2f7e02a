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
    /// This program is wrong, or the catalog is damaged: the same fails again.
    #[error("the archive failed to carry out the request")]
    Defect,
}

impl Outage {
    /// Failure Reason (0008,1197), PS3.18 Table I.2-2.
    pub(crate) fn reason(self) -> u16 {
        match self {
            Self::Space | Self::Busy => reason::OUT_OF_RESOURCES,
            Self::Archive | Self::Catalog | Self::GivenUp | Self::Defect => reason::PROCESSING_FAILURE,
        }
    }

    /// Whether the sender may try the same again.
    pub(crate) fn is_transient(self) -> bool {
        self != Self::Defect
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
        let outage = match error {
            catalog::Error::IntentGone => Self::GivenUp,
            catalog::Error::Busy => Self::Busy,
            catalog::Error::Unavailable { .. } | catalog::Error::WriterGone => Self::Catalog,
            _ => Self::Defect,
        };
        let cause = error as &dyn std::error::Error;
        match outage {
            Self::Defect => tracing::error!(error = cause, "the catalog refused a write"),
            _ => tracing::warn!(error = cause, "cannot write to the catalog"),
        }
        outage
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        let code = match outage {
            Outage::Busy => Code::Busy,
            Outage::Space | Outage::Archive | Outage::Catalog | Outage::GivenUp => Code::Unavailable,
            Outage::Defect => Code::Internal,
        };
        Self::new(code, outage.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Outage;
    use catalog::Error;
    use rpc::{Code, Failure};

    #[test]
    fn only_what_time_may_mend_asks_to_be_tried_again() {
        for (error, code, transient) in [
            (Error::Busy, Code::Busy, true),
            (Error::WriterGone, Code::Unavailable, true),
            (Error::IntentGone, Code::Unavailable, true),
            (Error::Defect { source: "a constraint".into() }, Code::Internal, false),
            (Error::Damaged { source: "a row".into() }, Code::Internal, false),
            (Error::ForeignKey, Code::Internal, false),
        ] {
            let outage = Outage::of_catalog(&error);
            assert_eq!((Failure::from(outage).code, outage.is_transient()), (code, transient), "{error}");
        }
    }
}
