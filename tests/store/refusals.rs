//! Instances and requests that are not taken, each with its status, its reason and the request's id.

use harness::{DataSet, Instance, Series, Server, multipart_body, multipart_content_type};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder, start};

const DOES_NOT_MATCH: u64 = 0xA900;
const OTHER_STUDY: u64 = 0xA901;
const CANNOT_UNDERSTAND: u64 = 0xC000;

fn without(tag: u32) -> Instance {
    let series = Series::small(1);
    let mut set = series.data_set(1);
    set.remove(tag);
    series.finish(set)
}

async fn assert_absent(server: &Server, instance: &Instance) {
    server.client().get(&format!("{ROOT}{}", instance.path()), 404).await;
}

#[tokio::test]
async fn some_stored_and_some_not_is_202_with_both_lists() {
    let server = start().await;
    let series = Series::small(2);
    let good: Vec<Instance> = series.instances().collect();
    let nameless = without(0x0020_000E);
    let cut = good[1].bytes.slice(..good[1].bytes.len() - 1000);
    let text = b"this is not DICOM ".repeat(50);
    let parts: [&[u8]; 5] = [&good[0].bytes, &nameless.bytes, &text, &cut, &good[1].bytes];

    let response = server.client().store(STUDIES, parts, 202).await.store_response();
    let stored: Vec<&str> = response.stored.iter().map(|stored| stored.instance.as_str()).collect();
    assert_eq!(stored, [good[0].instance.as_str(), good[1].instance.as_str()]);
    let failed: Vec<_> = response
        .failed
        .iter()
        .map(|failed| (failed.sop_class.as_str(), failed.instance.as_str(), failed.reason))
        .collect();
    assert_eq!(
        failed,
        [
            (nameless.sop_class.as_str(), nameless.instance.as_str(), DOES_NOT_MATCH),
            (good[1].sop_class.as_str(), good[1].instance.as_str(), CANNOT_UNDERSTAND)
        ]
    );
    assert_eq!(response.other_failures, [CANNOT_UNDERSTAND]);
    assert_eq!(response.retrieve_url.unwrap(), format!("{}{ROOT}{}", server.base(), series.study_path()));
    for instance in &good {
        assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test]
async fn nothing_stored_is_409_without_retrieve_url() {
    let server = start().await;
    for tag in [0x0008_0016, 0x0008_0018, 0x0020_000D, 0x0020_000E] {
        let response = server.client().store(STUDIES, [without(tag)], 409).await.store_response();
        assert_eq!(response.only_reason(), DOES_NOT_MATCH, "{tag:08X}");
        assert_eq!(response.retrieve_url, None);
    }
    assert_eq!(server.client().count(STUDIES).await, 0);
    server.wait_for_objects(0).await;
}

#[tokio::test]
async fn uids_that_are_none_are_refused_but_leading_zeros_are_not() {
    let server = start().await;
    for bad in ["1.2.three", "1.2/../3", &"1".repeat(65)] {
        let series = Series::small(1);
        let mut set = series.data_set(1);
        set.text(0x0020_000E, "UI", bad);
        let response = server.client().store(STUDIES, [series.finish(set)], 409).await.store_response();
        assert_eq!(response.only_reason(), DOES_NOT_MATCH, "{bad}");
    }
    let series = Series::small(1);
    let mut set = series.data_set(1);
    set.text(0x0020_000E, "UI", "1.2.03.4");
    let odd = series.finish(set);
    server.client().store(STUDIES, [&odd], 202).await;
    assert_eq!(server.client().stored(&format!("{ROOT}{}", odd.path())).await, odd.bytes);
}

#[tokio::test]
async fn an_instance_of_another_study_than_the_path_names_is_refused() {
    let server = start().await;
    let (right, wrong) = (Series::small(1).instance(1), Series::small(1).instance(1));
    let path = format!("{STUDIES}/{}", right.study);
    let response = server.client().store(&path, [&wrong, &right], 202).await.store_response();
    assert_eq!(response.stored[0].instance, right.instance);
    assert_eq!((response.failed[0].instance.as_str(), response.failed[0].reason), (&*wrong.instance, OTHER_STUDY));
    assert_absent(&server, &wrong).await;

    let response = server.client().store(&path, [&wrong], 409).await.store_response();
    assert_eq!(response.only_reason(), OTHER_STUDY);
    server.client().store(&format!("{STUDIES}/not-a-uid"), [&right], 400).await;
}

#[tokio::test]
async fn an_empty_patient_id_is_no_reason_to_refuse() {
    let server = start().await;
    let series = Series::small(1);
    let mut set = series.data_set(1);
    set.text(0x0010_0020, "LO", "").remove(0x0010_0010);
    let instance = series.finish(set);
    let response = server.client().store(STUDIES, [&instance], 200).await.store_response();
    assert_eq!(response.only_warning(), None);
}

#[tokio::test]
async fn hostile_lengths_and_depths_are_refused_at_once() {
    let server = start().await;
    let series = Series::small(1);
    let mut deep = DataSet::new();
    for _ in 0..200 {
        let inner = std::mem::take(&mut deep);
        deep.sequence(0x0008_1140, vec![inner]);
    }
    let mut set = series.data_set(1);
    set.sequence(0x0040_0275, vec![deep]);
    let deep = series.finish(set).bytes;

    // A value of almost 4 GiB that is not there.
    let mut long = series.instance(1).bytes[..132 + 400].to_vec();
    long.extend_from_slice(b"\x19\x00\x99\x10OB\0\0\xF0\xFF\xFF\xFF");
    server.reset_peak_memory();
    let before = server.memory().resident;
    for bytes in [deep.to_vec(), long] {
        let response = server.client().store(STUDIES, [&bytes], 409).await.store_response();
        assert_eq!(response.only_reason(), CANNOT_UNDERSTAND);
    }
    assert!(server.memory().peak < before + (32 << 20), "{:?}, {before} before", server.memory());
    server.wait_for_objects(0).await;
}

#[tokio::test]
async fn other_media_types_are_415_and_the_answer_lists_what_is_taken() {
    let server = start().await;
    let client = server.client();
    let body = multipart_body([Series::small(1).instance(1)]);
    for content_type in [
        Some("text/plain".to_owned()),
        Some("application/json".to_owned()),
        Some("multipart/form-data; boundary=abc".to_owned()),
        Some(multipart_content_type("image/jpeg")),
        None,
    ] {
        let mut request = client.request(Method::POST, STUDIES).body(body.clone());
        if let Some(content_type) = &content_type {
            request = request.header("content-type", content_type);
        }
        let problem = client.send(request, 415).await.json();
        let supported = problem["supported"].as_array().unwrap_or_else(|| panic!("{content_type:?}: {problem}"));
        assert!(supported.iter().any(|media_type| media_type.as_str().unwrap().contains("application/dicom")));
    }
    assert_eq!(client.count(STUDIES).await, 0);
}

#[tokio::test]
async fn too_large_a_request_is_413_with_the_limit_whether_announced_or_not() {
    let server = builder().env("NOCTIS_GATEWAY__STORE__MAX_REQUEST_BYTES", "100000").start().await;
    let client = server.client();
    let (large, small) = (Series::ct(1).instance(1), Series::small(1).instance(1));

    let announced = client.store(STUDIES, [&large], 413).await;
    let unannounced =
        client.store_chunks(STUDIES, harness::multipart_chunks([large.bytes.clone()].into_iter()), 413).await;
    for answer in [announced, unannounced] {
        let problem = answer.json();
        assert_eq!((problem["status"].as_u64(), answer.content_type()), (Some(413), "application/problem+json"));
        assert!(problem["detail"].as_str().unwrap().contains("100000"), "{problem}");
    }
    client.store(STUDIES, [&small], 200).await;
    server.wait_for_objects(1).await;
}

#[tokio::test]
async fn an_instance_beyond_the_limit_fails_alone() {
    let server = builder().env("NOCTIS_INGEST__MAX_INSTANCE_BYTES", "100000").start().await;
    let (large, small) = (Series::ct(1).instance(1), Series::small(1).instance(1));
    let response = server.client().store(STUDIES, [&large, &small], 202).await.store_response();
    assert_eq!(response.stored[0].instance, small.instance);
    assert_eq!((response.failed[0].instance.as_str(), response.failed[0].reason), (&*large.instance, 0xA700));
}

#[tokio::test]
async fn every_answer_has_the_request_id_and_so_has_every_problem() {
    let server = start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    let stored = client.store(STUDIES, [&instance], 200).await;
    assert!(stored.header("x-request-id").is_some_and(|id| id.len() >= 16), "{:?}", stored.headers);

    let refused = client.send(client.request(Method::POST, STUDIES).body("x"), 415).await;
    assert_eq!(refused.json()["instance"].as_str(), refused.header("x-request-id"));
    assert_ne!(refused.header("x-request-id"), stored.header("x-request-id"));

    let named = client.request(Method::DELETE, &format!("{STUDIES}/1.2.3")).header("x-request-id", "ward-7-000042");
    let missing = client.send(named, 404).await;
    assert_eq!(missing.header("x-request-id"), Some("ward-7-000042"));
    assert_eq!(missing.json()["instance"], "ward-7-000042");
}

#[tokio::test]
async fn logs_tell_of_requests_but_not_of_patients() {
    let server = start().await;
    let series = Series { patient_name: "Geheim^Gustav".to_owned(), ..Series::small(1) };
    let instance = series.instance(1);
    let answer = server.client().store(STUDIES, [&instance], 200).await;
    let mut other = series.data_set(1);
    other.text(0x0010_0010, "PN", "Anders^Anna");
    server.client().store(STUDIES, [series.finish(other)], 409).await;
    server.client().delete(&format!("{ROOT}{}", instance.path()), 204).await;

    let id = answer.header("x-request-id").unwrap().to_owned();
    harness::eventually(|| server.output(), async || server.output().contains(&id)).await;
    for secret in ["Geheim", "Anders", &series.patient_id, &instance.study, &instance.instance] {
        assert!(!server.output().contains(secret), "{secret} is in the log\n{}", server.output());
    }
}
