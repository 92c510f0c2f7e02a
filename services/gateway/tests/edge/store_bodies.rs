//! Bodies of store requests: their forms, their bounds, and what is wrong with them.

use crate::fakes::{Edge, OnStore};
use gateway::{Config, StoreLimits};
use proto::ingest::v1::store_request::Message;
use reqwest::Method;
use rpc::{Code, Failure};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const ROOT: &str = "/dicom-web/studies";

impl Edge {
    async fn post(&self, path: &str, content_type: &str, body: &[u8], expected: u16) -> harness::Answer {
        let request = self.client.request(Method::POST, path).header("content-type", content_type).body(body.to_vec());
        self.client.send(request, expected).await
    }

    fn kinds(&self) -> String {
        let received = self.fakes.received.lock().unwrap();
        let kind = |message: &Message| match message {
            Message::Start(_) => 's',
            Message::PartStart(_) => '(',
            Message::Chunk(_) => '.',
            Message::PartEnd(_) => ')',
        };
        received.iter().map(kind).collect()
    }
}

async fn limited(store: StoreLimits) -> Edge {
    Edge::with(Config { store, ..Config::default() }, Default::default()).await
}

#[tokio::test]
async fn parts_are_forwarded_byte_for_byte_however_the_type_is_written() {
    let edge = Edge::start().await;
    for content_type in [
        "multipart/related; type=\"application/dicom\"; boundary=\"a b\"",
        "multipart/related;type=application/dicom;boundary=\"a b\"",
    ] {
        let body =
            b"--a b\r\nContent-Type: application/dicom\r\n\r\none\r\n--a bc\r\n--a b\r\n\r\n\0\xFF\r\n--a b--\r\n";
        edge.post(ROOT, content_type, body, 200).await;
        let chunks = edge.fakes.chunks().concat();
        assert_eq!(chunks, b"one\r\n--a bc\0\xFF");
        assert_eq!(edge.kinds().replace('.', ""), "s()()");
    }
}

#[tokio::test]
async fn one_instance_may_come_without_any_packaging() {
    let edge = Edge::start().await;
    edge.post("/dicom-web/studies/1.2.3", "application/dicom", b"an instance", 200).await;
    assert_eq!(edge.fakes.chunks().concat(), b"an instance");
    let received = edge.fakes.received.lock().unwrap().clone();
    let Message::Start(start) = &received[0] else { panic!("the start comes first") };
    assert_eq!(start.study_instance_uid, "1.2.3");
}

#[tokio::test]
async fn other_media_types_are_415_with_a_list() {
    let edge = Edge::start().await;
    for content_type in [
        "text/plain",
        "multipart/form-data; boundary=b",
        "multipart/related; type=\"application/dicom+json\"; boundary=b",
    ] {
        let body = edge.post(ROOT, content_type, b"--b--", 415).await.json();
        assert!(body["supported"][0].as_str().unwrap().contains("application/dicom"), "{content_type}");
    }
    let parts = b"--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--b--";
    edge.post(ROOT, "multipart/related; boundary=b", parts, 415).await;
    let coded = edge
        .client
        .request(Method::POST, ROOT)
        .header("content-type", "application/dicom")
        .header("content-encoding", "gzip");
    edge.client.send(coded.body("x"), 415).await;
}

