//! Full, nearly full and missing storage: the sender is told to try again, and nothing breaks.

use super::deployment::{Deployment, as_refused, as_stored, config, message, name, part, request, start};
use harness::{Instance, Series};
use ingest::Config;
use proto::ingest::v1::{StoreResponse, store_request::Message, store_response::Outcome};
use rpc::Code;
use std::{path::PathBuf, process::Command};

/// A small file system of its own, in memory. Mounting needs root, as the whole test run does.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf, size: &str) -> Self {
        std::fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "noctis-test"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(mounted.success(), "cannot mount a tmpfs: the tests of a full archive need root");
        Self(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

fn is_stored(answer: &StoreResponse) -> bool {
    matches!(answer.outcome, Some(Outcome::Stored(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_little_space_left_requests_are_turned_away() {
    let deployment = Deployment::with(Config { minimum_free_bytes: u64::MAX, ..config() }).await;
    let (answers, failure) = deployment.send(request(&[Series::small(1).instance(1)])).await;
    assert!(answers.is_empty());
    assert_eq!(failure.unwrap().code, Code::Unavailable);
    assert_eq!(deployment.objects(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_archive_refuses_what_does_not_fit_and_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(folder.path().join("archive"), "3m");
    for buffered_instance_bytes in [1 << 20, 4096] {
        let catalog = tempfile::tempdir_in(folder.path()).unwrap();
        let config = Config { buffered_instance_bytes, writes_per_request: 1, ..config() };
        let path = catalog.path().to_owned();
        let deployment = Deployment::at(config, catalog, &path, &disk.0).await;
        let instances: Vec<Instance> = Series::ct(8).instances().collect();
        let (answers, failure) = deployment.send(request(&instances)).await;
        assert_eq!(failure, None);
        assert_eq!(answers.len(), 8);
        let (stored, refused): (Vec<_>, Vec<_>) =
            answers.iter().zip(&instances).partition(|(answer, _)| is_stored(answer));
        assert!(!stored.is_empty() && !refused.is_empty());
        for (answer, _) in &refused {
            let refused = as_refused(answer);
            assert_eq!((refused.reason, refused.transient), (0xA700, true));
        }
        for (_, instance) in &stored {
            assert_eq!(deployment.stored(&name(instance)).await, instance.bytes);
        }
        // Room again, and the sender tries again.
        for (_, instance) in &stored {
            deployment.delete(&uid::Resource::Instance(name(instance))).await.unwrap();
        }
        deployment.pass_seconds(deployment.config.removal_grace_seconds + 1);
        deployment.sweep().await;
        let (_, again) = refused[0];
        as_stored(&deployment.store(&[again]).await[0]);
        deployment.delete(&uid::Resource::Instance(name(again))).await.unwrap();
        deployment.pass_seconds(deployment.config.removal_grace_seconds + 1);
        deployment.sweep().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn space_that_runs_low_stops_a_large_part_before_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(folder.path().join("archive"), "16m");
    let catalog = tempfile::tempdir_in(folder.path()).unwrap();
    let config = Config { buffered_instance_bytes: 4096, minimum_free_bytes: 8 << 20, ..config() };
    let path = catalog.path().to_owned();
    let deployment = Deployment::at(config, catalog, &path, &disk.0).await;
    let large = harness::LargeMultiFrame::of_size(14 << 20);
    let small = Series::small(1).instance(1);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let answers = deployment.call(tokio_stream::wrappers::ReceiverStream::new(receiver)).await.unwrap();
    for message in std::iter::once(start("")).chain(part(&small.bytes)) {
        sender.send(message).await.unwrap();
    }
    let mut messages = part(&[]);
    let end = messages.pop().unwrap();
    sender.send(messages.pop().unwrap()).await.unwrap();
    for chunk in large.chunks() {
        sender.send(message(Message::Chunk(chunk))).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for message in std::iter::once(end).chain(part(&small.bytes)) {
        sender.send(message).await.unwrap();
    }
    drop(sender);
    let (answers, failure) = super::deployment::collect(answers).await;
    assert_eq!((answers.len(), failure), (3, None));
    as_stored(&answers[0]);
    let refused = as_refused(&answers[1]);
    assert_eq!((refused.reason, refused.transient), (0xA700, true));
    assert_eq!(deployment.stored(&name(&small)).await, small.bytes);
    deployment.sweep().await;
    let left = deployment.archive.free_bytes().await.unwrap().unwrap();
    assert!(left > 14 << 20, "the partial object is gone: {left} bytes free");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_went_away_is_never_the_fault_of_an_instance() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    let archive = deployment.folder.path().join("archive");
    std::fs::rename(&archive, deployment.folder.path().join("elsewhere")).unwrap();
    let (answers, failure) = deployment.send(request(&[&instance])).await;
    assert_eq!(failure.unwrap().code, Code::Unavailable);
    assert!(answers.iter().all(|answer| as_refused(answer).transient));
    assert!(matches!(deployment.find(&name(&instance)).await, Err(catalog::Error::NotFound)));

    std::fs::rename(deployment.folder.path().join("elsewhere"), &archive).unwrap();
    // What was found out about the storage holds for a moment.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    as_stored(&deployment.store(&[&instance]).await[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_cannot_be_written_is_never_the_fault_of_an_instance() {
    let outer = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(outer.path().join("catalog"), "4m");
    let folder = tempfile::tempdir_in(outer.path()).unwrap();
    let archive = folder.path().join("archive");
    let deployment = Deployment::at(config(), folder, &disk.0, &archive).await;
    let series = Series::small(4);
    as_stored(&deployment.store(&[series.instance(1)]).await[0]);

    let filler = disk.0.join("filler");
    drop(std::fs::write(&filler, vec![1; 8 << 20]));
    // What the catalog has room for in its own file goes on; then nothing more is acknowledged.
    let mut refused = None;
    for _ in 0..200 {
        let instance = Series { rows: 16, columns: 16, ..Series::ct(1) }.instance(1);
        let (answers, failure) = deployment.send(request(&[&instance])).await;
        if let Some(failure) = failure {
            assert_eq!(failure.code, Code::Unavailable);
            assert!(answers.iter().all(|answer| as_refused(answer).transient));
            refused = Some(instance);
            break;
        }
        as_stored(&answers[0]);
        assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
    }
    let refused = refused.expect("the catalog's file system is full");

    std::fs::remove_file(&filler).unwrap();
    as_stored(&deployment.store(&[&refused]).await[0]);
    assert_eq!(deployment.stored(&name(&refused)).await, refused.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_allowed_are_told_to_come_back() {
    let deployment = Deployment::with(Config { requests: 1, ..config() }).await;
    let instance = Series::small(1).instance(1);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let first = deployment.call(tokio_stream::wrappers::ReceiverStream::new(receiver)).await.unwrap();
    sender.send(start("")).await.unwrap();
    let (_, failure) = deployment.send(request(&[&instance])).await;
    assert_eq!(failure.unwrap().code, Code::Busy);
    for message in part(&instance.bytes) {
        sender.send(message).await.unwrap();
    }
    drop(sender);
    let (answers, failure) = super::deployment::collect(first).await;
    assert_eq!((answers.len(), failure), (1, None));
    as_stored(&deployment.store(&[&instance]).await[0]);
}
