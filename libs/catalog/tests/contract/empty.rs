//! Matching of what has no value (PS3.4 C.2.2.2.7).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::Fixture;
use super::sample::Sample;
use catalog::Match;
use dataset::Level;

const NONE: [&str; 0] = [];

/// Keywords, and a value of each.
const STUDY: [(&str, &str); 11] = [
    ("StudyDate", "20240131"),
    ("StudyTime", "1015"),
    ("AccessionNumber", "ACC"),
    ("StudyDescription", "Head"),
    ("PhysiciansOfRecord", "Roe^Jane"),
    ("PatientName", "=山田"),
    ("PatientID", "PAT1"),
    ("PatientBirthDate", "19700101"),
    ("PatientBirthTime", "10"),
    ("PatientSex", "F"),
    ("OtherPatientIDs", "\\B"),
];
const BELOW: [(&str, &str, Level); 6] = [
    ("Modality", "CT", Level::Series),
    ("SeriesNumber", "7", Level::Series),
    ("OperatorsName", "Roe^Jane", Level::Series),
    ("FrameOfReferenceUID", "1.2.3", Level::Series),
    ("InstanceNumber", "1", Level::Instance),
    ("ImageType", "ORIGINAL\\PRIMARY", Level::Instance),
];

pub async fn what_is_empty_or_absent_is_found(fixture: &Fixture) {
    let keywords: Vec<(&str, &str)> =
        STUDY.iter().copied().chain(BELOW.iter().map(|(keyword, value, _)| (*keyword, *value))).collect();
    let with = |sample: Sample, empty: bool| {
        keywords.iter().fold(sample, |sample, (keyword, value)| sample.with(keyword, if empty { "" } else { value }))
    };
    let without = keywords.iter().fold(Sample::new(3, 1, 1), |sample, (keyword, _)| sample.without(keyword));
    fixture.store(&[with(Sample::new(1, 1, 1), false), with(Sample::new(2, 1, 1), true), without]).await;
    let levels = STUDY.iter().map(|(keyword, _)| (*keyword, Level::Study));
    for (keyword, level) in levels.chain(BELOW.iter().map(|(keyword, _, level)| (*keyword, *level))) {
        let below = ["", ".1", ".1.1"][level as usize];
        let mut found = fixture.found(level, keyword, Match::Empty).await;
        found.sort();
        assert_eq!(found, [format!("1.2.2{below}"), format!("1.2.3{below}")], "{keyword}");
    }
    assert_eq!(fixture.found(Level::Study, "ModalitiesInStudy", Match::Empty).await.len(), 2);
    for keyword in ["StudyInstanceUID", "SOPClassUID", "SOPClassesInStudy", "NumberOfStudyRelatedInstances"] {
        assert_eq!(fixture.found(Level::Instance, keyword, Match::Empty).await, NONE, "{keyword}");
    }
    let keys = [("PatientID", Match::Empty), ("StudyInstanceUID", Match::AnyUid(vec!["1.2.3".parse().unwrap()]))];
    assert_eq!(fixture.found_by(Level::Series, &keys, true).await, ["1.2.3.1"]);
}
