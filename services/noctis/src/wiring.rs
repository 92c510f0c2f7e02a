//! Who gets what: the only place that knows in which process a service runs.

mod link;
mod storage;

use crate::{
    config::Config,
    data_folder::DataFolder,
    targets::{Target, Targets},
    telemetry,
};
use anyhow::Context as _;
use gateway::{Check, Operations, Services};
use ingest::{Clock, Sweeper};
use link::Link;
use metrics_exporter_prometheus::PrometheusHandle;
use proto::{
    ingest::v1::{ingest_client::IngestClient, ingest_server},
    query::v1::query_server,
    retrieve::v1::retrieve_server,
};
use rpc::{MAX_MESSAGE, Standing, Transport};
use std::{sync::Arc, time::Duration};
use storage::Storage;
use tokio_util::sync::CancellationToken;

/// Between two looks whether the services of this process can do their work, for callers who ask.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A process of the archive: the services that it is, opened on their storage, and the ways to those that it is not.
pub(crate) struct Process {
    ingest: Link,
    query: Link,
    retrieve: Link,
    storage: Storage,
    /// Only beside ingest.
    sweeper: Option<Sweeper>,
}

impl Process {
    /// Opens the storage, what of it is in the folder there, removes what a former process left unfinished, and starts the
    /// services among the targets. The others need not be there yet.
    ///
    /// # Errors
    /// The catalog or the archive cannot be opened.
    pub(crate) async fn open(config: &Config, targets: &Targets, folder: Option<DataFolder>) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let storage = Storage::open(config, targets, folder).await?;
        let reader = |target| storage.reader.clone().filter(|_| targets.has(target));
        let (mut ingest, mut sweeper) = (None, None);
        if let (Some(writer), Some(objects)) = (storage.writer.clone(), storage.objects.clone()) {
            // What others are storing to a shared catalog is not left over; the sweep finds what is.
            if storage.is_exclusive {
                ingest::recover_at_start(&writer, &objects, &clock)
                    .await
                    .context("cannot recover from the last run")?;
            }
            ingest = Some(ingest::server(&config.ingest, writer.clone(), objects.clone(), clock.clone()));
            sweeper = Some(Sweeper::start(&config.ingest, writer, objects, clock));
        }
        let query = reader(Target::Query).map(|reader| query::server(config.query, reader));
        let retrieve = reader(Target::Retrieve)
            .zip(storage.objects.clone())
            .map(|(reader, objects)| retrieve::server(&config.retrieve, reader, objects));
        Ok(Self {
            ingest: Link::new(Target::Ingest, ingest_server::SERVICE_NAME, ingest, config),
            query: Link::new(Target::Query, query_server::SERVICE_NAME, query, config),
            retrieve: Link::new(Target::Retrieve, retrieve_server::SERVICE_NAME, retrieve, config),
            storage,
            sweeper,
        })
    }

    fn links(&self) -> [&Link; 3] {
        [&self.ingest, &self.query, &self.retrieve]
    }

    /// A client of the ingest service, for senders other than HTTP.
    pub(crate) fn ingest(&self) -> IngestClient<Transport> {
        IngestClient::new(self.ingest.transport())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    /// The HTTP side of the archive, with the viewer where it is installed.
    ///
    /// # Errors
    /// The viewer's folder is there but damaged.
    pub(crate) fn gateway(&self, config: &Config, metrics: PrometheusHandle) -> anyhow::Result<axum::Router> {
        let services = Services::new(self.ingest.calls(), self.query.calls(), self.retrieve.calls());
        let services = match &self.storage.objects {
            Some(objects) => services.with_archive(objects.clone()),
            None => services,
        };
        let mut checks = self.storage.checks();
        checks.extend(self.links().into_iter().filter_map(Link::check));
        let viewer = match config.server.viewer_dir.is_dir() {
            true => {
                Some(viewer::Site::open(&config.server.viewer_dir).context("the viewer is damaged; install it anew")?)
            }
            false => None,
        };
        Ok(gateway::router(services, config.gateway.clone(), operations(checks, metrics), viewer))
    }

    /// The HTTP side of a process without the gateway: not ready any more once it has been told to stop.
    pub(crate) fn operations(&self, metrics: PrometheusHandle, stop: CancellationToken) -> axum::Router {
        let process: Check = Arc::new(move || {
            let draining = stop.is_cancelled();
            Box::pin(async move { if draining { Err("it is about to end".into()) } else { Ok(()) } })
        });
        let mut checks = vec![("process", process)];
        checks.extend(self.storage.checks());
        gateway::operations_router(operations(checks, metrics))
    }

    /// The services of this process for callers in others.
    ///
    /// # Errors
    /// Reflection is asked for and not possible.
    pub(crate) fn server(&self, config: &Config) -> anyhow::Result<rpc::Server> {
        let here = self.links().into_iter().filter(|link| link.is_here());
        let server = here.fold(rpc::Server::default(), |server, link| server.with(link.service(), link.transport()));
        let server = if config.rpc.reflection { server.with_reflection(proto::DESCRIPTORS)? } else { server };
        Ok(server)
    }

    /// Keeps those callers told whether the services can do their work, until it is dropped.
    pub(crate) async fn tell(&self, standing: Standing) {
        let checks = self.storage.checks();
        loop {
            let mut works = true;
            for (_, check) in &checks {
                works &= tokio::time::timeout(LOOK_EVERY, check()).await.is_ok_and(|checked| checked.is_ok());
            }
            for link in self.links().into_iter().filter(|link| link.is_here()) {
                standing.set(link.service(), works);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the background work in order; what was committed is safe without it.
    pub(crate) async fn close(self) {
        if let Some(sweeper) = self.sweeper {
            sweeper.stop().await;
        }
    }
}

fn operations(checks: Vec<(&'static str, Check)>, metrics: PrometheusHandle) -> Operations {
    Operations { checks, metrics: Arc::new(move || telemetry::text(&metrics)) }
}
