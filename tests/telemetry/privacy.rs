//! Nothing that says who a patient is leaves with a span.

use harness::{Series, multipart_body};
use reqwest::Method;

use crate::{ROOT, STUDIES, traced};

#[tokio::test]
async fn traces_hold_no_identity() {
    let (collector, noctis) = traced().await;
    let client = noctis.client();
    let series = Series { patient_name: "Secretname^Sarah".into(), patient_id: "SECRET-77".into(), ..Series::small(2) };
    client.store(STUDIES, series.instances(), 200).await;
    let other = Series { patient_name: "Othersecret^Olga".into(), ..series.sibling(1) };
    client.store(STUDIES, [other.instance(1)], 202).await;
    client.store(STUDIES, [b"Secretname^Sarah is no DICOM"], 409).await;
    let body = multipart_body(series.instances());
    client.store_body(STUDIES, body[..body.len() - 500].to_vec(), 400).await;
    let instance = series.instance(1).path();
    for (path, status) in [
        ("/studies?PatientName=Secretname*&fuzzymatching=true".to_owned(), 200),
        ("/studies?PatientBirthDate=Secretname".to_owned(), 400),
        (format!("/studies?StudyInstanceUID={}", series.study), 200),
        (format!("{}/metadata", series.path()), 200),
        (format!("{instance}/frames/1"), 200),
        (format!("{instance}/frames/9"), 404),
        (format!("{instance}/bulkdata/Secretname"), 404),
        ("/studies/9.8.7.6.5.4.3.2.1".to_owned(), 404),
        ("/Secretname".to_owned(), 404),
    ] {
        client.get(&format!("{ROOT}{path}"), status).await;
    }
    let request = client.request(Method::GET, STUDIES).header("x-request-id", "Secretname-of-a-client");
    client.send(request.header("authorization", "Bearer Secretname"), 200).await;
    let request = client.request(Method::DELETE, &format!("{ROOT}{instance}"));
    client.send(request.header("x-request-id", "Secretname-of-a-client"), 204).await;
    let keys: Vec<String> = noctis
        .backend
        .objects()
        .iter()
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    assert!(!keys.is_empty());

    let delete = "DELETE /dicom-web/studies/{study}/series/{series}/instances/{instance}";
    collector.trace(delete, &["delete"]).await;
    let bytes = collector.bytes();
    let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(found("{study}") && found("commit") && found("archive put"), "it is the right haystack");
    let secrets =
        ["Secretname", "Sarah", "Othersecret", "SECRET-77", "ecretnam", "PatientName", "9.8.7.6", "SELECT", "INSERT"];
    let stored = [series.study.as_str(), series.series.as_str(), series.patient_id.as_str()];
    for secret in secrets.into_iter().chain(stored).chain(keys.iter().map(String::as_str)) {
        assert!(!found(secret), "{secret} was exported");
    }
    assert!(collector.spans().iter().all(|seen| seen.span.events.is_empty() && seen.span.links.is_empty()));
}
