//! Where blocking work runs: on the blocking pool, a bounded number of operations at once.

use crate::Error;
use std::{io, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

/// Reads at once. They are short unless the disk is slow, and then more of them would only wait in its queue.
const READS: usize = 32;
/// Writes at once. Most of their time they wait for a sync, and those of one folder share one.
const WRITES: usize = 32;

/// Reads and writes have their own bounds, so that writers that wait for syncs do not hold up readers.
#[derive(Clone)]
pub(crate) struct Jobs {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { reads: Arc::new(Semaphore::new(READS)), writes: Arc::new(Semaphore::new(WRITES)) }
    }
}

impl Jobs {
    /// Runs a reading job, after waiting for its turn.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.reads).acquire_owned().await.map_err(io::Error::other)?;
        finished(start(turn, job)).await
    }

    /// Runs a writing job, after waiting for its turn. One that has begun goes on when its caller goes away.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        finished(self.start_write(job).await?).await
    }

    /// Starts a writing job, after waiting for its turn, but does not wait for its end.
    pub(crate) async fn start_write<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<JoinHandle<Result<T, Error>>, Error> {
        let turn = Arc::clone(&self.writes).acquire_owned().await.map_err(io::Error::other)?;
        Ok(start(turn, job))
    }

    /// Starts a reading job that nobody waits for yet; `None` when others have taken all turns.
    pub(crate) fn read_ahead<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Option<JoinHandle<Result<T, Error>>> {
        Arc::clone(&self.reads).try_acquire_owned().ok().map(|turn| start(turn, job))
    }
}

fn start<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    job: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> JoinHandle<Result<T, Error>> {
    tokio::task::spawn_blocking(move || {
        let result = job();
        drop(turn);
        result
    })
}

/// Waits for a job that was started. A job that panicked, or that shutdown cut off, counts as unavailable storage.
pub(crate) async fn finished<T>(job: JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    job.await.unwrap_or_else(|failure| Err(io::Error::other(failure).into()))
}
