//! `kill -9` in the middle of concurrent stores and deletes: nothing that was acknowledged is lost or comes back, nothing is
//! shown that is not there, and a restart leaves no object behind that belongs to nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use harness::{
    Client, Found, Instance, Series, Server, ServerBuilder, multipart_body, multipart_content_type, objects_in,
};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

const ROUNDS: u64 = 20;
const SENDERS: usize = 4;

/// What happened, as far as the senders know.
#[derive(Clone, Default)]
struct Ledger {
    /// Everything that was ever sent, by path.
    sent: BTreeMap<String, Bytes>,
    /// Answered as stored.
    stored: BTreeSet<String>,
    /// Answered as deleted.
    deleted: BTreeSet<String>,
    /// A delete was sent and not answered: both outcomes are right.
    doubtful: BTreeSet<String>,
    /// Compared with what was sent, in the round after they were.
    compared: BTreeSet<String>,
    /// Object files there were when the server was killed, and those that the next one kept.
    objects: (usize, usize),
}

type Shared = Arc<Mutex<Ledger>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_shows_nothing_wrong_and_leaves_nothing_behind() {
    let ledger = Shared::default();
    let mut next = builder()
        .env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", "0")
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1")
        // Some of the instances are written as they come, the others at once.
        .env("NOCTIS_INGEST__BUFFERED_INSTANCE_BYTES", "16384");
    for round in 0..ROUNDS {
        let server = next.start().await;
        assert_agrees(&server, &ledger, &format!("before round {round}")).await;
        next = one_round(server, round, &ledger).await;
    }
    let server = next.start().await;
    note(&ledger, |ledger| ledger.compared.clear());
    assert_agrees(&server, &ledger, "after the last round").await;
    let ledger = ledger.lock().unwrap();
    assert!(ledger.stored.len() > 200, "only {} instances were acknowledged", ledger.stored.len());
    assert!(ledger.deleted.len() > 5, "only {} deletes were acknowledged", ledger.deleted.len());
    let (left, kept) = ledger.objects;
    assert!(left > kept, "no kill left anything to be removed: this test shows nothing");
}

/// Lets senders work for a while and kills the server under them.
async fn one_round(server: Server, round: u64, ledger: &Shared) -> ServerBuilder {
    let shared = Series { rows: 16, columns: 16, ..Series::ct(1000) };
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            // All but the last send to one study.
            let series = if sender + 1 < SENDERS { shared.sibling(1000) } else { Series::small(1000) };
            tokio::spawn(send(server.client(), series, sender, Arc::clone(ledger)))
        })
        .collect();
    let deleter = tokio::spawn(delete(server.client(), Arc::clone(ledger)));
    tokio::time::sleep(Duration::from_millis(300 + round * 7919 % 300)).await;
    let folder = server.data_dir().to_owned();
    let builder = server.kill().await;
    let left = objects_in(&folder).len();
    note(ledger, |ledger| ledger.objects.0 += left);
    for sender in senders {
        sender.await.unwrap();
    }
    deleter.await.unwrap();
    builder
}

/// Stores one batch after the other until the server is gone. The size of batches depends on the sender.
async fn send(client: Client, series: Series, sender: usize, ledger: Shared) {
    let batch_size = [1, 3, 25, 2][sender % 4];
    for first in (1..series.count).step_by(batch_size) {
        let batch: Vec<Instance> = (first..first + batch_size as u32).map(|number| series.instance(number)).collect();
        note(&ledger, |ledger| {
            ledger.sent.extend(batch.iter().map(|instance| (instance.path(), instance.bytes.clone())));
        });
        let request = client
            .request(Method::POST, STUDIES)
            .header("content-type", multipart_content_type("application/dicom"))
            .body(multipart_body(&batch));
        let Ok(answer) = request.send().await else { return };
        assert_eq!(answer.status(), 200);
        if answer.bytes().await.is_err() {
            return;
        }
        note(&ledger, |ledger| ledger.stored.extend(batch.iter().map(Instance::path)));
    }
}

/// Deletes instances that were stored, now and then.
async fn delete(client: Client, ledger: Shared) {
    loop {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let mut chosen = None;
        note(&ledger, |ledger| {
            chosen = ledger.stored.iter().find(|path| !ledger.doubtful.contains(*path)).cloned();
            ledger.doubtful.extend(chosen.clone());
        });
        let Some(path) = chosen else { continue };
        let Ok(answer) = client.request(Method::DELETE, &format!("{ROOT}{path}")).send().await else { return };
        assert_eq!(answer.status(), 204);
        note(&ledger, |ledger| {
            ledger.stored.remove(&path);
            ledger.doubtful.remove(&path);
            ledger.deleted.insert(path);
        });
    }
}

fn note(ledger: &Shared, change: impl FnOnce(&mut Ledger)) {
    change(&mut ledger.lock().unwrap());
}

/// Compares what the server shows with what the senders know; bytes of instances only once, but all of them at the end.
async fn assert_agrees(server: &Server, ledger: &Shared, when: &str) {
    let client = server.client();
    let found = client.find_instances(&format!("{ROOT}/instances")).await;
    let shown: BTreeSet<String> = found.iter().map(Found::path).collect();
    let objects = objects_in(server.data_dir()).len();
    assert_eq!(objects, shown.len(), "{when}: one object for each instance, and no other");
    note(ledger, |ledger| ledger.objects.1 += objects);
    let Ledger { sent, stored, deleted, doubtful, compared, .. } = ledger.lock().unwrap().clone();
    let lost: Vec<_> = stored.iter().filter(|path| !shown.contains(*path) && !doubtful.contains(*path)).collect();
    assert!(lost.is_empty(), "{when}: acknowledged and not shown: {lost:?}");
    let risen: Vec<_> = deleted.iter().filter(|path| shown.contains(*path)).collect();
    assert!(risen.is_empty(), "{when}: deleted and shown: {risen:?}");
    for path in shown.difference(&compared) {
        let back = client.stored(&format!("{ROOT}{path}")).await;
        assert!(back == sent[path], "{when}: {path} differs");
    }
    note(ledger, |ledger| ledger.compared.extend(shown));
    assert_counts(&client, &found, when).await;
}

/// The counts in the studies' rows are those of what is shown.
async fn assert_counts(client: &Client, found: &BTreeSet<Found>, when: &str) {
    let studies = client.json(&format!("{STUDIES}?limit=1000")).await;
    let counted: BTreeMap<String, u64> = studies
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["0020000D"]["Value"][0].as_str().unwrap().to_owned(), row["00201208"]["Value"][0].as_u64().unwrap())
        })
        .collect();
    let mut expected = BTreeMap::new();
    for instance in found {
        *expected.entry(instance.study.clone()).or_insert(0) += 1;
    }
    assert_eq!(counted, expected, "{when}");
}
