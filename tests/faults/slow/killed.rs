//! `kill -9` in the middle of concurrent stores and deletes: nothing that was acknowledged is lost or comes back, nothing is
//! shown that is not there, and a restart leaves no object behind that belongs to nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use harness::{
    Answer, Client, Found, Instance, Series, Server, eventually, multipart_body, multipart_content_type, objects_in,
};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder};

const ROUNDS: u64 = 20;
/// Where rounds take longer, because another process has to be taken for dead by its silence: all of the processes, ingest
/// and the gateway are killed in turn.
const DISTRIBUTED_ROUNDS: u64 = 6;
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
    /// A delete was sent and not answered, or told to come back: both outcomes are right.
    doubtful: BTreeSet<String>,
    /// Compared with what was sent, in the round after they were.
    compared: BTreeSet<String>,
    /// Objects there were when the server was killed, and those that the next one kept; or keys that killed services had
    /// noted, and none.
    objects: (usize, usize),
}

type Shared = Arc<Mutex<Ledger>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_shows_nothing_wrong_and_leaves_nothing_behind() {
    let ledger = Shared::default();
    let mut server = builder()
        .env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", "0")
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1")
        // Some of the instances are written as they come, the others at once.
        .env("NOCTIS_INGEST__BUFFERED_INSTANCE_BYTES", "16384")
        .env("NOCTIS_INGEST__HEARTBEAT_SECONDS", "1")
        .env("NOCTIS_INGEST__STALE_SECONDS", "3")
        .start()
        .await;
    let rounds = if server.place().is_some() { DISTRIBUTED_ROUNDS } else { ROUNDS };
    for round in 0..rounds {
        assert_agrees(&server, &ledger, &format!("before round {round}")).await;
        server = one_round(server, round, &ledger).await;
    }
    note(&ledger, |ledger| ledger.compared.clear());
    assert_agrees(&server, &ledger, "after the last round").await;
    let ledger = ledger.lock().unwrap();
    assert!(ledger.stored.len() > 200, "only {} instances were acknowledged", ledger.stored.len());
    assert!(ledger.deleted.len() > 5, "only {} deletes were acknowledged", ledger.deleted.len());
    let (left, kept) = ledger.objects;
    assert!(left > kept, "no kill left anything to be removed: this test shows nothing");
}

/// Lets senders work for a while, kills the server under them, and starts it again.
async fn one_round(server: Server, round: u64, ledger: &Shared) -> Server {
    let shared = Series { rows: 16, columns: 16, ..Series::ct(1000) };
    let over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            // All but the last send to one study.
            let series = if sender + 1 < SENDERS { shared.sibling(1000) } else { Series::small(1000) };
            tokio::spawn(send(server.client(), series, sender, Arc::clone(ledger), Arc::clone(&over)))
        })
        .collect();
    let deleter = tokio::spawn(delete(server.client(), Arc::clone(ledger), Arc::clone(&over)));
    tokio::time::sleep(Duration::from_millis(300 + round * 7919 % 300)).await;
    let server = match server.place().is_some() {
        false => kill_it(server, ledger).await,
        true => kill_some(server, round, ledger).await,
    };
    over.store(true, Ordering::SeqCst);
    for sender in senders {
        sender.await.unwrap();
    }
    deleter.await.unwrap();
    server
}

async fn kill_it(server: Server, ledger: &Shared) -> Server {
    let folder = server.data_dir().to_owned();
    let builder = server.kill().await;
    let left = objects_in(&folder).len();
    note(ledger, |ledger| ledger.objects.0 += left);
    builder.start().await
}

/// All of the processes, or ingest alone, or the gateway alone.
async fn kill_some(mut server: Server, round: u64, ledger: &Shared) -> Server {
    let database = server.place().unwrap().database.clone();
    let noted = || database.run("SELECT count(*) FROM catalog.intent_object").trim().parse::<usize>().unwrap();
    match round % 3 {
        0 => {
            let builder = server.kill().await;
            note(ledger, |ledger| ledger.objects.0 += noted());
            builder.start().await
        }
        1 => {
            server.kill_service(0).await;
            note(ledger, |ledger| ledger.objects.0 += noted());
            server.start_service(0).await;
            server
        }
        _ => server.replace_gateway().await,
    }
}

/// Stores one batch after the other until the server is gone or the round over. The size of batches depends on the sender.
async fn send(client: Client, series: Series, sender: usize, ledger: Shared, over: Arc<AtomicBool>) {
    let batch_size = [1, 3, 25, 2][sender % 4];
    for first in (1..series.count).step_by(batch_size) {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let batch: Vec<Instance> = (first..first + batch_size as u32).map(|number| series.instance(number)).collect();
        note(&ledger, |ledger| {
            ledger.sent.extend(batch.iter().map(|instance| (instance.path(), instance.bytes.clone())));
        });
        let request = client
            .request(Method::POST, STUDIES)
            .header("content-type", multipart_content_type("application/dicom"))
            .body(multipart_body(&batch));
        let Some(answer) = answered(request).await else { return };
        let stored: Vec<String> = match answer.status {
            503 => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            200 | 202 => answer.store_response().stored.into_iter().map(|stored| stored.instance).collect(),
            other => panic!("{other}"),
        };
        let stored = batch.iter().filter(|instance| stored.contains(&instance.instance)).map(Instance::path);
        note(&ledger, |ledger| ledger.stored.extend(stored));
    }
}

/// The whole answer of a server that is there to its end. One that has lost its services may say to come back.
async fn answered(request: reqwest::RequestBuilder) -> Option<Answer> {
    let answer = request.send().await.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    assert!(status != 503 || headers.contains_key("retry-after"));
    Some(Answer { status, headers, body: answer.bytes().await.ok()? })
}

/// Deletes instances that were stored, now and then.
async fn delete(client: Client, ledger: Shared, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let mut chosen = None;
        note(&ledger, |ledger| {
            chosen = ledger.stored.iter().find(|path| !ledger.doubtful.contains(*path)).cloned();
            ledger.doubtful.extend(chosen.clone());
        });
        let Some(path) = chosen else { continue };
        let Some(answer) = answered(client.request(Method::DELETE, &format!("{ROOT}{path}"))).await else { return };
        if answer.status == 503 {
            continue;
        }
        assert_eq!(answer.status, 204);
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
    settle(server, when).await;
    let found = client.find_instances(&format!("{ROOT}/instances")).await;
    let shown: BTreeSet<String> = found.iter().map(Found::path).collect();
    let objects = server.object_count().await;
    assert_eq!(objects, shown.len(), "{when}: one object for each instance, and no other");
    if server.place().is_none() {
        note(ledger, |ledger| ledger.objects.1 += objects);
    }
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

/// Waits until services that were left alone, or started again beside others, have cleaned up. What has its catalog for itself
/// has done so when it is ready.
async fn settle(server: &Server, when: &str) {
    let Some(place) = server.place() else { return };
    const LEFT: &str = "SELECT (SELECT count(*) FROM catalog.intent) + (SELECT count(*) FROM catalog.removal)";
    let left = || place.database.run(LEFT).trim().to_owned();
    eventually(|| format!("{} intents and removals {when}", left()), async || left() == "0").await;
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
