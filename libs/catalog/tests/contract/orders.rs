//! Orders that are asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, key, north, scope_of_all, single, uids};
use super::sample::Sample;
use catalog::{DuplicatePolicy, Error, OrderBy, Remaining, Search};
use dataset::{Level, SEARCH_KEYS};

/// Keywords, each with a minus in front where the greatest comes first.
fn by(keywords: &[&str]) -> Vec<OrderBy> {
    let order = |keyword: &&str| {
        let plain = keyword.trim_start_matches('-');
        let key = SEARCH_KEYS.iter().find(|key| key.keyword == plain).unwrap();
        OrderBy::new(key, plain != *keyword).unwrap()
    };
    keywords.iter().map(order).collect()
}

async fn store(fixture: &Fixture) {
    for (study, name, id, date, time, operator) in [
        (1, "Doe^Jane", "B", "20240102", "10", "b"),
        (2, "müller", "a", "20240101", "", "c"),
        (3, "=山田", "C", "", "09", ""),
        (4, "Muller^Zoe", "", "20240102", "08", "A"),
    ] {
        let study = Sample::new(study, 1, 1).with("PatientName", name).with("PatientID", id);
        fixture.store(&[study.with("StudyDate", date).with("StudyTime", time).with("OperatorsName", operator)]).await;
    }
    let of_first = [Sample::new(1, 2, 1).with("SeriesNumber", ""), Sample::new(1, 2, 2), Sample::new(1, 10, 3)];
    fixture.store(&of_first).await;
}

pub async fn rows_come_as_asked(fixture: &Fixture) {
    store(fixture).await;
    for (keywords, expected) in [
        (&["StudyDate"][..], [3, 2, 1, 4]),
        (&["-StudyDate"], [4, 1, 2, 3]),
        (&["StudyDate", "StudyTime"], [3, 2, 4, 1]),
        (&["-StudyDate", "-StudyTime"], [1, 4, 2, 3]),
        (&["StudyTime"], [2, 4, 3, 1]),
        (&["-StudyTime"], [1, 3, 4, 2]),
        (&["PatientName"], [1, 2, 4, 3]),
        (&["-PatientName"], [3, 4, 2, 1]),
        (&["PatientID"], [4, 1, 3, 2]),
        (&["-PatientID"], [2, 3, 1, 4]),
        (&["-NumberOfStudyRelatedInstances", "PatientID"], [1, 4, 3, 2]),
        (&["StudyInstanceUID"], [1, 2, 3, 4]),
        // Of a level below: as if nothing were asked for.
        (&["SeriesNumber"], [4, 1, 2, 3]),
    ] {
        let page = fixture.search(&Search { order: by(keywords), ..Search::new(Level::Study) }).await;
        assert_eq!(uids(&page), expected.map(|study| format!("1.2.{study}")), "{keywords:?}");
    }
    let series = |keywords: &[&str]| Search { order: by(keywords), ..Search::new(Level::Series) };
    let found = uids(&fixture.search(&series(&["SeriesNumber", "PatientID"])).await);
    assert_eq!(found, ["1.2.1.2", "1.2.4.1", "1.2.1.1", "1.2.3.1", "1.2.2.1", "1.2.1.10"]);
    let found = uids(&fixture.search(&series(&["-OperatorsName"])).await);
    assert_eq!(found[..3], ["1.2.2.1", "1.2.1.1", "1.2.4.1"]);
    let instances = Search { order: by(&["-InstanceNumber", "StudyInstanceUID"]), ..Search::new(Level::Instance) };
    let found = uids(&fixture.search(&instances).await);
    assert_eq!(found[..3], ["1.2.1.10.3", "1.2.1.2.2", "1.2.1.1.1"]);
}

pub async fn pages_of_any_order_join(fixture: &Fixture) {
    store(fixture).await;
    for key in SEARCH_KEYS {
        for descending in [false, true] {
            let order: Vec<OrderBy> = OrderBy::new(key, descending).into_iter().collect();
            let search = Search { order, ..Search::new(Level::Instance) };
            let scope = scope_of_all(&north());
            let rows = |page: &catalog::Page| -> Vec<_> {
                uids(page).into_iter().zip(page.rows.iter().map(|row| row.facility.clone())).collect()
            };
            let whole = rows(&fixture.reader.search(&scope, &search).await.unwrap());
            assert_eq!(whole.len(), 14);
            let mut joined = Vec::new();
            while joined.len() < whole.len() {
                let page = Search { limit: 5, offset: joined.len() as u64, ..search.clone() };
                let page = fixture.reader.search(&scope, &page).await.unwrap();
                joined.extend(rows(&page));
                assert_eq!(page.remaining, Remaining::Exact((whole.len() - joined.len()) as u64));
            }
            assert_eq!(joined, whole, "{} {descending}", key.keyword);
        }
    }
}

pub async fn too_many_are_not_sorted(fixture: &Fixture) {
    for chunk in 0..5_u32 {
        let samples: Vec<Sample> = (0..2000).map(|number| Sample::new(1, 1, chunk * 2000 + number)).collect();
        fixture.store_in(north(), &samples, DuplicatePolicy::Refuse, NOW).await.unwrap();
    }
    let sorted = Search { order: by(&["-InstanceNumber"]), limit: 1, ..Search::new(Level::Instance) };
    assert_eq!(uids(&fixture.search(&sorted).await), ["1.2.1.1.9999"]);
    fixture.store_in(north(), &[Sample::new(1, 2, 1)], DuplicatePolicy::Refuse, NOW).await.unwrap();
    let refused = fixture.reader.search(&fixture.scope(), &sorted).await;
    assert!(matches!(refused, Err(Error::TooManyToSort)));
    // Narrowed, and in an order that an index has, there is no such bound.
    let narrowed = Search { keys: vec![key("SeriesNumber", single("2"))], ..sorted.clone() };
    assert_eq!(uids(&fixture.search(&narrowed).await), ["1.2.1.2.1"]);
    for date in ["StudyDate", "-StudyDate"] {
        let dated = Search { order: by(&[date]), ..sorted.clone() };
        assert_eq!(uids(&fixture.search(&dated).await), ["1.2.1.1.0"]);
    }
}
