//! The removal list: objects that nothing refers to any more.

use crate::{Error, Removal, Timestamp};
use sqlx::postgres::PgConnection;
use std::collections::HashSet;

/// Puts objects onto the list.
pub(super) async fn add(connection: &mut PgConnection, keys: HashSet<String>, due: Timestamp) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO removal (object_key, due_at) SELECT key, $1 FROM unnest($2::TEXT[]) AS key \
        ON CONFLICT (object_key) DO NOTHING";
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(ADD).bind(due.0).bind(keys.into_iter().collect::<Vec<_>>()).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::due_removals`].
pub(super) async fn due(connection: &mut PgConnection, now: Timestamp, limit: u32) -> Result<Vec<Removal>, Error> {
    const DUE: &str = "SELECT id, object_key FROM removal WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2";
    let rows: Vec<(i64, String)> = sqlx::query_as(DUE).bind(now.0).bind(i64::from(limit)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, key)| Removal { id, key }).collect())
}

/// See [`crate::CatalogWriter::set_right`].
pub(super) async fn set_right(connection: &mut PgConnection, latest: Timestamp) -> Result<(), Error> {
    const SET_RIGHT: &str = "UPDATE removal SET due_at = $1 \
        WHERE id IN (SELECT id FROM removal WHERE due_at > $1 ORDER BY id FOR UPDATE SKIP LOCKED)";
    sqlx::query(SET_RIGHT).bind(latest.0).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::removed`]. Those that another process is striking off are left to it.
pub(super) async fn removed(connection: &mut PgConnection, removals: &[i64]) -> Result<(), Error> {
    const REMOVED: &str = "DELETE FROM removal \
        WHERE id IN (SELECT id FROM removal WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED)";
    sqlx::query(REMOVED).bind(removals).execute(connection).await?;
    Ok(())
}
