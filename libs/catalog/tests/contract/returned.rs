//! What a search returns of its matches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::Fixture;
use super::sample::Sample;
use catalog::{ReturnTags, Search};
use dataset::{Level, Tag, tag_by_keyword};

fn tags(keywords: &[&str]) -> Vec<Tag> {
    keywords.iter().map(|keyword| tag_by_keyword(keyword).unwrap()).collect()
}

async fn first(fixture: &Fixture, level: Level, return_tags: ReturnTags) -> Vec<(Tag, String)> {
    let page = fixture.search(&Search { return_tags, ..Search::new(level) }).await;
    let attributes = page.rows[0].attributes.iter();
    attributes.map(|(tag, json)| (*tag, String::from_utf8(json.to_vec()).unwrap())).collect()
}

fn json<'a>(attributes: &'a [(Tag, String)], keyword: &str) -> Option<&'a str> {
    let tag = tag_by_keyword(keyword).unwrap();
    attributes.iter().find(|(other, _)| *other == tag).map(|(_, json)| json.as_str())
}

pub async fn everything_that_is_kept(fixture: &Fixture) {
    let sample =
        Sample::new(1, 1, 1).with("PatientName", "Müller^Jörg=山田").with("StudyTime", "1030").with("Rows", "512");
    fixture.store(&[sample.with("PatientComments", "")]).await;
    let study = first(fixture, Level::Study, ReturnTags::All).await;
    assert_eq!(
        json(&study, "PatientName"),
        Some(r#"{"vr":"PN","Value":[{"Alphabetic":"Müller^Jörg","Ideographic":"山田"}]}"#)
    );
    // As given, not as compared.
    assert_eq!(json(&study, "StudyTime"), Some(r#"{"vr":"TM","Value":["1030"]}"#));
    assert_eq!(json(&study, "PatientComments"), Some(r#"{"vr":"LT"}"#));
    assert_eq!(json(&study, "Modality"), None);
    let series = first(fixture, Level::Series, ReturnTags::All).await;
    assert_eq!(json(&series, "Modality"), Some(r#"{"vr":"CS","Value":["CT"]}"#));
    assert_eq!(json(&series, "InstanceNumber"), None);
    let instance = first(fixture, Level::Instance, ReturnTags::All).await;
    assert_eq!(json(&instance, "Rows"), Some(r#"{"vr":"US","Value":[512]}"#));
    assert_eq!(json(&instance, "PatientID"), Some(r#"{"vr":"LO","Value":["PAT1"]}"#));
    for attributes in [study, series, instance] {
        assert!(attributes.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

pub async fn only_what_is_listed(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    let listed = tags(&["PatientID", "Modality", "InstanceNumber", "StudyComments"]);
    for (level, expected) in [
        (Level::Study, &["PatientID"][..]),
        (Level::Series, &["Modality", "PatientID"]),
        (Level::Instance, &["Modality", "PatientID", "InstanceNumber"]),
    ] {
        let returned = first(fixture, level, ReturnTags::Listed(listed.clone())).await;
        assert_eq!(returned.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), tags(expected));
        assert!(first(fixture, level, ReturnTags::Listed(Vec::new())).await.is_empty());
    }
}

pub async fn computed_attributes(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1), Sample::new(1, 1, 2), Sample::new(1, 2, 1).with("Modality", "SR")]).await;
    let study = first(fixture, Level::Study, ReturnTags::All).await;
    for (keyword, expected) in [
        ("ModalitiesInStudy", r#"{"vr":"CS","Value":["CT","SR"]}"#),
        ("SOPClassesInStudy", r#"{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]}"#),
        ("NumberOfStudyRelatedSeries", r#"{"vr":"IS","Value":[2]}"#),
        ("NumberOfStudyRelatedInstances", r#"{"vr":"IS","Value":[3]}"#),
    ] {
        assert_eq!(json(&study, keyword), Some(expected));
        let listed = first(fixture, Level::Instance, ReturnTags::Listed(tags(&[keyword]))).await;
        assert_eq!(listed, [(tag_by_keyword(keyword).unwrap(), expected.to_owned())]);
    }
    let series = first(fixture, Level::Series, ReturnTags::All).await;
    assert_eq!(json(&series, "NumberOfSeriesRelatedInstances"), Some(r#"{"vr":"IS","Value":[2]}"#));
    let instance = first(fixture, Level::Instance, ReturnTags::All).await;
    assert_eq!(json(&instance, "AvailableTransferSyntaxUID"), Some(r#"{"vr":"UI","Value":["1.2.840.10008.1.2.1"]}"#));
}

pub async fn attributes_above_the_level(fixture: &Fixture) {
    let samples = [
        Sample::new(1, 1, 1).with("PatientID", "A").with("TimezoneOffsetFromUTC", "+0100"),
        Sample::new(1, 1, 2).with("PatientID", "A").with("TimezoneOffsetFromUTC", "+0200"),
        Sample::new(2, 1, 1).with("PatientID", "B"),
    ];
    fixture.store(&samples).await;
    let listed = ReturnTags::Listed(tags(&["PatientID", "TimezoneOffsetFromUTC"]));
    let page = fixture.search(&Search { return_tags: listed, ..Search::new(Level::Instance) }).await;
    let returned: Vec<Vec<String>> = page
        .rows
        .iter()
        .map(|row| row.attributes.iter().map(|(_, json)| String::from_utf8(json.to_vec()).unwrap()).collect())
        .collect();
    let id = |id: &str| format!(r#"{{"vr":"LO","Value":["{id}"]}}"#);
    let zone = |zone: &str| format!(r#"{{"vr":"SH","Value":["{zone}"]}}"#);
    assert_eq!(returned, [vec![id("B")], vec![zone("+0100"), id("A")], vec![zone("+0200"), id("A")]]);
}
