//! A server that stops and comes back, and a bucket that is not there.

use crate::place::{Place, RETRY, gather, is_unavailable, nothing_works, options, pattern};
use archive::{Archive, Error, Key};
use harness::s3::Server;
use std::time::{Duration, Instant};

/// The archive must be back this soon after the server.
const BACK: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_unavailable_and_its_return_is_noticed() {
    let mut server = Server::start().await;
    let bucket = server.bucket().await;
    let archive = Archive::open_s3(options(&server, &bucket)).await.unwrap();
    let (key, bytes) = (Key::fresh(), pattern(3_000_000));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();

    server.stop();
    let start = Instant::now();
    nothing_works(&archive, &key).await;
    assert!(start.elapsed() < RETRY * 2 + Duration::from_secs(1), "{:?}", start.elapsed());

    server.resume().await;
    let back = Instant::now();
    while archive.probe().await.is_err() {
        assert!(back.elapsed() < BACK);
    }
    assert!(gather(&archive, &key, 0..3_000_000).await.unwrap() == bytes);
    archive.put(&Key::fresh(), vec![bytes.clone()]).await.unwrap();
    assert!(back.elapsed() < BACK, "{:?}", back.elapsed());

    server.freeze();
    let start = Instant::now();
    nothing_works(&archive, &key).await;
    assert!(start.elapsed() < RETRY * 2 + Duration::from_secs(1), "{:?}", start.elapsed());
    server.thaw().await;
    let back = Instant::now();
    loop {
        match archive.read(&key, 0..3_000_000).await {
            Ok(read) => break assert!(read == bytes),
            Err(error) => assert!(
                matches!(error, Error::Unavailable { .. }) && back.elapsed() < BACK,
                "{error:?} {:?}",
                back.elapsed()
            ),
        }
    }
}

#[tokio::test]
async fn what_is_under_way_while_the_server_restarts_is_finished() {
    let mut server = Server::start().await;
    let bucket = server.bucket().await;
    let patient = archive::S3Options { retry_for: Duration::from_secs(60), ..options(&server, &bucket) };
    let archive = Archive::open_s3(patient).await.unwrap();
    let (key, bytes) = (Key::fresh(), pattern(1_000_000));
    server.stop();
    let put = tokio::spawn({
        let (archive, bytes) = (archive.clone(), bytes.clone());
        async move { archive.put(&key, vec![bytes]).await }
    });
    server.resume().await;
    put.await.unwrap().unwrap();
    assert!(archive.read(&key, 0..1_000_000).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_no_absent_object() {
    let place = Place::new().await;
    let archive = Archive::open_s3(options(&place.server, "never-made-bucket")).await.unwrap();
    let key = Key::fresh();
    assert!(is_unavailable(&archive.read(&key, 0..1).await));
    assert!(is_unavailable(&archive.read(&key, 0..0).await));
    assert!(is_unavailable(&gather(&archive, &key, 0..1).await));
    assert!(is_unavailable(&archive.create(&key).await.map(|_| ())));
    assert!(is_unavailable(&archive.put(&key, vec![pattern(1)]).await));
    assert!(is_unavailable(&archive.probe().await));
    assert!(matches!(place.archive.read(&key, 0..1).await, Err(Error::Absent)));
}
