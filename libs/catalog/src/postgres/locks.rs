//! Locks of studies, under which all that belongs to a study is written. They are there before its row is, and are
//! released with the transaction.
//!
//! A transaction takes those of all its operations first, in one order for everybody, so that two do not wait for each other.

use crate::Error;
use crate::prepare::PreparedChunk;
use crate::queue::Task;
use access::FacilityId;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use std::collections::BTreeSet;

/// The locks that a transaction has, and what it found the schema to be.
pub(super) struct Locks {
    taken: BTreeSet<i64>,
    /// Whether the schema has tables for what is in items.
    pub(super) with_items: bool,
}

impl Locks {
    /// Takes the locks of all studies that the operations name.
    pub(super) async fn of_all(connection: &mut PgConnection, tasks: &[Task], with_items: bool) -> Result<Self, Error> {
        let wanted: BTreeSet<i64> = tasks.iter().flat_map(of_task).collect();
        take(connection, &wanted).await?;
        Ok(Self { taken: wanted, with_items })
    }

    /// Takes those of further studies of a facility. `false` if it had them all. They are not remembered: an operation that
    /// fails loses them again.
    pub(super) async fn take_more<'a>(
        &self,
        connection: &mut PgConnection,
        facility: &str,
        studies: impl Iterator<Item = &'a str>,
        taken: &mut BTreeSet<i64>,
    ) -> Result<bool, Error> {
        let wanted = studies.map(|study| of_study(facility, study));
        let wanted: BTreeSet<i64> = wanted.filter(|lock| !self.taken.contains(lock) && !taken.contains(lock)).collect();
        take(connection, &wanted).await?;
        taken.extend(&wanted);
        Ok(!wanted.is_empty())
    }
}

async fn take(connection: &mut PgConnection, locks: &BTreeSet<i64>) -> Result<(), Error> {
    const TAKE: &str = "SELECT count(pg_advisory_xact_lock(lock)::TEXT) FROM unnest($1::BIGINT[]) AS lock";
    if !locks.is_empty() {
        sqlx::query(TAKE).bind(locks.iter().copied().collect::<Vec<i64>>()).execute(connection).await?;
    }
    Ok(())
}

fn of_task(task: &Task) -> Vec<i64> {
    match task {
        Task::Commit { chunk } => of_chunk(chunk),
        Task::Delete { scope, resource, .. } | Task::Protect { scope, resource, .. } => {
            let study = resource.study().as_str();
            scope.facilities().iter().map(FacilityId::as_str).map(|facility| of_study(facility, study)).collect()
        }
        Task::Begin { .. }
        | Task::Extend { .. }
        | Task::Heartbeat { .. }
        | Task::SetRight { .. }
        | Task::Abandon { .. }
        | Task::Resolve { .. }
        | Task::Intents { .. }
        | Task::DueRemovals { .. }
        | Task::Removed { .. }
        | Task::Probe => Vec::new(),
    }
}

fn of_chunk(chunk: &PreparedChunk) -> Vec<i64> {
    let mut studies: Vec<&str> = chunk.instances.iter().map(|instance| instance.uids.study.as_str()).collect();
    studies.sort_unstable();
    studies.dedup();
    studies.into_iter().map(|study| of_study(&chunk.facility, study)).collect()
}

/// The same in every process. Two studies that share a lock by chance wait for each other, and nothing else.
fn of_study(facility: &str, study: &str) -> i64 {
    let digest = Sha256::new().chain_update(facility).chain_update([0]).chain_update(study).finalize();
    digest.iter().take(8).fold(0_i64, |lock, octet| (lock << 8) | i64::from(*octet))
}