#[tokio::test]
async fn a_part_of_another_type_fails_alone() {
    let edge = Edge::start().await;
    let body =
        b"--b\r\nContent-Type: image/jpeg\r\n\r\njpeg\r\n--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b--";
    let answer = edge.post(ROOT, "multipart/related; boundary=b", body, 202).await.json();
    assert_eq!(edge.fakes.chunks().concat(), b"one");
    assert_eq!(answer["0008119A"]["Value"][0]["00081197"]["Value"][0], 0xC000);
    assert_eq!(answer["00081199"]["Value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn malformed_bodies_are_400_and_what_was_complete_is_told() {
    let edge = Edge::start().await;
    let related = "multipart/related; boundary=b";
    edge.post(ROOT, "multipart/related; type=\"application/dicom\"", b"x", 400).await;
    edge.post(ROOT, related, b"no delimiter at all", 400).await;
    edge.post(ROOT, related, b"--b--\r\n", 400).await;
    edge.post(ROOT, related, b"", 400).await;
    let cut = b"--b\r\n\r\none\r\n--b\r\n\r\ntw";
    let body = edge.post(ROOT, related, cut, 400).await.json();
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains("before its closing") && detail.contains("1 complete instances"), "{detail}");
    assert_eq!(edge.kinds().replace('.', ""), "s()(", "the part that was cut has no end");
}

#[tokio::test]
async fn bounds_of_size_and_count_are_413() {
    let edge = limited(StoreLimits { max_request_bytes: 1000, max_parts: 2, ..StoreLimits::default() }).await;
    let announced = edge.post(ROOT, "application/dicom", &[0; 2000], 413).await;
    assert!(announced.json()["detail"].as_str().unwrap().contains("1000"));
    let chunks = std::iter::repeat_n(bytes::Bytes::from(vec![0; 100]), 20);
    edge.client.store_chunks(ROOT, harness::multipart_chunks(chunks), 413).await;
    edge.client.store(ROOT, [b"1", b"2", b"3"], 413).await;
    edge.client.store(ROOT, [b"1", b"2"], 200).await;
}

#[tokio::test]
async fn a_client_that_writes_all_before_it_reads_gets_its_refusal() {
    let edge = Edge::start().await;
    let head = "POST /dicom-web/studies HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 8388608\r\n\r\n";
    let mut connection = TcpStream::connect(edge.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&vec![b'x'; 8 << 20]).await.expect("the whole body is taken");
    let mut answer = vec![0; 4096];
    let length = connection.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 415"));
    // The connection is of use for the next request.
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut rest = String::new();
    connection.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 200"), "{rest}");
}

#[tokio::test]
async fn a_client_that_waits_for_leave_is_refused_before_it_sends() {
    let edge = Edge::start().await;
    let answer = edge
        .raw(b"POST /dicom-web/studies HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 99999999\r\nexpect: 100-continue\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    assert!(!answer.contains("100 Continue"));
}

#[tokio::test]
async fn a_client_that_stalls_is_given_up() {
    let edge = limited(StoreLimits { idle_seconds: 1, ..StoreLimits::default() }).await;
    let begun = std::time::Instant::now();
    let answer = edge
        .raw(b"POST /dicom-web/studies HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/dicom\r\ncontent-length: 100\r\n\r\nhalf")
        .await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(8), "what is not coming is not waited for");
    assert_eq!(edge.kinds().replace('.', ""), "s(", "the part has no end");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_part_without_its_end() {
    let edge = Edge::start().await;
    let mut connection = TcpStream::connect(edge.address).await.unwrap();
    let request = "POST /dicom-web/studies HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/dicom\r\ncontent-length: 100\r\n\r\nhalf";
    connection.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(connection);
    for _ in 0..50 {
        if edge.kinds().len() >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(edge.kinds().replace('.', ""), "s(");
}

#[tokio::test]
async fn a_service_that_fails_in_the_middle_ends_the_request() {
    let edge = Edge::start().await;
    *edge.fakes.on_store.lock().unwrap() =
        OnStore::FailAfter(3, Failure::new(Code::Unavailable, "the catalog is away").into());
    let chunks = std::iter::repeat_n(bytes::Bytes::from(vec![0; 64 << 10]), 200);
    let answer = edge.client.store_chunks(ROOT, harness::multipart_chunks(chunks), 503).await;
    assert_eq!(answer.json()["detail"], "the catalog is away");
}

/// The client is held back when the service takes no more: what lies between them stays small.
#[tokio::test]
async fn a_service_that_takes_no_more_holds_the_client_back() {
    let edge = Edge::start().await;
    *edge.fakes.on_store.lock().unwrap() = OnStore::Slow(Duration::from_secs(3600));
    let mut connection = TcpStream::connect(edge.address).await.unwrap();
    let head = "POST /dicom-web/studies HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/dicom\r\ntransfer-encoding: chunked\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![1; 1 << 20], b"\r\n"].concat();
    let mut sent = 0;
    while sent < 200 && tokio::time::timeout(Duration::from_secs(2), connection.write_all(&chunk)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 40, "{sent} MiB were taken from a client whose service takes nothing");
}
