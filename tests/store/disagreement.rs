//! Instances that disagree with their study about the patient: stored, but never silently (design: no image is shown under
//! the wrong patient without somebody having been told).

use harness::{DataSet, Instance, Series};

use crate::{ROOT, STUDIES, start};

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
