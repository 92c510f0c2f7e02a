//! A multi-frame object of 512 MiB: one frame costs one ranged read, wherever it lies.

use std::time::Duration;

use harness::{LargeMultiFrame, Server, eventually, multipart_chunks};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{ROOT, STUDIES, builder};

const ANY: &str = "multipart/related; type=application/octet-stream; transfer-syntax=*";
/// A frame has 512 KiB; pages of the catalog and read-ahead are in the rest.
const MOST_READ: u64 = 2 << 20;
const MOST_GROWTH: u64 = 64 << 20;

/// Bytes that the process has read by system calls since its start.
fn bytes_read(server: &Server) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", server.pid())).unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

async fn holding(object: &LargeMultiFrame) -> (Server, String) {
    let server = builder().start().await;
    server.client().store_chunks(STUDIES, multipart_chunks(object.chunks()), 200).await;
    let path = format!("{ROOT}/studies/{}/series/{}/instances/{}", object.study, object.series, object.instance);
    (server, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_costs_the_same_and_broken_off_reads_do_no_harm() {
    let object = LargeMultiFrame::of_size(512 << 20);
    let (server, path) = holding(&object).await;
    let client = server.client();
    client.get_as(&format!("{path}/frames/1"), ANY, 200).await;

    for frame in [1, object.frames / 2, object.frames] {
        let before = bytes_read(&server);
        let parts = client.get_as(&format!("{path}/frames/{frame}"), ANY, 200).await.parts();
        let read = bytes_read(&server) - before;
        assert!(parts[0].body == object.frame(frame), "frame {frame} is not what was stored");
        assert!(read < MOST_READ, "frame {frame} took a read of {} KiB", read >> 10);
    }
    let before = bytes_read(&server);
    let range = client.request(reqwest::Method::GET, &path).header("accept", "application/dicom");
    let last = client.send(range.header("range", "bytes=-100"), 206).await.body;
    assert_eq!(last, object.frame(object.frames)[512 * 1024 - 100..]);
    assert!(bytes_read(&server) - before < MOST_READ);
    let metadata = client.get(&format!("{path}/metadata"), 200).await;
    assert!(metadata.body.len() < 16 << 10 && bytes_read(&server) - before < 2 * MOST_READ);

    break_off_many(&server, &path, object.frames).await;
}

/// Fifty clients ask for the whole object frame by frame, read a little and go away.
async fn break_off_many(server: &Server, path: &str, frames: u32) {
    server.reset_peak_memory();
    let before = (server.memory().resident, bytes_read(server));
    let list: Vec<String> = (1..=frames).map(|frame| frame.to_string()).collect();
    let host = server.base().strip_prefix("http://").unwrap();
    let request = format!("GET {path}/frames/{} HTTP/1.1\r\nHost: {host}\r\nAccept: {ANY}\r\n\r\n", list.join(","));
    let mut connections = Vec::new();
    for _ in 0..50 {
        let mut connection = TcpStream::connect(host).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        connections.push(connection);
    }
    for connection in &mut connections {
        let mut begin = [0; 4096];
        connection.read_exact(&mut begin).await.unwrap();
        assert!(begin.starts_with(b"HTTP/1.1 200 "));
    }
    drop(connections);

    let client = server.client();
    let in_flight = async || {
        let metrics = client.get("/metrics", 200).await;
        metrics.text().lines().any(|line| line == "noctis_http_requests_in_flight 1")
    };
    eventually(|| "requests under way".to_owned(), in_flight).await;
    let read = bytes_read(server) - before.1;
    assert!(read < 50 * (32 << 20), "{} MiB were read for nobody", read >> 20);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let settled = bytes_read(server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(bytes_read(server) - settled < 1 << 20, "reading goes on for clients that have gone");
    let growth = server.memory().peak.saturating_sub(before.0);
    assert!(growth < 4 * MOST_GROWTH, "{} MiB for fifty readers", growth >> 20);
    client.get_as(&format!("{path}/frames/7"), ANY, 200).await;
}
