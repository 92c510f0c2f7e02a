//! Media types of search answers (PS3.18 10.6.4), asked for as clients do.

use std::io::Read;

use crate::archive::Archive;

#[tokio::test]
async fn json_is_what_nearly_everybody_gets() {
    let archive = Archive::open().await;
    for (accept, expected) in [
        ("application/dicom+json", "application/dicom+json"),
        ("application/json", "application/json"),
        ("*/*", "application/dicom+json"),
        ("application/*", "application/dicom+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/dicom+json"),
        ("application/json;q=0.9, application/dicom+json;q=0.1", "application/json"),
        (
            "application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*",
            "application/dicom+json",
        ),
        ("multipart/related; type=\"application/dicom+xml\";q=0.5, application/dicom+json", "application/dicom+json"),
        ("application/dicom+json; charset=utf-8", "application/dicom+json"),
        ("APPLICATION/DICOM+JSON", "application/dicom+json"),
    ] {
        let answer = archive.client().get_as("/dicom-web/studies?PatientID=PID-A", accept, 200).await;
        assert_eq!(answer.content_type(), expected, "{accept}");
        assert_eq!(answer.json().as_array().unwrap().len(), 1);
    }
    assert_eq!(archive.get("/studies").await.content_type(), "application/dicom+json");
}

#[tokio::test]
async fn the_accept_parameter_goes_before_the_header() {
    let archive = Archive::open().await;
    for (parameter, expected) in [
        ("application/json", "application/json"),
        ("application/dicom%2Bjson", "application/dicom+json"),
        ("application/dicom+json", "application/dicom+json"),
    ] {
        let path = format!("/dicom-web/studies?accept={parameter}");
        let answer = archive.client().get_as(&path, "text/html", 200).await;
        assert_eq!(answer.content_type(), expected, "{parameter}");
        assert_eq!(answer.header("warning"), None);
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_406_with_what_can() {
    let archive = Archive::open().await;
    for accept in ["text/html", "application/dicom+xml", "image/jpeg", "application/dicom+json;q=0"] {
        let answer = archive.client().get_as("/dicom-web/studies", accept, 406).await;
        assert_eq!(answer.content_type(), "application/problem+json");
        let xml = "multipart/related; type=\"application/dicom+xml\"";
        let supported = serde_json::json!(["application/dicom+json", "application/json", xml]);
        assert_eq!(answer.json()["supported"], supported, "{accept}");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_take_it() {
    let archive = Archive::open().await;
    let client = archive.client();
    let request = |coding: &str| {
        client.request(reqwest::Method::GET, "/dicom-web/instances?includefield=all").header("accept-encoding", coding)
    };
    let plain = client.send(request("identity"), 200).await;
    let packed = client.send(request("gzip"), 200).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.header("vary").unwrap().to_ascii_lowercase().contains("accept-encoding"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert!(packed.body.len() * 3 < plain.body.len());
}
