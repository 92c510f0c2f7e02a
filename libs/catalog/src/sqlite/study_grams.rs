//! The index of what studies contain: `study_gram` in the schema.

use super::insert::insert as insert_rows;
use crate::Error;
use crate::matching::gram_text;
use crate::prepare::LevelRow;
use dataset::{AttributeSet, Tag};
use sqlx::sqlite::SqliteConnection;

/// The search keys, besides names, that it indexes; in the order of its columns.
const TEXTS: [Tag; 3] = [Tag(0x0010, 0x0020), Tag(0x0008, 0x0050), Tag(0x0008, 0x1030)];

/// The column that indexes a search key, if there is one.
pub(super) fn column(keyword: &str) -> Option<&'static str> {
    match keyword {
        "PatientName" => Some("patient_name"),
        "PatientID" => Some("patient_id"),
        "AccessionNumber" => Some("accession_number"),
        "StudyDescription" => Some("study_description"),
        _ => None,
    }
}

/// Indexes studies.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[(i64, LevelRow, &AttributeSet)],
) -> Result<(), Error> {
    const TABLE: &str = "study_gram (rowid, patient_name, patient_id, accession_number, study_description)";
    insert_rows(connection, TABLE, rows.iter().collect(), |(study, row, attributes), bound| {
        let names = row.names.iter().filter(|(attribute, _, _)| *attribute == "PatientName");
        bound.add(*study).add(gram_text(names.map(|(_, _, folded)| folded.as_str())));
        for tag in TEXTS {
            bound.add(gram_text(attributes.values_at(&[tag])));
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
