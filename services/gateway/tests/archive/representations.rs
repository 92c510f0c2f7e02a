//! Metadata and the choice of representations.

use crate::noctis::Noctis;
use harness::Series;
use reqwest::Method;
use std::io::Read;

/// What OHIF sends with every request for metadata.
const OHIF: &str = "application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*";

#[tokio::test]
async fn metadata_of_each_level_compressed_or_not() {
    let noctis = Noctis::start().await;
    let series = Series::small(3);
    let instances: Vec<_> = series.instances().collect();
    noctis.client.store("/dicom-web/studies", &instances, 200).await;
    for (resource, count) in [(series.study_path(), 3), (series.path(), 3), (instances[0].path(), 1)] {
        let path = format!("/dicom-web{resource}/metadata");
        let plain = noctis.client.get_as(&path, OHIF, 200).await;
        assert_eq!(plain.content_type(), "application/dicom+json");
        let array = plain.json();
        assert_eq!(array.as_array().unwrap().len(), count, "{resource}");
        assert_eq!(array[0]["00100020"]["Value"][0], series.patient_id);

        let request = noctis.client.request(Method::GET, &path).header("accept-encoding", "gzip, deflate, br, zstd");
        let gzip = noctis.client.send(request, 200).await;
        assert_eq!(gzip.header("content-encoding"), Some("gzip"));
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut text).unwrap();
        assert!(text == plain.body, "the same text");
        assert!(gzip.body.len() < plain.body.len());

        let etag = gzip.header("etag").unwrap();
        assert_ne!(Some(etag), plain.header("etag"));
        let again =
            noctis.client.request(Method::GET, &path).header("accept-encoding", "gzip").header("if-none-match", etag);
        noctis.client.send(again, 304).await;
    }
    noctis.client.get("/dicom-web/studies/1.2.3/metadata", 404).await;
    noctis.client.get_as(&format!("/dicom-web{}/metadata", series.path()), "text/html", 406).await;
}

#[tokio::test]
async fn the_tag_follows_the_content() {
    let noctis = Noctis::start().await;
    let series = Series::small(2);
    let path = format!("/dicom-web{}/metadata", series.path());
    noctis.client.store("/dicom-web/studies", [series.instance(1)], 200).await;
    let before = noctis.client.get(&path, 200).await.header("etag").unwrap().to_owned();
    noctis.client.store("/dicom-web/studies", [series.instance(2)], 200).await;
    let request = noctis.client.request(Method::GET, &path).header("if-none-match", &before);
    assert_eq!(noctis.client.send(request, 200).await.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_whole_series_is_not_a_single_part() {
    let noctis = Noctis::start().await;
    let series = Series::small(2);
    noctis.client.store("/dicom-web/studies", series.instances(), 200).await;
    let path = format!("/dicom-web{}", series.path());
    let body = noctis.client.get_as(&path, "application/dicom", 406).await.json();
    assert!(body["supported"][0].as_str().unwrap().starts_with("multipart/related"));
    let parts = noctis
        .client
        .get_as(&path, "application/dicom;q=0.9, multipart/related; type=\"application/dicom\";q=0.1", 200)
        .await;
    assert_eq!(parts.parts().len(), 2);
    // As octet streams a series is its bulk data.
    let bulk = noctis.client.get_as(&path, "multipart/related; type=\"application/octet-stream\"", 200).await;
    assert!(bulk.parts().iter().all(|part| part.content_type().starts_with("application/octet-stream")));
    // The query parameter goes before the header.
    let by_parameter = format!("{path}/metadata?accept=application/json");
    assert_eq!(noctis.client.get_as(&by_parameter, "text/html", 200).await.content_type(), "application/json");
}

#[tokio::test]
async fn search_answers_are_compressed_for_those_who_take_it() {
    let noctis = Noctis::start().await;
    noctis.client.store("/dicom-web/studies", Series::small(1).instances(), 200).await;
    let request = noctis.client.request(Method::GET, "/dicom-web/studies").header("accept-encoding", "gzip");
    let answer = noctis.client.send(request, 200).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
    assert!(text.starts_with("[{\""));
}
