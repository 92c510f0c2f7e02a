//! What is read of resources that were found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north, scope_of, scope_of_all, south};
use super::sample::{CT_IMAGE, Sample, native_pixels};
use catalog::{DuplicatePolicy, Error, NativePixels, StoredInstance, StoredPixels};
use dataset::{BulkValue, Describer, FrameTable, Limits, PixelLayout, Pixels};

fn numbers(instances: &[StoredInstance]) -> Vec<&str> {
    instances.iter().map(|instance| instance.uids.instance.as_str()).collect()
}

pub async fn instances_come_in_order_and_in_pages(fixture: &Fixture) {
    // Stored in disorder; series 10 comes after 2, and those without a number come last.
    let samples = [
        Sample::new(1, 10, 1),
        Sample::new(1, 2, 3),
        Sample::new(1, 2, 1),
        Sample::new(1, 2, 2).without("InstanceNumber"),
        Sample::new(1, 3, 1).without("SeriesNumber"),
        Sample::new(1, 2, 20),
    ];
    fixture.store(&samples).await;
    let expected = ["1.2.1.2.1", "1.2.1.2.3", "1.2.1.2.20", "1.2.1.2.2", "1.2.1.10.1", "1.2.1.3.1"];
    let found = fixture.reader.find(&fixture.scope(), &samples[0].study()).await.unwrap();
    assert_eq!(numbers(&fixture.reader.instances(&found, None, 100).await.unwrap()), expected);
    for (resource, expected) in [
        (samples[0].study(), &expected[..]),
        (samples[1].series(), &expected[..4]),
        (samples[1].resource(), &expected[1..2]),
    ] {
        let found = fixture.reader.find(&fixture.scope(), &resource).await.unwrap();
        let mut paged: Vec<StoredInstance> = Vec::new();
        loop {
            let after = paged.last().map(StoredInstance::cursor);
            let page = fixture.reader.instances(&found, after, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(numbers(&paged), expected);
    }
}

pub async fn metadata_comes_as_it_went(fixture: &Fixture) {
    let samples = [Sample::new(1, 1, 2), Sample::new(1, 1, 1), Sample::new(1, 2, 1)];
    fixture.store(&samples).await;
    let found = fixture.reader.find(&fixture.scope(), &samples[0].study()).await.unwrap();
    let first = fixture.reader.metadata(&found, None, 1).await.unwrap();
    let rest = fixture.reader.metadata(&found, Some(first[0].cursor), 10).await.unwrap();
    let blobs: Vec<_> = first.into_iter().chain(rest).map(|prepared| prepared.blob).collect();
    let expected = [&samples[1], &samples[0], &samples[2]].map(|sample| dataset::prepared::encode(&sample.metadata()));
    assert_eq!(blobs, expected);
}

pub async fn one_instance_with_all_that_is_known(fixture: &Fixture) {
    let mut sample = Sample::new(1, 1, 1).with_content(5);
    sample.pixels = Some(native_pixels(3));
    sample.length = 1 << 40;
    fixture.store(std::slice::from_ref(&sample)).await;
    let stored = fixture.reader.instance(&fixture.scope(), &sample.uids).await.unwrap();
    assert!(stored.uids == sample.uids);
    assert_eq!((stored.facility.clone(), stored.sop_class.as_str()), (north(), CT_IMAGE));
    assert_eq!(stored.transfer_syntax.as_str(), "1.2.840.10008.1.2.1");
    assert_eq!((stored.length, stored.data_set_offset, stored.deflated), (1 << 40, 132, false));
    assert_eq!(stored.digest, [105; 32]);
    let native = NativePixels { offset: 500, length: 96, frame_bits: 256, big_endian: true, vr: *b"OW" };
    let pixels = StoredPixels { frames: 3, rows: 4, columns: 4, samples: 1, bits_allocated: 16, native: Some(native) };
    assert_eq!(stored.pixels, Some(pixels));
    let found = fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap();
    assert!(fixture.reader.instances(&found, None, 1).await.unwrap() == [stored.clone()]);
    assert!(matches!(fixture.reader.frames(&stored, &[1]).await, Err(Error::NoSuchFrame)));
}

/// The frame table of an object with one fragment of four bytes per frame.
fn frame_table(frames: u32) -> FrameTable {
    let element = |bytes: &mut Vec<u8>, tag: (u16, u16), vr: &[u8; 2], value: &[u8]| {
        bytes.extend_from_slice(&tag.0.to_le_bytes());
        bytes.extend_from_slice(&tag.1.to_le_bytes());
        bytes.extend_from_slice(vr);
        bytes.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(value);
    };
    let mut meta = Vec::new();
    element(&mut meta, (0x0002, 0x0010), b"UI", b"1.2.840.10008.1.2.4.50");
    let mut bytes = vec![0; 128];
    bytes.extend_from_slice(b"DICM");
    element(&mut bytes, (0x0002, 0x0000), b"UL", &u32::try_from(meta.len()).unwrap().to_le_bytes());
    bytes.extend(meta);
    element(&mut bytes, (0x0008, 0x0016), b"UI", b"1.2\0");
    element(&mut bytes, (0x0008, 0x0018), b"UI", b"1.2.3\0");
    element(&mut bytes, (0x0020, 0x000D), b"UI", b"1.2.3\0");
    element(&mut bytes, (0x0020, 0x000E), b"UI", b"1.2.3\0");
    element(&mut bytes, (0x0028, 0x0002), b"US", &[1, 0]);
    let count = format!("{frames:<8}");
    element(&mut bytes, (0x0028, 0x0008), b"IS", count.as_bytes());
    element(&mut bytes, (0x0028, 0x0010), b"US", &[4, 0]);
    element(&mut bytes, (0x0028, 0x0011), b"US", &[4, 0]);
    element(&mut bytes, (0x0028, 0x0100), b"US", &[8, 0]);
    bytes.extend_from_slice(&[0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    let item = |bytes: &mut Vec<u8>, element: u16, value: &[u8]| {
        bytes.extend_from_slice(&0xFFFE_u16.to_le_bytes());
        bytes.extend_from_slice(&element.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(value);
    };
    item(&mut bytes, 0xE000, &[]);
    for frame in 0..frames {
        item(&mut bytes, 0xE000, &frame.to_le_bytes());
    }
    item(&mut bytes, 0xE0DD, &[]);
    let mut describer = Describer::new(Limits::default());
    describer.push(&bytes).unwrap();
    match describer.finish().unwrap().pixels.unwrap().layout {
        PixelLayout::Encapsulated { table } => table,
        PixelLayout::Native { .. } => panic!("not encapsulated"),
    }
}

pub async fn frames_of_many_pieces(fixture: &Fixture) {
    let frames = 2 * FrameTable::PIECE + 10;
    let table = frame_table(frames);
    let expected: Vec<_> = (0..frames).map(|frame| table.frame(frame).collect::<Vec<_>>()).collect();
    let mut sample = Sample::new(1, 1, 1);
    let layout = PixelLayout::Encapsulated { table };
    sample.pixels = Some(Pixels { layout, ..native_pixels(frames) });
    fixture.store(std::slice::from_ref(&sample)).await;
    let stored = fixture.reader.instance(&fixture.scope(), &sample.uids).await.unwrap();
    assert_eq!(stored.pixels.map(|pixels| (pixels.frames, pixels.native)), Some((frames, None)));
    let wanted = [frames, 1, FrameTable::PIECE, FrameTable::PIECE + 1, 2];
    let found = fixture.reader.frames(&stored, &wanted).await.unwrap();
    let wanted: Vec<_> = wanted.iter().map(|frame| expected[*frame as usize - 1].clone()).collect();
    assert_eq!(found, wanted);
    assert_eq!(found[1].len(), 1);
    for absent in [0, frames + 1] {
        assert!(matches!(fixture.reader.frames(&stored, &[1, absent]).await, Err(Error::NoSuchFrame)));
    }
    fixture.writer.delete(&fixture.scope(), &sample.resource(), NOW, 0).await.unwrap();
    assert!(matches!(fixture.reader.frames(&stored, &[1]).await, Err(Error::NotFound)));
}

pub async fn bulk_values(fixture: &Fixture) {
    let mut sample = Sample::new(1, 1, 1);
    sample.bulk = vec![
        BulkValue { path: "00420011".into(), vr: *b"OB", offset: 100, length: 5000, encapsulated: false },
        BulkValue { path: "7FE00010".into(), vr: *b"OW", offset: 6000, length: 1 << 33, encapsulated: true },
    ];
    fixture.store(&[sample.clone(), Sample::new(1, 1, 2)]).await;
    let stored = fixture.reader.instance(&fixture.scope(), &sample.uids).await.unwrap();
    assert_eq!(fixture.reader.bulk(&stored).await.unwrap(), sample.bulk);
    let without = fixture.reader.instance(&fixture.scope(), &Sample::new(1, 1, 2).uids).await.unwrap();
    assert_eq!(fixture.reader.bulk(&without).await.unwrap(), []);
}

pub async fn what_is_not_there(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    for resource in [sample.study(), sample.series(), sample.resource()] {
        assert!(matches!(fixture.reader.find(&fixture.scope(), &resource).await, Err(Error::NotFound)));
    }
    fixture.store(std::slice::from_ref(&sample)).await;
    let found = fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap();
    fixture.writer.delete(&fixture.scope(), &sample.study(), NOW, 0).await.unwrap();
    assert!(fixture.reader.instances(&found, None, 10).await.unwrap().is_empty());
    assert!(fixture.reader.metadata(&found, None, 10).await.unwrap().is_empty());
    fixture.reader.probe().await.unwrap();
    fixture.writer.probe().await.unwrap();
}

pub async fn an_instance_that_changed_is_never_read_as_it_was(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    let read = async || fixture.reader.instance(&fixture.scope(), &sample.uids).await;
    let first = read().await.unwrap();
    assert_eq!(read().await.unwrap(), first, "read again without a change in between");

    let changed = sample.clone().with_content(7);
    fixture.store_as(&[changed], DuplicatePolicy::NewVersion { grace_ms: 0 }).await;
    let second = read().await.unwrap();
    assert!(second.key != first.key && second.digest != first.digest && second.revision > first.revision);

    // Another scope has its own answer, also right after this one was asked.
    let of_both = fixture.reader.instance(&scope_of_all(&north()), &sample.uids).await.unwrap();
    assert_eq!(of_both, second);
    let of_south = fixture.reader.instance(&scope_of(&south()), &sample.uids).await.unwrap();
    assert_eq!(of_south.facility, south());

    fixture.writer.delete(&fixture.scope(), &sample.resource(), NOW, 1000).await.unwrap();
    assert!(matches!(read().await, Err(Error::NotFound)));
}
