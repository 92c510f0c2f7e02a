//! Writes instances and what is new above them, each row once per chunk; the counters come last.

use super::{disagreements, instances, numbers, series, studies, totals, variants};
use crate::writing::disagreeing;
use crate::writing::placing::{Known, Placed, Written};
use crate::writing::totals::Totals;
use crate::{Disagreement, Error, Timestamp};
use sqlx::postgres::PgConnection;
use std::collections::HashSet;

/// What rows of one chunk have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) facility: &'a str,
    pub(super) revision: i64,
    pub(super) now: Timestamp,
    /// Whether the schema has tables for what is in items.
    pub(super) with_items: bool,
}

/// Writes the instances. Answers in what each of them disagrees with its study.
pub(super) async fn store(
    connection: &mut PgConnection,
    facility: &str,
    written: &[Written<'_>],
    now: Timestamp,
    with_items: bool,
) -> Result<Vec<Vec<Disagreement>>, Error> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let known = known(connection, facility, written).await?;
    let numbers = numbers::reserve(connection, &known.missing(written)).await?;
    let stamp = Stamp { facility, revision: numbers.revision, now, with_items };
    let placed = Placed::new(known, numbers, written)?;
    studies::insert(connection, stamp, &placed.new_studies, written).await?;
    variants::write(connection, &placed, written).await?;
    series::insert(connection, stamp, &placed.new_series, written).await?;
    disagreements::insert(connection, disagreeing::of_new_variants(&placed, written), now).await?;
    instances::insert(connection, stamp, &placed.places, written).await?;
    totals::add(connection, &Totals::stored(&placed, written), stamp.revision, now).await?;
    Ok(disagreeing::of_each(&placed, written))
}

/// What is there already of the studies and series that are written to.
async fn known(connection: &mut PgConnection, facility: &str, written: &[Written<'_>]) -> Result<Known, Error> {
    let study_uids: HashSet<&str> = written.iter().map(|(instance, _)| instance.uids.study.as_str()).collect();
    let studies = studies::known(connection, facility, study_uids).await?;
    if studies.is_empty() {
        return Ok(Known::nothing());
    }
    let ids: Vec<i64> = studies.values().map(|study| study.id).collect();
    let digests: HashSet<&str> = written.iter().map(|(instance, _)| instance.study_digest.as_str()).collect();
    let variants = variants::known(connection, &ids, digests).await?;
    let series_uids: HashSet<&str> = written.iter().map(|(instance, _)| instance.uids.series.as_str()).collect();
    let series = series::known(connection, &ids, series_uids).await?;
    Ok(Known { studies, variants, series })
}
