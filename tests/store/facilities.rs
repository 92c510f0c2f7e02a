//! Facilities: each has its own root, and the same UIDs in two of them are two instances (design, section 3).

use harness::{Instance, Series, Server};

use crate::{ROOT, STUDIES, builder};

const NORTH: &str = "/facilities/north/dicom-web";
const SOUTH: &str = "/facilities/south/dicom-web";

async fn start() -> Server {
    builder().env("NOCTIS_GATEWAY__FACILITIES", "[\"north\",\"south\"]").start().await
}

fn variant(series: &Series, seed: u64) -> Instance {
    Series { seed, ..series.clone() }.instance(1)
}

#[tokio::test]
async fn the_root_of_a_facility_stores_there_and_names_itself_in_links() {
    let server = start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    let response = client.store(&format!("{NORTH}/studies"), [&instance], 200).await.store_response();
    assert_eq!(response.stored[0].retrieve_url, format!("{}{NORTH}{}", server.base(), instance.path()));
    for root in [NORTH, ROOT] {
        assert_eq!(client.stored(&format!("{root}{}", instance.path())).await, instance.bytes);
        assert_eq!(client.count(&format!("{root}/studies")).await, 1);
    }
    client.get(&format!("{SOUTH}{}", instance.path()), 404).await;
    assert_eq!(client.count(&format!("{SOUTH}/studies")).await, 0);
    client.delete(&format!("{SOUTH}{}", instance.path()), 404).await;
    client.delete(&format!("{NORTH}{}", instance.path()), 204).await;
    client.get(&format!("{ROOT}{}", instance.path()), 404).await;
}

#[tokio::test]
async fn without_a_facility_in_the_path_the_home_facility_is_meant() {
    let server = start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    client.store(STUDIES, [&instance], 200).await;
    assert_eq!(client.stored(&format!("/facilities/default/dicom-web{}", instance.path())).await, instance.bytes);
    client.get(&format!("{NORTH}{}", instance.path()), 404).await;
}

#[tokio::test]
async fn the_same_uids_in_two_facilities_are_two_instances() {
    let server = start().await;
    let client = server.client();
    let series = Series::small(1);
    let (north, south, home) = (variant(&series, 1), variant(&series, 2), variant(&series, 3));
    client.store(&format!("{NORTH}/studies"), [&north], 200).await;
    client.store(&format!("{SOUTH}/studies"), [&south], 200).await;

    // Neither is at home: the caller has to choose.
    let path = format!("{ROOT}{}", north.path());
    let problem = client.get(&path, 409).await.json();
    let roots: Vec<&str> = problem["roots"].as_array().unwrap().iter().map(|root| root.as_str().unwrap()).collect();
    assert_eq!(roots, [format!("{}{NORTH}", server.base()), format!("{}{SOUTH}", server.base())]);
    client.delete(&path, 409).await;

    client.store(STUDIES, [&home], 200).await;
    assert_eq!(client.stored(&path).await, home.bytes);
    for (root, instance) in [(NORTH, &north), (SOUTH, &south), ("/facilities/default/dicom-web", &home)] {
        assert_eq!(client.stored(&format!("{root}{}", instance.path())).await, instance.bytes);
    }
    client.delete(&path, 204).await;
    client.delete(&format!("{NORTH}{}", north.path()), 204).await;
    assert_eq!(client.stored(&path).await, south.bytes);
}

#[tokio::test]
async fn a_facility_that_is_not_there_is_404() {
    let server = start().await;
    for facility in ["west", "North", "north%2F..", "%00"] {
        let path = format!("/facilities/{facility}/dicom-web/studies");
        server.client().store(&path, [Series::small(1).instance(1)], 404).await;
    }
    assert_eq!(server.client().count(STUDIES).await, 0);
    assert_eq!(server.object_count().await, 0);
}
