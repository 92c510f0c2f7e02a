//! The archive over TLS, with an authority of its own.

use crate::place::{Place, options, pattern};
use archive::{Archive, Error, Key, S3Options};

#[tokio::test]
async fn an_authority_that_is_named_is_trusted_and_none_else() {
    let place = Place::new().await;
    let with = |ca_file| S3Options {
        endpoint: Some(place.server.tls_endpoint()),
        allow_http: false,
        ca_file,
        ..options(&place.server, &place.bucket)
    };
    let trusting = Archive::open_s3(with(Some(place.server.ca_file()))).await.unwrap();
    trusting.probe().await.unwrap();
    let (key, bytes) = (Key::fresh(), pattern(1_000_000));
    trusting.put(&key, vec![bytes.clone()]).await.unwrap();
    assert!(trusting.read(&key, 0..1_000_000).await.unwrap() == bytes);
    assert!(place.direct.read(&key, 0..1_000_000).await.unwrap() == bytes);

    let stranger = Archive::open_s3(with(None)).await.unwrap();
    let error = stranger.read(&key, 0..1).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_cannot_be_trusted_is_refused_when_the_archive_is_opened() {
    let place = Place::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (none, empty) = (folder.path().join("none"), folder.path().join("empty"));
    std::fs::write(&empty, "no certificate").unwrap();
    let base = || options(&place.server, &place.bucket);
    for wrong in [
        S3Options { ca_file: Some(none), ..base() },
        S3Options { ca_file: Some(empty), ..base() },
        S3Options { allow_http: false, ..base() },
    ] {
        assert!(matches!(Archive::open_s3(wrong).await, Err(Error::Settings { .. })));
    }
}
