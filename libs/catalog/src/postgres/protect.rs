//! Legal hold and retention. They hold what carries them and all below it, and keep what is above from going.

use super::locate;
use crate::{Error, Protection, Timestamp};
use access::Scope;
use sqlx::postgres::PgConnection;
use uid::Resource;

/// See [`crate::CatalogWriter::protect`].
pub(super) async fn protect(
    connection: &mut PgConnection,
    scope: &Scope,
    resource: &Resource,
    protection: Protection,
) -> Result<(), Error> {
    let found = locate::locate(connection, scope, resource).await?;
    let statement = match resource {
        Resource::Study(_) => "UPDATE study SET legal_hold = $2, retain_until = $3 WHERE id = $1",
        Resource::Series(_) => "UPDATE series SET legal_hold = $2, retain_until = $3 WHERE id = $1",
        Resource::Instance(_) => "UPDATE instance SET legal_hold = $2, retain_until = $3 WHERE id = $1",
    };
    let retain_until = protection.retain_until.map(|until| until.0);
    sqlx::query(statement).bind(found.id).bind(protection.legal_hold).bind(retain_until).execute(connection).await?;
    Ok(())
}

/// A query for whether a row, given by its number, those above or those below it are protected at a time.
macro_rules! held {
    ($study:literal, $series:literal, $instance:literal) => {
        concat!(
            "SELECT EXISTS (SELECT 1 FROM study x WHERE ",
            $study,
            " AND (x.legal_hold OR x.retain_until > $2)) OR EXISTS (SELECT 1 FROM series x WHERE ",
            $series,
            " AND (x.legal_hold OR x.retain_until > $2)) OR EXISTS (SELECT 1 FROM instance x WHERE ",
            $instance,
            " AND (x.legal_hold OR x.retain_until > $2))"
        )
    };
}

const STUDY_HELD: &str = held!("x.id = $1", "x.study = $1", "x.series IN (SELECT id FROM series WHERE study = $1)");
const SERIES_HELD: &str = held!("x.id = (SELECT study FROM series WHERE id = $1)", "x.id = $1", "x.series = $1");
const INSTANCE_HELD: &str = held!(
    "x.id = (SELECT s.study FROM series s JOIN instance i ON i.series = s.id WHERE i.id = $1)",
    "x.id = (SELECT series FROM instance WHERE id = $1)",
    "x.id = $1"
);

/// Whether a resource, whose row has this number, may not be deleted at this time.
pub(super) async fn is_held(
    connection: &mut PgConnection,
    id: i64,
    resource: &Resource,
    now: Timestamp,
) -> Result<bool, Error> {
    let statement = match resource {
        Resource::Study(_) => STUDY_HELD,
        Resource::Series(_) => SERIES_HELD,
        Resource::Instance(_) => INSTANCE_HELD,
    };
    Ok(sqlx::query_scalar(statement).bind(id).bind(now.0).fetch_one(connection).await?)
}
