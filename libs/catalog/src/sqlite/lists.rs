//! Lists as one bound parameter: JSON arrays that statements take apart with `json_each`. So a statement is the same
//! text, prepared once, whatever the length of its list.

use crate::Error;
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;
use std::collections::{HashMap, HashSet};

/// Texts as a JSON array.
pub(super) fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().map(Value::from).collect::<Value>().to_string()
}

/// Numbers as a JSON array.
pub(super) fn numbers(items: impl IntoIterator<Item = i64>) -> String {
    items.into_iter().map(Value::from).collect::<Value>().to_string()
}

/// The facilities of a scope as a JSON array.
pub(super) fn facilities(scope: &access::Scope) -> String {
    texts(scope.facilities().iter().map(access::FacilityId::as_str))
}

/// The numbers of rows by their study and a text that is unique within it. The statement takes two lists, the studies and
/// the texts, and gives study, text and number.
pub(super) async fn numbers_within_studies(
    connection: &mut SqliteConnection,
    statement: &'static str,
    studies: &[i64],
    within: HashSet<&str>,
) -> Result<HashMap<(i64, String), i64>, Error> {
    let studies = numbers(studies.iter().copied());
    let rows: Vec<(i64, String, i64)> =
        sqlx::query_as(statement).bind(studies).bind(texts(within)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(study, text, id)| ((study, text), id)).collect())
}
