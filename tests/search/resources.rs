//! The six resources (PS3.18 10.6.1) and what their matches hold.

use serde_json::json;

use crate::{ROOT, archive::Archive, first, tags};

const STUDY_DEFAULTS: [&str; 15] = [
    "00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081190", "00100010", "00100020",
    "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208",
];
const SERIES_DEFAULTS: [&str; 10] = [
    "00080060", "0008103E", "00081190", "0020000D", "0020000E", "00200011", "00201209", "00400244", "00400245",
    "00400275",
];
const INSTANCE_DEFAULTS: [&str; 11] = [
    "00080016", "00080018", "00080056", "00081190", "00083002", "0020000D", "0020000E", "00200013", "00280010",
    "00280011", "00280100",
];

/// The tags of all these levels, ascending, each once.
fn joined(levels: &[&[&'static str]]) -> Vec<&'static str> {
    let mut tags = levels.concat();
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[tokio::test]
async fn a_study_has_its_default_attributes_and_no_others() {
    let archive = Archive::open().await;
    let studies = archive.matches("/studies?PatientID=PID-A").await;
    assert_eq!(tags(&studies[0]), STUDY_DEFAULTS);
    let url = format!("{}{ROOT}{}", archive.server.base(), archive.ct.study_path());
    assert_eq!(
        studies,
        [json!({
            "00080020": {"vr": "DA", "Value": ["20240115"]},
            "00080030": {"vr": "TM", "Value": ["093015"]},
            "00080050": {"vr": "SH", "Value": ["ACC-A"]},
            "00080056": {"vr": "CS", "Value": ["ONLINE"]},
            "00080061": {"vr": "CS", "Value": ["CT", "MR"]},
            "00080090": {"vr": "PN", "Value": [{"Alphabetic": "Referrer^Rita"}]},
            "00081190": {"vr": "UR", "Value": [url]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
            "00100020": {"vr": "LO", "Value": ["PID-A"]},
            "00100030": {"vr": "DA", "Value": ["19610412"]},
            "00100040": {"vr": "CS", "Value": ["F"]},
            "0020000D": {"vr": "UI", "Value": [archive.ct.study]},
            "00200010": {"vr": "SH", "Value": ["1001"]},
            "00201206": {"vr": "IS", "Value": [2]},
            "00201208": {"vr": "IS", "Value": [5]},
        })]
    );
}

#[tokio::test]
async fn series_of_a_study() {
    let archive = Archive::open().await;
    let series = archive.matches(&format!("{}/series", archive.ct.study_path())).await;
    let described: Vec<_> =
        series.iter().map(|row| [first(row, "0020000E"), first(row, "00080060"), first(row, "00201209")]).collect();
    assert_eq!(
        described,
        [[&json!(archive.ct.series), &json!("CT"), &json!(3)], [&json!(archive.mr.series), &json!("MR"), &json!(2)]],
        "in the order of their numbers"
    );
    for (row, of) in series.iter().zip([&archive.ct, &archive.mr]) {
        assert_eq!(tags(row), SERIES_DEFAULTS);
        assert_eq!(*first(row, "00081190"), json!(format!("{}{ROOT}{}", archive.server.base(), of.path())));
        assert_eq!(first(row, "00400275")["00400009"]["Value"][0], json!("SPS-ACC-A"));
    }
}

#[tokio::test]
async fn instances_of_a_series() {
    let archive = Archive::open().await;
    let rows = archive.matches(&format!("{}/instances", archive.ct.path())).await;
    assert_eq!(rows.len(), 3);
    for (row, instance) in rows.iter().zip(archive.ct.instances()) {
        assert_eq!(tags(row), INSTANCE_DEFAULTS);
        assert_eq!(*first(row, "00080018"), json!(instance.instance));
        assert_eq!(*first(row, "00080016"), json!(instance.sop_class));
        assert_eq!(*first(row, "00083002"), json!("1.2.840.10008.1.2.1"));
        assert_eq!(row["00280010"], json!({"vr": "US", "Value": [16]}));
        assert_eq!(*first(row, "00081190"), json!(format!("{}{ROOT}{}", archive.server.base(), instance.path())));
    }
    let numbers: Vec<_> = rows.iter().map(|row| first(row, "00200013").clone()).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn instances_of_a_study_tell_their_series() {
    let archive = Archive::open().await;
    let rows = archive.matches(&format!("{}/instances", archive.ct.study_path())).await;
    assert_eq!(rows.len(), 5);
    assert!(
        rows.iter().all(|row| tags(row) == joined(&[&SERIES_DEFAULTS, &INSTANCE_DEFAULTS])),
        "{:?}",
        tags(&rows[0])
    );
    let series: Vec<_> = rows.iter().map(|row| first(row, "0020000E").as_str().unwrap()).collect();
    let (ct, mr) = (archive.ct.series.as_str(), archive.mr.series.as_str());
    assert_eq!(series, [ct, ct, ct, mr, mr]);
}

#[tokio::test]
async fn series_of_all_studies_tell_their_study() {
    let archive = Archive::open().await;
    let rows = archive.matches("/series").await;
    assert_eq!(rows.len(), 8);
    let expected = joined(&[&STUDY_DEFAULTS, &SERIES_DEFAULTS]);
    assert!(rows.iter().all(|row| tags(row) == expected), "{:?}", tags(&rows[0]));
    let mr = rows.iter().find(|row| *first(row, "0020000E") == json!(archive.mr.series)).unwrap();
    assert_eq!(
        [first(mr, "00100020"), first(mr, "00201208"), first(mr, "00201209")],
        [&json!("PID-A"), &json!(5), &json!(2)]
    );
}

#[tokio::test]
async fn instances_of_all_studies_tell_study_and_series() {
    let archive = Archive::open().await;
    let rows = archive.matches("/instances").await;
    assert_eq!(rows.len(), 11);
    let expected = joined(&[&STUDY_DEFAULTS, &SERIES_DEFAULTS, &INSTANCE_DEFAULTS]);
    assert!(rows.iter().all(|row| tags(row) == expected), "{:?}", tags(&rows[0]));
}

#[tokio::test]
async fn what_is_not_there_has_no_series() {
    let archive = Archive::open().await;
    let study = archive.ct.study_path();
    for path in [
        "/studies/1.2.3/series".to_owned(),
        "/studies/1.2.3/instances".to_owned(),
        format!("{study}/series/1.2.3/instances"),
        format!("/studies/1.2.3/series/{}/instances", archive.ct.series),
        "/studies?PatientID=nobody".to_owned(),
    ] {
        let answer = archive.get(&path).await;
        assert_eq!((answer.text(), answer.content_type()), ("[]", "application/dicom+json"), "{path}");
        assert_eq!(answer.header("warning"), None);
    }
}

#[tokio::test]
async fn answers_are_not_kept_by_others() {
    let archive = Archive::open().await;
    let answer = archive.get("/studies").await;
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(archive.client().head("/dicom-web/studies", 200).await.body.len(), 0);
}
