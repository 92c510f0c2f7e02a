//! Searches through the service, over a catalog in SQLite that holds what real objects say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "search/archive.rs"]
mod archive;

use archive::{Archive, Asked, asked};
use harness::Series;
use proto::query::v1::Level;
use rpc::Code;
use serde_json::json;

const STUDY_DATE: u32 = 0x0008_0020;
const MODALITY: u32 = 0x0008_0060;
const MODALITIES: u32 = 0x0008_0061;
const NAME: u32 = 0x0010_0010;
const PATIENT_ID: u32 = 0x0010_0020;
const STUDY_UID: u32 = 0x0020_000D;

#[tokio::test]
async fn studies_come_newest_first_with_their_default_attributes() {
    let archive = Archive::new().await;
    let found = archive.search(asked(Level::Study)).await;

    assert_eq!(found.patients(), ["PID-A", "PID-B", "PID-C"]);
    let first = &found.matches[0];
    assert_eq!(first.text(NAME), "Doe^Jane");
    assert_eq!(first.json(MODALITIES), json!({"vr": "CS", "Value": ["CT", "MR"]}));
    assert_eq!(first.json(0x0008_0056), json!({"vr": "CS", "Value": ["ONLINE"]}));
    assert_eq!(first.json(0x0020_1206), json!({"vr": "IS", "Value": [2]}));
    assert_eq!(first.json(0x0020_1208), json!({"vr": "IS", "Value": [5]}));
    assert!(!first.has(0x0008_1030), "Study Description is not a default attribute");
    assert!(first.tags().is_sorted());
    assert!(found.matches.iter().all(|study| study.has(MODALITIES)), "viewers rely on Modalities in Study");
}

#[tokio::test]
async fn what_the_study_list_of_a_viewer_includes_is_returned() {
    let archive = Archive::new().await;
    let found =
        archive.search(Asked { include: vec![0x0008_1030, MODALITY, 0x0008_0090], ..asked(Level::Study) }).await;
    assert_eq!(found.matches[0].text(0x0008_1030), "CT Thorax with contrast");
    assert!(!found.matches[0].has(MODALITY), "a series has it");
    assert_eq!(found.ignored_fields, [MODALITY]);
}

#[tokio::test]
async fn values_are_matched_by_kind() {
    let archive = Archive::new().await;
    let all = ["PID-A", "PID-B", "PID-C"];
    for (tag, value, patients) in [
        (NAME, "Doe^Jane", &all[..1]),
        (NAME, "doe^*", &[all[0], all[2]][..]),
        (NAME, "*muller*", &all[1..2]),
        (NAME, "*ane*", &all[..1]),
        (NAME, "", &all[..]),
        (NAME, "*", &all[..]),
        (PATIENT_ID, "PID-?", &all[..]),
        (PATIENT_ID, "pid-a", &[][..]),
        (STUDY_DATE, "20240115", &all[..1]),
        (STUDY_DATE, "20230601-20240115", &all[..2]),
        (STUDY_DATE, "20230602-", &all[..1]),
        (STUDY_DATE, "-20230601", &all[1..2]),
        (0x0008_0030, "0930", &[all[0], all[2]][..]),
        (0x0008_0030, "0800-0900", &all[1..2]),
        (0x0008_0050, "ACC-B", &all[1..2]),
        (0x0008_1030, "*Thorax*", &all[..1]),
        (MODALITIES, "MR", &all[..2]),
        (MODALITIES, "XA,MR", &all[..2]),
        (MODALITIES, "OT\\CT", &[all[0], all[2]][..]),
        (MODALITIES, "XA", &[][..]),
    ] {
        let found = archive.search(asked(Level::Study).key(tag, value)).await;
        assert_eq!(found.patients(), patients, "{tag:08X}={value}");
        assert!(found.matches.iter().all(|study| study.has(tag)), "{tag:08X} was matched");
    }
}

#[tokio::test]
async fn uids_are_matched_as_lists() {
    let archive = Archive::new().await;
    let (first, second) = (&archive.series[0].study, &archive.series[2].study);
    for value in [format!("{first},{second}"), format!("{first}\\{second}")] {
        let found = archive.search(asked(Level::Study).key(STUDY_UID, &value)).await;
        assert_eq!(found.patients(), ["PID-A", "PID-B"]);
    }
    let repeated = asked(Level::Study).key(STUDY_UID, first).key(STUDY_UID, second);
    assert_eq!(archive.search(repeated).await.patients(), ["PID-A", "PID-B"]);
}

