//! Bulk data: values by their path, all of a resource, and pixel data.

use crate::{
    calls::{any, bulk_data, bulk_data_request, failed, instance, listed, series, span, study},
    objects::{Shape, fragmented, image, object, pattern, sibling, words},
    place::Place,
};
use harness::{DataSet, TransferSyntax, Value};
use proto::retrieve::v1::BulkDataRequest;
use rpc::Code;

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";
const SHAPE: Shape = Shape { rows: 50, columns: 51, frames: 3, bits_allocated: 16 };

/// An image with a document, a table of words in an item, and pixels.
fn rich() -> (DataSet, [Vec<u8>; 3]) {
    let values = [pattern(10_000, 1), pattern(9_000, 2), pattern(50 * 51 * 2 * 3, 3)];
    let mut item = DataSet::new();
    item.text(0x0008_0100, "SH", "x").put(0x5400_1010, "OW", words(&values[1]));
    let mut set = image(SHAPE);
    set.put(0x0042_0011, "OB", Value::Bytes(values[0].clone())).sequence(0x5400_0100, vec![DataSet::new(), item]).put(
        0x7FE0_0010,
        "OW",
        words(&values[2]),
    );
    (set, values)
}

const PATHS: [&str; 3] = ["00420011", "54000100/2/54001010", "7FE00010"];

#[tokio::test]
async fn values_come_by_their_path_as_little_endian_bytes_from_every_encoding() {
    let place = Place::open().await;
    for syntax in [
        TransferSyntax::ExplicitLittle,
        TransferSyntax::ImplicitLittle,
        TransferSyntax::ExplicitBig,
        TransferSyntax::Deflated,
    ] {
        let (set, values) = rich();
        let stored = place.store(&object(&set, syntax)).await;
        for (path, value) in PATHS.iter().zip(&values) {
            let request = bulk_data_request(&instance(&stored), path, any());
            let answer = bulk_data(&place, request.clone()).await.unwrap();
            assert!(answer.only() == value, "{syntax:?} {path}");
            assert_eq!((answer.header.parts, answer.header.length), (1, Some(value.len() as u64)));
            let start = &answer.parts[0].0;
            assert_eq!((start.path.as_str(), start.frame, start.transfer_syntax_uid.as_str()), (*path, 0, EXPLICIT));

            for (first, last) in [(0, 0), (1, 2), (3, 4444), (8_999, 100_000_000)] {
                let ranged = BulkDataRequest { range: Some(span(first, Some(last))), ..request.clone() };
                let answer = bulk_data(&place, ranged).await.unwrap();
                let expected = &value[first as usize..(last as usize + 1).min(value.len())];
                assert!(answer.only() == expected, "{syntax:?} {path} {first}-{last}");
                assert_eq!(answer.header.range_first, Some(first));
                assert_eq!(answer.header.range_length, Some(expected.len() as u64));
            }
        }
    }
}

#[tokio::test]
async fn all_values_of_a_resource_come_in_order() {
    let place = Place::open().await;
    let (set, values) = rich();
    let first = place.store(&object(&set, TransferSyntax::Deflated)).await;
    place.store(&object(&sibling(&set, 2), TransferSyntax::ExplicitBig)).await;
    let answer = bulk_data(&place, bulk_data_request(&instance(&first), "", any())).await.unwrap();
    assert!(answer.bytes() == values);
    for resource in [series(&first), study(&first)] {
        let answer = bulk_data(&place, bulk_data_request(&resource, "", any())).await.unwrap();
        assert_eq!(answer.header.parts, 6);
        assert!(answer.bytes() == [values.clone(), values.clone()].concat());
        let pixels = BulkDataRequest { pixel_data_only: true, ..bulk_data_request(&resource, "", any()) };
        let answer = bulk_data(&place, pixels).await.unwrap();
        assert!(answer.bytes() == [values[2].clone(), values[2].clone()]);
    }
}

