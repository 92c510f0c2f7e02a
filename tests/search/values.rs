//! Values: single, lists of UIDs, universal, wildcards, numbers, and how they are written in a query string.

use crate::archive::{Archive, letters};

const ALL: &str = "ABCDEFG";

#[tokio::test]
async fn a_single_value_matches_as_it_is() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("PatientID=PID-A", "A"),
            ("PatientID=pid-a", ""),
            ("PatientID=PID", ""),
            ("AccessionNumber=ACC-D", "D"),
            ("AccessionNumber=%20ACC-D%20", "D"),
            ("StudyDescription=CT Head", "D"),
            ("StudyDescription=CT+Head", "D"),
            ("StudyDescription=左膝 Knie", "C"),
            ("PatientSex=O", "G"),
            ("StudyID=1001", ALL),
            ("PatientID=PID-A&PatientSex=O", ""),
            ("PatientID=PID-A&StudyDate=20240115", "A"),
            ("PatientID=PID-A&PatientID=PID-B", ""),
        ])
        .await;
}

#[tokio::test]
async fn uids_come_as_lists() {
    let archive = Archive::open().await;
    let (a, b) = (&archive.ct.study, &archive.study("B").study);
    for query in [
        format!("StudyInstanceUID={a},{b}"),
        format!("StudyInstanceUID={a}%2C{b}"),
        format!("StudyInstanceUID={a}\\{b}"),
        format!("StudyInstanceUID={a}%5C{b}"),
        format!("StudyInstanceUID={a}&StudyInstanceUID={b}"),
        format!("StudyInstanceUID={a}&0020000D={b},1.2.3"),
    ] {
        assert_eq!(archive.studies(&query).await, "AB", "{query}");
    }
    let many: String = (0..500).map(|number| format!("1.2.{number},")).collect();
    assert_eq!(archive.studies(&format!("StudyInstanceUID={many}{a}")).await, "A");
    let series =
        archive.matches(&format!("/series?SeriesInstanceUID={},{}", archive.ct.series, archive.mr.series)).await;
    assert_eq!(series.len(), 2);
    let instances: Vec<_> = archive.ct.instances().map(|instance| instance.instance).collect();
    assert_eq!(archive.matches(&format!("/instances?SOPInstanceUID={}", instances[1..].join("\\"))).await.len(), 2);
    assert_eq!(archive.matches("/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.2").await.len(), 5, "CT: A, D, E");
}

#[tokio::test]
async fn no_value_and_a_star_match_everything() {
    let archive = Archive::open().await;
    for key in ["PatientName", "StudyDate", "StudyTime", "StudyDescription", "ModalitiesInStudy", "StudyInstanceUID"] {
        for value in ["", "=", "=*", "=**"] {
            assert_eq!(archive.studies(&format!("{key}{value}")).await, ALL, "{key}{value}");
        }
    }
}

#[tokio::test]
async fn wildcards() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("PatientID=PID-?", ALL),
            ("PatientID=PID?", ""),
            ("PatientID=*D-?", ALL),
            ("PatientID=P*-C", "C"),
            ("PatientID=*C", "C"),
            ("StudyDescription=CT*", "AD"),
            ("StudyDescription=ct*", ""),
            ("StudyDescription=*Thorax*", "A"),
            ("StudyDescription=*T T*", "A"),
            ("StudyDescription=?T*", "AD"),
            ("StudyDescription=*", ALL),
            ("StudyDescription=?*", "ABCDEG"),
            ("StudyDescription=%2AHead", "D"),
            ("StudyDescription=CT %3Fead", "D"),
        ])
        .await;
}

#[tokio::test]
async fn what_databases_take_for_patterns_is_plain_text() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("StudyDescription=Head [7T] 50%25_x", "B"),
            ("StudyDescription=*[7T]*", "B"),
            ("StudyDescription=*%5B7T%5D*", "B"),
            ("StudyDescription=Head [7*", "B"),
            ("StudyDescription=*50%25_?", "B"),
            ("StudyDescription=*[5-8]T*", ""),
            ("StudyDescription=*[^x]*", ""),
            ("StudyDescription=[A-Z]*", ""),
            ("StudyDescription=*50_*", ""),
            ("StudyDescription=%25Head%25", ""),
            ("StudyDescription=*\"quoted\"", "E"),
            ("StudyDescription=It's*", "E"),
            ("StudyDescription=*'*", "E"),
            ("AccessionNumber=A[1]*", "B"),
            ("AccessionNumber=A[1]?", "B"),
            ("AccessionNumber=A1*", ""),
        ])
        .await;
}

