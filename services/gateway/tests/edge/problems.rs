//! How requests fail: status, problem details, headers.

use crate::fakes::Edge;
use gateway::Config;
use reqwest::Method;
use rpc::{Code, Failure};

#[tokio::test]
async fn unknown_addresses_and_methods_are_told_apart() {
    let edge = Edge::start().await;
    for path in ["/nothing", "/dicom-web/nothing", "/dicom-web/studies/1.2/nothing", "/facilities/x/dicom-web"] {
        let answer = edge.client.get(path, 404).await;
        assert_eq!(answer.content_type(), "application/problem+json", "{path}");
        assert_eq!(answer.json()["status"], 404);
    }
    let answer = edge.client.delete("/dicom-web/studies", 405).await;
    let allow = answer.header("allow").unwrap();
    assert!(["GET", "HEAD", "POST"].iter().all(|method| allow.contains(method)), "{allow}");
    assert_eq!(answer.json()["title"], "Method Not Allowed");
}

#[tokio::test]
async fn the_request_id_is_in_the_answer_and_in_the_body() {
    let edge = Edge::start().await;
    let answer = edge.client.get("/nothing", 404).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    assert_eq!(answer.json()["instance"], id);
    assert_eq!(id.len(), 36);

    let own = edge.client.request(Method::GET, "/nothing").header("x-request-id", "sender-0001");
    let answer = edge.client.send(own, 404).await;
    assert_eq!(answer.json()["instance"], "sender-0001");
    // One that could be a UID is not taken over.
    let uid = edge.client.request(Method::GET, "/nothing").header("x-request-id", "1.2.840.113619.2");
    assert_ne!(edge.client.send(uid, 404).await.header("x-request-id"), Some("1.2.840.113619.2"));
}

#[tokio::test]
async fn an_unknown_facility_is_like_any_unknown_address() {
    let edge = Edge::start().await;
    let unknown = edge.client.get("/facilities/elsewhere/dicom-web/studies", 404).await.json();
    let nothing = edge.client.get("/facilities/default/dicom-web/nothing", 404).await.json();
    assert_eq!(unknown["detail"], nothing["detail"]);
    edge.client.get("/facilities/NOT%20VALID/dicom-web/studies", 404).await;
    edge.client.get("/facilities/default/dicom-web/studies", 200).await;
}

#[tokio::test]
async fn failures_of_services_become_their_statuses() {
    let edge = Edge::start().await;
    for (code, status) in [
        (Code::InvalidRequest, 400),
        (Code::NotFound, 404),
        (Code::Conflict, 409),
        (Code::TooLarge, 413),
        (Code::Busy, 503),
        (Code::Unavailable, 503),
        (Code::Internal, 500),
    ] {
        *edge.fakes.delete.lock().unwrap() = Some(Failure::new(code, "why it failed").into());
        let answer = edge.client.delete("/dicom-web/studies/1.2", status).await;
        assert_eq!(answer.json()["status"], status);
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
    *edge.fakes.search.lock().unwrap() = Some(tonic::Status::unavailable("tcp connect to 10.0.0.7"));
    let answer = edge.client.get("/dicom-web/studies", 503).await;
    assert!(!answer.text().contains("10.0.0.7"), "what the transport says stays inside");
}

#[tokio::test]
async fn a_uid_in_several_facilities_lists_their_roots() {
    let edge = Edge::start().await;
    let failure = Failure {
        facilities: vec!["north".into(), "south".into()],
        ..Failure::new(Code::Conflict, "the UID exists in several facilities")
    };
    *edge.fakes.delete.lock().unwrap() = Some(failure.into());
    let body = edge.client.delete("/dicom-web/studies/1.2", 409).await.json();
    let root = |name: &str| format!("{}/facilities/{name}/dicom-web", edge.client.base());
    assert_eq!(body["roots"], serde_json::json!([root("north"), root("south")]));
}

#[tokio::test]
async fn malformed_uids_are_named() {
    let edge = Edge::start().await;
    let answer = edge.client.get("/dicom-web/studies/abc/metadata", 400).await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("Study Instance UID"));
    assert!(!answer.text().contains("abc"), "the value itself is not repeated");
}

#[tokio::test]
async fn deletion_answers_without_content() {
    let edge = Edge::start().await;
    let answer = edge.client.delete("/dicom-web/studies/1.2/series/1.3", 204).await;
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let edge = Edge::start().await;
    for (path, status) in [("/healthz", 200), ("/nothing", 404), ("/dicom-web/studies", 200)] {
        let answer = edge.client.get(path, status).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn allowed_origins_may_read_errors_too_and_others_nothing() {
    let config = Config { allowed_origins: vec!["https://viewer.example".into()], ..Config::default() };
    let edge = Edge::with(config, Default::default()).await;
    let from = |origin: &str| edge.client.request(Method::GET, "/nothing").header("origin", origin);
    let answer = edge.client.send(from("https://viewer.example"), 404).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://viewer.example"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("warning"));
    let answer = edge.client.send(from("https://evil.example"), 404).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("vary"), Some("Origin"));

    let preflight = edge
        .client
        .request(Method::OPTIONS, "/dicom-web/studies")
        .header("origin", "https://viewer.example")
        .header("access-control-request-method", "POST");
    let answer = edge.client.send(preflight, 204).await;
    assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
}

#[tokio::test]
async fn a_foreign_host_is_turned_away() {
    let edge = Edge::start().await;
    let rebound = edge.client.request(Method::GET, "/dicom-web/studies").header("host", "evil.example");
    let answer = edge.client.send(rebound, 421).await;
    assert_eq!(answer.content_type(), "application/problem+json");
    let answer = edge.raw(b"GET /dicom-web/studies HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 400"), "{answer}");
}
