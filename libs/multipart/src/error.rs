//! Why a body is not a multipart body.

/// What is wrong with a body. No variant repeats bytes of it: they may be patient data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A boundary has 1 to 200 printable ASCII characters and does not end in a space.
    #[error("the multipart boundary is not valid")]
    InvalidBoundary,
    /// No delimiter among the first bytes.
    #[error("the body does not begin with its multipart boundary")]
    NoFirstPart,
    /// The headers of a part take more bytes than are read.
    #[error("the headers of a part are too long")]
    HeadersTooLong,
    /// A part has more headers than are read.
    #[error("a part has too many headers")]
    TooManyHeaders,
    /// A line among the headers of a part is no header.
    #[error("a part has a malformed header")]
    MalformedHeader,
    /// More parts than are read.
    #[error("the body has too many parts")]
    TooManyParts,
    /// The input ended before the closing delimiter.
    #[error("the body ended before its closing multipart boundary")]
    UnexpectedEnd,
}
