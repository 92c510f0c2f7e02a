//! Completes what older programs wrote, batch by batch, while others read and write.

use super::level_tables::{self, INSTANCE, LevelTables, SERIES, STUDY};
use crate::Error;
use crate::error::Refusal;
use crate::prepare::LevelRow;
use crate::writing::later_schema::{BATCH, completed};
use dataset::Level;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use std::collections::HashSet;
use std::time::Duration;

/// Numbers are handed out before rows with them are committed: this far behind the last one that was seen, the next walk begins.
const MARGIN: i64 = 10_000;

/// How often a batch is tried that others are in the way of.
const TRIES: u32 = 6;

/// A level, and the statements that walk through its rows.
struct Walk {
    level: Level,
    tables: &'static LevelTables,
    reach: &'static str,
    /// Rows that are read stay as they are until they are complete.
    rows: &'static str,
    /// Those that have been completed, or were written by a program of this schema.
    complete: &'static str,
    reached: &'static str,
}

fn walks() -> [Walk; 3] {
    [
        Walk {
            level: Level::Study,
            tables: &STUDY,
            reach: "SELECT study FROM last_indexed",
            rows: "SELECT s.id, a.attributes FROM study s JOIN study_attributes a ON a.id = s.attributes \
                WHERE s.id > $1 ORDER BY s.id LIMIT $2 FOR NO KEY UPDATE OF s",
            complete: "SELECT study FROM study_item WHERE study = ANY($1) \
                UNION SELECT study FROM study_value WHERE study = ANY($1) AND attribute LIKE '%@UTC'",
            reached: "UPDATE last_indexed SET study = greatest(study, $1)",
        },
        Walk {
            level: Level::Series,
            tables: &SERIES,
            reach: "SELECT series FROM last_indexed",
            rows: "SELECT s.id, a.attributes FROM series s JOIN series_attributes a ON a.series = s.id \
                WHERE s.id > $1 ORDER BY s.id LIMIT $2 FOR KEY SHARE OF s",
            complete: "SELECT series FROM series_item WHERE series = ANY($1) \
                UNION SELECT series FROM series_value WHERE series = ANY($1) AND attribute LIKE '%@UTC'",
            reached: "UPDATE last_indexed SET series = greatest(series, $1)",
        },
        Walk {
            level: Level::Instance,
            tables: &INSTANCE,
            reach: "SELECT instance FROM last_indexed",
            rows: "SELECT i.id, a.attributes FROM instance i JOIN instance_attributes a ON a.instance = i.id \
                WHERE i.id > $1 ORDER BY i.id LIMIT $2 FOR KEY SHARE OF i",
            complete: "SELECT instance FROM instance_item WHERE instance = ANY($1) \
                UNION SELECT instance FROM instance_value WHERE instance = ANY($1) AND attribute LIKE '%@UTC'",
            reached: "UPDATE last_indexed SET instance = greatest(instance, $1)",
        },
    ]
}

/// Completes all rows that are there. What was done stays done when the program ends before all is.
pub(super) async fn complete(connection: &mut PgConnection) -> Result<(), Error> {
    for walk in walks() {
        let reached: i64 = sqlx::query_scalar(walk.reach).fetch_one(&mut *connection).await?;
        let mut done = reached.saturating_sub(MARGIN);
        while let Some(last) = tried(connection, &walk, done).await? {
            done = last;
        }
    }
    Ok(())
}

async fn tried(connection: &mut PgConnection, walk: &Walk, done: i64) -> Result<Option<i64>, Error> {
    let mut tried = 0;
    loop {
        tried += 1;
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        match batch(connection, walk, done).await {
            Ok(last) => {
                connection.execute("COMMIT").await?;
                return Ok(last);
            }
            Err(error) => {
                connection.execute("ROLLBACK").await?;
                if tried >= TRIES || !is_passing(&error) {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// A deadlock, or a lock that was not had in time.
fn is_passing(error: &Error) -> bool {
    let Error::Unavailable { source } = error else { return false };
    Refusal::of(source).is_some_and(|refusal| matches!(refusal.state.as_str(), "40001" | "40P01" | "55P03"))
}

/// The number of the last row that is complete then; `None` if there are no more.
async fn batch(connection: &mut PgConnection, walk: &Walk, done: i64) -> Result<Option<i64>, Error> {
    let rows = sqlx::query_as(walk.rows).bind(done).bind(BATCH);
    let rows: Vec<(i64, Vec<u8>)> = rows.fetch_all(&mut *connection).await?;
    let Some((last, _)) = rows.last() else { return Ok(None) };
    let mut to_write: Vec<(i64, LevelRow)> = completed(walk.level, &rows);
    if !to_write.is_empty() {
        let ids: Vec<i64> = to_write.iter().map(|(id, _)| *id).collect();
        let complete: Vec<i64> = sqlx::query_scalar(walk.complete).bind(ids).fetch_all(&mut *connection).await?;
        let complete: HashSet<i64> = complete.into_iter().collect();
        to_write.retain(|(id, _)| !complete.contains(id));
    }
    level_tables::insert(connection, walk.tables, true, to_write.iter().map(|(id, row)| (*id, row))).await?;
    sqlx::query(walk.reached).bind(last).execute(connection).await?;
    Ok(Some(*last))
}
