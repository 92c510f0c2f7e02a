//! Kinds of matching (PS3.4 C.2.2.2) at all levels.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, key, north, range, scope_of_all, single, uids, wild};
use super::sample::Sample;
use catalog::{Match, Search};
use dataset::Level;

const NONE: [&str; 0] = [];

/// Studies 1, 2, ... with one attribute set to each of the values, found by a test, in ascending order.
async fn matching(fixture: &Fixture, keyword: &str, values: &[&str], tests: &[(Match, &[u32])]) {
    for (study, value) in (1..).zip(values) {
        fixture.store(&[Sample::new(study, 1, 1).with(keyword, value)]).await;
    }
    let level = dataset::SEARCH_KEYS.iter().find(|key| key.keyword == keyword).unwrap().level;
    for (number, (test, expected)) in tests.iter().enumerate() {
        let mut page = fixture.search(&Search { keys: vec![key(keyword, test.clone())], ..Search::new(level) }).await;
        page.rows.sort_by(|one, other| one.study.cmp(&other.study));
        let found: Vec<String> = page.rows.iter().map(|row| row.study.to_string()).collect();
        let expected: Vec<String> = expected.iter().map(|study| format!("1.2.{study}")).collect();
        assert_eq!(found, expected, "test {number} of {keyword}");
    }
}

pub async fn text_is_matched_exactly(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (single("ABC"), &[1]),
        (single("abc"), &[2]),
        (single("AB"), &[]),
        (single("A*"), &[4]),
        (Match::Universal, &[1, 2, 3, 4]),
        (wild("*"), &[1, 2, 3, 4]),
    ];
    matching(fixture, "PatientID", &["ABC", "abc", "", "A*"], tests).await;
}

pub async fn wildcards(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (wild("AB*"), &[1, 2]),
        (wild("*34"), &[1]),
        (wild("*B-1*"), &[1]),
        (wild("A?-1*"), &[1]),
        (wild("?B*"), &[1, 2]),
        (wild("*-*-*"), &[2]),
        (wild("????"), &[3]),
        (wild("*x*"), &[3]),
        (wild("*X*"), &[]),
        (wild("**2**"), &[1, 2]),
        (wild("AB-1234"), &[1]),
        (wild("*?"), &[1, 2, 3]),
    ];
    matching(fixture, "AccessionNumber", &["AB-1234", "AB-2-3", "x[*]", ""], tests).await;
    assert_eq!(fixture.found(Level::Study, "AccessionNumber", wild("*[*")).await, ["1.2.3"]);
    assert_eq!(fixture.found(Level::Study, "AccessionNumber", wild("x[?]")).await, ["1.2.3"]);
    assert_eq!(fixture.found(Level::Study, "AccessionNumber", wild("*[A-Z]*")).await, NONE);
}

pub async fn alternatives(fixture: &Fixture) {
    let any = |texts: &[&str]| Match::AnyOf(texts.iter().map(ToString::to_string).collect());
    let tests: &[(Match, &[u32])] = &[
        (any(&["CT", "MR"]), &[1, 2]),
        (any(&["CT", "P*"]), &[1, 3]),
        (any(&["?R", "XA"]), &[2]),
        (any(&["XA", "NM"]), &[]),
        (any(&[]), &[]),
        (any(&["C[T]", "c*"]), &[]),
        (any(&["NM", "*"]), &[1, 2, 3, 4]),
        (any(&vec!["CT"; 1000]), &[1]),
        (any(&vec!["M?"; Match::MAX_PATTERNS]), &[2]),
    ];
    matching(fixture, "StudyID", &["CT", "MR", "PT", ""], tests).await;
    for (study, modality) in [(11, "CT"), (12, "MR"), (13, "PT")] {
        fixture.store(&[Sample::new(study, 1, 1).with("Modality", modality)]).await;
    }
    let mut found = fixture.found(Level::Study, "ModalitiesInStudy", any(&["PT", "M?"])).await;
    found.sort();
    assert_eq!(found, ["1.2.12", "1.2.13"]);
    assert_eq!(fixture.found(Level::Series, "Modality", any(&["PT", "XA"])).await, ["1.2.13.1"]);
}

pub async fn characters_of_other_languages_are_plain(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (wild("*膝*"), &[1]),
        (wild("*左膝*"), &[1]),
        (wild("?膝 Knie"), &[1]),
        (wild("*É*"), &[2]),
        (wild("*e*"), &[1, 2]),
        (wild("Gen?u*"), &[2]),
        (wild("*\u{1F480}*"), &[3]),
        (wild("?"), &[3]),
    ];
    matching(fixture, "StudyDescription", &["左膝 Knie", "GenÉu", "\u{1F480}"], tests).await;
}

