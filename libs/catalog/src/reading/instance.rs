//! Rows of instances, and where frames lie.

use super::row::StoredRow;
use crate::{Cursor, Error, NativePixels, NotedDisagreement, StoredInstance, StoredPixels, Timestamp};
use crate::{Disagreement, Found};
use dataset::FrameTable;
use std::collections::BTreeMap;
use std::ops::Range;
use uid::{InstanceRef, StudyInstanceUid};

/// The columns that [`read`] reads, of `instance i` and `series s`.
macro_rules! instance_columns {
    () => {
        "i.facility, i.sop_instance_uid, s.series_instance_uid, i.sop_class_uid, i.transfer_syntax_uid, i.revision, \
        i.object_key, i.object_length, i.stored_digest, i.data_set_offset, i.deflated, i.pixel_frames, i.pixel_rows, \
        i.pixel_columns, i.pixel_samples, i.pixel_bits_allocated, i.native_offset, i.native_length, \
        i.native_frame_bits, i.native_big_endian, i.native_vr"
    };
}

/// The column that metadata is read from.
macro_rules! metadata_columns {
    () => {
        "(SELECT prepared FROM instance_metadata m WHERE m.instance = i.id) AS prepared"
    };
}

/// Makes a statement over instances with their series and study.
macro_rules! over_instances {
    ($columns:expr, $from:literal, $rest:literal) => {
        concat!(
            "SELECT s.series_order, s.id AS series_id, i.instance_order, i.id, ",
            $columns,
            " FROM ",
            $from,
            " WHERE i.deleted_at IS NULL AND ",
            $rest
        )
    };
}

pub(crate) use {instance_columns, metadata_columns, over_instances};

/// Before the first instance of any resource.
pub(crate) const START: Cursor = Cursor { series_order: i64::MIN, series: 0, instance_order: i64::MIN, instance: 0 };

/// Reads an instance of this study.
pub(crate) fn read(row: &impl StoredRow, study: &StudyInstanceUid) -> Result<StoredInstance, Error> {
    let uids = InstanceRef {
        study: study.clone(),
        series: row.text("series_instance_uid")?.parse()?,
        instance: row.text("sop_instance_uid")?.parse()?,
    };
    Ok(StoredInstance {
        id: row.number("id")?,
        facility: row.text("facility")?.parse()?,
        uids,
        sop_class: row.text("sop_class_uid")?.parse()?,
        transfer_syntax: row.text("transfer_syntax_uid")?.parse()?,
        key: row.text("object_key")?.to_owned(),
        length: number(row, "object_length")?,
        digest: row.octets("stored_digest")?.try_into().map_err(Error::damaged)?,
        data_set_offset: number(row, "data_set_offset")?,
        deflated: row.truth("deflated")?,
        pixels: pixels(row)?,
        revision: row.number("revision")?,
        cursor: cursor(row)?,
    })
}

/// Where the instance of a row stands in a listing.
pub(crate) fn cursor(row: &impl StoredRow) -> Result<Cursor, sqlx::Error> {
    Ok(Cursor {
        series_order: row.number("series_order")?,
        series: row.number("series_id")?,
        instance_order: row.number("instance_order")?,
        instance: row.number("id")?,
    })
}

fn pixels(row: &impl StoredRow) -> Result<Option<StoredPixels>, Error> {
    if row.optional_number("pixel_frames")?.is_none() {
        return Ok(None);
    }
    Ok(Some(StoredPixels {
        frames: number(row, "pixel_frames")?,
        rows: number(row, "pixel_rows")?,
        columns: number(row, "pixel_columns")?,
        samples: number(row, "pixel_samples")?,
        bits_allocated: number(row, "pixel_bits_allocated")?,
        native: native(row)?,
    }))
}

fn native(row: &impl StoredRow) -> Result<Option<NativePixels>, Error> {
    let Some(vr) = row.optional_text("native_vr")? else { return Ok(None) };
    Ok(Some(NativePixels {
        offset: number(row, "native_offset")?,
        length: number(row, "native_length")?,
        frame_bits: number(row, "native_frame_bits")?,
        big_endian: row.truth("native_big_endian")?,
        vr: vr.as_bytes().try_into().map_err(Error::damaged)?,
    }))
}

fn number<T>(row: &impl StoredRow, column: &str) -> Result<T, Error>
where
    T: TryFrom<i64, Error = std::num::TryFromIntError>,
{
    T::try_from(row.number(column)?).map_err(Error::damaged)
}

/// What a row says of a resource that was looked for.
pub(crate) fn found(
    resource: &uid::Resource,
    (facility, (id, revision, count)): (access::FacilityId, (i64, i64, i64)),
) -> Found {
    let instance_count = u64::try_from(count).unwrap_or_default();
    Found { resource: resource.clone(), facility, revision, instance_count, id }
}

/// The numbers of frames, counted from 0, of those that were asked for, counted from 1.
pub(crate) fn frame_numbers(instance: &StoredInstance, frames: &[u32]) -> Result<Vec<u32>, Error> {
    let encapsulated = instance.pixels.filter(|pixels| pixels.native.is_none());
    let count = encapsulated.map_or(0, |pixels| pixels.frames);
    let numbers = frames.iter().map(|frame| frame.checked_sub(1).filter(|number| *number < count));
    numbers.collect::<Option<_>>().ok_or(Error::NoSuchFrame)
}

/// The first frame of the piece of the index that has this frame.
pub(crate) fn first_in_piece(number: u32) -> u32 {
    number.saturating_sub(number % FrameTable::PIECE)
}

/// Where frames lie, from pieces of the index by their first frames. Pieces are missing where the instance was deleted or
/// replaced since it was found.
pub(crate) fn frames_in(pieces: &BTreeMap<u32, Vec<u8>>, numbers: &[u32]) -> Result<Vec<Vec<Range<u64>>>, Error> {
    let frame = |number: &u32| {
        let first = first_in_piece(*number);
        let piece = pieces.get(&first).ok_or(Error::NotFound)?;
        Ok(FrameTable::frame_in_piece(piece, first, *number)?)
    };
    numbers.iter().map(frame).collect()
}

/// Reads a disagreement. `None` where its attribute is one that this program does not know.
pub(crate) fn noted(row: &impl StoredRow) -> Result<Option<NotedDisagreement>, Error> {
    let Some(attribute) = Disagreement::from_keyword(row.text("attribute")?) else { return Ok(None) };
    Ok(Some(NotedDisagreement {
        id: row.number("id")?,
        facility: row.text("facility")?.parse()?,
        study: row.text("study_instance_uid")?.parse()?,
        attribute,
        study_value: row.text("study_value")?.to_owned(),
        instance_value: row.text("instance_value")?.to_owned(),
        instances: u64::try_from(row.number("instance_count")?).unwrap_or_default(),
        noted_at: Timestamp(row.number("noted_at")?),
        resolved_at: row.optional_number("resolved_at")?.map(Timestamp),
    }))
}
