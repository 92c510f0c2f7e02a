//! Two processes that share nothing but a port.

use std::time::{Duration, Instant};

pub use harness::distributed::free_port;
use harness::{Client, Server, ServerBuilder};

/// A gateway and the process that has everything behind it.
pub struct Deployment {
    pub gateway: Server,
    pub backend: Server,
    /// To start the second one again, on its data and its port.
    pub kept: ServerBuilder,
}

impl Deployment {
    pub async fn start() -> Self {
        let port = free_port();
        let kept = backend(port);
        let backend = kept.clone().start().await;
        Self { gateway: gateway(port).start().await, backend, kept }
    }

    pub fn client(&self) -> Client {
        self.gateway.client()
    }
}

pub fn noctis() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis")).embedded()
}

/// Ingest, query and retrieve on one data folder.
pub fn backend(port: u16) -> ServerBuilder {
    noctis()
        .arg("--target=ingest,query,retrieve")
        .env("NOCTIS_SERVER__OPERATIONS_LISTEN", "127.0.0.1:0")
        .env("NOCTIS_RPC__LISTEN", format!("127.0.0.1:{port}"))
}

pub fn gateway(port: u16) -> ServerBuilder {
    let services = format!("127.0.0.1:{port}");
    noctis()
        .arg("--target=gateway")
        .env("NOCTIS_SERVICES__INGEST", &services)
        .env("NOCTIS_SERVICES__QUERY", &services)
        .env("NOCTIS_SERVICES__RETRIEVE", &services)
}

/// Waits until the gateway is ready, and says how long that took.
pub async fn until_ready(gateway: &Client, within: Duration) -> Duration {
    let started = Instant::now();
    loop {
        let answer = gateway.request(reqwest::Method::GET, "/readyz").send().await.unwrap();
        if answer.status() == 200 {
            return started.elapsed();
        }
        assert!(started.elapsed() < within, "not ready after {within:?}: {}", answer.text().await.unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