pub async fn short_patterns(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (wild("*1*"), &[1, 2]),
        (wild("*1"), &[1]),
        (wild("*12*"), &[2]),
        (wild("*?2*"), &[2]),
        (wild("*'*"), &[3]),
        (wild("*\"\"*"), &[3]),
        (wild("*%*"), &[4]),
        (wild("*__*"), &[4]),
    ];
    matching(fixture, "PatientID", &["A1", "B12C", "'\"\"", "%__"], tests).await;
}

pub async fn dates_and_times(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (single("20240131"), &[1, 3]),
        (range("20240131", "20240201"), &[1, 2, 3]),
        (range("20240201", ""), &[2]),
        (range("", "20240131"), &[1, 3]),
        (range("2024", "2024"), &[1, 2, 3]),
        (range("", "202401"), &[1, 3]),
        (single("2024"), &[]),
        (Match::Universal, &[1, 2, 3, 4]),
    ];
    matching(fixture, "StudyDate", &["20240131", "20240201", "2024.01.31", ""], tests).await;

    for (study, time) in [(1, "10"), (2, "103000"), (3, "103000.5"), (4, "10:59:59"), (5, "11"), (6, "")] {
        fixture.store(&[Sample::new(study + 10, 1, 1).with("SeriesTime", time)]).await;
    }
    for (test, expected) in [
        (single("10"), vec![11, 12, 13, 14]),
        (single("1030"), vec![12, 13]),
        (single("103000"), vec![12, 13]),
        (single("103000.5"), vec![13]),
        (range("1030", "1059"), vec![12, 13, 14]),
        (range("10", "10"), vec![11, 12, 13, 14]),
        (range("103000.1", ""), vec![13, 14, 15]),
        (range("", "103000"), vec![11, 12, 13]),
        (range("", ""), vec![11, 12, 13, 14, 15]),
        (single("nonsense"), vec![]),
    ] {
        let keys = vec![key("SeriesTime", test)];
        let mut found = uids(&fixture.search(&Search { keys, ..Search::new(Level::Series) }).await);
        found.sort();
        assert_eq!(found, expected.iter().map(|study| format!("1.2.{study}.1")).collect::<Vec<_>>());
    }
}

pub async fn numbers(fixture: &Fixture) {
    let tests: &[(Match, &[u32])] = &[
        (single("7"), &[1, 2]),
        (single("+007"), &[1, 2]),
        (single("-3"), &[3]),
        (single("x"), &[]),
        (wild("7*"), &[]),
    ];
    matching(fixture, "AcquisitionNumber", &["7", " 07 ", "-3", "", "x"], tests).await;
    fixture.store(&[Sample::new(9, 1, 1).with("Rows", "512")]).await;
    assert_eq!(fixture.found(Level::Instance, "Rows", single("512")).await, ["1.2.9.1.1"]);
}

async fn uids_of_rows(fixture: &Fixture, level: Level, keyword: &str, list: &[&str]) -> Vec<String> {
    let list = list.iter().map(|uid| uid.parse().unwrap()).collect();
    let mut found = fixture.found(level, keyword, Match::AnyUid(list)).await;
    found.sort();
    found
}

async fn uids_are_listed(fixture: &Fixture) {
    assert_eq!(
        uids_of_rows(fixture, Level::Study, "StudyInstanceUID", &["1.2.1", "1.2.3", "1.9"]).await,
        ["1.2.1", "1.2.3"]
    );
    assert_eq!(uids_of_rows(fixture, Level::Series, "SeriesInstanceUID", &["1.2.2.1"]).await, ["1.2.2.1"]);
    assert_eq!(
        uids_of_rows(fixture, Level::Instance, "SOPInstanceUID", &["1.2.2.1.1", "1.2.3.1.1"]).await,
        ["1.2.2.1.1", "1.2.3.1.1"]
    );
    assert_eq!(uids_of_rows(fixture, Level::Study, "StudyInstanceUID", &[]).await, NONE);
    assert_eq!(uids_of_rows(fixture, Level::Series, "FrameOfReferenceUID", &["1.5"]).await, ["1.2.3.1"]);
}

pub async fn uid_lists(fixture: &Fixture) {
    let frame = Sample::new(3, 1, 1).with("FrameOfReferenceUID", "1.5");
    fixture.store(&[Sample::new(1, 1, 1), Sample::new(2, 1, 1), frame]).await;
    uids_are_listed(fixture).await;
    assert_eq!(fixture.found(Level::Study, "StudyInstanceUID", single("1.2.2")).await, ["1.2.2"]);
    let ct = single(super::sample::CT_IMAGE);
    assert_eq!(fixture.found(Level::Instance, "SOPClassUID", ct).await.len(), 3);
}

