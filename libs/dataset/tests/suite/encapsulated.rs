//! Encapsulated Pixel Data: which bytes are which frame, through the whole parser.

use dataset::refusal::Place;
use dataset::{Finding, Refusal};

use crate::elements::{DataSet, EXPLICIT, Encoding, JPEG, part10};
use crate::outcome::{describe, describe_in, frames};

const MPEG2: &str = "1.2.840.10008.1.2.4.100";

fn image(frames: &str) -> DataSet {
    DataSet::image(Encoding::Explicit, 8, 8, frames)
}

/// The bytes of each frame.
fn contents(object: &[u8]) -> Vec<Vec<u8>> {
    let description = describe_in(object, &[7], dataset::Limits::default()).unwrap();
    let bytes = |ranges: &Vec<std::ops::Range<u64>>| {
        ranges.iter().flat_map(|range| &object[range.start as usize..range.end as usize]).copied().collect()
    };
    frames(&description).iter().map(bytes).collect()
}

#[test]
fn frames_follow_the_basic_offset_table() {
    let object = part10(JPEG, &image("2").fragments(&[0, 24], &[b"abcd", b"efgh", b"ijkl"]).bytes);
    assert_eq!(contents(&object), [b"abcdefgh".to_vec(), b"ijkl".to_vec()].as_slice());
    assert!(describe(&object).unwrap().findings.is_empty());
}

#[test]
fn without_a_table_frames_are_counted_or_recognised() {
    let one_each = part10(JPEG, &image("2").fragments(&[], &[b"abcd", b"efgh"]).bytes);
    assert_eq!(contents(&one_each), [b"abcd", b"efgh"]);
    let all = part10(JPEG, &image("1").fragments(&[], &[b"abcd", b"efgh"]).bytes);
    assert_eq!(contents(&all), [b"abcdefgh"]);
    let marked = part10(JPEG, &image("2").fragments(&[], &[b"\xFF\xD81", b"2", b"\xFF\xD83"]).bytes);
    assert_eq!(contents(&marked), [&b"\xFF\xD812"[..], b"\xFF\xD83"]);
    let video = part10(MPEG2, &image("300").fragments(&[], &[b"abcd", b"efgh"]).bytes);
    assert_eq!(contents(&video), [b"abcdefgh"]);
}

#[test]
fn frames_that_cannot_be_told_apart_are_not_guessed() {
    let object = part10(JPEG, &image("2").fragments(&[0, 3], &[b"abcd", b"efgh", b"ijkl"]).bytes);
    let description = describe(&object).unwrap();
    assert_eq!(description.pixels, None);
    assert_eq!(description.findings, [Finding::InvalidOffsetTable, Finding::UnresolvableFrames]);
    assert_eq!(description.bulk.len(), 1);
    assert!(description.bulk[0].encapsulated);
    let native = describe(&part10(EXPLICIT, &image("1").fragments(&[], &[b"abcd"]).bytes)).unwrap();
    assert_eq!((native.pixels, native.findings), (None, vec![Finding::TransferSyntaxMismatch]));
}

#[test]
fn the_extended_offset_table_cuts_padding() {
    let words = |values: [u64; 2]| values.map(u64::to_le_bytes).concat();
    let object = image("2")
        .value(0x7FE0_0001, b"OV", &words([0, 12]))
        .value(0x7FE0_0002, b"OV", &words([3, 4]))
        .fragments(&[], &[b"abc\0", b"efgh"]);
    assert_eq!(contents(&part10(JPEG, &object.bytes)), [&b"abc"[..], b"efgh"]);
}

#[test]
fn the_end_may_lack_its_delimiter_but_no_frame() {
    let object = part10(JPEG, &image("2").fragments(&[], &[b"abcd", b"efgh"]).bytes);
    let end = object.len();
    let description = describe(&object[..end - 8]).unwrap();
    assert_eq!(description.findings, [Finding::MissingDelimiter]);
    assert_eq!(frames(&description), frames(&describe(&object).unwrap()));
    for missing in [4, 10, 14, 20] {
        let refusal = describe(&object[..end - missing]).unwrap_err();
        assert!(matches!(refusal, Refusal::EndsBefore(Place::PixelData)), "{missing}: {refusal}");
    }
}

#[test]
fn the_bulk_value_spans_all_items() {
    let object = part10(JPEG, &image("1").fragments(&[0], &[b"abcd"]).bytes);
    let bulk = &describe(&object).unwrap().bulk[0];
    let span = &object[bulk.offset as usize..][..bulk.length as usize];
    assert_eq!(span, b"\xFE\xFF\x00\xE0\x04\0\0\0\0\0\0\0\xFE\xFF\x00\xE0\x04\0\0\0abcd");
    assert_eq!((&bulk.vr, bulk.path.as_str()), (b"OB", "7FE00010"));
}
