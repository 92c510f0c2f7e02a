//! That the S3 server of the tests is what tests take it for.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use harness::s3::{Identity, Server};
use std::path::Path;

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn it_starts_stops_and_comes_back_and_leaves_nothing() {
    let mut server = Server::start().await;
    let bucket = server.bucket().await;
    let credentials = server.credentials_file(Identity::Reader);
    assert!(server.objects(&bucket).await.is_empty());
    let unsigned = reqwest::get(format!("{}/{bucket}/key", server.endpoint())).await.unwrap();
    assert_eq!(unsigned.status(), 403);

    let (first, endpoint) = (server.pid().unwrap(), server.endpoint());
    server.stop();
    assert!(!runs(first) && reqwest::get(&endpoint).await.is_err());
    server.resume().await;
    assert_eq!(server.endpoint(), endpoint);

    let second = server.pid().unwrap();
    drop(server);
    assert!(!runs(second) && !credentials.exists());
}

#[tokio::test]
async fn it_ends_with_a_test_that_panics() {
    let (send, receive) = std::sync::mpsc::channel();
    let failing = tokio::spawn(async move {
        let server = Server::start().await;
        send.send(server.pid().unwrap()).unwrap();
        panic!("as a failed assertion does");
    });
    assert!(failing.await.is_err());
    assert!(!runs(receive.recv().unwrap()));
}
