//! Instances of one request that are committed together.

use super::{
    complete::{Complete, weight},
    heart::Heart,
    keys::{Keys, Ready},
};
use crate::{
    answer::{Answer, Identity, Outcome},
    budget::Held,
    grpc::Answers,
    outage::Outage,
    service::Service,
    telemetry,
};
use access::FacilityId;
use archive::{Key, Upload};
use bytes::Bytes;
use catalog::{Chunk, CommitOutcome, NewInstance};
use dataset::Finding;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
};
use tracing::Instrument as _;

/// A chunk that still takes instances. Their objects are being written meanwhile.
pub(super) struct OpenChunk {
    service: Arc<Service>,
    facility: FacilityId,
    keys: Keys,
    writes: JoinSet<Written>,
    metadata: u64,
    first: Option<Instant>,
}

/// An instance whose object is durable, or could not be written.
struct Written {
    complete: Complete,
    key: Key,
    result: Result<(), Outage>,
}

/// What a chunk came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Instances that are in the archive now, those that were before included.
    pub(super) stored: usize,
    /// What kept others out.
    pub(super) outage: Option<Outage>,
}

impl OpenChunk {
    /// A chunk for an unknown number of instances.
    pub(super) fn begin(service: &Arc<Service>, facility: &FacilityId, heart: &Heart) -> Self {
        Self::with(service, facility, Keys::begin(service, heart))
    }

    /// A chunk for one instance, too large to keep others waiting.
    pub(super) fn begin_single(service: &Arc<Service>, facility: &FacilityId, heart: &Heart) -> Self {
        Self::with(service, facility, Keys::begin_single(service, heart))
    }

    fn with(service: &Arc<Service>, facility: &FacilityId, keys: Keys) -> Self {
        Self {
            service: Arc::clone(service),
            facility: facility.clone(),
            keys,
            writes: JoinSet::new(),
            metadata: 0,
            first: None,
        }
    }

    /// Waits until the intent is durable, and creates the object.
    pub(super) async fn create(&mut self) -> Result<(Key, Upload), Outage> {
        let (key, ready) = self.keys.next();
        ready.await?;
        let upload = self.service.archive.create(&key).await.map_err(|error| Outage::of_archive(&error))?;
        Ok((key, upload))
    }

    /// Adds an instance that is in memory. It is written once the intent is durable.
    pub(super) fn put(
        &mut self,
        complete: Complete,
        pieces: Vec<Bytes>,
        buffer: Option<Held>,
        turn: OwnedSemaphorePermit,
    ) {
        let (key, ready) = self.keys.next();
        let service = Arc::clone(&self.service);
        self.add(complete, key, async move {
            let result = put(&service, &key, ready, pieces).await;
            drop((buffer, turn));
            result
        });
    }

    /// Adds an instance all of whose bytes were given to an upload.
    pub(super) fn finish(&mut self, complete: Complete, key: Key, upload: Upload) {
        self.add(complete, key, async move { upload.finish().await.map_err(|error| Outage::of_archive(&error)) });
    }

    fn add(&mut self, complete: Complete, key: Key, write: impl Future<Output = Result<(), Outage>> + Send + 'static) {
        self.metadata = self.metadata.saturating_add(weight(&complete.description));
        self.first.get_or_insert_with(Instant::now);
        let written = async move {
            let began = Instant::now();
            let result = write.await;
            telemetry::written(began.elapsed());
            Written { complete, key, result }
        };
        self.writes.spawn(written.in_current_span());
    }

    /// Whether it holds enough to be committed.
    pub(super) fn is_full(&self) -> bool {
        self.writes.len() >= self.service.config.commit_instances
            || self.metadata >= self.service.config.commit_metadata_bytes
    }

    /// How much longer it may wait for more instances; `None` while it has none.
    pub(super) fn time_left(&self) -> Option<Duration> {
        self.first.map(|first| self.service.config.commit_after().saturating_sub(first.elapsed()))
    }

    /// Waits for the writes, commits, and answers for each instance.
    ///
    /// # Errors
    /// A panic in a write: a defect, which leaves the intent to the sweep.
    pub(super) async fn commit(mut self, answers: Answers) -> Result<Tally, JoinError> {
        let mut written = self.join().await?;
        written.sort_by_key(|written| written.complete.part);
        let (good, failed): (Vec<_>, Vec<_>) = written.into_iter().partition(|written| written.result.is_ok());
        let mut tally = Tally::default();
        for Written { complete, result, .. } in failed {
            let outage = result.err().unwrap_or(Outage::Archive);
            tally.outage = Some(outage);
            answers.send(refused(complete.part, Identity::of(&complete.description), outage)).await;
        }
        self.commit_written(good, &answers, &mut tally).await;
        Ok(tally)
    }

