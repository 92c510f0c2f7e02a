//! Searches that name a time zone (PS3.4 C.2.2.2: Timezone Offset From UTC in a request).

use harness::{Series, Server, ServerBuilder};

use crate::{ROOT, STUDIES, builder, first, patients};

/// Studies that began at the same time by the clock on the wall: in Tokyo, in New York, and who knows where.
async fn start(builder: ServerBuilder) -> Server {
    let server = builder.start().await;
    for (patient, own) in [("TOKYO", "+0900"), ("NEWYORK", "-0500"), ("SOMEWHERE", "")] {
        let series = Series {
            patient_id: patient.into(),
            study_date: "20240229".into(),
            study_time: "200000".into(),
            rows: 16,
            columns: 16,
            ..Series::ct(1)
        };
        let mut data_set = series.data_set(1);
        if !own.is_empty() {
            data_set.text(0x0008_0201, "SH", own);
        }
        server.client().store(STUDIES, [series.finish(data_set)], 200).await;
    }
    server
}

#[tokio::test]
async fn dates_and_times_are_those_of_the_zone() {
    let server = start(builder()).await;
    let client = server.client();
    for (query, expected) in [
        ("StudyDate=20240229", &["NEWYORK", "SOMEWHERE", "TOKYO"][..]),
        ("TimezoneOffsetFromUTC=%2B0000&StudyDate=20240229", &["SOMEWHERE", "TOKYO"]),
        ("00080201=%2B0000&StudyDate=20240301", &["NEWYORK"]),
        ("00080201=+0000&StudyDate=20240301", &["NEWYORK"]),
        ("TimezoneOffsetFromUTC=&StudyDate=20240229", &["NEWYORK", "SOMEWHERE", "TOKYO"]),
        ("TimezoneOffsetFromUTC=-0500&StudyTime=06", &["TOKYO"]),
        ("TimezoneOffsetFromUTC=-0500&StudyTime=20", &["NEWYORK", "SOMEWHERE"]),
        ("TimezoneOffsetFromUTC=%2B0900&StudyTime=09-1100", &["NEWYORK"]),
        ("TimezoneOffsetFromUTC=%2B0900&StudyDate=20240229-20240301&StudyTime=1930-0930", &["SOMEWHERE", "TOKYO"]),
        (
            "TimezoneOffsetFromUTC=%2B0900&StudyDate=20240229-20240301&StudyTime=1930-1030",
            &["NEWYORK", "SOMEWHERE", "TOKYO"],
        ),
        ("TimezoneOffsetFromUTC=%2B0900&PatientBirthDate=19610412", &["NEWYORK", "SOMEWHERE", "TOKYO"]),
    ] {
        assert_eq!(patients(&client, &format!("studies?{query}")).await, expected, "{query}");
    }
    for (resource, zone) in [("series?PerformedProcedureStepStartDate", "0000"), ("instances?ContentDate", "1400")] {
        let rows = client.json(&format!("{ROOT}/{resource}=20240301&TimezoneOffsetFromUTC=%2B{zone}")).await;
        assert_eq!(rows.as_array().unwrap().len(), 1, "{resource}");
        assert_eq!(*first(&rows[0], "00100020"), "NEWYORK", "{resource}");
    }
}

#[tokio::test]
async fn answers_are_in_the_zone_and_say_so() {
    let server = start(builder()).await;
    let client = server.client();
    for (patient, zone, expected) in [
        ("TOKYO", "", ["20240229", "200000", "+0900"]),
        ("TOKYO", "-0500", ["20240229", "060000", "-0500"]),
        ("NEWYORK", "%2B0530", ["20240301", "063000", "+0530"]),
    ] {
        let rows = client.json(&format!("{ROOT}/studies?PatientID={patient}&TimezoneOffsetFromUTC={zone}")).await;
        assert_eq!(["00080020", "00080030", "00080201"].map(|tag| first(&rows[0], tag)), expected, "{patient} {zone}");
    }
    // Nobody knows in which zone it is: it stays as it is, and no zone is said.
    let rows = client.json(&format!("{ROOT}/studies?PatientID=SOMEWHERE&TimezoneOffsetFromUTC=-0500")).await;
    assert_eq!(*first(&rows[0], "00080030"), "200000");
    assert!(rows[0].get("00080201").is_none());
}

#[tokio::test]
async fn what_names_no_zone_is_in_the_configured_one() {
    let server = start(builder().env("NOCTIS_QUERY__TIMEZONE", "+0900")).await;
    let client = server.client();
    assert_eq!(patients(&client, "studies?TimezoneOffsetFromUTC=-0500&StudyTime=06").await, ["SOMEWHERE", "TOKYO"]);
    let rows = client.json(&format!("{ROOT}/studies?PatientID=SOMEWHERE&TimezoneOffsetFromUTC=-0500")).await;
    assert_eq!(["00080030", "00080201"].map(|tag| first(&rows[0], tag)), ["060000", "-0500"]);
    // Without a zone in the request nothing is converted.
    assert_eq!(patients(&client, "studies?StudyTime=20").await, ["NEWYORK", "SOMEWHERE", "TOKYO"]);
}

#[tokio::test]
async fn offsets_that_are_none_are_400_and_named() {
    let server = builder().start().await;
    let client = server.client();
    for (name, value) in [
        ("TimezoneOffsetFromUTC", "0100"),
        ("TimezoneOffsetFromUTC", "%2B01:00"),
        ("00080201", "%2B1500"),
        ("00080201", "-0000"),
        ("TimezoneOffsetFromUTC", "CET"),
        ("TimezoneOffsetFromUTC", "%2B0100&TimezoneOffsetFromUTC=%2B0200"),
    ] {
        let problem = client.get(&format!("{ROOT}/studies?{name}={value}"), 400).await.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(name) && detail.contains("+HHMM") && !detail.contains("CET"), "{detail}");
    }
}
