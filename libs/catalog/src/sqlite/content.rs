//! Where frames and bulk values lie in the object of an instance.

use super::read::Readers;
use crate::{Error, StoredInstance};
use dataset::{BulkValue, FrameTable};
use sqlx::sqlite::SqliteConnection;
use std::collections::BTreeMap;
use std::ops::Range;

/// See [`crate::CatalogReader::frames`].
pub(crate) async fn frames(
    readers: &Readers,
    instance: &StoredInstance,
    frames: &[u32],
) -> Result<Vec<Vec<Range<u64>>>, Error> {
    let encapsulated = instance.pixels.filter(|pixels| pixels.native.is_none());
    let count = encapsulated.map_or(0, |pixels| pixels.frames);
    let numbers = frames.iter().map(|frame| frame.checked_sub(1).filter(|number| *number < count));
    let numbers: Vec<u32> = numbers.collect::<Option<_>>().ok_or(Error::NoSuchFrame)?;
    let mut connection = readers.acquire().await?;
    // Pieces are some 10 KiB; a request for frames of several is rare.
    let mut pieces: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        let first = number.saturating_sub(number % FrameTable::PIECE);
        let piece = match pieces.get(&first) {
            Some(piece) => piece,
            None => {
                let piece = read_piece(&mut connection, instance.id, first).await?;
                pieces.entry(first).or_insert(piece)
            }
        };
        found.push(FrameTable::frame_in_piece(piece, first, number)?);
    }
    Ok(found)
}

async fn read_piece(connection: &mut SqliteConnection, instance: i64, first: u32) -> Result<Vec<u8>, Error> {
    const PIECE: &str = "SELECT piece FROM instance_frames WHERE instance = ?1 AND first_frame = ?2";
    let piece = sqlx::query_scalar(PIECE).bind(instance).bind(i64::from(first)).fetch_optional(connection).await?;
    // The instance was deleted or replaced since it was found.
    piece.ok_or(Error::NotFound)
}

/// See [`crate::CatalogReader::bulk`].
pub(crate) async fn bulk(readers: &Readers, instance: &StoredInstance) -> Result<Vec<BulkValue>, Error> {
    const BULK: &str = "SELECT bulk_values FROM instance_bulk WHERE instance = ?1";
    let mut connection = readers.acquire().await?;
    let blob: Option<Vec<u8>> = sqlx::query_scalar(BULK).bind(instance.id).fetch_optional(&mut *connection).await?;
    Ok(blob.map(|blob| BulkValue::decode_all(&blob)).transpose()?.unwrap_or_default())
}
