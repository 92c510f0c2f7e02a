//! Frames (PS3.18 10.4.1.1.6): which, in which order, and in what form.

use bytes::Bytes;
use harness::{Answer, Series, TransferSyntax, jpeg_frames, rle_frame};

use crate::{
    EXPLICIT, ROOT,
    archive::{Archive, pixels},
};

const ANY: &str = "multipart/related; type=application/octet-stream; transfer-syntax=*";

async fn frames(archive: &Archive, series: &Series, list: &str) -> Answer {
    archive.client().get_as(&format!("{ROOT}{}/frames/{list}", series.instance(1).path()), ANY, 200).await
}

fn bodies(answer: &Answer) -> Vec<Bytes> {
    answer.parts().into_iter().map(|part| part.body).collect()
}

/// The frames of a compressed series of five as their fragments hold them: padded to even length.
fn compressed(series: &Series) -> Vec<Bytes> {
    let frames = match series.transfer_syntax {
        TransferSyntax::JpegBaseline => jpeg_frames(series.rows, series.columns, series.frames),
        _ => (0..series.frames).map(|frame| rle_frame(series.columns, &series.slice(1 + frame))).collect(),
    };
    let pad = |mut frame: Vec<u8>| {
        frame.resize(frame.len().next_multiple_of(2), 0);
        Bytes::from(frame)
    };
    frames.into_iter().map(pad).collect()
}

#[tokio::test]
async fn native_frames_of_every_encoding_are_little_endian() {
    let archive = Archive::open().await;
    for syntax in TransferSyntax::ALL.into_iter().filter(|syntax| !syntax.is_encapsulated()) {
        let series = archive.encoded(syntax);
        let answer = frames(&archive, series, "1").await;
        assert_eq!(bodies(&answer), [pixels(series, 1)], "{syntax:?}");
        assert_eq!(answer.parts()[0].content_type(), format!("application/octet-stream; transfer-syntax={EXPLICIT}"));
    }
    let expected: Vec<Bytes> = (1..=4).map(|number| pixels(&archive.big_endian, number)).collect();
    assert_eq!(bodies(&frames(&archive, &archive.big_endian, "1,2,3,4").await), expected);
}

#[tokio::test]
async fn frames_come_in_the_order_of_the_list() {
    let archive = Archive::open().await;
    for syntax in [TransferSyntax::JpegBaseline, TransferSyntax::RleLossless] {
        let series = archive.encoded(syntax);
        let all = compressed(series);
        for (list, numbers) in
            [("1", &[1][..]), ("5", &[5]), ("3,1,5", &[3, 1, 5]), ("5%2C4", &[5, 4]), ("1,2,3,4,5", &[1, 2, 3, 4, 5])]
        {
            let answer = frames(&archive, series, list).await;
            let expected: Vec<_> = numbers.iter().map(|number| all[number - 1].clone()).collect();
            assert_eq!(bodies(&answer), expected, "{syntax:?} {list}");
            let places: Vec<_> = answer.parts().iter().map(|part| part.headers["content-location"].clone()).collect();
            let base = format!("{}{ROOT}{}", archive.server.base(), series.instance(1).path());
            assert_eq!(places, numbers.iter().map(|number| format!("{base}/frames/{number}")).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn the_place_of_a_part_leads_to_the_same_bytes() {
    let archive = Archive::open().await;
    let answer = frames(&archive, archive.encoded(TransferSyntax::JpegBaseline), "4,2").await;
    for part in answer.parts() {
        let path = part.headers["content-location"].strip_prefix(archive.server.base()).unwrap().to_owned();
        let alone = archive.client().get_as(&path, ANY, 200).await.parts();
        assert_eq!(alone[0].body, part.body);
        assert_eq!(part.headers["content-length"], part.body.len().to_string());
    }
}

#[tokio::test]
async fn a_single_frame_may_come_alone() {
    let archive = Archive::open().await;
    let client = archive.client();
    let native = format!("{ROOT}{}/frames/1", archive.ct.instance(3).path());
    for accept in ["application/octet-stream", "application/octet-stream; transfer-syntax=*"] {
        let answer = client.get_as(&native, accept, 200).await;
        assert_eq!(answer.content_type(), format!("application/octet-stream; transfer-syntax={EXPLICIT}"));
        assert_eq!((&answer.body, answer.header("content-length")), (&pixels(&archive.ct, 3), Some("8192")));
    }
    let jpeg = archive.encoded(TransferSyntax::JpegBaseline);
    let path = format!("{ROOT}{}/frames", jpeg.instance(1).path());
    let answer = client.get_as(&format!("{path}/2"), "image/jpeg", 200).await;
    assert_eq!(answer.content_type(), "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50");
    assert_eq!(answer.body, compressed(jpeg)[1]);
    client.get_as(&format!("{path}/2,3"), "image/jpeg", 406).await;
}

#[tokio::test]
async fn frames_that_need_a_codec_are_406() {
    let archive = Archive::open().await;
    let jpeg = format!("{ROOT}{}/frames/1", archive.encoded(TransferSyntax::JpegBaseline).instance(1).path());
    let explicit = format!("multipart/related; type=\"application/octet-stream\"; transfer-syntax={EXPLICIT}");
    let answer = archive.client().get_as(&jpeg, &explicit, 406).await;
    let expected = "multipart/related; type=\"image/jpeg\"; transfer-syntax=1.2.840.10008.1.2.4.50";
    assert_eq!(answer.json()["supported"], serde_json::json!([expected]));
    archive.client().get_as(&jpeg, expected, 200).await;
}

#[tokio::test]
async fn lists_that_are_none_are_400() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/frames", archive.encoded(TransferSyntax::RleLossless).instance(1).path());
    for list in [
        "0",
        "1,0",
        "1,1",
        "3,2,3",
        "-1",
        "1-3",
        "1,",
        ",1",
        "a",
        "1;2",
        "1.0",
        "0x1",
        "%20",
        "4294967296",
        "1,,2",
        "*",
    ] {
        let answer = archive.client().get(&format!("{path}/{list}"), 400).await;
        assert!(answer.json()["detail"].as_str().unwrap().contains("frame list"), "{list}");
    }
    let many: String = (1..=10_001).map(|number| format!("{number},")).collect();
    archive.client().get(&format!("{path}/{}", many.trim_end_matches(',')), 413).await;
}

#[tokio::test]
async fn frames_that_are_not_there_are_404() {
    let archive = Archive::open().await;
    let compressed = archive.encoded(TransferSyntax::RleLossless).instance(1).path();
    for path in [
        format!("{compressed}/frames/6"),
        format!("{compressed}/frames/1,6"),
        format!("{compressed}/frames/4294967295"),
        format!("{}/frames/2", archive.ct.instance(1).path()),
        format!("{}/frames/5", archive.big_endian.instance(1).path()),
        format!("{}/frames/1", archive.report.path()),
        format!("{}/instances/1.2.3/frames/1", archive.ct.path()),
    ] {
        let answer = archive.client().get(&format!("{ROOT}{path}"), 404).await;
        assert_eq!(answer.content_type(), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn head_of_a_frame_has_no_body() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/frames/1", archive.ct.instance(1).path());
    let head = archive.client().head(&path, 200).await;
    assert!(
        head.body.is_empty() && head.content_type().starts_with("multipart/related; type=\"application/octet-stream\"")
    );
    archive.client().head(&format!("{ROOT}{}/frames/2", archive.ct.instance(1).path()), 404).await;
}
