//! What a commit does with SOP Instance UIDs that exist already: in the catalog, or earlier in the same chunk.

use super::lists;
use crate::prepare::{PreparedChunk, PreparedInstance};
use crate::{CommitOutcome, Disagreement, DuplicatePolicy, Error, Refused};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// An instance that holds a SOP Instance UID.
pub(super) struct Holder {
    row: Place,
    study: String,
    series: String,
    received_digest: Vec<u8>,
    stored_digest: Vec<u8>,
    version: u32,
    held: bool,
}

#[derive(Clone, Copy)]
enum Place {
    /// A row of the catalog.
    Row(i64),
    /// An instance of the chunk, by its number.
    Chunk(usize),
}

/// What to do with each instance of a chunk.
#[derive(Default)]
pub(super) struct Plan {
    /// In the order of the chunk.
    pub(super) verdicts: Vec<Verdict>,
    /// Rows of instances that go away because others take their place.
    pub(super) replaced: Vec<i64>,
}

/// What to do with one instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Write it, with this version; a version above 1 replaces another instance.
    Write { version: u32 },
    /// It would be written, but a later one in the chunk takes its place at once.
    Superseded { version: u32 },
    /// Do not write it: the same is there.
    AlreadyStored,
    /// Do not write it: another one is there.
    Refused(Refused),
    /// Do not write it: another one is there and stays.
    KeptFirst,
}

impl Verdict {
    /// The outcome for the sender, once the instance, if at all, is written.
    pub(super) fn outcome(self, disagreements: Vec<Disagreement>) -> CommitOutcome {
        match self {
            Self::Write { version: 1 } | Self::Superseded { version: 1 } => CommitOutcome::Stored { disagreements },
            Self::Write { version } | Self::Superseded { version } => {
                CommitOutcome::Replaced { version, disagreements }
            }
            Self::AlreadyStored => CommitOutcome::AlreadyStored,
            Self::Refused(reason) => CommitOutcome::Refused(reason),
            Self::KeptFirst => CommitOutcome::KeptFirst,
        }
    }
}

/// SOP Instance UID, row, study and series UID, both digests, version, and whether it is protected.
type HolderRow = (String, i64, String, String, Vec<u8>, Vec<u8>, i64, bool);

/// Who holds the SOP Instance UIDs of a chunk.
pub(super) async fn holders(
    connection: &mut SqliteConnection,
    chunk: &PreparedChunk,
) -> Result<HashMap<String, Holder>, Error> {
    const HOLDERS: &str = "SELECT i.sop_instance_uid, i.id, t.study_instance_uid, s.series_instance_uid, \
            i.received_digest, i.stored_digest, i.version, \
            i.legal_hold OR s.legal_hold OR t.legal_hold OR coalesce(i.retain_until > ?3, FALSE) \
            OR coalesce(s.retain_until > ?3, FALSE) OR coalesce(t.retain_until > ?3, FALSE) \
        FROM instance i JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study \
        WHERE i.facility = ?1 AND i.sop_instance_uid IN (SELECT value FROM json_each(?2))";
    let uids = lists::texts(chunk.instances.iter().map(|instance| instance.uids.instance.as_str()));
    let rows: Vec<HolderRow> =
        sqlx::query_as(HOLDERS).bind(&chunk.facility).bind(uids).bind(chunk.now.0).fetch_all(connection).await?;
    let holders = rows.into_iter().map(|(uid, row, study, series, received_digest, stored_digest, version, held)| {
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        (uid, Holder { row: Place::Row(row), study, series, received_digest, stored_digest, version, held })
    });
    Ok(holders.collect())
}

/// Decides over each instance in the order of the chunk.
pub(super) fn plan(chunk: &PreparedChunk, mut holders: HashMap<String, Holder>) -> Plan {
    let mut plan = Plan::default();
    for (number, instance) in chunk.instances.iter().enumerate() {
        let holder = holders.get(instance.uids.instance.as_str());
        let verdict = verdict(instance, holder, chunk.duplicates);
        plan.verdicts.push(verdict);
        if let Verdict::Write { version } = verdict {
            let written = Holder::in_chunk(instance, number, version);
            match holders.insert(instance.uids.instance.to_string(), written).map(|before| before.row) {
                Some(Place::Row(row)) => plan.replaced.push(row),
                Some(Place::Chunk(earlier)) => supersede(&mut plan.verdicts, earlier),
                None => {}
            }
        }
    }
    plan
}

fn verdict(instance: &PreparedInstance, holder: Option<&Holder>, policy: DuplicatePolicy) -> Verdict {
    let Some(holder) = holder else { return Verdict::Write { version: 1 } };
    if holder.is_same(instance) {
        return Verdict::AlreadyStored;
    }
    match policy {
        DuplicatePolicy::Refuse => Verdict::Refused(Refused::Duplicate),
        DuplicatePolicy::KeepFirst => Verdict::KeptFirst,
        DuplicatePolicy::NewVersion { .. } if holder.held => Verdict::Refused(Refused::Held),
        DuplicatePolicy::NewVersion { .. } => Verdict::Write { version: holder.version.saturating_add(1) },
    }
}

fn supersede(verdicts: &mut [Verdict], number: usize) {
    if let Some(verdict) = verdicts.get_mut(number)
        && let Verdict::Write { version } = *verdict
    {
        *verdict = Verdict::Superseded { version };
    }
}

impl Holder {
    fn in_chunk(instance: &PreparedInstance, number: usize, version: u32) -> Self {
        Self {
            row: Place::Chunk(number),
            study: instance.uids.study.to_string(),
            series: instance.uids.series.to_string(),
            received_digest: instance.received_digest.to_vec(),
            stored_digest: instance.stored_digest.to_vec(),
            version,
            held: false,
        }
    }

    /// Whether the instance has the same bytes: as they were received, or with what was put in front of them, so that an
    /// object which the archive completed and gave out is known when it comes back.
    fn is_same(&self, instance: &PreparedInstance) -> bool {
        let same_place = self.study == instance.uids.study.as_str() && self.series == instance.uids.series.as_str();
        same_place && (self.received_digest == instance.received_digest || self.stored_digest == instance.stored_digest)
    }
}
