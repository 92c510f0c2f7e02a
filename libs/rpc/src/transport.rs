//! The one thing a caller sees of "where is that service?", and the way to one in this process.

use crate::{
    Code, Failure,
    call::Call,
    deadline,
    guard::{GuardedBody, Progress, WatchedBody},
};
use http::{Request, Response};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tonic::{Status, body::Body, server::NamedService};
use tower::{Service, ServiceExt as _, util::BoxCloneSyncService};
use tracing::{Instrument as _, Span};

/// A way to a service. Generated clients take it whether the service is in this process or another.
///
/// Its error is a plain type: with a boxed trait object in its place the compiler cannot show that the future of a call
/// is `Send` (rust-lang/rust#100013).
pub type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

/// What holds for every call of one service, near or far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from the call to its first answer; for a unary call that is all of it. A caller may ask for less.
    pub answer: Duration,
    /// Time in which a stream must make progress in one direction or the other.
    pub idle: Duration,
    /// Calls under way at once, streams included; more are turned away as `Busy`.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer: Duration::from_secs(30), idle: Duration::from_secs(60), calls: 1024 }
    }
}

/// What every generated server is.
pub trait GrpcServer:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + NamedService
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> GrpcServer for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// The way to a server in this process.
///
/// Each call runs in a task of its own: a panic there is a failed call and no more, and a caller that goes away does
/// not stop work that has begun, which keeps its place among the calls under way until it ends.
pub fn local<S: GrpcServer>(server: S, limits: &Limits) -> Transport {
    let limits = *limits;
    let places = Arc::new(Semaphore::new(limits.calls));
    let service = tower::service_fn(move |request| {
        let (server, places) = (server.clone(), Arc::clone(&places));
        async move {
            let seen = Call::incoming(&request);
            let span = seen.span();
            Ok::<_, Status>(seen.watch(call(server, request, span, limits, places).await))
        }
    });
    BoxCloneSyncService::new(service)
}

async fn call<S: GrpcServer>(
    server: S,
    request: Request<Body>,
    span: Span,
    limits: Limits,
    places: Arc<Semaphore>,
) -> Response<Body> {
    let Ok(place) = places.try_acquire_owned() else { return refused(too_many()) };
    let answer = deadline::asked(request.headers()).map_or(limits.answer, |asked| asked.min(limits.answer));
    let progress = Progress::new();
    let request = request.map(|body| Body::new(WatchedBody::new(body, progress.clone())));
    let task = async move { (server.oneshot(request).await, place) };
    match tokio::time::timeout(answer, tokio::spawn(task.instrument(span))).await {
        Ok(Ok((Ok(response), place))) => {
            response.map(|body| Body::new(GuardedBody::new(body, progress, limits.idle, place)))
        }
        Ok(Ok((Err(never), _))) => match never {},
        Ok(Err(_panicked)) => refused(Failure::new(Code::Internal, "the archive failed to carry out the request")),
        Err(_elapsed) => refused(too_late()),
    }
}

pub(crate) fn too_many() -> Failure {
    Failure::new(Code::Busy, "too many requests at once")
}

pub(crate) fn too_late() -> Failure {
    Failure::new(Code::Unavailable, "the archive did not answer in time")
}

/// An answer that is a failure from its head on.
pub(crate) fn refused(failure: Failure) -> Response<Body> {
    Status::from(failure).into_http()
}
