//! What all requests of the service share.

use crate::{Clock, Config, budget::Budget, outage::Outage, space::Space};
use archive::Archive;
use catalog::CatalogWriter;
use rpc::{Code, Failure};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The means by which requests are served.
pub(crate) struct Service {
    pub(crate) config: Config,
    pub(crate) limits: dataset::Limits,
    pub(crate) catalog: CatalogWriter,
    pub(crate) archive: Archive,
    pub(crate) clock: Clock,
    /// For parts held in memory until they are written.
    pub(crate) buffers: Budget,
    /// For descriptions of parts until they are committed.
    pub(crate) metadata: Budget,
    pub(crate) space: Space,
    places: Arc<Semaphore>,
}

impl Service {
    pub(crate) fn new(config: &Config, catalog: CatalogWriter, archive: Archive, clock: Clock) -> Self {
        Self {
            limits: (&config.data_set).into(),
            buffers: Budget::new(config.buffer_bytes),
            metadata: Budget::new(config.metadata_bytes),
            space: Space::new(archive.clone(), config.minimum_free_bytes),
            places: Arc::new(Semaphore::new(config.requests.clamp(1, Semaphore::MAX_PERMITS))),
            config: config.clone(),
            catalog,
            archive,
            clock,
        }
    }

    /// Lets a store request in, if there is room for it: a place among the requests, and space in the archive.
    pub(crate) async fn admit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Failure::new(Code::Busy, "too many store requests at once; try again later"))?;
        self.space.check().await.map_err(|outage: Outage| Failure::from(outage))?;
        Ok(place)
    }
}
