//! The commit of a chunk: ends the intent, decides over duplicates, writes what is to be written, and puts the objects
//! of the others onto the removal list; all of it in the transaction of the writer.

use super::duplicates::{self, Plan, Verdict};
use super::{delete, intents, removals, store};
use crate::prepare::{PreparedChunk, PreparedInstance};
use crate::{CommitOutcome, DuplicatePolicy, Error, Timestamp};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashSet;

/// See [`crate::CatalogWriter::commit`].
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    chunk: PreparedChunk,
) -> Result<Vec<CommitOutcome>, Error> {
    let mut losers = intents::end(connection, &chunk.intent).await?;
    let holders = duplicates::holders(connection, &chunk).await?;
    let plan = duplicates::plan(&chunk, holders);
    for replaced in &plan.replaced {
        delete::replaced_instance(connection, *replaced, chunk.now, replaced_due(&chunk)).await?;
    }
    let (facility, now) = (chunk.facility, chunk.now);
    let written = to_write(chunk.instances, &plan, &mut losers)?;
    let mut disagreements = store::store(connection, &facility, written, now).await?.into_iter();
    removals::add(connection, losers, now).await?;
    let outcomes = plan.verdicts.into_iter().map(|verdict| {
        let noted = matches!(verdict, Verdict::Write { .. }).then(|| disagreements.next()).flatten();
        verdict.outcome(noted.unwrap_or_default())
    });
    Ok(outcomes.collect())
}

/// The instances to write, each with its version. Their keys are taken out of `losers`, which begins as the keys of the
/// intent: an object that no intent names would stay for ever if the program died now.
fn to_write(
    instances: Vec<PreparedInstance>,
    plan: &Plan,
    losers: &mut HashSet<String>,
) -> Result<Vec<(PreparedInstance, u32)>, Error> {
    let mut written = Vec::with_capacity(instances.len());
    let mut unused = Vec::new();
    for (instance, verdict) in instances.into_iter().zip(&plan.verdicts) {
        let key = losers.take(&instance.key).ok_or(Error::ForeignKey)?;
        match verdict {
            Verdict::Write { version } => written.push((instance, *version)),
            _ => unused.push(key),
        }
    }
    losers.extend(unused);
    Ok(written)
}

/// When the objects of replaced instances may go.
fn replaced_due(chunk: &PreparedChunk) -> Timestamp {
    match chunk.duplicates {
        DuplicatePolicy::NewVersion { grace_ms } => chunk.now.plus(grace_ms),
        DuplicatePolicy::Refuse | DuplicatePolicy::KeepFirst => chunk.now,
    }
}
