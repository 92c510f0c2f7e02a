//! Processes may start in any order.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use harness::{Series, distributed::Stores};
use reqwest::Method;

use crate::{
    STUDIES,
    deployment::{backend, free_port, gateway, until_ready},
};

#[tokio::test]
async fn a_gateway_waits_for_its_services_and_says_which_are_missing() {
    let port = free_port();
    let gateway = gateway(port).start_unready().await;
    let client = gateway.client();
    let ready = client.get("/readyz", 503).await.json();
    let away = serde_json::json!({"ingest": "unavailable", "query": "unavailable", "retrieve": "unavailable"});
    assert_eq!(ready, serde_json::json!({"status": "not ready", "dependencies": away}));
    client.get("/healthz", 200).await;
    let series = Series::small(1);
    for answer in [
        client.get(STUDIES, 503).await,
        client.get(&format!("/dicom-web{}", series.study_path()), 503).await,
        client.get(&format!("/dicom-web{}/metadata", series.study_path()), 503).await,
        client.store(STUDIES, series.instances(), 503).await,
        client.delete(&format!("/dicom-web{}", series.study_path()), 503).await,
    ] {
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    let started = Instant::now();
    client.get(STUDIES, 503).await;
    assert!(started.elapsed() < Duration::from_secs(1), "what is not there is not waited for");

    let backend = backend(port).start().await;
    let waited = until_ready(&client, Duration::from_secs(5)).await;
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    client.store(STUDIES, series.instances(), 200).await;
    let present = serde_json::json!({"ingest": "ok", "query": "ok", "retrieve": "ok"});
    assert_eq!(client.get("/readyz", 200).await.json()["dependencies"], present);
    assert_eq!(client.request(Method::GET, STUDIES).send().await.unwrap().status(), 200);
    drop(backend);
}

#[tokio::test]
async fn a_process_may_be_gateway_and_some_of_the_services() {
    let place = Stores::shared().await.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    let [port, own] = [free_port(), free_port()];
    let reader = place.service(&crate::deployment::noctis(), "query", port).arg("--target=retrieve").start().await;
    let services = format!("127.0.0.1:{port}");
    let front = place
        .service(&crate::deployment::noctis(), "ingest", own)
        .arg("--target=gateway")
        .env("NOCTIS_SERVICES__QUERY", &services)
        .env("NOCTIS_SERVICES__RETRIEVE", &services)
        .start()
        .await;
    let client = front.client();
    client.store(STUDIES, Series::small(2).instances(), 200).await;
    assert_eq!(client.count(STUDIES).await, 1);
    let ready = client.get("/readyz", 200).await.json();
    let expected = serde_json::json!({"catalog": "ok", "archive": "ok", "query": "ok", "retrieve": "ok"});
    assert_eq!(ready["dependencies"], expected);
    drop(reader);
    client.get(STUDIES, 503).await;
    client.store(STUDIES, Series::small(2).instances(), 200).await;
}
