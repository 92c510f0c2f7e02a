//! Completes what older programs wrote, batch by batch, before the catalog is used.

use super::level_tables::{self, LevelTables};
use crate::Error;
use crate::writing::later_schema::{BATCH, completed};
use dataset::Level;
use sqlx::Executor as _;
use sqlx::sqlite::SqliteConnection;

/// A level, and the statements that walk through its rows.
struct Walk {
    level: Level,
    tables: LevelTables,
    /// The numbers up to which rows are complete, and up to which there are rows.
    reach: &'static str,
    rows: &'static str,
    reached: &'static str,
}

const WALKS: [Walk; 3] = [
    Walk {
        level: Level::Study,
        tables: LevelTables::STUDY,
        reach: "SELECT indexed_study, study FROM last_number",
        rows: "SELECT s.id, a.attributes FROM study s JOIN study_attributes a ON a.id = s.attributes \
            WHERE s.id > ?1 AND s.id <= ?2 ORDER BY s.id LIMIT ?3",
        reached: "UPDATE last_number SET indexed_study = ?1",
    },
    Walk {
        level: Level::Series,
        tables: LevelTables::SERIES,
        reach: "SELECT indexed_series, series FROM last_number",
        rows: "SELECT series, attributes FROM series_attributes WHERE series > ?1 AND series <= ?2 ORDER BY series LIMIT ?3",
        reached: "UPDATE last_number SET indexed_series = ?1",
    },
    Walk {
        level: Level::Instance,
        tables: LevelTables::INSTANCE,
        reach: "SELECT indexed_instance, instance FROM last_number",
        rows: "SELECT instance, attributes FROM instance_attributes WHERE instance > ?1 AND instance <= ?2 \
            ORDER BY instance LIMIT ?3",
        reached: "UPDATE last_number SET indexed_instance = ?1",
    },
];

/// Completes all rows. What was done stays done when the program ends before all is.
pub(super) async fn complete(connection: &mut SqliteConnection) -> Result<(), Error> {
    for walk in WALKS {
        let (mut done, last): (i64, i64) = sqlx::query_as(walk.reach).fetch_one(&mut *connection).await?;
        if done < last {
            tracing::info!(level = ?walk.level, rows = last.saturating_sub(done), "rows of an older release are completed");
        }
        while done < last {
            connection.execute("BEGIN IMMEDIATE").await?;
            done = match batch(connection, &walk, done, last).await {
                Ok(done) => done,
                Err(error) => {
                    connection.execute("ROLLBACK").await?;
                    return Err(error);
                }
            };
            connection.execute("COMMIT").await?;
        }
    }
    Ok(())
}

/// The number up to which rows are complete then.
async fn batch(connection: &mut SqliteConnection, walk: &Walk, done: i64, last: i64) -> Result<i64, Error> {
    let rows = sqlx::query_as(walk.rows).bind(done).bind(last).bind(BATCH);
    let rows: Vec<(i64, Vec<u8>)> = rows.fetch_all(&mut *connection).await?;
    let done = rows.last().map_or(last, |(id, _)| *id);
    level_tables::insert(connection, &walk.tables, completed(walk.level, &rows)).await?;
    sqlx::query(walk.reached).bind(done).execute(connection).await?;
    Ok(done)
}
