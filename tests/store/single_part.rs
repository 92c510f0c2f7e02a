//! A request whose body is one instance, without multipart around it.

use harness::{Answer, Client, Instance, Series, TransferSyntax};
use reqwest::Method;
use serde_json::json;

use crate::{ROOT, STUDIES, start};

async fn store_one(client: &Client, path: &str, content_type: &str, body: &Instance, expected: u16) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", content_type).body(body.bytes.clone());
    client.send(request, expected).await
}

#[tokio::test]
async fn the_answer_is_a_store_instances_response() {
    let server = start().await;
    let instance = Series::small(1).instance(1);
    let answer = store_one(&server.client(), STUDIES, "application/dicom", &instance, 200).await;

    let study = format!("{}{ROOT}/studies/{}", server.base(), instance.study);
    assert_eq!(answer.content_type(), "application/dicom+json");
    assert_eq!(
        answer.json(),
        json!({
            "00081190": { "vr": "UR", "Value": [study] },
            "00081199": { "vr": "SQ", "Value": [{
                "00081150": { "vr": "UI", "Value": [instance.sop_class] },
                "00081155": { "vr": "UI", "Value": [instance.instance] },
                "00081190": { "vr": "UR", "Value": [format!("{}{ROOT}{}", server.base(), instance.path())] },
            }] },
        })
    );
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
}

#[tokio::test]
async fn the_retrieve_urls_lead_to_what_was_stored() {
    let server = start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    let path = format!("{STUDIES}/{}", instance.study);
    let response = store_one(&client, &path, "application/dicom", &instance, 200).await.store_response();
    for url in [response.retrieve_url.as_deref().unwrap(), &response.stored[0].retrieve_url] {
        let path = url.strip_prefix(server.base()).expect("an absolute address of this server");
        assert_eq!(client.stored(path).await, instance.bytes);
    }
}

#[tokio::test]
async fn the_content_type_may_be_written_in_any_way() {
    let server = start().await;
    for content_type in [
        "Application/DICOM",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "application/dicom;transfer-syntax=\"*\"",
        "application/dicom ; charset=utf-8",
    ] {
        let instance = Series::small(1).instance(1);
        store_one(&server.client(), STUDIES, content_type, &instance, 200).await;
        assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test]
async fn every_transfer_syntax_is_kept_bit_for_bit() {
    let server = start().await;
    let client = server.client();
    for syntax in TransferSyntax::ALL {
        let frames = if syntax.is_encapsulated() { 3 } else { 1 };
        let series = Series { frames, ..Series::small(1).encoded(syntax) };
        let instance = series.instance(1);
        let response = store_one(&client, STUDIES, "application/dicom", &instance, 200).await.store_response();
        assert_eq!(response.only_warning(), None, "{syntax:?}");

        let parts = client.get_as(&format!("{ROOT}{}", instance.path()), harness::AS_STORED, 200).await.parts();
        assert_eq!(parts[0].body, instance.bytes, "{syntax:?}");
        assert!(parts[0].content_type().contains(syntax.uid()), "{syntax:?}: {}", parts[0].content_type());
    }
}

#[tokio::test]
async fn a_preamble_is_kept_as_received() {
    let server = start().await;
    let mut instance = Series::small(1).instance(1);
    let mut bytes = instance.bytes.to_vec();
    bytes[..8].copy_from_slice(b"II*\0\x08\0\0\0"); // as in a file that is a TIFF at the same time
    instance.bytes = bytes.into();
    store_one(&server.client(), STUDIES, "application/dicom", &instance, 200).await;
    assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
}
