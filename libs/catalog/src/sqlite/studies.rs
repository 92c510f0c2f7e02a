//! Study rows: finding them, making them, and making them anew when the instances that they were taken from are gone.

use super::insert::{Values, insert as insert_rows};
use super::level_tables::{self, LevelTables};
use super::store::Stamp;
use super::{disagreements, lists, study_grams, variants};
use crate::identity::PatientIdentity;
use crate::matching;
use crate::prepare::LevelRow;
use crate::writing::disagreeing;
use crate::writing::placing::{New, Study, Written, sources};
use crate::writing::study_texts::name_of;
use crate::{Error, Timestamp, stored_attributes};
use dataset::{AttributeSet, Level};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// The studies of a facility among these UIDs.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    facility: &str,
    uids: HashSet<&str>,
) -> Result<BTreeMap<String, Study>, Error> {
    const KNOWN: &str = "SELECT study_instance_uid, id, coalesce(patient_name, ''), coalesce(patient_id, ''), \
            coalesce(issuer_of_patient_id, ''), coalesce(patient_birth_date, '') \
        FROM study WHERE facility = ?1 AND study_instance_uid IN (SELECT value FROM json_each(?2))";
    let rows: Vec<(String, i64, String, String, String, String)> =
        sqlx::query_as(KNOWN).bind(facility).bind(lists::texts(uids)).fetch_all(connection).await?;
    let studies = rows.into_iter().map(|(uid, id, name, patient_id, issuer, birth_date)| {
        (uid, Study { id, identity: PatientIdentity { name, id: patient_id, issuer, birth_date } })
    });
    Ok(studies.collect())
}

/// Makes study rows, each from the first of its instances, and what is searched beside them.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    stamp: Stamp<'_>,
    new: &[New],
    written: &[Written<'_>],
) -> Result<(), Error> {
    const FACILITY: &str = "INSERT INTO facility (name) VALUES (?1) ON CONFLICT (name) DO NOTHING";
    let rows: Vec<_> = sources(new, written).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(FACILITY).bind(stamp.facility).execute(&mut *connection).await?;
    let mut indexed = Vec::with_capacity(rows.len());
    insert_rows(connection, &INSERT, rows, |(place, instance), values| {
        let mut row = LevelRow::new(Level::Study, &instance.study);
        values.add(place.study).add(stamp.facility).add(instance.uids.study.as_str()).add(stamp.revision);
        values.add(stamp.now.0).add(stamp.now.0).add(place.study_attributes).add(0).add(0).add(0);
        values.add(name_of(&instance.study)).add_cells(std::mem::take(&mut row.cells));
        indexed.push((place.study, row, &instance.study));
    })
    .await?;
    index(connection, indexed).await
}

static COLUMNS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| matching::columns(Level::Study).map(|column| column.name.as_str()).collect());

static INSERT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "study (id, facility, study_instance_uid, revision, created_at, updated_at, attributes, series_count, \
        instance_count, stored_bytes, patient_name, {})",
        COLUMNS.join(", ")
    )
});

static RENEW: LazyLock<String> = LazyLock::new(|| {
    format!("UPDATE study SET attributes = ?, patient_name = ?, {} = ? WHERE id = ?", COLUMNS.join(" = ?, "))
});

async fn index(connection: &mut SqliteConnection, rows: Vec<(i64, LevelRow, &AttributeSet)>) -> Result<(), Error> {
    study_grams::insert(connection, &rows).await?;
    let rows = rows.into_iter().map(|(id, row, _)| (id, row)).collect();
    level_tables::insert(connection, &LevelTables::STUDY, rows).await
}

/// Takes the values of a study from the oldest of the study attributes that are left, if those that it had are gone: a
/// study must not go on showing the patient of an image that was deleted because it did not belong there.
pub(super) async fn renew(connection: &mut SqliteConnection, study: i64, now: Timestamp) -> Result<(), Error> {
    let Some((variant, blob)) = variants::needed_by(connection, study).await? else { return Ok(()) };
    let attributes = stored_attributes::decode(&blob)?;
    let mut row = LevelRow::new(Level::Study, &attributes);
    let mut values = Values::default();
    values.add(variant).add(name_of(&attributes)).add_cells(std::mem::take(&mut row.cells)).add(study);
    sqlx::query_with(AssertSqlSafe(RENEW.as_str()), values.finish()?).execute(&mut *connection).await?;
    study_grams::delete(connection, study).await?;
    level_tables::clear(connection, &LevelTables::STUDY, study).await?;
    index(connection, vec![(study, row, &attributes)]).await?;
    let variants = variants::others_of(connection, study).await?;
    let noted = disagreeing::of_variants(study, &PatientIdentity::of(&attributes), variants)?;
    disagreements::note_again(connection, study, noted, now).await
}
