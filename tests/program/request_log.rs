//! Logs: one line a request with its id and route; no name, UID, query string or address of a patient's data.

use harness::{Series, Server, eventually, multipart_body};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

/// A mix of requests that succeed and fail in many ways.
async fn mix(server: &Server, series: &Series) {
    let client = server.client();
    client.store(STUDIES, series.instances(), 200).await;
    // Another patient in the same study, the same UID with other bytes, and what cannot be read.
    client
        .store(STUDIES, [Series { patient_name: "Othersecret^Olga".into(), ..series.sibling(1) }.instance(1)], 202)
        .await;
    client.store(STUDIES, [Series { seed: 77, ..series.clone() }.instance(1)], 409).await;
    client.store(&format!("{STUDIES}/9.8.7.6.5.4.3.2.1"), [series.instance(1)], 409).await;
    let cut = series.instance(2).bytes;
    client.store(STUDIES, [&cut[..cut.len() / 2]], 409).await;
    client.store(STUDIES, [b"Secretname^Sarah is no DICOM"], 409).await;
    let body = multipart_body(series.instances());
    client.store_body(STUDIES, body[..body.len() - 500].to_vec(), 400).await;

    let instance = series.instance(1).path();
    for (path, status) in [
        ("/studies?PatientName=Secretname*&fuzzymatching=true".to_owned(), 200),
        ("/studies?PatientName=*ecretnam*&NoSuch=Secretname".to_owned(), 200),
        ("/studies?PatientBirthDate=Secretname".to_owned(), 400),
        ("/studies?PatientName=%FFSecretname".to_owned(), 400),
        (format!("/studies?StudyInstanceUID={}", series.study), 200),
        (series.study_path(), 200),
        (format!("{}/metadata", series.path()), 200),
        (format!("{instance}/frames/1"), 200),
        (format!("{instance}/frames/9"), 404),
        (format!("{instance}/frames/x"), 400),
        (format!("{instance}/bulkdata/7FE00010"), 200),
        (format!("{instance}/bulkdata/Secretname"), 404),
        ("/studies/9.8.7.6.5.4.3.2.1".to_owned(), 404),
        ("/studies/Secretname/metadata".to_owned(), 400),
        ("/Secretname".to_owned(), 404),
    ] {
        client.get(&format!("{ROOT}{path}"), status).await;
    }
    let referred = client.request(Method::GET, STUDIES).header("referer", "http://localhost/?Secretname");
    client.send(referred.header("user-agent", "Secretname/1.0").header("cookie", "Secretname=1"), 200).await;
    client.delete(&format!("{ROOT}{instance}"), 204).await;
    client.delete(&format!("{ROOT}{instance}"), 404).await;
}

#[tokio::test]
async fn logs_hold_no_identity() {
    for filter in ["info", "debug,h2=info,hyper=info"] {
        let server = builder().env("NOCTIS_LOG__FILTER", filter).start().await;
        let series =
            Series { patient_name: "Secretname^Sarah".into(), patient_id: "SECRET-77".into(), ..Series::small(2) };
        mix(&server, &series).await;
        eventually(
            || "no line of the last request".to_owned(),
            async || server.output().lines().filter(|line| line.contains("method=\"DELETE\"")).count() == 2,
        )
        .await;
        let output = server.output();
        for secret in [
            "Secretname",
            "Sarah",
            "Othersecret",
            "SECRET-77",
            &series.study,
            &series.series,
            "9.8.7.6",
            "PatientName",
            "ecretnam",
        ] {
            let found: Vec<&str> = output.lines().filter(|line| line.contains(secret)).collect();
            assert!(found.is_empty(), "{secret} with {filter}: {found:?}");
        }
        assert!(
            output
                .contains("route=\"/dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}\"")
        );
        assert!(!output.contains("panicked"), "{output}");
    }
}

#[tokio::test]
async fn each_request_has_one_line_with_its_id() {
    let server = builder().env("NOCTIS_LOG__FORMAT", "json").start().await;
    let client = server.client();
    let answer = client.get("/dicom-web/studies?limit=x", 400).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    let lines = || -> Vec<serde_json::Value> {
        let output = server.output();
        let parsed = output.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        parsed.filter(|line| line["request_id"] == id.as_str()).collect()
    };
    eventually(|| "no line".to_owned(), async || !lines().is_empty()).await;
    let found = lines();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["status"], 400);
    assert_eq!(found[0]["route"], "/dicom-web/studies");
    assert_eq!((&found[0]["method"], &found[0]["level"]), (&"GET".into(), &"INFO".into()));
    assert_eq!(found[0]["bytes"].as_u64(), Some(answer.body.len() as u64));
    assert!(found[0]["timestamp"].as_str().unwrap().ends_with('Z'));
}
