//! The load on one server: each kind of request at a fixed rate, whether the earlier ones are answered or not.

use crate::{http::Client, load};
use futures::{StreamExt as _, stream::FuturesUnordered};
use harness::{Instance, Series};
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{task::JoinHandle, time::Instant as Tick};

/// Instances of a series: it is stored in requests of [`BATCH`].
const SERIES: u32 = 60;
const BATCH: usize = 10;
const FRAMES: (&str, &str) = ("accept", "multipart/related; type=application/octet-stream; transfer-syntax=*");
const JSON: [(&str, &str); 2] = [("accept", "application/dicom+json"), ("accept-encoding", "gzip")];

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ten CT slices in one request.
    Store,
    /// The newest hundred studies, as a viewer's list asks for them.
    List,
    /// Studies of patients whose names contain a text.
    Name,
    /// The metadata of a series of 60 slices.
    Metadata,
    /// One frame of a slice stored before.
    Frame,
}

impl Kind {
    /// All of them; a kind's number is its place.
    pub const ALL: [Self; 5] = [Self::Store, Self::List, Self::Name, Self::Metadata, Self::Frame];

    /// Time between two requests of it.
    fn every(self) -> Duration {
        Duration::from_millis(match self {
            Self::Store => 500,
            Self::List | Self::Name => 100,
            Self::Metadata => 500,
            Self::Frame => 10,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store => "store 10 CT slices, 2 requests/s",
            Self::List => "list of studies, 10/s",
            Self::Name => "name by wildcard, 10/s",
            Self::Metadata => "metadata of a series, 2/s",
            Self::Frame => "frame, 100/s",
        })
    }
}

/// What has been stored, so that it can be read.
#[derive(Debug, Default)]
struct Stored {
    frames: Vec<String>,
    series: Vec<String>,
}

/// The load on one server.
#[derive(Debug)]
pub struct Load {
    client: Client,
    stored: Arc<Mutex<Stored>>,
    /// Batches of the series that is being stored.
    waiting: Vec<Vec<Instance>>,
}

type Answer = (Kind, anyhow::Result<Duration>);

impl Load {
    /// Stores the first series, so that there is something to read.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn prepare(client: Client) -> anyhow::Result<Self> {
        let mut load = Self { client, stored: Arc::default(), waiting: Vec::new() };
        for _ in 0..SERIES as usize / BATCH {
            store(load.client.clone(), Arc::clone(&load.stored), load.batch().await).await?;
        }
        Ok(load)
    }

    /// Runs for so long, and gives how long each request took from the moment at which it was due.
    pub async fn run(&mut self, time: Duration) -> Vec<Answer> {
        let begin = Tick::now();
        let mut due = Kind::ALL.map(|kind| (begin, kind));
        let (mut running, mut answers) = (FuturesUnordered::<JoinHandle<Answer>>::new(), Vec::new());
        let mut next = self.batch().await;
        loop {
            due.sort_by_key(|(at, _)| *at);
            let (at, kind) = due[0];
            if at.duration_since(begin) >= time {
                break;
            }
            tokio::time::sleep_until(at).await;
            due[0].0 = at + kind.every();
            let request: futures::future::BoxFuture<'static, anyhow::Result<()>> = match kind {
                Kind::Store => {
                    let batch = std::mem::replace(&mut next, self.batch().await);
                    Box::pin(store(self.client.clone(), Arc::clone(&self.stored), batch))
                }
                _ => Box::pin(self.read(kind)),
            };
            let at = at.into_std();
            running.push(tokio::spawn(async move { (kind, request.await.map(|()| Instant::now() - at)) }));
            while let Some(Some(answer)) = futures::FutureExt::now_or_never(running.next()) {
                answers.push(answer.expect("no panic"));
            }
        }
        while let Some(answer) = running.next().await {
            answers.push(answer.expect("no panic"));
        }
        answers
    }

    fn read(&self, kind: Kind) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let client = self.client.clone();
        let any = |paths: &[String]| paths[rand::random_range(0..paths.len())].clone();
        let stored = self.stored.lock().expect("no panic");
        let path = match kind {
            Kind::Metadata => format!("{}/metadata", any(&stored.series)),
            Kind::Frame => format!("{}/frames/1", any(&stored.frames)),
            Kind::Name => format!("/studies?PatientName=*doe{}*&limit=100", rand::random_range(0..100)),
            Kind::Store | Kind::List => "/studies?limit=101&offset=0&includefield=00081030".to_owned(),
        };
        let headers: &[_] = if kind == Kind::Frame { &[FRAMES] } else { &JSON };
        async move { client.get(&path, headers).await.map(drop) }
    }

    /// The next ten slices. Made beside the load, since each takes a millisecond or two.
    async fn batch(&mut self) -> Vec<Instance> {
        if self.waiting.is_empty() {
            let mut series = Series::ct(SERIES);
            series.patient_name = format!("Doe{}^Jane", rand::random_range(0..100));
            let made = tokio::task::spawn_blocking(move || series.instances().collect::<Vec<_>>());
            self.waiting = made.await.expect("no panic").chunks(BATCH).rev().map(<[_]>::to_vec).collect();
        }
        self.waiting.pop().expect("a series has instances")
    }
}

async fn store(client: Client, stored: Arc<Mutex<Stored>>, batch: Vec<Instance>) -> anyhow::Result<()> {
    load::store(&client, load::request(&batch)).await?;
    let mut stored = stored.lock().expect("no panic");
    stored.frames.extend(batch.iter().map(Instance::path));
    let series = batch.iter().map(|instance| format!("/studies/{}/series/{}", instance.study, instance.series));
    for series in series {
        if stored.series.last() != Some(&series) {
            stored.series.push(series);
        }
    }
    Ok(())
}
