//! Which call goes to which service.

use super::health::{HealthService, Standing};
use crate::{Code, Failure, Limits, Transport, local, transport::refused};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    collections::HashMap,
    pin::Pin,
    task::{Context, Poll},
};
use tonic::{Status, body::Body, server::NamedService};
use tonic_health::pb::health_server::HealthServer;
use tower::ServiceExt as _;

/// The services that a process has for others.
#[derive(Clone)]
pub struct Server {
    routes: HashMap<&'static str, Transport>,
    standing: Standing,
}

impl Default for Server {
    /// No service but the one for health (`grpc.health.v1`).
    fn default() -> Self {
        let standing = Standing::default();
        let server = Self { routes: HashMap::new(), standing: standing.clone() };
        server.route(HealthServer::new(HealthService(standing)))
    }
}

impl Server {
    /// With the service of this name (`noctis.ingest.v1.Ingest`), which [`local`] made; so the callers in this process
    /// and those in others share its limits.
    #[must_use]
    pub fn with(mut self, name: &'static str, service: Transport) -> Self {
        self.standing.set(name, true);
        self.routes.insert(name, service);
        self
    }

    /// With reflection (`grpc.reflection.v1`), which tells callers what the services look like.
    ///
    /// # Errors
    /// An internal failure if the descriptors are not what they should be.
    pub fn with_reflection(self, descriptors: &'static [u8]) -> Result<Self, Failure> {
        let built = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1();
        let service = built.map_err(|_| Failure::new(Code::Internal, "the descriptors of the services are damaged"))?;
        Ok(self.route(service))
    }

    /// Whether each service serves; for whoever knows.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Questions about services are answered also while these have as many calls as they take.
    fn route<S: crate::GrpcServer>(mut self, service: S) -> Self {
        self.routes.insert(<S as NamedService>::NAME, local(service, &Limits::default()));
        self
    }

    /// Answers one call.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let service = request.uri().path().split('/').nth(1).and_then(|name| self.routes.get(name));
        let Some(service) = service else {
            return Status::unimplemented("there is no such service here").into_http();
        };
        let request = request.map(|body| Body::new(Arriving(body)));
        service.clone().oneshot(request).await.unwrap_or_else(|status| refused((&status).into()))
    }
}

/// The messages of a caller elsewhere. Where it goes away, that is a failure and not the end of its messages.
struct Arriving(Incoming);

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|error| {
            tracing::debug!(%error, "a caller went away");
            Failure::new(Code::Unavailable, "the caller went away").into()
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
