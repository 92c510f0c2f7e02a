//! Disagreements between studies and their instances about the patient.

use super::insert::{Kind, Layout};
use super::locate::names;
use super::session::Readers;
use crate::reading::instance::noted;
use crate::writing::disagreeing::Noted;
use crate::{Error, NotedDisagreement, Timestamp};
use access::Scope;
use sqlx::postgres::PgConnection;
use std::sync::LazyLock;

static INSERT: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Text};
    let columns = [
        ("study", Number),
        ("study_attributes", Number),
        ("attribute", Text),
        ("study_value", Text),
        ("instance_value", Text),
        ("noted_at", Number),
    ];
    Layout::new("disagreement", &columns)
});

/// Notes all disagreements of a study anew, after its values have changed.
pub(super) async fn note_again(
    connection: &mut PgConnection,
    study: i64,
    noted: Vec<Noted>,
    now: Timestamp,
) -> Result<(), Error> {
    const FORGET: &str = "DELETE FROM disagreement WHERE study = $1";
    sqlx::query(FORGET).bind(study).execute(&mut *connection).await?;
    insert(connection, noted, now).await
}

/// Notes disagreements.
pub(super) async fn insert(connection: &mut PgConnection, noted: Vec<Noted>, now: Timestamp) -> Result<(), Error> {
    let mut rows = INSERT.rows();
    for entry in noted {
        rows.add(entry.study).add(entry.study_attributes).add(entry.attribute.keyword());
        rows.add(entry.study_value).add(entry.instance_value).add(now.0);
    }
    rows.insert(connection).await
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
        WHERE d.id > $1 AND d.resolved_at IS NULL AND s.deleted_at IS NULL AND s.facility = ANY($2) \
        ORDER BY d.id LIMIT $3";
    let query = sqlx::query(LISTED).bind(after.unwrap_or(0)).bind(names(scope)).bind(i64::from(limit));
    let reading = async {
        let mut session = readers.session_within(scope.facilities()).await?;
        let rows = query.fetch_all(session.connection()).await?;
        session.end();
        Ok(rows)
    };
    readers.in_time(reading).await?.iter().filter_map(|row| noted(row).transpose()).collect()
}

/// See [`crate::CatalogWriter::resolve`].
pub(super) async fn resolve(
    connection: &mut PgConnection,
    scope: &Scope,
    disagreement: i64,
    now: Timestamp,
) -> Result<(), Error> {
    const RESOLVE: &str = "UPDATE disagreement SET resolved_at = $2 WHERE id = $1 AND resolved_at IS NULL AND study IN \
        (SELECT id FROM study WHERE facility = ANY($3))";
    let query = sqlx::query(RESOLVE).bind(disagreement).bind(now.0).bind(names(scope));
    match query.execute(connection).await?.rows_affected() {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
