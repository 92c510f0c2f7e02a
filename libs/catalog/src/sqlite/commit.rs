//! The commit of a chunk: ends the intent, decides over duplicates, writes what is to be written, and puts the objects
//! of the others onto the removal list; all of it in the transaction of the writer.

use super::{delete, intents, lists, removals, store};
use crate::prepare::PreparedChunk;
use crate::writing::duplicates::{self, Holder, HolderRow};
use crate::{CommitOutcome, Error};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// See [`crate::CatalogWriter::commit`].
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    chunk: PreparedChunk,
) -> Result<Vec<CommitOutcome>, Error> {
    let mut losers = intents::end(connection, &chunk.intent).await?;
    let holders = holders(connection, &chunk).await?;
    let plan = duplicates::plan(&chunk, holders);
    for replaced in &plan.replaced {
        delete::replaced_instance(connection, *replaced, chunk.now, duplicates::replaced_due(&chunk)).await?;
    }
    let written = plan.to_write(&chunk.instances, &mut losers)?;
    let noted = store::store(connection, &chunk.facility, written, chunk.now).await?;
    removals::add(connection, losers, chunk.now).await?;
    Ok(plan.outcomes(noted))
}

/// Who holds the SOP Instance UIDs of a chunk.
async fn holders(connection: &mut SqliteConnection, chunk: &PreparedChunk) -> Result<HashMap<String, Holder>, Error> {
    const HOLDERS: &str = "SELECT i.sop_instance_uid, i.id, t.study_instance_uid, s.series_instance_uid, \
            i.received_digest, i.stored_digest, i.version, \
            i.legal_hold OR s.legal_hold OR t.legal_hold OR coalesce(i.retain_until > ?3, FALSE) \
            OR coalesce(s.retain_until > ?3, FALSE) OR coalesce(t.retain_until > ?3, FALSE) \
        FROM instance i JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study \
        WHERE i.facility = ?1 AND i.sop_instance_uid IN (SELECT value FROM json_each(?2))";
    let uids = lists::texts(chunk.instances.iter().map(|instance| instance.uids.instance.as_str()));
    let rows: Vec<HolderRow> =
        sqlx::query_as(HOLDERS).bind(&chunk.facility).bind(uids).bind(chunk.now.0).fetch_all(connection).await?;
    Ok(duplicates::holders(rows))
}
