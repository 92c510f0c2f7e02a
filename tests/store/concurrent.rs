//! Several senders at once to one study: nothing is lost, and the counts are right.

use futures::future::join_all;
use harness::{Client, Instance, Series};

use crate::{ROOT, STUDIES, start, start_removing_at_once};

async fn study_counts(client: &Client, study: &str) -> (u64, u64) {
    let studies = client.json(&format!("{STUDIES}?StudyInstanceUID={study}")).await;
    let number = |tag: &str| studies[0][tag]["Value"][0].as_u64().unwrap_or_else(|| panic!("no {tag}: {studies}"));
    (number("00201206"), number("00201208"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_to_one_study_lose_nothing() {
    let server = start().await;
    let client = server.client();
    let first = Series { rows: 16, columns: 16, ..Series::ct(20) };
    // Eight senders, four series: two senders share a series, each sends every other instance, one by one and in batches.
    let series: Vec<Series> = [first.clone()].into_iter().chain((0..3).map(|_| first.sibling(20))).collect();
    let senders = (0..8).map(|sender| {
        let (client, series) = (client.clone(), series[sender / 2].clone());
        async move {
            let instances: Vec<Instance> = series.instances().skip(sender % 2).step_by(2).collect();
            for batch in instances.chunks(1 + sender % 3) {
                client.store(STUDIES, batch, 200).await;
            }
        }
    });
    join_all(senders).await;

    assert_eq!(study_counts(&client, &first.study).await, (4, 80));
    let rows = client.json(&format!("{STUDIES}/{}/series", first.study)).await;
    let counts: Vec<u64> =
        rows.as_array().unwrap().iter().map(|row| row["00201209"]["Value"][0].as_u64().unwrap()).collect();
    assert_eq!(counts, [20; 4]);
    let found = client.find_instances(&format!("{STUDIES}/{}/instances", first.study)).await;
    assert_eq!(found.len(), 80);
    for instance in series.iter().flat_map(|series| [series.instance(1), series.instance(20)]) {
        assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_instances_from_several_senders_are_stored_once() {
    let server = start_removing_at_once().await;
    let client = server.client();
    let series = Series { rows: 16, columns: 16, ..Series::ct(10) };
    let instances: Vec<Instance> = series.instances().collect();
    join_all((0..6).map(|_| client.store(STUDIES, &instances, 200))).await;
    assert_eq!(study_counts(&client, &series.study).await, (1, 10));
    server.wait_for_objects(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_different_bytes_for_one_uid_exactly_one_wins() {
    let server = start_removing_at_once().await;
    let client = server.client();
    let series = Series::small(1);
    let versions: Vec<Instance> = (0..6).map(|seed| Series { seed, ..series.clone() }.instance(1)).collect();
    let outcomes = join_all(versions.iter().map(|version| async {
        let request = client.request(reqwest::Method::POST, STUDIES).header("content-type", "application/dicom");
        request.body(version.bytes.clone()).send().await.unwrap().status().as_u16()
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|status| **status == 200).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|status| **status == 409).count(), 5, "{outcomes:?}");
    let winner = outcomes.iter().position(|status| *status == 200).unwrap();
    assert_eq!(client.stored(&format!("{ROOT}{}", versions[0].path())).await, versions[winner].bytes);
    server.wait_for_objects(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_right_when_stores_and_deletes_cross() {
    let server = start_removing_at_once().await;
    let client = server.client();
    let first = Series { rows: 16, columns: 16, ..Series::ct(12) };
    let second = first.sibling(12);
    let senders = (0..4).map(|sender| {
        let client = client.clone();
        let series = if sender % 2 == 0 { first.clone() } else { second.clone() };
        async move {
            for round in 0..6 {
                let batch: Vec<Instance> = series.instances().skip(sender + round).step_by(4).collect();
                client.store(STUDIES, batch, 200).await;
            }
        }
    });
    let deletes = (0..40).map(|round| {
        let (client, first) = (client.clone(), first.clone());
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(10 * round)).await;
            let path = match round % 4 {
                0 => format!("{ROOT}{}", first.study_path()),
                1 | 2 => format!("{ROOT}{}", first.path()),
                _ => format!("{ROOT}{}", first.instance(1 + round as u32 % 12).path()),
            };
            let status = client.request(reqwest::Method::DELETE, &path).send().await.unwrap().status().as_u16();
            assert!(matches!(status, 204 | 404), "{status} for a delete");
        }
    });
    tokio::join!(join_all(senders), join_all(deletes));
    // So that there is something to count in any case.
    client.store(STUDIES, first.instances(), 200).await;

    let found = client.find_instances(&format!("{ROOT}/instances")).await;
    let series = client.json(&format!("{ROOT}/series")).await;
    assert_eq!(
        study_counts(&client, &first.study).await,
        (series.as_array().unwrap().len() as u64, found.len() as u64)
    );
    for row in series.as_array().unwrap() {
        let uid = row["0020000E"]["Value"][0].as_str().unwrap();
        let counted = row["00201209"]["Value"][0].as_u64().unwrap();
        assert_eq!(counted, found.iter().filter(|found| found.series == uid).count() as u64);
    }
    for instance in first.instances().chain(second.instances()) {
        if found.iter().any(|found| found.instance == instance.instance) {
            assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
        } else {
            client.get(&format!("{ROOT}{}", instance.path()), 404).await;
        }
    }
    server.wait_for_objects(found.len()).await;
}
