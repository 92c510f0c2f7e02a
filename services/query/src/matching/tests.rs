//! Values as clients write them, kind by kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{Asked, MAX_LISTED, MAX_REQUIRED, Malformed, matches};
use catalog::Match;
use dataset::SEARCH_KEYS;
use proptest::prelude::*;

/// A form of the tests that can be compared and printed.
fn tests(keyword: &str, values: &[&str]) -> Result<Vec<String>, Malformed> {
    tests_as(Asked::default(), keyword, values)
}

fn tests_as(asked: Asked, keyword: &str, values: &[&str]) -> Result<Vec<String>, Malformed> {
    let key = SEARCH_KEYS.iter().find(|key| key.keyword == keyword).unwrap();
    let show = |test| match test {
        Match::Universal => "universal".to_owned(),
        Match::Single(value) => format!("= {value}"),
        Match::AnyUid(uids) => format!("in {}", uids.iter().map(|uid| uid.as_str()).collect::<Vec<_>>().join(" ")),
        Match::AnyOf(values) => format!("any {}", values.join(" ")),
        Match::Wildcard(pattern) => format!("like {pattern}"),
        Match::Range { from, to } => format!("{}..{}", from.unwrap_or_default(), to.unwrap_or_default()),
        Match::Moments { .. } => "moments".to_owned(),
        Match::Empty => "empty".to_owned(),
    };
    matches(key, values, asked).map(|tests| tests.into_iter().map(show).collect())
}

#[track_caller]
fn one(keyword: &str, value: &str, expected: &str) {
    assert_eq!(tests(keyword, &[value]), Ok(vec![expected.to_owned()]), "{keyword}={value}");
}

#[test]
fn nothing_and_stars_match_everything() {
    for keyword in ["StudyDate", "StudyTime", "StudyInstanceUID", "PatientName", "SeriesNumber", "ModalitiesInStudy"] {
        for value in ["", "*", "**", " * "] {
            one(keyword, value, "universal");
        }
    }
    assert_eq!(tests("PatientID", &["", "7"]), Ok(vec!["= 7".into()]));
}

#[test]
fn uids_are_lists_by_comma_backslash_and_repetition() {
    one("StudyInstanceUID", "1.2", "in 1.2");
    one("SOPClassesInStudy", "1.2\\1.3,1.4", "in 1.2 1.3 1.4");
    assert_eq!(tests("SeriesInstanceUID", &["1.2, 1.3", "1.4"]), Ok(vec!["in 1.2 1.3 1.4".into()]));
    for value in ["1.2.*", "x", ",", "1.2\\abc", &"1".repeat(65)] {
        assert_eq!(tests("StudyInstanceUID", &[value]), Err(Malformed::Uid), "{value}");
    }
    assert_eq!(tests("StudyInstanceUID", &["1,".repeat(MAX_LISTED + 1).as_str()]), Err(Malformed::TooMany));
}

#[test]
fn texts_and_names_take_wildcards() {
    one("PatientName", "DOE^J*", "like DOE^J*");
    one("PatientName", "山田^太郎", "= 山田^太郎");
    one("PatientID", "A?1", "like A?1");
    one("StudyDescription", "HEAD, NECK", "= HEAD, NECK");
    one("AccessionNumber", " 42 ", "= 42");
    assert_eq!(tests("PatientName", &["*a*a*a*a*a*a*b"]), Err(Malformed::TooManyWildcards));
    assert_eq!(tests("PatientComments", &["x".repeat(10_241).as_str()]), Err(Malformed::TooLong));
}

#[test]
fn several_modalities_are_alternatives_and_other_codes_are_not() {
    one("ModalitiesInStudy", "CT", "= CT");
    one("ModalitiesInStudy", "C*", "like C*");
    one("ModalitiesInStudy", "CT,MR", "any CT MR");
    one("ModalitiesInStudy", "CT\\MR", "any CT MR");
    one("Modality", "CT, P*", "any CT P*");
    one("ModalitiesInStudy", "CT,*", "universal");
    one("ModalitiesInStudy", ",", "universal");
    assert_eq!(tests("ModalitiesInStudy", &["CT", "MR"]), Ok(vec!["any CT MR".into()]));
    assert!(tests("Modality", &[&"CT,".repeat(1000)]).is_ok());
    assert_eq!(tests("Modality", &[&"C*,".repeat(65)]), Err(Malformed::TooMany));
    assert_eq!(tests("ImageType", &["ORIGINAL\\PRIMARY"]), Ok(vec!["= ORIGINAL".into(), "= PRIMARY".into()]));
}

