//! Configuration of services that are in several processes: where they listen, where they are, what they need.

use super::{ArchiveKind, CatalogKind, Config};
use crate::targets::{SERVICES, Target, Targets};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{net::SocketAddr, time::Duration};

/// Calls between services.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RpcConfig {
    pub(crate) answer_seconds: u64,
    pub(crate) idle_seconds: u64,
    pub(crate) calls: usize,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) allow_insecure: bool,
    pub(crate) reflection: bool,
    pub(crate) max_connections: usize,
    pub(crate) connection_seconds: u64,
    pub(crate) drain_seconds: u64,
}

impl RpcConfig {
    /// The limits that hold for every call of a service.
    pub(crate) fn limits(&self) -> rpc::Limits {
        rpc::Limits {
            answer: Duration::from_secs(self.answer_seconds),
            idle: Duration::from_secs(self.idle_seconds),
            calls: self.calls,
        }
    }

    /// The limits of the port for other processes.
    pub(crate) fn serve_limits(&self) -> rpc::ServeLimits {
        rpc::ServeLimits {
            connections: self.max_connections,
            age: Duration::from_secs(self.connection_seconds),
            drain: Duration::from_secs(self.drain_seconds),
        }
    }
}

/// Where the services of other processes are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicesConfig {
    #[serde(default, deserialize_with = "endpoint")]
    ingest: Option<rpc::Endpoint>,
    #[serde(default, deserialize_with = "endpoint")]
    query: Option<rpc::Endpoint>,
    #[serde(default, deserialize_with = "endpoint")]
    retrieve: Option<rpc::Endpoint>,
}

impl ServicesConfig {
    /// Where a service is, if that is said.
    pub(crate) fn endpoint(&self, service: Target) -> Option<&rpc::Endpoint> {
        match service {
            Target::All | Target::Gateway => None,
            Target::Ingest => self.ingest.as_ref(),
            Target::Query => self.query.as_ref(),
            Target::Retrieve => self.retrieve.as_ref(),
        }
    }
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<rpc::Endpoint>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

impl Config {
    /// What this process is.
    pub(crate) fn targets(&self) -> Targets {
        Targets::new(&self.server.targets)
    }

    /// Whether this process keeps something in a data folder of its own.
    pub(crate) fn needs_data_folder(&self) -> bool {
        let is_embedded = self.catalog.kind == CatalogKind::Sqlite || self.archive.kind == ArchiveKind::Folder;
        self.targets().has_services() && is_embedded
    }

    /// Where this process serves HTTP: all of it, or what operates it.
    pub(crate) fn http_listen(&self) -> SocketAddr {
        if self.targets().has(Target::Gateway) { self.server.listen } else { self.server.operations_listen }
    }

    /// Whether the parts of the program can find one another, and nobody else finds them.
    pub(super) fn check_services(&self) -> anyhow::Result<()> {
        let targets = self.targets();
        anyhow::ensure!(!self.server.targets.is_empty(), "server.targets is empty: a process must be something");
        if let Some(listen) = self.rpc.listen {
            anyhow::ensure!(
                listen.ip().is_loopback() || self.rpc.allow_insecure,
                "rpc.listen = {listen}: calls between services have no identity yet, so only a loopback address is \
                 served; where the network keeps everybody else out, say so with rpc.allow_insecure = true"
            );
        }
        if !targets.has(Target::Gateway) {
            anyhow::ensure!(
                self.rpc.listen.is_some(),
                "rpc.listen is missing: without the gateway in this process, nobody could reach its services"
            );
            return Ok(());
        }
        for service in SERVICES {
            anyhow::ensure!(
                targets.has(service) || self.services.endpoint(service).is_some(),
                "services.{0} is missing: the gateway has to know where the {0} service is, which is not among \
                 server.targets",
                service.name()
            );
        }
        Ok(())
    }

    /// What is said about services and has no effect, or one that may not be meant.
    pub(super) fn doubtful_services(&self) -> Vec<String> {
        let targets = self.targets();
        let named = SERVICES.into_iter().filter_map(|service| Some((service, self.services.endpoint(service)?)));
        let doubt = |(service, endpoint): (Target, &rpc::Endpoint)| {
            let name = service.name();
            if targets.has(service) {
                return Some(format!("services.{name}: not used, as this process is {name} itself"));
            }
            let is_open = !endpoint.is_on_this_machine() && !self.rpc.allow_insecure;
            is_open.then(|| format!("services.{name}: calls to another machine are not encrypted yet"))
        };
        named.filter_map(doubt).collect()
    }
}
