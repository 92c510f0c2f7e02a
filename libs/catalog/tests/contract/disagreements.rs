//! Disagreements about the patient: stored, told, listed, settled, and forgotten when what caused them is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, NOW, north, scope_of, single, south, wild};
use super::sample::Sample;
use catalog::{CommitOutcome, Disagreement, DuplicatePolicy, Error, NotedDisagreement};
use dataset::Level;

async fn listed(fixture: &Fixture) -> Vec<NotedDisagreement> {
    fixture.reader.disagreements(&fixture.scope(), None, 100).await.unwrap()
}

fn other_patient(instance: u32) -> Sample {
    Sample::new(1, 1, instance).with("PatientName", "Roe^Richard").with("PatientID", "PAT2")
}

pub async fn another_patient_is_noted_once(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    let same = Sample::new(1, 1, 2).with("PatientName", "DOE^JANE^^").with("IssuerOfPatientID", "North");
    let outcomes = fixture.store_as(&[same, other_patient(3), other_patient(4)], DuplicatePolicy::Refuse).await;
    let expected = CommitOutcome::Stored { disagreements: vec![Disagreement::PatientName, Disagreement::PatientId] };
    assert_eq!(outcomes, [CommitOutcome::Stored { disagreements: Vec::new() }, expected.clone(), expected.clone()]);
    assert_eq!(fixture.store_as(&[other_patient(5)], DuplicatePolicy::Refuse).await, [expected]);

    let noted = listed(fixture).await;
    assert_eq!(noted.len(), 2);
    assert_eq!(noted[0].attribute, Disagreement::PatientName);
    assert_eq!((noted[0].study_value.as_str(), noted[0].instance_value.as_str()), ("Doe^Jane", "Roe^Richard"));
    assert_eq!((noted[1].study_value.as_str(), noted[1].instance_value.as_str()), ("PAT1", "PAT2"));
    assert_eq!((noted[0].facility.clone(), noted[0].study.as_str(), noted[0].instances), (north(), "1.2.1", 3));
    assert_eq!(fixture.found(Level::Study, "PatientID", single("PAT1")).await, ["1.2.1"]);

    fixture.writer.resolve(&fixture.scope(), noted[0].id, NOW).await.unwrap();
    assert!(matches!(fixture.writer.resolve(&fixture.scope(), noted[0].id, NOW).await, Err(Error::NotFound)));
    let left = listed(fixture).await;
    assert_eq!(left.iter().map(|noted| noted.id).collect::<Vec<_>>(), [noted[1].id]);
    assert!(fixture.reader.disagreements(&fixture.scope(), Some(noted[1].id), 10).await.unwrap().is_empty());
}

pub async fn nobody_resolves_those_of_others(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    fixture.store_as(&[other_patient(2)], DuplicatePolicy::Refuse).await;
    let noted = listed(fixture).await;
    let foreign = scope_of(&south());
    assert!(fixture.reader.disagreements(&foreign, None, 10).await.unwrap().is_empty());
    assert!(matches!(fixture.writer.resolve(&foreign, noted[0].id, NOW).await, Err(Error::NotFound)));
    assert_eq!(listed(fixture).await.len(), noted.len());
}

pub async fn they_go_with_their_instances(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    fixture.store_as(&[other_patient(2), other_patient(3)], DuplicatePolicy::Refuse).await;
    fixture.writer.delete(&fixture.scope(), &other_patient(2).resource(), NOW, 0).await.unwrap();
    assert_eq!(listed(fixture).await.iter().map(|noted| noted.instances).collect::<Vec<_>>(), [1, 1]);
    fixture.writer.delete(&fixture.scope(), &other_patient(3).resource(), NOW, 0).await.unwrap();
    assert!(listed(fixture).await.is_empty());
}

pub async fn the_study_forgets_a_patient_whose_images_are_gone(fixture: &Fixture) {
    let wrong = Sample::new(1, 1, 1).with("StudyDescription", "Wrong").with("StudyDate", "20200101");
    fixture.store(std::slice::from_ref(&wrong)).await;
    let right = [2, 3].map(|instance| other_patient(instance).with("StudyDescription", "Knee left"));
    fixture.store_as(&right, DuplicatePolicy::Refuse).await;
    let third = Sample::new(1, 2, 1).with("PatientName", "Third^Tom").with("PatientID", "PAT3");
    fixture.store_as(&[third], DuplicatePolicy::Refuse).await;
    assert_eq!(fixture.found(Level::Study, "PatientName", wild("*oe*")).await, ["1.2.1"]);

    fixture.writer.delete(&fixture.scope(), &wrong.resource(), NOW, 0).await.unwrap();
    for (keyword, gone, there) in [
        ("PatientName", single("Doe^Jane"), single("Roe^Richard")),
        ("PatientName", wild("*jane*"), wild("*rich*")),
        ("PatientID", single("PAT1"), single("PAT2")),
        ("PatientID", wild("*1"), wild("*2")),
        ("StudyDescription", wild("*ong"), wild("*ee left")),
        ("StudyDate", single("20200101"), single("20240131")),
    ] {
        assert!(fixture.found(Level::Study, keyword, gone).await.is_empty(), "{keyword}");
        assert_eq!(fixture.found(Level::Study, keyword, there).await, ["1.2.1"], "{keyword}");
    }
    assert!(fixture.found_by(Level::Study, &[("PatientName", single("jan"))], true).await.is_empty());
    let noted = listed(fixture).await;
    let values: Vec<_> =
        noted.iter().map(|noted| (noted.study_value.as_str(), noted.instance_value.as_str())).collect();
    assert_eq!(values, [("Roe^Richard", "Third^Tom"), ("PAT2", "PAT3")]);
}

pub async fn they_are_of_each_study_alone(fixture: &Fixture) {
    fixture.store(&[Sample::new(1, 1, 1)]).await;
    let same_patient_elsewhere = Sample::new(2, 1, 1).with("PatientName", "Roe^Richard").with("PatientID", "PAT2");
    fixture.store(&[same_patient_elsewhere]).await;
    assert!(listed(fixture).await.is_empty());
}
