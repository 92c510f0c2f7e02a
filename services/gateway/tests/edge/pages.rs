//! What is not DICOMweb: the viewer's place, liveness, readiness, metrics.

use crate::fakes::Edge;
use gateway::{Check, Config, Operations};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn the_front_door_leads_to_the_viewer_and_says_when_it_is_missing() {
    let edge = Edge::start().await;
    assert_eq!(edge.client.get("/", 307).await.header("location"), Some("/viewer/"));
    let answer = edge.client.get("/viewer/", 404).await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("noctis viewer install"));
    edge.client.get("/viewer/app.js", 404).await;
    let page = edge.client.get_as("/viewer/", "text/html,*/*;q=0.8", 404).await;
    assert!(page.content_type().starts_with("text/html") && page.text().contains("not installed"));
}

#[tokio::test]
async fn readiness_names_each_dependency() {
    let good: Check = Arc::new(|| Box::pin(async { Ok(()) }));
    let bad: Check = Arc::new(|| Box::pin(async { Err("the file is /var/lib/secret".into()) }));
    let stuck: Check = Arc::new(|| Box::pin(std::future::pending()));
    let with = |checks| Operations { checks, metrics: Arc::new(|| "noctis_up 1\n".to_owned()) };

    let edge = Edge::with(Config::default(), with(vec![("catalog", good.clone())])).await;
    let ready = edge.client.get("/readyz", 200).await.json();
    assert_eq!(ready, serde_json::json!({"status": "ready", "dependencies": {"catalog": "ok"}}));
    assert_eq!(edge.client.get("/healthz", 200).await.text(), "ok\n");
    assert_eq!(edge.client.get("/metrics", 200).await.text(), "noctis_up 1\n");

    let edge = Edge::with(Config::default(), with(vec![("catalog", good), ("archive", bad), ("queue", stuck)])).await;
    let begun = std::time::Instant::now();
    let answer = edge.client.get("/readyz", 503).await;
    assert_eq!(
        answer.json()["dependencies"],
        serde_json::json!({"catalog": "ok", "archive": "unavailable", "queue": "unavailable"})
    );
    assert!(!answer.text().contains("secret"));
    assert!(begun.elapsed() < Duration::from_secs(10), "a check that hangs does not hang the answer");
}
