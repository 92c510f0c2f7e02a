//! Retrieve services that fail: before the first byte a status, behind it a broken connection and never a short answer
//! that looks whole.

use crate::fakes::Edge;
use bytes::Bytes;
use proto::retrieve::v1::{
    FrameStart, FramesHeader, FramesResponse, InstanceStart, InstancesHeader, InstancesResponse, MetadataBatch,
    MetadataHeader, MetadataResponse, frames_response, instances_response, metadata_response,
};
use reqwest::Method;
use rpc::{Code, Failure};
use std::time::Duration;
use tonic::Status;

const INSTANCE: &str = "/dicom-web/studies/1.1/series/1.2/instances/1.3";
const ELE: &str = "1.2.840.10008.1.2.1";

fn frames(messages: Vec<frames_response::Message>) -> Vec<Result<FramesResponse, Status>> {
    messages.into_iter().map(|message| Ok(FramesResponse { message: Some(message) })).collect()
}

fn header(syntax: &str) -> frames_response::Message {
    frames_response::Message::Header(FramesHeader {
        etag: "tag".into(),
        transfer_syntax_uid: syntax.into(),
        available_transfer_syntax_uids: vec!["1.2.840.10008.1.2.4.90".into()],
    })
}

fn frame(number: u32, length: u64) -> frames_response::Message {
    frames_response::Message::Frame(FrameStart { number, length })
}

fn chunk(text: &'static str) -> frames_response::Message {
    frames_response::Message::Chunk(Bytes::from_static(text.as_bytes()))
}

/// Whether an answer that began well could be read to its end. One that fails at once may be broken off before its head
/// has left.
async fn reads_to_its_end(edge: &Edge, path: &str) -> bool {
    let request = edge.client.request(Method::GET, path).header("accept", "*/*");
    let Ok(answer) = request.send().await else { return false };
    assert_eq!(answer.status(), 200);
    answer.bytes().await.is_ok()
}

#[tokio::test]
async fn frames_are_framed_located_and_measured() {
    let edge = Edge::start().await;
    *edge.fakes.frames.lock().unwrap() =
        frames(vec![header(ELE), frame(2, 3), chunk("ab"), chunk("c"), frame(1, 1), chunk("d")]);
    let answer = edge.client.get(&format!("{INSTANCE}/frames/2,1"), 200).await;
    let parts = answer.parts();
    assert_eq!(parts.iter().map(|part| &part.body[..]).collect::<Vec<_>>(), [&b"abc"[..], b"d"]);
    assert_eq!(parts[0].content_type(), format!("application/octet-stream; transfer-syntax={ELE}"));
    assert_eq!(parts[0].headers["content-location"], format!("{}{INSTANCE}/frames/2", edge.client.base()));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
    assert_eq!(edge.fakes.frames_request.lock().unwrap().clone().unwrap().frames, [2, 1]);

    *edge.fakes.frames.lock().unwrap() = frames(vec![header(ELE), frame(1, 1), chunk("d")]);
    let one = edge.client.get(&format!("{INSTANCE}/frames/1"), 200).await;
    assert_eq!(one.header("content-length").unwrap(), one.body.len().to_string());
    assert_eq!(one.parts().len(), 1);

    let single = edge.client.get_as(&format!("{INSTANCE}/frames/1"), "application/octet-stream", 200).await;
    assert_eq!((&single.body[..], single.header("content-length")), (&b"d"[..], Some("1")));
    assert_ne!(single.header("etag"), one.header("etag"), "another representation has another tag");

    let cached = edge
        .client
        .request(Method::GET, &format!("{INSTANCE}/frames/1"))
        .header("if-none-match", one.header("etag").unwrap());
    let cached = edge.client.send(cached, 304).await;
    assert!(cached.body.is_empty() && cached.header("etag") == one.header("etag"));
}

#[tokio::test]
async fn a_stream_that_fails_behind_its_header_breaks_the_answer_off() {
    let edge = Edge::start().await;
    let path = format!("{INSTANCE}/frames/1,2");
    let mut script = frames(vec![header(ELE), frame(1, 3), chunk("abc"), frame(2, 3), chunk("de")]);
    script.push(Err(Failure::new(Code::Unavailable, "the archive is away").into()));
    *edge.fakes.frames.lock().unwrap() = script;
    assert!(!reads_to_its_end(&edge, &path).await);
    // Fewer bytes or fewer parts than announced are no better.
    *edge.fakes.frames.lock().unwrap() = frames(vec![header(ELE), frame(1, 3), chunk("abc"), frame(2, 3), chunk("de")]);
    assert!(!reads_to_its_end(&edge, &path).await);
    *edge.fakes.frames.lock().unwrap() = frames(vec![header(ELE), frame(1, 3), chunk("abc")]);
    assert!(!reads_to_its_end(&edge, &path).await);
    *edge.fakes.frames.lock().unwrap() = frames(vec![header(ELE), frame(1, 3), chunk("abc"), frame(2, 2), chunk("de")]);
    assert!(reads_to_its_end(&edge, &path).await);
}

#[tokio::test]
async fn a_failure_before_the_first_byte_is_a_status() {
    let edge = Edge::start().await;
    *edge.fakes.frames.lock().unwrap() = vec![Err(Failure::new(Code::NotFound, "no such frame").into())];
    edge.client.get(&format!("{INSTANCE}/frames/9"), 404).await;
    let mut script = frames(vec![header(ELE)]);
    script.push(Err(Failure::new(Code::Unavailable, "the archive is away").into()));
    *edge.fakes.frames.lock().unwrap() = script;
    edge.client.get(&format!("{INSTANCE}/frames/1"), 503).await;
    *edge.fakes.frames.lock().unwrap() = Vec::new();
    edge.client.get(&format!("{INSTANCE}/frames/1"), 500).await;
    *edge.fakes.metadata.lock().unwrap() = vec![Err(Failure::new(Code::Internal, "corrupt").into())];
    edge.client.get(&format!("{INSTANCE}/metadata"), 500).await;
}

