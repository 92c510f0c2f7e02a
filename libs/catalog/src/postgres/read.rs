//! What is read of instances that were found before. The facility that holds them is all that a read may reach.

use super::session::Readers;
use crate::reading::instance::{
    START, cursor, first_in_piece, frame_numbers, frames_in, instance_columns, metadata_columns, over_instances, read,
};
use crate::reading::row::StoredRow;
use crate::{Cursor, Error, Found, Prepared, StoredInstance};
use dataset::BulkValue;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::slice;
use uid::Resource;

/// The three listings of a resource: of a study, a series and an instance.
macro_rules! listings {
    ($columns:expr) => {
        [
            over_instances!(
                $columns,
                "series s JOIN instance i ON i.series = s.id",
                "s.study = $1 AND s.series_order >= $2 \
                AND (s.series_order, s.id, i.instance_order, i.id) > ($2, $3, $4, $5) \
                ORDER BY s.series_order, s.id, i.instance_order, i.id LIMIT $6"
            ),
            over_instances!(
                $columns,
                "series s JOIN instance i ON i.series = s.id",
                "s.id = $1 AND (s.series_order, s.id) >= ($2, $3) \
                AND (i.instance_order, i.id) > ($4, $5) ORDER BY i.instance_order, i.id LIMIT $6"
            ),
            over_instances!(
                $columns,
                "instance i JOIN series s ON s.id = i.series",
                "i.id = $1 AND (s.series_order, s.id, i.instance_order, i.id) > ($2, $3, $4, $5) LIMIT $6"
            ),
        ]
    };
}

const INSTANCES: [&str; 3] = listings!(instance_columns!());
const METADATA: [&str; 3] = listings!(metadata_columns!());

/// One instance by facilities, study, series and SOP Instance UID. It is reached by its own UID, which `OFFSET 0` holds
/// fast: going through all of its series is not better, whatever the statistics say.
pub(super) const BY_UIDS: &str = over_instances!(
    instance_columns!(),
    "(SELECT * FROM instance WHERE facility = ANY($1) AND sop_instance_uid = $4 OFFSET 0) i \
    JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study",
    "s.series_instance_uid = $3 AND t.study_instance_uid = $2"
);

/// See [`crate::CatalogReader::instances`].
pub(crate) async fn instances(
    readers: &Readers,
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<StoredInstance>, Error> {
    let rows = listed(readers, INSTANCES, found, after, limit).await?;
    rows.iter().map(|row| read(row, found.resource.study())).collect()
}

/// See [`crate::CatalogReader::metadata`].
pub(crate) async fn metadata(
    readers: &Readers,
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Prepared>, Error> {
    let rows = listed(readers, METADATA, found, after, limit).await?;
    let prepared = |row: &PgRow| Ok(Prepared { cursor: cursor(row)?, blob: row.octets("prepared")?.to_owned() });
    rows.iter().map(prepared).collect()
}

async fn listed(
    readers: &Readers,
    [of_study, of_series, of_instance]: [&'static str; 3],
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<PgRow>, Error> {
    let after = after.unwrap_or(START);
    let statement = match found.resource {
        Resource::Study(_) => of_study,
        Resource::Series(_) => of_series,
        Resource::Instance(_) => of_instance,
    };
    let query = sqlx::query(statement).bind(found.id).bind(after.series_order).bind(after.series);
    let query = query.bind(after.instance_order).bind(after.instance).bind(i64::from(limit));
    let reading = async {
        let mut session = readers.session_within(slice::from_ref(&found.facility)).await?;
        let rows = query.fetch_all(session.connection()).await?;
        session.end();
        Ok(rows)
    };
    readers.in_time(reading).await
}

/// See [`crate::CatalogReader::frames`].
pub(crate) async fn frames(
    readers: &Readers,
    instance: &StoredInstance,
    frames: &[u32],
) -> Result<Vec<Vec<Range<u64>>>, Error> {
    const PIECES: &str = "SELECT first_frame, piece FROM instance_frames WHERE instance = $1 AND first_frame = ANY($2)";
    let numbers = frame_numbers(instance, frames)?;
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let firsts: BTreeSet<u32> = numbers.iter().map(|number| first_in_piece(*number)).collect();
    let firsts: Vec<i64> = firsts.into_iter().map(i64::from).collect();
    let reading = async {
        let mut session = readers.session_within(slice::from_ref(&instance.facility)).await?;
        let query = sqlx::query_as(PIECES).bind(instance.id).bind(firsts);
        let rows: Vec<(i64, Vec<u8>)> = query.fetch_all(session.connection()).await?;
        session.end();
        Ok(rows)
    };
    let rows = readers.in_time(reading).await?;
    let pieces = rows.into_iter().map(|(first, piece)| Ok((u32::try_from(first).map_err(Error::damaged)?, piece)));
    frames_in(&pieces.collect::<Result<BTreeMap<_, _>, Error>>()?, &numbers)
}

/// See [`crate::CatalogReader::bulk`].
pub(crate) async fn bulk(readers: &Readers, instance: &StoredInstance) -> Result<Vec<BulkValue>, Error> {
    const BULK: &str = "SELECT bulk_values FROM instance_bulk WHERE instance = $1";
    let reading = async {
        let mut session = readers.session_within(slice::from_ref(&instance.facility)).await?;
        let blob: Option<Vec<u8>> =
            sqlx::query_scalar(BULK).bind(instance.id).fetch_optional(session.connection()).await?;
        session.end();
        Ok(blob)
    };
    let blob = readers.in_time(reading).await?;
    Ok(blob.map(|blob| BulkValue::decode_all(&blob)).transpose()?.unwrap_or_default())
}
