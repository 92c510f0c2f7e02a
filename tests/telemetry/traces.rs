//! One trace for each request, its spans in order across the processes.

use harness::{LargeMultiFrame, Series};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use reqwest::Method;

use crate::{
    ROOT, STUDIES, Traced,
    collector::{Collector, Seen, number, text},
    traced,
};

const GATEWAY: &str = "noctis-gateway";
const BACKEND: &str = "noctis-ingest-query-retrieve";

/// The spans from the request down to the one of this name, of whichever there are several the first.
fn path(trace: &[Seen], name: &str) -> Vec<(String, String, SpanKind)> {
    let mut path = Vec::new();
    let mut next = trace
        .iter()
        .find(|seen| seen.span.name == name && seen.span.kind() == SpanKind::Client)
        .or_else(|| trace.iter().find(|seen| seen.span.name == name));
    while let Some(seen) = next {
        path.push((seen.service.clone(), seen.span.name.clone(), seen.span.kind()));
        next = trace.iter().find(|parent| parent.span.span_id == seen.span.parent_span_id);
    }
    path.reverse();
    path
}

/// What a span below a call looks like from the request on.
fn expected(request: &str, call: &str, below: &[(&str, SpanKind)]) -> Vec<(String, String, SpanKind)> {
    let above =
        [(GATEWAY, request, SpanKind::Server), (GATEWAY, call, SpanKind::Client), (BACKEND, call, SpanKind::Server)];
    let below = below.iter().map(|(name, kind)| (BACKEND, *name, *kind));
    above.into_iter().chain(below).map(|(service, name, kind)| (service.into(), name.into(), kind)).collect()
}

fn find<'a>(trace: &'a [Seen], name: &str) -> &'a Seen {
    trace.iter().find(|seen| seen.span.name == name).unwrap_or_else(|| panic!("no {name}"))
}

async fn stored() -> (Collector, Traced, Series) {
    let (collector, noctis) = traced().await;
    let series = Series::small(3);
    noctis.client().store(STUDIES, series.instances(), 200).await;
    (collector, noctis, series)
}

#[tokio::test]
async fn a_store_is_one_trace() {
    let (collector, _noctis, _) = stored().await;
    let (request, call) = ("POST /dicom-web/studies", "noctis.ingest.v1.Ingest/Store");
    let trace = collector.trace(request, &[call, "begin", "commit", "archive put"]).await;
    let store = ("store", SpanKind::Internal);
    for name in ["begin", "commit", "archive put"] {
        assert_eq!(path(&trace, name), expected(request, call, &[store, (name, SpanKind::Client)]), "{name}");
    }
    assert_eq!(trace.iter().filter(|seen| seen.span.name == "archive put").count(), 3);
    let root = &find(&trace, request).span;
    assert!(root.parent_span_id.is_empty());
    assert_eq!(text(&root.attributes, "http.request.method").as_deref(), Some("POST"));
    assert_eq!(text(&root.attributes, "http.route").as_deref(), Some("/dicom-web/studies"));
    assert_eq!(number(&root.attributes, "http.response.status_code"), Some(200));
    let commit = &find(&trace, "commit").span;
    assert_eq!(text(&commit.attributes, "db.system.name").as_deref(), Some("sqlite"));
    assert_eq!(text(&commit.attributes, "db.operation.name").as_deref(), Some("commit"));
    let put = &find(&trace, "archive put").span;
    assert_eq!(text(&put.attributes, "archive.kind").as_deref(), Some("folder"));
    for seen in trace.iter().filter(|seen| seen.span.name == call) {
        let attributes = &seen.span.attributes;
        assert_eq!(text(attributes, "rpc.system").as_deref(), Some("grpc"));
        assert_eq!(text(attributes, "rpc.service").as_deref(), Some("noctis.ingest.v1.Ingest"));
        assert_eq!(text(attributes, "rpc.method").as_deref(), Some("Store"));
        assert_eq!(number(attributes, "rpc.grpc.status_code"), Some(0));
    }
}

#[tokio::test]
async fn a_search_is_one_trace() {
    let (collector, noctis, series) = stored().await;
    noctis.client().get(&format!("{STUDIES}?PatientName={}", series.patient_name), 200).await;
    let (request, call) = ("GET /dicom-web/studies", "noctis.query.v1.Query/Search");
    let trace = collector.trace(request, &[call, "search"]).await;
    assert_eq!(path(&trace, "search"), expected(request, call, &[("search", SpanKind::Client)]));
    assert_eq!(trace.len(), 4, "{trace:?}");
}

