//! The tables beside the rows of studies, series and instances: further values of multi-valued attributes, values in
//! items of sequences, names of persons, and their words.

use super::insert::{Kind, Layout, indexed};
use crate::Error;
use crate::prepare::LevelRow;
use sqlx::postgres::PgConnection;
use std::sync::LazyLock;

/// The tables of a level.
pub(super) struct LevelTables {
    values: Layout,
    /// `None` where the level has no attributes with names of persons.
    names: Option<(Layout, Layout)>,
    items: Layout,
}

pub(super) static STUDY: LazyLock<LevelTables> = LazyLock::new(|| LevelTables::new("study", true));
pub(super) static SERIES: LazyLock<LevelTables> = LazyLock::new(|| LevelTables::new("series", true));
pub(super) static INSTANCE: LazyLock<LevelTables> = LazyLock::new(|| LevelTables::new("instance", false));

impl LevelTables {
    fn new(level: &str, named: bool) -> Self {
        use Kind::{Number, Text};
        let (row, attribute) = ((level, Number), ("attribute", Text));
        let names = [row, attribute, ("component_group", Number), ("folded", Text)];
        let words = [row, attribute, ("word", Text)];
        let items = [row, attribute, ("item", Number), ("inner_item", Number), ("value", Text)];
        Self {
            values: Layout::new(&format!("{level}_value"), &[row, attribute, ("value", Text)]),
            names: named.then(|| {
                (Layout::new(&format!("{level}_name"), &names), Layout::new(&format!("{level}_name_word"), &words))
            }),
            items: Layout::new(&format!("{level}_item"), &items),
        }
    }
}

/// Inserts what rows, given by their numbers, have in these tables; into those for items only where the schema has them.
pub(super) async fn insert<'a>(
    connection: &mut PgConnection,
    tables: &LevelTables,
    with_items: bool,
    of_rows: impl Iterator<Item = (i64, &'a LevelRow)>,
) -> Result<(), Error> {
    let of_rows: Vec<_> = of_rows.collect();
    let mut values = tables.values.rows();
    for (id, row) in &of_rows {
        for (attribute, value) in &row.values {
            values.add(*id).add(*attribute).add(indexed(value));
        }
    }
    values.insert(connection).await?;
    let mut items = tables.items.rows();
    for (id, row) in of_rows.iter().filter(|_| with_items) {
        for value in &row.items {
            items.add(*id).add(value.attribute).add(value.item).add(value.inner).add(indexed(&value.value));
        }
    }
    items.insert(connection).await?;
    let Some((names, words)) = &tables.names else { return Ok(()) };
    let (mut names, mut words) = (names.rows(), words.rows());
    for (id, row) in &of_rows {
        for (attribute, group, folded) in &row.names {
            names.add(*id).add(*attribute).add(*group).add(indexed(folded));
        }
        for (attribute, word) in &row.words {
            words.add(*id).add(*attribute).add(indexed(word));
        }
    }
    names.insert(connection).await?;
    words.insert(connection).await
}

/// Removes what a study has in these tables.
pub(super) async fn clear_study(connection: &mut PgConnection, with_items: bool, study: i64) -> Result<(), Error> {
    for statement in [
        "DELETE FROM study_value WHERE study = $1",
        "DELETE FROM study_name WHERE study = $1",
        "DELETE FROM study_name_word WHERE study = $1",
    ] {
        sqlx::query(statement).bind(study).execute(&mut *connection).await?;
    }
    if with_items {
        sqlx::query("DELETE FROM study_item WHERE study = $1").bind(study).execute(connection).await?;
    }
    Ok(())
}
