//! Writes instances and what is new above them. Studies are touched in the order of their UIDs, each row once per chunk,
//! and the counters come last.

use super::placing::{Known, Placed};
use super::totals::{self, Totals};
use super::{disagreements, instances, numbers, series, studies, variants};
use crate::prepare::PreparedInstance;
use crate::{Disagreement, Error, Timestamp};
use sqlx::sqlite::SqliteConnection;

/// An instance to write, and its version.
pub(super) type Written = (PreparedInstance, u32);

/// What rows of one chunk have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) facility: &'a str,
    pub(super) revision: i64,
    pub(super) now: Timestamp,
}

/// Writes the instances. Answers in what each of them disagrees with its study.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    facility: &str,
    written: Vec<Written>,
    now: Timestamp,
) -> Result<Vec<Vec<Disagreement>>, Error> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(connection, facility, &written).await?;
    let numbers = numbers::reserve(connection, written.len()).await?;
    let stamp = Stamp { facility, revision: numbers.revision, now };
    let placed = Placed::new(known, numbers, &written);
    studies::insert(connection, stamp, &placed.new_studies, &written).await?;
    variants::write(connection, &placed, &written).await?;
    series::insert(connection, stamp, &placed.new_series, &written).await?;
    let noted = disagreements::note(connection, &placed, &written, now).await?;
    let totals = Totals::stored(&placed, &written);
    instances::insert(connection, stamp, &placed.places, written).await?;
    totals::add(connection, &totals, stamp.revision, now).await?;
    Ok(noted)
}
