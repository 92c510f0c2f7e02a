//! Disagreements about the patient: what is asked of the services, and how their answer is shown.

use super::fakes::Edge;
use gateway::{Config, Operations};
use proto::query::v1::{Disagreement, ListDisagreementsRequest};
use reqwest::Method;
use serde_json::json;

fn disagreement(id: i64, facility: &str) -> Disagreement {
    Disagreement {
        id,
        facility: facility.into(),
        study_instance_uid: "1.2".into(),
        attribute: "PatientName".into(),
        study_value: "Doe^\"Jane\"".into(),
        instance_value: String::new(),
        instances: 3,
        noted_at: 1_700_000_000_250,
    }
}

fn several_facilities() -> Config {
    Config { facilities: vec!["north".parse().unwrap()], ..Config::default() }
}

#[tokio::test]
async fn entries_are_shown_whole_and_kept_nowhere() {
    let edge = Edge::with(several_facilities(), Operations::default()).await;
    *edge.fakes.disagreements.lock().unwrap() = vec![disagreement(7, "default"), disagreement(9, "north")];
    let answer = edge.client.get("/disagreements?after=6&limit=2", 200).await;
    assert_eq!(answer.content_type(), "application/json");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let base = edge.client.base();
    let entry = |id: u32, facility: &str, root: &str| {
        json!({
            "id": id,
            "facility": facility,
            "studyInstanceUID": "1.2",
            "retrieveURL": format!("{base}{root}/studies/1.2"),
            "attribute": "PatientName",
            "studyValue": "Doe^\"Jane\"",
            "instanceValue": "",
            "instances": 3,
            "notedAt": "2023-11-14T22:13:20.25Z",
        })
    };
    let expected = [entry(7, "default", "/dicom-web"), entry(9, "north", "/facilities/north/dicom-web")];
    assert_eq!(answer.json(), json!(expected));
    let asked = *edge.fakes.list_request.lock().unwrap();
    assert_eq!(asked, Some(ListDisagreementsRequest { after: 6, limit: 2 }));
}

#[tokio::test]
async fn a_hundred_are_listed_unless_asked_otherwise() {
    let edge = Edge::start().await;
    edge.client.get("/facilities/default/disagreements", 200).await;
    let asked = *edge.fakes.list_request.lock().unwrap();
    assert_eq!(asked, Some(ListDisagreementsRequest { after: 0, limit: 100 }));
    let problem = edge.client.get("/facilities/nowhere/disagreements", 404).await;
    assert_eq!(problem.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_page_elsewhere_resolves_nothing() {
    let edge = Edge::with(
        Config { allowed_origins: vec!["https://viewer.example".into()], ..Config::default() },
        Operations::default(),
    )
    .await;
    let own = edge.client.base().to_owned();
    let resolve = |origin: &str| {
        edge.client.request(Method::POST, "/disagreements/5/resolve").header("origin", origin.to_owned())
    };
    let other_port = format!("{own}0");
    for foreign in ["https://evil.example", "null", "", "http://", "http:/", &own.replace("http", "https"), &other_port]
    {
        edge.client.send(resolve(foreign), 403).await;
    }
    assert!(edge.fakes.resolved.lock().unwrap().is_empty());
    for good in [&own, "https://viewer.example"] {
        edge.client.send(resolve(good), 204).await;
    }
    edge.client.send(edge.client.request(Method::POST, "/disagreements/6/resolve"), 204).await;
    assert_eq!(*edge.fakes.resolved.lock().unwrap(), [5, 5, 6]);
}
