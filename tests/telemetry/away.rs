//! A collector that is away, hangs or comes late costs spans and nothing else.

use std::time::Duration;

use harness::{Series, eventually};
use tokio::net::TcpListener;

use crate::{ROOT, STUDIES, Traced, collector::Collector, deployment};

/// Longer than `telemetry.flush_seconds` below, and the rest of an orderly end.
const END: Duration = Duration::from_secs(15);

async fn work(noctis: &Traced) {
    let client = noctis.client();
    let series = Series::small(2);
    client.store(STUDIES, series.instances(), 200).await;
    for _ in 0..40 {
        client.get(STUDIES, 200).await;
        client.get(&format!("{ROOT}{}/frames/1", series.instance(1).path()), 200).await;
    }
}

async fn ends(noctis: Traced) {
    let Traced { gateway, backend } = noctis;
    for process in [gateway, backend] {
        let status = process.terminate(END).await;
        assert!(status.success(), "{status}");
    }
}

#[tokio::test]
async fn nothing_listens() {
    let endpoint = format!("http://127.0.0.1:{}", deployment::free_port());
    let noctis = Traced::start(&endpoint, &[("NOCTIS_TELEMETRY__FLUSH_SECONDS", "2")]).await;
    work(&noctis).await;
    eventually(|| noctis.gateway.output(), async || noctis.gateway.output().contains("spans cannot be sent")).await;
    let metrics = noctis.client().get("/metrics", 200).await;
    let metrics = metrics.text();
    assert!(metrics.contains("noctis_trace_spans_total{outcome=\"failed\"}"), "{metrics}");
    ends(noctis).await;
}

#[tokio::test]
async fn it_accepts_and_never_answers() {
    // Connections are made by the system, and nobody ever reads from them.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let few = [("NOCTIS_TELEMETRY__FLUSH_SECONDS", "2"), ("NOCTIS_TELEMETRY__QUEUED_SPANS", "16")];
    let noctis = Traced::start(&endpoint, &few).await;
    work(&noctis).await;
    let metrics = noctis.client().get("/metrics", 200).await;
    let metrics = metrics.text();
    assert!(metrics.contains("noctis_trace_spans_total{outcome=\"dropped\"}"), "{metrics}");
    ends(noctis).await;
    drop(listener);
}

#[tokio::test]
async fn it_comes_late() {
    let port = deployment::free_port();
    let noctis = Traced::start(&format!("http://127.0.0.1:{port}"), &[]).await;
    work(&noctis).await;
    eventually(|| noctis.gateway.output(), async || noctis.gateway.output().contains("spans cannot be sent")).await;
    let collector = Collector::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap());
    eventually(
        || noctis.gateway.output(),
        async || {
            noctis.client().get(STUDIES, 200).await;
            !collector.spans().is_empty()
        },
    )
    .await;
}

#[tokio::test]
async fn the_end_of_the_program_sends_what_is_left() {
    let collector = Collector::start().await;
    let noctis = Traced::start(&collector.endpoint(), &[]).await;
    noctis.client().get(&format!("{ROOT}/series"), 200).await;
    ends(noctis).await;
    let names: Vec<String> = collector.spans().into_iter().map(|seen| seen.span.name).collect();
    assert!(
        names.iter().any(|name| name == "GET /dicom-web/series") && names.iter().any(|name| name == "search"),
        "{names:?}"
    );
}

#[tokio::test]
async fn no_more_is_kept_than_the_share_that_is_wanted() {
    let collector = Collector::start().await;
    let noctis = Traced::start(&collector.endpoint(), &[("NOCTIS_TELEMETRY__SAMPLING_RATIO", "0.0")]).await;
    work(&noctis).await;
    ends(noctis).await;
    assert!(collector.spans().is_empty());
}
