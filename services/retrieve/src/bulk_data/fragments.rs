//! Fragments of an encapsulated value that the catalog keeps no frames of, such as an icon (PS3.5 A.4).

use crate::{error::Error, object::ObjectReader};
use std::ops::Range;

const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const HEADER: u64 = 8;
/// Far more than any icon or waveform has, and little to hold.
const LIMIT: usize = 100_000;

/// Where the fragments lie, found by their item headers; the first item is the Basic Offset Table and not among them.
pub(super) async fn find(reader: &mut ObjectReader, value: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
    reader.expect(std::iter::once(&value));
    let mut items = Vec::new();
    let mut at = value.start;
    while at.saturating_add(HEADER) <= value.end {
        let start = at.saturating_add(HEADER);
        let length = item_length(reader, at..start).await?;
        at = start.saturating_add(u64::from(length));
        if at > value.end || items.len() > LIMIT {
            return Err(Error::Damaged);
        }
        items.push(start..at);
    }
    Ok(items.into_iter().skip(1).collect())
}

async fn item_length(reader: &mut ObjectReader, mut header: Range<u64>) -> Result<u32, Error> {
    let mut bytes = Vec::with_capacity(HEADER as usize);
    while !header.is_empty() {
        bytes.extend_from_slice(&reader.piece(&mut header).await?);
    }
    match bytes.split_first_chunk::<4>() {
        Some((&ITEM, length)) => Ok(u32::from_le_bytes(length.try_into().map_err(|_| Error::Damaged)?)),
        _ => Err(Error::Damaged),
    }
}
