//! The commit of a chunk: ends the intent, decides over duplicates, writes what is to be written, and puts the objects
//! of the others onto the removal list. The transaction has the locks of the chunk's studies.

use super::locks::Locks;
use super::{delete, intents, removals, store};
use crate::prepare::PreparedChunk;
use crate::writing::duplicates::{self, Holder, HolderRow, Plan};
use crate::{CommitOutcome, Error};
use sqlx::postgres::PgConnection;
use std::collections::{BTreeSet, HashMap};

/// See [`crate::CatalogWriter::commit`].
pub(super) async fn commit(
    connection: &mut PgConnection,
    chunk: &PreparedChunk,
    locks: &Locks,
) -> Result<Vec<CommitOutcome>, Error> {
    let mut losers = intents::end(connection, &chunk.intent).await?;
    let plan = planned(connection, chunk, locks).await?;
    for replaced in &plan.replaced {
        delete::replaced_instance(connection, *replaced, chunk.now, duplicates::replaced_due(chunk)).await?;
    }
    let written = plan.to_write(&chunk.instances, &mut losers)?;
    let noted = store::store(connection, &chunk.facility, &written, chunk.now, locks.with_items).await?;
    removals::add(connection, losers, chunk.now).await?;
    Ok(plan.outcomes(noted))
}

/// What to do with each instance. Studies that lose instances to others are locked too, and looked at again: they may have
/// changed before the lock was had.
async fn planned(connection: &mut PgConnection, chunk: &PreparedChunk, locks: &Locks) -> Result<Plan, Error> {
    let mut taken = BTreeSet::new();
    loop {
        let plan = duplicates::plan(chunk, holders(connection, chunk).await?);
        let losing = plan.replaced_in.iter().map(String::as_str);
        if !locks.take_more(connection, &chunk.facility, losing, &mut taken).await? {
            return Ok(plan);
        }
    }
}

/// Who holds the SOP Instance UIDs of a chunk.
async fn holders(connection: &mut PgConnection, chunk: &PreparedChunk) -> Result<HashMap<String, Holder>, Error> {
    const HOLDERS: &str = "SELECT i.sop_instance_uid, i.id, t.study_instance_uid, s.series_instance_uid, \
            i.received_digest, i.stored_digest, i.version, \
            i.legal_hold OR s.legal_hold OR t.legal_hold OR coalesce(i.retain_until > $3, FALSE) \
            OR coalesce(s.retain_until > $3, FALSE) OR coalesce(t.retain_until > $3, FALSE) \
        FROM instance i JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study \
        WHERE i.facility = $1 AND i.sop_instance_uid = ANY($2)";
    let uids: Vec<&str> = chunk.instances.iter().map(|instance| instance.uids.instance.as_str()).collect();
    if uids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sqlx::query_as(HOLDERS).bind(&chunk.facility).bind(uids).bind(chunk.now.0);
    let rows: Vec<HolderRow> = query.fetch_all(connection).await?;
    Ok(duplicates::holders(rows))
}
