//! From UIDs to rows.

use super::read::BY_UIDS;
use super::session::Readers;
use crate::reading::row::StoredRow;
use crate::reading::{self, choose::choose};
use crate::{Error, Found, StoredInstance};
use access::{FacilityId, Scope};
use sqlx::postgres::PgConnection;
use uid::{InstanceRef, Resource};

const STUDY: &str = "SELECT facility, id, revision, instance_count FROM study \
    WHERE facility = ANY($1) AND study_instance_uid = $2 AND deleted_at IS NULL";

const SERIES: &str = "SELECT s.facility, s.id, s.revision, s.instance_count FROM study t JOIN series s ON s.study = t.id \
    WHERE t.facility = ANY($1) AND t.study_instance_uid = $2 AND s.series_instance_uid = $3 AND s.deleted_at IS NULL";

const INSTANCE: &str = "SELECT i.facility, i.id, i.revision, 1::BIGINT FROM \
        (SELECT * FROM instance WHERE facility = ANY($1) AND sop_instance_uid = $4 OFFSET 0) i \
        JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study \
    WHERE s.series_instance_uid = $3 AND t.study_instance_uid = $2 AND i.deleted_at IS NULL";

/// See [`crate::CatalogReader::find`].
pub(crate) async fn find(readers: &Readers, scope: &Scope, resource: &Resource) -> Result<Found, Error> {
    let reading = async {
        let mut session = readers.session_within(scope.facilities()).await?;
        let rows = rows(session.connection(), scope, resource).await?;
        session.end();
        chosen(scope, resource, rows)
    };
    readers.in_time(reading).await
}

/// Finds the row of a resource.
pub(super) async fn locate(connection: &mut PgConnection, scope: &Scope, resource: &Resource) -> Result<Found, Error> {
    let rows = rows(connection, scope, resource).await?;
    chosen(scope, resource, rows)
}

/// Facility, row, revision and instances.
type Located = (String, i64, i64, i64);

async fn rows(connection: &mut PgConnection, scope: &Scope, resource: &Resource) -> Result<Vec<Located>, sqlx::Error> {
    let statement = match resource {
        Resource::Study(_) => STUDY,
        Resource::Series(_) => SERIES,
        Resource::Instance(_) => INSTANCE,
    };
    let mut query = sqlx::query_as(statement).bind(names(scope)).bind(resource.study().as_str());
    if let Some(series) = resource.series() {
        query = query.bind(series.as_str());
    }
    if let Some(instance) = resource.instance() {
        query = query.bind(instance.as_str());
    }
    query.fetch_all(connection).await
}

fn chosen(scope: &Scope, resource: &Resource, rows: Vec<Located>) -> Result<Found, Error> {
    let rows = rows.into_iter().map(|(facility, id, revision, count)| (facility, (id, revision, count)));
    Ok(reading::instance::found(resource, choose(scope, rows)?))
}

/// The facilities of a scope, as a list to be bound.
pub(super) fn names(scope: &Scope) -> Vec<&str> {
    scope.facilities().iter().map(FacilityId::as_str).collect()
}

/// See [`crate::CatalogReader::instance`].
pub(crate) async fn instance(
    readers: &Readers,
    scope: &Scope,
    instance: &InstanceRef,
) -> Result<StoredInstance, Error> {
    let reading = async {
        let mut session = readers.session_within(scope.facilities()).await?;
        let rows = sqlx::query(BY_UIDS)
            .bind(names(scope))
            .bind(instance.study.as_str())
            .bind(instance.series.as_str())
            .bind(instance.instance.as_str())
            .fetch_all(session.connection())
            .await?;
        session.end();
        Ok(rows)
    };
    let rows = readers.in_time(reading).await?;
    let rows = rows.iter().map(|row| Ok((row.text("facility")?.to_owned(), row))).collect::<Result<Vec<_>, Error>>()?;
    let (_, row) = choose(scope, rows)?;
    reading::instance::read(row, &instance.study)
}
