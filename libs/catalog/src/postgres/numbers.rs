//! Numbers for new rows and revisions. They are taken after the locks of the studies: so the revisions of a resource grow in
//! the order in which its changes become visible, and none comes back.

use crate::Error;
use crate::writing::placing::{Free, Missing, Numbers};
use sqlx::postgres::PgConnection;

/// A revision, and a number for each row that is to be made.
pub(super) async fn reserve(connection: &mut PgConnection, missing: &Missing) -> Result<Numbers, Error> {
    const RESERVE: &str = "SELECT nextval('revision'), \
        ARRAY(SELECT nextval('study_id_seq') FROM generate_series(1, $1)), \
        ARRAY(SELECT nextval('study_attributes_id_seq') FROM generate_series(1, $2)), \
        ARRAY(SELECT nextval('series_id_seq') FROM generate_series(1, $3)), \
        ARRAY(SELECT nextval('instance_id_seq') FROM generate_series(1, $4))";
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    let query = sqlx::query_as(RESERVE).bind(count(missing.studies)).bind(count(missing.variants));
    let query = query.bind(count(missing.series)).bind(count(missing.instances));
    let (revision, studies, variants, series, instances): (i64, Vec<i64>, Vec<i64>, Vec<i64>, Vec<i64>) =
        query.fetch_one(connection).await?;
    Ok(Numbers {
        revision,
        study: Free::new(studies),
        study_attributes: Free::new(variants),
        series: Free::new(series),
        instance: Free::new(instances),
    })
}

/// The revision of a change that adds nothing.
pub(super) async fn revision(connection: &mut PgConnection) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT nextval('revision')").fetch_one(connection).await?)
}
