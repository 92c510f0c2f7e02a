//! The data folder belongs to one process at a time.

use std::process::Command;

use harness::Series;

use crate::{STUDIES, builder};

#[tokio::test]
async fn a_second_process_is_refused_and_the_first_goes_on() {
    let server = builder().embedded().start().await;
    let folder = server.data_dir().to_owned();
    let second = Command::new(env!("CARGO_BIN_EXE_noctis"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&folder)
        .output()
        .unwrap();
    assert!(!second.status.success(), "{}", second.status);
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(words.contains("in use") && words.contains(folder.to_str().unwrap()), "{words}");
    assert!(!String::from_utf8_lossy(&second.stdout).contains("listening on"));
    server.client().store(STUDIES, [Series::small(1).instance(1)], 200).await;
}

#[tokio::test]
async fn the_lock_goes_with_its_process_however_it_ends() {
    let server = builder().embedded().start().await;
    let instance = Series::small(1).instance(1);
    server.client().store(STUDIES, [&instance], 200).await;
    let server = server.kill().await.start().await;
    let server = server.restart().await;
    assert_eq!(server.client().stored(&format!("{}{}", crate::ROOT, instance.path())).await, instance.bytes);
}

#[tokio::test]
async fn only_its_owner_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let server = builder().embedded().data_dir(place.path().join("archive")).start().await;
    server.client().store(STUDIES, [Series::small(1).instance(1)], 200).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode(server.data_dir()), 0);
    assert!(server.objects().iter().all(|object| mode(object) == 0));
}
