//! Frames, compared byte by byte for each way in which pixel data is stored.

use crate::{
    calls::{Answer, any, failed, frames, listed},
    objects::{Shape, fragmented, grey, image, object, pattern, words},
    place::Place,
};
use harness::{LargeMultiFrame, TransferSyntax, Value};
use proto::retrieve::v1::{FramesRequest, frames_response};
use rpc::{Code, resource_to_proto};
use uid::Resource;

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";

#[tokio::test]
async fn native_frames_come_in_any_order_whatever_the_encoding_of_the_data_set() {
    let place = Place::open().await;
    let shape = Shape { rows: 30, columns: 31, frames: 7, bits_allocated: 16 };
    for syntax in [
        TransferSyntax::ExplicitLittle,
        TransferSyntax::ImplicitLittle,
        TransferSyntax::ExplicitBig,
        TransferSyntax::Deflated,
    ] {
        let (bytes, expected) = grey(shape, syntax);
        let instance = place.store(&bytes).await;
        for list in [vec![1], vec![7], vec![3, 1, 2, 7, 6], (1..=7).collect()] {
            let answer = frames(&place, &instance, &list, any()).await.unwrap();
            assert_eq!(answer.header.transfer_syntax_uid, EXPLICIT);
            let wanted: Vec<&[u8]> = list.iter().map(|number| expected[*number as usize - 1].as_slice()).collect();
            assert!(answer.bytes() == wanted, "{syntax:?} {list:?}");
            assert!(answer.parts.iter().map(|(start, _)| start.number).eq(list));
        }
    }
}

#[tokio::test]
async fn frames_larger_than_a_piece_and_neighbours_are_cut_exactly() {
    let place = Place::open().await;
    let shape = Shape { rows: 700, columns: 601, frames: 4, bits_allocated: 16 };
    let (bytes, expected) = grey(shape, TransferSyntax::ExplicitLittle);
    let instance = place.store(&bytes).await;
    for list in [vec![4], vec![2, 3], vec![1, 2, 3, 4], vec![4, 3, 2, 1]] {
        let answer = frames(&place, &instance, &list, any()).await.unwrap();
        let wanted: Vec<&[u8]> = list.iter().map(|number| expected[*number as usize - 1].as_slice()).collect();
        assert!(answer.bytes() == wanted, "{list:?}");
    }
}

#[tokio::test]
async fn big_endian_frames_that_begin_inside_a_word_are_turned() {
    let place = Place::open().await;
    // 8-bit pixels in OW: the second frame begins at an odd byte (PS3.5 Annex D).
    let shape = Shape { rows: 3, columns: 5, frames: 3, bits_allocated: 8 };
    let pixels = pattern(3 * 15, 5);
    let mut set = image(shape);
    set.put(0x7FE0_0010, "OW", words(&pixels));
    let instance = place.store(&object(&set, TransferSyntax::ExplicitBig)).await;
    let answer = frames(&place, &instance, &[2, 1, 3], any()).await.unwrap();
    assert_eq!(answer.bytes(), [&pixels[15..30], &pixels[..15], &pixels[30..]]);
}

#[tokio::test]
async fn big_endian_float_frames_are_turned_by_their_own_width() {
    let place = Place::open().await;
    let shape = Shape { rows: 3, columns: 3, frames: 2, bits_allocated: 32 };
    let values: Vec<f32> = (0..18).map(|number| number as f32 * 1.37).collect();
    let mut set = image(shape);
    set.put(0x7FE0_0008, "OF", Value::F32(values.clone()));
    let instance = place.store(&object(&set, TransferSyntax::ExplicitBig)).await;
    let answer = frames(&place, &instance, &[2], any()).await.unwrap();
    let expected: Vec<u8> = values[9..].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(answer.only(), expected);
}

#[tokio::test]
async fn frames_of_single_bits_begin_at_a_byte() {
    // 5x5 pixels: 25 bits for each frame, so frames 2 to 8 begin inside a byte.
    let shape = Shape { rows: 5, columns: 5, frames: 9, bits_allocated: 1 };
    let stream = pattern((9_usize * 25).div_ceil(16) * 2, 3);
    let bit = |at: usize| stream[at / 8] >> (at % 8) & 1;
    let expected: Vec<Vec<u8>> = (0..9)
        .map(|frame| {
            let mut bytes = vec![0; 4];
            (0..25).for_each(|pixel| bytes[pixel / 8] |= bit(frame * 25 + pixel) << (pixel % 8));
            bytes
        })
        .collect();
    let place = Place::open().await;
    for syntax in [TransferSyntax::ExplicitLittle, TransferSyntax::ExplicitBig, TransferSyntax::Deflated] {
        let mut set = image(shape);
        set.put(0x7FE0_0010, "OW", words(&stream));
        let instance = place.store(&object(&set, syntax)).await;
        for number in 1..=9_u32 {
            let answer = frames(&place, &instance, &[number], any()).await.unwrap();
            assert_eq!(answer.only(), expected[number as usize - 1], "{syntax:?} {number}");
        }
        let all: Vec<u32> = (1..=9).collect();
        assert_eq!(frames(&place, &instance, &all, any()).await.unwrap().bytes(), expected);
    }
}

