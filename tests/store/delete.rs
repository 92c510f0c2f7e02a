//! Deletion of studies, series and instances: 204, then 404 everywhere, and after the grace period the objects are gone.

use harness::{Client, Instance, Series, Server};

use crate::{ROOT, STUDIES, builder, start, start_removing_at_once};

struct Stored {
    server: Server,
    client: Client,
    first: Series,
    second: Series,
}

/// A study of two series with three instances each, and another study.
async fn stored() -> Stored {
    let server = start_removing_at_once().await;
    let client = server.client();
    let first = Series::small(3);
    let second = first.sibling(3);
    let instances: Vec<Instance> = first.instances().chain(second.instances()).collect();
    client.store(STUDIES, instances, 200).await;
    client.store(STUDIES, [Series::small(1).instance(1)], 200).await;
    Stored { server, client, first, second }
}

impl Stored {
    /// Studies, series and instances that searches show.
    async fn counts(&self) -> (usize, usize, usize) {
        let client = &self.client;
        let (series, instances) = (format!("{ROOT}/series"), format!("{ROOT}/instances"));
        (client.count(STUDIES).await, client.count(&series).await, client.count(&instances).await)
    }

    /// What the study's row counts: series and instances.
    async fn study_counts(&self) -> (u64, u64) {
        let rows = self.client.json(&format!("{STUDIES}?StudyInstanceUID={}", self.first.study)).await;
        let number = |tag: &str| rows[0][tag]["Value"][0].as_u64().unwrap_or_else(|| panic!("no {tag}: {rows}"));
        (number("00201206"), number("00201208"))
    }

    async fn assert_gone(&self, path: &str) {
        for path in [path.to_owned(), format!("{path}/metadata"), format!("{path}/bulkdata")] {
            self.client.get(&format!("{ROOT}{path}"), 404).await;
        }
        self.client.delete(&format!("{ROOT}{path}"), 404).await;
    }
}

#[tokio::test]
async fn an_instance() {
    let stored = stored().await;
    let instance = stored.first.instance(2);
    let answer = stored.client.delete(&format!("{ROOT}{}", instance.path()), 204).await;
    assert!(answer.body.is_empty());
    stored.assert_gone(&instance.path()).await;
    stored.client.get(&format!("{ROOT}{}/frames/1", instance.path()), 404).await;
    assert_eq!(stored.counts().await, (2, 3, 6));
    assert_eq!(stored.study_counts().await, (2, 5));
    let rest = stored.client.get_as(&format!("{ROOT}{}", stored.first.path()), harness::AS_STORED, 200).await.parts();
    let rest: Vec<_> = rest.into_iter().map(|part| part.body).collect();
    assert_eq!(rest, [stored.first.instance(1).bytes, stored.first.instance(3).bytes]);
    stored.server.wait_for_objects(6).await;
}

#[tokio::test]
async fn a_series() {
    let stored = stored().await;
    stored.client.delete(&format!("{ROOT}{}", stored.first.path()), 204).await;
    stored.assert_gone(&stored.first.path()).await;
    stored.assert_gone(&stored.first.instance(1).path()).await;
    assert_eq!(stored.counts().await, (2, 2, 4));
    assert_eq!(stored.study_counts().await, (1, 3));
    let left = stored.second.instance(1);
    assert_eq!(stored.client.stored(&format!("{ROOT}{}", left.path())).await, left.bytes);
    stored.server.wait_for_objects(4).await;
}

#[tokio::test]
async fn a_study() {
    let stored = stored().await;
    stored.client.delete(&format!("{ROOT}{}", stored.first.study_path()), 204).await;
    stored.assert_gone(&stored.first.study_path()).await;
    stored.assert_gone(&stored.second.path()).await;
    stored.assert_gone(&stored.second.instance(3).path()).await;
    assert_eq!(stored.counts().await, (1, 1, 1));
    stored.server.wait_for_objects(1).await;
}

#[tokio::test]
async fn the_last_instance_takes_its_series_and_study_along() {
    let server = start().await;
    let client = server.client();
    let first = Series::small(1);
    let second = first.sibling(1);
    client.store(STUDIES, [first.instance(1), second.instance(1)], 200).await;
    client.delete(&format!("{ROOT}{}", first.instance(1).path()), 204).await;
    client.get(&format!("{ROOT}{}", first.path()), 404).await;
    assert_eq!(client.count(&format!("{ROOT}/series")).await, 1);
    client.delete(&format!("{ROOT}{}", second.instance(1).path()), 204).await;
    client.get(&format!("{ROOT}{}", first.study_path()), 404).await;
    assert_eq!(client.count(STUDIES).await, 0);
}

#[tokio::test]
async fn what_was_deleted_can_be_stored_again_also_with_other_bytes() {
    let stored = stored().await;
    let path = format!("{ROOT}{}", stored.first.instance(1).path());
    stored.client.delete(&path, 204).await;
    stored.client.store(STUDIES, [stored.first.instance(1)], 200).await;
    assert_eq!(stored.client.stored(&path).await, stored.first.instance(1).bytes);

    stored.client.delete(&format!("{ROOT}{}", stored.first.study_path()), 204).await;
    let other = Series { seed: 9, patient_name: "Roe^Richard".to_owned(), ..stored.first.clone() }.instance(1);
    stored.client.store(STUDIES, [&other], 200).await;
    assert_eq!(stored.client.stored(&path).await, other.bytes);
    assert_eq!(stored.study_counts().await, (1, 1));
    stored.server.wait_for_objects(2).await;
}

#[tokio::test]
async fn objects_stay_for_the_grace_period() {
    let builder = builder().env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", "3600");
    let server = builder.env("NOCTIS_INGEST__SWEEP_SECONDS", "1").start().await;
    let instance = Series::small(1).instance(1);
    server.client().store(STUDIES, [&instance], 200).await;
    server.client().delete(&format!("{ROOT}{}", instance.path()), 204).await;
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    assert_eq!(server.object_count().await, 1, "reads that had begun may still need it");
    server.client().get(&format!("{ROOT}{}", instance.path()), 404).await;
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_is_404_or_400() {
    let stored = stored().await;
    let instance = stored.first.instance(1);
    let elsewhere = format!("{ROOT}{}/instances/{}", stored.second.path(), instance.instance);
    stored.client.delete(&elsewhere, 404).await;
    stored.client.delete(&format!("{STUDIES}/1.2.3"), 404).await;
    stored.client.delete(&format!("{STUDIES}/1.2.x"), 400).await;
    stored.client.delete(STUDIES, 405).await;
    assert_eq!(stored.counts().await, (2, 3, 7));
}
