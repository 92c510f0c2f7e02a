//! An object store that is there and does not do what it should: slow, failing, cut off, forgetful.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use harness::{
    LargeMultiFrame, multipart_chunks,
    s3::proxy::{Fault, Proxy},
};

use crate::{
    STUDIES,
    trial::{AWAY, RECOVERY, Trial, shared_stores},
};

/// An archive that reaches its bucket through a proxy.
async fn start() -> (Trial, Proxy) {
    let place = shared_stores().await;
    let address = place.stores.s3.lock().await.address();
    let proxy = Proxy::start(address).await;
    let place = place.with_endpoint(proxy.endpoint());
    (Trial::start(place).await, proxy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_is_slow_and_then_so_slow_that_nobody_waits() {
    let (trial, proxy) = start().await;
    let load = trial.load().await;
    proxy.rule(|_| Fault::Delay(Duration::from_millis(300)));
    tokio::time::sleep(AWAY).await;
    load.recovers(Duration::from_secs(10)).await;
    assert_eq!(load.told_to_come_back(), 0, "slow is not away");
    proxy.rule(|_| Fault::Delay(Duration::from_secs(60)));
    tokio::time::sleep(AWAY * 2).await;
    proxy.heal();
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outage was noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_answers_500_and_503_for_a_while() {
    let (trial, proxy) = start().await;
    let load = trial.load().await;
    const ANSWERS: [Fault; 3] =
        [Fault::Answer(500, "InternalError"), Fault::Answer(503, "SlowDown"), Fault::Answer(503, "")];
    // Everything fails the first time, and succeeds when it is tried again.
    let mut seen = HashSet::new();
    proxy.rule(move |asked| {
        let is_first = seen.insert((asked.method.clone(), asked.target.clone()));
        if is_first { ANSWERS[seen.len() % 3] } else { Fault::None }
    });
    tokio::time::sleep(AWAY).await;
    load.recovers(Duration::from_secs(10)).await;
    assert_eq!(load.told_to_come_back(), 0, "what passes is not noticed");
    let mut number = 0;
    proxy.rule(move |_| {
        number += 1;
        ANSWERS[number % 3]
    });
    tokio::time::sleep(AWAY * 2).await;
    proxy.heal();
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outage was noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_cut_in_the_middle_of_objects_in_both_directions() {
    let (trial, proxy) = start().await;
    let load = trial.load().await;
    let mut number = 0;
    proxy.rule(move |asked| {
        number += 1;
        match number % 3 {
            0 if asked.is_put() => Fault::CutRequest(number * 7919 % 4_000_000),
            0 => Fault::CutAnswer(number * 7919 % 400_000 % if number % 2 == 0 { 1_000 } else { 400_000 }),
            1 if number % 5 == 0 => Fault::LoseAnswer,
            _ => Fault::None,
        }
    });
    load.recovers(Duration::from_secs(10)).await;
    // In parts on the way there, in pieces on the way back.
    let object = LargeMultiFrame::of_size(20 << 20);
    let client = trial.server.client();
    let answer = client.store_chunks(STUDIES, multipart_chunks(object.chunks()), 200).await;
    let path = answer.store_response().stored[0].retrieve_url.strip_prefix(client.base()).unwrap().to_owned();
    let bytes = object.chunks().collect::<Vec<Bytes>>().concat();
    assert!(client.stored(&path).await == bytes, "the object differs");
    tokio::time::sleep(AWAY).await;
    load.recovers(RECOVERY).await;
    proxy.heal();
    load.recovers(RECOVERY).await;
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_the_object_store_has_lost_is_not_acknowledged() {
    let (trial, proxy) = start().await;
    let client = trial.server.client();
    let objects = trial.server.object_count().await;
    let object = LargeMultiFrame::of_size(20 << 20);
    for in_parts in [false, true] {
        // The server forgets all of its uploads just before this one's end, or before its second part.
        let (reached, mut forget) = tokio::sync::mpsc::unbounded_channel();
        let mut asked_for = 0;
        proxy.rule(move |asked| {
            let now =
                if in_parts { asked.is_put() && asked.target.contains("partNumber=2") } else { asked.completes() };
            asked_for += usize::from(now);
            if !now || asked_for > 1 {
                return Fault::None;
            }
            reached.send(()).ok();
            Fault::Delay(Duration::from_secs(1))
        });
        let forgets = async {
            forget.recv().await.unwrap();
            trial.place.stores.s3.lock().await.lose_uploads(&trial.place.bucket).await;
        };
        let (answer, ()) = tokio::join!(client.store_chunks(STUDIES, multipart_chunks(object.chunks()), 503), forgets);
        assert!(answer.header("retry-after").is_some());
        proxy.heal();
    }
    let answer = client.store_chunks(STUDIES, multipart_chunks(object.chunks()), 200).await;
    let path = answer.store_response().stored[0].retrieve_url.strip_prefix(client.base()).unwrap().to_owned();
    let bytes = object.chunks().collect::<Vec<Bytes>>().concat();
    assert!(client.stored(&path).await == bytes, "the object differs");
    trial.server.wait_for_objects(objects + 1).await;
    trial.rests().await;
}
