//! SIGTERM: what is under way is finished, nothing new is taken.

use std::time::Duration;

use harness::{Series, Server, multipart_body, multipart_content_type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{ROOT, STUDIES, builder, start};

async fn begin(server: &Server, body: &[u8]) -> TcpStream {
    let host = server.base().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).await.unwrap();
    let content_type = multipart_content_type("application/dicom");
    let length = body.len();
    let head = format!(
        "POST {STUDIES} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&body[..body.len() / 2]).await.unwrap();
    connection
}

#[tokio::test]
async fn an_upload_under_way_is_finished() {
    let mut server = start().await;
    let series = Series::small(4);
    let body = multipart_body(series.instances());
    let mut connection = begin(&server, &body).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.signal("TERM");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let host = server.base().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&host).await.is_err(), "a new connection is taken");
    assert!(server.is_running(), "it waits for the upload");

    connection.write_all(&body[body.len() / 2..]).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let status = server.wait(Duration::from_secs(20)).await;
    assert!(status.success(), "{status}");

    let again = server.builder_again();
    drop(server);
    let server = again.start().await;
    for instance in series.instances() {
        assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test]
async fn an_upload_that_does_not_go_on_is_not_waited_for_for_ever() {
    let mut server = builder().env("NOCTIS_GATEWAY__SERVE__DRAIN_SECONDS", "1").start().await;
    let body = multipart_body(Series::small(4).instances());
    let connection = begin(&server, &body).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.signal("TERM");
    server.wait(Duration::from_secs(15)).await;
    drop(connection);
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    for signal in ["TERM", "INT"] {
        let mut server = start().await;
        let client = server.client(); // keeps its connection open
        client.store(STUDIES, [Series::small(1).instance(1)], 200).await;
        server.signal(signal);
        let status = server.wait(Duration::from_secs(5)).await;
        assert!(status.success(), "{signal}: {status}");
    }
}
