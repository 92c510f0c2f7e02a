//! A disk that is full or nearly so: stores are refused clearly, reads go on, and nothing acknowledged is lost.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use harness::{Instance, Series, eventually, multipart_body, multipart_content_type};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

/// A file system of its own in memory. Needs root.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn of_mib(size: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={size}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "noctis-test"]).arg(folder.path()).status();
        assert!(mount.is_ok_and(|status| status.success()), "a tmpfs cannot be mounted: these tests need root");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["--lazy"]).arg(self.path()).status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_stores_loses_nothing_and_goes_on_when_there_is_space() {
    let disk = SmallDisk::of_mib(48);
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 16 << 20]).unwrap();
    let server = builder()
        .embedded()
        .data_dir(disk.path().join("archive"))
        .env("NOCTIS_INGEST__MINIMUM_FREE_BYTES", "0")
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1")
        // Where the catalog was full as well, the intent of a refused store could not be ended and is left to grow stale.
        .env("NOCTIS_INGEST__HEARTBEAT_SECONDS", "1")
        .env("NOCTIS_INGEST__STALE_SECONDS", "3")
        .start()
        .await;
    let client = server.client();
    let series = Series::ct(200);
    let mut acknowledged: Vec<Instance> = Vec::new();
    let mut refusals = 0;
    for instance in series.instances() {
        let request = client
            .request(Method::POST, STUDIES)
            .header("content-type", multipart_content_type("application/dicom"))
            .body(multipart_body([&instance]));
        let answer = request.send().await.unwrap();
        match answer.status().as_u16() {
            200 => acknowledged.push(instance),
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                refusals += 1;
            }
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
        if refusals > 10 {
            break;
        }
    }
    assert!(refusals > 10 && acknowledged.len() > 20, "{} stored, {refusals} refused", acknowledged.len());
    for instance in &acknowledged {
        assert!(client.stored(&format!("{ROOT}{}", instance.path())).await == instance.bytes);
    }
    assert_eq!(client.find_instances(&format!("{ROOT}/instances")).await.len(), acknowledged.len());

    std::fs::remove_file(&ballast).unwrap();
    let late = Series::small(1).instance(1);
    eventually(
        || "refused after space came back".to_owned(),
        async || {
            let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
            request.body(late.bytes.clone()).send().await.is_ok_and(|answer| answer.status() == 200)
        },
    )
    .await;
    acknowledged.push(late);
    server.wait_for_objects(acknowledged.len()).await;

    let server = server.restart().await;
    for instance in &acknowledged {
        assert!(server.client().stored(&format!("{ROOT}{}", instance.path())).await == instance.bytes);
    }
    assert_eq!(server.objects().len(), acknowledged.len());
}

#[tokio::test]
async fn low_space_refuses_stores_before_anything_breaks() {
    let server = builder().embedded().env("NOCTIS_INGEST__MINIMUM_FREE_BYTES", "0").start().await;
    let kept = Series::small(1).instance(1);
    server.client().store(STUDIES, [&kept], 200).await;

    let builder = server.kill().await.env("NOCTIS_INGEST__MINIMUM_FREE_BYTES", (1_u64 << 60).to_string());
    let server = builder.start().await;
    let client = server.client();
    let answer = client.store(STUDIES, [Series::small(1).instance(1)], 503).await;
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
    assert_eq!(client.stored(&format!("{ROOT}{}", kept.path())).await, kept.bytes);
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 1);
    client.delete(&format!("{ROOT}{}", kept.path()), 204).await;
}

#[tokio::test]
async fn space_that_runs_low_in_a_request_fails_the_rest_of_it_only() {
    let disk = SmallDisk::of_mib(64);
    let server = builder()
        .embedded()
        .data_dir(disk.path().join("archive"))
        .env("NOCTIS_INGEST__MINIMUM_FREE_BYTES", (20 << 20).to_string())
        .start()
        .await;
    let client = server.client();
    let series = Series::ct(3);
    let ballast: PathBuf = disk.path().join("ballast");
    // The request is slow, and in the middle of it the disk fills up.
    let body = multipart_body(series.instances());
    let half = body.len() / 2;
    let (head, tail) = (body[..half].to_vec(), body[half..].to_vec());
    let filling = ballast.clone();
    let stream = futures::stream::unfold(0, move |step| {
        let (head, tail, filling) = (head.clone(), tail.clone(), filling.clone());
        async move {
            match step {
                0 => Some((Ok::<_, std::io::Error>(head), 1)),
                1 => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    std::fs::write(&filling, vec![0; 44 << 20]).unwrap();
                    Some((Ok(tail), 2))
                }
                _ => None,
            }
        }
    });
    let request = client
        .request(Method::POST, STUDIES)
        .header("content-type", multipart_content_type("application/dicom"))
        .body(reqwest::Body::wrap_stream(stream));
    let response = client.send(request, 202).await.store_response();
    assert_eq!(response.stored.len(), 2, "{response:?}");
    assert_eq!(response.reasons().collect::<Vec<_>>(), [0xA700], "out of resources");
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 2);
}
