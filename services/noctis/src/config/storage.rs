//! Configuration of what is stored to: the catalog and the archive.

use anyhow::Context as _;
use archive::{S3Access, S3Addressing, S3Credentials, S3Options};
use catalog::{Password, PostgresOptions, Tls};
use serde::Deserialize;
use std::{path::PathBuf, time::Duration};

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
    /// The file with the password cannot be read.
    pub(crate) fn options(&self) -> anyhow::Result<PostgresOptions> {
        let tls = match self.tls {
            TlsMode::Disabled => Tls::Disabled,
            TlsMode::Encrypted => Tls::Encrypted,
            TlsMode::TrustedAuthority => Tls::TrustedAuthority,
            TlsMode::Verified => Tls::Verified,
        };
        let options = PostgresOptions::new(&self.host, self.port, &self.database, &self.user)
            .with_tls(tls, self.ca_file.as_deref())?;
        let mut options = match &self.password_file {
            Some(file) => {
                options.with_password(&Password::from_file(file).with_context(|| format!("{}", file.display()))?)
            }
            None => options,
        };
        options.readers = self.readers;
        options.writers = self.writers;
        options.queue = self.queue;
        options.connect_timeout = Duration::from_secs(self.connect_seconds);
        options.acquire_timeout = Duration::from_secs(self.acquire_seconds);
        options.statement_timeout = Duration::from_secs(self.statement_seconds);
        options.lock_timeout = Duration::from_secs(self.lock_seconds);
        Ok(options)
    }
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
