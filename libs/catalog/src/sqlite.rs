//! The catalog in a SQLite file: one connection writes, some others read, and a task of its own copies the write-ahead
//! log back into the file.

mod checkpoint;
mod commit;
mod connect;
mod content;
mod delete;
mod disagreements;
mod going;
mod insert;
mod instances;
mod intents;
mod later_schema;
mod level_tables;
mod lists;
mod locate;
mod migrate;
mod numbers;
#[cfg(test)]
mod plans;
mod protect;
mod read;
mod recent;
mod removals;
mod search;
mod series;
mod store;
mod studies;
mod study_grams;
mod totals;
mod variants;
mod writer;

pub use connect::SqliteOptions;
pub(crate) use content::{bulk, frames};
pub(crate) use disagreements::disagreements;
pub(crate) use locate::{find, instance};
pub(crate) use read::{Readers, instances, metadata};
pub(crate) use recent::Recent;
pub(crate) use search::search;

use crate::queue::Queue;
use crate::{CatalogReader, CatalogWriter, Error};
use std::path::Path;

/// Opens the catalog in this folder, which must exist; makes it if there is none, and brings its schema up to date,
/// with what older releases wrote.
///
/// Only one process may have it open for writing: the caller locks the folder. To be called within a tokio runtime, in
/// which the writer lives until the last [`CatalogWriter`] is dropped.
///
/// # Errors
/// [`Error::NewerSchema`] when a newer release made the file unfit for this one; [`Error::Migration`];
/// [`Error::Unavailable`].
pub async fn open_sqlite(folder: &Path, options: SqliteOptions) -> Result<(CatalogWriter, CatalogReader), Error> {
    let connect = connect::Connect::new(folder, &options);
    let mut connection = connect.writer().await?;
    migrate::migrate(&mut connection).await?;
    later_schema::complete(&mut connection).await?;
    let readers = Readers::open(&connect).await?;
    let committed = checkpoint::start(&connect).await?;
    let changes = recent::Changes::default();
    let writer = writer::Writer::new(connection, connect, committed, changes.clone());
    let (queue, waiting) = Queue::new(options.queue, options.busy_timeout, "sqlite");
    tokio::spawn(writer.run(waiting));
    Ok((CatalogWriter::new(queue), CatalogReader::over_sqlite(readers, Recent::new(changes))))
}
