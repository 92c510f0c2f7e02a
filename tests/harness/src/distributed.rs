//! The archive as its services: a process for each target, over a PostgreSQL database and a bucket of an S3 server.
//!
//! Where `NOCTIS_TEST_SHAPE` is `distributed`, every [`ServerBuilder`] starts the archive in this shape, so that the tests
//! that know nothing but HTTP run on it too.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use tokio::sync::OnceCell;

use crate::{Server, ServerBuilder, postgres, s3};

/// The targets behind a gateway, in the order of [`Services::processes`].
pub const SERVICES: [&str; 3] = ["ingest", "query", "retrieve"];

/// The database server and the object store.
#[derive(Debug)]
pub struct Stores {
    /// The database server.
    pub postgres: postgres::Server,
    /// The object store.
    pub s3: tokio::sync::Mutex<s3::Server>,
}

/// What an archive keeps its things in.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where it is.
    pub stores: Arc<Stores>,
    /// Its database.
    pub database: postgres::Database,
    /// Its bucket.
    pub bucket: String,
    endpoint: String,
    database_port: u16,
    credentials: [PathBuf; 2],
}

/// Whether tests ask for this shape.
pub(crate) fn is_asked_for() -> bool {
    std::env::var("NOCTIS_TEST_SHAPE").is_ok_and(|shape| shape == "distributed")
}

impl Stores {
    /// Starts both.
    ///
    /// # Panics
    /// When one of them does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts both, the database server with further settings.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub async fn start_with(settings: &'static [&'static str]) -> Self {
        let database = tokio::task::spawn_blocking(|| postgres::Server::start_with(settings));
        let s3 = s3::Server::start().await;
        let postgres = database.await.expect("a database server");
        Self { postgres, s3: tokio::sync::Mutex::new(s3) }
    }

    /// Those that all tests of a program use. They end with it: the servers watch for that.
    pub async fn shared() -> Arc<Self> {
        static SHARED: OnceCell<Arc<Stores>> = OnceCell::const_new();
        Arc::clone(SHARED.get_or_init(|| async { Arc::new(Self::start().await) }).await)
    }

    /// A database with the schema of this program, and an empty bucket.
    ///
    /// # Panics
    /// When they cannot be made.
    pub async fn place(self: &Arc<Self>, binary: &Path) -> Place {
        let s3 = self.s3.lock().await;
        let place = Place {
            database: self.postgres.database(),
            bucket: s3.bucket().await,
            endpoint: s3.endpoint(),
            database_port: self.postgres.port(),
            credentials: [s3::Identity::Writer, s3::Identity::Reader].map(|identity| s3.credentials_file(identity)),
            stores: Arc::clone(self),
        };
        drop(s3);
        let output = place.command(binary, postgres::MIGRATION).arg("migrate").output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        place.database.let_services_in();
        place
    }
}

impl Place {
    /// A command of the program with its database, as a role of it.
    pub fn command(&self, binary: &Path, role: &str) -> Command {
        let mut command = Command::new(binary);
        command.envs(self.catalog(role));
        command
    }

    /// The same, but services reach the bucket there, such as through a [`s3::proxy::Proxy`].
    #[must_use]
    pub fn with_endpoint(self, endpoint: String) -> Self {
        Self { endpoint, ..self }
    }

    /// The same, but services reach the database at this port, such as through a [`crate::Relay`].
    #[must_use]
    pub fn with_database_port(self, database_port: u16) -> Self {
        Self { database_port, ..self }
    }

    /// The keys of the archive's objects.
    pub async fn object_keys(&self) -> Vec<String> {
        let mut keys = self.stores.s3.lock().await.objects(&self.bucket).await;
        // What shows that the bucket can be written to is no object of the archive.
        keys.retain(|key| !key.ends_with("probe"));
        keys
    }

    fn catalog(&self, role: &str) -> Vec<(String, String)> {
        let password = self.stores.postgres.password_file().display().to_string();
        let settings = [
            ("KIND", "postgres"),
            ("POSTGRES__PORT", &self.database_port.to_string()),
            ("POSTGRES__DATABASE", self.database.name()),
            ("POSTGRES__USER", role),
            ("POSTGRES__PASSWORD_FILE", &password),
            ("POSTGRES__TLS", "disabled"),
        ];
        settings.map(|(name, value)| (format!("NOCTIS_CATALOG__{name}"), value.to_owned())).to_vec()
    }

    fn archive(&self, credentials: &Path) -> Vec<(String, String)> {
        let credentials = credentials.display().to_string();
        let settings = [
            ("KIND", "s3"),
            ("S3__BUCKET", self.bucket.as_str()),
            ("S3__ENDPOINT", &self.endpoint),
            ("S3__ALLOW_HTTP", "true"),
            ("S3__CREDENTIALS_FILE", &credentials),
        ];
        settings.map(|(name, value)| (format!("NOCTIS_ARCHIVE__{name}"), value.to_owned())).to_vec()
    }

    /// A process that is one service, with the rights that it needs and no more.
    pub fn service(&self, builder: &ServerBuilder, target: &str, port: u16) -> ServerBuilder {
        let [writer, reader] = &self.credentials;
        let (role, credentials) =
            if target == "ingest" { (postgres::INGEST, writer) } else { (postgres::QUERY, reader) };
        let own = [
            ("NOCTIS_SERVER__OPERATIONS_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("NOCTIS_RPC__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ];
        let settings = self.catalog(role).into_iter().chain(self.archive(credentials)).chain(own);
        let builder = builder.clone().embedded().arg(format!("--target={target}"));
        settings.fold(builder, |builder, (name, value)| builder.env(name, value))
    }

    /// The gateway before services at these ports.
    pub fn gateway(&self, builder: &ServerBuilder, ports: [u16; 3]) -> ServerBuilder {
        let [ingest, query, retrieve] = ports.map(|port| format!("127.0.0.1:{port}"));
        let builder = builder.clone().embedded().arg("--target=gateway");
        let builder = builder.env("NOCTIS_SERVICES__INGEST", ingest).env("NOCTIS_SERVICES__QUERY", query);
        builder.env("NOCTIS_SERVICES__RETRIEVE", retrieve)
    }
}

/// The processes behind a gateway.
#[derive(Debug)]
pub struct Services {
    /// Where they keep their things.
    pub place: Place,
    /// Ingest, query and retrieve.
    pub processes: [Server; 3],
    /// Their gRPC ports.
    pub ports: [u16; 3],
}

impl Services {
    /// Starts the three, each with what the builder says.
    ///
    /// # Panics
    /// When one of them does not start.
    pub async fn start(place: Place, builder: &ServerBuilder) -> Self {
        let ports = [free_port(), free_port(), free_port()];
        let [ingest, query, retrieve] = SERVICES;
        let processes = tokio::join!(
            place.service(builder, ingest, ports[0]).start_process(),
            place.service(builder, query, ports[1]).start_process(),
            place.service(builder, retrieve, ports[2]).start_process(),
        );
        Self { place, processes: processes.into(), ports }
    }
}

/// A port for a process that others have to know beforehand: below those that the system gives away by itself, and
/// never twice in one program.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (std::process::id() as u16 % 20_000).wrapping_add(step * 7) % 22_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
