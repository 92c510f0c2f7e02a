//! Health, readiness and metrics of each process.

use std::time::{Duration, Instant};

use harness::{Series, eventually};

use crate::{
    STUDIES,
    deployment::{Deployment, until_ready},
};

#[tokio::test]
async fn each_process_names_what_it_depends_on() {
    let noctis = Deployment::start().await;
    let backend = noctis.backend.client();
    let ready = backend.get("/readyz", 200).await.json();
    let expected = serde_json::json!({"process": "ok", "catalog": "ok", "archive": "ok"});
    assert_eq!(ready, serde_json::json!({"status": "ready", "dependencies": expected}));
    assert_eq!(backend.get("/healthz", 200).await.text(), "ok\n");
}

#[tokio::test]
async fn a_service_whose_archive_is_gone_says_that_it_does_not_serve() {
    let noctis = Deployment::start().await;
    let (objects, aside) = (noctis.backend.data_dir().join("objects"), noctis.backend.data_dir().join("aside"));
    std::fs::rename(&objects, &aside).unwrap();
    noctis.backend.client().get("/readyz", 503).await;
    let gateway = noctis.client();
    let noticed = Instant::now();
    eventually(
        || "ready".to_owned(),
        async || gateway.request(reqwest::Method::GET, "/readyz").send().await.unwrap().status() == 503,
    )
    .await;
    assert!(noticed.elapsed() < Duration::from_secs(5));
    std::fs::rename(&aside, &objects).unwrap();
    until_ready(&gateway, Duration::from_secs(5)).await;
}

#[tokio::test]
async fn what_a_service_logs_can_be_found_by_the_trace_of_its_request() {
    let noctis = Deployment::start().await;
    let client = noctis.client();
    let series = Series::small(1);
    client.store(STUDIES, series.instances(), 200).await;
    for object in noctis.backend.objects() {
        std::fs::remove_file(object).unwrap();
    }
    let id = "0af7651916cd43dd8448eb211c80319c";
    let request = client.request(reqwest::Method::GET, &format!("/dicom-web{}", series.instance(1).path()));
    let request = request.header("traceparent", format!("00-{id}-b7ad6b7169203331-01"));
    client.send(request.header("x-request-id", "request-of-the-test"), 500).await;
    let logged = noctis.backend.output();
    let line = logged.lines().find(|line| line.contains("retrieve failed")).unwrap_or_else(|| panic!("{logged}"));
    assert!(line.contains(id) && line.contains("request-of-the-test"), "{line}");
}

#[tokio::test]
async fn each_process_has_its_metrics() {
    let noctis = Deployment::start().await;
    noctis.client().store(STUDIES, Series::small(2).instances(), 200).await;
    let gateway = noctis.client().get("/metrics", 200).await;
    let backend = noctis.backend.client().get("/metrics", 200).await;
    for (text, lines) in [
        (
            gateway.text(),
            [
                "noctis_http_requests_total{route=\"/dicom-web/studies\",method=\"POST\",status=\"200\"} 1",
                "noctis_rpc_connections{side=\"caller\"} 3",
            ],
        ),
        (
            backend.text(),
            ["noctis_store_instances_total{outcome=\"stored\"} 2", "noctis_rpc_connections{side=\"callee\"} 3"],
        ),
    ] {
        for line in lines {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        assert!(text.lines().any(|line| line.starts_with("noctis_runtime_tasks ")), "{text}");
    }
}
