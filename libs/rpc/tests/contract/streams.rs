//! Streams in both directions: order and bytes, failures and panics on the way, time without progress.

use crate::faulty::{Deployment, Place, eventually, instances, piece};
use futures::StreamExt as _;
use proto::{ingest::v1::StoreRequest, retrieve::v1::InstancesResponse};
use rpc::{Code, Failure, Limits};
use std::{sync::atomic::Ordering, time::Duration};
use tonic::Streaming;

near_and_far!(
    pieces_arrive_whole_and_in_order,
    a_failure_ends_a_stream_after_what_came_before,
    a_panic_while_a_stream_is_read_ends_it_with_a_failure,
    a_stream_without_progress_ends_with_a_failure,
    a_stream_goes_on_while_its_caller_sends,
    time_in_which_nobody_reads_is_not_idle,
    a_reader_that_goes_away_is_noticed,
    a_sender_that_goes_away_is_noticed,
);

async fn read(stream: &mut Streaming<InstancesResponse>) -> (usize, Option<Failure>) {
    let mut count = 0;
    loop {
        match stream.message().await {
            Ok(Some(message)) => assert!(message == piece(count), "piece {count} differs"),
            Ok(None) => return (count, None),
            Err(status) => return (count, Some(Failure::from(&status))),
        }
        count += 1;
    }
}

async fn pieces_arrive_whole_and_in_order(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    for count in [0, 1, 100] {
        let mut answer = noctis.retrieve.instances(instances(&count.to_string())).await.unwrap().into_inner();
        assert_eq!(read(&mut answer).await, (count, None));
    }
}

async fn a_failure_ends_a_stream_after_what_came_before(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut answer = noctis.retrieve.instances(instances("fails")).await.unwrap().into_inner();
    assert_eq!(read(&mut answer).await, (2, Some(Failure::new(Code::Unavailable, "the disk is gone"))));
}

async fn a_panic_while_a_stream_is_read_ends_it_with_a_failure(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut answer = noctis.retrieve.instances(instances("panic")).await.unwrap().into_inner();
    let (count, failure) = read(&mut answer).await;
    assert_eq!((count, failure.map(|failure| failure.code)), (2, Some(Code::Internal)));
    let mut answer = noctis.retrieve.instances(instances("3")).await.unwrap().into_inner();
    assert_eq!(read(&mut answer).await, (3, None), "others are not affected");
}

async fn a_stream_without_progress_ends_with_a_failure(place: Place) {
    let mut noctis = Deployment::start(place, &Limits { idle: Duration::from_millis(150), ..Limits::default() }).await;
    let mut answer = noctis.retrieve.instances(instances("stalls")).await.unwrap().into_inner();
    let (count, failure) = read(&mut answer).await;
    assert_eq!((count, failure.map(|failure| failure.code)), (2, Some(Code::Unavailable)));
}

async fn a_stream_goes_on_while_its_caller_sends(place: Place) {
    let mut noctis = Deployment::start(place, &Limits { idle: Duration::from_millis(200), ..Limits::default() }).await;
    let slow_sender = futures::stream::iter(0..8).then(|_| async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        StoreRequest::default()
    });
    let mut answers = noctis.ingest.store(slow_sender).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().map(|answer| answer.part), Some(8));
    let stalled = answers.message().await.expect_err("nothing moves any more");
    assert_eq!(Failure::from(&stalled).code, Code::Unavailable);
}

async fn time_in_which_nobody_reads_is_not_idle(place: Place) {
    let mut noctis = Deployment::start(place, &Limits { idle: Duration::from_millis(100), ..Limits::default() }).await;
    let mut answer = noctis.retrieve.instances(instances("20")).await.unwrap().into_inner();
    for number in 0..20 {
        if number % 7 == 3 {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert!(answer.message().await.unwrap() == Some(piece(number)), "piece {number}");
    }
    assert!(answer.message().await.unwrap().is_none());
}

async fn a_reader_that_goes_away_is_noticed(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let request = futures::stream::iter([StoreRequest::default()]);
    let mut answers = noctis.ingest.store(request).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().map(|answer| answer.part), Some(1));
    assert!(!noctis.server.given_up.load(Ordering::SeqCst));
    drop(answers);
    eventually("the service sees that nobody listens", || noctis.server.given_up.load(Ordering::SeqCst)).await;
}

async fn a_sender_that_goes_away_is_noticed(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let request = futures::stream::iter([StoreRequest::default()]).chain(futures::stream::pending());
    let answers = noctis.ingest.store(request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(answers);
    eventually("the service sees the end of the messages", || noctis.server.given_up.load(Ordering::SeqCst)).await;
}