#[tokio::test]
async fn what_is_not_acceptable_says_what_could_be_had() {
    let edge = Edge::start().await;
    *edge.fakes.frames.lock().unwrap() = frames(vec![header("")]);
    let path = format!("{INSTANCE}/frames/1");
    let body = edge.client.get_as(&path, "multipart/related; type=\"image/jls\"", 406).await.json();
    assert_eq!(body["supported"][0], "multipart/related; type=\"image/jp2\"; transfer-syntax=1.2.840.10008.1.2.4.90");
    let body = edge.client.get_as(&path, "text/html", 406).await.json();
    assert!(body["supported"].as_array().unwrap().len() > 2);
    edge.client.get(&format!("{INSTANCE}/frames/0"), 400).await;
    edge.client.get(&format!("{INSTANCE}/frames/1,1"), 400).await;
    let many: Vec<String> = (1..=10_001).map(|number| number.to_string()).collect();
    edge.client.get(&format!("{INSTANCE}/frames/{}", many.join(",")), 413).await;
}

#[tokio::test]
async fn a_part_of_the_instances_is_206_with_a_warning() {
    let edge = Edge::start().await;
    let send = |message| Ok(InstancesResponse { message: Some(message) });
    let header = |instances, not_acceptable| {
        instances_response::Message::Header(InstancesHeader {
            etag: "tag".into(),
            instances,
            not_acceptable,
            available_transfer_syntax_uids: vec!["1.2.840.10008.1.2.4.70".into()],
            ..InstancesHeader::default()
        })
    };
    let start = InstanceStart { resource: None, transfer_syntax_uid: ELE.into(), length: None };
    *edge.fakes.instances.lock().unwrap() = vec![
        send(header(1, 2)),
        send(instances_response::Message::Instance(start)),
        send(instances_response::Message::Chunk(Bytes::from_static(b"dicom"))),
    ];
    let answer = edge.client.get("/dicom-web/studies/1.1", 206).await;
    assert!(answer.header("warning").unwrap().starts_with("299 noctis \"2 "));
    assert_eq!(answer.parts()[0].body, "dicom");
    *edge.fakes.instances.lock().unwrap() = vec![send(header(0, 2))];
    let body = edge.client.get("/dicom-web/studies/1.1", 406).await.json();
    assert_eq!(
        body["supported"][0],
        "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.70"
    );
    *edge.fakes.instances.lock().unwrap() = vec![send(header(0, 0))];
    edge.client.get("/dicom-web/studies/1.1", 404).await;
}

#[tokio::test]
async fn metadata_is_one_array_compressed_or_not() {
    let edge = Edge::start().await;
    let prepared = |text: &str| {
        let pieces = vec![
            dataset::Piece::Json(format!("{{\"x\":\"{text}\",\"uri\":\"").into_bytes()),
            dataset::Piece::Base,
            dataset::Piece::Json(b"/studies/1\"}".to_vec()),
        ];
        Bytes::from(dataset::prepared::encode(&dataset::Metadata { pieces }))
    };
    let send = |message| Ok(MetadataResponse { message: Some(message) });
    let header = |instances| metadata_response::Message::Header(MetadataHeader { etag: "tag".into(), instances });
    let batch = |texts: &[&str]| {
        metadata_response::Message::Batch(MetadataBatch { prepared: texts.iter().map(|text| prepared(text)).collect() })
    };
    *edge.fakes.metadata.lock().unwrap() = vec![send(header(3)), send(batch(&["a", "b"])), send(batch(&["c"]))];

    let path = "/dicom-web/studies/1.1/metadata";
    let plain = edge.client.get(path, 200).await;
    let uri = format!("{}/dicom-web/studies/1", edge.client.base());
    let one = |text: &str| serde_json::json!({"x": text, "uri": uri});
    assert_eq!(plain.json(), serde_json::json!([one("a"), one("b"), one("c")]));
    assert_eq!(plain.content_type(), "application/dicom+json");

    let gzip = edge.client.request(Method::GET, path).header("accept-encoding", "gzip");
    let gzip = edge.client.send(gzip, 200).await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip.body[..]), &mut text).unwrap();
    assert_eq!(text.as_bytes(), &plain.body[..]);
    assert_ne!(gzip.header("etag"), plain.header("etag"));

    // An instance fewer than announced: the array must not look whole.
    *edge.fakes.metadata.lock().unwrap() = vec![send(header(3)), send(batch(&["a", "b"]))];
    assert!(!reads_to_its_end(&edge, path).await);
    *edge.fakes.metadata.lock().unwrap() = vec![send(header(0))];
    edge.client.get(path, 404).await;
}

#[tokio::test]
async fn a_client_that_goes_away_stops_the_stream() {
    let edge = Edge::start().await;
    *edge.fakes.pause.lock().unwrap() = Duration::from_millis(50);
    let many: Vec<_> = (1..=100).flat_map(|number| [frame(number, 1), chunk("x")]).collect();
    *edge.fakes.frames.lock().unwrap() = frames([vec![header(ELE)], many].concat());
    let list: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    let request = edge.client.request(Method::GET, &format!("{INSTANCE}/frames/{}", list.join(",")));
    let answer = request.header("accept", "*/*").send().await.unwrap();
    drop(answer);
    edge.client.get("/healthz", 200).await;
}
