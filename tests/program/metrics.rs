//! `/metrics`: what an operator needs, and nothing about patients.

use harness::Series;

use crate::{ROOT, STUDIES, start};

#[tokio::test]
async fn metrics_count_requests_by_route_and_hold_no_identity() {
    let server = start().await;
    let client = server.client();
    let series = Series { patient_name: "Secretname^Sarah".into(), patient_id: "SECRET-77".into(), ..Series::small(2) };
    client.store(STUDIES, series.instances(), 200).await;
    client.get(&format!("{STUDIES}?PatientName=Secretname*"), 200).await;
    client.get(&format!("{ROOT}{}/frames/1", series.instance(1).path()), 200).await;
    client.get(&format!("{ROOT}{}/metadata", series.path()), 200).await;
    client.get("/dicom-web/studies/1.2.3.4.5.6.7", 404).await;
    client.get("/no/such/Secretname/address", 404).await;
    let brew = reqwest::Method::from_bytes(b"SECRETNAME").unwrap();
    client.send(client.request(brew, STUDIES), 405).await;

    let answer = client.get("/metrics", 200).await;
    assert!(answer.content_type().starts_with("text/plain; version=0.0.4"));
    let text = answer.text();
    for line in [
        "noctis_http_requests_total{route=\"/dicom-web/studies\",method=\"POST\",status=\"200\"} 1",
        "noctis_http_requests_total{route=\"/dicom-web/studies\",method=\"GET\",status=\"200\"} 1",
        "noctis_http_requests_total{route=\"/dicom-web/studies/{study}\",method=\"GET\",status=\"404\"} 1",
        "noctis_http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"} 1",
        "noctis_http_requests_in_flight 1",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    for name in [
        "noctis_http_request_duration_seconds_bucket",
        "noctis_http_response_bytes_total",
        "noctis_retrieve_bytes_total",
        "noctis_retrieve_requests_total",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "no {name}");
    }
    for secret in
        ["Secretname", "SECRETNAME", "Sarah", "SECRET-77", &series.study, &series.series, "1.2.3.4.5", "PatientName"]
    {
        assert!(!text.contains(secret), "{secret} is in the metrics");
    }
    // Names share one beginning, and each is described once.
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(line.starts_with("noctis_"), "{line}");
    }
}
