//! Links in answers begin with the address under which the client sees the server.

use harness::{Client, Series, Server};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

/// Every link that answers to a request with these headers hold: in metadata plain and packed, in a search, in the answer
/// to a store, and on parts.
async fn links(client: &Client, series: &Series, root: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let request = |method: Method, path: &str| {
        let request = client.request(method, &format!("{root}{path}")).header("accept", "*/*");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let metadata = format!("{}/metadata", series.path());
    let plain = client.send(request(Method::GET, &metadata), 200).await.json();
    let packed = client.send(request(Method::GET, &metadata).header("accept-encoding", "gzip"), 200).await;
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut unpacked).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&unpacked).unwrap(), plain);
    let search =
        client.send(request(Method::GET, &format!("/studies?StudyInstanceUID={}", series.study)), 200).await.json();
    let store =
        request(Method::POST, "/studies").header("content-type", "application/dicom").body(series.instance(1).bytes);
    let stored = client.send(store, 200).await.store_response();
    let parts = client.send(request(Method::GET, &series.instance(1).path()), 200).await.parts();
    vec![
        plain[0]["7FE00010"]["BulkDataURI"].as_str().unwrap().to_owned(),
        search[0]["00081190"]["Value"][0].as_str().unwrap().to_owned(),
        stored.retrieve_url.unwrap(),
        stored.stored[0].retrieve_url.clone(),
        parts[0].headers["content-location"].clone(),
    ]
}

/// What [`links`] must be under a root.
fn expected(series: &Series, root: &str) -> Vec<String> {
    let (study, instance) = (series.study_path(), series.instance(1).path());
    vec![
        format!("{root}{instance}/bulkdata/7FE00010"),
        format!("{root}{study}"),
        format!("{root}{study}"),
        format!("{root}{instance}"),
        format!("{root}{instance}"),
    ]
}

async fn holding(server: &Server) -> Series {
    let series = Series::small(1);
    server.client().store(STUDIES, series.instances(), 200).await;
    series
}

#[tokio::test]
async fn by_default_links_follow_the_host_that_was_asked() {
    let server = builder().start().await;
    let series = holding(&server).await;
    let client = server.client();
    let port = server.base().rsplit(':').next().unwrap();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "localhost".to_owned()] {
        let found = links(&client, &series, ROOT, &[("host", &host)]).await;
        assert_eq!(found, expected(&series, &format!("http://{host}{ROOT}")));
    }
    // Nobody is believed who was not named.
    let forged =
        [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"), ("forwarded", "host=evil.example")];
    assert_eq!(links(&client, &series, ROOT, &forged).await, expected(&series, &format!("{}{ROOT}", server.base())));
    let facility = "/facilities/default/dicom-web";
    assert_eq!(
        links(&client, &series, facility, &[]).await,
        expected(&series, &format!("{}{facility}", server.base()))
    );

    let link = &links(&client, &series, ROOT, &[]).await[0];
    let bytes = client.get_as(link.strip_prefix(server.base()).unwrap(), "application/octet-stream", 200).await.body;
    assert_eq!(bytes, crate::archive::pixels(&series, 1));
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_public_address() {
    let server = builder().env("NOCTIS_GATEWAY__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]").start().await;
    let series = holding(&server).await;
    let client = server.client();
    for (headers, root) in [
        (&[("x-forwarded-host", "pacs.example"), ("x-forwarded-proto", "https")][..], "https://pacs.example"),
        (&[("x-forwarded-host", "pacs.example:8443"), ("x-forwarded-proto", "https")], "https://pacs.example:8443"),
        (
            &[
                ("x-forwarded-host", "pacs.example"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-prefix", "/archive/"),
            ],
            "https://pacs.example/archive",
        ),
        (&[("forwarded", "for=192.0.2.1;host=\"pacs.example\";proto=https")], "https://pacs.example"),
        (&[("x-forwarded-host", "client.example, proxy.example")], "http://proxy.example"),
    ] {
        assert_eq!(links(&client, &series, ROOT, headers).await, expected(&series, &format!("{root}{ROOT}")));
    }
    assert_eq!(links(&client, &series, ROOT, &[]).await, expected(&series, &format!("{}{ROOT}", server.base())));
    // What could break out of JSON or a header is not taken.
    for evil in ["a\"b", "a/b", "<x>", "a b", "user@host"] {
        let found = links(&client, &series, ROOT, &[("x-forwarded-host", evil)]).await;
        assert_eq!(found, expected(&series, &format!("{}{ROOT}", server.base())), "{evil}");
    }
}

#[tokio::test]
async fn the_configured_address_goes_before_all() {
    let server = builder()
        .env("NOCTIS_GATEWAY__PUBLIC_URL", "https://fixed.example/noctis/")
        .env("NOCTIS_GATEWAY__TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .start()
        .await;
    let series = holding(&server).await;
    let headers = [("host", "fixed.example"), ("x-forwarded-host", "other.example"), ("x-forwarded-proto", "http")];
    let found = links(&server.client(), &series, ROOT, &headers).await;
    assert_eq!(found, expected(&series, "https://fixed.example/noctis/dicom-web"));
}
