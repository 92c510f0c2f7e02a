//! How services call one another: one client type whether the callee is in this process or another, with the same
//! deadlines, size limits and status codes on both ways.
//!
//! Knows tonic and the wire's shared messages. Knows neither HTTP's resources nor DICOM.

mod context;
mod failure;
mod guard;
pub mod streaming;
mod transport;

pub use context::{Context, resource_from_proto, resource_to_proto};
pub use failure::{Code, Failure};
pub use transport::{GrpcServer, Limits, Transport, local};

/// The largest message, in bytes, that clients and servers take; set on each of them.
pub const MAX_MESSAGE: usize = 16 << 20;

/// The size, in bytes, of the pieces in which pixel data crosses between services.
pub const CHUNK: usize = 512 << 10;
