//! Configuration of what is stored to: the catalog and the archive.

use super::Config;
use crate::targets::{SERVICES, Target};
use anyhow::Context as _;
use archive::{S3Access, S3Addressing, S3Credentials, S3Options};
use catalog::{Password, PostgresOptions, Tls};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The index of what is stored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogConfig {
    pub(crate) kind: CatalogKind,
    pub(crate) postgres: PostgresConfig,
}

/// What keeps the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CatalogKind {
    /// A file in the data folder.
    Sqlite,
    /// A database that several processes share.
    Postgres,
}

/// A PostgreSQL database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostgresConfig {
    host: String,
    port: u16,
    database: String,
    user: String,
    password_file: Option<PathBuf>,
    tls: TlsMode,
    ca_file: Option<PathBuf>,
    certificate_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    readers: u32,
    writers: u32,
    queue: usize,
    connect_seconds: u64,
    acquire_seconds: u64,
    statement_seconds: u64,
    lock_seconds: u64,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TlsMode {
    Disabled,
    Encrypted,
    TrustedAuthority,
    Verified,
}

impl PostgresConfig {
    /// What the catalog is opened with.
    ///
    /// # Errors
    /// What contradicts itself, or a file that cannot be read or does not hold what it should.
    pub(crate) fn options(&self) -> anyhow::Result<PostgresOptions> {
        self.check()?;
        let tls = match self.tls {
            TlsMode::Disabled => Tls::Disabled,
            TlsMode::Encrypted => Tls::Encrypted,
            TlsMode::TrustedAuthority => Tls::TrustedAuthority,
            TlsMode::Verified => Tls::Verified,
        };
        let mut options = PostgresOptions::new(&self.host, self.port, &self.database, &self.user)
            .with_tls(tls, self.ca_file.as_deref())
            .with_context(|| named("catalog.postgres.ca_file", self.ca_file.as_deref()))?;
        if let Some(file) = &self.password_file {
            let password = Password::from_file(file);
            let password = password.with_context(|| named("catalog.postgres.password_file", Some(file)))?;
            options = options.with_password(&password);
        }
        if let (Some(certificate), Some(key)) = (&self.certificate_file, &self.key_file) {
            options = options
                .with_client_certificate(certificate, key)
                .with_context(|| named("catalog.postgres.certificate_file", Some(certificate)))
                .with_context(|| named("catalog.postgres.key_file", Some(key)))?;
        }
        options.readers = self.readers;
        options.writers = self.writers;
        options.queue = self.queue;
        options.connect_timeout = Duration::from_secs(self.connect_seconds);
        options.acquire_timeout = Duration::from_secs(self.acquire_seconds);
        options.statement_timeout = Duration::from_secs(self.statement_seconds);
        options.lock_timeout = Duration::from_secs(self.lock_seconds);
        Ok(options)
    }

    /// Whether what is said fits together, files left aside.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (key, value) in [("host", &self.host), ("database", &self.database), ("user", &self.user)] {
            anyhow::ensure!(!value.trim().is_empty(), "catalog.postgres.{key} is empty");
        }
        let is_name = |host: &str| !host.contains(['/', ':', '@', ' ']) || host.parse::<std::net::IpAddr>().is_ok();
        anyhow::ensure!(
            is_name(&self.host),
            "catalog.postgres.host is a name or an address alone, such as \"db.example\"; the port is catalog.postgres.port"
        );
        let trusts = matches!(self.tls, TlsMode::TrustedAuthority | TlsMode::Verified);
        anyhow::ensure!(
            trusts || self.ca_file.is_none(),
            "catalog.postgres.ca_file has no effect, as catalog.postgres.tls says that nobody looks who the server is: \
             write tls = \"verified\", or leave ca_file out"
        );
        anyhow::ensure!(
            self.certificate_file.is_some() == self.key_file.is_some(),
            "catalog.postgres.certificate_file and catalog.postgres.key_file belong together: give both, or none"
        );
        anyhow::ensure!(
            self.certificate_file.is_none() || self.tls != TlsMode::Disabled,
            "catalog.postgres.certificate_file has no effect with catalog.postgres.tls = \"disabled\": write \
             tls = \"verified\", or leave it out"
        );
        Ok(())
    }
}

/// A setting and the file that it names.
fn named(key: &str, file: Option<&Path>) -> String {
    file.map_or_else(|| key.to_owned(), |file| format!("{key} = \"{}\"", file.display()))
}

