//! Several facilities behind one gateway: what is of one is not seen under the root of another.

use crate::noctis::Noctis;
use gateway::Config;
use harness::Series;

async fn two() -> Noctis {
    let facility = |name: &str| name.parse().unwrap();
    Noctis::with(Config { home_facility: facility("north"), facilities: vec![facility("south")], ..Config::default() })
        .await
}

#[tokio::test]
async fn the_root_names_the_facility() {
    let noctis = two().await;
    let series = Series::small(1);
    let south = "/facilities/south/dicom-web";
    let stored = noctis.client.store(&format!("{south}/studies"), series.instances(), 200).await.store_response();
    assert!(stored.retrieve_url.unwrap().contains("/facilities/south/dicom-web/studies/"));

    let study = series.study_path();
    noctis.client.get(&format!("{south}{study}/metadata"), 200).await;
    noctis.client.get(&format!("/facilities/north/dicom-web{study}/metadata"), 404).await;
    noctis.client.get(&format!("/dicom-web{study}/metadata"), 200).await;
    let count = async |root: &str| noctis.client.json(&format!("{root}/studies")).await.as_array().unwrap().len();
    assert_eq!((count(south).await, count("/facilities/north/dicom-web").await, count("/dicom-web").await), (1, 0, 1));
    noctis.client.delete(&format!("/facilities/north/dicom-web{study}"), 404).await;
    noctis.client.delete(&format!("{south}{study}"), 204).await;
}

#[tokio::test]
async fn a_uid_in_two_facilities_means_the_one_at_home() {
    let noctis = two().await;
    let series = Series::small(1);
    for root in ["/facilities/south/dicom-web", "/facilities/north/dicom-web"] {
        noctis.client.store(&format!("{root}/studies"), series.instances(), 200).await;
    }
    noctis.client.get(&format!("/dicom-web{}/metadata", series.study_path()), 200).await;
}

#[tokio::test]
async fn a_uid_in_two_facilities_away_from_home_is_ambiguous() {
    let facility = |name: &str| name.parse().unwrap();
    let facilities = vec![facility("south"), facility("west")];
    let noctis = Noctis::with(Config { home_facility: facility("north"), facilities, ..Config::default() }).await;
    let series = Series::small(1);
    for root in ["/facilities/south/dicom-web", "/facilities/west/dicom-web"] {
        noctis.client.store(&format!("{root}/studies"), series.instances(), 200).await;
    }
    let body = noctis.client.get(&format!("/dicom-web{}/metadata", series.study_path()), 409).await.json();
    let roots: Vec<&str> = body["roots"].as_array().unwrap().iter().map(|root| root.as_str().unwrap()).collect();
    assert_eq!(roots.len(), 2);
    let path = roots[1].strip_prefix(noctis.client.base()).unwrap();
    noctis.client.get(&format!("{path}{}/metadata", series.study_path()), 200).await;
}