#[test]
fn of_several_values_each_is_required() {
    let asked = Asked { multiple: true, ..Asked::default() };
    let all = |keyword: &str, values: &[&str]| tests_as(asked, keyword, values);
    for values in [&["CT\\PT"][..], &["CT,PT"], &["CT", "PT"]] {
        assert_eq!(all("ModalitiesInStudy", values), Ok(vec!["= CT".into(), "= PT".into()]), "{values:?}");
    }
    assert_eq!(all("OtherPatientIDs", &["A, B\\C"]), Ok(vec!["= A, B".into(), "= C".into()]));
    assert_eq!(all("OperatorsName", &["Doe^*"]), Ok(vec!["like Doe^*".into()]));
    assert_eq!(all("OperatorsName", &["Doe^*\\Roe"]), Err(Malformed::WildcardAmongSeveral));
    assert_eq!(all("ModalitiesInStudy", &["\\"]), Ok(vec!["universal".into()]));
    let many = "A\\".repeat(MAX_REQUIRED + 1);
    assert_eq!(all("OtherPatientIDs", &[&many]), Err(Malformed::TooMany));
    assert_eq!(tests("ImageType", &[&many]), Err(Malformed::TooMany));
    // What has one value only is not concerned.
    assert_eq!(all("Modality", &["CT\\PT"]), Ok(vec!["any CT PT".into()]));
    assert_eq!(all("StudyDescription", &["A\\B"]), Ok(vec!["= A\\B".into()]));
    assert_eq!(all("StudyInstanceUID", &["1.2\\1.3"]), Ok(vec!["in 1.2 1.3".into()]));
}

#[test]
fn two_quotation_marks_are_an_empty_value() {
    let asked = Asked { empty: true, ..Asked::default() };
    for keyword in ["StudyDate", "StudyTime", "PatientName", "PatientID", "ModalitiesInStudy", "SeriesNumber"] {
        assert_eq!(tests_as(asked, keyword, &[" \"\" "]), Ok(vec!["empty".into()]), "{keyword}");
        assert_eq!(tests_as(asked, keyword, &["\"\"", ""]), Ok(vec!["empty".into()]), "{keyword}");
        let other = if keyword.starts_with("Study") { "2024" } else { "CT" };
        assert_eq!(tests_as(asked, keyword, &["\"\"", other]), Err(Malformed::EmptyAmongOthers), "{keyword}");
    }
    one("PatientID", "\"\"", "= \"\"");
    assert_eq!(tests("StudyDate", &["\"\""]), Err(Malformed::Date));
}

#[test]
fn dates_are_single_or_ranges() {
    one("StudyDate", "20200131", "= 20200131");
    one("StudyDate", "2020.01.31", "= 20200131");
    one("StudyDate", "20200101-20201231", "20200101..20201231");
    one("StudyDate", "20200101-", "20200101..");
    one("PatientBirthDate", "-20201231", "..20201231");
    one("StudyDate", "2020.01.01 - 20201231", "20200101..20201231");
    for value in [
        "-",
        "--",
        "2020",
        "202001",
        "2020-01-31",
        "20201301",
        "20200100",
        "20200132",
        "2020*",
        "x",
        "20200101-x",
        "20200101-20200102-20200103",
        "2020.1.31",
        "202001.31",
        "２０２００１０１",
        "20200101\\20200102",
    ] {
        assert_eq!(tests("StudyDate", &[value]), Err(Malformed::Date), "{value}");
    }
}

#[test]
fn times_may_be_cut_short() {
    for (value, expected) in [
        ("10", "= 10"),
        ("1030", "= 1030"),
        ("103015", "= 103015"),
        ("103015.5", "= 103015.5"),
        ("103015.123456", "= 103015.123456"),
        ("10:30:15", "= 103015"),
        ("235960", "= 235960"),
        ("10-1130", "10..1130"),
        ("103015.5-", "103015.5.."),
        ("-12:00", "..1200"),
    ] {
        one("StudyTime", value, expected);
    }
    for value in ["1", "103", "24", "1060", "103061", "1030.5", "103015.", "103015.1234567", "1:30", "x", "-", "10*"] {
        assert_eq!(tests("StudyTime", &[value]), Err(Malformed::Time), "{value}");
    }
}

#[test]
fn numbers_are_whole() {
    one("SeriesNumber", "7", "= 7");
    one("InstanceNumber", "+007", "= 7");
    one("InstanceNumber", "-3", "= -3");
    one("NumberOfStudyRelatedInstances", "300", "= 300");
    for value in ["7.0", "1-5", "1,2", "x", "1*", "9999999999999", "--1"] {
        assert_eq!(tests("SeriesNumber", &[value]), Err(Malformed::Number), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_or_refused(value in ".{0,60}", at in 0..SEARCH_KEYS.len()) {
        let key = &SEARCH_KEYS[at];
        if let Ok(tests) = matches(key, &[&value, "*"], Asked::default()) {
            prop_assert!(!tests.is_empty());
        }
    }

    #[test]
    fn any_list_and_range_is_taken_or_refused(value in "[0-9.:,*?\\\\ -]{0,40}", at in 0..SEARCH_KEYS.len()) {
        let key = &SEARCH_KEYS[at];
        if let Ok(tests) = matches(key, &[&value], Asked { empty: true, multiple: true }) {
            for test in tests {
                if let Match::Range { from, to } = test {
                    prop_assert!(from.is_some() || to.is_some());
                }
            }
        }
    }

    #[test]
    fn every_range_of_dates_comes_back(from in 19_000_101_u32..=19_000_131, to in 20_251_201_u32..=20_251_231) {
        let expected = vec![format!("{from}..{to}")];
        prop_assert_eq!(tests("StudyDate", &[&format!("{from}-{to}")]), Ok(expected));
    }
}
