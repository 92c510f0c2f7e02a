//! `multipart/related` bodies (RFC 2046 5.1, RFC 2387), read and written in pieces.
//!
//! Bytes in, events out, and the other way round: knows nothing of HTTP, does no I/O, and copies content only where
//! the end of one piece looks like the beginning of a delimiter. Memory is bounded whatever the input.

mod error;
mod headers;
mod reader;
mod writer;

pub use error::Error;
pub use headers::Headers;
pub use reader::{Event, Limits, Reader};
pub use writer::Writer;
