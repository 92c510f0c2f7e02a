//! What every handler is given: the clients of the services and the configuration.

use crate::{Config, Operations, retrieve::Settled};
use archive::Archive;
use proto::{
    ingest::v1::ingest_client::IngestClient, query::v1::query_client::QueryClient,
    retrieve::v1::retrieve_client::RetrieveClient,
};
use rpc::{MAX_MESSAGE, Transport};
use std::sync::Arc;

/// The services behind the gateway. A client is the same type whether its service runs in this process or elsewhere.
#[derive(Clone)]
pub struct Services {
    ingest: IngestClient<Transport>,
    query: QueryClient<Transport>,
    retrieve: RetrieveClient<Transport>,
    archive: Option<Archive>,
}

impl Services {
    /// The services at the ends of these transports.
    #[must_use]
    pub fn new(ingest: Transport, query: Transport, retrieve: Transport) -> Self {
        Self {
            ingest: IngestClient::new(ingest)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            query: QueryClient::new(query)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            retrieve: RetrieveClient::new(retrieve)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            archive: None,
        }
    }

    /// The same services, beside an archive that the gateway may read: bytes that are sent as they are stored then need
    /// not pass through the retrieve service.
    #[must_use]
    pub fn with_archive(self, archive: Archive) -> Self {
        Self { archive: Some(archive), ..self }
    }
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    services: Services,
    config: Config,
    operations: Operations,
    viewer: Option<viewer::Site>,
    settled: Settled,
}

impl State {
    pub(crate) fn new(
        services: Services,
        config: Config,
        operations: Operations,
        viewer: Option<viewer::Site>,
    ) -> Self {
        let settled = Settled::new(config.retrieve.settled_metadata_bytes);
        Self { inner: Arc::new(Inner { services, config, operations, viewer, settled }) }
    }

    /// A client of the ingest service.
    pub(crate) fn ingest(&self) -> IngestClient<Transport> {
        self.inner.services.ingest.clone()
    }

    /// A client of the query service.
    pub(crate) fn query(&self) -> QueryClient<Transport> {
        self.inner.services.query.clone()
    }

    /// A client of the retrieve service.
    pub(crate) fn retrieve(&self) -> RetrieveClient<Transport> {
        self.inner.services.retrieve.clone()
    }

    /// The archive, where the gateway may read it.
    pub(crate) fn archive(&self) -> Option<&Archive> {
        self.inner.services.archive.as_ref()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn operations(&self) -> &Operations {
        &self.inner.operations
    }

    /// Metadata that has come to rest.
    pub(crate) fn settled(&self) -> &Settled {
        &self.inner.settled
    }

    pub(crate) fn viewer(&self) -> Option<&viewer::Site> {
        self.inner.viewer.as_ref()
    }
}
