//! Memory while a large instance is stored. Alone in its process, since it measures all of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "ingest/deployment.rs"]
mod deployment;

use deployment::{Deployment, as_stored, collect, message, start};
use futures::StreamExt as _;
use harness::{LargeMultiFrame, Memory};
use proto::ingest::v1::{PartEnd, PartStart, store_request::Message};
use uid::InstanceRef;

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_instance() {
    let deployment = Deployment::start().await;
    // The first request makes what stays: pools, caches, threads.
    store(&deployment, &LargeMultiFrame::of_size(4 * MIB)).await;

    let large = LargeMultiFrame::of_size(256 * MIB);
    let pid = std::process::id();
    Memory::reset_peak(pid);
    let before = Memory::of(pid);
    store(&deployment, &large).await;
    let grown = Memory::of(pid).peak.saturating_sub(before.resident);
    assert!(grown < 32 * MIB, "grew by {grown} bytes");

    let name = InstanceRef {
        study: large.study.parse().unwrap(),
        series: large.series.parse().unwrap(),
        instance: large.instance.parse().unwrap(),
    };
    let found = deployment.find(&name).await.unwrap();
    assert_eq!(found.length, large.length());
    let frame = large.frame_length() as u64;
    let last = deployment.archive.read(&found.key.parse().unwrap(), found.length - frame..found.length).await.unwrap();
    assert_eq!(last, large.frame(large.frames));
}

async fn store(deployment: &Deployment, object: &LargeMultiFrame) {
    let head = [start(""), message(Message::PartStart(PartStart {}))];
    let chunks = futures::stream::iter(object.chunks()).map(|chunk| message(Message::Chunk(chunk)));
    let end = [message(Message::PartEnd(PartEnd {}))];
    let messages = futures::stream::iter(head).chain(chunks).chain(futures::stream::iter(end));
    let (answers, failure) = collect(deployment.call(messages).await.unwrap()).await;
    assert_eq!((answers.len(), failure), (1, None));
    assert!(!as_stored(&answers[0]).already);
}
