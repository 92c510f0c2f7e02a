//! How attributes are named (PS3.18 8.3.4.1), and which of them come back.

use harness::{DataSet, Series};
use serde_json::json;

use crate::{ROOT, STUDIES, archive::Archive, builder, first};

#[tokio::test]
async fn keys_are_named_by_keyword_and_tag() {
    let archive = Archive::open().await;
    let uid = &archive.ct.study;
    for name in ["StudyInstanceUID", "0020000D", "0020000d"] {
        assert_eq!(archive.studies(&format!("{name}={uid}")).await, "A", "{name}");
    }
    archive.check(&[("00100020=PID-B", "B"), ("PatientID=PID-B", "B"), ("%50atientID=PID-B", "B")]).await;
}

#[tokio::test]
async fn attributes_in_sequences_are_named_by_path() {
    let archive = Archive::open().await;
    for name in [
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "00400275.00400009",
        "RequestAttributesSequence.00400009",
        "00400275.ScheduledProcedureStepID",
    ] {
        let rows = archive.matches(&format!("/series?{name}=SPS-ACC-A")).await;
        assert_eq!(rows.len(), 2, "{name}");
        let procedure = archive.matches("/series?RequestAttributesSequence.RequestedProcedureID=RP-ACC-D").await;
        assert_eq!(first(&procedure[0], "00100020"), "PID-D");
    }
    assert_eq!(archive.matches("/series?00400275.00400009=SPS-ACC-*").await.len(), 7, "all but B");
    assert!(archive.matches("/series?00400275.00400009=RP-ACC-A").await.is_empty());
}

#[tokio::test]
async fn keys_of_upper_levels_narrow_lower_ones() {
    let archive = Archive::open().await;
    assert_eq!(archive.matches("/series?PatientID=PID-A&Modality=MR").await.len(), 1);
    assert_eq!(archive.matches("/instances?PatientID=PID-A").await.len(), 5);
    assert_eq!(archive.matches("/instances?Modality=CT&InstanceNumber=1").await.len(), 3, "of A, D and E");
    assert_eq!(archive.matches("/instances?SeriesNumber=3").await.len(), 2);
    let within = format!("{}/instances?InstanceNumber=2&Rows=16", archive.ct.study_path());
    assert_eq!(archive.matches(&within).await.len(), 2);
    let other = format!("{}/series?PatientID=PID-B", archive.ct.study_path());
    assert!(archive.matches(&other).await.is_empty());
}

#[tokio::test]
async fn matched_attributes_come_back() {
    let archive = Archive::open().await;
    let rows = archive.matches("/studies?StudyDescription=CT*&RequestedProcedureDescription=").await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| first(row, "00321060") == "CT Thorax" && row["00081030"]["vr"] == "LO"));
}

#[tokio::test]
async fn included_attributes_come_back() {
    let archive = Archive::open().await;
    for query in [
        "includefield=StudyDescription&includefield=PatientAge",
        "includefield=00081030,00101010",
        "includefield=StudyDescription%2C00101010",
        "includefield=,00081030,,PatientAge,00081030",
        "includefield=all",
        "includefield=ALL,PatientID",
    ] {
        let answer = archive.get(&format!("/studies?PatientID=PID-A&{query}")).await;
        assert_eq!(answer.header("warning"), None, "{query}");
        let study = &answer.json()[0];
        assert_eq!(study["00081030"], json!({"vr": "LO", "Value": ["CT Thorax with contrast"]}), "{query}");
        assert_eq!(study["00101010"], json!({"vr": "AS", "Value": ["062Y"]}), "{query}");
    }
}

#[tokio::test]
async fn all_means_all_of_the_level() {
    let archive = Archive::open().await;
    let study = &archive.matches("/studies?PatientID=PID-A&includefield=all").await[0];
    assert_eq!(study["00080062"]["Value"].as_array().unwrap().len(), 2, "SOP Classes in Study: {study}");
    assert!(study.get("00080060").is_none() && study.get("00080018").is_none(), "nothing of lower levels");
    let series = &archive.matches(&format!("{}/series?includefield=all", archive.ct.study_path())).await[0];
    assert_eq!(*first(series, "00081090"), "Phantom 64");
    let instance = &archive.matches(&format!("{}/instances?includefield=all", archive.ct.path())).await[0];
    assert_eq!(instance["00080008"]["Value"], json!(["ORIGINAL", "PRIMARY", "AXIAL"]));
    assert_eq!(instance["00200032"]["vr"], "DS");
}

#[tokio::test]
async fn fields_that_cannot_be_returned_are_named_in_a_warning() {
    let archive = Archive::open().await;
    let path = "/studies?PatientID=PID-A&includefield=StudyDescription,Modality,00091002,NoSuchThing";
    let answer = archive.get(path).await;
    let warning = answer.header("warning").unwrap();
    assert!(warning.starts_with("299 ") && warning.ends_with(": NoSuchThing, Modality, 00091002"), "{warning}");
    assert_eq!(*first(&answer.json()[0], "00081030"), "CT Thorax with contrast");
}

#[tokio::test]
async fn keys_that_cannot_be_searched_by_are_named_and_the_rest_works() {
    let archive = Archive::open().await;
    for (query, named) in [
        ("NoSuchThing=1", "NoSuchThing"),
        ("patientname=x", "patientname"),
        ("00091001=EX_CT_PHANTOM", "00091001"),
        ("SpecificCharacterSet=ISO_IR 100", "SpecificCharacterSet"),
        ("Modality=MR", "Modality"),
        ("SOPInstanceUID=1.2.3", "SOPInstanceUID"),
        ("_=1700000000", "_"),
        ("a.b.c=1&a.b.c=2&x=", "a.b.c, x"),
    ] {
        let answer = archive.get(&format!("/studies?PatientID=PID-A&{query}")).await;
        let warnings: Vec<_> = answer.headers.get_all("warning").iter().map(|value| value.to_str().unwrap()).collect();
        let root = format!("{}/dicom-web", archive.server.base());
        let expected = format!("299 {root}: The following parameters are not supported and were ignored: {named}");
        assert_eq!(warnings, [expected], "{query}");
        assert_eq!(crate::archive::letters(&answer.json()), "A", "{query}");
    }
}

#[tokio::test]
async fn keys_of_a_sequence_match_in_one_item() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series { rows: 16, columns: 16, ..Series::ct(1) };
    let item = |step: &str, procedure: &str| {
        let mut item = DataSet::new();
        item.text(0x0040_0009, "SH", step).text(0x0040_1001, "SH", procedure);
        item
    };
    let mut data_set = series.data_set(1);
    data_set.sequence(0x0040_0275, vec![item("S1", "P1"), item("S2", "P2")]);
    client.store(STUDIES, [series.finish(data_set)], 200).await;
    for (step, procedure, matches) in
        [("S1", "P1", 1), ("S2", "P2", 1), ("S2", "*", 1), ("S?", "P2", 1), ("S1", "P2", 0), ("S2", "?1", 0)]
    {
        let sequence = "RequestAttributesSequence";
        let step = format!("{sequence}.ScheduledProcedureStepID={step}");
        let procedure = format!("{sequence}.RequestedProcedureID={procedure}");
        for resource in ["series", "instances"] {
            let found = client.json(&format!("{ROOT}/{resource}?{step}&{procedure}")).await;
            assert_eq!(found.as_array().unwrap().len(), matches, "{resource}: {step} {procedure}");
        }
    }
}
