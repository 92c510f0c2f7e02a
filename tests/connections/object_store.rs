//! Objects behind TLS of an own authority: buckets as host names, and credentials for a while in exchange for a token.

use std::time::{Duration, Instant};

use harness::{Client, Series, Server, ServerBuilder, Shared, s3};
use reqwest::Method;

use crate::{
    STUDIES,
    issuer::Issuer,
    name_server::NameServer,
    s3_door::{Door, ROLE},
};

static SERVER: Shared<s3::Server> = Shared::new();

/// How long the program here tries again; then it says 503.
const RETRY: &str = "2";

/// The archive in a bucket, the catalog in a file.
fn noctis(door: &Door, bucket: &str) -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
        .embedded()
        .env("NOCTIS_ARCHIVE__KIND", "s3")
        .env("NOCTIS_ARCHIVE__S3__BUCKET", bucket)
        .env("NOCTIS_ARCHIVE__S3__ENDPOINT", door.by_address())
        .env("NOCTIS_ARCHIVE__S3__CA_FILE", door.authority.file())
        .env("NOCTIS_ARCHIVE__S3__RETRY_SECONDS", RETRY)
}

/// The same, with credentials that it gets for its token.
fn by_token(door: &Door, bucket: &str) -> ServerBuilder {
    noctis(door, bucket)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", door.token_file())
        .env("AWS_ROLE_ARN", ROLE)
        .env("AWS_ENDPOINT_URL_STS", door.by_address())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_are_host_names_behind_an_own_authority() {
    let names = NameServer::start();
    names.works().expect("this test needs root and a mount namespace; it cannot be left out");
    let server = SERVER.get(s3::Server::start).await;
    let bucket = server.bucket().await;
    let door = Door::open(&server, &Issuer::start(), 3600);
    let hosted = |builder: ServerBuilder| {
        let builder = builder.env("NOCTIS_ARCHIVE__S3__ADDRESSING", "virtual-hosted");
        let builder =
            builder.env("NOCTIS_ARCHIVE__S3__CREDENTIALS_FILE", server.credentials_file(s3::Identity::Writer));
        names.asked_by(builder.env("NOCTIS_ARCHIVE__S3__ENDPOINT", door.by_name()))
    };
    let noctis_by_name = hosted(noctis(&door, &bucket)).start().await;
    let (client, series) = (noctis_by_name.client(), Series::small(2));
    client.store(STUDIES, series.instances(), 200).await;
    let large = harness::LargeMultiFrame::of_size(20 << 20);
    client.store_chunks(STUDIES, harness::multipart_chunks(large.chunks()), 200).await;
    assert_eq!(client.stored(&format!("/dicom-web{}", series.instance(1).path())).await, series.instance(1).bytes);
    let keys = server.objects(&bucket).await;
    assert_eq!(keys.iter().filter(|key| !key.ends_with("probe")).count(), 3, "{keys:?}");

    // A bucket that is not there is a host that is, and no object is missing for it.
    let elsewhere = hosted(noctis(&door, "no-such-bucket")).start_unready().await;
    elsewhere.client().get("/readyz", 503).await;
    elsewhere.client().store(STUDIES, series.instances(), 503).await;
}

/// Stores and reads once; both succeed.
async fn works(client: &Client) {
    let series = Series::small(1);
    client.store(STUDIES, series.instances(), 200).await;
    let path = format!("/dicom-web{}", series.instance(1).path());
    assert_eq!(client.stored(&path).await, series.instance(1).bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_renewed_before_they_end_with_the_token_that_is_there_then() {
    let server = SERVER.get(s3::Server::start).await;
    let (bucket, issuer) = (server.bucket().await, Issuer::start());
    let door = Door::open(&server, &issuer, 3);
    door.put_token(&issuer.token("noctis", 4));
    let noctis = by_token(&door, &bucket).start().await;
    let client = noctis.client();
    let began = Instant::now();
    // Long past the end of the first credentials and of the first token; each token ends before the last one is used.
    while began.elapsed() < Duration::from_secs(14) {
        door.put_token(&issuer.token("noctis", 4));
        works(&client).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!noctis.output().contains("cannot write"), "{}", noctis.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_still_good_are_used_while_the_token_service_does_not_give_others() {
    let server = SERVER.get(s3::Server::start).await;
    let (bucket, issuer) = (server.bucket().await, Issuer::start());
    // The program wants new ones five minutes before the end of the old ones.
    let door = Door::open(&server, &issuer, 301);
    door.put_token(&issuer.token("noctis", 600));
    let noctis = by_token(&door, &bucket).start().await;
    works(&noctis.client()).await;
    door.put_token(&Issuer::start().token("noctis", 600));
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        works(&noctis.client()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_refused_is_an_outage_and_passes() {
    let server = SERVER.get(s3::Server::start).await;
    let (bucket, issuer) = (server.bucket().await, Issuer::start());
    let door = Door::open(&server, &issuer, 2);
    door.put_token(&issuer.token("noctis", 600));
    let noctis = by_token(&door, &bucket).start().await;
    let (client, series) = (noctis.client(), Series::small(1));
    client.store(STUDIES, series.instances(), 200).await;
    let stored = format!("/dicom-web{}", series.instance(1).path());
    // Of somebody whom the token service does not know; of nobody; and none at all.
    let stranger = Issuer::start().token("noctis", 600);
    for refused in [Some(stranger.as_str()), Some("no token"), Some(""), None] {
        match refused {
            Some(token) => door.put_token(token),
            None => std::fs::remove_file(door.token_file()).unwrap(),
        }
        // Until the credentials end.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let answer = client.get(&stored, 503).await;
        assert!(answer.header("retry-after").is_some());
        client.store(STUDIES, Series::small(1).instances(), 503).await;
        client.get("/readyz", 503).await;
        assert_eq!(client.count(STUDIES).await, 1, "what is known is known");
        door.put_token(&issuer.token("noctis", 600));
        harness::eventually(
            || "refused".into(),
            async || client.request(Method::GET, &stored).send().await.unwrap().status() == 200,
        )
        .await;
    }
    let said = noctis.output();
    assert!(!said.contains(&stranger) && !said.contains("eyJ"), "{said}");
}
