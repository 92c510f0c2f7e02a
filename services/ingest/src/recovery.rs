//! What a process does about its predecessor when it starts, where it is the only one.

use crate::{Clock, Error, sweep::remove_due, telemetry};
use archive::Archive;
use catalog::CatalogWriter;
use tokio_util::sync::CancellationToken;

/// What a recovery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Intents that the former process left.
    pub abandoned: u64,
    /// Entries of the removal list that are done; more than the objects it left, since not every key was used.
    pub removed: u64,
}

/// Removes what the former process was writing when it ended. To be called before any request is served, and only by
/// a process that has catalog and archive for itself (the data folder is locked): it takes every intent for dead.
///
/// # Errors
/// When the catalog or the archive fails; sweeps do what is left then.
pub async fn recover_at_start(catalog: &CatalogWriter, archive: &Archive, clock: &Clock) -> Result<Recovered, Error> {
    let mut recovered = Recovered::default();
    for intent in catalog.all_intents().await? {
        catalog.abandon(&intent.id, clock.now()).await?;
        recovered.abandoned = recovered.abandoned.saturating_add(1);
    }
    telemetry::abandoned(recovered.abandoned);
    recovered.removed = remove_due(catalog, archive, clock, &CancellationToken::new()).await?;
    if recovered.abandoned > 0 {
        tracing::info!(
            abandoned = recovered.abandoned,
            removed = recovered.removed,
            "removed what was left unfinished"
        );
    }
    Ok(recovered)
}
