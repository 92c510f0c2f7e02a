//! Catalog and archive of this process.

use crate::{
    config::{ArchiveKind, CatalogKind, Config},
    data_folder::DataFolder,
};
use anyhow::Context as _;
use archive::Archive;
use catalog::{CatalogReader, CatalogWriter};
use gateway::Check;
use std::sync::Arc;

/// What the services store to and read from; the data folder is locked for as long as it lives.
pub(super) struct Storage {
    pub(super) writer: CatalogWriter,
    pub(super) reader: CatalogReader,
    pub(super) objects: Archive,
    _folder: DataFolder,
}

impl Storage {
    /// Opens both as the configuration says.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub(super) async fn open(config: &Config, folder: DataFolder) -> anyhow::Result<Self> {
        let (writer, reader) = match config.catalog.kind {
            CatalogKind::Sqlite => catalog::open_sqlite(folder.path(), catalog::SqliteOptions::default()).await,
        }
        .context("cannot open the catalog")?;
        let objects = match config.archive.kind {
            ArchiveKind::Folder => Archive::open_folder(&folder.path().join("objects")).await,
        }
        .context("cannot open the archive")?;
        Ok(Self { writer, reader, objects, _folder: folder })
    }

    /// Whether each of them can be used.
    pub(super) fn checks(&self) -> Vec<(&'static str, Check)> {
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
}
