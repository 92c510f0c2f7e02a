//! Whole objects: stored bytes, ranges of them, and what they become as Explicit VR Little Endian.

use crate::{
    calls::{any, failed, instance, instances, instances_request, listed, series, span, study},
    objects::{Shape, fragmented, grey, image, object, sibling, words},
    place::Place,
};
use bytes::Bytes;
use dataset::{Describer, Limits};
use harness::TransferSyntax;
use proto::retrieve::v1::{ByteRange, InstancesRequest};
use rpc::Code;
use uid::{InstanceRef, Resource};

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";
const SHAPE: Shape = Shape { rows: 400, columns: 401, frames: 5, bits_allocated: 16 };

#[tokio::test]
async fn stored_bytes_come_back_bit_for_bit_in_every_syntax() {
    let place = Place::open().await;
    for syntax in [
        TransferSyntax::ExplicitLittle,
        TransferSyntax::ImplicitLittle,
        TransferSyntax::ExplicitBig,
        TransferSyntax::Deflated,
    ] {
        let (bytes, _) = grey(SHAPE, syntax);
        let stored = place.store(&bytes).await;
        for accepted in [any(), listed(&[RLE, syntax.uid()])] {
            let answer = instances(&place, instances_request(&instance(&stored), accepted)).await.unwrap();
            assert!(answer.only() == bytes, "{syntax:?}");
            assert_eq!(answer.header.length, Some(bytes.len() as u64));
            assert_eq!(answer.parts[0].0.transfer_syntax_uid, syntax.uid());
            assert_eq!(answer.parts[0].0.length, Some(bytes.len() as u64));
        }
    }
}

/// The pixel data and identity of an object, by our own parser.
fn contents(bytes: &[u8]) -> (InstanceRef, String, Vec<u8>) {
    let mut describer = Describer::new(Limits::default());
    describer.push(bytes).unwrap();
    let described = describer.finish().unwrap();
    let pixels = described.bulk.iter().find(|value| value.path == "7FE00010").unwrap();
    let value = &bytes[pixels.offset as usize..(pixels.offset + pixels.length) as usize];
    (described.instance, described.transfer_syntax.to_string(), value.to_vec())
}

#[tokio::test]
async fn by_default_native_objects_become_explicit_little_endian() {
    let place = Place::open().await;
    for syntax in [TransferSyntax::ImplicitLittle, TransferSyntax::ExplicitBig, TransferSyntax::Deflated] {
        let (bytes, frames) = grey(SHAPE, syntax);
        let stored = place.store(&bytes).await;
        let as_stored = instances(&place, instances_request(&instance(&stored), any())).await.unwrap().header.etag;
        for accepted in [listed(&[]), listed(&[RLE, EXPLICIT])] {
            let answer = instances(&place, instances_request(&instance(&stored), accepted)).await.unwrap();
            let (uids, transfer_syntax, pixels) = contents(answer.only());
            assert_eq!((uids, transfer_syntax.as_str()), (stored.clone(), EXPLICIT));
            assert!(pixels == frames.concat(), "{syntax:?}");
            assert_eq!((answer.header.length, answer.parts[0].0.length), (None, None));
            assert_ne!(answer.header.etag, as_stored);
        }
    }
}

#[tokio::test]
async fn a_compressed_object_comes_as_stored_or_not_at_all() {
    let place = Place::open().await;
    let (set, _) = fragmented(3, 2);
    let bytes = object(&set, TransferSyntax::RleLossless);
    let stored = place.store(&bytes).await;
    let answer = instances(&place, instances_request(&instance(&stored), listed(&[]))).await.unwrap();
    assert_eq!(answer.only(), bytes);
    let answer = instances(&place, instances_request(&instance(&stored), listed(&[EXPLICIT]))).await.unwrap();
    assert_eq!((answer.header.instances, answer.header.not_acceptable, answer.parts.len()), (0, 1, 0));
    assert_eq!(answer.header.available_transfer_syntax_uids, [RLE]);
}

#[tokio::test]
async fn ranges_of_stored_bytes_are_exact() {
    let place = Place::open().await;
    let (bytes, _) = grey(SHAPE, TransferSyntax::ImplicitLittle);
    let stored = place.store(&bytes).await;
    let length = bytes.len() as u64;
    let suffix = ByteRange { first: None, last: None, suffix: Some(7) };
    for (range, expected) in [
        (span(0, Some(0)), 0..1),
        (span(100, Some(700_000)), 100..700_001),
        (span(1_000_000, None), 1_000_000..length),
        (span(5, Some(u64::MAX)), 5..length),
        (suffix, length - 7..length),
    ] {
        let request = InstancesRequest { range: Some(range), ..instances_request(&instance(&stored), any()) };
        let answer = instances(&place, request).await.unwrap();
        assert!(answer.only() == &bytes[expected.start as usize..expected.end as usize]);
        assert_eq!(answer.header.range_first, Some(expected.start));
        assert_eq!(answer.header.range_length, Some(expected.end - expected.start));
        assert_eq!(answer.header.length, Some(length));
    }
    let beyond = InstancesRequest { range: Some(span(length, None)), ..instances_request(&instance(&stored), any()) };
    let failure = instances(&place, beyond).await.unwrap_err();
    assert_eq!((failure.code, failure.length), (Code::RangeNotSatisfiable, Some(length)));
    let backwards = InstancesRequest { range: Some(span(5, Some(4))), ..instances_request(&instance(&stored), any()) };
    assert_eq!(failed(instances(&place, backwards).await), Code::InvalidRequest);
    // What is rewritten has no ranges: all of it comes.
    let rewritten =
        InstancesRequest { range: Some(span(5, Some(9))), ..instances_request(&instance(&stored), listed(&[])) };
    let answer = instances(&place, rewritten).await.unwrap();
    assert_eq!(answer.header.range_first, None);
    assert_eq!(contents(answer.only()).0, stored);
}

