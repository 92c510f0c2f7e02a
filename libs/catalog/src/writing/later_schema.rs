//! What a newer schema has of rows that an older program wrote, taken from the attributes that it kept.

use crate::matching;
use crate::prepare::LevelRow;
use crate::stored_attributes;
use dataset::{AttributeSet, CorruptPiece, Level};

/// Rows that are completed in one transaction: what is in memory at a time.
pub(crate) const BATCH: i64 = 200;

/// Of some rows, each with its number and the attributes that were kept of it, those that have anything in the tables of the
/// newer schema. A row that cannot be read stays as it is: it is for those who search it to say so.
pub(crate) fn completed(level: Level, rows: &[(i64, Vec<u8>)]) -> Vec<(i64, LevelRow)> {
    let of_row = |(id, blob): &(i64, Vec<u8>)| match of_blob(level, blob) {
        Ok(row) => row.map(|row| (*id, row)),
        Err(CorruptPiece) => {
            tracing::warn!("the attributes of a row of the catalog cannot be read");
            None
        }
    };
    rows.iter().filter_map(of_row).collect()
}

fn of_blob(level: Level, blob: &[u8]) -> Result<Option<LevelRow>, CorruptPiece> {
    let kept = AttributeSet::locate(blob)?;
    if !kept.iter().any(|(tag, _)| *tag == matching::TIMEZONE || matching::is_in_items(*tag, level)) {
        return Ok(None);
    }
    let row = LevelRow::of_later_schema(level, &stored_attributes::decode(blob)?);
    Ok((!row.values.is_empty() || !row.items.is_empty()).then_some(row))
}
