//! The sets of study attributes that the instances of a study brought along: `study_attributes` in the schema.

use super::insert::insert as insert_rows;
use super::lists;
use crate::Error;
use crate::writing::placing::{Placed, Written, sources};
use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Those of some studies among these digests.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    studies: &[i64],
    digests: HashSet<&str>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    const KNOWN: &str = "SELECT study, digest, id FROM study_attributes \
        WHERE study IN (SELECT value FROM json_each(?1)) AND digest IN (SELECT value FROM json_each(?2))";
    lists::numbers_within_studies(connection, KNOWN, studies, digests).await
}

/// Makes the new ones and counts the instances of all of them.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    placed: &Placed,
    written: &[Written<'_>],
) -> Result<(), Error> {
    const TABLE: &str = "study_attributes (id, study, digest, attributes, instance_count)";
    let new = sources(&placed.new_variants, written).collect();
    insert_rows(connection, TABLE, new, |(place, instance), values| {
        values.add(place.study_attributes).add(place.study).add(instance.study_digest.as_str());
        values.add(instance.study_blob.as_slice()).add(0);
    })
    .await?;
    let mut counts = BTreeMap::new();
    for place in &placed.places {
        *counts.entry(place.study_attributes).or_insert(0_i64) += 1;
    }
    count(connection, counts.into_iter().collect()).await
}

/// Adds to the numbers of instances, which may be negative.
pub(super) async fn count(connection: &mut SqliteConnection, counts: Vec<(i64, i64)>) -> Result<(), Error> {
    const COUNT: &str = "UPDATE study_attributes SET instance_count = instance_count + ?2 WHERE id = ?1";
    for (id, by) in counts {
        sqlx::query(COUNT).bind(id).bind(by).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Removes those of a study that no instance brought along any more.
pub(super) async fn remove_unused(connection: &mut SqliteConnection, study: i64) -> Result<(), Error> {
    const UNUSED: &str = "DELETE FROM study_attributes WHERE study = ?1 AND instance_count <= 0";
    sqlx::query(UNUSED).bind(study).execute(connection).await?;
    Ok(())
}

/// The oldest of a study, if the one that its row was taken from is gone.
pub(super) async fn needed_by(connection: &mut SqliteConnection, study: i64) -> Result<Option<(i64, Vec<u8>)>, Error> {
    const NEEDED: &str = "SELECT id, attributes FROM study_attributes WHERE study = ?1 AND NOT EXISTS \
            (SELECT 1 FROM study s JOIN study_attributes a ON a.id = s.attributes WHERE s.id = ?1) \
        ORDER BY id LIMIT 1";
    Ok(sqlx::query_as(NEEDED).bind(study).fetch_optional(connection).await?)
}

/// All of a study except the one that its row was taken from.
pub(super) async fn others_of(connection: &mut SqliteConnection, study: i64) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    const OTHERS: &str = "SELECT a.id, a.attributes FROM study s JOIN study_attributes a ON a.study = s.id \
        WHERE s.id = ?1 AND a.id <> s.attributes ORDER BY a.id";
    Ok(sqlx::query_as(OTHERS).bind(study).fetch_all(connection).await?)
}
