//! Why a call failed, in few codes, and how that crosses gRPC.

use proto::resource::v1 as wire;
use tonic::Status;

/// The ways in which a call can fail; closed on purpose. What is not foreseen is `Internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The caller must change the request.
    InvalidRequest,
    /// Looked for and not there, or not visible to the principal.
    NotFound,
    /// None of the principal's roles allows the act.
    Forbidden,
    /// Right in itself, but at odds with what is there.
    Conflict,
    /// A byte range beyond the end.
    RangeNotSatisfiable,
    /// Beyond a configured limit.
    TooLarge,
    /// A bounded queue or pool is full; trying again later helps.
    Busy,
    /// Something the service depends on is away; trying again later helps.
    Unavailable,
    /// A defect of ours.
    Internal,
}

/// A failed call: its message is for the outside and holds neither patient data nor internals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure.
    pub code: Code,
    /// What to tell the client.
    pub message: String,
    /// The facilities to choose from when a UID exists in several.
    pub facilities: Vec<String>,
    /// The length, in bytes, that a range does not fit into.
    pub length: Option<u64>,
}

impl Failure {
    /// A failure with an outside message.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), facilities: Vec::new(), length: None }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let details = wire::Failure {
            code: to_wire(failure.code).into(),
            facilities: failure.facilities,
            length: failure.length,
        };
        let details = prost::Message::encode_to_vec(&details);
        Self::with_details(to_grpc(failure.code), failure.message, details.into())
    }
}

impl From<&Status> for Failure {
    /// A status that this crate did not make comes from the transport: its text stays inside.
    fn from(status: &Status) -> Self {
        let details: Option<wire::Failure> = prost::Message::decode(status.details()).ok();
        match details.and_then(|details| Some((from_wire(details.code())?, details))) {
            Some((code, details)) => Self {
                code,
                message: status.message().to_owned(),
                facilities: details.facilities,
                length: details.length,
            },
            None => Self::from_transport(status.code()),
        }
    }
}

impl Failure {
    fn from_transport(code: tonic::Code) -> Self {
        match code {
            tonic::Code::Unavailable | tonic::Code::DeadlineExceeded | tonic::Code::Cancelled => {
                Self::new(Code::Unavailable, "a part of the archive does not answer")
            }
            tonic::Code::ResourceExhausted => Self::new(Code::Busy, "the archive is busy"),
            _ => Self::new(Code::Internal, "the archive failed to carry out the request"),
        }
    }
}

fn to_grpc(code: Code) -> tonic::Code {
    match code {
        Code::InvalidRequest => tonic::Code::InvalidArgument,
        Code::NotFound => tonic::Code::NotFound,
        Code::Forbidden => tonic::Code::PermissionDenied,
        Code::Conflict => tonic::Code::FailedPrecondition,
        Code::RangeNotSatisfiable => tonic::Code::OutOfRange,
        Code::TooLarge | Code::Busy => tonic::Code::ResourceExhausted,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Internal => tonic::Code::Internal,
    }
}

fn to_wire(code: Code) -> wire::Code {
    match code {
        Code::InvalidRequest => wire::Code::InvalidRequest,
        Code::NotFound => wire::Code::NotFound,
        Code::Forbidden => wire::Code::Forbidden,
        Code::Conflict => wire::Code::Conflict,
        Code::RangeNotSatisfiable => wire::Code::RangeNotSatisfiable,
        Code::TooLarge => wire::Code::TooLarge,
        Code::Busy => wire::Code::Busy,
        Code::Unavailable => wire::Code::Unavailable,
        Code::Internal => wire::Code::Internal,
    }
}

fn from_wire(code: wire::Code) -> Option<Code> {
    Some(match code {
        wire::Code::Unspecified => return None,
        wire::Code::InvalidRequest => Code::InvalidRequest,
        wire::Code::NotFound => Code::NotFound,
        wire::Code::Forbidden => Code::Forbidden,
        wire::Code::Conflict => Code::Conflict,
        wire::Code::RangeNotSatisfiable => Code::RangeNotSatisfiable,
        wire::Code::TooLarge => Code::TooLarge,
        wire::Code::Busy => Code::Busy,
        wire::Code::Unavailable => Code::Unavailable,
        wire::Code::Internal => Code::Internal,
    })
}

#[cfg(test)]
mod tests {
    use super::{Code, Failure};
    use tonic::Status;

    const CODES: [Code; 9] = [
        Code::InvalidRequest,
        Code::NotFound,
        Code::Forbidden,
        Code::Conflict,
        Code::RangeNotSatisfiable,
        Code::TooLarge,
        Code::Busy,
        Code::Unavailable,
        Code::Internal,
    ];

    #[test]
    fn every_code_and_detail_crosses_unchanged() {
        for code in CODES {
            let failure = Failure { facilities: vec!["north".into()], length: Some(7), ..Failure::new(code, "why") };
            assert_eq!(Failure::from(&Status::from(failure.clone())), failure);
        }
    }

    #[test]
    fn a_status_of_the_transport_keeps_its_text_inside() {
        let failure = Failure::from(&Status::unavailable("tcp connect to 10.0.0.7 failed"));
        assert_eq!(failure.code, Code::Unavailable);
        assert!(!failure.message.contains("10.0.0.7"));
        assert_eq!(Failure::from(&Status::unknown("x")).code, Code::Internal);
    }
}
