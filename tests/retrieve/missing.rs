//! What is not there, what was deleted, and addresses that nobody could have meant.

use harness::Series;

use crate::{ROOT, STUDIES, archive::Archive, builder};

/// Every address below a series and its instance.
fn addresses(study: &str, series: &str, instance: &str) -> Vec<String> {
    let series = format!("{study}/series/{series}");
    let instance = format!("{series}/instances/{instance}");
    let of = |resource: &str| ["", "/metadata", "/bulkdata", "/pixeldata"].map(|below| format!("{resource}{below}"));
    let mut all: Vec<String> = [study, &series, &instance].into_iter().flat_map(of).collect();
    all.extend([format!("{instance}/frames/1"), format!("{instance}/bulkdata/7FE00010")]);
    all
}

#[tokio::test]
async fn what_is_not_there_is_404_at_every_level() {
    let archive = Archive::open().await;
    let ct = &archive.ct;
    let other = &archive.mixed[0];
    for address in addresses("/studies/1.2.3", &ct.series, &ct.instance(1).instance)
        .into_iter()
        .chain(addresses(&ct.study_path(), "1.2.3", &ct.instance(1).instance).split_off(4))
        .chain(addresses(&ct.study_path(), &ct.series, "1.2.3").split_off(8))
        // Each part exists, but not in one another.
        .chain(addresses(&other.study_path(), &ct.series, &ct.instance(1).instance).split_off(4))
        .chain(addresses(&other.study_path(), &other.series, &ct.instance(1).instance).split_off(8))
    {
        let answer = archive.client().get(&format!("{ROOT}{address}"), 404).await;
        assert_eq!(answer.content_type(), "application/problem+json", "{address}");
        assert_eq!(answer.json()["detail"], "there is nothing at this address", "all the same: {address}");
    }
}

#[tokio::test]
async fn what_was_deleted_is_404() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series::small(2);
    let other = series.sibling(1);
    client.store(STUDIES, series.instances().chain(other.instances()), 200).await;
    let (first, second) = (series.instance(1), series.instance(2));
    let exists = async |path: String| client.get(&format!("{ROOT}{path}"), 200).await.parts().len();

    client.delete(&format!("{ROOT}{}", first.path()), 204).await;
    for address in addresses(&series.study_path(), &series.series, &first.instance).split_off(8) {
        client.get(&format!("{ROOT}{address}"), 404).await;
    }
    assert_eq!((exists(series.path()).await, exists(series.study_path()).await), (1, 2));
    assert_eq!(exists(second.path()).await, 1);

    client.delete(&format!("{ROOT}{}", series.path()), 204).await;
    for address in addresses(&series.study_path(), &series.series, &second.instance).split_off(4) {
        client.get(&format!("{ROOT}{address}"), 404).await;
    }
    assert_eq!(exists(series.study_path()).await, 1);

    client.delete(&format!("{ROOT}{}", series.study_path()), 204).await;
    for address in addresses(&series.study_path(), &other.series, &other.instance(1).instance) {
        client.get(&format!("{ROOT}{address}"), 404).await;
    }
    client.delete(&format!("{ROOT}{}", series.study_path()), 404).await;
    // Stored again it is there again.
    client.store(STUDIES, [&first], 200).await;
    assert_eq!(client.stored(&format!("{ROOT}{}", first.path())).await, first.bytes);
}

#[tokio::test]
async fn absurd_addresses_are_4xx() {
    let archive = Archive::open().await;
    let client = archive.client();
    let long = "1.".repeat(5000);
    for uid in [
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e%2f",
        "%00",
        "1.2%00",
        "1..2",
        ".",
        "1.2.",
        "-1",
        "1.2 ",
        "%201.2",
        "1.2%0A",
        "%E5%B1%B1",
        "%FF",
        "'",
        "\"",
        "<script>",
        "*",
        "1.2;x=1",
        "1.2,1.3",
        "1.2\\1.3",
        "١.٢",
        &"1".repeat(65),
        &long,
    ] {
        for address in addresses(&format!("/studies/{uid}"), uid, uid) {
            let answer = client.request(reqwest::Method::GET, &format!("{ROOT}{address}")).send().await.unwrap();
            assert!(matches!(answer.status().as_u16(), 400 | 404), "{} {address}", answer.status());
        }
    }
    let instance = archive.ct.instance(1).path();
    for (path, status) in [
        (format!("{instance}/frames/"), 404),
        (format!("{instance}/frames"), 404),
        (format!("{instance}/frames/1/2"), 404),
        (format!("{instance}/"), 404),
        (format!("{instance}/bulkdata/%2E%2E/%2E%2E/%2E%2E/noctis.lock"), 404),
        (format!("{instance}/bulkdata/..%2F..%2Fcatalog.sqlite"), 404),
        (format!("{instance}/bulkdata/{}", "00191040/1/".repeat(2000)), 404),
        (format!("{instance}/rendered"), 404),
        (format!("{instance}/nothing"), 404),
        ("/studies/".to_owned(), 404),
        ("//studies".to_owned(), 404),
        ("/STUDIES".to_owned(), 404),
    ] {
        client.get(&format!("{ROOT}{path}"), status).await;
    }
    let beyond = format!("GET {ROOT}/studies/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "1".repeat(70_000));
    assert!(client.raw(&beyond).await.starts_with("HTTP/1.1 414 "));
    // The server is none the worse for it.
    assert_eq!(client.stored(&format!("{ROOT}{instance}")).await, archive.ct.instance(1).bytes);
}
