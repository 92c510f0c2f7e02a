//! Keys in items of sequences (PS3.18 8.3.4.1.1, PS3.4 C.2.2.2.6).

use harness::{DataSet, Series, Server};
use serde_json::{Value, json};

use crate::{ROOT, STUDIES, builder, first, patients};

fn code(value: &str, scheme: &str, meaning: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(0x0008_0100, "SH", value).text(0x0008_0102, "SH", scheme).text(0x0008_0104, "LO", meaning);
    item
}

fn item(texts: &[(u32, &str, &str)]) -> DataSet {
    let mut item = DataSet::new();
    for (tag, vr, text) in texts {
        item.text(*tag, vr, text);
    }
    item
}

/// Two studies, FIRST and SECOND, that have every sequence; the values of the second end in 2.
async fn start() -> Server {
    let server = builder().start().await;
    for (patient, n) in [("FIRST", "1"), ("SECOND", "2")] {
        let series = Series { patient_id: patient.into(), rows: 16, columns: 16, ..Series::ct(1) };
        let uid = |root: &str| format!("1.2.{root}.{n}");
        let reference = |uid: &str| item(&[(0x0008_1150, "UI", "1.2.840.10008.5.1.4.1.1.2"), (0x0008_1155, "UI", uid)]);
        let accession = format!("ACC-{n}");
        let mut request = item(&[(0x0008_0050, "SH", &accession), (0x0020_000D, "UI", &uid("3"))]);
        request
            .text(0x0040_1001, "SH", &format!("RP-{n}"))
            .sequence(0x0032_1064, vec![code(&format!("RQ{n}"), "L", "Head")]);
        let mut other = item(&[(0x0008_0050, "SH", "ACC-X")]);
        other.sequence(0x0032_1064, vec![code("RQX", "L", "Foot"), code("RQY", "M", "Hand")]);
        let mut referenced = item(&[(0x0020_000E, "UI", &uid("6"))]);
        referenced.sequence(0x0008_114A, vec![reference(&uid("7")), reference(&uid("7.9"))]);
        let mut data_set = series.data_set(1);
        data_set
            .sequence(0x0008_0051, vec![item(&[(0x0040_0031, "UT", &format!("HOSP{n}"))])])
            .sequence(0x0008_1032, vec![code(&format!("PC{n}"), "99LOCAL", "CT Kopf"), code("PCX", "SRT", "Any")])
            .sequence(0x0008_1110, vec![reference(&uid("1"))])
            .sequence(0x0010_1002, vec![item(&[(0x0010_0020, "LO", &format!("OLD{n}")), (0x0010_0021, "LO", "WARD")])])
            .sequence(0x0008_1111, vec![reference(&uid("2"))])
            .sequence(0x0008_2218, vec![code(&format!("T-{n}"), "SRT", "Chest")])
            .sequence(0x0040_0260, vec![code(&format!("PP{n}"), "99LOCAL", "Routine")])
            .sequence(0x0040_0275, vec![request, other])
            .sequence(0x0008_1115, vec![referenced])
            .sequence(0x0008_1140, vec![reference(&uid("4"))])
            .sequence(0x0008_2112, vec![reference(&uid("5"))])
            .sequence(0x0040_A043, vec![code(&format!("126{n}"), "DCM", "Report")])
            .sequence(0x0040_A504, vec![item(&[(0x0008_0105, "CS", "DCMR"), (0x0040_DB00, "CS", &format!("150{n}"))])]);
        server.client().store(STUDIES, [series.finish(data_set)], 200).await;
    }
    server
}

#[tokio::test]
async fn values_in_items_are_found_at_their_level() {
    let server = start().await;
    let client = server.client();
    for (resource, key, value) in [
        ("studies", "ProcedureCodeSequence.CodeValue", "PC2"),
        ("studies", "00081032.00080100", "PC2"),
        ("studies", "ProcedureCodeSequence.CodeValue", "*C2"),
        ("studies", "OtherPatientIDsSequence.PatientID", "OLD2"),
        ("studies", "IssuerOfAccessionNumberSequence.LocalNamespaceEntityID", "HOSP2"),
        ("studies", "ReferencedStudySequence.ReferencedSOPInstanceUID", "1.2.1.2"),
        ("series", "PerformedProtocolCodeSequence.CodeValue", "PP2"),
        ("series", "AnatomicRegionSequence.CodeValue", "T-2"),
        ("series", "ReferencedPerformedProcedureStepSequence.ReferencedSOPInstanceUID", "1.2.2.2,1.2.2.99"),
        ("series", "RequestAttributesSequence.AccessionNumber", "ACC-2"),
        ("series", "RequestAttributesSequence.StudyInstanceUID", "1.2.3.2"),
        ("series", "RequestAttributesSequence.RequestedProcedureCodeSequence.CodeValue", "RQ2"),
        ("series", "ProcedureCodeSequence.CodeValue", "PC2"),
        ("instances", "ConceptNameCodeSequence.CodeValue", "1262"),
        ("instances", "ContentTemplateSequence.TemplateIdentifier", "1502"),
        ("instances", "SourceImageSequence.ReferencedSOPInstanceUID", "1.2.5.2"),
        ("instances", "ReferencedImageSequence.ReferencedSOPInstanceUID", "1.2.4.2"),
        ("instances", "ReferencedSeriesSequence.SeriesInstanceUID", "1.2.6.2"),
        ("instances", "ReferencedSeriesSequence.ReferencedInstanceSequence.ReferencedSOPInstanceUID", "1.2.7.9.2"),
        ("instances", "AnatomicRegionSequence.CodeValue", "T-2"),
    ] {
        assert_eq!(patients(&client, &format!("{resource}?{key}={value}")).await, ["SECOND"], "{key}");
    }
    let nested = "ReferencedSeriesSequence.ReferencedInstanceSequence.ReferencedSOPInstanceUID";
    assert_eq!(patients(&client, &format!("instances?{nested}=1.2.7.2")).await, ["SECOND"]);
    assert_eq!(patients(&client, "studies?ProcedureCodeSequence.CodeMeaning=").await, ["FIRST", "SECOND"]);
}

