//! The way to one service: next door in this process, or elsewhere.

use crate::{config::Config, targets::Target};
use gateway::Check;
use rpc::{Code, Failure, GrpcServer, Transport};
use std::{sync::Arc, time::Duration};
use tonic::Status;
use tower::util::BoxCloneSyncService;

/// How long a service elsewhere may take to say that it serves.
const PROBE: Duration = Duration::from_secs(2);

/// A service, and where it is.
pub(super) struct Link {
    target: Target,
    service: &'static str,
    transport: Transport,
    place: Place,
}

#[derive(PartialEq, Eq)]
enum Place {
    Here,
    Elsewhere,
    /// Neither here nor said to be anywhere: this process does not call it.
    Unknown,
}

impl Link {
    /// To the given server; without one, to where the configuration says that it is.
    pub(super) fn new<S: GrpcServer>(
        target: Target,
        service: &'static str,
        server: Option<S>,
        config: &Config,
    ) -> Self {
        let limits = config.rpc.limits();
        let (transport, place) = match (server, config.services.endpoint(target)) {
            (Some(server), _) => (rpc::local(server, &limits), Place::Here),
            (None, Some(endpoint)) => (rpc::remote(service, endpoint.clone(), &limits), Place::Elsewhere),
            (None, None) => (nowhere(), Place::Unknown),
        };
        Self { target, service, transport, place }
    }

    /// The name of the service as gRPC has it.
    pub(super) fn service(&self) -> &'static str {
        self.service
    }

    /// For what only passes calls on, and for questions about health.
    pub(super) fn transport(&self) -> Transport {
        self.transport.clone()
    }

    /// For who makes calls, each a part of the trace of its request.
    pub(super) fn calls(&self) -> Transport {
        rpc::traced(self.transport())
    }

    pub(super) fn is_here(&self) -> bool {
        self.place == Place::Here
    }

    /// Whether it serves, by its name in the configuration, if it is elsewhere.
    pub(super) fn check(&self) -> Option<(&'static str, Check)> {
        let (service, transport) = (self.service, self.transport());
        let check: Check = Arc::new(move || {
            let transport = transport.clone();
            Box::pin(async move { Ok(rpc::probe(&transport, service, PROBE).await?) })
        });
        (self.place == Place::Elsewhere).then(|| (self.target.name(), check))
    }
}

/// What the configuration does not allow a process to call.
fn nowhere() -> Transport {
    BoxCloneSyncService::new(tower::service_fn(async |_| {
        Err(Status::from(Failure::new(Code::Internal, "this process does not know where the service is")))
    }))
}
