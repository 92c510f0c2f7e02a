//! Dates with the times beside them as one range (PS3.4 C.2.2.2.5.4).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, single};
use super::sample::Sample;
use catalog::{Match, Moment};
use dataset::Level;

/// From and to, each as date and time, or empty.
fn moments(from: [&str; 2], to: [&str; 2]) -> Match {
    let moment = |[date, time]: [&str; 2]| Moment { date: date.into(), time: time.into() };
    let end = |end: [&str; 2]| (!end[0].is_empty()).then(|| moment(end));
    Match::Moments { from: end(from), to: end(to) }
}

pub async fn dates_and_times_are_one_range(fixture: &Fixture) {
    for (study, date, time) in [
        (1, "20060705", "0930"),
        (2, "20060705", "1000"),
        (3, "20060706", "0300"),
        (4, "20060707", "18:00"),
        (5, "20060707", "180100"),
        (6, "20060706", ""),
        (7, "20060705", ""),
        (8, "", "1200"),
        (9, "20060708", "12"),
    ] {
        let study = Sample::new(study, 1, 1).with("StudyDate", date).with("StudyTime", time);
        fixture.store(&[study.with("ContentDate", date).with("ContentTime", time)]).await;
    }
    const OPEN: [&str; 2] = ["", ""];
    for (test, expected) in [
        (moments(["20060705", "1000"], ["20060707", "1800"]), vec![2, 3, 4, 6, 7]),
        (moments(["20060705", "1000"], OPEN), vec![2, 3, 4, 5, 6, 7, 9]),
        (moments(OPEN, ["20060707", "180059.5"]), vec![1, 2, 3, 4, 6, 7]),
        (moments(["20060705", "09"], ["20060705", "0945"]), vec![1, 7]),
        (moments(["20060705", "0945"], ["20060705", "09"]), vec![7]),
        (moments(["20060707", "00"], ["20060705", "23"]), vec![]),
        (moments(["20060705", "nonsense"], OPEN), vec![]),
    ] {
        for (level, keyword, below) in [(Level::Study, "StudyDate", ""), (Level::Instance, "ContentDate", ".1.1")] {
            let mut found = fixture.found(level, keyword, test.clone()).await;
            found.sort();
            let expected: Vec<String> = expected.iter().map(|study| format!("1.2.{study}{below}")).collect();
            assert_eq!(found, expected, "{keyword}");
        }
    }
    // Together with others; and where there is no time beside, nothing is meant.
    let all = moments(["20060101", "00"], OPEN);
    let keys = [("StudyDate", all.clone()), ("StudyTime", single("0300"))];
    assert_eq!(fixture.found_by(Level::Study, &keys, false).await, ["1.2.3"]);
    assert!(fixture.found(Level::Study, "PatientID", all).await.is_empty());
}
