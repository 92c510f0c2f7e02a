//! Instance rows: making them, with all that belongs to an instance alone.

use super::insert::{Kind, Layout, Rows, Value};
use super::level_tables::{self, INSTANCE};
use super::store::Stamp;
use crate::Error;
use crate::prepare::stored_number;
use crate::writing::placing::{Place, Written};
use dataset::{Level, PixelLayout, Pixels};
use sqlx::postgres::PgConnection;
use std::sync::LazyLock;

static INSERT: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Octets, Text, Truth};
    let columns = [
        ("id", Number),
        ("series", Number),
        ("facility", Text),
        ("sop_instance_uid", Text),
        ("sop_class_uid", Text),
        ("transfer_syntax_uid", Text),
        ("revision", Number),
        ("version", Number),
        ("created_at", Number),
        ("study_attributes", Number),
        ("object_key", Text),
        ("object_length", Number),
        ("stored_digest", Octets),
        ("received_digest", Octets),
        ("data_set_offset", Number),
        ("deflated", Truth),
        ("instance_order", Number),
        ("pixel_frames", Number),
        ("pixel_rows", Number),
        ("pixel_columns", Number),
        ("pixel_samples", Number),
        ("pixel_bits_allocated", Number),
        ("native_offset", Number),
        ("native_length", Number),
        ("native_frame_bits", Number),
        ("native_big_endian", Truth),
        ("native_vr", Text),
    ];
    Layout::with_search_columns("instance", &columns, Level::Instance)
});

/// The tables beside `instance`: its attributes, metadata, bulk values and frames.
static BESIDE: LazyLock<[Layout; 4]> = LazyLock::new(|| {
    use Kind::{Number, Octets};
    let of_instance = |table, column| Layout::new(table, &[("instance", Number), (column, Octets)]);
    let frames = [("instance", Number), ("first_frame", Number), ("piece", Octets)];
    [
        of_instance("instance_attributes", "attributes"),
        of_instance("instance_metadata", "prepared"),
        of_instance("instance_bulk", "bulk_values"),
        Layout::new("instance_frames", &frames),
    ]
});

pub(super) async fn insert(
    connection: &mut PgConnection,
    stamp: Stamp<'_>,
    places: &[Place],
    written: &[Written<'_>],
) -> Result<(), Error> {
    let mut rows = INSERT.rows();
    let [mut attributes, mut metadata, mut bulk, mut frames] = BESIDE.each_ref().map(Layout::rows);
    for (place, (instance, version)) in places.iter().zip(written) {
        let id = place.instance;
        rows.add(id).add(place.series).add(stamp.facility).add(instance.uids.instance.as_str());
        rows.add(instance.sop_class.as_str()).add(instance.transfer_syntax.as_str());
        rows.add(stamp.revision).add(i64::from(*version)).add(stamp.now.0).add(place.study_attributes);
        rows.add(instance.key.as_str()).add(instance.length);
        rows.add(instance.stored_digest.as_slice()).add(instance.received_digest.as_slice());
        rows.add(instance.data_set_offset).add(instance.deflated).add(instance.order);
        add_pixels(instance.pixels.as_ref(), &mut rows);
        rows.add_cells(Level::Instance, &instance.row.cells);
        attributes.add(id).add(instance.attributes.as_slice());
        metadata.add(id).add(instance.metadata.as_slice());
        if let Some(values) = &instance.bulk {
            bulk.add(id).add(values.as_slice());
        }
        for (first, piece) in &instance.frames {
            frames.add(id).add(*first).add(piece.as_slice());
        }
    }
    for rows in [rows, attributes, metadata, bulk, frames] {
        rows.insert(connection).await?;
    }
    let beside = places.iter().zip(written).map(|(place, (instance, _))| (place.instance, &instance.row));
    level_tables::insert(connection, &INSTANCE, stamp.with_items, beside).await
}

fn add_pixels(pixels: Option<&Pixels>, rows: &mut Rows<'_>) {
    rows.add(pixels.map(|pixels| i64::from(pixels.frames)));
    rows.add(pixels.map(|pixels| i64::from(pixels.rows)));
    rows.add(pixels.map(|pixels| i64::from(pixels.columns)));
    rows.add(pixels.map(|pixels| i64::from(pixels.samples_per_pixel)));
    rows.add(pixels.map(|pixels| i64::from(pixels.bits_allocated)));
    match pixels.map(|pixels| &pixels.layout) {
        Some(PixelLayout::Native { offset, length, frame_bits, big_endian, vr }) => {
            rows.add(stored_number(*offset)).add(stored_number(*length)).add(stored_number(*frame_bits));
            rows.add(*big_endian).add(String::from_utf8_lossy(vr).into_owned());
        }
        Some(PixelLayout::Encapsulated { .. }) | None => {
            for _ in 0..5 {
                rows.add(Value::Null);
            }
        }
    }
}