#[tokio::test]
async fn a_series_of_many_pages_comes_whole_and_in_order() {
    let place = Place::open().await;
    let mut set = image(Shape { rows: 2, columns: 2, frames: 1, bits_allocated: 16 });
    set.put(0x7FE0_0010, "OW", words(&[1, 2, 3, 4, 5, 6, 7, 8]));
    let objects: Vec<Bytes> =
        (1..=520).map(|number| object(&sibling(&set, number), TransferSyntax::ExplicitLittle)).collect();
    let backwards: Vec<Bytes> = objects.iter().rev().cloned().collect();
    let stored = place.store_all("default", &backwards).await;
    for resource in [series(&stored[0]), study(&stored[0])] {
        let answer = instances(&place, instances_request(&resource, any())).await.unwrap();
        assert_eq!((answer.header.instances, answer.header.length), (520, None));
        assert!(answer.bytes() == objects);
    }
}

#[tokio::test]
async fn a_mixed_study_tells_how_much_of_it_is_acceptable() {
    let place = Place::open().await;
    let (compressed, _) = fragmented(1, 1);
    let mut native = sibling(&compressed, 2);
    native.put(0x7FE0_0010, "OW", words(&[7; 64 * 64 * 2]));
    let first = place.store(&object(&compressed, TransferSyntax::RleLossless)).await;
    let second = place.store(&object(&native, TransferSyntax::ImplicitLittle)).await;

    let explicit = instances(&place, instances_request(&study(&first), listed(&[EXPLICIT]))).await.unwrap();
    assert_eq!((explicit.header.instances, explicit.header.not_acceptable), (1, 1));
    assert_eq!(explicit.header.available_transfer_syntax_uids, [RLE]);
    assert_eq!(contents(explicit.only()).0, second);

    let neither =
        instances(&place, instances_request(&study(&first), listed(&["1.2.840.10008.1.2.4.90"]))).await.unwrap();
    assert_eq!((neither.header.instances, neither.header.not_acceptable, neither.parts.len()), (0, 2, 0));
    assert_eq!(neither.header.available_transfer_syntax_uids, ["1.2.840.10008.1.2", EXPLICIT, RLE]);

    let default = instances(&place, instances_request(&study(&first), listed(&[]))).await.unwrap();
    assert_eq!((default.header.instances, default.parts.len()), (2, 2));
}

#[tokio::test]
async fn etags_change_with_what_they_stand_for() {
    let place = Place::open().await;
    let etag = async |resource: Resource, accepted| {
        let request = InstancesRequest { describe_only: true, ..instances_request(&resource, accepted) };
        let answer = instances(&place, request).await.unwrap();
        assert_eq!(answer.parts.len(), 0);
        answer.header.etag
    };
    let (first, _) = fragmented(1, 1);
    let stored = place.store(&object(&first, TransferSyntax::RleLossless)).await;
    let before = etag(study(&stored), any()).await;
    assert_eq!(etag(study(&stored), any()).await, before);
    assert_ne!(etag(study(&stored), listed(&[])).await, before);
    place.store(&object(&sibling(&first, 2), TransferSyntax::RleLossless)).await;
    let after = etag(study(&stored), any()).await;
    assert_ne!(after, before);
    place.delete(&study(&stored)).await;
    place.store(&object(&first, TransferSyntax::RleLossless)).await;
    place.store(&object(&sibling(&first, 2), TransferSyntax::RleLossless)).await;
    assert_ne!(etag(study(&stored), any()).await, after);

    let version = etag(instance(&stored), any()).await;
    let mut second = first.clone();
    second.text(0x0008_103E, "LO", "changed");
    place.store(&object(&second, TransferSyntax::RleLossless)).await;
    assert_ne!(etag(instance(&stored), any()).await, version);
}

#[tokio::test]
async fn an_object_removed_while_it_is_sent_is_sent_to_its_end() {
    let place = Place::open().await;
    let shape = Shape { frames: 40, ..SHAPE };
    let (bytes, _) = grey(shape, TransferSyntax::ExplicitLittle);
    let stored = place.store(&bytes).await;
    let key = place.key_of(&stored).await;
    let request = place.call(instances_request(&instance(&stored), any()));
    let mut stream = place.client.clone().instances(request).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    place.delete(&instance(&stored)).await;
    place.archive.remove(&key).await.unwrap();
    let mut sent = 0;
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(proto::retrieve::v1::instances_response::Message::Chunk(chunk)) = response.message {
            assert!(chunk == bytes[sent..sent + chunk.len()]);
            sent += chunk.len();
        }
    }
    assert_eq!(sent, bytes.len());
    let gone = instances(&place, instances_request(&instance(&stored), any())).await;
    assert_eq!(failed(gone), Code::NotFound);
}
