//! Answers that are not what was asked for.

use crate::place::{Place, RETRY, STALL, gather, is_unavailable, nothing_works, pattern, upload};
use archive::{Error, Key};
use futures::future::join_all;
use harness::s3::proxy::{Asked, Fault};
use std::time::{Duration, Instant};

const PASSING: [Fault; 5] = [
    Fault::Answer(500, "InternalError"),
    Fault::Answer(503, "SlowDown"),
    Fault::Answer(503, ""),
    Fault::Answer(429, "TooManyRequests"),
    Fault::Answer(502, ""),
];

fn every(_: &Asked) -> bool {
    true
}

#[tokio::test]
async fn failures_that_pass_are_not_seen() {
    let place = Place::new().await;
    let archive = &place.archive;
    let (key, bytes) = (Key::fresh(), pattern(3_000_000));
    place.proxy.fail(every, PASSING);
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    place.proxy.fail(every, PASSING);
    assert!(archive.read(&key, 5..2_999_999).await.unwrap() == bytes[5..2_999_999]);
    place.proxy.fail(every, PASSING);
    assert!(gather(archive, &key, 0..3_000_000).await.unwrap() == bytes);
    place.proxy.fail(every, PASSING);
    archive.probe().await.unwrap();
    place.proxy.fail(every, PASSING);
    archive.remove(&key).await.unwrap();
    assert!(matches!(place.direct.read(&key, 0..1).await, Err(Error::Absent)));

    let (key, bytes) = (Key::fresh(), pattern(20_000_000));
    let mut number = 0;
    place.proxy.rule(move |_| {
        number += 1;
        if number % 3 == 0 { Fault::None } else { PASSING[number % PASSING.len()] }
    });
    upload(archive, &key, &bytes).await.unwrap();
    assert!(gather(archive, &key, 0..20_000_000).await.unwrap() == bytes);
}

#[tokio::test]
async fn failures_that_stay_are_unavailable_and_never_absent() {
    let faults = [
        Fault::Answer(500, "InternalError"),
        Fault::Answer(503, "SlowDown"),
        Fault::Answer(503, "NoSuchKey"),
        Fault::Answer(404, "NoSuchBucket"),
        Fault::Answer(404, ""),
        Fault::Answer(403, "AccessDenied"),
        Fault::Answer(401, ""),
        Fault::Answer(400, "InvalidArgument"),
        Fault::Answer(301, "PermanentRedirect"),
        Fault::Answer(501, "NotImplemented"),
        Fault::Close,
    ];
    join_all(faults.map(async |fault| {
        let place = Place::new().await;
        let (key, bytes) = place.stored(100).await;
        place.proxy.rule(move |_| fault);
        let start = Instant::now();
        nothing_works(&place.archive, &key).await;
        assert!(start.elapsed() < RETRY * 2 + Duration::from_secs(2), "{fault:?}: {:?}", start.elapsed());
        place.proxy.heal();
        assert_eq!(place.archive.read(&key, 0..100).await.unwrap(), bytes);
        place.holds(&[key]).await;
    }))
    .await;
}

#[tokio::test]
async fn a_full_server_is_told_from_one_that_is_away() {
    let place = Place::new().await;
    for fault in [Fault::Answer(507, ""), Fault::Answer(403, "QuotaExceeded")] {
        place.proxy.rule(move |_| fault);
        assert!(matches!(place.archive.put(&Key::fresh(), vec![pattern(1)]).await, Err(Error::Full)));
    }
}

#[tokio::test]
async fn more_than_the_range_is_not_taken_for_it() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(1_000_000).await;
    place.proxy.fail(Asked::is_get, [Fault::HideRange, Fault::HideRange]);
    assert!(place.archive.read(&key, 10..999_000).await.unwrap() == bytes[10..999_000]);
    place.proxy.rule(|_| Fault::HideRange);
    assert!(is_unavailable(&place.archive.read(&key, 10..999_000).await));
}

#[tokio::test]
async fn slow_answers_are_waited_for_and_ones_that_never_come_are_not() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(700_000).await;
    place.proxy.rule(|_| Fault::Delay(STALL / 2));
    assert_eq!(place.archive.read(&key, 0..700_000).await.unwrap(), bytes);
    assert!(gather(&place.archive, &key, 0..700_000).await.unwrap() == bytes);
    let fresh = Key::fresh();
    upload(&place.archive, &fresh, &bytes).await.unwrap();

    // The first answer comes too late, the second in time.
    place.proxy.fail(every, [Fault::Delay(STALL * 4)]);
    assert_eq!(place.archive.read(&key, 0..700_000).await.unwrap(), bytes);
    place.proxy.rule(|_| Fault::Delay(Duration::from_secs(60)));
    let start = Instant::now();
    nothing_works(&place.archive, &key).await;
    assert!(start.elapsed() < RETRY * 2 + Duration::from_secs(1), "{:?}", start.elapsed());
}
