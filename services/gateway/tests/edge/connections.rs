//! Connections: shutdown, stalled readers, bounds.

use crate::fakes::Edge;
use bytes::Bytes;
use gateway::{Config, ServeLimits};
use hyper_util::rt::{TokioExecutor, TokioIo};
use proto::retrieve::v1::{FrameStart, FramesHeader, FramesResponse, frames_response::Message};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const FRAME: &str = "/dicom-web/studies/1.1/series/1.2/instances/1.3/frames/1";

async fn limited(serve: ServeLimits) -> Edge {
    Edge::with(Config { serve, ..Config::default() }, Default::default()).await
}

/// One frame in chunks of 512 KiB.
fn large_frame(edge: &Edge, chunks: u64) {
    let send = |message| Ok(FramesResponse { message: Some(message) });
    let syntax = "1.2.840.10008.1.2.1".to_owned();
    let header = FramesHeader { etag: "t".into(), transfer_syntax_uid: syntax, available_transfer_syntax_uids: vec![] };
    let mut script =
        vec![send(Message::Header(header)), send(Message::Frame(FrameStart { number: 1, length: chunks << 19 }))];
    let chunk = Bytes::from(vec![7; 512 << 10]);
    script.extend((0..chunks).map(|_| send(Message::Chunk(chunk.clone()))));
    *edge.fakes.frames.lock().unwrap() = script;
}

#[tokio::test]
async fn shutdown_lets_running_requests_finish() {
    let mut edge = Edge::start().await;
    large_frame(&edge, 8);
    *edge.fakes.pause.lock().unwrap() = Duration::from_millis(50);
    let running = tokio::spawn({
        let client = edge.client.clone();
        async move { client.get(FRAME, 200).await.body.len() }
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    drop(edge.shutdown.take());
    assert!(running.await.unwrap() > 8 << 19);
    edge.served.await.unwrap().unwrap();
    assert!(TcpStream::connect(edge.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let mut edge = limited(ServeLimits { drain_seconds: 1, ..ServeLimits::default() }).await;
    large_frame(&edge, 8);
    *edge.fakes.pause.lock().unwrap() = Duration::from_secs(30);
    let mut connection = TcpStream::connect(edge.address).await.unwrap();
    connection.write_all(format!("GET {FRAME} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(edge.shutdown.take());
    let begun = Instant::now();
    edge.served.await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let edge = limited(ServeLimits { stall_seconds: 1, ..ServeLimits::default() }).await;
    large_frame(&edge, 200);
    let mut connection = TcpStream::connect(edge.address).await.unwrap();
    connection.write_all(format!("GET {FRAME} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut answer = Vec::new();
    let ended = connection.read_to_end(&mut answer).await;
    assert!(ended.is_err() || answer.len() < 100 << 20, "{} bytes came after all", answer.len());
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let edge = limited(ServeLimits { head_seconds: 1, ..ServeLimits::default() }).await;
    let begun = Instant::now();
    let answer = edge.raw(b"GET / HTTP/1.1\r\nhost: loc").await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{answer}");
    let long = format!("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert!(edge.raw(long.as_bytes()).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let edge = limited(ServeLimits { max_connections: 2, ..ServeLimits::default() }).await;
    let first = TcpStream::connect(edge.address).await.unwrap();
    let _second = TcpStream::connect(edge.address).await.unwrap();
    let mut third = TcpStream::connect(edge.address).await.unwrap();
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = [0; 16];
    let waiting = tokio::time::timeout(Duration::from_millis(300), third.read(&mut answer)).await;
    assert!(waiting.is_err(), "the third waits");
    drop(first);
    let length = tokio::time::timeout(Duration::from_secs(5), third.read(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn head_is_answered_as_get_without_its_body() {
    let edge = Edge::start().await;
    large_frame(&edge, 1);
    let answer = edge.client.head(FRAME, 200).await;
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-length"), None, "a length that is not known is not made up");
    assert!(answer.header("etag").is_some() && answer.content_type().starts_with("multipart/related"));
    let missing = edge.client.head("/nothing", 404).await;
    assert!(missing.header("content-length").unwrap().parse::<u64>().unwrap() > 50);
}

#[tokio::test]
async fn http2_is_spoken_too() {
    let edge = Edge::start().await;
    let io = TokioIo::new(TcpStream::connect(edge.address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let address = format!("{}/dicom-web/studies", edge.client.base());
    let request = http::Request::get(address).body(http_body_util::Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
}
