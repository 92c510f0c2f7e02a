//! The index of what studies contain: `study_gram` in the schema.

use super::insert::insert as insert_rows;
use crate::Error;
use crate::prepare::LevelRow;
use crate::writing::study_texts::grams;
use dataset::AttributeSet;
use sqlx::sqlite::SqliteConnection;

/// Indexes studies.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[(i64, LevelRow, &AttributeSet)],
) -> Result<(), Error> {
    const TABLE: &str = "study_gram (rowid, patient_name, patient_id, accession_number, study_description)";
    insert_rows(connection, TABLE, rows.iter().collect(), |(study, row, attributes), bound| {
        bound.add(*study);
        for tokens in grams(row, attributes) {
            bound.add(tokens);
        }
    })
    .await?;
    Ok(())
}

/// Takes a study out of the index.
pub(super) async fn delete(connection: &mut SqliteConnection, study: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM study_gram WHERE rowid = ?1").bind(study).execute(connection).await?;
    Ok(())
}
