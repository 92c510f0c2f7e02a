//! Instances that disagree with their study about the patient: stored, but never silently (design: no image is shown under
//! the wrong patient without somebody having been told).

use harness::{DataSet, Instance, Series};

use reqwest::Method;

use crate::{ROOT, STUDIES, builder, start};

const DOES_NOT_MATCH: u64 = 0xB007;

fn instance(series: &Series, number: u32, change: impl Fn(&mut DataSet)) -> Instance {
    let mut set = series.data_set(number);
    change(&mut set);
    series.finish(set)
}

#[tokio::test]
async fn another_patient_is_stored_with_a_warning_and_the_study_keeps_the_first() {
    let server = start().await;
    let client = server.client();
    let series = Series { patient_name: "Doe^Jane".to_owned(), ..Series::small(5) };
    let first = instance(&series, 1, |set| {
        set.text(0x0010_0021, "LO", "THIS-HOSPITAL");
    });
    client.store(STUDIES, [first], 200).await;
    let others = [
        instance(&series, 2, |set| {
            set.text(0x0010_0020, "LO", "SOMEBODY-ELSE");
        }),
        instance(&series, 3, |set| {
            set.text(0x0010_0010, "PN", "Roe^Richard");
        }),
        instance(&series, 4, |set| {
            set.text(0x0010_0030, "DA", "20010101");
        }),
        instance(&series, 5, |set| {
            set.text(0x0010_0021, "LO", "ANOTHER-HOSPITAL");
        }),
    ];
    for other in &others {
        let answer = client.store(STUDIES, [other], 202).await;
        assert_eq!(answer.store_response().only_warning(), Some(DOES_NOT_MATCH));
        let text = answer.text();
        for value in ["SOMEBODY-ELSE", "Roe", "20010101", "ANOTHER-HOSPITAL", "Doe"] {
            assert!(!text.contains(value), "the answer shows {value}: {text}");
        }
        assert_eq!(client.stored(&format!("{ROOT}{}", other.path())).await, other.bytes);
    }
    let studies = client.json(&format!("{STUDIES}?StudyInstanceUID={}", series.study)).await;
    assert_eq!(studies[0]["00100010"]["Value"][0]["Alphabetic"], "Doe^Jane");
    assert_eq!(studies[0]["00100020"]["Value"][0], series.patient_id.as_str());
    assert_eq!(studies[0]["00100030"]["Value"][0], "19610412");
    assert_eq!(studies[0]["00201208"]["Value"][0], 5);
    // The instance itself says what it was sent with.
    let metadata = client.json(&format!("{ROOT}{}/metadata", others[1].path())).await;
    assert_eq!(metadata[0]["00100010"]["Value"][0]["Alphabetic"], "Roe^Richard");
}

#[tokio::test]
async fn the_warning_names_the_attributes() {
    let server = start().await;
    let series = Series::small(2);
    server.client().store(STUDIES, [series.instance(1)], 200).await;
    let other = instance(&series, 2, |set| {
        set.text(0x0010_0020, "LO", "SOMEBODY-ELSE").text(0x0010_0030, "DA", "20010101");
    });
    let json = server.client().store(STUDIES, [other], 202).await.json();
    let comments = json["00081199"]["Value"][0]["00741048"]["Value"].as_array().expect("words beside the warning");
    let words: Vec<&str> = comments.iter().filter_map(|item| item["00000902"]["Value"][0].as_str()).collect();
    let words = words.join(" ");
    assert!(words.contains("PatientID") && words.contains("PatientBirthDate"), "{words}");
    assert!(comments.iter().all(|item| item["00000902"]["Value"][0].as_str().unwrap().chars().count() <= 64));
}

#[tokio::test]
async fn the_same_name_written_in_another_way_is_no_disagreement() {
    let server = start().await;
    let series = Series { patient_name: "Doe^Jane".to_owned(), ..Series::small(2) };
    server.client().store(STUDIES, [series.instance(1)], 200).await;
    let padded = instance(&series, 2, |set| {
        set.text(0x0010_0010, "PN", "Doe^Jane^^").text(0x0010_0020, "LO", &format!(" {} ", series.patient_id));
    });
    let response = server.client().store(STUDIES, [padded], 200).await.store_response();
    assert_eq!(response.only_warning(), None);
}

