//! Accept headers as clients write them, on each kind of resource (PS3.18 8.7.8).

use harness::TransferSyntax;

use crate::{
    EXPLICIT, ROOT,
    archive::{Archive, pixels},
};

/// What OHIF sends for everything that is not an image.
const OHIF_JSON: &str = "application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*";

#[tokio::test]
async fn frames_in_every_spelling() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/frames/1", archive.ct.instance(1).path());
    let expected = pixels(&archive.ct, 1);
    for accept in [
        "multipart/related; type=\"application/octet-stream\"",
        "multipart/related; type=application/octet-stream; transfer-syntax=*",
        "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.1",
        "multipart/related; type=\"application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\"",
        "multipart/related;type=application/octet-stream;transfer-syntax=*;transfer-syntax=1.2.3",
        "MULTIPART/Related; TYPE=\"Application/Octet-Stream\"",
        "multipart/related; type=\"*/*\"",
        "multipart/related; type=*/*; transfer-syntax=*",
        "multipart/related",
        "multipart/*",
        "*/*",
        "image/jpeg;q=0.9, multipart/related; type=\"image/jls\", multipart/related; type=application/octet-stream;q=0.1",
        "application/dicom+json;q=0.9, */*;q=0.1",
    ] {
        let answer = archive.client().get_as(&path, accept, 200).await;
        assert!(
            answer.content_type().starts_with("multipart/related; type=\"application/octet-stream\"; boundary="),
            "{accept}: {}",
            answer.content_type()
        );
        let parts = answer.parts();
        assert_eq!((parts.len(), &parts[0].body), (1, &expected), "{accept}");
        assert_eq!(parts[0].content_type(), format!("application/octet-stream; transfer-syntax={EXPLICIT}"));
    }
    let parts = archive.client().get(&path, 200).await.parts();
    assert_eq!(parts[0].body, expected, "without Accept");
}

#[tokio::test]
async fn the_heavier_wish_wins() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/frames/1", archive.ct.instance(1).path());
    for (accept, is_single) in [
        ("application/octet-stream, multipart/related; type=application/octet-stream;q=0.5", true),
        ("application/octet-stream;q=0.5, multipart/related; type=application/octet-stream", false),
        ("multipart/related; type=application/octet-stream;q=0, application/octet-stream;q=0.001", true),
        ("*/*;q=0.1, application/octet-stream", true),
    ] {
        let answer = archive.client().get_as(&path, accept, 200).await;
        assert_eq!(answer.content_type().starts_with("application/octet-stream"), is_single, "{accept}");
    }
}

#[tokio::test]
async fn the_accept_parameter_goes_before_the_header() {
    let archive = Archive::open().await;
    let instance = format!("{ROOT}{}", archive.ct.instance(1).path());
    for (path, expected) in [
        (format!("{instance}?accept=application/dicom"), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"),
        (format!("{instance}/metadata?accept=application/json"), "application/json"),
        (format!("{instance}/metadata?accept=application/dicom+json"), "application/dicom+json"),
        (
            format!("{instance}/frames/1?accept=application/octet-stream"),
            "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1",
        ),
        (
            format!("{instance}?accept=application%2Fdicom%3Btransfer-syntax%3D*&x=1"),
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        ),
    ] {
        let answer = archive.client().get_as(&path, "*/*", 200).await;
        assert_eq!(answer.content_type(), expected, "{path}");
    }
}

#[tokio::test]
async fn metadata_is_json_whatever_else_is_named() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/metadata", archive.ct.path());
    for (accept, expected) in [
        ("application/dicom+json", "application/dicom+json"),
        ("application/json", "application/json"),
        (OHIF_JSON, "application/dicom+json"),
        ("*/*", "application/dicom+json"),
        ("application/dicom+xml, */*;q=0.1", "application/dicom+json"),
    ] {
        let answer = archive.client().get_as(&path, accept, 200).await;
        assert_eq!(answer.content_type(), expected, "{accept}");
        assert_eq!(answer.json().as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_406_with_what_can() {
    let archive = Archive::open().await;
    let instance = format!("{ROOT}{}", archive.ct.instance(1).path());
    for (path, accept, supported) in [
        (instance.clone(), "image/png", "multipart/related; type=\\\"application/dicom\\\""),
        (instance.clone(), "application/zip", "application/dicom"),
        (format!("{instance}/metadata"), "application/dicom+xml", "type=\\\"application/dicom+xml\\\""),
        (format!("{instance}/metadata"), "multipart/related; type=\"text/xml\"", "application/dicom+json"),
        (format!("{instance}/frames/1"), "image/png", "application/octet-stream"),
        (format!("{instance}/frames/1"), "multipart/related; type=image/jpeg", "application/octet-stream"),
        (format!("{instance}/frames/1"), "application/dicom+json", "application/octet-stream"),
        (format!("{instance}/bulkdata/7FE00010"), "text/plain", "application/octet-stream"),
    ] {
        let answer = archive.client().get_as(&path, accept, 406).await;
        assert_eq!(answer.content_type(), "application/problem+json");
        let listed = answer.json()["supported"].to_string();
        assert!(listed.contains(supported), "{path} as {accept}: {listed}");
    }
}

#[tokio::test]
async fn instances_asked_for_as_octets_are_their_bulk_data() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}", archive.ct.path());
    let answer = archive.client().get_as(&path, "multipart/related; type=\"application/octet-stream\"", 200).await;
    let bodies: Vec<_> = answer.parts().into_iter().map(|part| part.body).collect();
    assert_eq!(bodies, [1, 2, 3].map(|number| pixels(&archive.ct, number)));
}

#[tokio::test]
async fn nonsense_in_accept_is_refused_or_passed_over() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/metadata", archive.ct.path());
    for accept in [
        "",
        ",,,",
        "application/dicom+json;q=abc, */*",
        "\"\", application/dicom+json",
        "a/b/c, application/dicom+json",
    ] {
        let status = archive
            .client()
            .request(reqwest::Method::GET, &path)
            .header("accept", accept)
            .send()
            .await
            .unwrap()
            .status();
        assert!(matches!(status.as_u16(), 200 | 406), "{accept}: {status}");
    }
    archive.client().get_as(&path, &"application/x,".repeat(1000), 400).await;
    archive.client().get_as(&path, &"x/y,".repeat(100), 400).await;
}

#[tokio::test]
async fn several_frames_and_compressed_ones_are_typed_by_part() {
    let archive = Archive::open().await;
    for (syntax, media_type) in
        [(TransferSyntax::JpegBaseline, "image/jpeg"), (TransferSyntax::RleLossless, "image/dicom-rle")]
    {
        let path = format!("{ROOT}{}/frames/1,2", archive.encoded(syntax).instance(1).path());
        for accept in [
            "multipart/related; type=application/octet-stream; transfer-syntax=*".to_owned(),
            format!("multipart/related; type=\"{media_type}\""),
            format!("multipart/related; type=\"{media_type}\"; transfer-syntax={}", syntax.uid()),
            "multipart/related; type=\"image/*\"".to_owned(),
        ] {
            let parts = archive.client().get_as(&path, &accept, 200).await.parts();
            let expected = format!("{media_type}; transfer-syntax={}", syntax.uid());
            assert!(parts.len() == 2 && parts.iter().all(|part| part.content_type() == expected), "{accept}");
        }
    }
}
