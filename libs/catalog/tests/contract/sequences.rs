//! Keys in items of sequences that have no columns (PS3.4 C.2.2.2.6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, key_at, single, uids, wild};
use super::sample::Sample;
use catalog::{Match, ReturnTags, Search};
use dataset::{ITEM_KEYS, Level, Tag, keyword_of, tag_by_keyword};

/// The last number of the studies that match some keys, in order.
async fn found(fixture: &Fixture, level: Level, keys: &[(&str, Match)]) -> Vec<String> {
    let keys = keys.iter().map(|(path, test)| key_at(path, test.clone())).collect();
    let page = fixture.search(&Search { keys, ..Search::new(level) }).await;
    let mut found: Vec<String> = uids(&page).iter().map(|uid| uid.split('.').nth(2).unwrap().to_owned()).collect();
    found.sort();
    found
}

/// The names of an attribute: its path, and what [`Sample::with_item`] takes.
fn names(path: &[Tag]) -> (String, &'static str, String) {
    let keywords: Vec<&str> = path.iter().map(|tag| keyword_of(*tag).unwrap()).collect();
    (keywords.join("."), keywords[0], keywords[1..].join("."))
}

pub async fn values_in_items_of_every_level_are_found(fixture: &Fixture) {
    let mut samples = [Sample::new(1, 1, 1), Sample::new(2, 1, 1)];
    for (number, key) in ITEM_KEYS.iter().enumerate() {
        let (_, sequence, name) = names(key.path);
        for (study, sample) in (1..).zip(&mut samples) {
            let value = format!("1.{study}.{number}");
            *sample = sample.clone().with_item(sequence, &[(name.as_str(), value.as_str())]);
        }
    }
    fixture.store(&samples).await;
    fixture.store(&[Sample::new(3, 1, 1)]).await;
    let any = |texts: &[&str]| Match::AnyOf(texts.iter().map(ToString::to_string).collect());
    for (number, key) in ITEM_KEYS.iter().enumerate() {
        let (path, ..) = names(key.path);
        let (first, second) = (format!("1.1.{number}"), format!("1.2.{number}"));
        for level in [Level::Study, Level::Series, Level::Instance].into_iter().filter(|level| *level >= key.level) {
            for (test, expected) in [
                (single(&first), &["1"][..]),
                (single("1.3"), &[]),
                (wild(&format!("{second}*")), &["2"]),
                (wild(&format!("*.{number}")), &["1", "2"]),
                (any(&[&first, "x"]), &["1"]),
                (Match::AnyUid(vec![first.parse().unwrap(), second.parse().unwrap()]), &["1", "2"]),
                (Match::Universal, &["1", "2", "3"]),
                (wild("**"), &["1", "2", "3"]),
            ] {
                assert_eq!(found(fixture, level, &[(&path, test)]).await, expected, "{path}");
            }
        }
    }
    let tag = tag_by_keyword("ProcedureCodeSequence").unwrap();
    let page =
        fixture.search(&Search { return_tags: ReturnTags::Listed(vec![tag]), ..Search::new(Level::Study) }).await;
    let returned: Vec<_> = page.rows.iter().map(|row| row.attributes.len()).collect();
    assert_eq!(returned, [0, 1, 1]);
    let json = std::str::from_utf8(&page.rows[2].attributes[0].1).unwrap();
    assert!(json.starts_with(r#"{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["1.1."#), "{json}");
}

pub async fn keys_match_in_one_item_and_in_one_item_of_that(fixture: &Fixture) {
    const REQUEST: &str = "RequestAttributesSequence";
    let (value, scheme) =
        ("RequestedProcedureCodeSequence.CodeValue", "RequestedProcedureCodeSequence.CodingSchemeDesignator");
    let (value_2, scheme_2) =
        ("RequestedProcedureCodeSequence/2.CodeValue", "RequestedProcedureCodeSequence/2.CodingSchemeDesignator");
    let item = |sample: Sample, accession: &str, step: &str, codes: [(&str, &str); 2]| {
        let [first, second] = codes;
        let all = [
            ("AccessionNumber", accession),
            ("ScheduledProcedureStepID", step),
            (value, first.0),
            (scheme, first.1),
            (value_2, second.0),
            (scheme_2, second.1),
            ("ScheduledProtocolCodeSequence.CodeValue", "P"),
        ];
        let given: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        sample.with_item(REQUEST, &given)
    };
    let mut one = item(Sample::new(1, 1, 1), "A1", "S1", [("C1", "L"), ("C2", "M")]);
    one = item(one, "A2", "S2", [("C3", "L"), ("", "")]);
    let two = item(Sample::new(2, 1, 1), "A1", "S2", [("C1", "M"), ("C2", "L")]);
    fixture.store(&[one, two]).await;
    let path = |name: &str| format!("{REQUEST}.{name}");
    let (accession, step) = (path("AccessionNumber"), path("ScheduledProcedureStepID"));
    let (value, scheme) = (path(value), path(scheme));
    let protocol = path("ScheduledProtocolCodeSequence.CodeValue");
    for (keys, expected) in [
        (vec![(&accession, single("A1"))], &["1", "2"][..]),
        (vec![(&accession, single("A1")), (&step, single("S1"))], &["1"]),
        (vec![(&accession, single("A1")), (&step, single("S2"))], &["2"]),
        (vec![(&accession, wild("*1")), (&step, wild("?2"))], &["2"]),
        (vec![(&value, single("C1")), (&scheme, single("L"))], &["1"]),
        (vec![(&value, single("C2")), (&scheme, single("L"))], &["2"]),
        (vec![(&value, wild("*3")), (&scheme, wild("*L"))], &["1"]),
        (vec![(&accession, single("A2")), (&value, single("C1"))], &[]),
        (vec![(&accession, single("A2")), (&value, single("C3")), (&scheme, single("L"))], &["1"]),
        (vec![(&accession, single("A1")), (&value, single("C1")), (&scheme, single("M"))], &["2"]),
        (
            vec![(&accession, single("A1")), (&value, wild("*1")), (&scheme, single("M")), (&protocol, single("P"))],
            &["2"],
        ),
        (vec![(&accession, single("A1")), (&protocol, single("Q"))], &[]),
        (vec![(&accession, single("A2")), (&value, Match::Empty)], &[]),
        (vec![(&accession, wild("A*")), (&step, Match::Empty)], &[]),
    ] {
        let keys: Vec<(&str, Match)> = keys.into_iter().map(|(path, test)| (path.as_str(), test)).collect();
        for level in [Level::Series, Level::Instance] {
            let names: Vec<&str> = keys.iter().map(|(path, _)| *path).collect();
            assert_eq!(found(fixture, level, &keys).await, expected, "{names:?}");
        }
    }
}

pub async fn what_is_in_no_item_is_empty(fixture: &Fixture) {
    const CODE: &str = "ProcedureCodeSequence";
    let with = |study, values: &[(&str, &str)]| Sample::new(study, 1, 1).with_item(CODE, values);
    fixture
        .store(&[
            with(1, &[("CodeValue", "C1"), ("CodeMeaning", "")]),
            with(2, &[("CodeMeaning", "Head")]),
            with(3, &[]),
            Sample::new(4, 1, 1),
        ])
        .await;
    let (value, meaning) = ("ProcedureCodeSequence.CodeValue", "ProcedureCodeSequence.CodeMeaning");
    for (keys, expected) in [
        (vec![(value, Match::Empty)], &["2", "3", "4"][..]),
        (vec![(value, Match::Empty), (meaning, Match::Empty)], &["3", "4"]),
        (vec![(value, single("C1")), (meaning, Match::Empty)], &["1"]),
        (vec![(value, Match::Empty), (meaning, single("Head"))], &["2"]),
        (vec![(value, single("C1")), (meaning, single("Head"))], &[]),
    ] {
        assert_eq!(found(fixture, Level::Study, &keys).await, expected);
    }
}

pub async fn a_study_forgets_the_items_of_what_is_gone(fixture: &Fixture) {
    let with = |instance, code| Sample::new(1, 1, instance).with_item("ProcedureCodeSequence", &[("CodeValue", code)]);
    let (first, second) = (with(1, "C1"), with(2, "C2"));
    fixture.store(std::slice::from_ref(&first)).await;
    fixture.store(&[second]).await;
    let found = async |code| found(fixture, Level::Study, &[("ProcedureCodeSequence.CodeValue", single(code))]).await;
    assert_eq!((found("C1").await, found("C2").await), (vec!["1".to_owned()], vec![]));
    fixture.writer.delete(&fixture.scope(), &first.resource(), NOW, 0).await.unwrap();
    assert_eq!((found("C1").await, found("C2").await), (vec![], vec!["1".to_owned()]));
    fixture.writer.delete(&fixture.scope(), &first.study(), NOW, 0).await.unwrap();
    assert!(found("C2").await.is_empty());
}

pub async fn what_is_hostile_matches_nothing(fixture: &Fixture) {
    let long = "x".repeat(2000);
    let sample =
        Sample::new(1, 1, 1).with_item("ProcedureCodeSequence", &[("CodeValue", "50%_[a]'x"), ("CodeMeaning", &long)]);
    fixture.store(&[sample]).await;
    let by = async |keyword: &str, test| {
        found(fixture, Level::Study, &[(&format!("ProcedureCodeSequence.{keyword}"), test)]).await
    };
    for test in [wild("50%_[a]'*"), wild("50%?[a]'?"), wild("*[a]*")] {
        assert_eq!(by("CodeValue", test).await, ["1"]);
    }
    for test in [single("' OR 1=1 --"), wild("50__*"), wild("%*"), single("\0"), single(&long)] {
        assert!(by("CodeValue", test).await.is_empty());
    }
    assert!(by("CodeMeaning", single(&long)).await.is_empty(), "too long to be searched by");
}
