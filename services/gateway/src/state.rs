//! What every handler is given: the clients of the services and the configuration.

use crate::{Config, Operations};
use futures::{TryFutureExt, future::MapErr};
use proto::{
    ingest::v1::ingest_client::IngestClient, query::v1::query_client::QueryClient,
    retrieve::v1::retrieve_client::RetrieveClient,
};
use rpc::{MAX_MESSAGE, Transport};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{Status, body::Body};
use tower::{BoxError, Service};

/// The services behind the gateway. A client is the same type whether its service runs in this process or elsewhere.
#[derive(Clone)]
pub struct Services {
    ingest: IngestClient<Link>,
    query: QueryClient<Link>,
    retrieve: RetrieveClient<Link>,
}

impl Services {
    /// The services at the ends of these transports.
    #[must_use]
    pub fn new(ingest: Transport, query: Transport, retrieve: Transport) -> Self {
        Self {
            ingest: IngestClient::new(Link(ingest))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            query: QueryClient::new(Link(query))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            retrieve: RetrieveClient::new(Link(retrieve))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
        }
    }
}

/// A transport whose error is a plain type: with a boxed trait object in its place the compiler cannot show that the
/// future of a call is `Send` (rust-lang/rust#100013).
#[derive(Clone)]
pub(crate) struct Link(Transport);

type Answer = <Transport as Service<http::Request<Body>>>::Future;

impl Service<http::Request<Body>> for Link {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = MapErr<Answer, fn(BoxError) -> Status>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.0.poll_ready(cx).map_err(Status::from_error)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request).map_err(Status::from_error)
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
}

impl State {
    pub(crate) fn new(
        services: Services,
        config: Config,
        operations: Operations,
        viewer: Option<viewer::Site>,
    ) -> Self {
        Self { inner: Arc::new(Inner { services, config, operations, viewer }) }
    }

    /// A client of the ingest service.
    pub(crate) fn ingest(&self) -> IngestClient<Link> {
        self.inner.services.ingest.clone()
    }

    /// A client of the query service.
    pub(crate) fn query(&self) -> QueryClient<Link> {
        self.inner.services.query.clone()
    }

    /// A client of the retrieve service.
    pub(crate) fn retrieve(&self) -> RetrieveClient<Link> {
        self.inner.services.retrieve.clone()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn operations(&self) -> &Operations {
        &self.inner.operations
    }

    pub(crate) fn viewer(&self) -> Option<&viewer::Site> {
        self.inner.viewer.as_ref()
    }
}
