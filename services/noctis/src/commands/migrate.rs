//! `noctis migrate`: makes or updates the schema of a catalog that several processes share.

use crate::config::{CatalogKind, Config};
use anyhow::Context as _;

/// Migrates the catalog and says what was done.
///
/// # Errors
/// The catalog is not in PostgreSQL, the server cannot be reached, or its schema is of a newer release.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        config.catalog.kind == CatalogKind::Postgres,
        "catalog.kind is not \"postgres\": a catalog in the data folder is migrated when it is opened"
    );
    let options = config.catalog.postgres.options()?;
    let applied = catalog::migrate_postgres(&options).await.context("cannot migrate the catalog")?;
    match (applied.before, applied.after) {
        (before, after) if before == after => println!("the catalog is at {after} already"),
        (before, after) => println!("the catalog was at {before} and is at {after} now"),
    }
    Ok(())
}