#[tokio::test]
async fn people_list_and_resolve_them() {
    let server = builder().env("NOCTIS_GATEWAY__FACILITIES", "[\"north\",\"south\"]").start().await;
    let client = server.client();
    let resolve = async |path: &str, expected: u16| {
        let answer = client.send(client.request(Method::POST, path), expected).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    };
    let series = Series { patient_name: "Doe^Jane".to_owned(), ..Series::small(3) };
    let other = |number: u32| {
        instance(&series, number, |set| {
            set.text(0x0010_0010, "PN", "Roe^Richard").text(0x0010_0020, "LO", "SOMEBODY-ELSE");
        })
    };
    client.store("/facilities/north/dicom-web/studies", [series.instance(1)], 200).await;
    client.store("/facilities/north/dicom-web/studies", [other(2), other(3)], 202).await;

    let answer = client.get("/disagreements", 200).await;
    assert_eq!((answer.content_type(), answer.header("cache-control")), ("application/json", Some("no-store")));
    let listed = answer.json();
    let [name, id] = listed.as_array().unwrap().as_slice() else { panic!("two are expected: {listed}") };
    for (entry, attribute, study, theirs) in [
        (name, "PatientName", "Doe^Jane", "Roe^Richard"),
        (id, "PatientID", series.patient_id.as_str(), "SOMEBODY-ELSE"),
    ] {
        assert_eq!(entry["attribute"], attribute);
        assert_eq!((&entry["studyValue"], &entry["instanceValue"]), (&study.into(), &theirs.into()));
        assert_eq!((&entry["facility"], &entry["studyInstanceUID"]), (&"north".into(), &series.study.as_str().into()));
        assert_eq!(entry["instances"], 2);
        assert!(entry["notedAt"].as_str().unwrap().ends_with('Z'));
        let url = format!("{}/facilities/north{ROOT}{}", server.base(), series.study_path());
        assert_eq!(entry["retrieveURL"], url);
    }
    // A root of its own has the same list, other facilities have none of it, and pages go on behind an id.
    assert_eq!(client.json("/facilities/north/disagreements").await, listed);
    for path in ["/facilities/south/disagreements", "/facilities/default/disagreements"] {
        assert_eq!(client.count(path).await, 0, "{path}");
    }
    assert_eq!(client.json("/disagreements?limit=1").await[0], *name);
    assert_eq!(client.json(&format!("/disagreements?after={}", name["id"])).await[0], *id);

    resolve(&format!("/facilities/south/disagreements/{}/resolve", name["id"]), 404).await;
    resolve(&format!("/disagreements/{}/resolve", name["id"]), 204).await;
    assert_eq!(client.json("/disagreements").await, serde_json::json!([id]));
    resolve(&format!("/facilities/north/disagreements/{}/resolve", id["id"]), 204).await;
    assert_eq!(client.count("/disagreements").await, 0);
    resolve(&format!("/disagreements/{}/resolve", id["id"]), 404).await;
    // Resolving is a note; what is stored stays as it is.
    assert_eq!(client.stored(&format!("/facilities/north{ROOT}{}", other(3).path())).await, other(3).bytes);
    let log = server.output();
    assert!(log.contains("/disagreements"), "{log}");
    for value in ["Roe", "SOMEBODY-ELSE", "Doe", &series.patient_id, &series.study] {
        assert!(!log.contains(value), "the log shows {value}");
    }
}

#[tokio::test]
async fn malformed_requests_for_them_are_400() {
    let server = start().await;
    let client = server.client();
    for query in ["after=", "after=x", "after=-1", "after=99999999999999999999", "limit=0", "limit=1001", "limit=x"] {
        client.get(&format!("/disagreements?{query}"), 400).await;
    }
    for query in ["limit=1&limit=2", "offset=1"] {
        client.get(&format!("/disagreements?{query}"), 400).await;
    }
    for id in ["x", "-1", "1.2", "99999999999999999999"] {
        client.send(client.request(Method::POST, &format!("/disagreements/{id}/resolve")), 400).await;
    }
    client.send(client.request(Method::POST, "/disagreements/1/resolve"), 404).await;
    client.send(client.request(Method::POST, "/facilities/west/disagreements/1/resolve"), 404).await;
    client.get("/disagreements/1/resolve", 405).await;
    assert_eq!(client.json("/disagreements?limit=1000").await, serde_json::json!([]));
}
