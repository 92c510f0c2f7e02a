//! Numbers for new rows and revisions; see `last_number` in the schema.

use crate::Error;
use crate::writing::placing::{Free, Numbers};
use sqlx::sqlite::SqliteConnection;

/// Reserves a revision, and as many numbers of each other kind as there are instances: each may be in a study of its
/// own.
pub(super) async fn reserve(connection: &mut SqliteConnection, instances: usize) -> Result<Numbers, Error> {
    const RESERVE: &str = "UPDATE last_number SET revision = revision + 1, study = study + ?1, \
            study_attributes = study_attributes + ?1, series = series + ?1, instance = instance + ?1, \
            indexed_study = study + ?1, indexed_series = series + ?1, indexed_instance = instance + ?1 \
        RETURNING revision, study - ?1 + 1, study_attributes - ?1 + 1, series - ?1 + 1, instance - ?1 + 1";
    let count = i64::try_from(instances).unwrap_or(i64::MAX);
    let (revision, study, study_attributes, series, instance): (i64, i64, i64, i64, i64) =
        sqlx::query_as(RESERVE).bind(count).fetch_one(connection).await?;
    let free = |first: i64| Free::new((first..first.saturating_add(count)).collect());
    Ok(Numbers {
        revision,
        study: free(study),
        study_attributes: free(study_attributes),
        series: free(series),
        instance: free(instance),
    })
}

/// The revision of a change that adds nothing.
pub(super) async fn revision(connection: &mut SqliteConnection) -> Result<i64, Error> {
    reserve(connection, 0).await.map(|numbers| numbers.revision)
}
