//! Deletes. What is left empty goes away too, and the objects go onto the removal list.

use super::{going, locate, numbers, protect, studies, study_grams, totals, variants};
use crate::writing::totals::{Going, Totals};
use crate::{Deleted, Error, Timestamp};
use access::Scope;
use sqlx::sqlite::SqliteConnection;
use uid::Resource;

/// See [`crate::CatalogWriter::delete`].
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    scope: &Scope,
    resource: &Resource,
    now: Timestamp,
    grace_ms: i64,
) -> Result<Deleted, Error> {
    let found = locate::locate(connection, scope, resource).await?;
    if protect::is_held(connection, found.id, resource, now).await? {
        return Err(Error::Held);
    }
    let due = now.plus(grace_ms);
    match resource {
        Resource::Study(_) => study(connection, found.id, due).await,
        Resource::Series(_) => series(connection, found.id, now, due).await,
        Resource::Instance(_) => instance(connection, found.id, now, due).await,
    }
}

/// Removes an instance whose place another one takes. Its protection was looked at before.
pub(super) async fn replaced_instance(
    connection: &mut SqliteConnection,
    id: i64,
    now: Timestamp,
    due: Timestamp,
) -> Result<(), Error> {
    instance(connection, id, now, due).await.map(|_| ())
}

async fn study(connection: &mut SqliteConnection, id: i64, due: Timestamp) -> Result<Deleted, Error> {
    const COUNTS: &str = "SELECT series_count, instance_count FROM study WHERE id = ?1";
    let (series, instances): (i64, i64) = sqlx::query_as(COUNTS).bind(id).fetch_one(&mut *connection).await?;
    going::remove_objects_of_study(connection, id, due).await?;
    study_grams::delete(connection, id).await?;
    sqlx::query("DELETE FROM study WHERE id = ?1").bind(id).execute(connection).await?;
    let counted = |count| u64::try_from(count).unwrap_or_default();
    Ok(Deleted { studies: 1, series: counted(series), instances: counted(instances) })
}

async fn series(connection: &mut SqliteConnection, id: i64, now: Timestamp, due: Timestamp) -> Result<Deleted, Error> {
    const ABOVE: &str =
        "SELECT t.id, t.series_count, s.modality FROM series s JOIN study t ON t.id = s.study WHERE s.id = ?1";
    let (in_study, siblings, modality): (i64, i64, Option<String>) =
        sqlx::query_as(ABOVE).bind(id).fetch_one(&mut *connection).await?;
    if siblings <= 1 {
        return study(connection, in_study, due).await;
    }
    let going = going::in_series(connection, id).await?;
    going::remove_objects_of_series(connection, id, due).await?;
    sqlx::query("DELETE FROM series WHERE id = ?1").bind(id).execute(&mut *connection).await?;
    let mut totals = Totals::taken(in_study, &going, 1);
    totals.modalities.extend(modality.map(|modality| ((in_study, modality), -1)));
    take_away(connection, in_study, &going, &totals, now).await?;
    Ok(Deleted { studies: 0, series: 1, instances: u64::try_from(going.instances).unwrap_or_default() })
}

async fn instance(
    connection: &mut SqliteConnection,
    id: i64,
    now: Timestamp,
    due: Timestamp,
) -> Result<Deleted, Error> {
    const ABOVE: &str =
        "SELECT s.id, s.study, s.instance_count FROM instance i JOIN series s ON s.id = i.series WHERE i.id = ?1";
    let (in_series, in_study, siblings): (i64, i64, i64) =
        sqlx::query_as(ABOVE).bind(id).fetch_one(&mut *connection).await?;
    if siblings <= 1 {
        return series(connection, in_series, now, due).await;
    }
    let going = going::instance(connection, id).await?;
    going::remove_object_of_instance(connection, id, due).await?;
    sqlx::query("DELETE FROM instance WHERE id = ?1").bind(id).execute(&mut *connection).await?;
    let mut totals = Totals::taken(in_study, &going, 0);
    totals.series.insert(in_series, -1);
    take_away(connection, in_study, &going, &totals, now).await?;
    Ok(Deleted { studies: 0, series: 0, instances: 1 })
}

async fn take_away(
    connection: &mut SqliteConnection,
    study: i64,
    going: &Going,
    totals: &Totals,
    now: Timestamp,
) -> Result<(), Error> {
    let revision = numbers::revision(connection).await?;
    totals::add(connection, totals, revision, now).await?;
    variants::count(connection, going.variants.iter().map(|(variant, count)| (*variant, -count)).collect()).await?;
    variants::remove_unused(connection, study).await?;
    studies::renew(connection, study, now).await
}
