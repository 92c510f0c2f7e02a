//! Disagreements between studies and their instances about the patient.

use super::insert::insert as insert_rows;
use super::lists;
use super::read::Readers;
use crate::reading::instance::noted;
use crate::writing::disagreeing::Noted;
use crate::{Error, NotedDisagreement, Timestamp};
use access::Scope;
use sqlx::sqlite::SqliteConnection;

const TABLE: &str = "disagreement (study, study_attributes, attribute, study_value, instance_value, noted_at)";

/// Notes all disagreements of a study anew, after its values have changed.
pub(super) async fn note_again(
    connection: &mut SqliteConnection,
    study: i64,
    noted: Vec<Noted>,
    now: Timestamp,
) -> Result<(), Error> {
    const FORGET: &str = "DELETE FROM disagreement WHERE study = ?1";
    sqlx::query(FORGET).bind(study).execute(&mut *connection).await?;
    insert(connection, noted, now).await
}

/// Notes disagreements.
pub(super) async fn insert(connection: &mut SqliteConnection, noted: Vec<Noted>, now: Timestamp) -> Result<(), Error> {
    insert_rows(connection, TABLE, noted, |entry, values| {
        values.add(entry.study).add(entry.study_attributes).add(entry.attribute.keyword());
        values.add(entry.study_value).add(entry.instance_value).add(now.0);
    })
    .await?;
    Ok(())
}

/// See [`crate::CatalogReader::disagreements`].
pub(crate) async fn disagreements(
    readers: &Readers,
    scope: &Scope,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<NotedDisagreement>, Error> {
    const LISTED: &str = "SELECT d.id, s.facility, s.study_instance_uid, d.attribute, d.study_value, d.instance_value, \
            a.instance_count, d.noted_at, d.resolved_at \
        FROM disagreement d JOIN study s ON s.id = d.study JOIN study_attributes a ON a.id = d.study_attributes \
        WHERE d.id > ?1 AND d.resolved_at IS NULL AND s.deleted_at IS NULL \
            AND s.facility IN (SELECT value FROM json_each(?2)) \
        ORDER BY d.id LIMIT ?3";
    let query = sqlx::query(LISTED).bind(after.unwrap_or(0)).bind(lists::facilities(scope)).bind(i64::from(limit));
    let rows = query.fetch_all(&mut *readers.acquire().await?).await?;
    rows.iter().filter_map(|row| noted(row).transpose()).collect()
}

/// See [`crate::CatalogWriter::resolve`].
pub(super) async fn resolve(
    connection: &mut SqliteConnection,
    scope: &Scope,
    disagreement: i64,
    now: Timestamp,
) -> Result<(), Error> {
    const RESOLVE: &str = "UPDATE disagreement SET resolved_at = ?2 WHERE id = ?1 AND resolved_at IS NULL AND study IN \
        (SELECT id FROM study WHERE facility IN (SELECT value FROM json_each(?3)))";
    let query = sqlx::query(RESOLVE).bind(disagreement).bind(now.0).bind(lists::facilities(scope));
    match query.execute(connection).await?.rows_affected() {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
