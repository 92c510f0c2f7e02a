//! Intents: noted before a store writes its first object, ended by its commit.

use super::{lists, removals};
use crate::{Error, Intent, IntentId, Timestamp};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashSet;

pub(super) async fn begin(
    connection: &mut SqliteConnection,
    intent: &str,
    keys: Vec<String>,
    now: Timestamp,
) -> Result<(), Error> {
    const BEGIN: &str = "INSERT INTO intent (id, begun_at, heartbeat_at) VALUES (?1, ?2, ?2)";
    sqlx::query(BEGIN).bind(intent).bind(now.0).execute(&mut *connection).await?;
    add_keys(connection, intent, keys).await
}

pub(super) async fn extend(
    connection: &mut SqliteConnection,
    intent: &str,
    keys: Vec<String>,
    now: Timestamp,
) -> Result<(), Error> {
    const ALIVE: &str = "UPDATE intent SET heartbeat_at = ?2 WHERE id = ?1";
    let updated = sqlx::query(ALIVE).bind(intent).bind(now.0).execute(&mut *connection).await?;
    if updated.rows_affected() == 0 {
        return Err(Error::IntentGone);
    }
    add_keys(connection, intent, keys).await
}

pub(super) async fn heartbeat(
    connection: &mut SqliteConnection,
    intents: Vec<String>,
    now: Timestamp,
) -> Result<(), Error> {
    const ALIVE: &str = "UPDATE intent SET heartbeat_at = ?1 WHERE id IN (SELECT value FROM json_each(?2))";
    let intents = lists::texts(intents.iter().map(String::as_str));
    sqlx::query(ALIVE).bind(now.0).bind(intents).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::set_right`].
pub(super) async fn set_right(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), Error> {
    const SET_RIGHT: &str = "UPDATE intent SET heartbeat_at = ?1 WHERE heartbeat_at > ?1";
    sqlx::query(SET_RIGHT).bind(now.0).execute(connection).await?;
    Ok(())
}

/// See [`crate::CatalogWriter::abandon`].
pub(super) async fn abandon(connection: &mut SqliteConnection, intent: &str, now: Timestamp) -> Result<(), Error> {
    let keys = match end(connection, intent).await {
        Ok(keys) => keys,
        Err(Error::IntentGone) => return Ok(()),
        Err(error) => return Err(error),
    };
    removals::add(connection, keys, now).await
}

/// Ends an intent and returns the keys that it named.
pub(super) async fn end(connection: &mut SqliteConnection, intent: &str) -> Result<HashSet<String>, Error> {
    const KEYS: &str = "DELETE FROM intent_object WHERE intent = ?1 RETURNING object_key";
    const END: &str = "DELETE FROM intent WHERE id = ?1";
    let keys: Vec<String> = sqlx::query_scalar(KEYS).bind(intent).fetch_all(&mut *connection).await?;
    let ended = sqlx::query(END).bind(intent).execute(connection).await?;
    match ended.rows_affected() {
        0 => Err(Error::IntentGone),
        _ => Ok(keys.into_iter().collect()),
    }
}

/// See [`crate::CatalogWriter::stale_intents`].
pub(super) async fn without_heartbeat(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> Result<Vec<Intent>, Error> {
    const STALE: &str = "SELECT id, heartbeat_at FROM intent WHERE heartbeat_at < ?1 ORDER BY heartbeat_at, id";
    let rows: Vec<(String, i64)> = sqlx::query_as(STALE).bind(before.0).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, heartbeat)| Intent { id: IntentId(id), heartbeat: Timestamp(heartbeat) }).collect())
}

/// A key that is in use, or about to be removed, must not be written to: the object would go away with its old owner.
async fn add_keys(connection: &mut SqliteConnection, intent: &str, keys: Vec<String>) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO intent_object (object_key, intent) SELECT value, ?1 FROM json_each(?2) \
        WHERE value NOT IN (SELECT object_key FROM removal) ON CONFLICT (object_key) DO NOTHING";
    if keys.is_empty() {
        return Ok(());
    }
    let list = lists::texts(keys.iter().map(String::as_str));
    let added = sqlx::query(ADD).bind(intent).bind(list).execute(connection).await?;
    match usize::try_from(added.rows_affected()) {
        Ok(added) if added == keys.len() => Ok(()),
        _ => Err(Error::ForeignKey),
    }
}
