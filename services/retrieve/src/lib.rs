//! The retrieve service (PS3.18 10.4): instances, frames, bulk data and metadata, read from the catalog and the archive.
//!
//! Knows: which stored bytes answer a request, and how to turn the encodings of PS3.5 that need no codec into Explicit
//! VR Little Endian. Does not know: HTTP, multipart, media types. Writes nothing.

mod accepted;
mod bulk_data;
mod byte_range;
mod cells;
mod config;
mod error;
mod etag;
mod frames;
mod grpc;
mod instances;
mod listing;
mod metadata;
mod object;
mod part;
mod stretch;
mod telemetry;

pub use config::Config;
pub use grpc::Service;
pub use telemetry::describe_metrics;

use archive::Archive;
use catalog::CatalogReader;
use proto::retrieve::v1::retrieve_server::RetrieveServer;

/// The service, ready to be served or called in process.
#[must_use]
pub fn server(config: &Config, catalog: CatalogReader, archive: Archive) -> RetrieveServer<Service> {
    let retrieval = Retrieval { catalog, archive, config: config.clone() };
    RetrieveServer::new(Service::new(retrieval))
        .max_decoding_message_size(rpc::MAX_MESSAGE)
        .max_encoding_message_size(rpc::MAX_MESSAGE)
}

/// What every retrieve transaction works with. Each transaction has its own file.
#[derive(Clone)]
pub(crate) struct Retrieval {
    catalog: CatalogReader,
    archive: Archive,
    config: Config,
}
