//! From UIDs to rows.

use super::lists;
use super::read::{BY_UIDS, Readers};
use crate::reading::row::StoredRow;
use crate::reading::{self, choose::choose};
use crate::{Error, Found, StoredInstance};
use access::Scope;
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
    let rows = rows.into_iter().map(|(facility, id, revision, count)| (facility, (id, revision, count)));
    Ok(reading::instance::found(resource, choose(scope, rows)?))
}

/// See [`crate::CatalogReader::instance`].
pub(crate) async fn instance(
    readers: &Readers,
    scope: &Scope,
    instance: &InstanceRef,
) -> Result<StoredInstance, Error> {
    let rows = sqlx::query(BY_UIDS)
        .bind(lists::facilities(scope))
        .bind(instance.study.as_str())
        .bind(instance.series.as_str())
        .bind(instance.instance.as_str())
        .fetch_all(&mut *readers.acquire().await?)
        .await?;
    let rows = rows.iter().map(|row| Ok((row.text("facility")?.to_owned(), row))).collect::<Result<Vec<_>, Error>>()?;
    let (_, row) = choose(scope, rows)?;
    reading::instance::read(row, &instance.study)
}