pub async fn any_of_several_values_matches(fixture: &Fixture) {
    let first = Sample::new(1, 1, 1).with("ImageType", "ORIGINAL\\PRIMARY\\AXIAL").with("OtherPatientIDs", "X1\\X2");
    let second = Sample::new(2, 1, 1).with("ImageType", "DERIVED\\SECONDARY").with("OtherPatientIDs", "X2");
    let third = Sample::new(3, 1, 1).with("PatientID", "P\\Q").with("OtherPatientNames", "Roe^A\\Poe^B");
    fixture.store(&[first, second, third]).await;
    for (value, expected) in [("PRIMARY", vec!["1.2.1.1.1"]), ("DERIVED", vec!["1.2.2.1.1"]), ("PRIM", vec![])] {
        assert_eq!(fixture.found(Level::Instance, "ImageType", single(value)).await, expected);
    }
    assert_eq!(fixture.found(Level::Instance, "ImageType", wild("AX*")).await, ["1.2.1.1.1"]);
    // No match across the border of two values.
    assert_eq!(fixture.found(Level::Instance, "ImageType", wild("ORIG*AXIAL")).await, NONE);
    assert_eq!(fixture.found(Level::Study, "OtherPatientIDs", single("X2")).await, ["1.2.2", "1.2.1"]);
    assert_eq!(fixture.found(Level::Study, "PatientID", single("Q")).await, ["1.2.3"]);
    assert_eq!(fixture.found(Level::Study, "PatientID", wild("*Q")).await, ["1.2.3"]);
    assert_eq!(fixture.found(Level::Study, "PatientID", wild("Q*")).await, ["1.2.3"]);
    assert_eq!(fixture.found(Level::Study, "OtherPatientNames", wild("poe*")).await, ["1.2.3"]);
}

pub async fn keys_of_all_levels(fixture: &Fixture) {
    fixture
        .store(&[
            Sample::new(1, 1, 1).with("PatientID", "A").with("Modality", "CT"),
            Sample::new(1, 2, 1).with("PatientID", "A").with("Modality", "MR"),
            Sample::new(2, 1, 1).with("PatientID", "B").with("Modality", "CT"),
        ])
        .await;
    assert_eq!(fixture.found(Level::Series, "PatientID", single("A")).await, ["1.2.1.1", "1.2.1.2"]);
    assert_eq!(fixture.found(Level::Instance, "PatientID", single("B")).await, ["1.2.2.1.1"]);
    assert_eq!(fixture.found(Level::Instance, "Modality", single("MR")).await, ["1.2.1.2.1"]);
    // Keys below the level are none of its business.
    assert_eq!(fixture.found(Level::Study, "Modality", single("MR")).await, ["1.2.2", "1.2.1"]);
}

pub async fn the_six_resources(fixture: &Fixture) {
    let all = [Sample::new(1, 1, 1), Sample::new(1, 1, 2), Sample::new(1, 2, 1), Sample::new(2, 1, 1)];
    fixture.store(&all).await;
    let (study, series) = (all[0].uids.study.clone(), all[0].uids.series.clone());
    for (level, study, series, expected) in [
        (Level::Study, None, None, vec!["1.2.2", "1.2.1"]),
        (Level::Series, None, None, vec!["1.2.2.1", "1.2.1.1", "1.2.1.2"]),
        (Level::Instance, None, None, vec!["1.2.2.1.1", "1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"]),
        (Level::Series, Some(&study), None, vec!["1.2.1.1", "1.2.1.2"]),
        (Level::Instance, Some(&study), None, vec!["1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"]),
        (Level::Instance, Some(&study), Some(&series), vec!["1.2.1.1.1", "1.2.1.1.2"]),
    ] {
        let search = Search { study: study.cloned(), series: series.cloned(), ..Search::new(level) };
        let page = fixture.search(&search).await;
        assert_eq!(uids(&page), expected);
        assert!(page.rows.iter().all(|row| row.facility == north()));
        let both = fixture.reader.search(&scope_of_all(&north()), &search).await.unwrap();
        assert_eq!(both.rows.len(), 2 * expected.len());
    }
}

pub async fn computed_keys(fixture: &Fixture) {
    fixture
        .store(&[
            Sample::new(1, 1, 1),
            Sample::new(1, 2, 1).with("Modality", "SR").with("SOPClassUID", "1.2.840.10008.5.1.4.1.1.88.11"),
            Sample::new(2, 1, 1).with("Modality", "MR"),
        ])
        .await;
    for (keyword, test, expected) in [
        ("ModalitiesInStudy", single("SR"), vec!["1.2.1"]),
        ("ModalitiesInStudy", wild("?R"), vec!["1.2.2", "1.2.1"]),
        ("ModalitiesInStudy", single("S"), vec![]),
        ("SOPClassesInStudy", single("1.2.840.10008.5.1.4.1.1.88.11"), vec!["1.2.1"]),
        ("NumberOfStudyRelatedSeries", single("2"), vec!["1.2.1"]),
        ("NumberOfStudyRelatedInstances", single("1"), vec!["1.2.2"]),
    ] {
        assert_eq!(fixture.found(Level::Study, keyword, test).await, expected, "{keyword}");
    }
    assert_eq!(fixture.found(Level::Series, "NumberOfSeriesRelatedInstances", single("1")).await.len(), 3);
    assert_eq!(fixture.found(Level::Series, "ModalitiesInStudy", single("SR")).await, ["1.2.1.1", "1.2.1.2"]);
}

