//! The ingest service: stores instances (PS3.18 10.5), deletes them, and
//! notes what people have resolved.
//!
//! Each part of a request is read once, in bounded memory; its bytes go to the archive first, and a transaction of the
//! catalog then makes it visible. What a request is about to write is in the catalog as an intent beforehand, so that
//! a sweep finds what a dead one left behind without ever listing the archive.
//!
//! Knows the order of these steps and what each failure means to the sender. Knows neither HTTP nor SQL nor files.

mod answer;
mod budget;
mod clock;
mod config;
mod delete;
mod error;
mod grpc;
mod outage;
mod recovery;
mod resolve;
mod service;
mod space;
mod store;
mod sweep;
mod telemetry;

pub use clock::Clock;
pub use config::{Config, DataSetLimits, Duplicates};
pub use error::Error;
pub use grpc::Ingest;
pub use recovery::{Recovered, recover_at_start};
pub use sweep::{Sweeper, Swept, sweep_once};
pub use telemetry::describe_metrics;

use archive::Archive;
use catalog::CatalogWriter;
use proto::ingest::v1::ingest_server::IngestServer;

/// The service as a gRPC server, with the message sizes that all services agree on.
#[must_use]
pub fn server(config: &Config, catalog: CatalogWriter, archive: Archive, clock: Clock) -> IngestServer<Ingest> {
    IngestServer::new(Ingest::new(config, catalog, archive, clock))
        .max_decoding_message_size(rpc::MAX_MESSAGE)
        .max_encoding_message_size(rpc::MAX_MESSAGE)
}
