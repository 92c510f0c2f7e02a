//! Requests that break off: what was received completely stays, what was not leaves nothing.

use super::deployment::{Deployment, as_stored, config, message, name, part, start, unended_part};
use harness::{Instance, Series};
use ingest::Config;
use proto::ingest::v1::{StoreRequest, store_request::Message};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not in time: {what}");
}

fn cut_request(instances: &[Instance]) -> Vec<StoreRequest> {
    let (last, complete) = instances.split_last().unwrap();
    let mut messages = vec![start("")];
    messages.extend(complete.iter().flat_map(|instance| part(&instance.bytes)));
    messages.extend(unended_part(&last.bytes));
    messages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_without_its_end_is_dropped_and_the_others_stay() {
    for buffered_instance_bytes in [1 << 20, 4096] {
        let deployment = Deployment::with(Config { buffered_instance_bytes, ..config() }).await;
        let instances: Vec<Instance> = Series::small(4).instances().collect();
        let (answers, failure) = deployment.send(cut_request(&instances)).await;
        assert_eq!(failure, None);
        assert_eq!(answers.len(), 3);
        for instance in &instances[..3] {
            assert_eq!(deployment.stored(&name(instance)).await, instance.bytes);
        }
        assert!(matches!(deployment.find(&name(&instances[3])).await, Err(catalog::Error::NotFound)));
        deployment.sweep().await;
        assert_eq!(deployment.objects(), 3);
        assert!(deployment.writer.all_intents().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_begins_before_the_last_ended_takes_its_place() {
    let deployment = Deployment::with(Config { buffered_instance_bytes: 4096, ..config() }).await;
    let instances: Vec<Instance> = Series::small(2).instances().collect();
    let mut messages = vec![start("")];
    messages.extend(unended_part(&instances[0].bytes));
    messages.extend(part(&instances[1].bytes));
    let (answers, failure) = deployment.send(messages).await;
    assert_eq!(failure, None);
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].part, &answers[0].sop_instance_uid), (1, &instances[1].instance));
    as_stored(&answers[0]);
    deployment.sweep().await;
    assert_eq!(deployment.objects(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_loses_nothing_that_was_complete() {
    for buffered_instance_bytes in [1 << 20, 4096] {
        let deployment = Deployment::with(Config { buffered_instance_bytes, ..config() }).await;
        let instances: Vec<Instance> = Series::small(3).instances().collect();
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let answers = deployment.call(ReceiverStream::new(receiver)).await.unwrap();
        for message in cut_request(&instances) {
            sender.send(message).await.unwrap();
        }
        // More than lies between here and the service: what comes before it has been received then.
        for _ in 0..50 {
            sender.send(message(Message::Chunk(vec![0; 10_000].into()))).await.unwrap();
        }
        // The messages' sender stays, as that of a stalled client would: only the answers are given up.
        drop(answers);
        until("the complete parts are stored", async || {
            deployment.find(&name(&instances[0])).await.is_ok() && deployment.find(&name(&instances[1])).await.is_ok()
        })
        .await;
        until("no intent is left", async || deployment.writer.all_intents().await.unwrap().is_empty()).await;
        assert!(matches!(deployment.find(&name(&instances[2])).await, Err(catalog::Error::NotFound)));
        deployment.sweep().await;
        assert_eq!(deployment.objects(), 2);
        drop(sender);
    }
}
