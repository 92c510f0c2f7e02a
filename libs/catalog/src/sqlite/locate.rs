//! From UIDs to rows: the one place that decides which facility is meant.

use super::lists;
use super::read::{InstanceRow, Readers};
use crate::{Error, Found, StoredInstance};
use access::{FacilityId, Scope};
use sqlx::sqlite::SqliteConnection;
use uid::{InstanceRef, Resource};

const STUDY: &str = "SELECT facility, id, revision, instance_count FROM study \
    WHERE facility IN (SELECT value FROM json_each(?1)) AND study_instance_uid = ?2 AND deleted_at IS NULL";

const SERIES: &str = "SELECT s.facility, s.id, s.revision, s.instance_count FROM study t JOIN series s ON s.study = t.id \
    WHERE t.facility IN (SELECT value FROM json_each(?1)) AND t.study_instance_uid = ?2 AND s.series_instance_uid = ?3 \
        AND s.deleted_at IS NULL";

const INSTANCE: &str = "SELECT i.facility, i.id, i.revision, 1 FROM instance i JOIN series s ON s.id = i.series \
        JOIN study t ON t.id = s.study \
    WHERE i.facility IN (SELECT value FROM json_each(?1)) AND i.sop_instance_uid = ?4 AND s.series_instance_uid = ?3 \
        AND t.study_instance_uid = ?2 AND i.deleted_at IS NULL";

/// See [`crate::CatalogReader::find`].
pub(crate) async fn find(readers: &Readers, scope: &Scope, resource: &Resource) -> Result<Found, Error> {
    locate(&mut *readers.acquire().await?, scope, resource).await
}

/// Finds the row of a resource.
pub(super) async fn locate(
    connection: &mut SqliteConnection,
    scope: &Scope,
    resource: &Resource,
) -> Result<Found, Error> {
    let statement = match resource {
        Resource::Study(_) => STUDY,
        Resource::Series(_) => SERIES,
        Resource::Instance(_) => INSTANCE,
    };
    let mut query = sqlx::query_as(statement).bind(lists::facilities(scope)).bind(resource.study().as_str());
    if let Some(series) = resource.series() {
        query = query.bind(series.as_str());
    }
    if let Some(instance) = resource.instance() {
        query = query.bind(instance.as_str());
    }
    let rows: Vec<(String, i64, i64, i64)> = query.fetch_all(connection).await?;
    let (facility, (id, revision, count)) =
        choose(scope, rows.into_iter().map(|(facility, id, revision, count)| (facility, (id, revision, count))))?;
    let instance_count = u64::try_from(count).unwrap_or_default();
    Ok(Found { resource: resource.clone(), facility, revision, instance_count, id })
}

/// See [`crate::CatalogReader::instance`].
pub(crate) async fn instance(
    readers: &Readers,
    scope: &Scope,
    instance: &InstanceRef,
) -> Result<StoredInstance, Error> {
    let rows = sqlx::query(InstanceRow::BY_UIDS)
        .bind(lists::facilities(scope))
        .bind(instance.study.as_str())
        .bind(instance.series.as_str())
        .bind(instance.instance.as_str())
        .fetch_all(&mut *readers.acquire().await?)
        .await?;
    let rows = rows.iter().map(|row| Ok((InstanceRow::facility(row)?, row))).collect::<Result<Vec<_>, Error>>()?;
    let (_, row) = choose(scope, rows)?;
    InstanceRow::read(row, &instance.study)
}

/// The row of the one facility that has it, or else of the home facility.
fn choose<T>(scope: &Scope, rows: impl IntoIterator<Item = (String, T)>) -> Result<(FacilityId, T), Error> {
    let mut rows: Vec<(FacilityId, T)> =
        rows.into_iter().map(|(facility, row)| Ok((facility.parse()?, row))).collect::<Result<_, Error>>()?;
    // The statement asked for those of the scope only; what decides over access is looked at twice.
    rows.retain(|(facility, _)| scope.contains(facility));
    if rows.len() > 1
        && let Some(home) = rows.iter().position(|(facility, _)| facility == scope.home())
    {
        return Ok(rows.swap_remove(home));
    }
    match rows.len() {
        0 | 1 => rows.pop().ok_or(Error::NotFound),
        _ => {
            let mut facilities: Vec<FacilityId> = rows.into_iter().map(|(facility, _)| facility).collect();
            facilities.sort();
            Err(Error::Ambiguous { facilities })
        }
    }
}
