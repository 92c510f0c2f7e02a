//! Starting and ending a program: tried with a shell script in its place and a listener of the test's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use harness::{Server, ServerBuilder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A script that says it listens where the test does, and writes its arguments.
async fn pretender(folder: &Path) -> ServerBuilder {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            let status = if request[..read].starts_with(b"GET /readyz ") { "200 OK" } else { "404 Not Found" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let script = folder.join("noctis");
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho \"args $*\"\necho listening on http://127.0.0.1:{port}\nexec sleep 1000\n"),
    )
    .unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    // Read by a shell, not executed: another test that forks while it is being written would keep it busy.
    Server::builder(&script).under(["/bin/sh"])
}

fn runs(pid: u32) -> bool {
    // A process that has ended but was not waited for has no memory.
    std::fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.contains("VmRSS"))
}

#[tokio::test]
async fn a_server_starts_with_its_arguments_and_ends_by_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = pretender(folder.path()).await.arg("--auth=off").start().await;
    assert!(server.is_running() && runs(server.pid()));
    assert!(server.memory().resident > 0);
    let expected = format!("args serve --listen 127.0.0.1:0 --data-dir {} --auth=off", server.data_dir().display());
    assert!(server.output().contains(&expected), "{}", server.output());
    server.client().get("/readyz", 200).await;
    let pid = server.pid();
    let status = server.terminate(Duration::from_secs(10)).await;
    assert!(!status.success() && !runs(pid));
}

#[tokio::test]
async fn killed_and_started_again_it_has_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let server = pretender(folder.path()).await.start().await;
    let (pid, data) = (server.pid(), server.data_dir().to_owned());
    std::fs::write(data.join("kept"), "yes").unwrap();
    let again = server.kill().await.start().await;
    assert!(!runs(pid));
    assert_eq!(std::fs::read_to_string(again.data_dir().join("kept")).unwrap(), "yes");
    let pid = again.pid();
    drop(again);
    assert!(!runs(pid), "dropping it ends it");
    assert!(!data.exists(), "and its data folder goes with the last of it");
}

#[tokio::test]
#[should_panic(expected = "ended with exit status: 3 before its address")]
async fn a_program_that_ends_at_once_is_told_with_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("noctis");
    std::fs::write(&script, "#!/bin/sh\necho the configuration is wrong >&2\nexit 3\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    Server::start(&script).await;
}