pub async fn requests_of_series(fixture: &Fixture) {
    let first = Sample::new(1, 1, 1).with_request("SPS1", "RP1").with_request("SPS2", "RP2");
    fixture.store(&[first, Sample::new(2, 1, 1).with_request("SPS3", "RP3")]).await;
    for (keyword, test, expected) in [
        ("ScheduledProcedureStepID", single("SPS1"), vec!["1.2.1.1"]),
        ("ScheduledProcedureStepID", single("SPS2"), vec!["1.2.1.1"]),
        ("RequestedProcedureID", single("RP3"), vec!["1.2.2.1"]),
        ("RequestedProcedureID", wild("RP*"), vec!["1.2.2.1", "1.2.1.1"]),
    ] {
        assert_eq!(fixture.found(Level::Series, keyword, test).await, expected);
    }
}

pub async fn keys_are_combined(fixture: &Fixture) {
    for study in 1..=4 {
        let (id, date) = (["A", "B"][study as usize % 2], format!("2024010{study}"));
        fixture.store(&[Sample::new(study, 1, 1).with("PatientID", id).with("StudyDate", &date)]).await;
    }
    let keys = [("PatientID", single("A")), ("StudyDate", range("20240103", "")), ("PatientName", wild("*doe*"))];
    assert_eq!(fixture.found_by(Level::Study, &keys, false).await, ["1.2.4"]);
    assert_eq!(fixture.found_by(Level::Instance, &keys, true).await, ["1.2.4.1.1"]);
}

pub async fn nothing_matches_what_is_hostile(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    let stars = "*a".repeat(2000);
    for text in ["' OR 1=1 --", "\" OR \"\"=\"", "NEAR(x y)", "patient_id : *", "\u{0}", ")", "?~?", &stars] {
        for keyword in
            ["PatientID", "AccessionNumber", "StudyDescription", "ModalitiesInStudy", "StudyDate", "StudyTime"]
        {
            assert_eq!(fixture.found(Level::Study, keyword, single(text)).await, NONE);
            assert_eq!(fixture.found(Level::Study, keyword, wild(&format!("*{text}*{text}"))).await, NONE);
        }
        assert_eq!(fixture.found(Level::Study, "PatientName", wild(&format!("*{text}~*"))).await, NONE);
        let fuzzy = [("PatientName", single(&format!("{text} zzz")))];
        assert_eq!(fixture.found_by(Level::Study, &fuzzy, true).await, NONE);
    }
}

/// Matches as PS3.4 C.2.2.2.4 says, and slowly.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((&'*', rest)), _) => matches(rest, text) || (!text.is_empty() && matches(pattern, &text[1..])),
        (Some((&'?', pattern)), Some((_, text))) => matches(pattern, text),
        (Some((one, pattern)), Some((other, text))) => one == other && matches(pattern, text),
        _ => false,
    }
}

pub async fn patterns_match_what_a_plain_matcher_says(fixture: &Fixture) {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut text = |letters: &[char], longest: usize| -> Vec<char> {
        let length = 1 + random(longest);
        (0..length).map(|_| letters[random(letters.len())]).collect()
    };
    let values: Vec<Vec<char>> = (0..120).map(|_| text(&['a', 'A', '[', ']', '^', '山', '-'], 6)).collect();
    let samples: Vec<Sample> = (0..)
        .zip(&values)
        .map(|(study, value)| Sample::new(study, 1, 1).with("PatientID", &value.iter().collect::<String>()))
        .collect();
    fixture.store(&samples).await;
    for _ in 0..300 {
        let pattern = text(&['a', 'A', '[', ']', '^', '山', '-', '*', '*', '?'], 6);
        let mut found = fixture.found(Level::Study, "PatientID", wild(&pattern.iter().collect::<String>())).await;
        found.sort();
        let expected = values.iter().zip(&samples).filter(|(value, _)| matches(&pattern, value));
        let mut expected: Vec<String> = expected.map(|(_, sample)| sample.uids.study.to_string()).collect();
        expected.sort();
        expected.truncate(100);
        if expected.len() < 100 {
            assert_eq!(found, expected, "{}", pattern.iter().collect::<String>());
        }
    }
}
