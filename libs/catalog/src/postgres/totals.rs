//! Adds to the counters of studies and series, and to what is gathered from series and instances for their study.

use crate::writing::totals::Totals;
use crate::{Error, Timestamp};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;

/// Adds the totals, and gives the rows that changed a new revision.
pub(super) async fn add(
    connection: &mut PgConnection,
    totals: &Totals,
    revision: i64,
    now: Timestamp,
) -> Result<(), Error> {
    add_to_studies(connection, totals, revision, now).await?;
    add_to_series(connection, totals, revision, now).await?;
    const MODALITY: Gathered = Gathered {
        add: "INSERT INTO study_modality (study, modality, series_count) \
            SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[]) ON CONFLICT (study, modality) \
            DO UPDATE SET series_count = study_modality.series_count + excluded.series_count",
        clear: "DELETE FROM study_modality WHERE study = ANY($1) AND series_count <= 0",
    };
    const SOP_CLASS: Gathered = Gathered {
        add: "INSERT INTO study_sop_class (study, sop_class_uid, instance_count) \
            SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[]) ON CONFLICT (study, sop_class_uid) \
            DO UPDATE SET instance_count = study_sop_class.instance_count + excluded.instance_count",
        clear: "DELETE FROM study_sop_class WHERE study = ANY($1) AND instance_count <= 0",
    };
    MODALITY.gather(connection, &totals.modalities).await?;
    SOP_CLASS.gather(connection, &totals.sop_classes).await
}

async fn add_to_studies(
    connection: &mut PgConnection,
    totals: &Totals,
    revision: i64,
    now: Timestamp,
) -> Result<(), Error> {
    const ADD: &str = "UPDATE study SET series_count = series_count + more.series, \
            instance_count = instance_count + more.instances, stored_bytes = stored_bytes + more.bytes, \
            revision = $5, updated_at = $6 \
        FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[]) AS more (id, series, instances, bytes) \
        WHERE study.id = more.id";
    let column = |value: fn(&crate::writing::totals::StudyTotal) -> i64| totals.studies.values().map(value).collect();
    let (series, instances, bytes): (Vec<i64>, Vec<i64>, Vec<i64>) =
        (column(|total| total.series), column(|total| total.instances), column(|total| total.bytes));
    let query = sqlx::query(ADD).bind(totals.studies.keys().copied().collect::<Vec<i64>>());
    query.bind(series).bind(instances).bind(bytes).bind(revision).bind(now.0).execute(connection).await?;
    Ok(())
}

async fn add_to_series(
    connection: &mut PgConnection,
    totals: &Totals,
    revision: i64,
    now: Timestamp,
) -> Result<(), Error> {
    const ADD: &str = "UPDATE series SET instance_count = instance_count + more.instances, revision = $3, \
            updated_at = $4 \
        FROM unnest($1::BIGINT[], $2::BIGINT[]) AS more (id, instances) WHERE series.id = more.id";
    if totals.series.is_empty() {
        return Ok(());
    }
    let (series, instances): (Vec<i64>, Vec<i64>) = totals.series.iter().unzip();
    sqlx::query(ADD).bind(series).bind(instances).bind(revision).bind(now.0).execute(connection).await?;
    Ok(())
}

/// The statements of a table with counts by study and value.
struct Gathered {
    add: &'static str,
    clear: &'static str,
}

impl Gathered {
    async fn gather(&self, connection: &mut PgConnection, counts: &BTreeMap<(i64, String), i64>) -> Result<(), Error> {
        if counts.is_empty() {
            return Ok(());
        }
        let studies: Vec<i64> = counts.keys().map(|(study, _)| *study).collect();
        let values: Vec<String> =
            counts.keys().map(|(_, value)| crate::matching::without_nul(value.as_str().into()).into_owned()).collect();
        let added: Vec<i64> = counts.values().copied().collect();
        let takes_away = added.iter().any(|count| *count < 0);
        sqlx::query(self.add).bind(&studies).bind(values).bind(added).execute(&mut *connection).await?;
        if takes_away {
            sqlx::query(self.clear).bind(studies).execute(connection).await?;
        }
        Ok(())
    }
}
