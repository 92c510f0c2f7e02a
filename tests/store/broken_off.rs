//! Clients that go away or stand still in the middle of a request: nothing of it stays, and others are served.

use std::time::Duration;

use harness::{Instance, Series, Server, eventually, multipart_body, multipart_content_type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{ROOT, STUDIES, builder};

/// A server that writes even small instances as they come, so that a broken request leaves something to be cleaned up.
async fn start() -> Server {
    builder()
        .env("NOCTIS_INGEST__BUFFERED_INSTANCE_BYTES", "4096")
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1")
        .env("NOCTIS_GATEWAY__STORE__IDLE_SECONDS", "1")
        .start()
        .await
}

/// A connection on which the head of a store and the first bytes of its body were sent.
async fn begin(server: &Server, body: &[u8], sent: usize) -> TcpStream {
    let host = server.base().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST {STUDIES} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart_content_type("application/dicom"),
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&body[..sent]).await.unwrap();
    connection
}

/// Everything that still comes on a connection, or nothing if it was reset.
async fn rest(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = connection.read_to_end(&mut answer);
    drop(tokio::time::timeout(Duration::from_secs(30), reading).await.expect("the server ends the connection"));
    String::from_utf8_lossy(&answer).into_owned()
}

async fn assert_others_are_served(server: &Server) {
    let instance = Series::small(1).instance(1);
    server.client().store(STUDIES, [&instance], 200).await;
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    server.client().delete(&format!("{ROOT}{}", instance.path()), 204).await;
}

#[tokio::test]
async fn a_client_that_breaks_off_leaves_what_was_complete_and_nothing_else() {
    let server = start().await;
    let instances: Vec<Instance> = Series { rows: 256, columns: 256, ..Series::ct(2) }.instances().collect();
    let body = multipart_body(&instances);
    let first_only = multipart_body(&instances[..1]).len();
    // In the first instance, at its end, and in the second one.
    for (sent, kept) in [(1000, 0), (100_000, 0), (first_only + 1000, 1)] {
        drop(begin(&server, &body, sent).await);
        let path = format!("{ROOT}/instances");
        let client = server.client();
        eventually(
            || format!("not {kept} instances after {sent} bytes"),
            async || client.count(&path).await == kept && server.object_count().await == kept,
        )
        .await;
        // It stays so.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!((client.count(&path).await, server.object_count().await), (kept, kept), "after {sent} bytes");
    }
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instances[0].path())).await, instances[0].bytes);
    server.client().get(&format!("{ROOT}{}", instances[1].path()), 404).await;
    assert_others_are_served(&server).await;
}

#[tokio::test]
async fn a_client_that_stands_still_is_given_up_with_408() {
    let server = start().await;
    let body = multipart_body([Series::ct(1).instance(1)]);
    let stalled = begin(&server, &body, 200_000).await;
    assert_others_are_served(&server).await;
    let answer = rest(stalled).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("x-request-id"), "{answer}");
    assert_eq!(server.client().count(STUDIES).await, 0);
}

#[tokio::test]
async fn many_that_stand_still_do_not_stop_others() {
    let server = start().await;
    let body = multipart_body([Series::ct(1).instance(1)]);
    let mut stalled = Vec::new();
    for _ in 0..40 {
        stalled.push(begin(&server, &body, 50_000).await);
    }
    assert_others_are_served(&server).await;
    for connection in stalled {
        assert!(rest(connection).await.starts_with("HTTP/1.1 408 "));
    }
    let client = server.client();
    eventually(|| "some instances".to_owned(), async || client.count(STUDIES).await == 0).await;
}

#[tokio::test]
async fn a_slow_client_that_goes_on_is_served() {
    let server = start().await;
    let instance = Series::small(1).instance(1);
    let body = multipart_body([&instance]);
    let mut connection = begin(&server, &body, 100).await;
    // Longer than the limit in all, but never so long without a byte.
    for chunk in body[100..].chunks(body.len() / 6) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        connection.write_all(chunk).await.unwrap();
    }
    let answer = rest(connection).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
}
