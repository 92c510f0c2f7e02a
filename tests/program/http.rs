//! The edge of the network: host names, methods, HTTP/2, request ids, headers on every answer.

use std::sync::Arc;

use harness::{Answer, Series, Server, Shared};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::Method;
use tokio::net::TcpStream;

use crate::{ROOT, STUDIES, start};

static SERVER: Shared<Server> = Shared::new();

async fn server() -> Arc<Server> {
    SERVER.get(start).await
}

#[tokio::test]
async fn a_page_cannot_reach_the_server_under_a_name_of_its_own() {
    let server = server().await;
    for path in ["/dicom-web/studies", "/healthz", "/readyz", "/metrics", "/viewer/", "/", "/nothing"] {
        for host in
            ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "localhost."]
        {
            let request = server.client().request(Method::GET, path).header("host", host);
            let answer = server.client().send(request, 421).await;
            assert_eq!(answer.content_type(), "application/problem+json", "{host} {path}");
        }
    }
    for method in ["POST", "DELETE", "OPTIONS"] {
        let answer = server
            .client()
            .raw(&format!("{method} {STUDIES} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80"] {
        let request = server.client().request(Method::GET, "/healthz").header("host", host);
        server.client().send(request, 200).await;
    }
    let without = server.client().raw("GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(without.starts_with("HTTP/1.0 400 ") || without.starts_with("HTTP/1.1 400 "), "{without}");
    let absolute = server
        .client()
        .raw("GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(absolute.starts_with("HTTP/1.1 421 "), "the request target counts: {absolute}");
}

#[tokio::test]
async fn further_names_are_answered_where_configured() {
    let builder = crate::builder().env("NOCTIS_GATEWAY__ALLOWED_HOSTS", "[\"pacs.local\"]");
    let server = builder.env("NOCTIS_GATEWAY__PUBLIC_URL", "https://pacs.example/x").start().await;
    for (host, status) in [("pacs.local:8080", 200), ("pacs.example", 200), ("localhost", 200), ("pacs.evil", 421)] {
        let request = server.client().request(Method::GET, "/healthz").header("host", host);
        server.client().send(request, status).await;
    }
}

#[tokio::test]
async fn other_methods_are_405_with_the_ones_there_are() {
    let server = server().await;
    let client = server.client();
    let instance = "/studies/1.2/series/1.3/instances/1.4";
    for (method, path, allowed) in [
        ("PUT", "/studies".to_owned(), "GET,HEAD,POST"),
        ("DELETE", "/studies".to_owned(), "GET,HEAD,POST"),
        ("PATCH", "/studies/1.2".to_owned(), "DELETE,GET,HEAD,POST"),
        ("POST", "/studies/1.2/series/1.3".to_owned(), "DELETE,GET,HEAD"),
        ("POST", "/series".to_owned(), "GET,HEAD"),
        ("DELETE", format!("{instance}/metadata"), "GET,HEAD"),
        ("POST", format!("{instance}/frames/1"), "GET,HEAD"),
        ("BREW", format!("{instance}/bulkdata/7FE00010"), "GET,HEAD"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = client.send(client.request(method.clone(), &format!("{ROOT}{path}")), 405).await;
        let mut listed: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        listed.sort_unstable();
        assert_eq!(listed.join(","), allowed, "{method} {path}");
        assert_eq!(answer.json()["status"], 405);
    }
}

#[tokio::test]
async fn http_2_is_spoken_without_asking() {
    let server = server().await;
    let series = Series::small(1);
    server.client().store(STUDIES, series.instances(), 200).await;
    let host = server.base().strip_prefix("http://").unwrap();
    let connection = TcpStream::connect(host).await.unwrap();
    let (sender, driver) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(connection)).await.unwrap();
    let driver = tokio::spawn(driver);
    let get = |path: String| {
        let mut sender = sender.clone();
        let request = ::http::Request::get(format!("http://{host}{path}")).body(Empty::<bytes::Bytes>::new()).unwrap();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            (answer.status().as_u16(), answer.version(), answer.into_body().collect().await.unwrap().to_bytes())
        }
    };
    let frame = format!("{ROOT}{}/frames/1", series.instance(1).path());
    let answers = futures::future::join_all((0..40).map(|_| get(frame.clone()))).await;
    assert!(
        answers.iter().all(|(status, version, body)| {
            (*status, *version) == (200, ::http::Version::HTTP_2) && body.len() > 8192
        })
    );
    assert_eq!(get(format!("{ROOT}/studies/1.2.3")).await.0, 404);
    driver.abort();
}

#[tokio::test]
async fn every_answer_has_its_request_id() {
    let server = server().await;
    let client = server.client();
    let mut seen = std::collections::BTreeSet::new();
    for (path, status) in
        [("/healthz", 200), (STUDIES, 200), ("/nothing", 404), ("/dicom-web/studies?limit=x", 400), ("/viewer/x", 404)]
    {
        let answer = client.get(path, status).await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        if answer.content_type() == "application/problem+json" {
            assert_eq!(answer.json()["instance"], id, "{path}");
        }
        assert!(seen.insert(id), "an id comes twice");
    }
    let named =
        |id: &str| client.request(Method::GET, "/dicom-web/studies?limit=x").header("x-request-id", id.to_owned());
    let own = "client-chosen-0001";
    let answer = client.send(named(own), 400).await;
    assert_eq!((answer.header("x-request-id"), answer.json()["instance"].as_str()), (Some(own), Some(own)));
    for bad in ["short", "1.2.840.10008.1.2.3", "has space in it", "\"quoted-id\"", &"x".repeat(65)] {
        assert_ne!(client.send(named(bad), 400).await.header("x-request-id"), Some(bad));
    }
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_from_harm() {
    let server = server().await;
    let client = server.client();
    let check = |answer: &Answer, what: &str| {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors"), "{what}: {policy}");
        assert!(answer.header("server").is_none(), "{what}");
    };
    for (path, status) in [
        ("/healthz", 200),
        ("/metrics", 200),
        (STUDIES, 200),
        ("/dicom-web/studies/1.2.3", 404),
        ("/dicom-web/studies?limit=x", 400),
        ("/nothing", 404),
        ("/", 307),
        ("/viewer/", 404),
    ] {
        check(&client.get(path, status).await, path);
    }
    let foreign = client.request(Method::GET, "/").header("host", "evil.example");
    check(&client.send(foreign, 421).await, "421");
    check(&client.send(client.request(Method::PUT, STUDIES), 405).await, "405");
}

#[tokio::test]
async fn a_head_that_is_too_long_or_no_http_is_refused() {
    let server = server().await;
    let long = server.client().request(Method::GET, "/healthz").header("x-long", "a".repeat(70_000));
    server.client().send(long, 431).await;
    for nonsense in [
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
        "PRI * HTTP/1.1\r\nConnection: close\r\n\r\n",
    ] {
        let answer = server.client().raw(nonsense).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    server.client().get("/healthz", 200).await;
}
