//! How a store request is spoken over HTTP: Expect, early refusals, content codings, and the form of the answer.

use harness::{Series, multipart_body, multipart_content_type};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{ROOT, STUDIES, start};

async fn read_some(connection: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let length = connection.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it_or_the_refusal_at_once() {
    let server = start().await;
    let host = server.base().strip_prefix("http://").unwrap();
    let instance = Series::small(1).instance(1);
    let body = multipart_body([&instance]);
    for (content_type, expected) in [
        (multipart_content_type("application/dicom"), "HTTP/1.1 100 Continue"),
        ("text/plain".to_owned(), "HTTP/1.1 415 "),
    ] {
        let mut connection = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "POST {STUDIES} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Connection: close\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let first = read_some(&mut connection).await;
        assert!(first.starts_with(expected), "{first}");
        if first.contains("100 Continue") {
            connection.write_all(&body).await.unwrap();
            let answer = read_some(&mut connection).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
    }
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
}

#[tokio::test]
async fn a_client_that_sends_on_after_a_refusal_can_read_the_answer() {
    let server = start().await;
    let client = server.client();
    let large = vec![b'x'; 30 << 20];
    let request = client.request(Method::POST, STUDIES).header("content-type", "text/plain").body(large.clone());
    client.send(request, 415).await;
    let request = client.request(Method::POST, &format!("{STUDIES}/1.2.x")).header("content-type", "application/dicom");
    client.send(request.body(large), 400).await;
}

#[tokio::test]
async fn content_codings_are_not_taken() {
    let server = start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
    let coded = request.try_clone().unwrap().header("content-encoding", "gzip").body(instance.bytes.clone());
    client.send(coded, 415).await;
    let plain = request.header("content-encoding", "identity").body(instance.bytes.clone());
    client.send(plain, 200).await;
}

#[tokio::test]
async fn the_answer_comes_whatever_the_client_accepts() {
    let server = start().await;
    let client = server.client();
    for accept in ["*/*", "application/dicom+json", "application/json", "text/html", "image/png, */*;q=0.1"] {
        let instance = Series::small(1).instance(1);
        let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
        let answer = client.send(request.header("accept", accept).body(instance.bytes.clone()), 200).await;
        assert!(matches!(answer.content_type(), "application/dicom+json" | "application/json"), "{accept}");
        assert_eq!(
            answer.json()["00081199"]["Value"][0]["00081155"]["Value"][0],
            instance.instance.as_str(),
            "{accept}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}
