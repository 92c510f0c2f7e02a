//! The query service: search (PS3.18 10.6). It turns the text of match keys into typed matches, asks the catalog, and
//! decides which attributes of a match are returned. It also lists the disagreements that people have to look at.
//!
//! Knows nothing of HTTP and of SQL, and never writes: it holds a [`catalog::CatalogReader`] only.

mod config;
mod disagreements;
mod error;
mod grpc;
mod matching;
mod plan;
mod returned;
mod search;

pub use config::Config;
pub use grpc::Query;

use catalog::CatalogReader;
use proto::query::v1::query_server::QueryServer;

/// The service over this catalog, ready to be served here or over the network.
#[must_use]
pub fn server(config: Config, catalog: CatalogReader) -> QueryServer<Query> {
    QueryServer::new(Query::new(config, catalog))
        .max_decoding_message_size(rpc::MAX_MESSAGE)
        .max_encoding_message_size(rpc::MAX_MESSAGE)
}
