//! Deletes at each level: what goes, what is counted afterwards, and what protects from them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north, range, scope_of, scope_of_all, single, south};
use super::sample::Sample;
use access::FacilityId;
use catalog::{Deleted, DuplicatePolicy, Error, Protection, Search};
use dataset::Level;
use uid::Resource;

/// A study of two CT series, of two and one instances, and an MR series of one.
async fn study(fixture: &Fixture) -> [Sample; 4] {
    let samples = [
        Sample::new(1, 1, 1),
        Sample::new(1, 1, 2),
        Sample::new(1, 2, 1),
        Sample::new(1, 3, 1).with("Modality", "MR").with("SOPClassUID", "1.2.840.10008.5.1.4.1.1.4"),
    ];
    fixture.store(&samples).await;
    samples
}

async fn delete(fixture: &Fixture, resource: &Resource) -> Result<Deleted, Error> {
    fixture.writer.delete(&fixture.scope(), resource, NOW, 1000).await
}

/// Series, instances and Modalities in Study as a search returns them.
async fn counts(fixture: &Fixture) -> (String, String, String) {
    let page = fixture.search(&Search::new(Level::Study)).await;
    let json = |tag: (u16, u16)| {
        let tag = dataset::Tag(tag.0, tag.1);
        let attribute = page.rows[0].attributes.iter().find(|(other, _)| *other == tag).expect("the attribute");
        String::from_utf8(attribute.1.to_vec()).unwrap()
    };
    (json((0x0020, 0x1206)), json((0x0020, 0x1208)), json((0x0008, 0x0061)))
}