#[tokio::test]
async fn fragments_of_a_frame_are_joined() {
    let place = Place::open().await;
    let (set, expected) = fragmented(20, 5);
    let instance = place.store(&object(&set, TransferSyntax::RleLossless)).await;
    for list in [vec![1], vec![20], vec![7, 8, 9], vec![9, 2, 20]] {
        let answer = frames(&place, &instance, &list, listed(&[RLE])).await.unwrap();
        assert_eq!(answer.header.transfer_syntax_uid, RLE);
        let wanted: Vec<&[u8]> = list.iter().map(|number| expected[*number as usize - 1].as_slice()).collect();
        assert!(answer.bytes() == wanted, "{list:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_said_with_what_can() {
    let place = Place::open().await;
    let (set, _) = fragmented(1, 1);
    let compressed = place.store(&object(&set, TransferSyntax::RleLossless)).await;
    let answer = frames(&place, &compressed, &[1], listed(&[EXPLICIT])).await.unwrap();
    assert_eq!((answer.header.transfer_syntax_uid.as_str(), answer.parts.len()), ("", 0));
    assert_eq!(answer.header.available_transfer_syntax_uids, [RLE]);
    // By default what cannot be made Explicit VR Little Endian comes as it is stored (PS3.18 8.7.3.5).
    assert_eq!(frames(&place, &compressed, &[1], listed(&[])).await.unwrap().header.transfer_syntax_uid, RLE);

    let (bytes, _) = grey(Shape { rows: 2, columns: 2, frames: 1, bits_allocated: 16 }, TransferSyntax::ImplicitLittle);
    let native = place.store(&bytes).await;
    assert_eq!(frames(&place, &native, &[1], listed(&[RLE])).await.unwrap().parts.len(), 0);
    assert_eq!(frames(&place, &native, &[1], listed(&[RLE, EXPLICIT])).await.unwrap().parts.len(), 1);
}

#[tokio::test]
async fn lists_that_cannot_be_answered_are_refused() {
    let place = Place::with(retrieve::Config { max_frames: 5, ..Default::default() }).await;
    let (bytes, _) = grey(Shape { rows: 4, columns: 4, frames: 8, bits_allocated: 16 }, TransferSyntax::ExplicitLittle);
    let instance = place.store(&bytes).await;
    let code = async |list: &[u32]| failed(frames(&place, &instance, list, any()).await);
    assert_eq!(code(&[]).await, Code::InvalidRequest);
    assert_eq!(code(&[0]).await, Code::InvalidRequest);
    assert_eq!(code(&[1, 2, 1]).await, Code::InvalidRequest);
    assert_eq!(code(&[9]).await, Code::NotFound);
    assert_eq!(code(&[1, u32::MAX]).await, Code::NotFound);
    assert_eq!(code(&[1, 2, 3, 4, 5, 6]).await, Code::TooLarge);

    let mut set = image(Shape { rows: 4, columns: 4, frames: 1, bits_allocated: 16 });
    set.remove(0x0028_0010);
    let without = place.store(&object(&set, TransferSyntax::ExplicitLittle)).await;
    assert_eq!(failed(frames(&place, &without, &[1], any()).await), Code::NotFound);
}

#[tokio::test]
async fn going_back_too_often_in_a_deflated_object_is_refused() {
    let place = Place::open().await;
    let shape = Shape { rows: 40, columns: 40, frames: 20, bits_allocated: 16 };
    let (bytes, expected) = grey(shape, TransferSyntax::Deflated);
    let instance = place.store(&bytes).await;
    let back: Vec<u32> = (1..=20).rev().collect();
    assert_eq!(failed(frames(&place, &instance, &back, any()).await), Code::TooLarge);
    let answer = frames(&place, &instance, &back[..8], any()).await.unwrap();
    assert!(answer.bytes().iter().rev().eq(expected[12..].iter()));
}

#[tokio::test]
async fn a_description_gives_the_header_alone() {
    let place = Place::open().await;
    let (bytes, _) = grey(Shape { rows: 4, columns: 4, frames: 2, bits_allocated: 16 }, TransferSyntax::ExplicitLittle);
    let instance = place.store(&bytes).await;
    let whole: Answer<_, _> = frames(&place, &instance, &[2], any()).await.unwrap();
    let request = FramesRequest {
        resource: Some(resource_to_proto(&Resource::Instance(instance))),
        frames: vec![2],
        accepted: Some(any()),
        describe_only: true,
        caller_reads: true,
    };
    let mut stream = place.client.clone().frames(place.call(request)).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap().message;
    assert_eq!(first, Some(frames_response::Message::Header(whole.header)));
    assert!(stream.message().await.unwrap().is_none());
}

#[tokio::test]
async fn all_frames_of_a_long_sequence_can_be_listed_in_one_request() {
    let place = Place::open().await;
    let object = LargeMultiFrame { rows: 8, columns: 8, frames: 3000, ..LargeMultiFrame::of_size(1) };
    let stored = place.store(&object.chunks().collect::<Vec<_>>().concat().into()).await;
    let all: Vec<u32> = (1..=object.frames).collect();
    let answer = frames(&place, &stored, &all, any()).await.unwrap();
    assert!(answer.parts.iter().map(|(start, _)| start.number).eq(1..=3000));
    assert!(answer.parts.iter().all(|(start, bytes)| *bytes == object.frame(start.number)));
}
