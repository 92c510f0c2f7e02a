//! How connections to the file are made.

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::time::Duration;

/// The name of the file in the data folder.
const FILE: &str = "catalog.sqlite";

/// Pages (of 8 KiB) in the write-ahead log at which a commit copies them back itself, because the task that does it could
/// not keep up. Most are copied already then, so that the commit does not wait for long.
const CHECKPOINT_PAGES: &str = "4096";

/// How the catalog is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Connections that read.
    pub readers: u32,
    /// How long to wait for a lock that somebody else holds, and for a free connection.
    pub busy_timeout: Duration,
    /// Operations that may wait for the writer.
    pub queue: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { readers: 8, busy_timeout: Duration::from_secs(5), queue: 64 }
    }
}

/// Makes connections to one file.
#[derive(Clone)]
pub(super) struct Connect {
    base: SqliteConnectOptions,
    readers: u32,
    busy_timeout: Duration,
}

impl Connect {
    pub(super) fn new(folder: &Path, options: &SqliteOptions) -> Self {
        let base = SqliteConnectOptions::new()
            .filename(folder.join(FILE))
            .create_if_missing(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.busy_timeout)
            .pragma("temp_store", "MEMORY")
            .pragma("journal_size_limit", "67108864")
            // Statements hold no values, but there are thousands a second.
            .disable_statement_logging();
        Self { base, readers: options.readers.max(1), busy_timeout: options.busy_timeout }
    }

    /// The connection that writes. Its cache is large: what a commit touches is spread over a dozen indexes.
    pub(super) async fn writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.base
            .clone()
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .statement_cache_capacity(256)
            .connect()
            .await
    }

    /// The connection that copies the write-ahead log back.
    pub(super) async fn checkpointer(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.base.clone().pragma("wal_autocheckpoint", "0").pragma("cache_size", "-1024").connect().await
    }

    /// The connections that read. The file is not mapped into memory, where an error of the disk would end the program.
    pub(super) async fn readers(&self) -> Result<SqlitePool, sqlx::Error> {
        let connect =
            self.base.clone().create_if_missing(false).pragma("query_only", "ON").pragma("cache_size", "-16384");
        SqlitePoolOptions::new()
            .max_connections(self.readers)
            .min_connections(1)
            .acquire_timeout(self.busy_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect)
            .await
    }
}
