//! Traces as a collector gets them: one for each request, through all processes, without anything about patients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod away;
mod collector;
#[path = "../services/deployment.rs"]
#[expect(dead_code, reason = "the tests of services use all of it")]
mod deployment;
mod distributed;
mod logs;
mod privacy;
mod traces;

use collector::Collector;
use deployment::{backend, free_port, gateway};
use harness::{Client, Server};

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";

/// A gateway and the process behind it, both of which export to one place.
struct Traced {
    gateway: Server,
    backend: Server,
}

impl Traced {
    async fn start(endpoint: &str, settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let set = |builder: harness::ServerBuilder| {
            let builder = builder.env("NOCTIS_TELEMETRY__OTLP_ENDPOINT", endpoint);
            settings.iter().fold(builder, |builder, (name, value)| builder.env(name, value))
        };
        let backend = set(backend(port)).start().await;
        Self { gateway: set(gateway(port)).start().await, backend }
    }

    fn client(&self) -> Client {
        self.gateway.client()
    }
}

async fn traced() -> (Collector, Traced) {
    let collector = Collector::start().await;
    let noctis = Traced::start(&collector.endpoint(), &[]).await;
    (collector, noctis)
}
