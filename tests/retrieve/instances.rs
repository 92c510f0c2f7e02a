//! Studies, series and instances: every byte that was stored, multipart or alone.

use std::collections::BTreeMap;

use harness::{AS_STORED, Answer, Instance, sha256};

use crate::{ROOT, archive::Archive};

/// Checks that an answer has these instances, each once, as they were stored.
fn assert_stored(answer: &Answer, server: &str, expected: &[Instance]) {
    let mut parts: BTreeMap<String, _> =
        answer.parts().into_iter().map(|part| (part.headers["content-location"].clone(), part)).collect();
    assert_eq!(parts.len(), expected.len());
    for instance in expected {
        let part = parts.remove(&format!("{server}{ROOT}{}", instance.path())).expect("a part for each instance");
        assert_eq!(sha256(&part.body), sha256(&instance.bytes));
        assert_eq!(
            part.content_type(),
            format!("application/dicom; transfer-syntax={}", instance.transfer_syntax.uid())
        );
    }
}

#[tokio::test]
async fn a_resource_of_each_level_comes_as_stored() {
    let archive = Archive::open().await;
    let instances: Vec<Instance> = archive.ct.instances().collect();
    for (path, expected) in [
        (archive.ct.study_path(), &instances[..]),
        (archive.ct.path(), &instances[..]),
        (instances[1].path(), &instances[1..2]),
        (archive.mixed[0].study_path(), &archive.all_mixed()[..]),
    ] {
        let answer = archive.client().get_as(&format!("{ROOT}{path}"), AS_STORED, 200).await;
        assert!(answer.content_type().starts_with("multipart/related; type=\"application/dicom\"; boundary="));
        assert_stored(&answer, archive.server.base(), expected);
    }
}

#[tokio::test]
async fn parts_are_in_the_order_of_the_series() {
    let archive = Archive::open().await;
    let answer = archive.client().get_as(&format!("{ROOT}{}", archive.ct.path()), AS_STORED, 200).await;
    let bodies: Vec<_> = answer.parts().into_iter().map(|part| part.body).collect();
    let stored: Vec<_> = archive.ct.instances().map(|instance| instance.bytes).collect();
    assert_eq!(bodies, stored);
}

#[tokio::test]
async fn one_instance_may_come_alone() {
    let archive = Archive::open().await;
    let instance = archive.ct.instance(2);
    for accept in ["application/dicom", "application/dicom; transfer-syntax=*", "application/dicom;q=0.5, image/png"] {
        let answer = archive.client().get_as(&format!("{ROOT}{}", instance.path()), accept, 200).await;
        assert_eq!(answer.content_type(), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1", "{accept}");
        assert_eq!(answer.header("content-length"), Some(instance.bytes.len().to_string().as_str()));
        assert_eq!(answer.body, instance.bytes);
    }
}

#[tokio::test]
async fn several_instances_never_come_alone() {
    let archive = Archive::open().await;
    for path in
        [archive.ct.study_path(), archive.ct.path(), archive.encoded(harness::TransferSyntax::RleLossless).path()]
    {
        let answer = archive.client().get_as(&format!("{ROOT}{path}"), "application/dicom", 406).await;
        let supported = answer.json()["supported"].to_string();
        assert!(supported.contains("multipart/related; type=\\\"application/dicom\\\""), "{supported}");
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}", archive.ct.instance(1).path());
    for accept in [AS_STORED, "application/dicom"] {
        let request = archive.client().request(reqwest::Method::HEAD, &path).header("accept", accept);
        let head = archive.client().send(request, 200).await;
        let get = archive.client().get_as(&path, accept, 200).await;
        assert!(head.body.is_empty());
        assert_eq!(head.header("etag"), get.header("etag"));
        let kind = |answer: &Answer| answer.content_type().split("; boundary").next().map(str::to_owned);
        assert_eq!(kind(&head).unwrap().split(';').next(), kind(&get).unwrap().split(';').next());
    }
    archive.client().head(&format!("{ROOT}/studies/1.2.3"), 404).await;
}
