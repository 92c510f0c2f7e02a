//! A service that is given by a name: its addresses change while requests go on, and none of them fails.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use harness::{
    Client, Series, Server, ServerBuilder,
    distributed::{Place, Stores, free_port},
};
use reqwest::Method;
use tokio::task::JoinHandle;

use crate::{STUDIES, name_server::NameServer};

/// Names are looked up every five seconds (docs/operations.md); then a connection is made.
const DOCUMENTED: Duration = Duration::from_secs(5);
const CONNECTING: Duration = Duration::from_secs(2);

const NAME: &str = "query.noctis.test";
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 54, 0, 1);
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 54, 0, 2);

fn noctis() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
}

/// A query service at one of the addresses.
async fn query(place: &Place, address: Ipv4Addr, port: u16) -> Server {
    let builder = place.service(&noctis(), "query", port);
    builder.env("NOCTIS_RPC__LISTEN", format!("{address}:{port}")).start().await
}

/// How many searches a process has answered.
async fn searches(process: &Server) -> u64 {
    let metrics = process.client().get("/metrics", 200).await;
    let is_count = |line: &&str| {
        line.starts_with("noctis_rpc_call_seconds_count{") && line.contains("callee") && line.contains("Search")
    };
    let counts =
        metrics.text().lines().filter(is_count).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

/// Searches that go on until they are told to stop. Each has to succeed, with what is there.
struct Searching {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    workers: Vec<JoinHandle<Vec<String>>>,
}

impl Searching {
    fn start(client: &Client) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let workers = (0..4)
            .map(|_| {
                let (client, stop, done) = (client.clone(), Arc::clone(&stop), Arc::clone(&done));
                tokio::spawn(async move {
                    let mut wrong = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let answer = client.request(Method::GET, STUDIES).send().await.unwrap();
                        let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
                        if status != 200 || !body.starts_with(b"[{") {
                            wrong.push(format!("{status} {}", String::from_utf8_lossy(&body)));
                        }
                        done.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    wrong
                })
            })
            .collect();
        Self { stop, done, workers }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            let wrong = worker.await.unwrap();
            assert!(wrong.is_empty(), "{} of {:?} searches failed: {}", wrong.len(), self.done, wrong[0]);
        }
        assert!(self.done.load(Ordering::Relaxed) > 200, "{:?}", self.done);
    }
}

/// Waits until a process answers searches, and says how long that took.
async fn until_asked(process: &Server, since: Instant) -> Duration {
    let before = searches(process).await;
    while searches(process).await < before + 10 {
        assert!(since.elapsed() < Duration::from_secs(30), "nobody comes\n{}", process.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    since.elapsed()
}

/// Waits until a process is left alone.
async fn until_left(process: &Server, since: Instant) -> Duration {
    loop {
        let before = searches(process).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        if searches(process).await == before {
            return since.elapsed();
        }
        assert!(since.elapsed() < Duration::from_secs(30), "it is still asked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_moves_to_another_address_without_a_failed_request() {
    let mut names = NameServer::start();
    names.works().expect("this test needs root and a mount namespace; it cannot be left out");
    let place = Stores::shared().await.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    let ports @ [ingest_port, query_port, retrieve_port] = [free_port(), free_port(), free_port()];
    let _ingest = place.service(&noctis(), "ingest", ingest_port).start().await;
    let _retrieve = place.service(&noctis(), "retrieve", retrieve_port).start().await;
    let mut first = query(&place, FIRST, query_port).await;
    names.tell(NAME, &[FIRST]);
    let gateway = place.gateway(&noctis(), ports).env("NOCTIS_SERVICES__QUERY", format!("{NAME}:{query_port}"));
    let gateway = names.asked_by(gateway).start().await;
    gateway.client().store(STUDIES, Series::small(1).instances(), 200).await;
    let searching = Searching::start(&gateway.client());
    until_asked(&first, Instant::now()).await;

    // It moves: the new one is there before the name changes, the old one ends after it.
    let second = query(&place, SECOND, query_port).await;
    let changed = Instant::now();
    names.tell(NAME, &[SECOND]);
    let found = until_asked(&second, changed).await;
    assert!(found < DOCUMENTED + CONNECTING, "the new address was found after {found:?}");
    let left = until_left(&first, changed).await;
    assert!(left < DOCUMENTED + CONNECTING, "the old address was left after {left:?}");
    first.signal("TERM");
    assert!(first.wait(Duration::from_secs(30)).await.success());

    // A second one comes beside it.
    let first = query(&place, FIRST, query_port).await;
    let changed = Instant::now();
    names.tell(NAME, &[FIRST, SECOND]);
    let found = until_asked(&first, changed).await;
    assert!(found < DOCUMENTED + CONNECTING, "the further address was found after {found:?}");
    until_asked(&second, Instant::now()).await;

    // Without name servers, and with one that knows no such name, what was known goes on.
    names.stop();
    tokio::time::sleep(DOCUMENTED + CONNECTING).await;
    names.resume();
    names.tell("nobody.test", &[FIRST]);
    tokio::time::sleep(DOCUMENTED + CONNECTING).await;
    until_asked(&first, Instant::now()).await;
    until_asked(&second, Instant::now()).await;

    // One goes away: first its name, then the process.
    let changed = Instant::now();
    names.tell(NAME, &[FIRST]);
    let left = until_left(&second, changed).await;
    assert!(left < DOCUMENTED + CONNECTING, "the old address was left after {left:?}");
    assert!(second.terminate(Duration::from_secs(30)).await.success());
    until_asked(&first, Instant::now()).await;
    searching.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_went_away_before_its_name_is_looked_for_elsewhere_at_once() {
    let names = NameServer::start();
    names.works().expect("this test needs root and a mount namespace; it cannot be left out");
    let place = Stores::shared().await.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    let ports @ [ingest_port, query_port, retrieve_port] = [free_port(), free_port(), free_port()];
    let _ingest = place.service(&noctis(), "ingest", ingest_port).start().await;
    let _retrieve = place.service(&noctis(), "retrieve", retrieve_port).start().await;
    let (first, second) = (query(&place, FIRST, query_port).await, query(&place, SECOND, query_port).await);
    names.tell(NAME, &[FIRST]);
    let gateway = place.gateway(&noctis(), ports).env("NOCTIS_SERVICES__QUERY", format!("{NAME}:{query_port}"));
    let gateway = names.asked_by(gateway).start().await;
    let client = gateway.client();
    client.get(STUDIES, 200).await;
    // Between two look-ups.
    tokio::time::sleep(Duration::from_millis(700)).await;
    names.tell(NAME, &[SECOND]);
    drop(first);
    let gone = Instant::now();
    let mut refused = 0;
    while client.request(Method::GET, STUDIES).send().await.unwrap().status() != 200 {
        refused += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Sooner than the next look-up that is due anyway: a connection that fails asks for one.
    let found = gone.elapsed();
    assert!(found < Duration::from_secs(3), "{found:?}, {refused} refused");
    assert!(searches(&second).await > 0);
}
