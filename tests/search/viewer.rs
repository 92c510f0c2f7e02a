//! The requests that OHIF makes, word for word.

use serde_json::Value;

use crate::{
    archive::{Archive, letters},
    first,
};

const LIST: &str = "limit=101&offset=0&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030";

/// OHIF asks for Modality at study level too; that alone is ignored, and said so.
async fn list(archive: &Archive, more: &str) -> Value {
    let request = archive
        .client()
        .request(reqwest::Method::GET, &format!("/dicom-web/studies?{LIST}{more}"))
        .header("accept", "application/dicom+json")
        .header("accept-encoding", "gzip, deflate, br, zstd");
    let answer = archive.client().send(request, 200).await;
    assert_eq!(answer.content_type(), "application/dicom+json");
    assert!(answer.header("warning").is_some_and(|warning| warning.ends_with("ignored: 00080060")));
    let body = match answer.header("content-encoding") {
        None => answer.body.to_vec(),
        Some(coding) => {
            assert_eq!(coding, "gzip");
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&answer.body[..]), &mut plain).unwrap();
            plain
        }
    };
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn the_study_list_has_what_its_columns_show() {
    let archive = Archive::open().await;
    let rows = list(&archive, "").await;
    assert_eq!(letters(&rows), "ABCDEFG");
    for row in rows.as_array().unwrap() {
        // It throws where Modalities in Study is missing.
        assert!(row["00080061"]["Value"].is_array(), "{row}");
        for tag in ["00080020", "00080030", "00080050", "00081030", "00100010", "00100020", "0020000D", "00201208"] {
            assert!(row.get(tag).is_some(), "{tag}: {row}");
        }
    }
}

#[tokio::test]
async fn its_filters_find_what_they_should() {
    let archive = Archive::open().await;
    let uids = format!("&StudyInstanceUID={}\\{}", archive.ct.study, archive.study("C").study);
    for (filter, expected) in [
        ("&PatientName=*doe*", "AD"),
        ("&PatientName=*D%C3%B3e*", "AD"),
        ("&PatientName=*%E5%B1%B1*", "C"),
        ("&00100020=*ID-B*", "B"),
        ("&AccessionNumber=*ACC*", "ACDEFG"),
        ("&StudyDescription=*Head*", "BD"),
        ("&ModalitiesInStudy=CT", "ADE"),
        ("&ModalitiesInStudy=CT,PT", "ADEF"),
        ("&ModalitiesInStudy=CT%2CPT", "ADEF"),
        ("&StudyDate=20240115-20240229", "ACDF"),
        ("&PatientName=*doe*&ModalitiesInStudy=MR&StudyDate=20240101-20241231", "A"),
        ("&00100020=PID-A", "A"),
        (uids.as_str(), "AC"),
    ] {
        assert_eq!(letters(&list(&archive, filter).await), expected, "{filter}");
    }
}

#[tokio::test]
async fn opening_a_study_lists_its_series() {
    let archive = Archive::open().await;
    let path = format!("{}/series?includefield=00080021,00080031,0008103E,00200011", archive.ct.study_path());
    let answer = archive.get(&path).await;
    assert_eq!(answer.header("warning"), None);
    let rows = answer.json();
    let described: Vec<_> = rows.as_array().unwrap().iter().map(|row| first(row, "0008103E")).collect();
    assert_eq!(described, ["Thorax 1.0 soft", "MR Thorax"]);
    assert!(
        rows.as_array()
            .unwrap()
            .iter()
            .all(|row| first(row, "00080021") == "20240115" && first(row, "00080031") == "093105")
    );
}
