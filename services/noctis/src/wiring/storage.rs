//! Catalog and archive of this process: of each what its targets need, with no more rights than they need.

use crate::{
    config::{ArchiveKind, CatalogKind, Config},
    data_folder::DataFolder,
    targets::{Target, Targets},
};
use anyhow::Context as _;
use archive::{Archive, S3Access};
use catalog::{CatalogReader, CatalogWriter};
use gateway::Check;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a database may stay away, or without its schema, when a process starts.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the services store to and read from; the data folder, if there is one, is locked for as long as it lives.
#[derive(Default)]
pub(super) struct Storage {
    /// For ingest.
    pub(super) writer: Option<CatalogWriter>,
    /// For query and retrieve.
    pub(super) reader: Option<CatalogReader>,
    /// For ingest and retrieve, and for the gateway where it may read.
    pub(super) objects: Option<Archive>,
    /// Whether nobody else can be storing.
    pub(super) is_exclusive: bool,
    _folder: Option<DataFolder>,
}

impl Storage {
    /// Opens both as the configuration says.
    ///
    /// # Errors
    /// One of them cannot be opened, or is in a data folder and there is none.
    pub(super) async fn open(config: &Config, targets: &Targets, folder: Option<DataFolder>) -> anyhow::Result<Self> {
        let mut storage = Self::default();
        if targets.has_services() {
            storage.open_catalog(config, targets, folder.as_ref()).await.context("cannot open the catalog")?;
        }
        let reads_here = targets.has(Target::Gateway) && config.archive.read_by_gateway;
        if targets.has(Target::Ingest) || targets.has(Target::Retrieve) || reads_here {
            let objects = open_archive(config, targets, folder.as_ref()).await.context("cannot open the archive")?;
            storage.objects = Some(objects);
        }
        storage._folder = folder;
        Ok(storage)
    }

    async fn open_catalog(
        &mut self,
        config: &Config,
        targets: &Targets,
        folder: Option<&DataFolder>,
    ) -> anyhow::Result<()> {
        let writes = targets.has(Target::Ingest);
        let reads = targets.has(Target::Query) || targets.has(Target::Retrieve);
        match config.catalog.kind {
            CatalogKind::Sqlite => {
                let folder = folder.context("it is in the data folder")?;
                let (writer, reader) = catalog::open_sqlite(folder.path(), catalog::SqliteOptions::default()).await?;
                (self.writer, self.reader) = (writes.then_some(writer), reads.then_some(reader));
                self.is_exclusive = true;
            }
            CatalogKind::Postgres => {
                let options = config.catalog.postgres.options()?;
                if writes {
                    self.writer = Some(patiently(async || catalog::open_postgres_writer(&options).await).await?);
                }
                if reads {
                    self.reader = Some(patiently(async || catalog::open_postgres_reader(&options).await).await?);
                }
            }
        }
        Ok(())
    }

    /// Whether each of them can be used.
    pub(super) fn checks(&self) -> Vec<(&'static str, Check)> {
        let mut checks = Vec::new();
        if self.writer.is_some() || self.reader.is_some() {
            checks.push(("catalog", catalog_check(self.writer.clone(), self.reader.clone())));
        }
        if let Some(objects) = self.objects.clone() {
            let archive: Check = Arc::new(move || {
                let objects = objects.clone();
                Box::pin(async move { Ok(objects.probe().await?) })
            });
            checks.push(("archive", archive));
        }
        checks
    }
}

fn catalog_check(writer: Option<CatalogWriter>, reader: Option<CatalogReader>) -> Check {
    Arc::new(move || {
        let (writer, reader) = (writer.clone(), reader.clone());
        Box::pin(async move {
            if let Some(reader) = reader {
                reader.probe().await?;
            }
            if let Some(writer) = writer {
                writer.probe().await?;
            }
            Ok(())
        })
    })
}

/// Waits for a database that is not there yet, or not yet migrated: in which order things are started must not matter.
/// Past [`PATIENCE`] whoever started this process is to know.
async fn patiently<T>(open: impl AsyncFn() -> Result<T, catalog::Error>) -> Result<T, catalog::Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open().await {
            Err(
                error
                @ (catalog::Error::Unavailable { .. } | catalog::Error::Busy | catalog::Error::OlderSchema { .. }),
            ) if Instant::now() < deadline => {
                tracing::warn!(error = &error as &dyn std::error::Error, "waiting for the catalog");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            opened => return opened,
        }
    }
}

async fn open_archive(config: &Config, targets: &Targets, folder: Option<&DataFolder>) -> anyhow::Result<Archive> {
    let access = if targets.has(Target::Ingest) { S3Access::ReadWrite } else { S3Access::Read };
    Ok(match config.archive.kind {
        ArchiveKind::Folder => {
            let folder = folder.context("it is in the data folder of another process, out of reach of this one")?;
            Archive::open_folder(&folder.path().join("objects")).await?
        }
        ArchiveKind::S3 => Archive::open_s3(config.archive.s3.options(access)).await?,
    })
}
