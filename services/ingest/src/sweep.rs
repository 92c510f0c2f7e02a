//! Removes what nothing refers to any more: objects whose time has come, and those of requests that died.

use crate::{Clock, Config, Error, telemetry};
use archive::{Archive, Key};
use catalog::{CatalogWriter, Removal};
use futures::StreamExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Removals looked at in one go.
const BATCH: u32 = 500;
/// Objects being removed at once.
const REMOVALS: usize = 8;

/// The background task that sweeps.
#[derive(Debug)]
pub struct Sweeper {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Intents of requests taken for dead.
    pub abandoned: u64,
    /// Entries of the removal list that are done.
    pub removed: u64,
}

impl Sweeper {
    /// Starts sweeping, now and then every [`Config::sweep_seconds`].
    #[must_use]
    pub fn start(config: &Config, catalog: CatalogWriter, archive: Archive, clock: Clock) -> Self {
        let stop = CancellationToken::new();
        let (stopped, config) = (stop.clone(), config.clone());
        let task = tokio::spawn(async move {
            while !stopped.is_cancelled() {
                if let Err(error) = sweep(&config, &catalog, &archive, &clock, &stopped).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a sweep broke off; the next one goes on");
                }
                tokio::select! {
                    () = tokio::time::sleep(config.sweep()) => {}
                    () = stopped.cancelled() => {}
                }
            }
        });
        Self { stop, task }
    }

    /// Stops after the removals that have begun.
    pub async fn stop(self) {
        self.stop.cancel();
        // It ends in a panic only by a defect, which has been logged then.
        drop(self.task.await);
    }
}

/// Sweeps once.
///
/// # Errors
/// When the catalog or the archive fails; what is left is for the next sweep.
pub async fn sweep_once(
    config: &Config,
    catalog: &CatalogWriter,
    archive: &Archive,
    clock: &Clock,
) -> Result<Swept, Error> {
    sweep(config, catalog, archive, clock, &CancellationToken::new()).await
}

async fn sweep(
    config: &Config,
    catalog: &CatalogWriter,
    archive: &Archive,
    clock: &Clock,
    stop: &CancellationToken,
) -> Result<Swept, Error> {
    let now = clock.now();
    let mut swept = Swept::default();
    // The clock may have been ahead when a store or a delete noted its time.
    catalog.set_right(now, now.plus(config.removal_grace_millis())).await?;
    for intent in catalog.stale_intents(now.plus(-config.stale_millis())).await? {
        catalog.abandon(&intent.id, now).await?;
        swept.abandoned = swept.abandoned.saturating_add(1);
        telemetry::abandoned(1);
    }
    swept.removed = remove_due(catalog, archive, clock, stop).await?;
    Ok(swept)
}

/// Removes all objects whose time has come, and gives their number.
pub(crate) async fn remove_due(
    catalog: &CatalogWriter,
    archive: &Archive,
    clock: &Clock,
    stop: &CancellationToken,
) -> Result<u64, Error> {
    let mut removed: u64 = 0;
    while !stop.is_cancelled() {
        let due = catalog.due_removals(clock.now(), BATCH).await?;
        let all = due.len();
        let (done, failure) = remove(archive, due).await;
        let count = u64::try_from(done.len()).unwrap_or(u64::MAX);
        if !done.is_empty() {
            catalog.removed(&done).await?;
            telemetry::removed(count);
            removed = removed.saturating_add(count);
        }
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        if all == 0 || done.len() < all {
            break;
        }
    }
    Ok(removed)
}

/// Removes these objects as far as that can be done; gives the entries that are done, and the last failure.
async fn remove(archive: &Archive, removals: Vec<Removal>) -> (Vec<i64>, Option<archive::Error>) {
    let mut done = Vec::with_capacity(removals.len());
    let mut failure = None;
    let mut results = futures::stream::iter(removals)
        .map(|removal| async move { (removal.id, remove_one(archive, &removal.key).await) })
        .buffer_unordered(REMOVALS);
    while let Some((id, result)) = results.next().await {
        match result {
            Ok(()) => done.push(id),
            Err(error) => failure = Some(error),
        }
    }
    (done, failure)
}

async fn remove_one(archive: &Archive, key: &str) -> Result<(), archive::Error> {
    match key.parse::<Key>() {
        Ok(key) => archive.remove(&key).await,
        Err(_) => {
            // Nothing was ever written under such a key, so the entry is done.
            tracing::error!("the removal list holds something that is no key of the archive");
            Ok(())
        }
    }
}
