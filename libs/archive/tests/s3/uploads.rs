//! Uploads in parts that fail, are given up or are lost: nothing is left, and none counts as done.

use crate::place::{PART, Place, gather, is_unavailable, pattern, upload};
use archive::{Error, Key};
use harness::s3::proxy::{Asked, Fault};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[tokio::test]
async fn a_lost_upload_is_never_a_success() {
    let place = Place::new().await;
    let key = Key::fresh();
    let mut upload = place.archive.create(&key).await.unwrap();
    upload.write(pattern(2 * PART + 5)).await.unwrap();
    // The server itself forgets it.
    place.server.lose_uploads(&place.bucket).await;
    assert!(is_unavailable(&upload.finish().await));
    assert!(matches!(place.direct.read(&key, 0..1).await, Err(Error::Absent)));

    for which in [Asked::is_put, Asked::completes] {
        let key = Key::fresh();
        let mut upload = place.archive.create(&key).await.unwrap();
        place.proxy.rule(move |asked| if which(asked) { Fault::Answer(404, "NoSuchUpload") } else { Fault::None });
        let written = upload.write(pattern(2 * PART + 5)).await;
        assert!(is_unavailable(&written.and(upload.finish().await)));
        assert!(matches!(place.direct.read(&key, 0..1).await, Err(Error::Absent)));
        place.proxy.heal();
    }
    place.holds(&[]).await;
}

#[tokio::test]
async fn what_is_given_up_in_any_way_leaves_nothing() {
    let place = Place::new().await;
    let begun = async || {
        let mut upload = place.archive.create(&Key::fresh()).await.unwrap();
        upload.write(pattern(3 * PART)).await.unwrap();
        upload
    };
    begun().await.abort().await.unwrap();
    drop(begun().await);

    // Cancelled in the middle of a write.
    place.proxy.rule(|asked| if asked.is_put() { Fault::Delay(Duration::from_secs(60)) } else { Fault::None });
    let mut cancelled = place.archive.create(&Key::fresh()).await.unwrap();
    let written = tokio::time::timeout(Duration::from_millis(500), cancelled.write(pattern(4 * PART))).await;
    assert!(written.is_err());
    assert!(is_unavailable(&cancelled.write(pattern(2 * PART)).await));
    assert!(is_unavailable(&cancelled.finish().await));
    place.proxy.heal();

    // Parts that cannot be written.
    let mut failing = place.archive.create(&Key::fresh()).await.unwrap();
    place.proxy.rule(|asked| if asked.is_put() { Fault::Answer(500, "InternalError") } else { Fault::None });
    failing.write(pattern(PART + 1)).await.unwrap();
    assert!(is_unavailable(&failing.finish().await));
    let mut failing = place.archive.create(&Key::fresh()).await.unwrap();
    failing.write(pattern(PART + 1)).await.unwrap();
    failing.abort().await.unwrap();
    place.holds(&[]).await;
}

#[tokio::test]
async fn an_end_whose_answer_is_lost_is_a_success_if_the_object_is_there() {
    let place = Place::new().await;
    let (key, bytes) = (Key::fresh(), pattern(PART + 77));
    place.proxy.fail(Asked::completes, [Fault::LoseAnswer, Fault::CutAnswer(20)]);
    upload(&place.archive, &key, &bytes).await.unwrap();
    assert!(gather(&place.direct, &key, 0..bytes.len() as u64).await.unwrap() == bytes);
    place.holds(&[key]).await;
}

#[tokio::test]
async fn parts_that_are_cut_are_sent_again_and_the_object_is_right() {
    let place = Place::new().await;
    let (key, bytes) = (Key::fresh(), pattern(4 * PART + 1));
    let mut number = 0;
    place.proxy.rule(move |asked| {
        number += usize::from(asked.is_put());
        match number % 3 {
            _ if !asked.is_put() => Fault::None,
            0 => Fault::CutRequest(number * 1_000_003 % PART),
            1 => Fault::LoseAnswer,
            _ => Fault::None,
        }
    });
    upload(&place.archive, &key, &bytes).await.unwrap();
    assert!(gather(&place.direct, &key, 0..bytes.len() as u64).await.unwrap() == bytes);
}

#[tokio::test]
async fn an_upload_takes_no_more_than_it_can_hold() {
    let place = Place::new().await;
    let at_once = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&at_once);
    place.proxy.rule(move |asked| {
        count.fetch_add(usize::from(asked.is_put()), Ordering::SeqCst);
        if asked.is_put() { Fault::Delay(Duration::from_secs(60)) } else { Fault::None }
    });
    let mut upload = place.archive.create(&Key::fresh()).await.unwrap();
    let mut taken = 0;
    let piece = pattern(100_000);
    while tokio::time::timeout(Duration::from_millis(700), upload.write(piece.clone())).await.is_ok() {
        taken += piece.len();
    }
    assert!(taken <= 3 * PART + piece.len(), "{taken} bytes taken while none was stored");
    assert_eq!(at_once.load(Ordering::SeqCst), 2);
    place.proxy.heal();
    upload.abort().await.unwrap();
    place.holds(&[]).await;
}
