//! Numbers for new rows and revisions; see `last_number` in the schema.

use crate::Error;
use sqlx::sqlite::SqliteConnection;

/// The next free number of each kind; those behind them are reserved too.
pub(super) struct Numbers {
    pub(super) revision: i64,
    pub(super) study: i64,
    pub(super) study_attributes: i64,
    pub(super) series: i64,
    pub(super) instance: i64,
}

/// Reserves a revision, and as many numbers of each other kind as there are instances: each may be in a study of its
/// own.
pub(super) async fn reserve(connection: &mut SqliteConnection, instances: usize) -> Result<Numbers, Error> {
    const RESERVE: &str = "UPDATE last_number SET revision = revision + 1, study = study + ?1, \
            study_attributes = study_attributes + ?1, series = series + ?1, instance = instance + ?1 \
        RETURNING revision, study - ?1 + 1, study_attributes - ?1 + 1, series - ?1 + 1, instance - ?1 + 1";
    let count = i64::try_from(instances).unwrap_or(i64::MAX);
    let (revision, study, study_attributes, series, instance): (i64, i64, i64, i64, i64) =
        sqlx::query_as(RESERVE).bind(count).fetch_one(connection).await?;
    Ok(Numbers { revision, study, study_attributes, series, instance })
}

/// The revision of a change that adds nothing.
pub(super) async fn revision(connection: &mut SqliteConnection) -> Result<i64, Error> {
    reserve(connection, 0).await.map(|numbers| numbers.revision)
}

/// Takes a number and steps on to the next.
pub(super) fn take(next: &mut i64) -> i64 {
    let taken = *next;
    *next = next.saturating_add(1);
    taken
}
