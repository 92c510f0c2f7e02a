//! Load while something fails: requests succeed or are told to come back, what was acknowledged stays, and nothing is said
//! not to be there that is.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::StreamExt as _;
use harness::{AS_STORED, Client, Series, multipart_body, multipart_content_type, split_multipart};
use reqwest::Method;
use tokio::task::JoinHandle;

use crate::{ROOT, STUDIES};

/// Between two stores of one sender, so that what there is to search and to compare stays little.
const PACE: Duration = Duration::from_millis(40);
/// The most matches that the archive gives.
const PAGE: usize = 5000;

/// Senders, readers and searchers at work.
pub struct Load {
    client: Client,
    ledger: Arc<Ledger>,
    workers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts three that store, two that read and one that searches.
    pub fn start(client: Client) -> Self {
        let ledger = Arc::new(Ledger::default());
        let small = || Series { rows: 16, columns: 16, ..Series::ct(5000) };
        let mut workers = vec![
            tokio::spawn(Arc::clone(&ledger).search(client.clone())),
            tokio::spawn(Arc::clone(&ledger).retrieve(client.clone())),
            tokio::spawn(Arc::clone(&ledger).retrieve(client.clone())),
        ];
        workers.extend((0..3).map(|_| tokio::spawn(Arc::clone(&ledger).store(client.clone(), small()))));
        Self { client, ledger, workers }
    }

    pub fn successes(&self) -> usize {
        self.ledger.successes.load(Ordering::SeqCst)
    }

    /// Of one kind of request.
    pub fn successes_of(&self, kind: &str) -> usize {
        self.ledger.kinds.lock().unwrap().get(kind).copied().unwrap_or_default()
    }

    pub fn told_to_come_back(&self) -> usize {
        self.ledger.told_to_come_back.load(Ordering::SeqCst)
    }

    /// The path of an instance that was acknowledged.
    pub fn example(&self) -> String {
        self.ledger.stored.lock().unwrap().keys().next().unwrap().clone()
    }

    /// Waits until each kind of request has succeeded again.
    pub async fn recovers(&self, within: Duration) {
        self.goes_on(&["store", "retrieve", "search"], within).await;
    }

    /// Waits until each of these kinds of request has succeeded again.
    pub async fn goes_on(&self, needed: &[&str], within: Duration) {
        let started = Instant::now();
        let kinds = || self.ledger.kinds.lock().unwrap().clone();
        let before = kinds();
        loop {
            let now = kinds();
            if needed.iter().all(|kind| now.get(kind) > before.get(kind)) {
                return;
            }
            assert!(
                started.elapsed() < within,
                "not all kinds of requests succeed {within:?} later: {before:?}, {now:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the load and reads back everything that was acknowledged, which is more than so many instances.
    pub async fn end(self, least: usize) {
        self.ledger.over.store(true, Ordering::SeqCst);
        for worker in self.workers {
            worker.await.unwrap();
        }
        let stored = self.ledger.stored.lock().unwrap().clone();
        assert!(stored.len() > least, "only {} instances were acknowledged", stored.len());
        let client = &self.client;
        futures::stream::iter(stored)
            .for_each_concurrent(8, |(path, bytes)| async move {
                assert!(client.stored(&format!("{ROOT}{path}")).await == bytes, "{path} differs");
            })
            .await;
    }
}

#[derive(Default)]
struct Ledger {
    /// What was acknowledged, by its path.
    stored: Mutex<BTreeMap<String, Bytes>>,
    over: AtomicBool,
    successes: AtomicUsize,
    told_to_come_back: AtomicUsize,
    /// Successes by kind.
    kinds: Mutex<BTreeMap<&'static str, usize>>,
}

impl Ledger {
    /// An answer is a success or asks to come back; its body, if it was one that came to its end.
    async fn judge(&self, what: &'static str, sent: reqwest::Result<reqwest::Response>) -> Option<(String, Bytes)> {
        let answer = sent.unwrap_or_else(|error| panic!("{what}: the gateway does not answer: {error:?}"));
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status == 503 {
            assert!(headers.contains_key("retry-after"), "{what}: 503 without Retry-After");
            self.told_to_come_back.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            return None;
        }
        // What breaks off after its head says so to its reader, and tells nothing.
        let body = answer.bytes().await.ok()?;
        if status == 202 && what == "store" {
            // Some instances of the request met an outage, and the answer says which.
            self.told_to_come_back.fetch_add(1, Ordering::SeqCst);
            return Some((String::new(), body));
        }
        assert_eq!(status, 200, "{what}: {}", String::from_utf8_lossy(&body));
        self.successes.fetch_add(1, Ordering::SeqCst);
        *self.kinds.lock().unwrap().entry(what).or_default() += 1;
        let content_type = headers["content-type"].to_str().unwrap().to_owned();
        Some((content_type, body))
    }

    async fn store(self: Arc<Self>, client: Client, series: Series) {
        for first in (1..series.count).step_by(5) {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let batch: Vec<_> = (first..first + 5).map(|number| series.instance(number)).collect();
            let request = client
                .request(Method::POST, STUDIES)
                .header("content-type", multipart_content_type("application/dicom"))
                .body(multipart_body(&batch));
            if let Some((_, answer)) = self.judge("store", request.send().await).await {
                let stored = acknowledged(&answer);
                let instances = batch.into_iter().filter(|instance| stored.contains(&instance.instance));
                let kept = instances.map(|instance| (instance.path(), instance.bytes.clone()));
                self.stored.lock().unwrap().extend(kept);
            }
            tokio::time::sleep(PACE).await;
        }
    }

    async fn retrieve(self: Arc<Self>, client: Client) {
        let mut turn = 0;
        while !self.over.load(Ordering::SeqCst) {
            turn += 1;
            let known = {
                let stored = self.stored.lock().unwrap();
                stored.iter().nth(turn * 7 % stored.len().max(1)).map(|(path, bytes)| (path.clone(), bytes.clone()))
            };
            let Some((path, bytes)) = known else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let request = client.request(Method::GET, &format!("{ROOT}{path}")).header("accept", AS_STORED);
            if let Some((content_type, body)) = self.judge("retrieve", request.send().await).await {
                let parts = split_multipart(&content_type, &body);
                assert!(parts.len() == 1 && parts[0].body == bytes, "{path} differs");
            }
        }
    }

    async fn search(self: Arc<Self>, client: Client) {
        while !self.over.load(Ordering::SeqCst) {
            let known = self.stored.lock().unwrap().len().min(PAGE);
            let request = client.request(Method::GET, &format!("{ROOT}/instances?limit={PAGE}"));
            let request = request.header("accept", "application/dicom+json");
            if let Some((_, body)) = self.judge("search", request.send().await).await {
                let rows: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
                assert!(rows.len() >= known, "{} rows of {known} instances", rows.len());
            }
        }
    }
}

/// The SOP Instance UIDs that a store response says are stored.
fn acknowledged(response: &[u8]) -> Vec<String> {
    let response: serde_json::Value = serde_json::from_slice(response).unwrap();
    let stored = response["00081199"]["Value"].as_array().into_iter().flatten();
    stored.map(|item| item["00081155"]["Value"][0].as_str().unwrap().to_owned()).collect()
}
