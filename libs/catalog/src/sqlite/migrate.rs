//! Brings the schema up to date, and refuses one that a newer release made unfit for this program.

use crate::Error;
use crate::schema;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnection;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/catalog/sqlite");

/// Applies the migrations that are missing. One that is newer than this program is accepted as long as the floor of the
/// schema is not above it (migrations/README.md).
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), Error> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    let applied = greatest(connection, "_sqlx_migrations", "SELECT max(version) FROM _sqlx_migrations WHERE success");
    let applied = applied.await?;
    let floor = greatest(connection, "schema_floor", "SELECT max(version) FROM schema_floor").await?;
    schema::check_not_too_new(known, applied, floor)?;
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    // `run` takes anything that connections can be acquired from, and its future can for that reason not be sent to
    // another thread from within a generic one.
    migrator.run_direct(None, connection, false).await.map_err(|source| Error::Migration { source })
}

/// What a statement finds in a table; 0 if there is no such table, or nothing in it.
async fn greatest(connection: &mut SqliteConnection, table: &str, statement: &'static str) -> Result<i64, Error> {
    const EXISTS: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
    let tables: i64 = sqlx::query_scalar(EXISTS).bind(table).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(0);
    }
    let found: Option<i64> = sqlx::query_scalar(statement).fetch_one(connection).await?;
    Ok(found.unwrap_or_default())
}
