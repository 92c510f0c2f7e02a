//! The catalog in PostgreSQL, which several processes read and write at once: some connections write, each what waits at
//! the same time in one transaction; others read.

mod commit;
mod connect;
mod delete;
mod disagreements;
mod going;
mod insert;
mod instances;
mod intents;
mod later_schema;
mod level_tables;
mod locate;
mod locks;
mod migrate;
mod numbers;
#[cfg(test)]
mod plans;
mod protect;
mod read;
mod removals;
mod search;
mod series;
mod session;
mod store;
mod studies;
mod totals;
mod transaction;
mod variants;
mod writer;

pub use connect::{Password, PostgresOptions, Tls};
pub(crate) use disagreements::disagreements;
pub(crate) use locate::{find, instance};
pub use migrate::{Applied, migrate_postgres};
pub(crate) use read::{bulk, frames, instances, metadata};
pub(crate) use search::search;
pub(crate) use session::Readers;

use crate::queue::Queue;
use crate::{CatalogReader, CatalogWriter, Error};

/// Opens the catalog in a PostgreSQL database for reading and writing, with one role that may do both.
///
/// # Errors
/// As [`open_postgres_writer`].
pub async fn open_postgres(options: &PostgresOptions) -> Result<(CatalogWriter, CatalogReader), Error> {
    Ok((open_postgres_writer(options).await?, open_postgres_reader(options).await?))
}

/// Opens the catalog in a PostgreSQL database for reading; the role must be a member of `catalog_reader`. Connections are made
/// when they are needed, and made again after the server was away.
///
/// # Errors
/// [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Unavailable`], [`Error::Untrusted`].
pub async fn open_postgres_reader(options: &PostgresOptions) -> Result<CatalogReader, Error> {
    let connect = connect::Connect::new(options, connect::Purpose::Reading);
    let schema = migrate::check(&mut connect.first_connection().await?).await?;
    Ok(CatalogReader::over_postgres(Readers::new(&connect, schema)))
}

/// Opens the catalog in a PostgreSQL database for writing; the role must be a member of `catalog_writer`. To be called within
/// a tokio runtime, in which the tasks that write live until the last [`CatalogWriter`] is dropped.
///
/// # Errors
/// [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Unavailable`], [`Error::Untrusted`].
pub async fn open_postgres_writer(options: &PostgresOptions) -> Result<CatalogWriter, Error> {
    let connect = connect::Connect::new(options, connect::Purpose::Writing);
    let schema = migrate::check(&mut connect.first_connection().await?).await?;
    let (queue, waiting) = Queue::new(options.queue, options.acquire_timeout, "postgresql");
    writer::start(connect, waiting, options.writers, schema);
    Ok(CatalogWriter::new(queue))
}
