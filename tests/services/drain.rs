//! SIGTERM to a process with services: what is under way is finished, everything else is told to come back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use harness::{Series, multipart_body, multipart_content_type};
use reqwest::Method;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    ROOT, STUDIES,
    deployment::{Deployment, until_ready},
};

#[tokio::test]
async fn a_store_under_way_is_finished_and_new_requests_are_told_to_come_back() {
    let Deployment { gateway, mut backend, kept } = Deployment::start().await;
    let client = gateway.client();
    let series = Series::small(6);
    let body = Bytes::from(multipart_body(series.instances()));
    let (pieces, stream) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let request = client
        .request(Method::POST, STUDIES)
        .header("content-type", multipart_content_type("application/dicom"))
        .body(reqwest::Body::wrap_stream(ReceiverStream::new(stream)));
    let storing = tokio::spawn(request.send());
    pieces.send(Ok(body.slice(..body.len() / 2))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    backend.signal("TERM");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(backend.is_running(), "it waits for the store");
    let ready = backend.client().get("/readyz", 503).await.json();
    assert_eq!(ready["dependencies"]["process"], "unavailable");
    for answer in [client.get(STUDIES, 503).await, client.store(STUDIES, Series::small(1).instances(), 503).await] {
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    let named = client.get("/readyz", 503).await.json();
    assert_eq!(named["dependencies"]["query"], "unavailable");

    pieces.send(Ok(body.slice(body.len() / 2..))).await.unwrap();
    drop(pieces);
    assert_eq!(storing.await.unwrap().unwrap().status(), 200);
    let status = backend.wait(Duration::from_secs(10)).await;
    assert!(status.success(), "{status}\n{}", backend.output());

    let _backend = kept.start().await;
    until_ready(&client, Duration::from_secs(5)).await;
    for instance in series.instances() {
        assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test]
async fn an_answer_under_way_is_finished() {
    let Deployment { gateway, mut backend, .. } = Deployment::start().await;
    let client = gateway.client();
    // More than fits into what waits between the three of us.
    let series = Series::ct(160);
    for first in (1..=160).step_by(40) {
        client.store(STUDIES, (first..first + 40).map(|number| series.instance(number)), 200).await;
    }
    let request = client.request(Method::GET, &format!("{ROOT}{}", series.study_path()));
    let answer = request.header("accept", harness::AS_STORED).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let mut body = answer.bytes_stream();
    let mut received = body.next().await.unwrap().unwrap().to_vec();
    backend.signal("TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(backend.is_running(), "it waits for the answer");
    while let Some(bytes) = body.next().await {
        received.extend_from_slice(&bytes.unwrap());
    }
    let parts = harness::split_multipart(&content_type, &received.into());
    assert_eq!(parts.len(), 160);
    assert!(backend.wait(Duration::from_secs(10)).await.success());
}

#[tokio::test]
async fn idle_processes_end_at_once() {
    let Deployment { mut gateway, mut backend, .. } = Deployment::start().await;
    gateway.client().store(STUDIES, Series::small(1).instances(), 200).await;
    for process in [&mut backend, &mut gateway] {
        let started = Instant::now();
        process.signal("TERM");
        assert!(process.wait(Duration::from_secs(5)).await.success());
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}
