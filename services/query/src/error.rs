//! Why a search fails, and what the caller is told.

use crate::matching::Malformed;
use catalog::Search;
use rpc::{Code, Failure};

/// Why a search fails. No variant holds a value of the request: it may be patient data.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The value of a key cannot be what its attribute holds.
    #[error("the value of {name} is not valid: {reason}")]
    Value {
        /// The attribute as the request named it.
        name: String,
        /// What is wrong with it.
        #[source]
        reason: Malformed,
    },
    /// The request names no level, or a resource that is none.
    #[error("the request names no searchable resource")]
    Resource,
    /// The request orders by too many attributes.
    #[error("orderby names more than {} attributes", crate::plan::MAX_ORDERS)]
    Orders,
    /// The principal may not search there.
    #[error(transparent)]
    Denied(#[from] Failure),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[from] catalog::Error),
    /// The catalog returned a row that the principal may not see. Nothing of the page leaves.
    #[error("the catalog returned a row outside of the scope")]
    OutOfScope,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Value { .. } | Error::Resource | Error::Orders => Self::new(Code::InvalidRequest, error.to_string()),
            Error::Denied(failure) => failure,
            Error::Catalog(error) => from_catalog(&error),
            Error::OutOfScope => {
                tracing::error!("a search returned a row outside of its scope; the answer was withheld");
                Self::new(Code::Internal, "the search failed")
            }
        }
    }
}

fn from_catalog(error: &catalog::Error) -> Failure {
    let cause = error as &dyn std::error::Error;
    match error {
        catalog::Error::TooManyToSort => Failure::new(
            Code::TooLarge,
            format!("more than {} matches are not sorted: narrow the search, or leave out orderby", Search::MAX_SORTED),
        ),
        catalog::Error::Busy => Failure::new(Code::Busy, "too many searches at once"),
        catalog::Error::Unavailable { .. } => {
            tracing::warn!(error = cause, "the catalog is not available");
            Failure::new(Code::Unavailable, "the catalog is not available")
        }
        catalog::Error::Ambiguous { facilities } => Failure {
            facilities: facilities.iter().map(ToString::to_string).collect(),
            ..Failure::new(Code::Conflict, "the study exists in several facilities; name one of them")
        },
        _ => {
            tracing::error!(error = cause, "a search failed");
            Failure::new(Code::Internal, "the search failed")
        }
    }
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::from_catalog;
    use catalog::Error;
    use rpc::Code;

    #[test]
    fn only_what_time_may_mend_asks_to_be_tried_again() {
        for (error, code) in [
            (Error::Busy, Code::Busy),
            (Error::TooManyToSort, Code::TooLarge),
            (Error::Defect { source: "no such column: secret".into() }, Code::Internal),
            (Error::Damaged { source: "a row".into() }, Code::Internal),
        ] {
            let failure = from_catalog(&error);
            assert_eq!(failure.code, code, "{error}");
            assert!(!failure.message.contains("secret"), "{}", failure.message);
        }
    }
}
