//! Adds to the counters of studies and series, and to what is gathered from series and instances for their study.

use crate::writing::totals::Totals;
use crate::{Error, Timestamp};
use sqlx::sqlite::SqliteConnection;

/// Adds the totals, and gives the rows that changed a new revision.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    totals: &Totals,
    revision: i64,
    now: Timestamp,
) -> Result<(), Error> {
    const STUDY: &str = "UPDATE study SET series_count = series_count + ?2, instance_count = instance_count + ?3, \
        stored_bytes = stored_bytes + ?4, revision = ?5, updated_at = ?6 WHERE id = ?1";
    const SERIES: &str =
        "UPDATE series SET instance_count = instance_count + ?2, revision = ?3, updated_at = ?4 WHERE id = ?1";
    for (study, total) in &totals.studies {
        let query = sqlx::query(STUDY).bind(study).bind(total.series).bind(total.instances).bind(total.bytes);
        query.bind(revision).bind(now.0).execute(&mut *connection).await?;
    }
    for (series, instances) in &totals.series {
        sqlx::query(SERIES).bind(series).bind(instances).bind(revision).bind(now.0).execute(&mut *connection).await?;
    }
    gather(connection, totals).await
}

async fn gather(connection: &mut SqliteConnection, totals: &Totals) -> Result<(), Error> {
    const MODALITY: &str = "INSERT INTO study_modality (study, modality, series_count) VALUES (?1, ?2, ?3) \
        ON CONFLICT (study, modality) DO UPDATE SET series_count = study_modality.series_count + excluded.series_count";
    const NO_MODALITY: &str = "DELETE FROM study_modality WHERE study = ?1 AND modality = ?2 AND series_count <= 0";
    const CLASS: &str = "INSERT INTO study_sop_class (study, sop_class_uid, instance_count) VALUES (?1, ?2, ?3) \
        ON CONFLICT (study, sop_class_uid) \
        DO UPDATE SET instance_count = study_sop_class.instance_count + excluded.instance_count";
    const NO_CLASS: &str =
        "DELETE FROM study_sop_class WHERE study = ?1 AND sop_class_uid = ?2 AND instance_count <= 0";
    for ((study, modality), count) in &totals.modalities {
        sqlx::query(MODALITY).bind(study).bind(modality).bind(count).execute(&mut *connection).await?;
        if *count < 0 {
            sqlx::query(NO_MODALITY).bind(study).bind(modality).execute(&mut *connection).await?;
        }
    }
    for ((study, class), count) in &totals.sop_classes {
        sqlx::query(CLASS).bind(study).bind(class).bind(count).execute(&mut *connection).await?;
        if *count < 0 {
            sqlx::query(NO_CLASS).bind(study).bind(class).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
