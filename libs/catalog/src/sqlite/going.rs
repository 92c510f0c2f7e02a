//! What a delete takes away: its sums, and its objects.

use crate::writing::totals::Going;
use crate::{Error, Timestamp};
use sqlx::sqlite::SqliteConnection;

macro_rules! sums {
    ($connection:expr, $id:expr, $condition:literal) => {{
        const SUMS: &str = concat!(
            "SELECT sop_class_uid, study_attributes, count(*), coalesce(sum(object_length), 0) FROM instance WHERE ",
            $condition,
            " GROUP BY sop_class_uid, study_attributes"
        );
        let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(SUMS).bind($id).fetch_all($connection).await?;
        Going::sum(rows)
    }};
}

/// The instances of a series.
pub(super) async fn in_series(connection: &mut SqliteConnection, series: i64) -> Result<Going, Error> {
    Ok(sums!(connection, series, "series = ?1"))
}

/// A single instance.
pub(super) async fn instance(connection: &mut SqliteConnection, instance: i64) -> Result<Going, Error> {
    Ok(sums!(connection, instance, "id = ?1"))
}

macro_rules! remove_objects {
    ($name:ident, $condition:literal) => {
        /// Puts the objects onto the removal list.
        pub(super) async fn $name(connection: &mut SqliteConnection, id: i64, due: Timestamp) -> Result<(), Error> {
            const REMOVE: &str = concat!(
                "INSERT INTO removal (object_key, due_at) SELECT object_key, ?2 FROM instance WHERE ",
                $condition,
                " ON CONFLICT (object_key) DO NOTHING"
            );
            sqlx::query(REMOVE).bind(id).bind(due.0).execute(connection).await?;
            Ok(())
        }
    };
}

remove_objects!(remove_objects_of_study, "series IN (SELECT id FROM series WHERE study = ?1)");
remove_objects!(remove_objects_of_series, "series = ?1");
remove_objects!(remove_object_of_instance, "id = ?1");
