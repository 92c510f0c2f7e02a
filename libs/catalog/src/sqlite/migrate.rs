//! Brings the schema up to date, and refuses one that a newer release made unfit for this program.

use crate::Error;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnection;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/catalog/sqlite");

/// Applies the migrations that are missing. Newer ones that this program does not know are accepted as long as the floor
/// of the schema is not above it (migrations/README.md).
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), Error> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    let needed = floor(connection).await?;
    if needed > known {
        return Err(Error::NewerSchema { needed, known });
    }
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    // `run` takes anything that connections can be acquired from, and its future can for that reason not be sent to
    // another thread from within a generic one.
    migrator.run_direct(None, connection, false).await.map_err(|source| Error::Migration { source })
}

async fn floor(connection: &mut SqliteConnection) -> Result<i64, Error> {
    const EXISTS: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_floor'";
    let tables: i64 = sqlx::query_scalar(EXISTS).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(0);
    }
    let floor: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM schema_floor").fetch_one(connection).await?;
    Ok(floor.unwrap_or_default())
}
