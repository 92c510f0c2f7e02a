//! The generated objects are read by dicom-rs, which knows nothing of the writer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Cursor, Read};

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use harness::{LargeMultiFrame, Series, TransferSyntax, ct_slice, jpeg_frames};

fn read(bytes: &[u8]) -> DefaultDicomObject {
    dicom_object::from_reader(Cursor::new(bytes)).expect("dicom-rs reads it")
}

fn text(object: &DefaultDicomObject, tag: Tag) -> String {
    object.element(tag).unwrap().to_str().unwrap().into_owned()
}

#[test]
fn a_ct_slice_is_about_as_large_and_rich_as_a_real_one() {
    let series = Series::ct(3);
    let instance = series.instance(2);
    assert!((520_000..540_000).contains(&instance.bytes.len()), "{} bytes", instance.bytes.len());
    let object = read(&instance.bytes);
    assert!(object.iter().count() > 100, "{} elements", object.iter().count());
    assert_eq!(text(&object, tags::SOP_INSTANCE_UID), instance.instance);
    assert_eq!(object.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap().len(), 512 * 512 * 2);
}

#[test]
fn native_encodings_say_the_same() {
    let series =
        Series { patient_name: "Yamada^Tarou=山田^太郎=やまだ^たろう".to_owned(), ..Series::small(1) };
    for syntax in [TransferSyntax::ExplicitLittle, TransferSyntax::ImplicitLittle, TransferSyntax::ExplicitBig] {
        let instance = series.clone().encoded(syntax).instance(1);
        let object = read(&instance.bytes);
        assert_eq!(object.meta().transfer_syntax(), syntax.uid());
        assert_eq!(text(&object, tags::PATIENT_NAME), series.patient_name, "{syntax:?}");
        let pixels = object.element(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
        assert_eq!(pixels, series.slice(1), "{syntax:?}");
    }
}

#[test]
fn a_deflated_data_set_inflates_to_the_plain_one() {
    let series = Series::small(1);
    let (plain, deflated) = (series.instance(1), series.clone().encoded(TransferSyntax::Deflated).instance(1));
    let data_set =
        |bytes: &[u8]| bytes[144 + u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize..].to_vec();
    let mut inflated = Vec::new();
    flate2::read::DeflateDecoder::new(&data_set(&deflated.bytes)[..]).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, data_set(&plain.bytes));
}

#[test]
fn fragments_of_compressed_objects_are_the_frames() {
    let instance = Series::compressed(TransferSyntax::JpegBaseline, 5).instance(1);
    let object = read(&instance.bytes);
    let fragments = object.element(tags::PIXEL_DATA).unwrap().value().fragments().unwrap().to_vec();
    let frames = jpeg_frames(128, 128, 5);
    assert_eq!(fragments.len(), 5);
    for (fragment, frame) in fragments.iter().zip(&frames) {
        assert_eq!(fragment[..frame.len()], frame[..]);
    }
    let rle = read(&Series::compressed(TransferSyntax::RleLossless, 3).instance(1).bytes);
    assert_eq!(rle.element(tags::PIXEL_DATA).unwrap().value().fragments().unwrap().len(), 3);
}

#[test]
fn a_large_object_has_the_length_and_frames_it_says() {
    let large = LargeMultiFrame::of_size(3 << 20);
    let bytes: Vec<u8> = large.chunks().flatten().collect();
    assert_eq!(bytes.len() as u64, large.length());
    let object = read(&bytes);
    let pixels = object.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
    assert_eq!(large.frames, 6);
    assert_eq!(pixels[5 * large.frame_length()..], large.frame(6)[..]);
}

#[test]
fn slices_differ_and_show_air_lung_soft_tissue_and_bone() {
    let middle = ct_slice(512, 512, 0.5, 1);
    assert_ne!(middle, ct_slice(512, 512, 0.52, 1));
    let share = |range: std::ops::Range<i16>| {
        middle.iter().filter(|hu| range.contains(hu)).count() as f64 / middle.len() as f64
    };
    assert!(share(-1024..-950) > 0.3, "air");
    assert!(share(-920..-800) > 0.05, "lung");
    assert!(share(10..100) > 0.1, "soft tissue");
    assert!(share(250..800) > 0.002, "bone");
}
