//! gRPC health checking (`grpc.health.v1`): which services there are, and whether they serve.

use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc};
use tokio_stream::Empty;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server::Health,
};

/// Whether the services of this process can do their work; shared by all who set it or ask for it.
#[derive(Debug, Clone, Default)]
pub struct Standing(Arc<RwLock<State>>);

#[derive(Debug, Default)]
struct State {
    serving: HashMap<&'static str, bool>,
    draining: bool,
}

impl Standing {
    /// Says whether a service serves.
    pub fn set(&self, service: &'static str, serving: bool) {
        self.0.write().serving.insert(service, serving);
    }

    /// From now on none of them does.
    pub fn drain(&self) {
        self.0.write().draining = true;
    }

    /// The status of a service; of all of them for the empty name; none for one that is not here.
    fn of(&self, service: &str) -> Option<ServingStatus> {
        let state = self.0.read();
        let serving = match service {
            "" => state.serving.values().all(|serving| *serving),
            name => *state.serving.get(name)?,
        };
        Some(if serving && !state.draining { ServingStatus::Serving } else { ServingStatus::NotServing })
    }
}

/// The health service. It answers questions but reports no changes, which the protocol allows: a stream of them would
/// have to be ended for every shutdown.
#[derive(Debug)]
pub(super) struct HealthService(pub(super) Standing);

#[tonic::async_trait]
impl Health for HealthService {
    type WatchStream = Empty<Result<HealthCheckResponse, Status>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let status = self.0.of(&request.get_ref().service);
        let status = status.ok_or_else(|| Status::not_found("there is no such service here"))?;
        Ok(Response::new(HealthCheckResponse { status: status.into() }))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("ask by Check"))
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use tonic_health::pb::health_check_response::ServingStatus::{NotServing, Serving};

    #[test]
    fn each_service_stands_for_itself_until_all_drain() {
        let standing = Standing::default();
        standing.set("a", true);
        standing.set("b", true);
        assert_eq!([standing.of("a"), standing.of("b"), standing.of("")], [Some(Serving); 3]);
        standing.set("b", false);
        assert_eq!(
            [standing.of("a"), standing.of("b"), standing.of("")],
            [Some(Serving), Some(NotServing), Some(NotServing)]
        );
        assert_eq!(standing.of("c"), None);
        standing.drain();
        assert_eq!(standing.of("a"), Some(NotServing));
    }
}
