//! Stores: what becomes visible, what does not, and what is done about duplicates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north};
use super::sample::Sample;
use catalog::{Chunk, CommitOutcome, DuplicatePolicy, Error, NewIntent, Protection, Refused, Search};
use dataset::Level;
use std::time::{Duration, Instant};

const STORED: CommitOutcome = CommitOutcome::Stored { disagreements: Vec::new() };
const NEW_VERSION: DuplicatePolicy = DuplicatePolicy::NewVersion { grace_ms: 5000 };

async fn keys_due(fixture: &Fixture, later: i64) -> usize {
    fixture.writer.due_removals(NOW.plus(later), 1000).await.unwrap().len()
}

async fn content_of(fixture: &Fixture, sample: &Sample) -> u8 {
    fixture.reader.instance(&fixture.scope(), &sample.uids).await.unwrap().digest[0] - 100
}

pub async fn what_is_stored_is_found(fixture: &Fixture) {
    let samples = [Sample::new(1, 1, 1), Sample::new(1, 1, 2), Sample::new(1, 2, 1), Sample::new(2, 1, 1)];
    fixture.store(&samples).await;
    for (resource, count) in [
        (samples[0].study(), 3),
        (samples[0].series(), 2),
        (samples[2].series(), 1),
        (samples[3].study(), 1),
        (samples[1].resource(), 1),
    ] {
        let found = fixture.reader.find(&fixture.scope(), &resource).await.unwrap();
        assert_eq!((found.facility.clone(), found.instance_count), (north(), count));
        assert!(found.resource == resource);
    }
    assert_eq!(fixture.search(&Search::new(Level::Series)).await.rows.len(), 3);
    assert_eq!(fixture.search(&Search::new(Level::Instance)).await.rows.len(), 4);
}

pub async fn the_same_bytes_again_are_already_stored(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    for policy in [DuplicatePolicy::Refuse, DuplicatePolicy::KeepFirst, NEW_VERSION] {
        let outcomes = fixture.store_as(&[sample.clone(), sample.clone().completed()], policy).await;
        assert_eq!(outcomes, [CommitOutcome::AlreadyStored, CommitOutcome::AlreadyStored]);
    }
    assert_eq!(fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap().instance_count, 1);
    assert_eq!(keys_due(fixture, 0).await, 6);
}

pub async fn other_bytes_are_refused(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    let outcomes = fixture.store_as(&[sample.clone().with_content(7)], DuplicatePolicy::Refuse).await;
    assert_eq!(outcomes, [CommitOutcome::Refused(Refused::Duplicate)]);
    assert_eq!((content_of(fixture, &sample).await, keys_due(fixture, 0).await), (0, 1));
}

pub async fn other_bytes_leave_the_first(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    let outcomes = fixture.store_as(&[sample.clone().with_content(7)], DuplicatePolicy::KeepFirst).await;
    assert_eq!(outcomes, [CommitOutcome::KeptFirst]);
    assert_eq!((content_of(fixture, &sample).await, keys_due(fixture, 0).await), (0, 1));
}

pub async fn other_bytes_become_a_new_version(fixture: &Fixture) {
    let samples = [Sample::new(1, 1, 1), Sample::new(1, 1, 2)];
    fixture.store(&samples).await;
    let before = fixture.reader.instance(&fixture.scope(), &samples[0].uids).await.unwrap();
    for version in [2, 3] {
        let newer = samples[0].clone().with_content(u8::try_from(version).unwrap());
        let outcomes = fixture.store_as(&[newer], NEW_VERSION).await;
        assert_eq!(outcomes, [CommitOutcome::Replaced { version, disagreements: Vec::new() }]);
    }
    let after = fixture.reader.instance(&fixture.scope(), &samples[0].uids).await.unwrap();
    assert_eq!(content_of(fixture, &samples[0]).await, 3);
    assert!(after.revision > before.revision && after.key != before.key);
    assert_eq!(fixture.reader.find(&fixture.scope(), &samples[0].series()).await.unwrap().instance_count, 2);
    assert_eq!((keys_due(fixture, 4999).await, keys_due(fixture, 5000).await), (0, 2));
}

pub async fn the_same_uid_elsewhere_is_a_duplicate(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    for (study, series) in [("1.2.9", "1.2.1.1"), ("1.2.1", "1.2.1.9")] {
        let elsewhere = sample.clone().named(study, series, "1.2.1.1.1");
        let outcomes = fixture.store_in(north(), &[elsewhere], DuplicatePolicy::Refuse, NOW).await.unwrap();
        assert_eq!(outcomes, [CommitOutcome::Refused(Refused::Duplicate)]);
    }
    assert_eq!(fixture.search(&Search::new(Level::Series)).await.rows.len(), 1);
}

pub async fn a_new_version_moves_to_another_study(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(&[sample.clone(), Sample::new(1, 2, 1)]).await;
    let moved = sample.clone().named("1.2.9", "1.2.9.1", "1.2.1.1.1");
    let outcomes = fixture.store_in(north(), std::slice::from_ref(&moved), NEW_VERSION, NOW).await.unwrap();
    assert_eq!(outcomes, [CommitOutcome::Replaced { version: 2, disagreements: Vec::new() }]);
    assert_eq!(fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap().instance_count, 1);
    assert!(matches!(fixture.reader.find(&fixture.scope(), &sample.series()).await, Err(Error::NotFound)));
    assert_eq!(fixture.reader.find(&fixture.scope(), &moved.study()).await.unwrap().instance_count, 1);
}

