//! A database file that somebody else has locked, a backup for instance: 503 with Retry-After, and never "not found".

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use harness::{Client, Series};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

/// Holds the write lock of a SQLite file until dropped.
struct WriteLock(Child);

impl WriteLock {
    fn take(file: &Path) -> Self {
        const HOLD: &str = "import sqlite3, sys\n\
            connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)\n\
            connection.execute('BEGIN EXCLUSIVE')\n\
            print('locked', flush=True)\n\
            sys.stdin.readline()\n\
            connection.execute('ROLLBACK')\n";
        let python = std::env::var_os("NOCTIS_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(python)
            .args(["-c", HOLD])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3, see tests/setup.sh");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "locked\n");
        Self(child)
    }

    fn release(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

async fn assert_busy(client: &Client, request: reqwest::RequestBuilder) {
    let answer = client.send(request, 503).await;
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()), "{:?}", answer.headers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_503_for_writes_and_does_not_stop_reads() {
    let server = builder().embedded().start().await;
    let client = server.client();
    let (kept, late) = (Series::small(1).instance(1), Series::small(1).instance(1));
    client.store(STUDIES, [&kept], 200).await;
    let path = format!("{ROOT}{}", kept.path());

    let lock = WriteLock::take(&server.data_dir().join("catalog.sqlite"));
    let store = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
    let delete = client.request(Method::DELETE, &path);
    tokio::join!(assert_busy(&client, store.body(late.bytes.clone())), assert_busy(&client, delete), async {
        assert_eq!(client.stored(&path).await, kept.bytes);
        assert_eq!(client.count(&format!("{ROOT}/instances")).await, 1);
    });
    client.get(&format!("{ROOT}{}", late.path()), 404).await;
    lock.release();

    client.store(STUDIES, [&late], 200).await;
    client.delete(&path, 204).await;
    assert_eq!(client.stored(&format!("{ROOT}{}", late.path())).await, late.bytes);
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 1);
}

#[tokio::test]
async fn a_short_lock_is_waited_for() {
    let server = builder().embedded().start().await;
    let lock = WriteLock::take(&server.data_dir().join("catalog.sqlite"));
    let release = tokio::task::spawn_blocking(move || {
        std::thread::sleep(std::time::Duration::from_millis(800));
        lock.release();
    });
    server.client().store(STUDIES, [Series::small(1).instance(1)], 200).await;
    release.await.unwrap();
}
