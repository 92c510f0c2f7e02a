//! The same SOP Instance UID again.

use super::deployment::{Deployment, as_refused, as_stored, config, name};
use harness::{Instance, Series};
use ingest::{Config, Duplicates};

/// Two instances of one UID with other bytes.
fn rivals() -> (Instance, Instance) {
    let series = Series::small(1);
    let other = Series { study_description: "Another description".into(), ..series.clone() };
    (series.instance(1), other.instance(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_again_are_a_success_and_stored_once() {
    let deployment = Deployment::start().await;
    let instances: Vec<Instance> = Series::small(4).instances().collect();
    deployment.store(&instances).await;
    let again = deployment.store(&instances).await;
    assert!(again.iter().all(|answer| as_stored(answer).already));
    deployment.sweep().await;
    deployment.pass_seconds(2 * 3600);
    deployment.sweep().await;
    assert_eq!(deployment.objects(), 4);
    assert_eq!(deployment.stored(&name(&instances[3])).await, instances[3].bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_are_refused_by_default() {
    let deployment = Deployment::start().await;
    let (first, second) = rivals();
    deployment.store(&[&first]).await;
    let answers = deployment.store(&[&second]).await;
    let refused = as_refused(&answers[0]);
    assert_eq!((refused.reason, refused.transient), (273, false));
    assert_eq!(deployment.stored(&name(&first)).await, first.bytes);
    deployment.sweep().await;
    assert_eq!(deployment.objects(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn within_one_request_the_first_wins() {
    let deployment = Deployment::start().await;
    let (first, second) = rivals();
    let answers = deployment.store(&[&first, &second, &first]).await;
    assert!(!as_stored(&answers[0]).already);
    assert_eq!(as_refused(&answers[1]).reason, 273);
    assert!(as_stored(&answers[2]).already);
    assert_eq!(deployment.stored(&name(&first)).await, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_can_be_kept_with_a_warning() {
    let deployment = Deployment::with(Config { duplicates: Duplicates::KeepFirst, ..config() }).await;
    let (first, second) = rivals();
    deployment.store(&[&first]).await;
    let answers = deployment.store(&[&second]).await;
    let stored = as_stored(&answers[0]);
    assert!(!stored.already);
    assert_eq!(stored.warnings.iter().map(|warning| warning.reason).collect::<Vec<_>>(), [0xB006]);
    assert_eq!(deployment.stored(&name(&first)).await, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_can_replace_it_and_the_first_goes_after_the_grace_period() {
    let deployment = Deployment::with(Config { duplicates: Duplicates::Replace, ..config() }).await;
    let (first, second) = rivals();
    deployment.store(&[&first]).await;
    let old = deployment.find(&name(&first)).await.unwrap();
    as_stored(&deployment.store(&[&second]).await[0]);
    assert_eq!(deployment.stored(&name(&first)).await, second.bytes);

    deployment.sweep().await;
    let key = old.key.parse().unwrap();
    assert_eq!(deployment.archive.read(&key, 0..old.length).await.unwrap(), first.bytes);
    deployment.pass_seconds(deployment.config.removal_grace_seconds + 1);
    deployment.sweep().await;
    assert!(matches!(deployment.archive.read(&key, 0..old.length).await, Err(archive::Error::Absent)));
    assert_eq!(deployment.stored(&name(&first)).await, second.bytes);
}