pub async fn the_same_uid_twice_in_a_chunk(fixture: &Fixture) {
    let (first, second) = (Sample::new(1, 1, 1), Sample::new(1, 1, 1).with_content(9));
    let chunk = [first.clone(), first.clone(), second.clone()];
    let outcomes = fixture.store_as(&chunk, DuplicatePolicy::Refuse).await;
    assert_eq!(outcomes, [STORED, CommitOutcome::AlreadyStored, CommitOutcome::Refused(Refused::Duplicate)]);
    assert_eq!((content_of(fixture, &first).await, keys_due(fixture, 0).await), (0, 2));

    let (first, second) = (Sample::new(2, 1, 1), Sample::new(2, 1, 1).with_content(9));
    let outcomes = fixture.store_as(&[first.clone(), second], NEW_VERSION).await;
    assert_eq!(outcomes, [STORED, CommitOutcome::Replaced { version: 2, disagreements: Vec::new() }]);
    assert_eq!((content_of(fixture, &first).await, keys_due(fixture, 0).await), (9, 3));
    assert_eq!(fixture.reader.find(&fixture.scope(), &first.study()).await.unwrap().instance_count, 1);
}

pub async fn held_instances_are_not_replaced(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    fixture.store(std::slice::from_ref(&sample)).await;
    let hold = Protection { legal_hold: true, retain_until: None };
    fixture.writer.protect(&fixture.scope(), &sample.series(), hold).await.unwrap();
    let outcomes = fixture.store_as(&[sample.clone().with_content(7)], NEW_VERSION).await;
    assert_eq!(outcomes, [CommitOutcome::Refused(Refused::Held)]);
    assert_eq!(content_of(fixture, &sample).await, 0);
}

pub async fn an_empty_chunk_ends_its_intent(fixture: &Fixture) {
    assert_eq!(fixture.store_as(&[], DuplicatePolicy::Refuse).await, []);
    assert_eq!(fixture.writer.all_intents().await.unwrap(), []);
}

pub async fn revisions_grow_and_never_come_back(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    let mut last = 0;
    for instance in 1..=3 {
        fixture.store(&[Sample::new(1, 1, instance)]).await;
        let revision = fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap().revision;
        assert!(revision > last);
        last = revision;
    }
    fixture.writer.delete(&fixture.scope(), &Sample::new(1, 1, 3).resource(), NOW, 0).await.unwrap();
    let revision = fixture.reader.find(&fixture.scope(), &sample.series()).await.unwrap().revision;
    assert!(revision > last);
    fixture.writer.delete(&fixture.scope(), &sample.study(), NOW, 0).await.unwrap();
    fixture.store_in(north(), std::slice::from_ref(&sample), DuplicatePolicy::Refuse, NOW).await.unwrap();
    assert!(fixture.reader.find(&fixture.scope(), &sample.study()).await.unwrap().revision > revision);
}

pub async fn a_caller_that_goes_away_does_not_cancel(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    let new = sample.to_new(&fixture.key());
    let intent = fixture.writer.begin(NewIntent { keys: vec![new.key.clone()], now: NOW }).await.unwrap();
    let chunk =
        Chunk { intent, facility: north(), instances: vec![new], duplicates: DuplicatePolicy::Refuse, now: NOW };
    let writer = fixture.writer.clone();
    let caller = tokio::spawn(async move { writer.commit(chunk).await });
    // Whether it goes before the commit was handed over or after: it is stored whole or not at all.
    tokio::time::sleep(Duration::from_millis(20)).await;
    caller.abort();
    let deadline = Instant::now() + Duration::from_secs(5);
    while fixture.reader.find(&fixture.scope(), &sample.study()).await.is_err() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stored = fixture.reader.find(&fixture.scope(), &sample.study()).await.is_ok();
    assert_eq!(fixture.writer.all_intents().await.unwrap().is_empty(), stored);
}

pub async fn what_was_stored_survives_a_restart(fixture: &Fixture) {
    let samples = [Sample::new(1, 1, 1).with("PatientName", "Restart^Rita"), Sample::new(1, 2, 1)];
    fixture.store(&samples).await;
    fixture.writer.begin(NewIntent { keys: vec![fixture.key()], now: NOW }).await.unwrap();
    let (writer, reader) = fixture.reopened().await;
    let found = reader.find(&fixture.scope(), &samples[0].study()).await.unwrap();
    assert_eq!(found.instance_count, 2);
    assert_eq!(reader.metadata(&found, None, 10).await.unwrap().len(), 2);
    assert_eq!(writer.all_intents().await.unwrap().len(), 1);
    writer.delete(&fixture.scope(), &samples[0].resource(), NOW, 0).await.unwrap();
    assert!(matches!(reader.find(&fixture.scope(), &samples[0].resource()).await, Err(Error::NotFound)));
}