/// The bytes of what is stored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchiveConfig {
    pub(crate) kind: ArchiveKind,
    pub(crate) read_by_gateway: bool,
    pub(crate) s3: S3Config,
}

/// What keeps the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ArchiveKind {
    /// A folder in the data folder.
    Folder,
    /// A bucket of an S3 server.
    S3,
}

/// A bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3Config {
    bucket: String,
    prefix: String,
    region: String,
    endpoint: Option<String>,
    addressing: Addressing,
    allow_http: bool,
    ca_file: Option<PathBuf>,
    credentials_file: Option<PathBuf>,
    connect_seconds: u64,
    stall_seconds: u64,
    retry_seconds: u64,
    reads: usize,
    writes: usize,
}

/// Where in a request the bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Addressing {
    Path,
    VirtualHosted,
}

impl S3Config {
    /// Whether it can be opened, as far as that can be said without the server.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let given = self.options(S3Access::Read);
        given.check().map_err(|(field, error)| {
            let key = if field == "credentials" { "credentials_file" } else { field };
            anyhow::Error::new(error).context(format!("archive.s3.{key}"))
        })?;
        let is_plain = given.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        anyhow::ensure!(
            !is_plain || given.ca_file.is_none(),
            "archive.s3.ca_file has no effect with an archive.s3.endpoint of http: write https, or leave ca_file out"
        );
        Ok(())
    }

    /// What the archive is opened with.
    pub(crate) fn options(&self, access: S3Access) -> S3Options {
        S3Options {
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            addressing: match self.addressing {
                Addressing::Path => S3Addressing::Path,
                Addressing::VirtualHosted => S3Addressing::VirtualHosted,
            },
            allow_http: self.allow_http,
            ca_file: self.ca_file.clone(),
            credentials: match &self.credentials_file {
                Some(file) => S3Credentials::File(file.clone()),
                None => S3Credentials::Environment,
            },
            access,
            connect_timeout: Duration::from_secs(self.connect_seconds),
            stall_timeout: Duration::from_secs(self.stall_seconds),
            retry_for: Duration::from_secs(self.retry_seconds),
            reads: self.reads,
            writes: self.writes,
        }
    }
}

impl Config {
    /// What is said about stores that are not used.
    pub(super) fn doubtful_storage(&self) -> Vec<String> {
        let (postgres, s3) = (&self.catalog.postgres, &self.archive.s3);
        let names_postgres = postgres.password_file.is_some() || postgres.ca_file.is_some();
        let names_s3 = !s3.bucket.is_empty() || s3.endpoint.is_some() || s3.credentials_file.is_some();
        let unused = |section, key, kind| format!("{section}: not used, as {key} is \"{kind}\"");
        let mut doubts = Vec::new();
        if names_postgres && self.catalog.kind == CatalogKind::Sqlite {
            doubts.push(unused("catalog.postgres", "catalog.kind", "sqlite"));
        }
        if names_s3 && self.archive.kind == ArchiveKind::Folder {
            doubts.push(unused("archive.s3", "archive.kind", "folder"));
        }
        doubts
    }

    /// Whether what this process keeps things in can be opened, as far as that can be said without the servers.
    pub(super) fn check_storage(&self) -> anyhow::Result<()> {
        let targets = self.targets();
        let alone = SERVICES.into_iter().all(|service| targets.has(service));
        let shared = |kind, what| {
            format!(
                "{kind} is for one process that is ingest, query and retrieve, and this one is not all of them \
                 (server.targets): write {what}, or add the others"
            )
        };
        if targets.has_services() {
            let is_shared = self.catalog.kind == CatalogKind::Postgres;
            anyhow::ensure!(alone || is_shared, shared("catalog.kind = \"sqlite\"", "\"postgres\""));
            if is_shared {
                self.catalog.postgres.options()?;
            }
        }
        let reads_here = targets.has(Target::Gateway) && self.archive.read_by_gateway;
        if targets.has(Target::Ingest) || targets.has(Target::Retrieve) || reads_here {
            let is_shared = self.archive.kind == ArchiveKind::S3;
            anyhow::ensure!(alone || is_shared, shared("archive.kind = \"folder\"", "\"s3\""));
            if is_shared {
                self.archive.s3.check()?;
            }
        }
        if self.needs_data_folder() {
            let folder = &self.server.data_dir;
            anyhow::ensure!(
                !folder.exists() || folder.is_dir(),
                "server.data_dir = \"{}\" is no folder: name one, or a place where one can be made",
                folder.display()
            );
        }
        Ok(())
    }
}
