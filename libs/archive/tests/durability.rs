//! That a write is answered only after the object and then its folder were synced, seen from outside by strace:
//! a crash of the process alone would not show a missing sync.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use archive::{Archive, Key};
use bytes::Bytes;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Set for the process that strace watches: the folder that it opens as an archive.
const FOLDER: &str = "NOCTIS_TEST_WATCHED_ARCHIVE";

/// Does nothing unless it is run by [`calls_while`].
#[tokio::test]
async fn put_under_watch() {
    let Some(path) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let archive = Archive::open_folder(&path).await.unwrap();
    archive.put(&Key::fresh(), vec![Bytes::from_static(b"first"), Bytes::from_static(b"second")]).await.unwrap();
    // Seen in the trace: the moment at which the caller knows.
    fs::write(path.join("answered"), b"").unwrap();
}

/// Does nothing unless it is run by [`calls_while`].
#[tokio::test]
async fn upload_under_watch() {
    let Some(path) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let archive = Archive::open_folder(&path).await.unwrap();
    let mut upload = archive.create(&Key::fresh()).await.unwrap();
    for _ in 0..6 {
        upload.write(Bytes::from(vec![7; 400_000])).await.unwrap();
    }
    upload.finish().await.unwrap();
    fs::write(path.join("answered"), b"").unwrap();
}

/// Runs one of the tests above under strace: the calls on files below its archive, as `(call, path)` in order.
fn calls_while(test: &str, path: &Path) -> Vec<(String, String)> {
    let trace = path.with_extension("strace");
    let status = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=openat,mkdir,write,writev,fsync,fdatasync,rename,renameat,renameat2,linkat"])
        .arg("-o")
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--test-threads=1"])
        .env(FOLDER, path)
        .output()
        .expect("strace is missing: run tests/setup.sh");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let root = path.to_str().unwrap();
    let lines = fs::read_to_string(trace).unwrap();
    lines.lines().filter_map(|line| call(line, root)).collect()
}

/// Takes a line such as `12 fsync(9</root/ab>) = 0`. The end of a call that another thread interrupted stands on a line
/// of its own, which names no file: the beginning is enough for what has to come after it, and the syncs are
/// waited for by the thread that made them.
fn call(line: &str, root: &str) -> Option<(String, String)> {
    let (_process, call) = line.split_once(' ')?;
    let (name, arguments) = call.trim_start().split_once('(')?;
    let at = arguments.find(root)?;
    let path = &arguments[at + root.len()..];
    let path = path.split(['>', '"']).next()?.trim_start_matches('/');
    Some((name.to_owned(), path.to_owned()))
}

fn position(calls: &[(String, String)], name: &str, path: &str) -> usize {
    calls
        .iter()
        .position(|(call, of)| call == name && of == path)
        .unwrap_or_else(|| panic!("no {name} of {path:?} in {calls:#?}"))
}

fn assert_durable_order(test: &str) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("objects");
    let calls = calls_while(test, &path);

    let (_, object) = calls.iter().find(|(call, _)| call == "writev").expect("the object is written");
    let (shard, _) = object.split_once('/').unwrap();
    let opened = position(&calls, "openat", object);
    let written = calls.iter().rposition(|(call, of)| call == "writev" && of == object).unwrap();
    let object_synced = position(&calls, "fsync", object);
    let folder_synced = position(&calls, "fsync", shard);
    let answered = position(&calls, "openat", "answered");
    assert!(opened < written && written < object_synced, "{calls:#?}");
    assert!(object_synced < folder_synced && folder_synced < answered, "{calls:#?}");

    let shard_made = position(&calls, "mkdir", shard);
    let root_synced = position(&calls, "fsync", "");
    assert!(shard_made < root_synced && root_synced < opened, "{calls:#?}");
    assert!(!calls.iter().any(|(call, _)| call.starts_with("rename") || call == "linkat"), "{calls:#?}");
}

#[test]
fn an_object_put_is_synced_then_its_folder_then_the_answer() {
    assert_durable_order("put_under_watch");
}

#[test]
fn an_upload_is_synced_then_its_folder_then_the_answer() {
    assert_durable_order("upload_under_watch");
}