#[tokio::test]
async fn fuzzy_matching_takes_prefixes_of_words_in_any_order() {
    let archive = Archive::new().await;
    let fuzzy = |value| Asked { fuzzy: true, ..asked(Level::Study).key(NAME, value) };
    assert_eq!(archive.search(fuzzy("jan doe")).await.patients(), ["PID-A"]);
    assert_eq!(archive.search(fuzzy("DOE")).await.patients(), ["PID-A", "PID-C"]);
    assert_eq!(archive.search(fuzzy("jorg mul")).await.patients(), ["PID-B"]);
}

#[tokio::test]
async fn series_and_instances_are_found_within_and_across_studies() {
    let archive = Archive::new().await;
    let (ct, mr) = (&archive.series[0], &archive.series[1]);

    let within = archive.search(Asked { study: ct.study.clone(), ..asked(Level::Series) }).await;
    assert_eq!(within.values(MODALITY), ["CT", "MR"]);
    assert_eq!(within.matches[0].json(0x0020_1209), json!({"vr": "IS", "Value": [3]}));
    assert!(!within.matches[0].has(PATIENT_ID));
    assert_eq!(within.matches[1].found.series_instance_uid, mr.series);

    let across = archive.search(asked(Level::Series).key(MODALITY, "MR")).await;
    assert_eq!(across.patients(), ["PID-A", "PID-B"]);

    let instances = Asked { study: ct.study.clone(), series: ct.series.clone(), ..asked(Level::Instance) };
    let instances = archive.search(instances).await;
    assert_eq!(instances.numbers(0x0020_0013), [1, 2, 3]);
    assert_eq!(instances.matches[2].found.sop_instance_uid, ct.instance(3).instance);
    assert_eq!(instances.matches[0].json(0x0028_0010), json!({"vr": "US", "Value": [64]}));
    assert_eq!(instances.matches[0].text(0x0008_3002), "1.2.840.10008.1.2.1");
    assert!(!instances.matches[0].has(MODALITY));

    let all = archive.search(asked(Level::Instance).key(PATIENT_ID, "PID-A")).await;
    assert_eq!(all.matches.len(), 5);
    assert!(all.matches.iter().all(|instance| instance.has(NAME) && instance.has(MODALITY)));
}

#[tokio::test]
async fn sequences_are_searched_by_path() {
    let archive = Archive::new().await;
    let request = |value: &str| asked(Level::Series).path(&[0x0040_0275, 0x0040_1001], value);
    let id =
        archive.search(Asked { include_all: true, ..asked(Level::Series) }).await.matches[0].json(0x0040_0275)["Value"]
            [0]["00401001"]["Value"][0]
            .as_str()
            .unwrap()
            .to_owned();
    let found = archive.search(request(&id)).await;
    assert!(!found.matches.is_empty());
    assert!(found.matches.iter().all(|series| series.has(0x0040_0275)));
    assert!(archive.search(request("no such id")).await.matches.is_empty());
}

#[tokio::test]
async fn pages_join_to_the_whole_list() {
    let archive = Archive::new().await;
    let page = |limit, offset| Asked { limit, offset, ..asked(Level::Instance) };
    let whole = archive.search(page(0, 0)).await;
    assert_eq!((whole.matches.len(), whole.remaining, whole.more_than), (7, 0, false));

    let mut joined = Vec::new();
    for offset in (0..7).step_by(2) {
        let part = archive.search(page(2, offset)).await;
        assert_eq!(part.remaining, 7_u64.saturating_sub(offset + 2));
        joined.extend(part.instances());
    }
    assert_eq!(joined, whole.instances());
    let beyond = archive.search(page(2, u64::MAX)).await;
    assert_eq!((beyond.matches.len(), beyond.remaining), (0, 0));
}

#[tokio::test]
async fn keys_without_effect_are_named() {
    let archive = Archive::new().await;
    let request = asked(Level::Study).key(MODALITY, "CT").key(0x0009_1002, "1").key(0x0008_0005, "x").key(NAME, "Doe*");
    let found = archive.search(request).await;
    assert_eq!(found.ignored_keys, ["00080060", "00091002", "00080005"]);
    assert_eq!(found.patients(), ["PID-A", "PID-C"]);
}

