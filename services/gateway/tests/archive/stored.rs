//! Store, find, fetch, delete.

use crate::noctis::Noctis;
use harness::{LargeMultiFrame, Series, TransferSyntax, multipart_chunks};

const AS_STORED: &str = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

#[tokio::test]
async fn what_was_stored_is_found_and_comes_back_bit_for_bit() {
    let noctis = Noctis::start().await;
    let series = Series::small(3);
    let instances: Vec<_> = series.instances().collect();
    let response = noctis.client.store("/dicom-web/studies", &instances, 200).await.store_response();
    assert_eq!(response.stored.len(), 3);
    assert_eq!(response.retrieve_url, Some(format!("{}/dicom-web{}", noctis.client.base(), series.study_path())));

    let found = noctis.client.json(&format!("/dicom-web/studies?PatientID={}", series.patient_id)).await;
    assert_eq!(found[0]["0020000D"]["Value"][0], series.study);
    assert_eq!(found[0]["00201208"]["Value"][0], 3);

    let answer = noctis.client.get_as(&format!("/dicom-web{}", series.study_path()), AS_STORED, 200).await;
    let mut parts: Vec<_> = answer.parts().into_iter().map(|part| part.body).collect();
    let mut sent: Vec<_> = instances.iter().map(|instance| instance.bytes.clone()).collect();
    parts.sort();
    sent.sort();
    assert!(parts == sent, "the study comes back as it was stored");

    // The link in the answer is one that works.
    let link = response.stored[0].retrieve_url.strip_prefix(noctis.client.base()).unwrap().to_owned();
    let one = noctis.client.get_as(&link, "application/dicom; transfer-syntax=*", 200).await;
    assert_eq!(one.content_type(), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    assert!(instances.iter().any(|instance| instance.bytes == one.body));
}

#[tokio::test]
async fn every_transfer_syntax_is_kept_and_native_ones_are_converted_when_asked() {
    let noctis = Noctis::start().await;
    for syntax in TransferSyntax::ALL {
        let series =
            if syntax.is_encapsulated() { Series::compressed(syntax, 2) } else { Series::small(1).encoded(syntax) };
        let instance = series.instance(1);
        noctis.client.store("/dicom-web/studies", [&instance], 200).await;
        let path = format!("/dicom-web{}", instance.path());
        let as_stored = noctis.client.get_as(&path, AS_STORED, 200).await.parts();
        assert!(as_stored[0].body == instance.bytes, "{syntax:?} comes back as it was stored");
        assert!(as_stored[0].content_type().ends_with(syntax.uid()), "{syntax:?}");

        let explicit = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1";
        if syntax.is_encapsulated() {
            let body = noctis.client.get_as(&path, explicit, 406).await.json();
            assert!(body["supported"][0].as_str().unwrap().ends_with(syntax.uid()), "{body}");
        } else {
            let answer = noctis.client.get_as(&path, explicit, 200).await;
            assert_eq!(answer.content_type(), explicit);
            assert_eq!(&answer.body[128..132], b"DICM");
        }
    }
}

#[tokio::test]
async fn deletion_is_seen_at_once_at_every_level() {
    let noctis = Noctis::start().await;
    let series = Series::small(2);
    let instances: Vec<_> = series.instances().collect();
    noctis.client.store("/dicom-web/studies", &instances, 200).await;
    let first = format!("/dicom-web{}", instances[0].path());
    noctis.client.delete(&first, 204).await;
    noctis.client.get(&first, 404).await;
    noctis.client.get(&format!("{first}/metadata"), 404).await;
    noctis.client.get(&format!("{first}/frames/1"), 404).await;
    noctis.client.delete(&first, 404).await;
    assert_eq!(noctis.client.json("/dicom-web/instances").await.as_array().unwrap().len(), 1);

    let study = format!("/dicom-web{}", series.study_path());
    noctis.client.delete(&study, 204).await;
    noctis.client.get(&study, 404).await;
    assert_eq!(noctis.client.json("/dicom-web/studies").await.as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn bad_parts_do_not_spoil_good_ones() {
    let noctis = Noctis::start().await;
    let good = Series::small(1).instance(1).bytes;
    let garbage = bytes::Bytes::from_static(b"this is no DICOM object at all");
    let response =
        noctis.client.store("/dicom-web/studies", [good.clone(), garbage.clone()], 202).await.store_response();
    assert_eq!((response.stored.len(), response.reasons().count()), (1, 1));
    let response = noctis.client.store("/dicom-web/studies", [garbage], 409).await.store_response();
    assert_eq!(response.other_failures.len(), 1);
    // The same bytes again are a success, an instance of another study a failure.
    noctis.client.store("/dicom-web/studies", [good.clone()], 200).await;
    noctis.client.store("/dicom-web/studies/1.2.3", [good], 409).await;
}

#[tokio::test]
async fn a_body_that_ends_early_keeps_what_was_complete() {
    let noctis = Noctis::start().await;
    let instances: Vec<_> = Series::small(2).instances().collect();
    let mut body = harness::multipart_body(&instances);
    body.truncate(body.len() - 1000);
    let detail = noctis.client.store_body("/dicom-web/studies", body, 400).await.json()["detail"].to_string();
    assert!(detail.contains("1 complete instances"), "{detail}");
    let found = noctis.client.json("/dicom-web/instances").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["00080018"]["Value"][0], instances[0].instance);
}

#[tokio::test]
async fn a_large_object_streams_through() {
    let noctis = Noctis::start().await;
    let object = LargeMultiFrame::of_size(64 << 20);
    noctis.client.store_chunks("/dicom-web/studies", multipart_chunks(object.chunks()), 200).await;
    let path = format!("/dicom-web/studies/{}/series/{}/instances/{}", object.study, object.series, object.instance);
    let whole = noctis.client.get_as(&path, "application/dicom; transfer-syntax=*", 200).await;
    assert_eq!(whole.body.len() as u64, object.length());
    assert_eq!(whole.header("content-length").unwrap(), object.length().to_string());
    let last = noctis.client.get_as(&format!("{path}/frames/{}", object.frames), "application/octet-stream", 200).await;
    assert!(last.body == object.frame(object.frames));
}
