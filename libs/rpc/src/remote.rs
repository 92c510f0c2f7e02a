//! The way to a service in other processes: the same limits and failures as in this one, over HTTP/2.

mod connection;
mod endpoint;
mod loan;
mod pool;
mod received;

pub use endpoint::{Endpoint, InvalidEndpoint};

use crate::{
    Code, Failure, Limits, Transport, deadline,
    guard::{GuardedBody, Progress, WatchedBody},
    telemetry,
    transport::{refused, too_late, too_many},
};
use connection::NotSent;
use http::{Request, Response, request::Parts};
use loan::Loan;
use pool::{Membership, Pool};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tonic::{Code as GrpcCode, Status, body::Body};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tower::util::BoxCloneSyncService;

/// How often a call is sent at most, the first time included.
const ATTEMPTS: usize = 3;

/// Calls of this service ask whether another is there; that is told also while there are too many other calls.
const HEALTH: &str = "/grpc.health.v1.Health/";
/// How many may ask at once.
const QUESTIONS: usize = 64;

/// The way to the service of this name (`noctis.ingest.v1.Ingest`) at an endpoint. To be called within a runtime.
///
/// Nothing waits for the service to be there: connections are made and made anew in the background for as long as the
/// transport or a clone of it lives. A call goes to the process with the fewest calls of ours. It is sent again only
/// where the first process certainly has not begun it. A service that cannot be reached is `Unavailable`.
pub fn remote(service: &'static str, endpoint: Endpoint, limits: &Limits) -> Transport {
    let limits = *limits;
    let places = Arc::new(Semaphore::new(limits.calls));
    let questions = Arc::new(Semaphore::new(QUESTIONS));
    let membership = Arc::new(Membership::start(service, endpoint));
    let service = tower::service_fn(move |request: Request<Body>| {
        let is_question = request.uri().path().starts_with(HEALTH);
        let places = Arc::clone(if is_question { &questions } else { &places });
        let membership = Arc::clone(&membership);
        async move { Ok::<_, Status>(call(membership.pool(), request, limits, places).await) }
    });
    BoxCloneSyncService::new(service)
}

async fn call(pool: &Arc<Pool>, request: Request<Body>, limits: Limits, places: Arc<Semaphore>) -> Response<Body> {
    let Ok(place) = places.try_acquire_owned() else { return refused(too_many()) };
    let progress = Progress::new();
    let (mut head, body) = request.into_parts();
    let answer = deadline::asked(&head.headers).map_or(limits.answer, |asked| asked.min(limits.answer));
    deadline::tell(&mut head.headers, answer);
    let body = Body::new(WatchedBody::new(body, progress.clone()));
    match tokio::time::timeout(answer, send(pool, head, body)).await {
        Ok(Ok(response)) => response.map(|body| Body::new(GuardedBody::new(body, progress, limits.idle, place))),
        Ok(Err(failure)) => refused(failure),
        Err(_elapsed) => refused(too_late()),
    }
}

async fn send(pool: &Arc<Pool>, head: Parts, mut body: Body) -> Result<Response<Body>, Failure> {
    let mut avoid = None;
    for attempt in 1..=ATTEMPTS {
        let lease = pool.lease(avoid).await?;
        let loan = Loan::new(body);
        avoid = Some(lease.address());
        let error = match lease.send(&head, loan.lend(), loan.wanted()).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        tracing::debug!(cause = %error.cause(), attempt, "a call did not reach its service");
        let NotSent::Certainly(_) = error else { break };
        let Some(again) = loan.take_back() else { break };
        telemetry::repeated();
        body = again;
    }
    Err(away())
}

/// What a caller is told when no process of a service can be reached.
fn away() -> Failure {
    Failure::new(Code::Unavailable, "a part of the archive cannot be reached")
}

/// Asks a service through its transport whether it serves (gRPC health checking).
///
/// # Errors
/// `Unavailable` where it does not, or cannot be reached within the time.
pub async fn probe(transport: &Transport, service: &'static str, within: Duration) -> Result<(), Failure> {
    let mut client = HealthClient::new(transport.clone());
    let request = HealthCheckRequest { service: service.to_owned() };
    let not_serving = || Failure::new(Code::Unavailable, "the service says that it does not serve");
    match tokio::time::timeout(within, client.check(request)).await {
        Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => Ok(()),
        Ok(Ok(_)) => Err(not_serving()),
        Ok(Err(status)) if status.code() == GrpcCode::NotFound => Err(not_serving()),
        Ok(Err(status)) => Err(Failure::from(&status)),
        Err(_elapsed) => Err(too_late()),
    }
}
