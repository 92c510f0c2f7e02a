//! The order of matches by `orderby`, which the standard does not have.

use harness::Answer;

use crate::{archive::Archive, first};

/// The letters of the studies that rows are of, in the order of the rows.
fn letters(answer: &Answer) -> String {
    let last = |row: &serde_json::Value| first(row, "00100020").as_str().unwrap().chars().last().unwrap();
    answer.json().as_array().unwrap().iter().map(last).collect()
}

#[tokio::test]
async fn studies_come_as_asked() {
    let archive = Archive::open().await;
    for (order, expected) in [
        ("PatientID", "ABCDEFG"),
        ("-PatientID", "GFEDCBA"),
        ("00100020", "ABCDEFG"),
        ("PatientName", "ADEGBFC"),
        ("-PatientName", "CFBGEDA"),
        ("StudyDate", "GEBADFC"),
        ("-StudyDate", "CFDABEG"),
        ("StudyDate,StudyTime", "GEBFADC"),
        ("-StudyDate&orderby=StudyTime", "CFADBEG"),
        ("-NumberOfStudyRelatedInstances,PatientID", "ABCDEFG"),
        ("", "CFDABEG"),
    ] {
        let answer = archive.get(&format!("/studies?orderby={order}")).await;
        assert_eq!(answer.header("warning"), None, "{order}");
        assert_eq!(letters(&answer), expected, "{order}");
    }
}

#[tokio::test]
async fn lower_levels_come_as_asked() {
    let archive = Archive::open().await;
    assert_eq!(letters(&archive.get("/series?orderby=Modality,-PatientID").await), "EDABAGFC");
    let answer = archive.get("/instances?orderby=-InstanceNumber&PatientID=PID-A").await;
    let numbers: Vec<i64> =
        answer.json().as_array().unwrap().iter().map(|row| first(row, "00200013").as_i64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 2, 1, 1]);
}

#[tokio::test]
async fn pages_of_an_order_join_to_the_whole() {
    let archive = Archive::open().await;
    for order in ["PatientSex", "-StudyDate", "-Modality", "RequestAttributesSequence.RequestedProcedureID"] {
        let whole = archive.matches(&format!("/series?orderby={order}")).await;
        let mut joined = Vec::new();
        while joined.len() < whole.len() {
            let page = archive.matches(&format!("/series?orderby={order}&limit=3&offset={}", joined.len())).await;
            assert!(!page.is_empty());
            joined.extend(page);
        }
        assert_eq!(joined, whole, "{order}");
    }
}

#[tokio::test]
async fn what_cannot_be_ordered_by_is_named_in_a_warning() {
    let archive = Archive::open().await;
    for name in ["ModalitiesInStudy", "Modality", "00091002"] {
        let answer = archive.get(&format!("/studies?orderby=-{name},PatientID")).await;
        let warning = answer.header("warning").unwrap();
        assert!(warning.ends_with(&format!("were ignored: {name}")), "{warning}");
        assert_eq!(letters(&answer), "ABCDEFG");
    }
}