#[tokio::test]
async fn one_or_two_ideographs_are_enough() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("StudyDescription=*膝*", "C"),
            ("StudyDescription=左*", "C"),
            ("StudyDescription=*左膝*", "C"),
            ("StudyDescription=?膝 Knie", "C"),
            ("StudyDescription=*右*", ""),
        ])
        .await;
}

#[tokio::test]
async fn modalities_in_study() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("ModalitiesInStudy=CT", "ADE"),
            ("ModalitiesInStudy=MR", "AB"),
            ("ModalitiesInStudy=M?", "AB"),
            ("ModalitiesInStudy=XA", ""),
            ("ModalitiesInStudy=ct", ""),
            ("00080061=PT", "F"),
        ])
        .await;
    // A user who picks two modalities wants to see both.
    for several in ["CT,MR", "CT\\MR", "CT%5CMR", "CT%2CMR", "CT&ModalitiesInStudy=MR", "MR,CT,XA"] {
        assert_eq!(archive.studies(&format!("ModalitiesInStudy={several}")).await, "ABDE", "{several}");
    }
    assert_eq!(archive.matches("/series?Modality=CT,PT").await.len(), 4);
    let both = archive.matches("/studies?ModalitiesInStudy=MR").await;
    let a = both.iter().find(|row| letters(&serde_json::json!([row])) == "A").unwrap();
    assert_eq!(a["00080061"]["Value"], serde_json::json!(["CT", "MR"]), "all of them, not the one that matched");
}

#[tokio::test]
async fn of_several_values_each_must_match() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("multiplevaluematching=true&ModalitiesInStudy=CT\\MR", "A"),
            ("multiplevaluematching=true&ModalitiesInStudy=MR%5CCT", "A"),
            ("ModalitiesInStudy=MR,CT&multiplevaluematching=TRUE", "A"),
            ("multiplevaluematching=true&ModalitiesInStudy=MR&ModalitiesInStudy=CT", "A"),
            ("multiplevaluematching=true&ModalitiesInStudy=CT\\PT", ""),
            ("multiplevaluematching=true&ModalitiesInStudy=C?", "ADE"),
            ("multiplevaluematching=false&ModalitiesInStudy=CT\\MR", "ABDE"),
        ])
        .await;
    let within = format!("{}/instances?multiplevaluematching=true&ImageType", archive.ct.path());
    assert_eq!(archive.matches(&format!("{within}=AXIAL\\ORIGINAL")).await.len(), 3);
    assert!(archive.matches(&format!("{within}=AXIAL\\LOCALIZER")).await.is_empty());
}

#[tokio::test]
async fn two_quotation_marks_match_what_has_no_value() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("emptyvaluematching=true&StudyDate=\"\"", "G"),
            ("StudyTime=%22%22&emptyvaluematching=true", "G"),
            ("emptyvaluematching=true&StudyDescription=\"\"", "F"),
            ("emptyvaluematching=true&PatientComments=\"\"", ALL),
            ("emptyvaluematching=true&OtherPatientNames=\"\"", ALL),
            ("emptyvaluematching=true&PatientName=\"\"", ""),
            ("emptyvaluematching=true&ModalitiesInStudy=\"\"", ""),
            ("emptyvaluematching=true&StudyInstanceUID=\"\"", ""),
            ("emptyvaluematching=true&PatientID=PID-A", "A"),
            ("emptyvaluematching=true&StudyDescription=", ALL),
            ("emptyvaluematching=false&StudyDescription=\"\"", ""),
            ("StudyDescription=\"\"", ""),
        ])
        .await;
    assert_eq!(archive.matches("/instances?emptyvaluematching=true&ImageComments=\"\"&PatientID=PID-A").await.len(), 5);
}

#[tokio::test]
async fn counts_and_numbers_match_by_value() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("NumberOfStudyRelatedInstances=5", "A"),
            ("NumberOfStudyRelatedSeries=1", "BCDEFG"),
            ("00201206=2", "A"),
        ])
        .await;
    assert_eq!(archive.matches("/series?SeriesNumber=03").await.len(), 1);
    assert_eq!(archive.matches("/instances?InstanceNumber=%2B2&PatientID=PID-A").await.len(), 2);
}