#[tokio::test]
async fn encapsulated_pixel_data_is_one_part_for_each_frame() {
    let place = Place::open().await;
    let (mut set, frames) = fragmented(4, 3);
    set.put(0x0042_0011, "OB", Value::Bytes(pattern(6_000, 1)));
    let stored = place.store(&object(&set, TransferSyntax::RleLossless)).await;
    let pixels = BulkDataRequest { pixel_data_only: true, ..bulk_data_request(&instance(&stored), "", any()) };
    let by_path = bulk_data_request(&instance(&stored), "7FE00010", listed(&[RLE]));
    for request in [pixels, by_path] {
        let answer = bulk_data(&place, request).await.unwrap();
        assert_eq!((answer.header.parts, answer.header.length), (4, None));
        assert!(answer.bytes() == frames);
        assert!(answer.parts.iter().map(|(start, _)| start.frame).eq(1..=4));
        assert!(answer.parts.iter().all(|(start, _)| start.transfer_syntax_uid == RLE));
    }
    let explicit = bulk_data(&place, bulk_data_request(&instance(&stored), "", listed(&[EXPLICIT]))).await.unwrap();
    assert_eq!((explicit.header.parts, explicit.header.not_acceptable), (1, 4));
    assert_eq!(explicit.header.available_transfer_syntax_uids, [RLE]);
    assert_eq!(explicit.only(), pattern(6_000, 1));
}

#[tokio::test]
async fn a_single_encapsulated_frame_has_ranges_over_its_joined_fragments() {
    let place = Place::open().await;
    let (set, frames) = fragmented(1, 4);
    let stored = place.store(&object(&set, TransferSyntax::RleLossless)).await;
    let request = bulk_data_request(&instance(&stored), "7fe00010", any());
    let ranged = BulkDataRequest { range: Some(span(990, Some(2500))), ..request };
    let answer = bulk_data(&place, ranged).await.unwrap();
    assert_eq!(answer.only(), &frames[0][990..=2500]);
    assert_eq!((answer.header.length, answer.parts[0].0.frame), (Some(frames[0].len() as u64), 1));
}

#[tokio::test]
async fn an_encapsulated_icon_comes_as_its_joined_fragments() {
    let place = Place::open().await;
    let (mut set, frames) = fragmented(1, 1);
    let mut icon = DataSet::new();
    let fragments = vec![pattern(500, 8), pattern(702, 9)];
    icon.us(0x0028_0010, 16).us(0x0028_0011, 16);
    icon.put(0x7FE0_0010, "OB", Value::Fragments { offsets: vec![0], fragments: fragments.clone() });
    set.sequence(0x0088_0200, vec![icon]);
    let stored = place.store(&object(&set, TransferSyntax::RleLossless)).await;
    let request = bulk_data_request(&instance(&stored), "00880200/1/7FE00010", any());
    assert_eq!(bulk_data(&place, request).await.unwrap().only(), fragments.concat());
    let all = bulk_data(&place, bulk_data_request(&instance(&stored), "", any())).await.unwrap();
    assert_eq!(all.bytes(), [fragments.concat(), frames[0].clone()]);
}

#[tokio::test]
async fn bulk_data_that_is_not_there_is_not_found() {
    let place = Place::open().await;
    let mut set = image(SHAPE);
    set.remove(0x0028_0010);
    let stored = place.store(&object(&set, TransferSyntax::ExplicitLittle)).await;
    for (resource, path) in [(instance(&stored), "00420011"), (instance(&stored), ""), (study(&stored), "")] {
        assert_eq!(failed(bulk_data(&place, bulk_data_request(&resource, path, any())).await), Code::NotFound);
    }
    let (set, values) = rich();
    let stored = place.store(&object(&set, TransferSyntax::ExplicitBig)).await;
    let request = bulk_data_request(&instance(&stored), "00420011", any());
    let beyond = BulkDataRequest { range: Some(span(10_000, None)), ..request };
    let failure = bulk_data(&place, beyond).await.unwrap_err();
    assert_eq!((failure.code, failure.length), (Code::RangeNotSatisfiable, Some(values[0].len() as u64)));
}
