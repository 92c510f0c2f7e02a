//! One PostgreSQL server for all tests of a program, and a migrated database for each of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "each test program uses a part of it")]

use catalog::{CatalogReader, CatalogWriter, Error, PostgresOptions};
use harness::postgres::{Database, INGEST, MIGRATION, QUERY, Server};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::OnceCell;

/// A server with a migrated database that others are copied from.
pub struct Prepared {
    pub server: Server,
    template: Database,
}

static PREPARED: OnceCell<Prepared> = OnceCell::const_new();

/// The databases of tests, by the folders that they have.
static DATABASES: Mutex<Option<HashMap<PathBuf, Database>>> = Mutex::new(None);

impl Prepared {
    /// Starts a server of the caller's own.
    pub async fn start(settings: &'static [&'static str]) -> Self {
        let server = blocking(move || Server::start_with(settings)).await;
        let template = server.database();
        catalog::migrate_postgres(&options(&template, MIGRATION)).await.unwrap();
        template.let_services_in();
        Self { server, template }
    }

    /// A new database with the schema in it.
    pub fn database(&self) -> Database {
        self.server.copy_of(&self.template)
    }
}

/// The server of this program.
pub async fn shared() -> &'static Prepared {
    PREPARED.get_or_init(|| Prepared::start(&[])).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Opens a database as a role.
pub fn options(database: &Database, role: &str) -> PostgresOptions {
    let mut options = PostgresOptions::from_url(&database.url(role)).unwrap();
    options.readers = 6;
    options.acquire_timeout = Duration::from_secs(20);
    options.connect_timeout = Duration::from_secs(20);
    options
}

/// Opens a database as the services do.
pub async fn open(database: &Database) -> Result<(CatalogWriter, CatalogReader), Error> {
    let writer = catalog::open_postgres_writer(&options(database, INGEST)).await?;
    Ok((writer, catalog::open_postgres_reader(&options(database, QUERY)).await?))
}

/// Opens the database that belongs to a folder, and makes it if there is none.
pub async fn in_a_database_of_its_own(folder: PathBuf) -> Result<(CatalogWriter, CatalogReader), Error> {
    let prepared = shared().await;
    let known = DATABASES.lock().unwrap().get_or_insert_default().get(&folder).cloned();
    let database = match known {
        Some(database) => database,
        None => blocking(|| prepared.database()).await,
    };
    DATABASES.lock().unwrap().get_or_insert_default().insert(folder, database.clone());
    open(&database).await
}
