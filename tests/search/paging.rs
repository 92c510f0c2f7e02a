//! Pages: every match once, in one order, and how many remain (PS3.18 8.3.4.4).

use std::collections::BTreeSet;

use harness::Series;
use serde_json::Value;

use crate::{ROOT, STUDIES, archive::Archive, builder, first};

#[tokio::test]
async fn pages_join_to_the_whole_in_its_order() {
    let archive = Archive::open().await;
    for (resource, uid) in [("/studies", "0020000D"), ("/series", "0020000E"), ("/instances", "00080018")] {
        let whole = archive.matches(resource).await;
        for size in [1, 2, 3, 4, 100] {
            let mut joined = Vec::new();
            loop {
                let page = archive.matches(&format!("{resource}?limit={size}&offset={}", joined.len())).await;
                let complete = page.len() < size;
                joined.extend(page);
                if complete {
                    break;
                }
            }
            assert_eq!(joined, whole, "{resource} by {size}");
            let unique: BTreeSet<&str> = joined.iter().map(|row| first(row, uid).as_str().unwrap()).collect();
            assert_eq!(unique.len(), whole.len());
        }
    }
}

#[tokio::test]
async fn the_newest_study_comes_first() {
    let archive = Archive::open().await;
    let dates: Vec<String> = archive
        .matches("/studies")
        .await
        .iter()
        .map(|row| first(row, "00080020").as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(dates, ["20240229", "20240115", "20240115", "20240115", "20230601", "20210704", ""]);
}

#[tokio::test]
async fn what_remains_is_told() {
    let archive = Archive::open().await;
    for (query, rows, remaining) in [
        ("limit=3", 3, Some(4)),
        ("limit=3&offset=3", 3, Some(1)),
        ("limit=3&offset=4", 3, None),
        ("limit=7", 7, None),
        ("limit=100", 7, None),
        ("offset=5", 2, None),
        ("offset=7", 0, None),
        ("limit=5&offset=1000", 0, None),
        ("offset=99999999999999999999", 0, None),
        ("limit=99999999999999999999", 7, None),
        ("limit=0", 0, Some(7)),
        ("limit=2&StudyDate=20240115", 2, Some(1)),
        ("limit=2&limit=5", 2, Some(5)),
    ] {
        let answer = archive.get(&format!("/studies?{query}")).await;
        assert_eq!(answer.json().as_array().unwrap().len(), rows, "{query}");
        let expected = remaining.map(|count| {
            format!("299 {}{ROOT}: There are {count} additional results that can be requested", archive.server.base())
        });
        assert_eq!(answer.header("warning"), expected.as_deref(), "{query}");
    }
}

#[tokio::test]
async fn the_total_is_told_where_it_is_known() {
    let archive = Archive::open().await;
    for (path, total) in [
        ("/studies", Some("7")),
        ("/studies?limit=3", Some("7")),
        ("/studies?limit=3&offset=5", Some("7")),
        ("/studies?limit=0", Some("7")),
        ("/studies?limit=0&offset=2", Some("7")),
        ("/studies?StudyDate=20240115&limit=1", Some("3")),
        ("/studies?PatientID=nobody", Some("0")),
        ("/instances?limit=2&orderby=SOPInstanceUID", Some("11")),
        // Nothing was looked at before the page.
        ("/studies?offset=7", None),
        ("/studies?offset=99999999999999999999", None),
    ] {
        assert_eq!(archive.get(path).await.header("x-total-count"), total, "{path}");
    }
}

#[tokio::test]
async fn the_largest_page_is_the_servers_decision() {
    let server = builder().env("NOCTIS_QUERY__MAX_RESULTS", "5").start().await;
    let client = server.client();
    client.store(STUDIES, Series { rows: 16, columns: 16, ..Series::ct(8) }.instances(), 200).await;
    for query in ["", "?limit=100"] {
        let answer = client.get(&format!("{ROOT}/instances{query}"), 200).await;
        assert_eq!(answer.json().as_array().unwrap().len(), 5);
        assert!(answer.header("warning").unwrap().contains("There are 3 additional results"), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn studies_that_come_while_one_pages_displace_none_that_were_there() {
    let server = builder().start().await;
    let client = server.client();
    let dated = |date: &str| Series { rows: 16, columns: 16, study_date: date.into(), ..Series::ct(1) };
    for day in 10..20 {
        client.store(STUDIES, dated(&format!("202401{day}")).instances(), 200).await;
    }
    let uids = |rows: &Value| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| first(row, "0020000D").as_str().unwrap().to_owned()).collect()
    };
    let whole = uids(&client.json(STUDIES).await);
    let mut paged = uids(&client.json(&format!("{STUDIES}?limit=5&offset=0")).await);
    // An older study goes behind all of them.
    client.store(STUDIES, dated("20100101").instances(), 200).await;
    paged.extend(uids(&client.json(&format!("{STUDIES}?limit=5&offset=5")).await));
    assert_eq!(paged, whole);
}
