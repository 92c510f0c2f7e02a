//! Keys in one sequence match in one and the same item (PS3.4 C.2.2.2.6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, single, wild};
use super::sample::Sample;
use catalog::Match;
use dataset::Level;

pub async fn keys_of_a_sequence_match_in_one_item(fixture: &Fixture) {
    let long = "x".repeat(5000);
    for (study, requests) in [
        (1, vec![("S1", "P1"), ("S2", "P2")]),
        (2, vec![("S1", "P2")]),
        (3, vec![("S1", ""), ("", "P2")]),
        (4, vec![("S1*", "P9"), ("S3", "P2")]),
        (5, vec![]),
        (6, vec![("S8", "P8"), ("S9", long.as_str())]),
    ] {
        let sample = Sample::new(study, 1, 1);
        let sample =
            requests.into_iter().fold(sample, |sample, (step, procedure)| sample.with_request(step, procedure));
        fixture.store(&[sample]).await;
    }
    let any = |texts: &[&str]| Match::AnyOf(texts.iter().map(ToString::to_string).collect());
    for (step, procedure, expected) in [
        (single("S1"), single("P2"), vec![2]),
        (single("S1"), single("P1"), vec![1]),
        (single("S2"), single("P1"), vec![]),
        (wild("S*"), single("P2"), vec![1, 2, 4]),
        (wild("*2"), wild("P?"), vec![1]),
        (wild("*S1*"), wild("*P*"), vec![1, 2, 4]),
        (wild("S1\u{1F}*"), wild("*"), vec![]),
        (single("S1*"), single("P9"), vec![4]),
        (any(&["S1", "S3"]), single("P2"), vec![2, 4]),
        (Match::Universal, single("P2"), vec![1, 2, 3, 4]),
        (Match::Empty, Match::Empty, vec![5]),
        // Items that are too long to be told apart match as if they were one.
        (single("S9"), single("P8"), vec![6]),
    ] {
        let keys = [("ScheduledProcedureStepID", step), ("RequestedProcedureID", procedure)];
        for (level, below) in [(Level::Series, ".1"), (Level::Instance, ".1.1")] {
            let mut found = fixture.found_by(level, &keys, false).await;
            found.sort();
            let expected: Vec<String> = expected.iter().map(|study| format!("1.2.{study}{below}")).collect();
            assert_eq!(found, expected);
        }
    }
}
