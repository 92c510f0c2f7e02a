//! Configuration: the commented default file, then a file, then the environment, then the command line.

mod addresses;
mod bounds;
mod explain;
mod services;
mod storage;
mod telemetry;

pub(crate) use services::{RpcConfig, ServicesConfig};
pub(crate) use storage::{ArchiveConfig, ArchiveKind, CatalogConfig, CatalogKind};
pub(crate) use telemetry::TelemetryConfig;

use crate::{
    cli::{AuthMode, Cli, Command},
    targets::Target,
};
use anyhow::Context as _;
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};
use tracing_subscriber::EnvFilter;

/// The compiled-in file: every key with its default and its meaning. It is the reference.
pub(crate) const DEFAULT: &str = include_str!("../default.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) log: LogConfig,
    pub(crate) telemetry: TelemetryConfig,
    pub(crate) rpc: RpcConfig,
    pub(crate) services: ServicesConfig,
    pub(crate) catalog: CatalogConfig,
    pub(crate) archive: ArchiveConfig,
    pub(crate) gateway: gateway::Config,
    pub(crate) ingest: ingest::Config,
    pub(crate) query: query::Config,
    pub(crate) retrieve: retrieve::Config,
}

/// The process itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerConfig {
    pub(crate) targets: Vec<Target>,
    pub(crate) listen: SocketAddr,
    pub(crate) operations_listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) viewer_dir: PathBuf,
    pub(crate) auth: Auth,
}

/// Who may use the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    /// Everybody who reaches the loopback address.
    Off,
}

/// Logging.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    pub(crate) format: LogFormat,
    pub(crate) filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads all sources, the later ones winning.
    ///
    /// # Errors
    /// A file that cannot be read, a key that does not exist (named), a value that does not fit, or a combination
    /// that would be unsafe.
    pub(crate) fn load(cli: &Cli) -> anyhow::Result<Self> {
        let sources = sources(cli)?;
        let config: Self = sources.extract().map_err(explain::explained)?;
        bounds::check(&sources)?;
        config.check()?;
        // Who only asks a running server needs none of its secrets, and who migrates needs those of the database alone.
        if !matches!(cli.command, Command::Healthcheck(_) | Command::Migrate) {
            config.check_storage()?;
        }
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        EnvFilter::try_new(&self.log.filter).context("log.filter is not valid")?;
        anyhow::ensure!(
            self.server.auth != Auth::Off || self.server.listen.ip().is_loopback(),
            "server.listen = {}: without identity (server.auth = \"off\") only a loopback address is served",
            self.server.listen
        );
        self.telemetry.check()?;
        self.check_addresses()?;
        self.check_services()
    }

    /// Settings that are legal but probably not meant, each with its reason.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let mut doubts = self.doubtful_services();
        doubts.extend(self.doubtful_storage());
        if self.targets().has(Target::Gateway) && !self.server.viewer_dir.is_dir() {
            doubts.push(format!(
                "server.viewer_dir: {} is not there, so /viewer/ is empty",
                self.server.viewer_dir.display()
            ));
        }
        doubts
    }
}

fn sources(cli: &Cli) -> anyhow::Result<Figment> {
    let mut sources = Figment::new().merge(Toml::string(DEFAULT));
    if let Some(file) = &cli.config {
        anyhow::ensure!(file.is_file(), "configuration file {} is not there", file.display());
        sources = sources.merge(Toml::file_exact(file));
    }
    // `NOCTIS_GATEWAY__PUBLIC_URL` is gateway.public_url; names without a double underscore are not settings.
    let environment = Env::prefixed("NOCTIS_").filter(|key| key.as_str().contains("__")).split("__");
    sources = sources.merge(environment);
    if let Some(folder) = &cli.data_dir {
        sources = sources.merge(Serialized::default("server.data_dir", folder));
    }
    if let Command::Serve(args) = &cli.command {
        if let Some(listen) = args.listen {
            sources = sources.merge(Serialized::default("server.listen", listen));
        }
        if let Some(AuthMode::Off) = args.auth {
            sources = sources.merge(Serialized::default("server.auth", "off"));
        }
        if !args.target.is_empty() {
            sources = sources.merge(Serialized::default("server.targets", &args.target));
        }
        if let Some(folder) = &args.viewer_dir {
            sources = sources.merge(Serialized::default("server.viewer_dir", folder));
        }
    }
    Ok(sources)
}
