//! The removal list: objects that nothing refers to any more.

use super::lists;
use crate::{Error, Removal, Timestamp};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashSet;

/// Puts objects onto the list.
pub(super) async fn add(connection: &mut SqliteConnection, keys: HashSet<String>, due: Timestamp) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO removal (object_key, due_at) SELECT value, ?1 FROM json_each(?2) WHERE TRUE \
        ON CONFLICT (object_key) DO NOTHING";
    if keys.is_empty() {
        return Ok(());
    }
    let keys = lists::texts(keys.iter().map(String::as_str));
    sqlx::query(ADD).bind(due.0).bind(keys).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::due_removals`].
pub(super) async fn due(connection: &mut SqliteConnection, now: Timestamp, limit: u32) -> Result<Vec<Removal>, Error> {
    const DUE: &str = "SELECT id, object_key FROM removal WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2";
    let rows: Vec<(i64, String)> = sqlx::query_as(DUE).bind(now.0).bind(i64::from(limit)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, key)| Removal { id, key }).collect())
}

/// See [`crate::CatalogWriter::set_right`].
pub(super) async fn set_right(connection: &mut SqliteConnection, latest: Timestamp) -> Result<(), Error> {
    const SET_RIGHT: &str = "UPDATE removal SET due_at = ?1 WHERE due_at > ?1";
    sqlx::query(SET_RIGHT).bind(latest.0).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::removed`].
pub(super) async fn removed(connection: &mut SqliteConnection, removals: &[i64]) -> Result<(), Error> {
    const REMOVED: &str = "DELETE FROM removal WHERE id IN (SELECT value FROM json_each(?1))";
    let removals = lists::numbers(removals.iter().copied());
    sqlx::query(REMOVED).bind(removals).execute(connection).await?;
    Ok(())
}
