//! How the server is reached.

use crate::Error;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, Executor as _};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

/// The schema that the catalog's tables are in.
const SCHEMA: &str = "catalog";

/// A connection that nobody used for this long is asked whether it still lives before it is used.
const TRUSTED: Duration = Duration::from_millis(250);

/// A connection is not kept for longer than this, so that what a server gathers for it stays small and a server that was
/// added is used.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A connection that nobody needs is closed after this time.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// A password. Neither `Debug` nor anything else shows it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password that the caller holds.
    #[must_use]
    pub fn new(password: String) -> Self {
        Self(password)
    }

    /// The first line of a file.
    ///
    /// # Errors
    /// [`Error::Options`] when it cannot be read or is empty.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| options_error("the file with the database's password cannot be read", Some(source)))?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Self(line.to_owned())),
            _ => Err(options_error("the file with the database's password is empty", None)),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// Not at all: for a server on the same machine.
    Disabled,
    /// Encrypted; who the server is is not looked at.
    Encrypted,
    /// Encrypted, and the server's certificate is by an authority that is trusted.
    TrustedAuthority,
    /// The same, and the certificate is for this host.
    #[default]
    Verified,
}

/// How the catalog in a PostgreSQL database is opened. Every wait has a bound.
#[derive(Clone)]
pub struct PostgresOptions {
    base: PgConnectOptions,
    /// Connections that read, at most.
    pub readers: u32,
    /// Connections that write.
    pub writers: u32,
    /// Operations that may wait for a connection that writes.
    pub queue: usize,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long to wait for a free connection that reads, or for a place in the queue of those that write.
    pub acquire_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("host", &self.base.get_host())
            .field("port", &self.base.get_port())
            .field("database", &self.base.get_database())
            .field("user", &self.base.get_username())
            .field("readers", &self.readers)
            .field("writers", &self.writers)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// A server by host and port; the connection is verified by TLS ([`Tls::Verified`]) and without a password unless more
    /// is said.
    #[must_use]
    pub fn new(host: &str, port: u16, database: &str, user: &str) -> Self {
        let base = PgConnectOptions::new_without_pgpass().host(host).port(port).database(database).username(user);
        Self::with_base(base.ssl_mode(PgSslMode::VerifyFull))
    }

    /// A server by a connection URL, `postgres://user@host:port/database?sslmode=...&sslrootcert=...`. Without `sslmode` the
    /// connection is verified.
    ///
    /// # Errors
    /// [`Error::Options`], which does not show the URL.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        let base = PgConnectOptions::from_str(url)
            .map_err(|_| options_error("the URL of the database is not a PostgreSQL connection URL", None))?;
        let says = url.contains("sslmode=") || url.contains("ssl-mode=");
        Ok(Self::with_base(if says { base } else { base.ssl_mode(PgSslMode::VerifyFull) }))
    }

    fn with_base(base: PgConnectOptions) -> Self {
        Self {
            base: base.application_name("noctis").disable_statement_logging(),
            readers: 16,
            writers: 4,
            queue: 256,
            connect_timeout: Duration::from_secs(3),
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(5),
        }
    }

    /// With this password.
    #[must_use]
    pub fn with_password(mut self, password: &Password) -> Self {
        self.base = self.base.password(&password.0);
        self
    }

    /// Protected in this way. The authorities of the file, in PEM form, are trusted beside the well-known ones.
    ///
    /// # Errors
    /// [`Error::Options`] when the file cannot be read or holds no certificate.
    pub fn with_tls(mut self, tls: Tls, authorities: Option<&Path>) -> Result<Self, Error> {
        self.base = self.base.ssl_mode(match tls {
            Tls::Disabled => PgSslMode::Disable,
            Tls::Encrypted => PgSslMode::Require,
            Tls::TrustedAuthority => PgSslMode::VerifyCa,
            Tls::Verified => PgSslMode::VerifyFull,
        });
        if let Some(file) = authorities {
            // Without a certificate in it, the file would be passed over without a word.
            let bad = "the file with the database's authorities cannot be read, or holds no PEM certificate";
            self.base = self.base.ssl_root_cert(holding(file, "CERTIFICATE-----", bad)?);
        }
        Ok(self)
    }

    /// Shows this certificate to a server that asks for one; both files in PEM form.
    ///
    /// # Errors
    /// [`Error::Options`] when one of them cannot be read or does not hold what it should.
    pub fn with_client_certificate(mut self, certificate: &Path, key: &Path) -> Result<Self, Error> {
        let bad = "the file with this client's certificate cannot be read, or holds no PEM certificate";
        self.base = self.base.ssl_client_cert(holding(certificate, "CERTIFICATE-----", bad)?);
        let bad = "the file with the key of this client's certificate cannot be read, or holds no PEM key";
        self.base = self.base.ssl_client_key(holding(key, "PRIVATE KEY-----", bad)?);
        Ok(self)
    }
}

