//! What a commit does with SOP Instance UIDs that exist already: in the catalog, or earlier in the same chunk.

use super::placing::Written;
use crate::prepare::{PreparedChunk, PreparedInstance};
use crate::{CommitOutcome, Disagreement, DuplicatePolicy, Error, Refused, Timestamp};
use std::collections::{HashMap, HashSet};

/// An instance that holds a SOP Instance UID.
pub(crate) struct Holder {
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
pub(crate) struct Plan {
    /// In the order of the chunk.
    pub(crate) verdicts: Vec<Verdict>,
    /// Rows of instances that go away because others take their place.
    pub(crate) replaced: Vec<i64>,
    /// The studies that these rows are in.
    pub(crate) replaced_in: Vec<String>,
}

/// What to do with one instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
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
    fn outcome(self, disagreements: Vec<Disagreement>) -> CommitOutcome {
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

/// SOP Instance UID, row, study and series UID, received and stored digest, version, and whether it is protected.
pub(crate) type HolderRow = (String, i64, String, String, Vec<u8>, Vec<u8>, i64, bool);

/// Who holds SOP Instance UIDs, by these.
pub(crate) fn holders(rows: Vec<HolderRow>) -> HashMap<String, Holder> {
    let holders = rows.into_iter().map(|(uid, row, study, series, received_digest, stored_digest, version, held)| {
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        (uid, Holder { row: Place::Row(row), study, series, received_digest, stored_digest, version, held })
    });
    holders.collect()
}

/// Decides over each instance in the order of the chunk.
pub(crate) fn plan(chunk: &PreparedChunk, mut holders: HashMap<String, Holder>) -> Plan {
    let mut plan = Plan::default();
    for (number, instance) in chunk.instances.iter().enumerate() {
        let holder = holders.get(instance.uids.instance.as_str());
        let verdict = verdict(instance, holder, chunk.duplicates);
        plan.verdicts.push(verdict);
        if let Verdict::Write { version } = verdict {
            let written = Holder::in_chunk(instance, number, version);
            match holders.insert(instance.uids.instance.to_string(), written) {
                Some(Holder { row: Place::Row(row), study, .. }) => {
                    plan.replaced.push(row);
                    plan.replaced_in.push(study);
                }
                Some(Holder { row: Place::Chunk(earlier), .. }) => supersede(&mut plan.verdicts, earlier),
                None => {}
            }
        }
    }
    plan
}

impl Plan {
    /// The instances to write, each with its version. Their keys are taken out of `losers`, which begins as the keys of the
    /// intent: an object that no intent names would stay for ever if the program died now.
    pub(crate) fn to_write<'a>(
        &self,
        instances: &'a [PreparedInstance],
        losers: &mut HashSet<String>,
    ) -> Result<Vec<Written<'a>>, Error> {
        let mut written = Vec::with_capacity(instances.len());
        let mut unused = Vec::new();
        for (instance, verdict) in instances.iter().zip(&self.verdicts) {
            let key = losers.take(&instance.key).ok_or(Error::ForeignKey)?;
            match verdict {
                Verdict::Write { version } => written.push((instance, *version)),
                _ => unused.push(key),
            }
        }
        losers.extend(unused);
        Ok(written)
    }

    /// What the sender is told, with the disagreements of those that were written.
    pub(crate) fn outcomes(self, noted: Vec<Vec<Disagreement>>) -> Vec<CommitOutcome> {
        let mut noted = noted.into_iter();
        let outcomes = self.verdicts.into_iter().map(|verdict| {
            let noted = matches!(verdict, Verdict::Write { .. }).then(|| noted.next()).flatten();
            verdict.outcome(noted.unwrap_or_default())
        });
        outcomes.collect()
    }
}

/// When the objects of replaced instances may go.
pub(crate) fn replaced_due(chunk: &PreparedChunk) -> Timestamp {
    match chunk.duplicates {
        DuplicatePolicy::NewVersion { grace_ms } => chunk.now.plus(grace_ms),
        DuplicatePolicy::Refuse | DuplicatePolicy::KeepFirst => chunk.now,
    }
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