#[tokio::test]
async fn keys_of_one_sequence_match_in_one_item() {
    let server = start().await;
    let client = server.client();
    let code = "ProcedureCodeSequence";
    let request = "RequestAttributesSequence";
    let inner = "RequestAttributesSequence.RequestedProcedureCodeSequence";
    for (path, expected) in [
        (format!("studies?{code}.CodeValue=PC1&{code}.CodingSchemeDesignator=99LOCAL"), &["FIRST"][..]),
        (format!("studies?{code}.CodeValue=PC1&{code}.CodingSchemeDesignator=SRT"), &[]),
        (format!("studies?{code}.CodeValue=PCX&{code}.CodeMeaning=A*"), &["FIRST", "SECOND"]),
        (format!("series?{request}.AccessionNumber=ACC-1&{request}.RequestedProcedureID=RP-1"), &["FIRST"]),
        (format!("series?{request}.AccessionNumber=ACC-X&{request}.RequestedProcedureID=RP-1"), &[]),
        (format!("series?{request}.AccessionNumber=ACC-X&{inner}.CodeValue=RQ1"), &[]),
        (format!("series?{inner}.CodeValue=RQX&{inner}.CodeMeaning=Foot&PatientID=FIRST"), &["FIRST"]),
        (format!("series?{inner}.CodeValue=RQX&{inner}.CodeMeaning=Hand"), &[]),
        (format!("instances?{inner}.CodeValue=RQY&{request}.AccessionNumber=ACC-X"), &["FIRST", "SECOND"]),
        (format!("studies?emptyvaluematching=true&{code}.CodeMeaning=%22%22"), &[]),
    ] {
        assert_eq!(patients(&client, &path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn sequences_come_back_where_they_are_matched_or_included() {
    let server = start().await;
    let client = server.client();
    let plain = client.json(&format!("{ROOT}/studies?PatientID=FIRST")).await;
    assert!(plain[0].get("00081032").is_none());
    let item: Value = json!({
        "00080100": {"vr": "SH", "Value": ["PC1"]},
        "00080102": {"vr": "SH", "Value": ["99LOCAL"]},
        "00080104": {"vr": "LO", "Value": ["CT Kopf"]},
    });
    for query in ["ProcedureCodeSequence.CodeValue=PC1", "PatientID=FIRST&includefield=ProcedureCodeSequence"] {
        let rows = client.json(&format!("{ROOT}/studies?{query}")).await;
        assert_eq!(rows[0]["00081032"]["Value"][0], item, "{query}");
    }
    let rows = client.json(&format!("{ROOT}/instances?PatientID=FIRST&includefield=ReferencedSeriesSequence")).await;
    let referenced = &rows[0]["00081115"]["Value"][0];
    assert_eq!(*first(referenced, "0020000E"), "1.2.6.1");
    assert_eq!(referenced["0008114A"]["Value"][1]["00081155"]["Value"][0], "1.2.7.9.1");
    assert_eq!(referenced["0008114A"]["Value"][1]["00081150"]["Value"][0], "1.2.840.10008.5.1.4.1.1.2");
}

#[tokio::test]
async fn what_is_not_searchable_in_items_is_named() {
    let server = start().await;
    let client = server.client();
    for key in [
        "ProcedureCodeSequence.CodingSchemeVersion",
        "ReferencedStudySequence.ReferencedSOPClassUID",
        "RequestAttributesSequence.ScheduledProtocolCodeSequence.ProtocolContextSequence.CodeValue",
        "PatientName.CodeValue",
        "SourceImageSequence.ReferencedSOPInstanceUID",
    ] {
        let answer = client.get(&format!("{ROOT}/studies?{key}=1.2&PatientID=FIRST"), 200).await;
        assert!(answer.header("warning").unwrap().ends_with(&format!("were ignored: {key}")), "{:?}", answer.headers);
        assert_eq!(answer.json().as_array().unwrap().len(), 1);
    }
    let answer = client.get(&format!("{ROOT}/studies?orderby=ProcedureCodeSequence.CodeValue"), 200).await;
    assert!(answer.header("warning").unwrap().contains("ProcedureCodeSequence.CodeValue"));
    let uid = "studies?ReferencedStudySequence.ReferencedSOPInstanceUID=secret";
    let problem = client.get(&format!("{ROOT}/{uid}"), 400).await.json();
    assert!(problem["detail"].as_str().unwrap().contains("ReferencedStudySequence.ReferencedSOPInstanceUID"));
}