/// A file that has a PEM section whose first line ends like this.
fn holding<'a>(file: &'a Path, section: &str, bad: &'static str) -> Result<&'a Path, Error> {
    let text = std::fs::read_to_string(file).map_err(|source| options_error(bad, Some(source)))?;
    let begins = |line: &str| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(section);
    if text.lines().any(begins) { Ok(file) } else { Err(options_error(bad, None)) }
}

fn options_error(reason: &'static str, source: Option<io::Error>) -> Error {
    Error::Options { reason, source }
}

/// What connections are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reading,
    Writing,
    Migrating,
}

/// Makes connections to one database for one purpose.
#[derive(Clone)]
pub(super) struct Connect {
    base: PgConnectOptions,
    readers: u32,
    connect_timeout: Duration,
    acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
}

impl Connect {
    pub(super) fn new(options: &PostgresOptions, purpose: Purpose) -> Self {
        let milliseconds = |wait: Duration| wait.as_millis().max(1).to_string();
        let mut base = options.base.clone().options([
            ("search_path", SCHEMA.to_owned()),
            ("lock_timeout", milliseconds(options.lock_timeout)),
            ("client_min_messages", "warning".to_owned()),
        ]);
        // How long a migration takes depends on what there is to migrate.
        if purpose != Purpose::Migrating {
            let timeout = milliseconds(options.statement_timeout);
            base = base
                .options([("statement_timeout", timeout.clone()), ("idle_in_transaction_session_timeout", timeout)]);
        }
        if purpose == Purpose::Reading {
            base = base.options([("default_transaction_read_only", "on")]);
        }
        Self {
            base,
            readers: options.readers.max(1),
            connect_timeout: options.connect_timeout,
            acquire_timeout: options.acquire_timeout,
            statement_timeout: options.statement_timeout,
        }
    }

    /// A connection of its own.
    pub(super) async fn connection(&self) -> Result<PgConnection, sqlx::Error> {
        let connected = tokio::time::timeout(self.connect_timeout, self.connected()).await;
        connected.unwrap_or_else(|_| Err(timed_out("the database could not be reached in time")))
    }

    /// The first connection of a process. What is wrong with its protection does not pass by itself.
    pub(super) async fn first_connection(&self) -> Result<PgConnection, Error> {
        self.connection().await.map_err(|error| match is_about_trust(&error) {
            true => Error::Untrusted { source: Arc::new(error) },
            false => error.into(),
        })
    }

    async fn connected(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.base).await?;
        // A server that answers commits before they are on its disk must not do so here: what is acknowledged is kept.
        const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', FALSE) \
            WHERE current_setting('synchronous_commit') = 'off'";
        connection.execute(DURABLE).await?;
        Ok(connection)
    }

    /// The connections that read, made when they are needed.
    pub(super) fn readers(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(self.readers)
            .acquire_timeout(self.acquire_timeout)
            .max_lifetime(LIFETIME)
            .idle_timeout(IDLE)
            .test_before_acquire(false)
            .before_acquire(|connection, kept| {
                Box::pin(async move {
                    if kept.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(self.base.clone())
    }
}

/// Whether there is no TLS, or it failed: no certificate that is trusted, or none that the other end trusts.
fn is_about_trust(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => true,
        // The form in which failed handshakes arrive.
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// What is reported where this side gave up waiting.
pub(super) fn timed_out(what: &'static str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, what))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Password, PostgresOptions};

    #[test]
    fn passwords_are_never_shown() {
        let options = PostgresOptions::from_url("postgres://user:geheim@db.example:5433/noctis").unwrap();
        let options = options.with_password(&Password::new("geheim".into()));
        let shown = format!("{options:?} {:?}", Password::new("geheim".into()));
        assert!(shown.contains("db.example") && !shown.contains("geheim"), "{shown}");
        let error = PostgresOptions::from_url("postgres://user:geheim@host:port/x").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("geheim"));
    }

    #[test]
    fn connections_are_verified_unless_the_url_says_otherwise() {
        use sqlx::postgres::PgSslMode;
        let mode = |url: &str| PostgresOptions::from_url(url).unwrap().base.get_ssl_mode();
        assert!(matches!(mode("postgres://user@host/x"), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://user@host/x?sslmode=disable"), PgSslMode::Disable));
    }
}
