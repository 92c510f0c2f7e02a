//! Brings the schema up to date, and refuses one that this program cannot work with.

use super::connect::{Connect, PostgresOptions, Purpose, timed_out};
use super::later_schema;
use crate::Error;
use crate::error::Refusal;
use crate::schema;
use sqlx::Executor as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/catalog/postgres");

/// The oldest schema that this release works with (migrations/README.md).
const LEAST: i64 = 2;

/// The schema from which on there are tables for what is in items.
const WITH_ITEMS: i64 = 3;

/// The groups that the schema gives rights to.
const ROLES: [(&str, &str); 2] = [
    ("catalog_reader", "CREATE ROLE catalog_reader NOLOGIN"),
    ("catalog_writer", "CREATE ROLE catalog_writer NOLOGIN"),
];

/// Names the lock under which one process migrates at a time.
const LOCK: i64 = 0x6e6f_6374_6973_0001;

/// How long to wait for another process that migrates.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a migration did: the newest migration before and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Before; 0 if there was no schema.
    pub before: i64,
    /// After.
    pub after: i64,
}

/// Makes the schema in a PostgreSQL database or brings it up to date, and makes the group roles if there are none. The role
/// that does this owns the tables and must not be that of a service. Any number of processes may do it at once.
///
/// What older releases have written is completed, also what they have written since the last time.
///
/// # Errors
/// [`Error::NewerSchema`] when a newer release made the schema unfit for this one; [`Error::MissingRole`];
/// [`Error::Migration`]; [`Error::Unavailable`]; [`Error::Untrusted`].
pub async fn migrate_postgres(options: &PostgresOptions) -> Result<Applied, Error> {
    let mut connection = Connect::new(options, Purpose::Migrating).first_connection().await?;
    // The lock goes with the connection.
    lock(&mut connection).await?;
    connection.execute("CREATE SCHEMA IF NOT EXISTS catalog").await?;
    let before = versions(&mut connection).await?;
    refuse_newer(before)?;
    for (role, create) in ROLES {
        make_role(&mut connection, role, create).await?;
    }
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.set_ignore_missing(true).set_locking(false);
    migrator.run_direct(None, &mut connection, false).await.map_err(|source| Error::Migration { source })?;
    later_schema::complete(&mut connection).await?;
    let after = versions(&mut connection).await?;
    Ok(Applied { before: before.applied, after: after.applied })
}

/// What this program can do with the schema that is there.
pub(super) async fn check(connection: &mut PgConnection) -> Result<Schema, Error> {
    let versions = versions(connection).await?;
    refuse_newer(versions)?;
    match versions.applied {
        found if found < LEAST => Err(Error::OlderSchema { found, needed: LEAST }),
        found => Ok(Schema { with_items: Arc::new(AtomicBool::new(found >= WITH_ITEMS)) }),
    }
}

/// What a program can do with the schema of its database. Once it is the newest it stays so; until then it is looked at again
/// whenever it matters, so that nobody has to start programs again after a migration.
#[derive(Clone)]
pub(super) struct Schema {
    with_items: Arc<AtomicBool>,
}

impl Schema {
    /// Whether it is known to be as new as this program.
    pub(super) fn is_newest(&self) -> bool {
        self.with_items.load(Ordering::Relaxed)
    }

    /// Whether it has tables for what is in items.
    pub(super) async fn with_items(&self, connection: &mut PgConnection) -> Result<bool, Error> {
        if !self.is_newest() && has_items(connection).await? {
            self.with_items.store(true, Ordering::Relaxed);
        }
        Ok(self.is_newest())
    }
}

/// Whether the schema has tables for what is in items.
pub(super) async fn has_items(connection: &mut PgConnection) -> Result<bool, Error> {
    const HAS: &str = "SELECT to_regclass('instance_item') IS NOT NULL";
    Ok(sqlx::query_scalar(HAS).fetch_one(connection).await?)
}

async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    let began = Instant::now();
    loop {
        let locked: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *connection).await?;
        if locked {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(Error::Unavailable {
                source: Arc::new(timed_out("another process has been migrating for long")),
            });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What a schema says of itself.
#[derive(Clone, Copy)]
struct Versions {
    /// The newest migration that was applied.
    applied: i64,
    /// The least that a program must know.
    floor: i64,
}

async fn versions(connection: &mut PgConnection) -> Result<Versions, Error> {
    const EXIST: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL, to_regclass('schema_floor') IS NOT NULL";
    const APPLIED: &str = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
    const FLOOR: &str = "SELECT coalesce(max(version), 0) FROM schema_floor";
    let (has_applied, has_floor): (bool, bool) = sqlx::query_as(EXIST).fetch_one(&mut *connection).await?;
    let mut versions = Versions { applied: 0, floor: 0 };
    if has_applied {
        versions.applied = sqlx::query_scalar(APPLIED).fetch_one(&mut *connection).await?;
    }
    if has_floor {
        versions.floor = sqlx::query_scalar(FLOOR).fetch_one(connection).await?;
    }
    Ok(versions)
}

fn refuse_newer(versions: Versions) -> Result<(), Error> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    schema::check_not_too_new(known, versions.applied, versions.floor)
}

async fn make_role(connection: &mut PgConnection, role: &'static str, create: &'static str) -> Result<(), Error> {
    const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)";
    if sqlx::query_scalar(EXISTS).bind(role).fetch_one(&mut *connection).await? {
        return Ok(());
    }
    let Err(error) = connection.execute(create).await else { return Ok(()) };
    match Refusal::of(&error).map(|refusal| refusal.state).as_deref() {
        // Made at the same moment, for another database of the same server.
        Some("42710" | "23505") => Ok(()),
        Some("42501") => Err(Error::MissingRole { role }),
        _ => Err(error.into()),
    }
}
