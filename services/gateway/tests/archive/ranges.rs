//! Ranges, validators and HEAD on stored bytes.

use crate::noctis::Noctis;
use harness::{Answer, Series};
use reqwest::Method;

async fn stored() -> (Noctis, bytes::Bytes, String) {
    let noctis = Noctis::start().await;
    let instance = Series::small(1).instance(1);
    noctis.client.store("/dicom-web/studies", [&instance], 200).await;
    let path = format!("/dicom-web{}", instance.path());
    (noctis, instance.bytes, path)
}

async fn get(noctis: &Noctis, path: &str, headers: &[(&str, &str)], expected: u16) -> Answer {
    let mut request = noctis.client.request(Method::GET, path).header("accept", "application/dicom; transfer-syntax=*");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    noctis.client.send(request, expected).await
}

#[tokio::test]
async fn ranges_of_stored_bytes() {
    let (noctis, bytes, path) = stored().await;
    let whole = get(&noctis, &path, &[], 200).await;
    assert_eq!((&whole.body, whole.header("accept-ranges")), (&bytes, Some("bytes")));
    let length = bytes.len();
    for (range, first, last) in [
        ("bytes=0-131".to_owned(), 0, 131),
        (format!("bytes={}-", length - 10), length - 10, length - 1),
        ("bytes=-7".to_owned(), length - 7, length - 1),
        (format!("bytes=100-{}", length + 100), 100, length - 1),
    ] {
        let answer = get(&noctis, &path, &[("range", &range)], 206).await;
        assert_eq!(answer.body, bytes.slice(first..=last), "{range}");
        assert_eq!(answer.header("content-range").unwrap(), format!("bytes {first}-{last}/{length}"));
        assert_eq!(answer.header("content-length").unwrap(), (last - first + 1).to_string());
    }
    let beyond = get(&noctis, &path, &[("range", &format!("bytes={length}-"))], 416).await;
    assert_eq!(beyond.header("content-range").unwrap(), format!("bytes */{length}"));
    // Several ranges at once are answered with the whole, as RFC 9110 allows.
    assert_eq!(get(&noctis, &path, &[("range", "bytes=0-1,5-6")], 200).await.body, bytes);
}

#[tokio::test]
async fn validators() {
    let (noctis, bytes, path) = stored().await;
    let etag = get(&noctis, &path, &[], 200).await.header("etag").unwrap().to_owned();
    let cached = get(&noctis, &path, &[("if-none-match", &etag)], 304).await;
    assert_eq!((cached.body.len(), cached.header("etag")), (0, Some(etag.as_str())));
    assert_eq!(cached.header("cache-control"), Some("private, no-cache"));
    get(&noctis, &path, &[("if-none-match", "\"other\"")], 200).await;
    let ranged = get(&noctis, &path, &[("range", "bytes=0-3"), ("if-range", &etag)], 206).await;
    assert_eq!(ranged.body, bytes.slice(0..4));
    assert_eq!(get(&noctis, &path, &[("range", "bytes=0-3"), ("if-range", "\"other\"")], 200).await.body, bytes);
}

#[tokio::test]
async fn head_says_what_get_would() {
    let (noctis, bytes, path) = stored().await;
    let request = noctis.client.request(Method::HEAD, &path).header("accept", "application/dicom; transfer-syntax=*");
    let head = noctis.client.send(request, 200).await;
    let whole = get(&noctis, &path, &[], 200).await;
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length").unwrap(), bytes.len().to_string());
    assert_eq!((head.header("etag"), head.header("accept-ranges")), (whole.header("etag"), Some("bytes")));
    for below in ["", "/metadata", "/frames/1", "/bulkdata", "/pixeldata"] {
        let answer = noctis.client.head(&format!("{path}{below}"), 200).await;
        assert!(answer.body.is_empty() && answer.header("etag").is_some(), "{below}");
    }
    noctis.client.head("/dicom-web/studies", 200).await;
    noctis.client.head("/dicom-web/studies/1.2.3", 404).await;
}
