//! The files of an installed viewer: validators, codings, and the headers that keep its pages isolated.

use crate::fakes::Edge;
use harness::Answer;
use reqwest::Method;

const CONFIG: &str = "/viewer/app-config.js";
const SCRIPT: &str = "/viewer/polyfill.min.js";

async fn get_if_none_match(edge: &Edge, path: &str, tag: &str, status: u16) -> Answer {
    edge.client.send(edge.client.request(Method::GET, path).header("if-none-match", tag), status).await
}

#[tokio::test]
async fn the_configuration_is_validated_by_its_tag() {
    let edge = Edge::with_viewer().await;
    let full = edge.client.get(CONFIG, 200).await;
    assert!(full.text().starts_with("window.config = {") && full.text().contains("\"/dicom-web\""));
    assert_eq!(full.content_type(), "text/javascript; charset=utf-8");
    let tag = full.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag} is strong");
    assert_eq!(full.header("cache-control"), Some("no-cache"));

    for sent in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let unchanged = get_if_none_match(&edge, CONFIG, &sent, 304).await;
        assert!(unchanged.body.is_empty());
        assert_eq!(unchanged.header("etag"), Some(tag));
        assert_eq!(unchanged.header("cache-control"), Some("no-cache"));
    }
    assert_eq!(get_if_none_match(&edge, CONFIG, "\"other\"", 200).await.body, full.body);
    let head = edge.client.head(CONFIG, 200).await;
    assert_eq!((head.header("etag"), head.body.len()), (Some(tag), 0));
}

#[tokio::test]
async fn the_configuration_has_the_headers_of_every_script() {
    let edge = Edge::with_viewer().await;
    let (config, script) = (edge.client.get(CONFIG, 200).await, edge.client.get(SCRIPT, 200).await);
    for name in [
        "content-type",
        "cache-control",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-embedder-policy",
        "cross-origin-resource-policy",
        "x-content-type-options",
        "referrer-policy",
    ] {
        assert!(script.header(name).is_some(), "{name}");
        assert_eq!(config.header(name), script.header(name), "{name}");
    }
}

#[tokio::test]
async fn files_come_plain_or_compressed_each_with_its_own_tag() {
    let edge = Edge::with_viewer().await;
    let plain = edge.client.get(SCRIPT, 200).await;
    let gzip = edge.client.request(Method::GET, SCRIPT).header("accept-encoding", "gzip");
    let gzip = edge.client.send(gzip, 200).await;
    assert_eq!((plain.header("content-encoding"), gzip.header("content-encoding")), (None, Some("gzip")));
    assert!(gzip.body.len() < plain.body.len() && gzip.body.starts_with(&[0x1F, 0x8B]));
    assert_ne!(plain.header("etag"), gzip.header("etag"));
    for answer in [&plain, &gzip] {
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }
    get_if_none_match(&edge, SCRIPT, plain.header("etag").unwrap(), 304).await;
}

#[tokio::test]
async fn routes_of_the_application_get_its_page_and_nothing_else_does() {
    let edge = Edge::with_viewer().await;
    let page = edge.client.get("/viewer/", 200).await;
    assert!(page.content_type().starts_with("text/html") && page.text().contains("src=\"/viewer/app-config.js\""));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'self' 'wasm-unsafe-eval'"));
    assert_eq!(edge.client.get("/viewer/viewer?StudyInstanceUIDs=1.2", 200).await.body, page.body);
    for path in ["/viewer/none.js", "/viewer/noctis-viewer.json", "/viewer/..%2fnone.txt"] {
        edge.client.get(path, 404).await;
    }
}
