//! Facilities in search: what one holds does not show in another, and links say where a match is.

use harness::{Client, Series, Server};

use crate::{ROOT, builder, first};

const NORTH: &str = "/facilities/north/dicom-web";
const SOUTH: &str = "/facilities/south/dicom-web";
const HOME: &str = "/facilities/default/dicom-web";

async fn start() -> Server {
    builder().env("NOCTIS_GATEWAY__FACILITIES", "[\"north\",\"south\"]").start().await
}

/// The Patient IDs that a search at an address finds, in order of the alphabet.
async fn patients(client: &Client, path: &str) -> Vec<String> {
    let rows = client.json(path).await;
    let mut found: Vec<String> =
        rows.as_array().unwrap().iter().map(|row| first(row, "00100020").as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn two_facilities_never_mix() {
    let server = start().await;
    let client = server.client();
    let patient = |id: &str| Series { patient_id: id.into(), rows: 16, columns: 16, ..Series::ct(2) };
    let (north, south) = (patient("NORTH-1"), patient("SOUTH-1"));
    // The same UIDs again, of another patient: both facilities have their own.
    let twin = Series { patient_id: "SOUTH-2".into(), patient_name: "Twin^South".into(), ..north.clone() };
    client.store(&format!("{NORTH}/studies"), north.instances(), 200).await;
    client.store(&format!("{SOUTH}/studies"), south.instances(), 200).await;
    client.store(&format!("{SOUTH}/studies"), twin.instances(), 200).await;

    for (root, expected) in [
        (NORTH, &["NORTH-1"][..]),
        (SOUTH, &["SOUTH-1", "SOUTH-2"]),
        (HOME, &[]),
        (ROOT, &["NORTH-1", "SOUTH-1", "SOUTH-2"]),
    ] {
        for query in
            ["", "?PatientName=*", "?PatientID=*-*", "?ModalitiesInStudy=CT", "?fuzzymatching=true&PatientName="]
        {
            assert_eq!(patients(&client, &format!("{root}/studies{query}")).await, expected, "{root}{query}");
        }
        let uid = format!("{root}/studies?StudyInstanceUID={},{}", north.study, south.study);
        assert_eq!(patients(&client, &uid).await, expected, "{uid}");
        assert_eq!(client.count(&format!("{root}/series")).await, expected.len(), "{root}");
        assert_eq!(client.count(&format!("{root}/instances")).await, 2 * expected.len(), "{root}");
    }
    let twins = |root: &str| format!("{root}{}/instances?includefield=PatientID", north.study_path());
    assert_eq!(patients(&client, &twins(NORTH)).await, ["NORTH-1", "NORTH-1"]);
    assert_eq!(patients(&client, &twins(SOUTH)).await, ["SOUTH-2", "SOUTH-2"]);
    assert!(patients(&client, &twins(HOME)).await.is_empty());
    // On the plain root the study is ambiguous: the caller is told where to look.
    let problem = client.get(&twins(ROOT), 409).await.json();
    assert_eq!(
        problem["roots"],
        serde_json::json!([format!("{}{NORTH}", server.base()), format!("{}{SOUTH}", server.base())])
    );
}

#[tokio::test]
async fn links_lead_to_the_facility_that_holds_the_match() {
    let server = start().await;
    let client = server.client();
    let (north, home) = (Series::small(1), Series::small(1));
    client.store(&format!("{NORTH}/studies"), north.instances(), 200).await;
    client.store(&format!("{ROOT}/studies"), home.instances(), 200).await;
    for (asked, of, root) in [(ROOT, &north, NORTH), (ROOT, &home, ROOT), (NORTH, &north, NORTH), (HOME, &home, HOME)] {
        let rows = client.json(&format!("{asked}/instances?StudyInstanceUID={}", of.study)).await;
        let url = first(&rows[0], "00081190").as_str().unwrap();
        assert_eq!(url, format!("{}{root}{}", server.base(), of.instance(1).path()), "asked of {asked}");
        let path = url.strip_prefix(server.base()).unwrap();
        assert_eq!(client.stored(path).await, of.instance(1).bytes);
    }
}

#[tokio::test]
async fn a_facility_that_is_not_there_is_404() {
    let server = start().await;
    for facility in ["west", "NORTH", "north%2F", "north%2F..", "default%00", "*"] {
        server.client().get(&format!("/facilities/{facility}/dicom-web/studies"), 404).await;
    }
}
