//! Study rows: finding them, making them, and making them anew when the instances that they were taken from are gone.

use super::insert::{Kind, Layout, Value, kind_of, searched};
use super::level_tables::{self, STUDY};
use super::store::Stamp;
use super::{disagreements, migrate, variants};
use crate::identity::PatientIdentity;
use crate::matching;
use crate::prepare::LevelRow;
use crate::writing::disagreeing;
use crate::writing::placing::{New, Study, Written, sources};
use crate::writing::study_texts::{grams, name_of};
use crate::{Error, Timestamp, stored_attributes};
use dataset::{AttributeSet, Level};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// The most octets of tokens of one column: a `tsvector` takes a megabyte.
const MOST_TOKENS: usize = 256 * 1024;

/// The studies of a facility among these UIDs.
pub(super) async fn known(
    connection: &mut PgConnection,
    facility: &str,
    uids: HashSet<&str>,
) -> Result<BTreeMap<String, Study>, Error> {
    const KNOWN: &str = "SELECT study_instance_uid, id, coalesce(patient_name, ''), coalesce(patient_id, ''), \
            coalesce(issuer_of_patient_id, ''), coalesce(patient_birth_date, '') \
        FROM study WHERE facility = $1 AND study_instance_uid = ANY($2)";
    let uids: Vec<&str> = uids.into_iter().collect();
    let rows: Vec<(String, i64, String, String, String, String)> =
        sqlx::query_as(KNOWN).bind(facility).bind(uids).fetch_all(connection).await?;
    let studies = rows.into_iter().map(|(uid, id, name, patient_id, issuer, birth_date)| {
        (uid, Study { id, identity: PatientIdentity { name, id: patient_id, issuer, birth_date } })
    });
    Ok(studies.collect())
}

static INSERT: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Text};
    let columns = [
        ("id", Number),
        ("facility", Text),
        ("study_instance_uid", Text),
        ("revision", Number),
        ("created_at", Number),
        ("updated_at", Number),
        ("attributes", Number),
        ("series_count", Number),
        ("instance_count", Number),
        ("stored_bytes", Number),
        ("patient_name", Text),
    ];
    Layout::with_search_columns("study", &columns, Level::Study)
});

static GRAMS: LazyLock<Layout> = LazyLock::new(|| {
    use Kind::{Number, Tokens};
    let columns = [
        ("study", Number),
        ("patient_name", Tokens),
        ("patient_id", Tokens),
        ("accession_number", Tokens),
        ("study_description", Tokens),
    ];
    Layout::new("study_gram", &columns)
});

/// Makes study rows, each from the first of its instances, and what is searched beside them.
pub(super) async fn insert(
    connection: &mut PgConnection,
    stamp: Stamp<'_>,
    new: &[New],
    written: &[Written<'_>],
) -> Result<(), Error> {
    const FACILITY: &str = "INSERT INTO facility (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query(FACILITY).bind(stamp.facility).execute(&mut *connection).await?;
    let mut beside = Vec::with_capacity(new.len());
    let mut rows = INSERT.rows();
    for (place, instance) in sources(new, written) {
        let row = LevelRow::new(Level::Study, &instance.study);
        rows.add(place.study).add(stamp.facility).add(instance.uids.study.as_str()).add(stamp.revision);
        rows.add(stamp.now.0).add(stamp.now.0).add(place.study_attributes).add(0).add(0).add(0);
        rows.add(name_of(&instance.study)).add_cells(Level::Study, &row.cells);
        beside.push((place.study, row, &instance.study));
    }
    rows.insert(connection).await?;
    index(connection, stamp.with_items, &beside).await
}

/// Writes the tables that studies are found by.
async fn index(
    connection: &mut PgConnection,
    with_items: bool,
    studies: &[(i64, LevelRow, &AttributeSet)],
) -> Result<(), Error> {
    let mut rows = GRAMS.rows();
    for (study, row, attributes) in studies {
        rows.add(*study);
        for tokens in grams(row, attributes) {
            rows.add(whole_tokens(&tokens));
        }
    }
    rows.insert(connection).await?;
    let rows = studies.iter().map(|(study, row, _)| (*study, row));
    level_tables::insert(connection, &STUDY, with_items, rows).await
}

/// As many tokens as a column takes.
fn whole_tokens(tokens: &str) -> &str {
    let cut = tokens.get(..tokens.floor_char_boundary(MOST_TOKENS)).unwrap_or_default();
    if cut.len() == tokens.len() { tokens } else { cut.rsplit_once(' ').map_or("", |(whole, _)| whole) }
}

static RENEW: LazyLock<String> = LazyLock::new(|| {
    let columns = matching::columns(Level::Study).enumerate();
    let columns = columns.map(|(at, column)| format!("{} = ${}", column.name, at.saturating_add(4)));
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!("UPDATE study SET attributes = $2, patient_name = $3, {columns} WHERE id = $1")
});

/// Takes the values of a study from the oldest of the study attributes that are left, if those that it had are gone: a
/// study must not go on showing the patient of an image that was deleted because it did not belong there.
pub(super) async fn renew(connection: &mut PgConnection, study: i64, now: Timestamp) -> Result<(), Error> {
    const FORGET: &str = "DELETE FROM study_gram WHERE study = $1";
    let Some((variant, blob)) = variants::needed_by(connection, study).await? else { return Ok(()) };
    let attributes = stored_attributes::decode(&blob)?;
    let row = LevelRow::new(Level::Study, &attributes);
    let name = name_of(&attributes).map(|name| matching::without_nul(name.into()).into_owned());
    let mut query = sqlx::query(AssertSqlSafe(RENEW.as_str())).bind(study).bind(variant).bind(name);
    for (column, cell) in matching::columns(Level::Study).zip(&row.cells) {
        query = match (searched(column, cell), kind_of(column)) {
            (Value::Number(number), _) => query.bind(number),
            (Value::Text(text), _) => query.bind(text),
            (_, Kind::Number) => query.bind(None::<i64>),
            _ => query.bind(None::<String>),
        };
    }
    query.execute(&mut *connection).await?;
    sqlx::query(FORGET).bind(study).execute(&mut *connection).await?;
    let with_items = migrate::has_items(connection).await?;
    level_tables::clear_study(connection, with_items, study).await?;
    index(connection, with_items, &[(study, row, &attributes)]).await?;
    let others = variants::others_of(connection, study).await?;
    let noted = disagreeing::of_variants(study, &PatientIdentity::of(&attributes), others)?;
    disagreements::note_again(connection, study, noted, now).await
}

#[cfg(test)]
mod tests {
    use super::{MOST_TOKENS, whole_tokens};

    #[test]
    fn tokens_are_cut_between_two() {
        assert_eq!(whole_tokens("61 62 "), "61 62 ");
        let many = "61x62x63 ".repeat(MOST_TOKENS / 8);
        let whole = whole_tokens(&many);
        assert!(whole.len() < MOST_TOKENS && whole.ends_with("61x62x63"));
    }
}
