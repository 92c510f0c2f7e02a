//! The writing side of the catalog.

use crate::prepare::PreparedChunk;
use crate::queue::{Done, Queue, Task};
use crate::{Chunk, CommitOutcome, Deleted, Error, Intent, IntentId, NewIntent, Protection, Removal, Timestamp};
use access::Scope;
use uid::Resource;

/// Writes to the catalog. Clones write through the same queue.
///
/// Operations that wait at the same time become durable together, each of them whole or not at all. One that has been
/// handed over is carried out even if its caller goes away.
#[derive(Clone)]
pub struct CatalogWriter {
    queue: Queue,
}

impl CatalogWriter {
    pub(crate) fn new(queue: Queue) -> Self {
        Self { queue }
    }

    /// Notes, durably, which objects a store is about to write.
    ///
    /// # Errors
    /// [`Error::ForeignKey`] when a key is in use; [`Error::Busy`], [`Error::Unavailable`].
    pub async fn begin(&self, intent: NewIntent) -> Result<IntentId, Error> {
        let id = IntentId(uuid::Uuid::now_v7().to_string());
        let task = Task::Begin { intent: id.0.clone(), keys: intent.keys, now: intent.now };
        self.queue.run(task).await.map(|_| id)
    }

    /// Adds objects to an intent, and is a heartbeat.
    ///
    /// # Errors
    /// [`Error::IntentGone`]; else as [`Self::begin`].
    pub async fn extend(&self, intent: &IntentId, keys: Vec<String>, now: Timestamp) -> Result<(), Error> {
        self.queue.run(Task::Extend { intent: intent.0.clone(), keys, now }).await.map(|_| ())
    }

    /// Says that the owner of these intents is alive. Those that are gone are passed over.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn heartbeat(&self, intents: &[IntentId], now: Timestamp) -> Result<(), Error> {
        let intents = intents.iter().map(|intent| intent.0.clone()).collect();
        self.queue.run(Task::Heartbeat { intents, now }).await.map(|_| ())
    }

    /// Stores the instances of a chunk, ends its intent, and tells what became of each instance, in their order. When it
    /// returns they are durable and visible.
    ///
    /// # Errors
    /// Nothing is stored then: [`Error::IntentGone`]; [`Error::ForeignKey`] when a key is not in the intent;
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn commit(&self, chunk: Chunk) -> Result<Vec<CommitOutcome>, Error> {
        let prepared = tokio::task::spawn_blocking(move || PreparedChunk::new(chunk));
        let chunk = prepared.await.map_err(|_| Error::WriterGone)?;
        match self.queue.run(Task::Commit { chunk: Box::new(chunk) }).await? {
            Done::Outcomes(outcomes) => Ok(outcomes),
            _ => Err(Error::WriterGone),
        }
    }

    /// Gives up an intent: its objects are due for removal at once. One that is gone already is no error.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn abandon(&self, intent: &IntentId, now: Timestamp) -> Result<(), Error> {
        self.queue.run(Task::Abandon { intent: intent.0.clone(), now }).await.map(|_| ())
    }

    /// Deletes a resource and all below it. Its objects are due for removal `grace_ms` milliseconds after `now`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Ambiguous`]; [`Error::Held`] when it, something above it or something below it is
    /// protected; [`Error::Busy`], [`Error::Unavailable`].
    pub async fn delete(
        &self,
        scope: &Scope,
        resource: &Resource,
        now: Timestamp,
        grace_ms: i64,
    ) -> Result<Deleted, Error> {
        let task = Task::Delete { scope: scope.clone(), resource: resource.clone(), now, grace_ms };
        match self.queue.run(task).await? {
            Done::Deleted(deleted) => Ok(deleted),
            _ => Err(Error::WriterGone),
        }
    }

    /// Sets what protects a resource, in place of what did before.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Ambiguous`], [`Error::Busy`], [`Error::Unavailable`].
    pub async fn protect(&self, scope: &Scope, resource: &Resource, protection: Protection) -> Result<(), Error> {
        let task = Task::Protect { scope: scope.clone(), resource: resource.clone(), protection };
        self.queue.run(task).await.map(|_| ())
    }

    /// Settles a disagreement that [`crate::CatalogReader::disagreements`] listed.
    ///
    /// # Errors
    /// [`Error::NotFound`] also when it is outside of the scope or settled; [`Error::Busy`], [`Error::Unavailable`].
    pub async fn resolve(&self, scope: &Scope, disagreement: i64, now: Timestamp) -> Result<(), Error> {
        self.queue.run(Task::Resolve { scope: scope.clone(), disagreement, now }).await.map(|_| ())
    }

    /// Intents without a heartbeat since `before`, the oldest first.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn stale_intents(&self, before: Timestamp) -> Result<Vec<Intent>, Error> {
        match self.queue.run(Task::Intents { before }).await? {
            Done::Intents(intents) => Ok(intents),
            _ => Err(Error::WriterGone),
        }
    }

    /// All intents. At the start of a program that is the only one to store they are all left over.
    ///
    /// # Errors
    /// As [`Self::stale_intents`].
    pub async fn all_intents(&self) -> Result<Vec<Intent>, Error> {
        self.stale_intents(Timestamp(i64::MAX)).await
    }

    /// Objects whose time has come, the longest due first.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn due_removals(&self, now: Timestamp, limit: u32) -> Result<Vec<Removal>, Error> {
        match self.queue.run(Task::DueRemovals { now, limit }).await? {
            Done::Removals(removals) => Ok(removals),
            _ => Err(Error::WriterGone),
        }
    }

    /// Strikes objects that are gone from the archive off the removal list.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn removed(&self, removals: &[i64]) -> Result<(), Error> {
        self.queue.run(Task::Removed { removals: removals.to_vec() }).await.map(|_| ())
    }

    /// Sets right what was noted by a clock that was ahead and is not any more: signs of life after `now` become ones of
    /// now, and objects that would be removed after `latest` are due then. Else dead stores and deleted objects would stay
    /// until that clock had been right.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`].
    pub async fn set_right(&self, now: Timestamp, latest: Timestamp) -> Result<(), Error> {
        self.queue.run(Task::SetRight { now, latest }).await.map(|_| ())
    }

    /// Whether the catalog can be written to now.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Unavailable`], [`Error::WriterGone`].
    pub async fn probe(&self) -> Result<(), Error> {
        self.queue.run(Task::Probe).await.map(|_| ())
    }
}
