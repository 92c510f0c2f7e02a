//! Disagreements between studies and their instances about the patient. They belong to a set of study attributes, so a
//! thousand images that say the same are one entry.

use super::insert::insert as insert_rows;
use super::placing::Placed;
use super::read::Readers;
use super::store::Written;
use super::studies::sources;
use super::{lists, variants};
use crate::identity::PatientIdentity;
use crate::{Disagreement, Error, NotedDisagreement, Timestamp, stored_attributes};
use access::Scope;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

const TABLE: &str = "disagreement (study, study_attributes, attribute, study_value, instance_value, noted_at)";

/// Compares each instance with its study, and notes what is new. Answers in the order of the instances.
pub(super) async fn note(
    connection: &mut SqliteConnection,
    placed: &Placed,
    written: &[Written],
    now: Timestamp,
) -> Result<Vec<Vec<Disagreement>>, Error> {
    let compare = |instance: &crate::prepare::PreparedInstance| {
        let theirs = PatientIdentity::of(&instance.study);
        let study = placed.studies.get(instance.uids.study.as_str());
        (study.map(|study| study.identity.disagreements(&theirs)).unwrap_or_default(), theirs)
    };
    let mut rows = Vec::new();
    for (place, instance) in sources(&placed.new_variants, written) {
        let (found, theirs) = compare(instance);
        let Some(study) = placed.studies.get(instance.uids.study.as_str()) else { continue };
        let values =
            |attribute: Disagreement| (study.identity.value(attribute).to_owned(), theirs.value(attribute).to_owned());
        rows.extend(
            found.into_iter().map(|attribute| (place.study, place.study_attributes, attribute, values(attribute))),
        );
    }
    insert(connection, rows, now).await?;
    Ok(written.iter().map(|(instance, _)| compare(instance).0).collect())
}

/// Notes all disagreements of a study anew, after its values have changed.
pub(super) async fn note_again(
    connection: &mut SqliteConnection,
    study: i64,
    identity: &PatientIdentity,
    now: Timestamp,
) -> Result<(), Error> {
    const FORGET: &str = "DELETE FROM disagreement WHERE study = ?1";
    sqlx::query(FORGET).bind(study).execute(&mut *connection).await?;
    let mut rows = Vec::new();
    for (variant, blob) in variants::others_of(connection, study).await? {
        let theirs = PatientIdentity::of(&stored_attributes::decode(&blob)?);
        for attribute in identity.disagreements(&theirs) {
            let values = (identity.value(attribute).to_owned(), theirs.value(attribute).to_owned());
            rows.push((study, variant, attribute, values));
        }
    }
    insert(connection, rows, now).await
}

async fn insert(
    connection: &mut SqliteConnection,
    rows: Vec<(i64, i64, Disagreement, (String, String))>,
    now: Timestamp,
) -> Result<(), Error> {
    insert_rows(connection, TABLE, rows, |(study, variant, attribute, (study_value, instance_value)), values| {
        values.add(study).add(variant).add(attribute.keyword()).add(study_value).add(instance_value).add(now.0);
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

/// `None` for an attribute that a newer release compares and this one does not know.
fn noted(row: &SqliteRow) -> Result<Option<NotedDisagreement>, Error> {
    let Some(attribute) = Disagreement::from_keyword(row.try_get("attribute")?) else { return Ok(None) };
    let instances: i64 = row.try_get("instance_count")?;
    Ok(Some(NotedDisagreement {
        id: row.try_get("id")?,
        facility: row.try_get::<&str, _>("facility")?.parse()?,
        study: row.try_get::<&str, _>("study_instance_uid")?.parse()?,
        attribute,
        study_value: row.try_get("study_value")?,
        instance_value: row.try_get("instance_value")?,
        instances: u64::try_from(instances).unwrap_or_default(),
        noted_at: Timestamp(row.try_get("noted_at")?),
        resolved_at: row.try_get::<Option<i64>, _>("resolved_at")?.map(Timestamp),
    }))
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
