//! How services call one another: one client type whether the callee is in this process or another, with the same
//! deadlines, size limits and status codes on both ways.
//!
//! Knows tonic and the wire's shared messages. Knows neither HTTP's resources nor DICOM.

mod call;
mod context;
mod deadline;
mod failure;
mod guard;
mod http2;
mod remote;
mod serve;
pub mod streaming;
mod telemetry;
mod trace;
mod transport;

pub use call::traced;
pub use context::{Context, resource_from_proto, resource_to_proto};
pub use failure::{Code, Failure};
pub use remote::{Endpoint, InvalidEndpoint, probe, remote};
pub use serve::{ServeLimits, Server, Standing, serve};
pub use telemetry::describe_metrics;
pub use trace::Trace;
pub use transport::{GrpcServer, Limits, Transport, local};

/// The largest message, in bytes, that clients and servers take; set on each of them.
pub const MAX_MESSAGE: usize = 16 << 20;

/// The size, in bytes, of the pieces in which pixel data crosses between services.
pub const CHUNK: usize = 512 << 10;
