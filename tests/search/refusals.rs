//! Values that cannot be understood: 400 that names the parameter, and never repeats the value.

use harness::Answer;

use crate::archive::Archive;

fn assert_problem(answer: &Answer, status: u16, named: &str, secret: &str) {
    assert_eq!(answer.content_type(), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["instance"].as_str(), answer.header("x-request-id"));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(named), "{named}: {detail}");
    assert!(secret.is_empty() || !detail.contains(secret), "the value is repeated: {detail}");
}

#[tokio::test]
async fn malformed_values_are_400_and_named() {
    let archive = Archive::open().await;
    for (path, named, secret) in [
        ("/studies?StudyDate=2024-01-15", "StudyDate", "2024-01-15"),
        ("/studies?StudyDate=20241301", "StudyDate", "20241301"),
        ("/studies?StudyDate=-", "StudyDate", ""),
        ("/studies?StudyDate=202401*", "StudyDate", "202401"),
        ("/studies?00080020=yesterday", "00080020", "yesterday"),
        ("/studies?StudyTime=25", "StudyTime", "25"),
        ("/studies?StudyTime=10-11-12", "StudyTime", "10-11"),
        ("/studies?PatientBirthDate=19801", "PatientBirthDate", "19801"),
        ("/studies?StudyInstanceUID=abc", "StudyInstanceUID", "abc"),
        ("/studies?StudyInstanceUID=1.2.*", "StudyInstanceUID", "1.2.*"),
        ("/series?SeriesInstanceUID=1.2\\Smith", "SeriesInstanceUID", "Smith"),
        ("/series?SeriesNumber=two", "SeriesNumber", "two"),
        ("/instances?InstanceNumber=1.5", "InstanceNumber", "1.5"),
        ("/studies?limit=ten", "limit", "ten"),
        ("/studies?limit=-1", "limit", "-1"),
        ("/studies?limit=", "limit", ""),
        ("/studies?offset=1.5", "offset", "1.5"),
        ("/studies?offset=0x10", "offset", "0x10"),
        ("/studies?fuzzymatching=maybe", "fuzzymatching", "maybe"),
        ("/studies?StudyDate=\"\"", "StudyDate", ""),
        ("/studies?emptyvaluematching=1", "emptyvaluematching", ""),
        ("/studies?multiplevaluematching=", "multiplevaluematching", ""),
        ("/studies?emptyvaluematching=true&PatientID=\"\"&PatientID=Secret", "PatientID", "Secret"),
        ("/studies?multiplevaluematching=true&ModalitiesInStudy=C*\\MR", "ModalitiesInStudy", "C*"),
        ("/studies?orderby=Nope", "orderby", "Nope"),
        ("/studies?orderby=%2BStudyDate", "orderby", "StudyDate"),
        ("/studies?PatientName=%FF%FE", "PatientName", ""),
        ("/studies?PatientName=*a*b*c*d*e*f*g*", "PatientName", "*a*b"),
        ("/studies/abc/series", "Study Instance UID", "abc/"),
        ("/studies/1.2/series/x/instances", "Series Instance UID", ""),
    ] {
        let answer = archive.client().get(&format!("/dicom-web{path}"), 400).await;
        assert_problem(&answer, 400, named, secret);
    }
}

#[tokio::test]
async fn a_client_may_insist_on_every_parameter() {
    let archive = Archive::open().await;
    let client = archive.client();
    let strict = |query: &str| {
        client.request(reqwest::Method::GET, &format!("/dicom-web/studies?{query}")).header("prefer", "handling=strict")
    };
    for (query, named) in [
        ("Modality=CT", "Modality"),
        ("NoSuch=1", "NoSuch"),
        ("includefield=00091002", "00091002"),
        ("orderby=Modality", "Modality"),
    ] {
        assert_problem(&client.send(strict(query), 400).await, 400, named, "");
    }
    let answer = client.send(strict("PatientID=PID-A&includefield=StudyDescription"), 200).await;
    assert_eq!(answer.header("preference-applied"), Some("handling=strict"));
}
