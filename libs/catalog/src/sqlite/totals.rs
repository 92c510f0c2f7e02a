//! The counters of studies and series, and what is gathered from series and instances for their study. A change adds up
//! what it does first, so that each row is written once.

use super::placing::Placed;
use super::store::Written;
use crate::{Error, Timestamp};
use dataset::Tag;
use sqlx::sqlite::SqliteConnection;
use std::collections::BTreeMap;

/// Modality.
const MODALITY: Tag = Tag(0x0008, 0x0060);

/// What a change adds; negative numbers take away.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) studies: BTreeMap<i64, StudyTotal>,
    /// Instances, by series.
    pub(super) series: BTreeMap<i64, i64>,
    /// Series, by study and Modality.
    pub(super) modalities: BTreeMap<(i64, String), i64>,
    /// Instances, by study and SOP class.
    pub(super) sop_classes: BTreeMap<(i64, String), i64>,
}

/// What a change adds to one study.
#[derive(Default, Clone, Copy)]
pub(super) struct StudyTotal {
    pub(super) series: i64,
    pub(super) instances: i64,
    pub(super) bytes: i64,
}

impl Totals {
    /// What a store adds.
    pub(super) fn stored(placed: &Placed, written: &[Written]) -> Self {
        let mut totals = Self::default();
        for (place, (instance, _)) in placed.places.iter().zip(written) {
            let study = totals.studies.entry(place.study).or_default();
            study.instances += 1;
            study.bytes = study.bytes.saturating_add(instance.length);
            *totals.series.entry(place.series).or_default() += 1;
            *totals.sop_classes.entry((place.study, instance.sop_class.clone())).or_default() += 1;
        }
        for (place, instance) in super::studies::sources(&placed.new_series, written) {
            totals.studies.entry(place.study).or_default().series += 1;
            if let Some(modality) = instance.series.first(MODALITY) {
                *totals.modalities.entry((place.study, modality.to_owned())).or_default() += 1;
            }
        }
        totals
    }
}

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
