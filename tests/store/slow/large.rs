//! An instance of 512 MiB goes in and out, and the server's memory does not grow with it.

use bytes::Bytes;
use harness::{Answer, LargeMultiFrame, Series, multipart_chunks};
use reqwest::Method;
use sha2::{Digest, Sha256};

use crate::{ROOT, STUDIES, start};

const SIZE: u64 = 512 << 20;
const MOST_GROWTH: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_of_512_mib_passes_in_bounded_memory() {
    let server = start().await;
    let client = server.client();
    // What a first request of each kind needs once is not counted.
    let small = Series::ct(1).instance(1);
    client.store(STUDIES, [&small], 200).await;
    client.stored(&format!("{ROOT}{}", small.path())).await;

    let large = LargeMultiFrame::of_size(SIZE);
    let path = format!("{ROOT}/studies/{}/series/{}/instances/{}", large.study, large.series, large.instance);
    let before = server.memory().resident;
    server.reset_peak_memory();
    let answer: Answer = client.store_chunks(STUDIES, multipart_chunks(large.chunks()), 200).await;
    assert_eq!(answer.store_response().only_warning(), None);
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < MOST_GROWTH, "storing took {} MiB", growth >> 20);

    server.reset_peak_memory();
    let request = client.request(Method::GET, &path).header("accept", "application/dicom; transfer-syntax=*");
    let mut received = request.send().await.unwrap().error_for_status().unwrap();
    let mut digest = Sha256::new();
    let mut length = 0;
    while let Some(chunk) = received.chunk().await.unwrap() {
        length += chunk.len() as u64;
        digest.update(&chunk);
    }
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < MOST_GROWTH, "retrieving took {} MiB", growth >> 20);
    assert_eq!(length, large.length());
    assert_eq!(digest.finalize(), digest_of(large.chunks()));

    server.reset_peak_memory();
    let frames = client
        .get_as(
            &format!("{path}/frames/1,{}", large.frames),
            "multipart/related; type=\"application/octet-stream\"",
            200,
        )
        .await
        .parts();
    assert_eq!(frames.len(), 2);
    assert!(frames[0].body == large.frame(1) && frames[1].body == large.frame(large.frames), "frames differ");
    let metadata = client.json(&format!("{path}/metadata")).await;
    assert_eq!(metadata[0]["00280008"]["Value"][0].as_u64(), Some(u64::from(large.frames)));
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < MOST_GROWTH, "two frames took {} MiB", growth >> 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deflated_instance_may_not_blow_up() {
    let server = start().await;
    let client = server.client();
    let series = Series::small(1).encoded(harness::TransferSyntax::Deflated);
    let mut set = series.data_set(1);
    // 256 MiB of nothing deflate to some 256 KiB.
    set.put(0x0009_1010, "OB", harness::Value::Bytes(vec![0; 256 << 20]));
    let instance = series.finish(set);
    assert!(instance.bytes.len() < 1 << 20);
    client.store(STUDIES, [&Series::small(1).instance(1)], 200).await;
    let before = server.memory().resident;
    server.reset_peak_memory();
    client.store(STUDIES, [&instance], 200).await;
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < MOST_GROWTH, "storing took {} MiB", growth >> 20);
    let back = client.stored(&format!("{ROOT}{}", instance.path())).await;
    assert!(back == instance.bytes, "stored bytes differ");
}

fn digest_of(chunks: impl Iterator<Item = Bytes>) -> sha2::digest::Output<Sha256> {
    let mut digest = Sha256::new();
    chunks.for_each(|chunk| digest.update(&chunk));
    digest.finalize()
}