#[tokio::test]
async fn a_frame_is_one_trace() {
    let (collector, noctis, series) = stored().await;
    noctis.client().get(&format!("{ROOT}{}/frames/1", series.instance(2).path()), 200).await;
    let request = "GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}";
    let call = "noctis.retrieve.v1.Retrieve/Frames";
    let trace = collector.trace(request, &[call, "instance", "archive stream"]).await;
    assert_eq!(path(&trace, "instance"), expected(request, call, &[("instance", SpanKind::Client)]));
    assert_eq!(path(&trace, "archive stream"), expected(request, call, &[("archive stream", SpanKind::Client)]));
}

#[tokio::test]
async fn large_instances_are_uploads() {
    let (collector, noctis) = traced().await;
    let object = LargeMultiFrame::of_size(12 << 20);
    noctis.client().store_chunks(STUDIES, harness::multipart_chunks(object.chunks()), 200).await;
    let (request, call) = ("POST /dicom-web/studies", "noctis.ingest.v1.Ingest/Store");
    let trace = collector.trace(request, &[call, "archive upload"]).await;
    let below = [("store", SpanKind::Internal), ("archive upload", SpanKind::Client)];
    assert_eq!(path(&trace, "archive upload"), expected(request, call, &below));
}

#[tokio::test]
async fn the_trace_of_a_client_is_continued_and_its_decision_kept() {
    let (collector, noctis, _) = stored().await;
    let client = noctis.client();
    for (id, flags) in [("0af7651916cd43dd8448eb211c80319c", "01"), ("1bf7651916cd43dd8448eb211c80319d", "00")] {
        let request = client.request(Method::GET, &format!("{ROOT}/series"));
        client.send(request.header("traceparent", format!("00-{id}-b7ad6b7169203331-{flags}")), 200).await;
    }
    client.get(&format!("{ROOT}/instances"), 200).await;
    let continued = collector.trace("GET /dicom-web/series", &["search"]).await;
    // What came after it has arrived too.
    collector.trace("GET /dicom-web/instances", &["search"]).await;
    let root = &find(&continued, "GET /dicom-web/series").span;
    assert_eq!(hexadecimal(&root.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hexadecimal(&root.parent_span_id), "b7ad6b7169203331");
    let roots = collector.spans().into_iter().filter(|seen| seen.span.name == "GET /dicom-web/series");
    assert_eq!(roots.count(), 1, "the client wanted no trace of the other one");
}

#[tokio::test]
async fn one_process_makes_the_same_trace() {
    let collector = Collector::start().await;
    let noctis = crate::deployment::noctis().env("NOCTIS_TELEMETRY__OTLP_ENDPOINT", collector.endpoint()).start().await;
    let client = noctis.client();
    client.store(STUDIES, Series::small(1).instances(), 200).await;
    let (request, call) = ("POST /dicom-web/studies", "noctis.ingest.v1.Ingest/Store");
    let trace = collector.trace(request, &[call, "commit"]).await;
    let names: Vec<String> = path(&trace, "commit").into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, [request, call, call, "store", "commit"]);
    assert!(trace.iter().all(|seen| seen.service == "noctis"), "{trace:?}");
}

#[tokio::test]
async fn what_fails_is_marked_and_what_is_refused_is_not() {
    let (collector, noctis, series) = stored().await;
    let client = noctis.client();
    for object in noctis.backend.objects() {
        std::fs::remove_file(object).unwrap();
    }
    client.get(&format!("{ROOT}{}/frames/1", series.instance(1).path()), 500).await;
    client.get(&format!("{STUDIES}/1.2.3.4.5"), 404).await;
    let frames = "GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}";
    let failed = collector.trace(frames, &["archive stream", "noctis.retrieve.v1.Retrieve/Frames"]).await;
    for name in [frames, "archive stream", "noctis.retrieve.v1.Retrieve/Frames"] {
        let span = &find(&failed, name).span;
        let status = span.status.as_ref().unwrap();
        assert_eq!(status.code(), StatusCode::Error, "{name}");
        assert_eq!(status.message, "");
    }
    assert_eq!(text(&find(&failed, "archive stream").span.attributes, "error.type").as_deref(), Some("absent"));
    let refused = collector.trace("GET /dicom-web/studies/{study}", &["find"]).await;
    assert!(
        refused.iter().all(|seen| seen.span.status.as_ref().is_none_or(|status| status.code() != StatusCode::Error))
    );
}

#[tokio::test]
async fn what_watches_the_program_leaves_no_trace() {
    let (collector, noctis, _) = stored().await;
    for page in ["/healthz", "/readyz", "/metrics"] {
        noctis.client().get(page, 200).await;
    }
    noctis.client().get(&format!("{ROOT}/instances"), 200).await;
    collector.trace("GET /dicom-web/instances", &["search"]).await;
    for seen in collector.spans() {
        assert!(!seen.span.name.contains("Health") && !seen.span.name.ends_with('z'), "{seen:?}");
        let is_request = seen.span.parent_span_id.is_empty();
        assert!(!is_request || seen.span.name.contains(" /dicom-web"), "{seen:?} begins a trace");
    }
}

/// As headers have it.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
