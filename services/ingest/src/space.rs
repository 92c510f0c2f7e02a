//! Whether the archive has space left, looked up seldom and asked often.

use crate::outage::Outage;
use archive::Archive;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer holds. In this time a disk of 2 GB/s takes half a gigabyte, which the default minimum covers.
const HOLDS: Duration = Duration::from_millis(250);

/// Watches the archive's free space.
pub(crate) struct Space {
    archive: Archive,
    /// Bytes.
    minimum: u64,
    last: Mutex<Option<(Instant, Result<(), Outage>)>>,
}

impl Space {
    pub(crate) fn new(archive: Archive, minimum: u64) -> Self {
        Self { archive, minimum, last: Mutex::new(None) }
    }

    /// Whether more may be stored.
    pub(crate) async fn check(&self) -> Result<(), Outage> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < HOLDS
        {
            return answer;
        }
        let answer = self.look().await;
        *last = Some((Instant::now(), answer));
        answer
    }

    async fn look(&self) -> Result<(), Outage> {
        match self.archive.free_bytes().await {
            Ok(Some(free)) if free < self.minimum => {
                tracing::warn!(free, minimum = self.minimum, "the archive is low on space: nothing is stored");
                Err(Outage::Space)
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Outage::of_archive(&error)),
        }
    }
}
