//! Native Pixel Data: how many frames there are, and how many bits each has.

use dataset::{Finding, PixelLayout};

use crate::elements::{DataSet, Encoding, JPEG, part10};
use crate::outcome::describe;

#[test]
fn native_pixel_data_is_measured() {
    let image = |frames: &str, length: usize| {
        DataSet::image(Encoding::Implicit, 3, 3, frames).value(0x7FE0_0010, b"OW", &vec![1; length]).part10()
    };
    let frames = |object: &[u8]| {
        let description = describe(object).unwrap();
        let count = description.pixels.as_ref().map(|pixels| pixels.frames);
        (count, description.findings)
    };
    assert_eq!(frames(&image("3", 28)), (Some(3), vec![]));
    assert_eq!(frames(&image("3", 20)), (Some(2), vec![Finding::ShortPixelData]));
    assert_eq!(frames(&image("3", 8)), (None, vec![Finding::ShortPixelData]));
    assert_eq!(frames(&image("3", 30)), (Some(3), vec![Finding::LongPixelData]));
    assert_eq!(frames(&image("", 10)), (Some(1), vec![]));
    let undescribed = DataSet::identified(Encoding::Explicit).value(0x7FE0_0010, b"OB", &[1; 4]).part10();
    assert_eq!(frames(&undescribed), (None, vec![Finding::IncompletePixelDescription]));
    let compressed =
        part10(JPEG, &DataSet::image(Encoding::Explicit, 2, 2, "1").value(0x7FE0_0010, b"OB", &[1; 4]).bytes);
    assert_eq!(frames(&compressed), (None, vec![Finding::TransferSyntaxMismatch]));
}

#[test]
fn float_pixel_data_is_an_image_too() {
    for (tag, vr, size) in [(0x7FE0_0008, b"OF", 4_usize), (0x7FE0_0009, b"OD", 8)] {
        let mut image = DataSet::identified(Encoding::Explicit);
        for (attribute, number) in [(0x0028_0002, 1_u16), (0x0028_0010, 2), (0x0028_0011, 3)] {
            image = image.value(attribute, b"US", &number.to_le_bytes());
        }
        let description = describe(&image.value(tag, vr, &vec![1; 6 * size]).part10()).unwrap();
        let pixels = description.pixels.unwrap();
        let PixelLayout::Native { frame_bits, .. } = pixels.layout else { panic!("not native") };
        assert_eq!((pixels.frames, frame_bits), (1, 48 * size as u64));
    }
}

#[test]
fn frames_of_one_bit_cells_are_counted_in_bits() {
    let mut image = DataSet::identified(Encoding::Explicit).text(0x0028_0008, b"IS", "3");
    for (attribute, number) in [(0x0028_0010, 3_u16), (0x0028_0011, 5), (0x0028_0100, 1)] {
        image = image.value(attribute, b"US", &number.to_le_bytes());
    }
    let description = describe(&image.value(0x7FE0_0010, b"OB", &[0xA5; 6]).part10()).unwrap();
    let pixels = description.pixels.unwrap();
    let PixelLayout::Native { frame_bits, length, .. } = pixels.layout else { panic!("not native") };
    assert_eq!((pixels.frames, frame_bits, length), (3, 15, 6));
    assert!(description.findings.is_empty());
}

#[test]
fn chroma_may_be_subsampled() {
    let ybr = |length: usize| {
        let mut image = DataSet::identified(Encoding::Explicit).value(0x0028_0002, b"US", &[3, 0]);
        image = image.text(0x0028_0004, b"CS", "YBR_FULL_422");
        for (attribute, number) in [(0x0028_0010, 4_u16), (0x0028_0011, 4), (0x0028_0100, 8)] {
            image = image.value(attribute, b"US", &number.to_le_bytes());
        }
        let description = describe(&image.value(0x7FE0_0010, b"OB", &vec![1; length]).part10()).unwrap();
        match description.pixels.map(|pixels| pixels.layout) {
            Some(PixelLayout::Native { frame_bits, .. }) => (frame_bits, description.findings.len()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ybr(32), (256, 0));
    assert_eq!(ybr(48), (384, 0));
}
