//! Series rows: finding and making them.

use super::insert::insert as insert_rows;
use super::level_tables::{self, LevelTables};
use super::lists;
use super::store::Stamp;
use crate::Error;
use crate::matching;
use crate::prepare::{LevelRow, order_of};
use crate::writing::placing::{New, Written, sources};
use dataset::{Level, Tag};
use sqlx::sqlite::SqliteConnection;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Series Number.
const SERIES_NUMBER: Tag = Tag(0x0020, 0x0011);

/// The series of some studies among these UIDs.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    studies: &[i64],
    uids: HashSet<&str>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    const KNOWN: &str = "SELECT study, series_instance_uid, id FROM series \
        WHERE study IN (SELECT value FROM json_each(?1)) AND series_instance_uid IN (SELECT value FROM json_each(?2))";
    lists::numbers_within_studies(connection, KNOWN, studies, uids).await
}

/// Makes series rows, each from the first of its instances, and what is searched beside them.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    stamp: Stamp<'_>,
    new: &[New],
    written: &[Written<'_>],
) -> Result<(), Error> {
    const ATTRIBUTES: &str = "series_attributes (series, attributes)";
    let mut beside = Vec::with_capacity(new.len());
    insert_rows(connection, &INSERT, sources(new, written).collect(), |(place, instance), values| {
        let mut row = LevelRow::new(Level::Series, &instance.series);
        values.add(place.series).add(place.study).add(stamp.facility).add(instance.uids.series.as_str());
        values.add(stamp.revision).add(stamp.now.0).add(stamp.now.0).add(0);
        values.add(order_of(&instance.series, SERIES_NUMBER)).add_cells(std::mem::take(&mut row.cells));
        beside.push((place.series, row));
    })
    .await?;
    insert_rows(connection, ATTRIBUTES, sources(new, written).collect(), |(place, instance), values| {
        values.add(place.series).add(instance.series.encode());
    })
    .await?;
    level_tables::insert(connection, &LevelTables::SERIES, beside).await
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = matching::columns(Level::Series).map(|column| column.name.as_str()).collect();
    format!(
        "series (id, study, facility, series_instance_uid, revision, created_at, updated_at, instance_count, \
        series_order, {})",
        columns.join(", ")
    )
});
