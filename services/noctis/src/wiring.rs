//! Who gets what: the only file that knows in which process a service runs.

use crate::{config::Config, data_folder::DataFolder};
use anyhow::Context as _;
use gateway::{Check, Operations, Services};
use ingest::{Clock, Sweeper};
use metrics_exporter_prometheus::PrometheusHandle;
use proto::ingest::v1::ingest_client::IngestClient;
use rpc::{MAX_MESSAGE, Transport, local};
use std::sync::Arc;

/// An archive in this process: its services, opened on a data folder that is locked for as long as it lives.
pub(crate) struct Archive {
    ingest: Transport,
    query: Transport,
    retrieve: Transport,
    objects: archive::Archive,
    writer: catalog::CatalogWriter,
    reader: catalog::CatalogReader,
    sweeper: Sweeper,
    _folder: DataFolder,
}

impl Archive {
    /// Opens catalog and archive in the folder, removes what a former process left unfinished, and starts the
    /// services.
    ///
    /// # Errors
    /// The catalog or the archive cannot be opened.
    pub(crate) async fn open(config: &Config, folder: DataFolder) -> anyhow::Result<Self> {
        let (writer, reader) = catalog::open_sqlite(folder.path(), catalog::SqliteOptions::default())
            .await
            .context("cannot open the catalog")?;
        let objects =
            archive::Archive::open_folder(&folder.path().join("objects")).await.context("cannot open the archive")?;
        let clock = Clock::system();
        ingest::recover_at_start(&writer, &objects, &clock).await.context("cannot recover from the last run")?;

        let limits = config.rpc.limits();
        let ingest = ingest::server(&config.ingest, writer.clone(), objects.clone(), clock.clone());
        let query = query::server(config.query, reader.clone());
        let retrieve = retrieve::server(&config.retrieve, reader.clone(), objects.clone());
        Ok(Self {
            ingest: local(ingest, &limits),
            query: local(query, &limits),
            retrieve: local(retrieve, &limits),
            sweeper: Sweeper::start(&config.ingest, writer.clone(), objects.clone(), clock),
            objects,
            writer,
            reader,
            _folder: folder,
        })
    }

    /// A client of the ingest service, for senders other than HTTP.
    pub(crate) fn ingest(&self) -> IngestClient<Transport> {
        IngestClient::new(self.ingest.clone())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    /// The HTTP side of the archive, with the viewer where it is installed.
    ///
    /// # Errors
    /// The viewer's folder is there but damaged.
    pub(crate) fn router(&self, config: &Config, metrics: PrometheusHandle) -> anyhow::Result<axum::Router> {
        let services = Services::new(self.ingest.clone(), self.query.clone(), self.retrieve.clone())
            .with_archive(self.objects.clone());
        let operations = Operations { checks: self.checks(), metrics: Arc::new(move || metrics.render()) };
        let viewer = match config.server.viewer_dir.is_dir() {
            true => {
                Some(viewer::Site::open(&config.server.viewer_dir).context("the viewer is damaged; install it anew")?)
            }
            false => None,
        };
        Ok(gateway::router(services, config.gateway.clone(), operations, viewer))
    }

    fn checks(&self) -> Vec<(&'static str, Check)> {
        let (writer, reader, objects) = (self.writer.clone(), self.reader.clone(), self.objects.clone());
        let catalog: Check = Arc::new(move || {
            let (writer, reader) = (writer.clone(), reader.clone());
            Box::pin(async move {
                reader.probe().await?;
                writer.probe().await?;
                Ok(())
            })
        });
        let archive: Check = Arc::new(move || {
            let objects = objects.clone();
            Box::pin(async move { Ok(objects.probe().await?) })
        });
        vec![("catalog", catalog), ("archive", archive)]
    }

    /// Ends the background work in order; what was committed is safe without it.
    pub(crate) async fn close(self) {
        self.sweeper.stop().await;
    }
}
