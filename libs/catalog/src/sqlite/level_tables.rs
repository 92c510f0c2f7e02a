//! The tables beside the rows of studies, series and instances: further values of multi-valued attributes, values in
//! items of sequences, names of persons, and their words.

use super::insert::insert as insert_rows;
use crate::Error;
use crate::prepare::LevelRow;
use sqlx::sqlite::SqliteConnection;

/// What the tables of a level are called.
pub(super) struct LevelTables {
    values: &'static str,
    /// `None` where the level has no attributes with names of persons.
    names: Option<(&'static str, &'static str)>,
    items: &'static str,
    clear: &'static [&'static str],
}

impl LevelTables {
    pub(super) const STUDY: Self = Self {
        values: "study_value (study, attribute, value)",
        names: Some((
            "study_name (study, attribute, component_group, folded)",
            "study_name_word (study, attribute, word)",
        )),
        items: "study_item (study, attribute, item, inner_item, value)",
        clear: &[
            "DELETE FROM study_value WHERE study = ?1",
            "DELETE FROM study_name WHERE study = ?1",
            "DELETE FROM study_name_word WHERE study = ?1",
            "DELETE FROM study_item WHERE study = ?1",
        ],
    };
    pub(super) const SERIES: Self = Self {
        values: "series_value (series, attribute, value)",
        names: Some((
            "series_name (series, attribute, component_group, folded)",
            "series_name_word (series, attribute, word)",
        )),
        items: "series_item (series, attribute, item, inner_item, value)",
        clear: &[],
    };
    pub(super) const INSTANCE: Self = Self {
        values: "instance_value (instance, attribute, value)",
        names: None,
        items: "instance_item (instance, attribute, item, inner_item, value)",
        clear: &[],
    };
}

/// Inserts what rows, given by their numbers, have in these tables.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    tables: &LevelTables,
    rows: Vec<(i64, LevelRow)>,
) -> Result<(), Error> {
    let (mut all_values, mut all_names, mut all_words) = (Vec::new(), Vec::new(), Vec::new());
    let mut all_items = Vec::new();
    for (row, LevelRow { values, names, words, items, .. }) in rows {
        all_values.extend(values.into_iter().map(|value| (row, value)));
        all_names.extend(names.into_iter().map(|name| (row, name)));
        all_words.extend(words.into_iter().map(|word| (row, word)));
        all_items.extend(items.into_iter().map(|item| (row, item)));
    }
    insert_rows(connection, tables.values, all_values, |(row, (attribute, value)), bound| {
        bound.add(row).add(attribute).add(value);
    })
    .await?;
    insert_rows(connection, tables.items, all_items, |(row, item), bound| {
        bound.add(row).add(item.attribute).add(item.item).add(item.inner).add(item.value);
    })
    .await?;
    let Some((names, words)) = tables.names else { return Ok(()) };
    insert_rows(connection, names, all_names, |(row, (attribute, group, folded)), bound| {
        bound.add(row).add(attribute).add(group).add(folded);
    })
    .await?;
    insert_rows(connection, words, all_words, |(row, (attribute, word)), bound| {
        bound.add(row).add(attribute).add(word);
    })
    .await?;
    Ok(())
}

/// Removes what a row has in these tables.
pub(super) async fn clear(connection: &mut SqliteConnection, tables: &LevelTables, row: i64) -> Result<(), Error> {
    for statement in tables.clear {
        sqlx::query(*statement).bind(row).execute(&mut *connection).await?;
    }
    Ok(())
}
