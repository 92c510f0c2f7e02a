//! A process for each target over PostgreSQL and S3 that something happens to, and what that leaves behind: nothing.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use harness::{
    AS_STORED, Client, Server, ServerBuilder,
    distributed::{Place, Stores},
    postgres::{INGEST, QUERY},
};
use reqwest::Method;
use tokio::sync::{Mutex, MutexGuard};

use crate::{ROOT, STUDIES, load::Load};

/// After this time everything works again.
pub const RECOVERY: Duration = Duration::from_secs(5);
/// How long a part stays away.
pub const AWAY: Duration = Duration::from_secs(3);
/// How much more memory a process may hold afterwards than before, of its own, without what is part of files.
const MEMORY: u64 = 32 << 20;
/// How many descriptors, threads and tasks more: a connection of this test's own, a look whether a service works.
const SLACK: u64 = 4;
/// How long it may take until nothing is left.
const REST: Duration = Duration::from_secs(20);

/// One test at a time: their processes would starve one another.
static TURN: Mutex<()> = Mutex::const_new(());

/// A running archive, and what it used before anything happened to it.
pub struct Trial {
    pub server: Server,
    pub place: Place,
    level: Level,
    _turn: MutexGuard<'static, ()>,
}

/// Waits for storage are short, so that an outage shows in the time of a test; connections are few, so that they are all
/// there before it begins.
pub fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
        .env("NOCTIS_ARCHIVE__S3__RETRY_SECONDS", "3")
        .env("NOCTIS_ARCHIVE__S3__CONNECT_SECONDS", "1")
        .env("NOCTIS_ARCHIVE__S3__STALL_SECONDS", "2")
        .env("NOCTIS_ARCHIVE__S3__READS", "8")
        .env("NOCTIS_ARCHIVE__S3__WRITES", "8")
        .env("NOCTIS_CATALOG__POSTGRES__CONNECT_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__ACQUIRE_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__LOCK_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__STATEMENT_SECONDS", "2")
        .env("NOCTIS_CATALOG__POSTGRES__READERS", "4")
        .env("NOCTIS_CATALOG__POSTGRES__WRITERS", "2")
}

/// Servers of the test's own, which it may stop, the database server with these settings.
pub async fn own_stores(settings: &'static [&'static str]) -> Place {
    place_in(&Arc::new(Stores::start_with(settings).await)).await
}

/// A place in the servers that all tests share.
pub async fn shared_stores() -> Place {
    place_in(&Stores::shared().await).await
}

async fn place_in(stores: &Arc<Stores>) -> Place {
    stores.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await
}

pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

impl Trial {
    /// Starts the archive in a place and warms it up.
    pub async fn start(place: Place) -> Self {
        Self::start_as(builder(), place).await
    }

    /// The same, with more to say about the processes.
    pub async fn start_as(builder: ServerBuilder, place: Place) -> Self {
        let turn = turn().await;
        let server = builder.start_distributed(place.clone()).await;
        let load = Load::start(server.client());
        load.recovers(Duration::from_secs(30)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let example = load.example();
        load.end(20).await;
        burst(server.client(), &example).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let level = Level::of(&server, &place).await;
        Self { server, place, level, _turn: turn }
    }

    /// What the archive uses now is the measure from here on: after a use of its own kind, which takes more.
    pub async fn take_level(&mut self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.level = Level::of(&self.server, &self.place).await;
    }

    /// Load that has begun to succeed.
    pub async fn load(&self) -> Load {
        let load = Load::start(self.server.client());
        load.recovers(RECOVERY).await;
        load
    }

    /// Ends the load, which acknowledged more than so many instances, and reads them back; and the archive uses what it used
    /// before.
    pub async fn end(&self, load: Load, least: usize) {
        load.end(least).await;
        self.rests().await;
    }

    /// Waits until the archive uses what it used before.
    pub async fn rests(&self) {
        let began = Instant::now();
        loop {
            let now = Level::of(&self.server, &self.place).await;
            let more = self.level.more_in(&now);
            if more.is_empty() {
                return;
            }
            assert!(began.elapsed() < REST, "left behind: {}\nbefore {:?}\nafter {now:?}", more.join(", "), self.level);
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

/// Makes the processes open all the connections that they may have.
async fn burst(client: Client, instance: &str) {
    let requests = (0..96).map(|number| {
        let client = client.clone();
        let path = if number % 2 == 0 { STUDIES.to_owned() } else { format!("{ROOT}{instance}") };
        let accept = if number % 2 == 0 { "application/dicom+json" } else { AS_STORED };
        async move {
            let request = client.request(Method::GET, &path).header("accept", accept);
            request.send().await.unwrap().bytes().await.unwrap();
        }
    });
    futures::future::join_all(requests).await;
}

/// What the archive uses.
#[derive(Debug)]
struct Level {
    /// Of each process: memory, descriptors, threads, tasks.
    processes: BTreeMap<&'static str, [u64; 4]>,
    /// Connections to the database, by role.
    connections: [usize; 2],
}

impl Level {
    async fn of(server: &Server, place: &Place) -> Self {
        let mut processes = BTreeMap::new();
        for (name, process) in server.processes() {
            let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", process.pid())).unwrap().count();
            let [descriptors, threads] = ["fd", "task"].map(|what| count(what) as u64);
            let tasks = metric(&process.client(), "noctis_runtime_tasks ").await;
            processes.insert(name, [process.memory().anonymous, descriptors, threads, tasks]);
        }
        Self { processes, connections: [INGEST, QUERY].map(|role| place.database.connections(role)) }
    }

    /// What a later level has more than is right.
    fn more_in(&self, later: &Self) -> Vec<String> {
        let mut more = Vec::new();
        for (name, before) in &self.processes {
            let after = later.processes[name];
            for (at, what) in ["bytes of memory", "descriptors", "threads", "tasks"].into_iter().enumerate() {
                let allowed = if at == 0 { MEMORY } else { SLACK };
                if after[at] > before[at] + allowed {
                    more.push(format!("{} {what} of {name}", after[at] - before[at]));
                }
            }
        }
        for (at, role) in [INGEST, QUERY].into_iter().enumerate() {
            if later.connections[at] > self.connections[at] {
                more.push(format!("{} connections of {role}", later.connections[at] - self.connections[at]));
            }
        }
        more
    }
}

/// The value of a metric of one line.
pub async fn metric(client: &Client, name: &str) -> u64 {
    let text = client.get("/metrics", 200).await.text().to_owned();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64
}
