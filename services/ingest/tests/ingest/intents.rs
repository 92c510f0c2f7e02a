//! What dead requests leave behind goes away, and what live ones are writing does not.

use super::deployment::{Deployment, as_refused, config, name, request, start, unended_part};
use archive::Key;
use catalog::NewIntent;
use harness::Series;
use ingest::Config;
use rpc::Code;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;
use uid::Resource;

/// What a process leaves that dies between writing objects and committing them.
async fn leave_behind(deployment: &Deployment, objects: usize) {
    let keys = Key::batch(4);
    let names = keys.iter().map(ToString::to_string).collect();
    deployment.writer.begin(NewIntent { keys: names, now: deployment.clock.now() }).await.unwrap();
    for key in &keys[..objects] {
        deployment.archive.put(key, vec!["left behind".into()]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_leaves_no_orphan() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    deployment.store(&[&instance]).await;
    leave_behind(&deployment, 3).await;
    leave_behind(&deployment, 2).await;
    assert_eq!(deployment.objects(), 6);

    let recovered = ingest::recover_at_start(&deployment.writer, &deployment.archive, &deployment.clock).await.unwrap();
    assert_eq!(recovered.abandoned, 2);
    assert!(recovered.removed >= 8);
    assert_eq!(deployment.objects(), 1);
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
    let again = ingest::recover_at_start(&deployment.writer, &deployment.archive, &deployment.clock).await.unwrap();
    assert_eq!(again, ingest::Recovered::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_takes_only_stale_intents_for_dead() {
    let deployment = Deployment::start().await;
    leave_behind(&deployment, 1).await;
    deployment.pass_seconds(deployment.config.stale_seconds - 1);
    leave_behind(&deployment, 1).await;
    assert_eq!(deployment.sweep().await.abandoned, 0);
    assert_eq!(deployment.objects(), 2);
    deployment.pass_seconds(2);
    assert_eq!(deployment.sweep().await.abandoned, 1);
    assert_eq!(deployment.objects(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_request_keeps_its_intents_fresh() {
    let deployment = Deployment::with(Config { buffered_instance_bytes: 4096, heartbeat_seconds: 1, ..config() }).await;
    let instance = Series::small(1).instance(1);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let answers = deployment.call(ReceiverStream::new(receiver)).await.unwrap();
    sender.send(start("")).await.unwrap();
    for message in unended_part(&instance.bytes) {
        sender.send(message).await.unwrap();
    }
    deployment.pass_seconds(deployment.config.stale_seconds + 1);
    // One heartbeat, with the time that is now, has to come by itself.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(deployment.sweep().await.abandoned, 0);
    let end = super::deployment::part(&[]).pop().unwrap();
    sender.send(end).await.unwrap();
    drop(sender);
    let (answers, failure) = super::deployment::collect(answers).await;
    assert_eq!((answers.len(), failure), (1, None));
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_given_up_is_told_so_and_leaves_nothing() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let answers = deployment.call(ReceiverStream::new(receiver)).await.unwrap();
    let mut messages = request(&[&instance]);
    let end = messages.pop().unwrap();
    for message in messages {
        sender.send(message).await.unwrap();
    }
    while deployment.writer.all_intents().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    deployment.pass_seconds(deployment.config.stale_seconds + 1);
    assert!(deployment.sweep().await.abandoned >= 1);
    sender.send(end).await.unwrap();
    drop(sender);
    let (answers, failure) = super::deployment::collect(answers).await;
    let refused = as_refused(&answers[0]);
    assert_eq!((refused.reason, refused.transient), (0x0110, true));
    assert_eq!(failure.unwrap().code, Code::Unavailable);
    assert!(matches!(deployment.find(&name(&instance)).await, Err(catalog::Error::NotFound)));
    assert_eq!(deployment.objects(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_runs_and_stops() {
    let deployment = Deployment::start().await;
    leave_behind(&deployment, 2).await;
    deployment.pass_seconds(deployment.config.stale_seconds + 1);
    let sweeper = ingest::Sweeper::start(
        &deployment.config,
        deployment.writer.clone(),
        deployment.archive.clone(),
        deployment.clock.clone(),
    );
    for _ in 0..500 {
        if deployment.objects() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sweeper.stop().await;
    assert_eq!(deployment.objects(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_that_was_ahead_has_noted_goes_away_in_time() {
    const YEAR: u64 = 365 * 86_400;
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    deployment.pass_seconds(YEAR);
    deployment.store(&[&instance]).await;
    leave_behind(&deployment, 1).await;
    deployment.delete(&Resource::Instance(name(&instance))).await.unwrap();
    deployment.step_back_seconds(YEAR);
    assert_eq!((deployment.sweep().await.removed, deployment.objects()), (0, 2));
    deployment.pass_seconds(deployment.config.stale_seconds + 1);
    assert_eq!((deployment.sweep().await.abandoned, deployment.objects()), (1, 1));
    deployment.pass_seconds(deployment.config.removal_grace_seconds);
    deployment.sweep().await;
    assert_eq!(deployment.objects(), 0);
}
