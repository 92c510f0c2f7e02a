//! Metadata that has come to rest is kept as one stream: it says what the pieces say, to whom they are said, and only
//! as long as they say it.

use std::io::Read;

use harness::{Answer, Client, Series, eventually};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

async fn packed(client: &Client, path: &str) -> Answer {
    client.send(client.request(Method::GET, path).header("accept-encoding", "gzip"), 200).await
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut reader = flate2::bufread::GzDecoder::new(&answer.body[..]);
    let mut text = Vec::new();
    reader.read_to_end(&mut text).unwrap();
    assert!(reader.into_inner().is_empty(), "one stream, and nothing behind it");
    text
}

/// Asks until the answer is the short one, which shows that the metadata is at rest.
async fn at_rest(client: &Client, path: &str) -> Answer {
    let first = packed(client, path).await;
    let is_short = async || {
        let answer = packed(client, path).await;
        assert_eq!(answer.header("etag"), first.header("etag"));
        assert_eq!(unpacked(&answer), unpacked(&first));
        answer.body.len() * 2 < first.body.len()
    };
    eventually(|| "the metadata does not come to rest".to_owned(), is_short).await;
    packed(client, path).await
}

#[tokio::test]
async fn a_settled_series_says_the_same_in_a_fraction_of_the_bytes() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series::small(12);
    client.store(STUDIES, series.instances(), 200).await;
    for path in [format!("{ROOT}{}/metadata", series.path()), format!("{ROOT}{}/metadata", series.study_path())] {
        let plain = client.send(client.request(Method::GET, &path).header("accept-encoding", "identity"), 200).await;
        let settled = at_rest(&client, &path).await;
        assert_eq!(unpacked(&settled), plain.body);
        for name in ["content-type", "cache-control", "vary"] {
            assert_eq!(settled.header(name), plain.header(name), "{name}");
        }
        let tag = settled.header("etag").unwrap();
        let request = client.request(Method::GET, &path).header("accept-encoding", "gzip");
        let again = client.send(request.header("if-none-match", tag), 304).await;
        assert!(again.body.is_empty());
    }
}

#[tokio::test]
async fn a_change_ends_the_rest() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series::small(12);
    client.store(STUDIES, series.instances().take(11), 200).await;
    let path = format!("{ROOT}{}/metadata", series.path());
    let count = |answer: &Answer| {
        serde_json::from_slice::<serde_json::Value>(&unpacked(answer)).unwrap().as_array().unwrap().len()
    };
    let before = at_rest(&client, &path).await;
    assert_eq!(count(&before), 11);

    client.store(STUDIES, [series.instance(12)], 200).await;
    let after = packed(&client, &path).await;
    assert_eq!(count(&after), 12);
    assert_ne!(after.header("etag"), before.header("etag"));
    assert_eq!(count(&at_rest(&client, &path).await), 12);

    client.delete(&format!("{ROOT}{}", series.path()), 204).await;
    client.send(client.request(Method::GET, &path).header("accept-encoding", "gzip"), 404).await;
}

#[tokio::test]
async fn links_are_those_of_the_host_that_was_asked() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series::small(12);
    client.store(STUDIES, series.instances(), 200).await;
    let path = format!("{ROOT}{}/metadata", series.path());
    let settled = String::from_utf8(unpacked(&at_rest(&client, &path).await)).unwrap();
    let link = format!("{}{ROOT}/studies/", server.base());
    assert!(settled.contains(&link));

    let port = server.base().rsplit_once(':').unwrap().1;
    let request = client.request(Method::GET, &path).header("accept-encoding", "gzip");
    let other = client.send(request.header("host", format!("localhost:{port}")), 200).await;
    let other = String::from_utf8(unpacked(&other)).unwrap();
    assert!(!other.contains(&link));
    assert!(other.contains(&format!("http://localhost:{port}{ROOT}/studies/")));
}
