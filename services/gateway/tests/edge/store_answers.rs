//! The Store Instances Response and its status, from what the ingest service says of each part.

use crate::fakes::{Edge, OnStore, stored};
use proto::ingest::v1::{Refused, StoreResponse, Stored, Warning, store_response::Outcome};
use rpc::{Code, Failure};
use serde_json::{Value, json};

fn refused(part: u32, instance: &str, transient: bool) -> StoreResponse {
    let detail = "another instance has this SOP Instance UID; send it under a UID of its own".to_owned();
    StoreResponse {
        outcome: Some(Outcome::Refused(Refused { reason: 0x0111, detail, transient })),
        ..stored(part, instance)
    }
}

fn warned(part: u32, instance: &str) -> StoreResponse {
    let warning = |reason, detail: &str| Warning { reason, detail: detail.into() };
    let warnings = vec![warning(0xB000, "a preamble was added"), warning(0xB007, "text was not valid")];
    StoreResponse { outcome: Some(Outcome::Stored(Stored { already: false, warnings })), ..stored(part, instance) }
}

async fn answer(answers: Vec<StoreResponse>, expected: u16) -> (Edge, Value) {
    let edge = Edge::start().await;
    let parts = vec![b"x"; answers.len()];
    *edge.fakes.on_store.lock().unwrap() = OnStore::Answer(answers);
    let answer = edge.client.store("/dicom-web/studies", parts, expected).await;
    assert_eq!(answer.content_type(), "application/dicom+json");
    let body = answer.json();
    (edge, body)
}

#[tokio::test]
async fn all_stored_is_200_with_links() {
    let (edge, body) = answer(vec![stored(1, "1.3.2"), stored(0, "1.3.1")], 200).await;
    let root = format!("{}/dicom-web/studies/1.1", edge.client.base());
    assert_eq!(body["00081190"], json!({"vr": "UR", "Value": [root]}));
    assert_eq!(
        body["00081199"]["Value"][0],
        json!({
            "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
            "00081155": {"vr": "UI", "Value": ["1.3.1"]},
            "00081190": {"vr": "UR", "Value": [format!("{root}/series/1.2/instances/1.3.1")]},
        })
    );
    assert_eq!(body["00081199"]["Value"].as_array().unwrap().len(), 2);
    assert_eq!(body.get("00081198"), None, "no empty sequence");
    assert_eq!(body.get("0008119A"), None);
}

#[tokio::test]
async fn a_warning_makes_it_202_and_is_told() {
    let (_edge, body) = answer(vec![warned(0, "1.3.1")], 202).await;
    let item = &body["00081199"]["Value"][0];
    assert_eq!(item["00081196"], json!({"vr": "US", "Value": [0xB000]}));
    let comments: Vec<&str> = item["00741048"]["Value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["00000902"]["Value"][0].as_str().unwrap())
        .collect();
    assert_eq!(comments, ["a preamble was added", "text was not valid"]);
}

#[tokio::test]
async fn some_failed_is_202_and_none_stored_is_409() {
    let (_edge, body) = answer(vec![stored(0, "1.3.1"), refused(1, "1.3.2", false)], 202).await;
    assert_eq!(body["00081198"]["Value"][0]["00081155"]["Value"][0], "1.3.2");
    assert_eq!(body["00081198"]["Value"][0]["00081197"], json!({"vr": "US", "Value": [0x0111]}));

    let (_edge, body) = answer(vec![refused(0, "1.3.2", false), refused(1, "1.3.3", true)], 409).await;
    assert_eq!(body.get("00081190"), None, "nothing stored, nothing to retrieve");
    assert_eq!(body.get("00081199"), None);
    let details = body["00081198"]["Value"][0]["00741048"]["Value"].as_array().unwrap();
    assert!(
        details.iter().all(|one| one["00000902"]["Value"][0].as_str().unwrap().len() <= 64),
        "LO has 64 characters"
    );
}

#[tokio::test]
async fn what_cannot_be_stored_just_now_is_503() {
    let edge = Edge::start().await;
    *edge.fakes.on_store.lock().unwrap() = OnStore::Answer(vec![refused(0, "1.3.2", true)]);
    let answer = edge.client.store("/dicom-web/studies", [b"x"], 503).await;
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.json()["00081198"]["Value"].as_array().unwrap().len(), 1);

    *edge.fakes.on_store.lock().unwrap() = OnStore::Fail(Failure::new(Code::Busy, "too many stores").into());
    let answer = edge.client.store("/dicom-web/studies", [b"x"], 503).await;
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.content_type(), "application/problem+json");
}

#[tokio::test]
async fn parts_without_identity_are_other_failures() {
    let nameless = StoreResponse { sop_class_uid: String::new(), ..refused(0, "", false) };
    let (_edge, body) = answer(vec![nameless], 409).await;
    assert_eq!(body["0008119A"]["Value"][0]["00081197"]["Value"][0], 0x0111);
    assert_eq!(body.get("00081198"), None);
}

#[tokio::test]
async fn a_part_that_the_service_forgot_is_a_failure() {
    let edge = Edge::start().await;
    *edge.fakes.on_store.lock().unwrap() = OnStore::Answer(vec![stored(0, "1.3.1")]);
    let body = edge.client.store("/dicom-web/studies", [b"x", b"y"], 202).await.json();
    assert_eq!(body["0008119A"]["Value"][0]["00081197"]["Value"][0], 0x0110);
}
