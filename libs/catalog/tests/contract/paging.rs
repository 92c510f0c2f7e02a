//! Pages of a search, their order, and how many matches remain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, key, north, scope_of_all, single, south, uids};
use super::sample::Sample;
use catalog::{DuplicatePolicy, Remaining, Search};
use dataset::Level;

pub async fn pages_neither_repeat_nor_leave_out(fixture: &Fixture) {
    let samples: Vec<Sample> = (0..23)
        .map(|number| {
            Sample::new(number / 6, number % 3, number).with("StudyDate", ["", "20240101"][number as usize % 2])
        })
        .collect();
    fixture.store(&samples).await;
    for level in [Level::Study, Level::Series, Level::Instance] {
        for scope in [fixture.scope(), scope_of_all(&south())] {
            let all = fixture.reader.search(&scope, &Search::new(level)).await.unwrap();
            let total = all.rows.len();
            let rows = |page: &catalog::Page| -> Vec<_> {
                uids(page).into_iter().zip(page.rows.iter().map(|row| row.facility.clone())).collect()
            };
            let mut paged = Vec::new();
            for offset in (0..=total).step_by(2) {
                let search = Search { limit: 2, offset: offset as u64, ..Search::new(level) };
                let page = fixture.reader.search(&scope, &search).await.unwrap();
                let beyond = total.saturating_sub(offset + 2) as u64;
                assert_eq!(page.remaining, Remaining::Exact(beyond));
                paged.extend(rows(&page));
            }
            assert_eq!(paged, rows(&all));
        }
    }
    let beyond = Search { offset: u64::MAX, limit: u32::MAX, ..Search::new(Level::Study) };
    let page = fixture.search(&beyond).await;
    assert!(page.rows.is_empty());
    assert_eq!(page.remaining, Remaining::Exact(0));
    let none = fixture.search(&Search { limit: 0, ..Search::new(Level::Instance) }).await;
    assert_eq!((none.rows.len(), none.remaining), (0, Remaining::Exact(23)));
}

pub async fn remaining_is_counted_to_a_bound(fixture: &Fixture) {
    for chunk in 0..6_u32 {
        let samples: Vec<Sample> = (0..2000).map(|number| Sample::new(1, 1, chunk * 2000 + number)).collect();
        fixture.store_in(north(), &samples, DuplicatePolicy::Refuse, NOW).await.unwrap();
    }
    let keys = vec![key("PatientID", single("PAT1"))];
    let search = Search { keys, limit: 10, ..Search::new(Level::Instance) };
    assert_eq!(fixture.search(&search).await.remaining, Remaining::MoreThan(10_000));
    let later = Search { offset: 1989, ..search.clone() };
    assert_eq!(fixture.search(&later).await.remaining, Remaining::MoreThan(10_000));
    let later = Search { offset: 1990, ..search };
    assert_eq!(fixture.search(&later).await.remaining, Remaining::Exact(10_000));
}

pub async fn new_studies_come_first(fixture: &Fixture) {
    for (study, date) in [(1, "20240102"), (2, "20240101"), (3, ""), (4, "20240102")] {
        fixture.store(&[Sample::new(study, 1, 1).with("StudyDate", date)]).await;
    }
    let page = fixture.search(&Search::new(Level::Study)).await;
    assert_eq!(uids(&page), ["1.2.4", "1.2.1", "1.2.2", "1.2.3"]);
}
