//! Stores and deletes that happen at the same time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north, scope_of, south};
use super::sample::Sample;
use catalog::{CommitOutcome, DuplicatePolicy, Error, ReturnTags, Search};
use dataset::{Level, Tag};
use futures::future::join_all;

const STUDY_RELATED_SERIES: Tag = Tag(0x0020, 0x1206);
const STUDY_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1208);
const SERIES_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1209);

/// The number in `{"vr":"IS","Value":[n]}`.
fn number(row: &catalog::Row, tag: Tag) -> usize {
    let (_, json) = row.attributes.iter().find(|(other, _)| *other == tag).unwrap();
    let object: serde_json::Value = serde_json::from_slice(json).unwrap();
    usize::try_from(object["Value"][0].as_u64().unwrap()).unwrap()
}

/// Counters of all studies and series are equal to what is really there.
async fn assert_counts(fixture: &Fixture) {
    let list = |level| {
        let search = Search { limit: 10_000, return_tags: ReturnTags::All, ..Search::new(level) };
        async move { fixture.search(&search).await.rows }
    };
    let (studies, series, instances) =
        (list(Level::Study).await, list(Level::Series).await, list(Level::Instance).await);
    for study in &studies {
        let in_study = |rows: &[catalog::Row]| rows.iter().filter(|row| row.study == study.study).count();
        assert_eq!(number(study, STUDY_RELATED_SERIES), in_study(&series));
        assert_eq!(number(study, STUDY_RELATED_INSTANCES), in_study(&instances));
        assert!(in_study(&instances) > 0);
    }
    for one in &series {
        let held = instances.iter().filter(|row| row.study == one.study && row.series == one.series).count();
        assert_eq!(number(one, SERIES_RELATED_INSTANCES), held);
    }
    let shown: usize = studies.iter().map(|study| number(study, STUDY_RELATED_INSTANCES)).sum();
    assert_eq!(shown, instances.len());
}

pub async fn counts_hold_while_stores_and_deletes_race(fixture: &Fixture) {
    let stores = (0..16_u32).map(|task| async move {
        for round in 0..6_u32 {
            let samples: Vec<Sample> = (0..5).map(|n| Sample::new(1, task % 4, task * 1000 + round * 10 + n)).collect();
            fixture.store_as(&samples, DuplicatePolicy::Refuse).await;
        }
    });
    let deletes = (0..8_u32).map(|task| async move {
        for round in 0..6_u32 {
            let sample = Sample::new(1, task % 4, (task % 16) * 1000 + round * 10);
            let resource = [sample.resource(), sample.series(), sample.study()][(task + round) as usize % 3].clone();
            match fixture.writer.delete(&fixture.scope(), &resource, NOW, 0).await {
                Ok(deleted) => assert!(deleted.instances > 0),
                Err(error) => assert!(matches!(error, Error::NotFound), "{error}"),
            }
        }
    });
    futures::future::join(join_all(stores), join_all(deletes)).await;
    assert_counts(fixture).await;
    assert_eq!(fixture.writer.all_intents().await.unwrap(), []);
}

pub async fn facilities_share_uids_without_touching(fixture: &Fixture) {
    let sample = Sample::new(1, 1, 1);
    let store = |facility, content| {
        let sample = sample.clone().with_content(content);
        async move { fixture.store_in(facility, &[sample], DuplicatePolicy::Refuse, NOW).await.unwrap() }
    };
    let outcomes = join_all([store(north(), 1), store(south(), 2)]).await.concat();
    assert!(outcomes.iter().all(|outcome| *outcome == CommitOutcome::Stored { disagreements: Vec::new() }));
    for (facility, content) in [(north(), 101), (south(), 102)] {
        let scope = scope_of(&facility);
        assert_eq!(fixture.reader.instance(&scope, &sample.uids).await.unwrap().digest[0], content);
        assert_eq!(fixture.reader.search(&scope, &Search::new(Level::Instance)).await.unwrap().rows.len(), 1);
    }
    fixture.writer.delete(&scope_of(&north()), &sample.study(), NOW, 0).await.unwrap();
    assert!(fixture.reader.instance(&scope_of(&south()), &sample.uids).await.is_ok());
}
