//! Links carry the public address: as configured, as a trusted proxy says, or as the client asked.

use crate::fakes::{Edge, OnStore, stored};
use gateway::Config;
use reqwest::Method;

async fn link(config: Config, path: &str, headers: &[(&str, &str)]) -> String {
    let edge = Edge::with(config, Default::default()).await;
    *edge.fakes.on_store.lock().unwrap() = OnStore::Answer(vec![stored(0, "1.3")]);
    let mut request = edge.client.request(Method::POST, path).header("content-type", "application/dicom").body("x");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = edge.client.send(request, 200).await.json();
    body["00081190"]["Value"][0].as_str().unwrap().replace(edge.client.base(), "http://HOST")
}

#[tokio::test]
async fn the_public_address_stands_in_links() {
    let store = "/dicom-web/studies";
    let forwarded =
        [("x-forwarded-proto", "https"), ("x-forwarded-host", "pacs.example"), ("x-forwarded-prefix", "/x")];
    let proxy = || Config { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..Config::default() };
    let fixed = || Config { public_url: Some("https://fixed.example/pacs".parse().unwrap()), ..proxy() };

    assert_eq!(link(Config::default(), store, &[]).await, "http://HOST/dicom-web/studies/1.1");
    assert_eq!(link(Config::default(), store, &forwarded).await, "http://HOST/dicom-web/studies/1.1");
    assert_eq!(link(proxy(), store, &forwarded).await, "https://pacs.example/x/dicom-web/studies/1.1");
    assert_eq!(link(fixed(), store, &forwarded).await, "https://fixed.example/pacs/dicom-web/studies/1.1");
    let facility = "/facilities/default/dicom-web/studies";
    assert_eq!(
        link(fixed(), facility, &[]).await,
        "https://fixed.example/pacs/facilities/default/dicom-web/studies/1.1"
    );
}
