//! Bounds: of calls, of messages, and of what waits for a slow reader or a slow service.

use crate::faulty::{Deployment, Place, delete, eventually, failure, instances, piece};
use futures::StreamExt as _;
use proto::ingest::v1::{StoreRequest, store_request::Message};
use rpc::{CHUNK, Code, Limits, MAX_MESSAGE};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tonic::Request;

near_and_far!(
    more_calls_than_allowed_are_turned_away,
    work_past_its_deadline_still_counts,
    streams_count_until_they_are_dropped,
    messages_beyond_the_limit_fail_alone,
    a_slow_reader_holds_back_the_service,
    a_slow_service_holds_back_the_sender,
    readers_that_stop_do_not_hold_up_others,
    many_calls_at_once_are_all_answered,
    readers_that_leave_do_not_disturb_others,
    refused_senders_do_not_disturb_others,
);

async fn more_calls_than_allowed_are_turned_away(place: Place) {
    let mut noctis = Deployment::start(place, &Limits { calls: 1, ..Limits::default() }).await;
    let mut second = noctis.ingest.clone();
    let (first, busy) = tokio::join!(noctis.ingest.delete(delete("slow")), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        failure(&mut second, "x").await
    });
    assert_eq!(first.unwrap().into_inner().instances, 1);
    assert_eq!(busy.code, Code::Busy);
    assert_eq!(noctis.ingest.delete(delete("x")).await.unwrap().into_inner().instances, 7);
}

async fn work_past_its_deadline_still_counts(place: Place) {
    let limits = Limits { calls: 1, answer: Duration::from_millis(100), ..Limits::default() };
    let mut noctis = Deployment::start(place, &limits).await;
    assert_eq!(failure(&mut noctis.ingest, "slow").await.code, Code::Unavailable);
    assert_eq!(failure(&mut noctis.ingest, "x").await.code, Code::Busy);
    eventually("the work ends", || noctis.server.finished.load(Ordering::SeqCst)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(noctis.ingest.delete(delete("x")).await.unwrap().into_inner().instances, 7);
}

async fn streams_count_until_they_are_dropped(place: Place) {
    let mut noctis = Deployment::start(place, &Limits { calls: 1, ..Limits::default() }).await;
    let answer = noctis.retrieve.instances(instances("1000")).await.unwrap();
    let turned_away = noctis.retrieve.instances(instances("1")).await.err().unwrap();
    assert_eq!(rpc::Failure::from(&turned_away).code, Code::Busy);
    drop(answer);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(noctis.retrieve.instances(instances("1")).await.is_ok());
}

async fn messages_beyond_the_limit_fail_alone(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut answer = noctis.retrieve.instances(instances("huge")).await.unwrap().into_inner();
    let too_large = answer.message().await.unwrap_err();
    assert_eq!(too_large.code(), tonic::Code::OutOfRange, "{too_large:?}");
    let mut unlimited = noctis.ingest.clone().max_encoding_message_size(usize::MAX);
    let too_large = unlimited.delete(delete(&"1".repeat(MAX_MESSAGE + 1))).await.unwrap_err();
    assert_eq!(too_large.code(), tonic::Code::OutOfRange, "{too_large:?}");
    assert_eq!(noctis.ingest.delete(delete(&"1".repeat(MAX_MESSAGE - 64))).await.unwrap().get_ref().instances, 7);
}

async fn a_slow_reader_holds_back_the_service(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut answer = noctis.retrieve.instances(instances("400")).await.unwrap().into_inner();
    assert!(answer.message().await.unwrap() == Some(piece(0)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let waiting = noctis.server.produced.load(Ordering::SeqCst);
    assert!(waiting * CHUNK <= 8 << 20, "{waiting} pieces were made for a reader that took one");
    for number in 1..400 {
        assert!(answer.message().await.unwrap() == Some(piece(number)), "piece {number}");
    }
    assert!(answer.message().await.unwrap().is_none());
}

async fn a_slow_service_holds_back_the_sender(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let chunk = bytes::Bytes::from(vec![0; CHUNK]);
    let messages = futures::stream::iter(0..400).map(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        StoreRequest { message: Some(Message::Chunk(chunk.clone())) }
    });
    let mut request = Request::new(messages);
    request.metadata_mut().insert("unread", "1".parse().unwrap());
    let _answers = noctis.ingest.store(request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let taken = taken.load(Ordering::SeqCst);
    assert!(taken * CHUNK <= 8 << 20, "{taken} pieces were taken by a service that reads none");
}

async fn readers_that_stop_do_not_hold_up_others(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut stopped = Vec::new();
    for _ in 0..40 {
        let mut answer = noctis.retrieve.instances(instances("400")).await.unwrap().into_inner();
        answer.message().await.unwrap();
        stopped.push(answer);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut answer = noctis.retrieve.instances(instances("30")).await.unwrap().into_inner();
    let read = async {
        for number in 0..30 {
            assert!(answer.message().await.unwrap() == Some(piece(number)), "piece {number}");
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("readers that stop hold up only themselves");
}

async fn many_calls_at_once_are_all_answered(place: Place) {
    let noctis = Deployment::start(place, &Limits::default()).await;
    let calls = (0..300).map(|_| {
        let mut client = noctis.ingest.clone();
        async move { client.delete(delete("slow")).await.unwrap().into_inner().instances }
    });
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers, vec![1; 300]);
}

/// Reads a long answer slowly while something else goes on, which must not disturb it.
async fn undisturbed_by(noctis: &Deployment, nuisance: impl Future<Output = ()>) {
    let mut client = noctis.retrieve.clone();
    let mut answer = client.instances(instances("100")).await.unwrap().into_inner();
    let read = async {
        for number in 0..100 {
            assert!(answer.message().await.unwrap() == Some(piece(number)), "piece {number}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(read, nuisance);
}

async fn readers_that_leave_do_not_disturb_others(place: Place) {
    let noctis = Deployment::start(place, &Limits::default()).await;
    let leave = (0..600).map(|_| {
        let mut client = noctis.retrieve.clone();
        async move {
            let mut answer = client.instances(instances("100")).await.unwrap().into_inner();
            assert!(answer.message().await.unwrap() == Some(piece(0)));
        }
    });
    let leave = async { assert_eq!(futures::stream::iter(leave).buffer_unordered(30).count().await, 600) };
    undisturbed_by(&noctis, leave).await;
}

async fn refused_senders_do_not_disturb_others(place: Place) {
    let noctis = Deployment::start(place, &Limits::default()).await;
    let chunk = bytes::Bytes::from(vec![0; CHUNK]);
    let refused = (0..600).map(|_| {
        let (mut client, chunk) = (noctis.ingest.clone(), chunk.clone());
        async move {
            let messages = futures::stream::repeat(StoreRequest { message: Some(Message::Chunk(chunk)) });
            let mut request = Request::new(messages);
            request.metadata_mut().insert("refused", "1".parse().unwrap());
            let status = client.store(request).await.err().unwrap();
            assert_eq!(rpc::Failure::from(&status), rpc::Failure::new(Code::TooLarge, "not today"));
        }
    });
    let refused = async { assert_eq!(futures::stream::iter(refused).buffer_unordered(30).count().await, 600) };
    undisturbed_by(&noctis, refused).await;
}