    async fn join(&mut self) -> Result<Vec<Written>, JoinError> {
        let mut written = Vec::with_capacity(self.writes.len());
        while let Some(joined) = self.writes.join_next().await {
            written.push(joined?);
        }
        Ok(written)
    }

    async fn commit_written(&self, written: Vec<Written>, answers: &Answers, tally: &mut Tally) {
        let keys: Vec<Key> = written.iter().map(|written| written.key).collect();
        // Descriptions count against the shared budget until they are in the catalog.
        let (parts, instances, _held) = take_apart(written);
        match self.end_intent(instances).await {
            Ok(outcomes) => {
                for ((part, identity, findings), outcome) in parts.into_iter().zip(outcomes) {
                    let outcome = Outcome::of_commit(outcome, &findings);
                    tally.stored = tally.stored.saturating_add(usize::from(matches!(outcome, Outcome::Stored(_))));
                    answers.send(Answer { part, identity, outcome }).await;
                }
            }
            // Without instances there is nothing that an outage kept out.
            Err(_) if parts.is_empty() => {}
            Err(outage) => {
                tally.outage = Some(outage);
                self.remove_given_up(outage, &keys).await;
                for (part, identity, _) in parts {
                    answers.send(refused(part, identity, outage)).await;
                }
            }
        }
    }

    /// Commits these instances, and with them ends the intent. Without any it only ends the intent; what objects its
    /// keys may have left go onto the removal list.
    async fn end_intent(&self, instances: Vec<NewInstance>) -> Result<Vec<CommitOutcome>, Outage> {
        let intent = self.keys.intent().await?;
        let (began, count) = (Instant::now(), instances.len());
        let chunk = Chunk {
            intent: intent.clone(),
            facility: self.facility.clone(),
            instances,
            duplicates: self.service.config.duplicate_policy(),
            now: self.service.clock.now(),
        };
        let outcomes = self.service.catalog.commit(chunk).await;
        // Also after a failure: whether the commit took place may be unknown then. If it did not, the intent grows
        // stale and the sweep removes the objects.
        self.keys.ended(&intent);
        let outcomes = outcomes.map_err(|error| Outage::of_catalog(&error))?;
        if count > 0 {
            telemetry::committed(count, began.elapsed());
        }
        Ok(outcomes)
    }

    /// A sweep may have been over the keys of an intent that it took for dead before the last objects were written.
    async fn remove_given_up(&self, outage: Outage, keys: &[Key]) {
        if outage != Outage::GivenUp {
            return;
        }
        for key in keys {
            if let Err(error) = self.service.archive.remove(key).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot remove an object that was given up");
            }
        }
    }

    /// Gives the chunk up: nothing of it was added.
    pub(super) async fn release(self) {
        // Only logged: an intent that stays is swept when it is stale.
        drop(self.end_intent(Vec::new()).await);
    }
}

/// Part, identity and findings: what an answer is made from.
type Answerable = (u32, Identity, Vec<Finding>);

fn take_apart(written: Vec<Written>) -> (Vec<Answerable>, Vec<NewInstance>, Vec<Held>) {
    let mut parts = Vec::with_capacity(written.len());
    let mut instances = Vec::with_capacity(written.len());
    let mut held = Vec::with_capacity(written.len());
    for Written { complete, key, .. } in written {
        let mut description = complete.description;
        let findings = std::mem::take(&mut description.findings);
        parts.push((complete.part, Identity::of(&description), findings));
        held.push(complete.held);
        instances.push(NewInstance {
            description,
            key: key.to_string(),
            stored_digest: complete.stored_digest,
            received_digest: complete.received_digest,
        });
    }
    (parts, instances, held)
}

async fn put(service: &Service, key: &Key, ready: Ready, pieces: Vec<Bytes>) -> Result<(), Outage> {
    ready.await?;
    service.archive.put(key, pieces).await.map_err(|error| Outage::of_archive(&error))
}

fn refused(part: u32, identity: Identity, outage: Outage) -> Answer {
    Answer { part, identity, outcome: Outcome::Refused(outage.into()) }
}
