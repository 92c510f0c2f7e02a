//! The order of what makes a store durable, as the system sees it: `kill -9` cannot show that an fsync is missing.
//!
//! Before an object is made, its intent is synced. Then: object, its folder, the database's log, and only then the answer.

use std::{path::Path, time::Duration};

use harness::{Instance, Series};

use crate::{STUDIES, builder};

/// A system call of the trace: between which lines it ran, and what it was.
#[derive(Debug)]
struct Call {
    begun: usize,
    ended: usize,
    text: String,
}

impl Call {
    fn is_sync_of(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let (name, rest) = self.text.split_once('(').unwrap_or_default();
        let path = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path);
        matches!(name, "fsync" | "fdatasync") && is_it(path) && self.text.trim_end().ends_with("= 0")
    }
}

#[tokio::test]
async fn small_instances() {
    let instances: Vec<Instance> = Series::small(3).instances().collect();
    assert_order(&instances).await;
}

#[tokio::test]
async fn an_instance_written_as_it_comes() {
    let large = Series { rows: 2048, columns: 2048, ..Series::ct(1) };
    assert_order(&[large.instance(1)]).await;
}

async fn assert_order(instances: &[Instance]) {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let calls = "trace=openat,openat2,fsync,fdatasync,sync_file_range,write,writev,sendto,sendmsg";
    let strace = ["strace", "-f", "-y", "-s", "48", "-e", calls, "-o", trace.to_str().unwrap()];
    let server = builder().embedded().under(strace).start().await;
    let before = lines(&trace).len();
    server.client().store(STUDIES, instances, 200).await;
    let objects = server.objects();
    assert_eq!(objects.len(), instances.len());
    tokio::time::sleep(Duration::from_millis(200)).await; // strace writes a little later
    let status = server.terminate(Duration::from_secs(30)).await;
    assert!(status.success(), "{status}");

    let calls = calls_of(&lines(&trace)[before..]);
    let answer = first(&calls, 0, "the answer", |call| call.text.contains("\"HTTP/1.1 200 ")).begun;
    let is_log = |path: &str| path.ends_with("/catalog.sqlite-wal");
    let last_log = calls.iter().rfind(|call| call.ended < answer && call.is_sync_of(is_log));
    let last_log = last_log.unwrap_or_else(|| panic!("no sync of the database's log before the answer\n{calls:#?}"));
    for object in &objects {
        let object = object.to_str().unwrap();
        let shard = Path::new(object).parent().unwrap().to_str().unwrap();
        let made = first(&calls, 0, "the object is made", |call| {
            call.text.starts_with("openat") && call.text.contains(object) && call.text.contains("O_CREAT")
        });
        let intent = first(&calls, 0, "the intent is synced", |call| call.is_sync_of(is_log));
        assert!(intent.ended < made.begun, "the object is made before its intent is durable\n{intent:?}\n{made:?}");
        let synced = first(&calls, made.ended, "the object is synced", |call| call.is_sync_of(|path| path == object));
        let listed = first(&calls, synced.ended, "its folder is synced", |call| call.is_sync_of(|path| path == shard));
        let written =
            calls.iter().filter(|call| call.text.starts_with("write") && call.text.contains(&format!("<{object}>")));
        assert!(written.map(|call| call.ended).max().unwrap() < synced.begun, "written after the sync");
        assert!(listed.ended < last_log.begun, "committed before the object is durable\n{listed:?}\n{last_log:?}");
    }
    let writes = calls.iter().filter(|call| call.text.contains("catalog.sqlite-wal>") && !call.text.starts_with("f"));
    assert!(
        writes.filter(|call| call.begun < answer).all(|call| call.ended < last_log.begun),
        "the log is written between its sync and the answer"
    );
}

fn first<'a>(calls: &'a [Call], from: usize, what: &str, is_it: impl Fn(&Call) -> bool) -> &'a Call {
    let found = calls.iter().find(|call| call.begun >= from && is_it(call));
    found.unwrap_or_else(|| panic!("never: {what}\n{calls:#?}"))
}

fn lines(trace: &Path) -> Vec<String> {
    String::from_utf8_lossy(&std::fs::read(trace).unwrap()).lines().map(str::to_owned).collect()
}

/// Joins the two halves of calls that others interrupted.
fn calls_of(lines: &[String]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(String, usize)> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let (pid, text) = line.trim_start().split_once(' ').unwrap_or_default();
        let text = text.trim_start();
        if let Some(text) = text.strip_suffix("<unfinished ...>") {
            open.push((pid.to_owned(), calls.len()));
            calls.push(Call { begun: number, ended: usize::MAX, text: text.to_owned() });
        } else if text.starts_with("<... ") {
            let Some(position) = open.iter().position(|(of, _)| of == pid) else { continue };
            let call = &mut calls[open.remove(position).1];
            call.ended = number;
            call.text.push_str(text);
        } else {
            calls.push(Call { begun: number, ended: number, text: text.to_owned() });
        }
    }
    calls
}
