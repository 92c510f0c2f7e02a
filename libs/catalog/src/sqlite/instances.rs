//! Instance rows: making them, with all that belongs to an instance alone.

use super::insert::{Values, insert as insert_rows};
use super::level_tables::{self, LevelTables};
use super::store::Stamp;
use crate::prepare::{PreparedInstance, stored_number};
use crate::writing::placing::{Place, Written};
use crate::{Error, matching};
use dataset::{Level, PixelLayout, Pixels};
use sqlx::sqlite::SqliteConnection;
use std::sync::LazyLock;

/// What goes into the tables beside `instance`.
#[derive(Default)]
struct Beside<'a> {
    attributes: Vec<(i64, &'a [u8])>,
    metadata: Vec<(i64, &'a [u8])>,
    frames: Vec<(i64, i64, &'a [u8])>,
    bulk: Vec<(i64, &'a [u8])>,
    rows: Vec<(i64, crate::prepare::LevelRow)>,
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    stamp: Stamp<'_>,
    places: &[Place],
    written: Vec<Written<'_>>,
) -> Result<(), Error> {
    let mut beside = Beside::default();
    let rows = places.iter().copied().zip(written).collect();
    insert_rows(connection, &INSERT, rows, |(place, (instance, version)), values| {
        bind(stamp, place, instance, version, values, &mut beside);
    })
    .await?;
    let Beside { attributes, metadata, frames, bulk, rows } = beside;
    insert_blobs(connection, "instance_attributes (instance, attributes)", attributes).await?;
    insert_blobs(connection, "instance_metadata (instance, prepared)", metadata).await?;
    insert_blobs(connection, "instance_bulk (instance, bulk_values)", bulk).await?;
    insert_rows(
        connection,
        "instance_frames (instance, first_frame, piece)",
        frames,
        |(instance, first, piece), values| {
            values.add(instance).add(first).add(piece);
        },
    )
    .await?;
    level_tables::insert(connection, &LevelTables::INSTANCE, rows).await
}

async fn insert_blobs(
    connection: &mut SqliteConnection,
    table: &str,
    rows: Vec<(i64, &[u8])>,
) -> Result<(), sqlx::Error> {
    insert_rows(connection, table, rows, |(instance, blob), values| {
        values.add(instance).add(blob);
    })
    .await
}

fn bind<'a>(
    stamp: Stamp<'_>,
    place: Place,
    instance: &'a PreparedInstance,
    version: u32,
    values: &mut Values,
    beside: &mut Beside<'a>,
) {
    let id = place.instance;
    values.add(id).add(place.series).add(stamp.facility).add(instance.uids.instance.as_str());
    values
        .add(instance.sop_class.as_str())
        .add(instance.transfer_syntax.as_str())
        .add(stamp.revision)
        .add(i64::from(version));
    values.add(stamp.now.0).add(place.study_attributes).add(instance.key.as_str()).add(instance.length);
    values.add(instance.stored_digest.as_slice()).add(instance.received_digest.as_slice());
    values.add(instance.data_set_offset).add(instance.deflated).add(instance.order);
    bind_pixels(instance.pixels.as_ref(), values);
    let mut row = instance.row.clone();
    values.add_cells(std::mem::take(&mut row.cells));
    beside.rows.push((id, row));
    beside.attributes.push((id, &instance.attributes));
    beside.metadata.push((id, &instance.metadata));
    beside.bulk.extend(instance.bulk.as_deref().map(|bulk| (id, bulk)));
    beside.frames.extend(instance.frames.iter().map(|(first, piece)| (id, *first, piece.as_slice())));
}

fn bind_pixels(pixels: Option<&Pixels>, values: &mut Values) {
    values.add(pixels.map(|pixels| i64::from(pixels.frames)));
    values.add(pixels.map(|pixels| i64::from(pixels.rows)));
    values.add(pixels.map(|pixels| i64::from(pixels.columns)));
    values.add(pixels.map(|pixels| i64::from(pixels.samples_per_pixel)));
    values.add(pixels.map(|pixels| i64::from(pixels.bits_allocated)));
    match pixels.map(|pixels| &pixels.layout) {
        Some(PixelLayout::Native { offset, length, frame_bits, big_endian, vr }) => {
            values.add(stored_number(*offset)).add(stored_number(*length)).add(stored_number(*frame_bits));
            values.add(*big_endian).add(String::from_utf8_lossy(vr).into_owned());
        }
        Some(PixelLayout::Encapsulated { .. }) | None => {
            values.add(None::<i64>).add(None::<i64>).add(None::<i64>).add(None::<bool>).add(None::<String>);
        }
    }
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = matching::columns(Level::Instance).map(|column| column.name.as_str()).collect();
    format!(
        "instance (id, series, facility, sop_instance_uid, sop_class_uid, transfer_syntax_uid, revision, version, \
        created_at, study_attributes, object_key, object_length, stored_digest, received_digest, data_set_offset, \
        deflated, instance_order, pixel_frames, pixel_rows, pixel_columns, pixel_samples, pixel_bits_allocated, \
        native_offset, native_length, native_frame_bits, native_big_endian, native_vr, {})",
        columns.join(", ")
    )
});
