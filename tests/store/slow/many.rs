//! Many instances in one request, and many large ones at once: memory stays bounded.

use futures::future::join_all;
use harness::{LargeMultiFrame, Series, multipart_chunks};

use crate::{ROOT, STUDIES, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_thousand_instances_in_one_request() {
    let server = start().await;
    let client = server.client();
    client.store(STUDIES, Series::small(20).instances(), 200).await;
    let series = Series { rows: 16, columns: 16, ..Series::ct(3000) };
    let before = server.memory().resident;
    server.reset_peak_memory();
    let response = client.store(STUDIES, series.instances(), 200).await.store_response();
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < 128 << 20, "storing took {} MiB", growth >> 20);
    assert_eq!(response.stored.len(), 3000);
    let found = client.find_instances(&format!("{STUDIES}/{}/instances", series.study)).await;
    assert_eq!(found.len(), 3000);
    assert_eq!(server.objects().len(), 3020);
    for number in [1, 100, 101, 1500, 3000] {
        let instance = series.instance(number);
        assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_large_instances_at_once() {
    let server = start().await;
    let client = server.client();
    client.store(STUDIES, [&Series::ct(1).instance(1)], 200).await;
    let before = server.memory().resident;
    server.reset_peak_memory();
    join_all((0..8).map(|_| {
        let client = client.clone();
        async move {
            let large = LargeMultiFrame::of_size(96 << 20);
            client.store_chunks(STUDIES, multipart_chunks(large.chunks()), 200).await;
        }
    }))
    .await;
    let growth = server.memory().peak.saturating_sub(before);
    assert!(growth < 128 << 20, "storing took {} MiB", growth >> 20);
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 8 + 1);
}
