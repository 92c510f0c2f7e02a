//! What only the folder archive promises: what it leaves on the disk, and how it fails when the disk is away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use archive::{Archive, Error, Key};
use bytes::Bytes;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn files_below(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for shard in fs::read_dir(path).unwrap() {
        for file in fs::read_dir(shard.unwrap().path()).unwrap() {
            names.push(file.unwrap().file_name().into_string().unwrap());
        }
    }
    names
}

#[tokio::test]
async fn an_object_is_one_file_for_the_owner_only_at_its_key() {
    let place = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(place.path()).await.unwrap();
    let key = Key::fresh();
    archive.put(&key, vec![Bytes::from_static(b"object")]).await.unwrap();
    let path = place.path().join(key.to_string());
    assert_eq!(fs::read(&path).unwrap(), b"object");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files_below(place.path()).len(), 1);
    archive.remove(&key).await.unwrap();
    assert_eq!(files_below(place.path()).len(), 0);
}

#[tokio::test]
async fn objects_outlive_the_one_who_wrote_them() {
    let place = tempfile::tempdir().unwrap();
    let key = Key::fresh();
    let path = place.path().join("deep/objects");
    Archive::open_folder(&path).await.unwrap().put(&key, vec![Bytes::from_static(b"object")]).await.unwrap();
    let again = Archive::open_folder(&path).await.unwrap();
    assert_eq!(again.read(&key, 0..6).await.unwrap(), "object");
}

#[tokio::test]
async fn a_disk_that_went_away_is_unavailable_and_its_objects_are_not_absent() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("objects");
    let archive = Archive::open_folder(&path).await.unwrap();
    let key = Key::fresh();
    archive.put(&key, vec![Bytes::from_static(b"object")]).await.unwrap();
    let away = place.path().join("away");
    fs::rename(&path, &away).unwrap();
    // What an unmounted disk leaves: the empty folder it was mounted on.
    fs::create_dir(&path).unwrap();

    assert!(matches!(archive.read(&key, 0..6).await, Err(Error::Unavailable { .. })));
    assert!(matches!(archive.remove(&key).await, Err(Error::Unavailable { .. })));
    assert!(matches!(archive.probe().await, Err(Error::Unavailable { .. })));
    assert!(matches!(archive.put(&Key::fresh(), vec![]).await, Err(Error::Unavailable { .. })));

    fs::remove_dir(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    archive.probe().await.unwrap();
    assert_eq!(archive.read(&key, 0..6).await.unwrap(), "object");
}

#[tokio::test]
async fn a_path_that_cannot_be_a_folder_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(Archive::open_folder(&file).await.is_err());
    assert!(Archive::open_folder(&file.join("below")).await.is_err());
}

#[test]
fn a_full_disk_is_told_from_one_that_is_away() {
    let (no_space, quota_used_up, input_output) = (28, 122, 5);
    let error = |code| Error::from(std::io::Error::from_raw_os_error(code));
    assert!(matches!(error(no_space), Error::Full));
    assert!(matches!(error(quota_used_up), Error::Full));
    assert!(matches!(error(input_output), Error::Unavailable { .. }));
}
