//! Series rows: finding and making them.

use super::insert::{Kind, Layout};
use super::level_tables::{self, SERIES};
use super::store::Stamp;
use crate::Error;
use crate::prepare::{LevelRow, order_of};
use crate::writing::placing::{New, Written, sources};
use dataset::{Level, Tag};
use sqlx::postgres::PgConnection;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Series Number.
const SERIES_NUMBER: Tag = Tag(0x0020, 0x0011);

/// The series of some studies among these UIDs.
pub(super) async fn known(
    connection: &mut PgConnection,
    studies: &[i64],
    uids: HashSet<&str>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    const KNOWN: &str = "SELECT study, series_instance_uid, id FROM series \
        WHERE study = ANY($1) AND series_instance_uid = ANY($2)";
    let uids: Vec<&str> = uids.into_iter().collect();
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(KNOWN).bind(studies).bind(uids).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(study, uid, id)| ((study, uid), id)).collect())
}

static INSERT: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Text};
    let columns = [
        ("id", Number),
        ("study", Number),
        ("facility", Text),
        ("series_instance_uid", Text),
        ("revision", Number),
        ("created_at", Number),
        ("updated_at", Number),
        ("instance_count", Number),
        ("series_order", Number),
    ];
    Layout::with_search_columns("series", &columns, Level::Series)
});

static ATTRIBUTES: LazyLock<Layout> =
    LazyLock::new(|| Layout::new("series_attributes", &[("series", Kind::Number), ("attributes", Kind::Octets)]));

/// Makes series rows, each from the first of its instances, and what is searched beside them.
pub(super) async fn insert(
    connection: &mut PgConnection,
    stamp: Stamp<'_>,
    new: &[New],
    written: &[Written<'_>],
) -> Result<(), Error> {
    let mut beside = Vec::with_capacity(new.len());
    let (mut rows, mut attributes) = (INSERT.rows(), ATTRIBUTES.rows());
    for (place, instance) in sources(new, written) {
        let row = LevelRow::new(Level::Series, &instance.series);
        rows.add(place.series).add(place.study).add(stamp.facility).add(instance.uids.series.as_str());
        rows.add(stamp.revision).add(stamp.now.0).add(stamp.now.0).add(0);
        rows.add(order_of(&instance.series, SERIES_NUMBER)).add_cells(Level::Series, &row.cells);
        attributes.add(place.series).add(instance.series.encode().as_slice());
        beside.push((place.series, row));
    }
    rows.insert(connection).await?;
    attributes.insert(connection).await?;
    level_tables::insert(connection, &SERIES, stamp.with_items, beside.iter().map(|(series, row)| (*series, row))).await
}
