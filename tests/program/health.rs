//! `/healthz`, `/readyz` and `noctis healthcheck`.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use crate::{command::run, start};

#[tokio::test]
async fn readiness_names_each_dependency() {
    let server = start().await;
    let ready = server.client().get("/readyz", 200).await.json();
    assert_eq!(ready, serde_json::json!({"status": "ready", "dependencies": {"catalog": "ok", "archive": "ok"}}));
    assert_eq!(server.client().get("/healthz", 200).await.text(), "ok\n");
}

#[tokio::test]
async fn an_archive_that_is_gone_is_named_and_comes_back() {
    let server = start().await;
    let (objects, aside) = (server.data_dir().join("objects"), server.data_dir().join("aside"));
    std::fs::rename(&objects, &aside).unwrap();
    let answer = server.client().get("/readyz", 503).await.json();
    assert_eq!(answer["status"], "not ready");
    assert_eq!(answer["dependencies"], serde_json::json!({"catalog": "ok", "archive": "unavailable"}));
    server.client().get("/healthz", 200).await;
    let folder = tempfile::tempdir().unwrap();
    let checked = run(folder.path(), &["healthcheck", "--url", server.base()], &[]);
    assert_eq!(checked.code, Some(1));
    assert!(checked.stdout.contains("\"archive\":\"unavailable\""), "{}", checked.stdout);
    std::fs::rename(&aside, &objects).unwrap();
    server.client().get("/readyz", 200).await;
}

#[tokio::test]
async fn healthcheck_tells_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let server = start().await;
    let base = server.base().to_owned();
    let checked = run(folder.path(), &["healthcheck", "--url", &base], &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("\"status\":\"ready\""));
    // By default it asks where the configuration listens.
    let listen = base.strip_prefix("http://").unwrap();
    assert_eq!(run(folder.path(), &["healthcheck"], &[("NOCTIS_SERVER__LISTEN", listen)]).code, Some(0));
    drop(server);
    let gone = run(folder.path(), &["healthcheck", "--url", &base], &[]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.stderr.contains(&base), "{}", gone.stderr);
}

#[test]
fn healthcheck_fails_where_the_answer_is_not_200() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = connection.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /readyz "));
        connection
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["healthcheck", "--url", &url], &[]).code, Some(1));
    answering.join().unwrap();
}
