//! Intents and the removal list: no object is left behind, and none is removed that is in use.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north};
use super::sample::Sample;
use catalog::{Chunk, DuplicatePolicy, Error, IntentId, NewIntent, Search};
use dataset::Level;

async fn begin(fixture: &Fixture, keys: &[&str]) -> IntentId {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    fixture.writer.begin(NewIntent { keys, now: NOW }).await.unwrap()
}

fn chunk(intent: IntentId, sample: &Sample, keys: &[&str]) -> Chunk {
    let instances = keys.iter().map(|key| sample.to_new(key)).collect();
    Chunk { intent, facility: north(), instances, duplicates: DuplicatePolicy::Refuse, now: NOW }
}

async fn due(fixture: &Fixture) -> Vec<String> {
    let mut keys: Vec<String> =
        fixture.writer.due_removals(NOW, 1000).await.unwrap().into_iter().map(|removal| removal.key).collect();
    keys.sort();
    keys
}

pub async fn a_commit_ends_its_intent(fixture: &Fixture) {
    let intent = begin(fixture, &["ab/a"]).await;
    fixture.writer.commit(chunk(intent.clone(), &Sample::new(1, 1, 1), &["ab/a"])).await.unwrap();
    assert_eq!(fixture.writer.all_intents().await.unwrap(), []);
    assert_eq!(due(fixture).await, Vec::<String>::new());
    let again = fixture.writer.commit(chunk(intent, &Sample::new(1, 1, 2), &["ab/a"])).await;
    assert!(matches!(again, Err(Error::IntentGone)));
}

pub async fn a_commit_without_intent_stores_nothing(fixture: &Fixture) {
    let intent = begin(fixture, &["ab/a"]).await;
    fixture.writer.abandon(&intent, NOW).await.unwrap();
    let late = fixture.writer.commit(chunk(intent.clone(), &Sample::new(1, 1, 1), &["ab/a"])).await;
    assert!(matches!(late, Err(Error::IntentGone)));
    assert!(matches!(fixture.writer.extend(&intent, vec!["ab/b".into()], NOW).await, Err(Error::IntentGone)));
    assert!(fixture.search(&Search::new(Level::Study)).await.rows.is_empty());
    assert_eq!(due(fixture).await, ["ab/a"]);
}

pub async fn a_key_outside_of_the_intent_stores_nothing(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    let intent = begin(fixture, &["ab/a"]).await;
    let foreign = fixture.writer.commit(chunk(intent.clone(), &sample, &["ab/b"])).await;
    assert!(matches!(foreign, Err(Error::ForeignKey)));
    let twice = fixture.writer.commit(chunk(intent.clone(), &sample, &["ab/a", "ab/a"])).await;
    assert!(matches!(twice, Err(Error::ForeignKey)));
    assert!(fixture.search(&Search::new(Level::Study)).await.rows.is_empty());
    // Nothing of it happened: the intent is still good.
    fixture.writer.extend(&intent, vec!["ab/b".into()], NOW).await.unwrap();
    fixture.writer.commit(chunk(intent, &sample, &["ab/b"])).await.unwrap();
    assert_eq!(due(fixture).await, ["ab/a"]);
}

pub async fn keys_in_use_are_refused(fixture: &Fixture) {
    let intent = begin(fixture, &["ab/a"]).await;
    let begin_again = || fixture.writer.begin(NewIntent { keys: vec!["ab/a".into()], now: NOW });
    assert!(matches!(begin_again().await, Err(Error::ForeignKey)));
    fixture.writer.abandon(&intent, NOW).await.unwrap();
    assert!(matches!(begin_again().await, Err(Error::ForeignKey)));
    assert_eq!(fixture.writer.all_intents().await.unwrap(), []);
}

pub async fn unused_keys_are_removed(fixture: &Fixture) {
    let intent = begin(fixture, &["ab/a", "ab/b", "ab/c"]).await;
    fixture.writer.commit(chunk(intent, &Sample::new(1, 1, 1), &["ab/b"])).await.unwrap();
    assert_eq!(due(fixture).await, ["ab/a", "ab/c"]);
    let removals = fixture.writer.due_removals(NOW, 1).await.unwrap();
    assert_eq!(removals.len(), 1);
    fixture.writer.removed(&[removals[0].id]).await.unwrap();
    assert_eq!(due(fixture).await.len(), 1);
}

pub async fn stale_intents_are_listed(fixture: &Fixture) {
    let (old, fresh) = (begin(fixture, &["ab/a"]).await, begin(fixture, &["ab/b"]).await);
    let later = NOW.plus(60_000);
    fixture.writer.heartbeat(std::slice::from_ref(&fresh), later).await.unwrap();
    let stale = fixture.writer.stale_intents(NOW.plus(1)).await.unwrap();
    assert_eq!(stale.iter().map(|intent| (&intent.id, intent.heartbeat)).collect::<Vec<_>>(), [(&old, NOW)]);
    assert_eq!(fixture.writer.stale_intents(NOW).await.unwrap(), []);
    fixture.writer.extend(&old, Vec::new(), later).await.unwrap();
    assert_eq!(fixture.writer.stale_intents(later).await.unwrap(), []);
    assert_eq!(fixture.writer.all_intents().await.unwrap().len(), 2);
}

pub async fn abandoned_objects_are_due_at_once(fixture: &Fixture) {
    let intent = begin(fixture, &["ab/a", "ab/b"]).await;
    fixture.writer.abandon(&intent, NOW).await.unwrap();
    fixture.writer.abandon(&intent, NOW).await.unwrap();
    assert_eq!(due(fixture).await, ["ab/a", "ab/b"]);
    assert_eq!(fixture.writer.due_removals(NOW.plus(-1), 10).await.unwrap(), []);
}

pub async fn a_clock_that_was_ahead_holds_nothing_up(fixture: &Fixture) {
    const DAY: i64 = 86_400_000;
    let (dead, over) = (begin(fixture, &["ab/a"]).await, begin(fixture, &["ab/b"]).await);
    fixture.writer.heartbeat(std::slice::from_ref(&dead), NOW.plus(DAY)).await.unwrap();
    fixture.writer.abandon(&over, NOW.plus(DAY)).await.unwrap();
    fixture.writer.set_right(NOW.plus(1), NOW.plus(1000)).await.unwrap();
    let stale = fixture.writer.stale_intents(NOW.plus(2)).await.unwrap();
    assert_eq!(stale.iter().map(|intent| (&intent.id, intent.heartbeat)).collect::<Vec<_>>(), [(&dead, NOW.plus(1))]);
    assert_eq!(fixture.writer.due_removals(NOW.plus(999), 10).await.unwrap(), []);
    assert_eq!(fixture.writer.due_removals(NOW.plus(1000), 10).await.unwrap().len(), 1);
    // What is right stays as it is.
    fixture.writer.set_right(NOW.plus(500), NOW.plus(2000)).await.unwrap();
    assert_eq!(fixture.writer.stale_intents(NOW.plus(2)).await.unwrap().len(), 1);
    assert_eq!(fixture.writer.due_removals(NOW.plus(1000), 10).await.unwrap().len(), 1);
}
