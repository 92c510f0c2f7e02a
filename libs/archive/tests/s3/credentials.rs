//! Credentials that are wrong, too weak, or change while they are in use.

use crate::place::{Place, eventually, is_unavailable, nothing_works, options, pattern};
use archive::{Archive, Error, Key, S3Access, S3Credentials, S3Options};
use harness::s3::{Identity, write_credentials};
use std::time::Duration;

#[tokio::test]
async fn wrong_credentials_make_nothing_absent() {
    let place = Place::new().await;
    let (key, _) = place.stored(10).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let (writer, secret) = Identity::Writer.keys();
    for (name, secret) in [(writer, "not-this"), ("nobody", secret)] {
        write_credentials(&path, name, secret);
        let archive =
            place.with(|options| S3Options { credentials: S3Credentials::File(path.clone()), ..options }).await;
        nothing_works(&archive, &key).await;
        let error = archive.read(&Key::fresh(), 0..1).await.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
        assert!(
            !shown.contains(secret) && !shown.contains(&key.to_string()) && !shown.contains("127.0.0.1"),
            "{shown}"
        );
        assert!(shown.contains("403"), "{shown}");
    }
    place.holds(&[key]).await;
}

#[tokio::test]
async fn a_reader_reads_and_is_ready_and_cannot_write() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(10).await;
    let credentials = S3Credentials::File(place.server.credentials_file(Identity::Reader));
    let with = |access| S3Options { access, credentials: credentials.clone(), ..options(&place.server, &place.bucket) };
    let reader = Archive::open_s3(with(S3Access::Read)).await.unwrap();
    reader.probe().await.unwrap();
    assert_eq!(reader.read(&key, 0..10).await.unwrap(), bytes);
    assert!(matches!(reader.read(&Key::fresh(), 0..1).await, Err(Error::Absent)));
    assert!(is_unavailable(&reader.put(&Key::fresh(), vec![pattern(1)]).await));
    assert!(is_unavailable(&reader.remove(&key).await));
    // One that has to write as well says so before it is tried.
    assert!(is_unavailable(&Archive::open_s3(with(S3Access::ReadWrite)).await.unwrap().probe().await));
    place.holds(&[key]).await;
}

#[tokio::test]
async fn a_rotated_file_is_taken_up_while_the_program_runs() {
    let place = Place::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let (writer, secret) = Identity::Writer.keys();
    write_credentials(&path, writer, "of-last-week");
    let archive = place.with(|options| S3Options { credentials: S3Credentials::File(path.clone()), ..options }).await;
    assert!(is_unavailable(&archive.probe().await));
    write_credentials(&path, writer, secret);
    eventually(Duration::from_secs(5), async || archive.probe().await.is_ok()).await;
    // Half written: the last ones stay in use.
    std::fs::write(&path, "[default]\naws_access_key_id = x\n").unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    archive.put(&Key::fresh(), vec![pattern(10)]).await.unwrap();
    // Taken away by rotation to those of someone who may not write.
    let (reader, secret) = Identity::Reader.keys();
    write_credentials(&path, reader, secret);
    eventually(Duration::from_secs(5), async || archive.put(&Key::fresh(), vec![pattern(10)]).await.is_err()).await;
}

#[tokio::test]
async fn an_archive_without_usable_credentials_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let role_arn = "arn:aws:iam::1:role/noctis".to_owned();
    for (credentials, says) in [
        (S3Credentials::File(folder.path().join("none")), "credentials file"),
        (S3Credentials::File(empty), "aws_access_key_id"),
        (
            S3Credentials::WebIdentity { token_file: folder.path().join("none"), role_arn, sts_endpoint: None },
            "token file",
        ),
    ] {
        let opened = Archive::open_s3(S3Options { credentials, ..S3Options::new("images") }).await;
        let Err(error @ Error::Settings { .. }) = opened else { panic!() };
        assert!(error.to_string().contains(says), "{error}");
    }
}
