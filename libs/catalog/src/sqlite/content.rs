//! Where frames and bulk values lie in the object of an instance.

use super::read::Readers;
use crate::reading::instance::{first_in_piece, frame_numbers, frames_in};
use crate::{Error, StoredInstance};
use dataset::BulkValue;
use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// See [`crate::CatalogReader::frames`].
pub(crate) async fn frames(
    readers: &Readers,
    instance: &StoredInstance,
    frames: &[u32],
) -> Result<Vec<Vec<Range<u64>>>, Error> {
    let numbers = frame_numbers(instance, frames)?;
    // Pieces are some 10 KiB; a request for frames of several is rare.
    let firsts: BTreeSet<u32> = numbers.iter().map(|number| first_in_piece(*number)).collect();
    let mut connection = readers.acquire().await?;
    let mut pieces = BTreeMap::new();
    for first in firsts {
        pieces.extend(read_piece(&mut connection, instance.id, first).await?.map(|piece| (first, piece)));
    }
    frames_in(&pieces, &numbers)
}

async fn read_piece(connection: &mut SqliteConnection, instance: i64, first: u32) -> Result<Option<Vec<u8>>, Error> {
    const PIECE: &str = "SELECT piece FROM instance_frames WHERE instance = ?1 AND first_frame = ?2";
    let query = sqlx::query_scalar(PIECE).bind(instance).bind(i64::from(first));
    Ok(query.fetch_optional(connection).await?)
}

/// See [`crate::CatalogReader::bulk`].
pub(crate) async fn bulk(readers: &Readers, instance: &StoredInstance) -> Result<Vec<BulkValue>, Error> {
    const BULK: &str = "SELECT bulk_values FROM instance_bulk WHERE instance = ?1";
    let mut connection = readers.acquire().await?;
    let blob: Option<Vec<u8>> = sqlx::query_scalar(BULK).bind(instance.id).fetch_optional(&mut *connection).await?;
    Ok(blob.map(|blob| BulkValue::decode_all(&blob)).transpose()?.unwrap_or_default())
}
