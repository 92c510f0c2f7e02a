//! Storing what is good: many parts, large ones, several requests at once.

use super::deployment::{Deployment, as_stored, config, name};
use bytes::Bytes;
use harness::{DataSet, Instance, Series, TransferSyntax, part10};
use ingest::Config;
use sha2::{Digest as _, Sha256};
use uid::Resource;

async fn assert_stored(deployment: &Deployment, instances: &[Instance]) {
    for instance in instances {
        let found = deployment.find(&name(instance)).await.unwrap();
        assert_eq!(found.digest, <[u8; 32]>::from(Sha256::digest(&instance.bytes)));
        assert_eq!(deployment.stored(&name(instance)).await, instance.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_parts_are_stored_bit_for_bit_in_several_chunks() {
    let deployment = Deployment::with(Config { commit_instances: 7, ..config() }).await;
    let series = Series { rows: 16, columns: 16, ..Series::ct(40) };
    let instances: Vec<Instance> = series.instances().collect();

    let answers = deployment.store(&instances).await;
    for (answer, instance) in answers.iter().zip(&instances) {
        let stored = as_stored(answer);
        assert!(!stored.already && stored.warnings.is_empty(), "{stored:?}");
        assert_eq!(answer.sop_class_uid, instance.sop_class);
        assert_eq!(answer.sop_instance_uid, instance.instance);
        assert_eq!(answer.study_instance_uid, instance.study);
        assert_eq!(answer.series_instance_uid, instance.series);
    }
    assert_stored(&deployment, &instances).await;
    let study = Resource::Study(series.study.parse().unwrap());
    let found = deployment.reader.find(&super::deployment::scope("default"), &study).await.unwrap();
    assert_eq!(found.instance_count, 40);
    assert_eq!(deployment.objects(), 40);
    assert!(deployment.writer.all_intents().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_too_large_for_memory_are_written_as_they_come() {
    let deployment = Deployment::with(Config { buffered_instance_bytes: 20_000, ..config() }).await;
    let large = Series::ct(3);
    let small = Series { rows: 16, columns: 16, ..large.sibling(2) };
    let instances: Vec<Instance> = large.instances().chain(small.instances()).collect();

    let answers = deployment.store(&instances).await;
    assert!(answers.iter().all(|answer| as_stored(answer).warnings.is_empty()));
    assert_stored(&deployment, &instances).await;
    assert_eq!(deployment.objects(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_memory_to_buffer_even_small_parts_are_written_as_they_come() {
    let deployment = Deployment::with(Config { buffer_bytes: 1, metadata_bytes: 1, ..config() }).await;
    let instances: Vec<Instance> = Series::small(12).instances().collect();
    deployment.store(&instances).await.iter().for_each(|answer| assert!(!as_stored(answer).already));
    assert_stored(&deployment, &instances).await;
}

/// A data set without preamble and File Meta Information, as old files have it.
fn bare(series: &Series, number: u32) -> (Instance, Bytes) {
    let instance = series.clone().encoded(TransferSyntax::ImplicitLittle).instance(number);
    let meta = part10(&DataSet::new(), TransferSyntax::ImplicitLittle);
    // The meta group differs only by the lengths of two UIDs and of the transfer syntax, so its own length tells.
    let group = u32::from_le_bytes(instance.bytes[140..144].try_into().unwrap()) as usize;
    assert!(meta.len() < 144 + group);
    let bytes = instance.bytes.slice(144 + group..);
    (instance, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_prefix_is_put_in_front_whatever_the_size() {
    for buffered_instance_bytes in [1 << 20, 20_000] {
        let deployment = Deployment::with(Config { buffered_instance_bytes, ..config() }).await;
        let (instance, bare) = bare(&Series::ct(1), 1);
        let answers = deployment.store(&[&bare]).await;
        let warnings = &as_stored(&answers[0]).warnings;
        assert!(warnings.iter().any(|warning| warning.reason == 0xB000), "{warnings:?}");

        let stored = deployment.stored(&name(&instance)).await;
        assert_eq!(&stored[128..132], b"DICM");
        assert_eq!(&stored[stored.len() - bare.len()..], &bare[..]);
        let found = deployment.find(&name(&instance)).await.unwrap();
        assert_eq!(found.digest, <[u8; 32]>::from(Sha256::digest(&stored)));
        assert_eq!(found.data_set_offset, (stored.len() - bare.len()) as u64);

        let again = deployment.store(&[&bare]).await;
        assert!(as_stored(&again[0]).already);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_requests_store_into_one_study_at_once() {
    let deployment = Deployment::with(Config { commit_instances: 5, ..config() }).await;
    let first = Series { rows: 16, columns: 16, ..Series::ct(24) };
    let second = first.sibling(24);
    // Two requests share each series, and all four the study.
    let all: Vec<Instance> = first.instances().chain(second.instances()).collect();
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().cloned().enumerate().partition(|(number, _)| number % 2 == 0);
    let halves: Vec<Vec<Instance>> = [even, odd]
        .into_iter()
        .flat_map(|half| {
            let half: Vec<Instance> = half.into_iter().map(|(_, instance)| instance).collect();
            half.chunks(12).map(<[Instance]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    let requests = halves.iter().map(|half| deployment.store(half));
    for answers in futures::future::join_all(requests).await {
        answers.iter().for_each(|answer| assert!(!as_stored(answer).already));
    }
    assert_stored(&deployment, &all).await;
    let study = Resource::Study(first.study.parse().unwrap());
    let found = deployment.reader.find(&super::deployment::scope("default"), &study).await.unwrap();
    assert_eq!(found.instance_count, 48);
}

#[tokio::test]
async fn answers_come_while_the_request_goes_on() {
    use super::deployment::{part, start};
    use futures::StreamExt as _;

    let deployment = Deployment::with(Config { commit_seconds: 0, ..config() }).await;
    let instance = Series::small(1).instance(1);
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    let mut answers = deployment.call(tokio_stream::wrappers::ReceiverStream::new(receiver)).await.unwrap();
    for message in std::iter::once(start("")).chain(part(&instance.bytes)) {
        sender.send(message).await.unwrap();
    }
    let answer = answers.next().await.unwrap().unwrap();
    assert_eq!(answer.sop_instance_uid, instance.instance);
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
    drop(sender);
    assert!(answers.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn facilities_do_not_see_each_other() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    deployment.store(&[&instance]).await;
    let mut request = tonic::Request::new(futures::stream::iter(super::deployment::request(&[&instance])));
    super::deployment::context("north").attach(&mut request);
    let answers = deployment.client.clone().store(request).await.unwrap().into_inner();
    let (answers, failure) = super::deployment::collect(answers).await;
    assert_eq!(failure, None);
    assert!(!as_stored(&answers[0]).already);
    let north = deployment.reader.instance(&super::deployment::scope("north"), &name(&instance)).await.unwrap();
    assert_ne!(north.key, deployment.find(&name(&instance)).await.unwrap().key);
}
