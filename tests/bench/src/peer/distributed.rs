//! Noctis as four processes over PostgreSQL and an S3 server.

use super::{Peer, Server};
use crate::http::Client;
use harness::distributed::Stores;
use std::{path::Path, sync::Arc};

/// The tests start their database server without waiting for the disk.
const DURABLE: &[&str] = &["fsync=on", "full_page_writes=on", "synchronous_commit=on"];

/// A running Noctis in its distributed shape.
#[derive(Debug)]
pub struct Distributed {
    gateway: harness::Server,
    services: Vec<u32>,
}

impl Distributed {
    /// Starts the program four times, over stores of its own.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start(program: &Path) -> Self {
        let place = Arc::new(Stores::start_with(DURABLE).await).place(program).await;
        let builder = harness::Server::builder(program).env("NOCTIS_LOG__FILTER", "warn");
        let mut gateway = builder.start_distributed(place).await;
        let services = gateway.services().map(|services| services.processes.iter().map(harness::Server::pid).collect());
        Self { services: services.unwrap_or_default(), gateway }
    }

    /// Its processes.
    pub fn pids(&self) -> Vec<u32> {
        self.services.iter().copied().chain([self.gateway.pid()]).collect()
    }
}

impl Peer for Distributed {
    fn server(&self) -> Server {
        Server { client: Client::new(&format!("{}/dicom-web", self.gateway.base())), pid: self.gateway.pid() }
    }
}