#[tokio::test]
async fn malformed_values_are_named_and_not_repeated() {
    let archive = Archive::new().await;
    for (tag, value) in [(STUDY_DATE, "yesterday"), (0x0008_0030, "25"), (STUDY_UID, "Doe"), (0x0020_1208, "many")] {
        let failure = archive.fail(asked(Level::Study).key(tag, value)).await;
        assert_eq!(failure.code, Code::InvalidRequest);
        assert!(failure.message.contains(&format!("{tag:08X}")), "{}", failure.message);
        assert!(!failure.message.contains(value), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_facility_sees_its_own_studies_only() {
    let archive = Archive::new().await;
    archive.store("north", &archive::study("Doe^Jack", "PID-N", "20240301")).await;

    let home = archive.search(asked(Level::Study)).await;
    assert_eq!(home.patients(), ["PID-A", "PID-B", "PID-C"]);
    let both = archive.search(Asked { facilities: vec!["north"], ..asked(Level::Study) }).await;
    assert_eq!(both.patients(), ["PID-N", "PID-A", "PID-B", "PID-C"]);
    assert_eq!(both.matches[0].found.facility, "north");
    let named = Asked { facilities: vec!["north"], facility: Some("north"), ..asked(Level::Study) };
    assert_eq!(archive.search(named).await.patients(), ["PID-N"]);
    let denied = archive.fail(Asked { facility: Some("north"), ..asked(Level::Study) }).await;
    assert_eq!(denied.code, Code::NotFound);
}

#[tokio::test]
async fn a_study_that_two_facilities_hold_is_the_home_facilitys() {
    let archive = Archive::new().await;
    let mut copy = archive.series[0].sibling(1);
    copy.modality = "PT".into();
    archive.store("north", &copy).await;
    archive.store("south", &copy).await;

    let within = Asked { study: copy.study.clone(), facilities: vec!["north"], ..asked(Level::Series) };
    assert_eq!(archive.search(within).await.values(MODALITY), ["CT", "MR"]);
    let other =
        Asked { study: copy.study.clone(), facilities: vec!["north"], facility: Some("north"), ..asked(Level::Series) };
    assert_eq!(archive.search(other).await.values(MODALITY), ["PT"]);

    let elsewhere = archive::study("Roe^R", "PID-R", "20240401");
    archive.store("north", &elsewhere).await;
    archive.store("south", &elsewhere).await;
    let request = Asked { study: elsewhere.study.clone(), facilities: vec!["north", "south"], ..asked(Level::Series) };
    let ambiguous = archive.fail(request).await;
    assert_eq!((ambiguous.code, ambiguous.facilities), (Code::Conflict, vec!["north".to_owned(), "south".to_owned()]));

    let unknown = Asked { study: "1.2.3".into(), facilities: vec!["north"], ..asked(Level::Series) };
    assert!(archive.search(unknown).await.matches.is_empty());
}

#[tokio::test]
async fn a_resource_that_is_none_is_refused() {
    let archive = Archive::new().await;
    for request in [
        asked(Level::Unspecified),
        Asked { series: "1.2".into(), ..asked(Level::Instance) },
        Asked { study: "1.2".into(), series: "1.3".into(), ..asked(Level::Series) },
        Asked { study: "x".into(), ..asked(Level::Series) },
    ] {
        assert_eq!(archive.fail(request).await.code, Code::InvalidRequest);
    }
}

#[tokio::test]
async fn disagreements_are_listed_in_pages_and_only_where_the_principal_may_look() {
    const OTHERS: usize = 130;
    let archive = Archive::new().await;
    let first = &archive.series[0];
    for other in 0..OTHERS {
        let other = Series { patient_id: format!("OTHER-{other}"), ..first.sibling(1) };
        archive.store("default", &other).await;
    }
    assert_eq!(archive.disagreements("north", 0, 0).await, []);
    let all = archive.disagreements("default", 0, 0).await;
    assert_eq!(all.len(), OTHERS);
    assert!(all.is_sorted_by_key(|entry| entry.id));
    let entry = &all[1];
    assert_eq!((entry.facility.as_str(), &entry.study_instance_uid), ("default", &first.study));
    assert_eq!((entry.attribute.as_str(), entry.instances), ("PatientID", 1));
    assert_eq!((entry.study_value.as_str(), entry.instance_value.as_str()), ("PID-A", "OTHER-1"));
    assert_eq!(entry.noted_at, 1_700_000_000_000);
    assert_eq!(archive.disagreements("default", 0, 120).await, all[..120]);
    assert_eq!(archive.disagreements("default", all[119].id, 120).await, all[120..]);
    assert_eq!(archive.disagreements("default", all[OTHERS - 1].id, 0).await, []);
    assert_eq!(archive.disagreements("default", -1, u32::MAX).await, all);
}
