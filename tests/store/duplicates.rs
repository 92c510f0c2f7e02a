//! The same SOP Instance UID again (PS3.18 leaves open what happens): the same bytes succeed, other bytes follow the policy.

use harness::{Instance, Series, Server};

use crate::{ROOT, STUDIES, builder, start, start_removing_at_once};

const DUPLICATE: u64 = 0x0111;
const DISCARDED: u64 = 0xB006;

/// The instance with other pixels and another description.
fn changed(series: &Series) -> Instance {
    Series { series_description: "Another one".to_owned(), seed: 7, ..series.clone() }.instance(1)
}

async fn assert_kept(server: &Server, kept: &Instance) {
    assert_eq!(server.client().stored(&format!("{ROOT}{}", kept.path())).await, kept.bytes);
    assert_eq!(server.client().count(&format!("{ROOT}/instances")).await, 1);
}

#[tokio::test]
async fn the_same_bytes_again_are_a_success_and_stored_once() {
    let server = start_removing_at_once().await;
    let instance = Series::small(1).instance(1);
    let first = server.client().store(STUDIES, [&instance], 200).await.store_response();
    let again = server.client().store(STUDIES, [&instance], 200).await.store_response();
    assert_eq!(first, again);
    let twice = server.client().store(STUDIES, [&instance, &instance], 200).await.store_response();
    assert_eq!(twice.stored.len(), 2);
    assert_kept(&server, &instance).await;
    server.wait_for_objects(1).await;
}

#[tokio::test]
async fn twice_in_one_request_is_one_instance() {
    let server = start_removing_at_once().await;
    let series = Series::small(1);
    let (one, other) = (series.instance(1), changed(&series));
    let response = server.client().store(STUDIES, [&one, &one, &other], 202).await.store_response();
    assert_eq!((response.stored.len(), response.failed.len()), (2, 1));
    assert_eq!(response.failed[0].reason, DUPLICATE);
    assert_kept(&server, &one).await;
    server.wait_for_objects(1).await;
}

#[tokio::test]
async fn other_bytes_are_refused_and_the_first_stays() {
    let server = start_removing_at_once().await;
    let series = Series::small(1);
    let (first, other) = (series.instance(1), changed(&series));
    server.client().store(STUDIES, [&first], 200).await;
    let response = server.client().store(STUDIES, [&other], 409).await.store_response();
    assert_eq!((response.only_reason(), &*response.failed[0].instance), (DUPLICATE, &*first.instance));
    assert_kept(&server, &first).await;
    server.wait_for_objects(1).await;
}

#[tokio::test]
async fn the_same_uid_in_another_study_or_series_is_refused() {
    let server = start().await;
    let series = Series::small(1);
    let first = series.instance(1);
    server.client().store(STUDIES, [&first], 200).await;
    for other in [series.sibling(1), Series::small(1)] {
        let mut set = other.data_set(1);
        set.text(0x0008_0018, "UI", &first.instance);
        let other = other.finish(set);
        let response = server.client().store(STUDIES, [&other], 409).await.store_response();
        assert_eq!(response.only_reason(), DUPLICATE);
        server.client().get(&format!("{ROOT}{}", other.path()), 404).await;
    }
    assert_kept(&server, &first).await;
    assert_eq!(server.client().count(STUDIES).await, 1);
    assert_eq!(server.client().count(&format!("{ROOT}/series")).await, 1);
}

#[tokio::test]
async fn keep_first_answers_with_a_warning() {
    let server = builder().env("NOCTIS_INGEST__DUPLICATES", "keep-first").start().await;
    let series = Series::small(1);
    let (first, other) = (series.instance(1), changed(&series));
    server.client().store(STUDIES, [&first], 200).await;
    let response = server.client().store(STUDIES, [&other], 202).await.store_response();
    assert_eq!(response.only_warning(), Some(DISCARDED));
    assert_kept(&server, &first).await;
}

#[tokio::test]
async fn replace_makes_a_new_version_that_no_cache_can_hide() {
    let server = builder()
        .env("NOCTIS_INGEST__DUPLICATES", "replace")
        .env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", "1")
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1")
        .start()
        .await;
    let client = server.client();
    let series = Series::small(1);
    let (first, other) = (series.instance(1), changed(&series));
    let path = format!("{ROOT}{}", first.path());
    client.store(STUDIES, [&first], 200).await;
    let tag = client.get(&path, 200).await.header("etag").expect("an ETag").to_owned();
    let unchanged = client.request(reqwest::Method::GET, &path).header("if-none-match", &tag);
    client.send(unchanged, 304).await;

    client.store(STUDIES, [&other], 200).await;
    let asked = client.request(reqwest::Method::GET, &path).header("if-none-match", &tag);
    let fresh = client.send(asked.header("accept", harness::AS_STORED), 200).await;
    assert_eq!(fresh.parts()[0].body, other.bytes);
    let metadata = client.json(&format!("{path}/metadata")).await;
    assert_eq!(metadata[0]["0008103E"]["Value"][0], "Another one");
    let found = client.json(&format!("{ROOT}{}/instances", series.path())).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_kept(&server, &other).await;
    server.wait_for_objects(1).await;
}
