//! The sets of study attributes that the instances of a study brought along: `study_attributes` in the schema.

use super::insert::{Kind, Layout};
use crate::Error;
use crate::writing::placing::{Placed, Written, sources};
use sqlx::postgres::PgConnection;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// Those of some studies among these digests.
pub(super) async fn known(
    connection: &mut PgConnection,
    studies: &[i64],
    digests: HashSet<&str>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    const KNOWN: &str = "SELECT study, digest, id FROM study_attributes WHERE study = ANY($1) AND digest = ANY($2)";
    let digests: Vec<&str> = digests.into_iter().collect();
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(KNOWN).bind(studies).bind(digests).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(study, digest, id)| ((study, digest), id)).collect())
}

static INSERT: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Octets, Text};
    let columns =
        [("id", Number), ("study", Number), ("digest", Text), ("attributes", Octets), ("instance_count", Number)];
    Layout::new("study_attributes", &columns)
});

/// Makes the new ones and counts the instances of all of them.
pub(super) async fn write(
    connection: &mut PgConnection,
    placed: &Placed,
    written: &[Written<'_>],
) -> Result<(), Error> {
    let mut rows = INSERT.rows();
    for (place, instance) in sources(&placed.new_variants, written) {
        rows.add(place.study_attributes).add(place.study).add(instance.study_digest.as_str());
        rows.add(instance.study_blob.as_slice()).add(0);
    }
    rows.insert(connection).await?;
    let mut counts = BTreeMap::new();
    for place in &placed.places {
        *counts.entry(place.study_attributes).or_insert(0_i64) += 1;
    }
    count(connection, counts.into_iter().collect()).await
}

/// Adds to the numbers of instances, which may be negative.
pub(super) async fn count(connection: &mut PgConnection, counts: Vec<(i64, i64)>) -> Result<(), Error> {
    const COUNT: &str = "UPDATE study_attributes SET instance_count = instance_count + more.instances \
        FROM unnest($1::BIGINT[], $2::BIGINT[]) AS more (id, instances) WHERE study_attributes.id = more.id";
    let (ids, counts): (Vec<i64>, Vec<i64>) = counts.into_iter().unzip();
    sqlx::query(COUNT).bind(ids).bind(counts).execute(connection).await?;
    Ok(())
}

/// Removes those of a study that no instance brought along any more.
pub(super) async fn remove_unused(connection: &mut PgConnection, study: i64) -> Result<(), Error> {
    const UNUSED: &str = "DELETE FROM study_attributes WHERE study = $1 AND instance_count <= 0";
    sqlx::query(UNUSED).bind(study).execute(connection).await?;
    Ok(())
}

/// The oldest of a study, if the one that its row was taken from is gone.
pub(super) async fn needed_by(connection: &mut PgConnection, study: i64) -> Result<Option<(i64, Vec<u8>)>, Error> {
    const NEEDED: &str = "SELECT id, attributes FROM study_attributes WHERE study = $1 AND NOT EXISTS \
            (SELECT 1 FROM study s JOIN study_attributes a ON a.id = s.attributes WHERE s.id = $1) \
        ORDER BY id LIMIT 1";
    Ok(sqlx::query_as(NEEDED).bind(study).fetch_optional(connection).await?)
}

/// All of a study except the one that its row was taken from.
pub(super) async fn others_of(connection: &mut PgConnection, study: i64) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    const OTHERS: &str = "SELECT a.id, a.attributes FROM study s JOIN study_attributes a ON a.study = s.id \
        WHERE s.id = $1 AND a.id <> s.attributes ORDER BY a.id";
    Ok(sqlx::query_as(OTHERS).bind(study).fetch_all(connection).await?)
}
