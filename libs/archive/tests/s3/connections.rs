//! Connections that end in the middle, and how many there are.

use crate::place::{Place, RETRY, gather, is_unavailable, pattern};
use archive::{Error, Key, PIECE, S3Options};
use futures::StreamExt;
use harness::s3::proxy::{Asked, Fault};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_read_that_is_cut_goes_on_where_it_stopped_in_the_same_version() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(2_000_000).await;
    for cut in [0, 1, 65_536, 1_000_000, 1_999_899] {
        place.proxy.take_asked();
        place.proxy.fail(Asked::is_get, [Fault::CutAnswer(cut), Fault::StallAnswer(99), Fault::CutAnswer(1)]);
        assert!(place.archive.read(&key, 100..2_000_000).await.unwrap() == bytes[100..]);
        let asked = place.proxy.take_asked();
        assert_eq!(asked[0].header("range"), Some("bytes=100-1999999"));
        let gets: Vec<_> = asked.iter().skip(1).filter(|asked| asked.is_get()).collect();
        assert!(!gets.is_empty());
        for get in gets {
            let (start, end) = get.header("range").unwrap()["bytes=".len()..].split_once('-').unwrap();
            assert!(start.parse::<usize>().unwrap() <= 100 + cut + 99 + 1 && end == "1999999");
            assert!(get.header("if-match").is_some() || cut == 0);
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_again_and_again_is_whole() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(12 * PIECE as usize + 1).await;
    let mut number = 0;
    place.proxy.rule(move |asked| {
        number += usize::from(asked.is_get());
        if number % 4 == 0 { Fault::None } else { Fault::CutAnswer(number * 7919 % 900_000) }
    });
    assert!(gather(&place.archive, &key, 0..bytes.len() as u64).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_read_that_is_always_cut_is_unavailable_in_time() {
    let place = Place::new().await;
    let (key, _) = place.stored(2_000_000).await;
    place.proxy.rule(|_| Fault::CutAnswer(0));
    let start = Instant::now();
    assert!(is_unavailable(&place.archive.read(&key, 0..2_000_000).await));
    assert!(is_unavailable(&gather(&place.archive, &key, 0..2_000_000).await));
    assert!(start.elapsed() < (RETRY + Duration::from_secs(8)) * 2);
}

#[tokio::test]
async fn two_objects_never_mix_in_one_read() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(1_000_000).await;
    let other: bytes::Bytes = bytes.iter().map(|byte| !byte).collect();
    place.proxy.rule(|_| Fault::StallAnswer(300_000));
    let read = tokio::spawn({
        let archive = place.archive.clone();
        async move { archive.read(&key, 0..1_000_000).await }
    });
    while place.proxy.take_asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Nobody in the program puts a removed key again; someone else in the bucket might.
    place.direct.remove(&key).await.unwrap();
    place.direct.put(&key, vec![other]).await.unwrap();
    place.proxy.heal();
    let result = read.await.unwrap();
    assert!(is_unavailable(&result), "{:?}", result.map(|bytes| bytes.len()));
}

#[tokio::test]
async fn an_object_that_goes_away_in_the_middle_is_absent_and_a_bucket_is_not() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(12 * PIECE as usize).await;
    let mut pieces = place.direct.stream(&key, 0..bytes.len() as u64);
    assert!(pieces.next().await.unwrap().is_ok());
    place.server.remove_bucket(&place.bucket).await;
    let mut last = None;
    while let Some(piece) = pieces.next().await {
        last = Some(piece);
    }
    assert!(is_unavailable(&last.unwrap()));
}

#[tokio::test]
async fn a_put_that_is_cut_is_put_whole() {
    let place = Place::new().await;
    for cut in [Fault::CutRequest(0), Fault::CutRequest(500_000), Fault::CutRequest(999_999), Fault::CutAnswer(0)] {
        let (key, bytes) = (Key::fresh(), pattern(1_000_000));
        place.proxy.fail(Asked::is_put, [cut, cut]);
        place.archive.put(&key, vec![bytes.clone()]).await.unwrap();
        assert!(place.direct.read(&key, 0..1_000_000).await.unwrap() == bytes);
        assert!(matches!(place.direct.read(&key, 0..1_000_001).await, Err(Error::Short)));
    }
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_knows_its_own_object_and_no_other() {
    let place = Place::new().await;
    let (key, bytes) = (Key::fresh(), pattern(300_000));
    place.proxy.fail(Asked::is_put, [Fault::LoseAnswer]);
    place.archive.put(&key, vec![bytes.clone()]).await.unwrap();
    assert_eq!(place.direct.read(&key, 0..300_000).await.unwrap(), bytes);

    place.proxy.fail(Asked::is_put, [Fault::LoseAnswer]);
    assert!(matches!(place.archive.put(&key, vec![bytes.clone()]).await, Err(Error::Exists)));
    place.holds(&[key]).await;
}

#[tokio::test]
async fn bytes_that_change_on_the_way_are_not_stored() {
    let place = Place::new().await;
    let (key, bytes) = (Key::fresh(), pattern(300_000));
    place.proxy.rule(|asked| if asked.is_put() { Fault::CorruptRequest } else { Fault::None });
    assert!(is_unavailable(&place.archive.put(&key, vec![bytes.clone()]).await));
    assert!(matches!(place.direct.read(&key, 0..1).await, Err(Error::Absent)));
    place.proxy.heal();
    place.archive.put(&key, vec![bytes.clone()]).await.unwrap();
    assert_eq!(place.direct.read(&key, 0..300_000).await.unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_bounded_and_none_is_left() {
    let place = Place::new().await;
    let (key, bytes) = place.stored(200_000).await;
    let archive = place.with(|options| S3Options { reads: 4, writes: 3, ..options }).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut work = tokio::task::JoinSet::new();
    for number in 0..120 {
        let (archive, bytes) = (archive.clone(), bytes.clone());
        work.spawn(async move {
            match number % 3 {
                0 => assert_eq!(archive.read(&key, 0..200_000).await.unwrap(), bytes),
                1 => archive.put(&Key::fresh(), vec![bytes]).await.unwrap(),
                // A reader that goes away in the middle.
                _ => drop(archive.stream(&key, 0..200_000).next().await),
            }
        });
    }
    while let Some(result) = work.join_next().await {
        result.unwrap();
    }
    // The proxy ends each connection after one request and may still be at that when the next one comes.
    assert!(place.proxy.most_open() <= 2 * (4 + 3), "{}", place.proxy.most_open());
    drop(archive);
    crate::place::eventually(Duration::from_secs(5), async || {
        place.proxy.open() == 0 && tokio::runtime::Handle::current().metrics().num_alive_tasks() <= tasks
    })
    .await;
}