fn counted(series: u32, instances: u32, modalities: &str) -> (String, String, String) {
    (
        format!(r#"{{"vr":"IS","Value":[{series}]}}"#),
        format!(r#"{{"vr":"IS","Value":[{instances}]}}"#),
        format!(r#"{{"vr":"CS","Value":[{modalities}]}}"#),
    )
}

pub async fn instances_series_and_studies_go(fixture: &Fixture) {
    let samples = study(fixture).await;
    assert_eq!(counts(fixture).await, counted(3, 4, r#""CT","MR""#));

    let deleted = delete(fixture, &samples[1].resource()).await.unwrap();
    assert_eq!(deleted, Deleted { studies: 0, series: 0, instances: 1 });
    assert_eq!(counts(fixture).await, counted(3, 3, r#""CT","MR""#));
    assert!(matches!(fixture.reader.instance(&fixture.scope(), &samples[1].uids).await, Err(Error::NotFound)));

    let deleted = delete(fixture, &samples[2].series()).await.unwrap();
    assert_eq!(deleted, Deleted { studies: 0, series: 1, instances: 1 });
    assert_eq!(counts(fixture).await, counted(2, 2, r#""CT","MR""#));
    assert_eq!(fixture.found(Level::Study, "ModalitiesInStudy", single("CT")).await.len(), 1);

    let deleted = delete(fixture, &samples[0].study()).await.unwrap();
    assert_eq!(deleted, Deleted { studies: 1, series: 2, instances: 2 });
    for level in [Level::Study, Level::Series, Level::Instance] {
        assert!(fixture.search(&Search::new(level)).await.rows.is_empty());
    }
    assert!(matches!(delete(fixture, &samples[0].study()).await, Err(Error::NotFound)));
}

pub async fn what_is_left_empty_goes_too(fixture: &Fixture) {
    let samples = study(fixture).await;
    let deleted = delete(fixture, &samples[3].resource()).await.unwrap();
    assert_eq!(deleted, Deleted { studies: 0, series: 1, instances: 1 });
    assert_eq!(counts(fixture).await, counted(2, 3, r#""CT""#));
    assert!(fixture.found(Level::Study, "ModalitiesInStudy", single("MR")).await.is_empty());
    delete(fixture, &samples[2].resource()).await.unwrap();
    delete(fixture, &samples[0].resource()).await.unwrap();
    let deleted = delete(fixture, &samples[1].resource()).await.unwrap();
    assert_eq!(deleted, Deleted { studies: 1, series: 1, instances: 1 });
    assert!(fixture.found(Level::Study, "PatientName", single("Doe^Jane")).await.is_empty());
}

pub async fn objects_are_due_after_the_grace_period(fixture: &Fixture) {
    let samples = study(fixture).await;
    let mut keys = Vec::new();
    for sample in &samples {
        keys.push(fixture.reader.instance(&fixture.scope(), &sample.uids).await.unwrap().key);
    }
    delete(fixture, &samples[0].resource()).await.unwrap();
    delete(fixture, &samples[0].series()).await.unwrap();
    delete(fixture, &samples[0].study()).await.unwrap();
    assert_eq!(fixture.writer.due_removals(NOW.plus(999), 10).await.unwrap(), []);
    let due = fixture.writer.due_removals(NOW.plus(1000), 10).await.unwrap();
    let mut due: Vec<String> = due.into_iter().map(|removal| removal.key).collect();
    due.sort();
    keys.sort();
    assert_eq!(due, keys);
}

pub async fn held_resources_stay(fixture: &Fixture) {
    let samples = study(fixture).await;
    let all = [samples[0].study(), samples[0].series(), samples[0].resource()];
    let hold = Protection { legal_hold: true, retain_until: None };
    for held in &all {
        fixture.writer.protect(&fixture.scope(), held, hold).await.unwrap();
        for resource in &all {
            assert!(matches!(delete(fixture, resource).await, Err(Error::Held)));
        }
        fixture.writer.protect(&fixture.scope(), held, Protection::default()).await.unwrap();
    }
    // What is beside a held series may go.
    fixture.writer.protect(&fixture.scope(), &samples[2].series(), hold).await.unwrap();
    delete(fixture, &samples[0].series()).await.unwrap();
    assert!(matches!(delete(fixture, &samples[2].resource()).await, Err(Error::Held)));
    assert_eq!(counts(fixture).await, counted(2, 2, r#""CT","MR""#));
}

pub async fn retained_resources_stay_until_then(fixture: &Fixture) {
    let samples = study(fixture).await;
    let until = Protection { legal_hold: false, retain_until: Some(NOW.plus(10)) };
    fixture.writer.protect(&fixture.scope(), &samples[0].resource(), until).await.unwrap();
    assert!(matches!(delete(fixture, &samples[0].study()).await, Err(Error::Held)));
    let later = fixture.writer.delete(&fixture.scope(), &samples[0].study(), NOW.plus(10), 0).await.unwrap();
    assert_eq!(later.instances, 4);
}

pub async fn what_is_not_in_scope_does_not_exist(fixture: &Fixture) {
    let samples = study(fixture).await;
    let west: FacilityId = "west".parse().unwrap();
    for resource in [samples[0].study(), samples[0].series(), samples[0].resource()] {
        let nobody = scope_of(&west);
        assert!(matches!(fixture.writer.delete(&nobody, &resource, NOW, 0).await, Err(Error::NotFound)));
        assert!(matches!(fixture.reader.find(&nobody, &resource).await, Err(Error::NotFound)));
        let hold = fixture.writer.protect(&nobody, &resource, Protection::default()).await;
        assert!(matches!(hold, Err(Error::NotFound)));
    }
    // A series under another study, an instance under another series.
    let wrong = samples[0].clone().named("1.2.1", "1.2.1.2", "1.2.1.1.1");
    assert!(matches!(delete(fixture, &wrong.resource()).await, Err(Error::NotFound)));
    let wrong = samples[0].clone().named("1.2.7", "1.2.1.1", "1.2.1.1.1");
    assert!(matches!(delete(fixture, &wrong.series()).await, Err(Error::NotFound)));
    assert_eq!(counts(fixture).await, counted(3, 4, r#""CT","MR""#));
}

pub async fn the_home_facility_is_meant(fixture: &Fixture) {
    let samples = study(fixture).await;
    let west: FacilityId = "west".parse().unwrap();
    for resource in [samples[0].study(), samples[0].series(), samples[0].resource()] {
        let found = fixture.reader.find(&scope_of_all(&south()), &resource).await.unwrap();
        assert_eq!(found.facility, south());
        let ambiguous = fixture.reader.find(&scope_of_all(&west), &resource).await;
        assert!(matches!(ambiguous, Err(Error::Ambiguous { facilities }) if facilities == [north(), south()]));
        let ambiguous = fixture.writer.delete(&scope_of_all(&west), &resource, NOW, 0).await;
        assert!(matches!(ambiguous, Err(Error::Ambiguous { .. })));
    }
    let instance = fixture.reader.instance(&scope_of_all(&north()), &samples[0].uids).await.unwrap();
    assert_eq!(instance.facility, north());
    assert!(matches!(
        fixture.reader.instance(&scope_of_all(&west), &samples[0].uids).await,
        Err(Error::Ambiguous { .. })
    ));
    let deleted = fixture.writer.delete(&scope_of_all(&north()), &samples[0].study(), NOW, 0).await.unwrap();
    assert_eq!(deleted.instances, 4);
    // Now only one facility has it, so that one is meant.
    let found = fixture.reader.find(&scope_of_all(&west), &samples[0].study()).await.unwrap();
    assert_eq!(found.facility, south());
}

pub async fn a_study_deleted_may_come_again(fixture: &Fixture) {
    let samples = study(fixture).await;
    delete(fixture, &samples[0].study()).await.unwrap();
    let again = samples.clone().map(|sample| sample.with("StudyDate", "20250101"));
    fixture.store_in(north(), &again, DuplicatePolicy::Refuse, NOW).await.unwrap();
    assert_eq!(counts(fixture).await, counted(3, 4, r#""CT","MR""#));
    assert_eq!(fixture.found(Level::Study, "StudyDate", range("20250101", "")).await, ["1.2.1"]);
}
