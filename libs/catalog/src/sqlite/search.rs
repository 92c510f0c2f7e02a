//! Searches in SQLite.

use super::lists;
use super::read::Readers;
use crate::Error;
use crate::reading::page::{self, Gathered};
use crate::search::{Page, Remaining, Row, Search};
use crate::searching::{self, Dialect};
use access::Scope;
use sea_query::SqliteQueryBuilder;
use sea_query_sqlx::SqlxBinder;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

/// See [`crate::CatalogReader::search`].
pub(crate) async fn search(readers: &Readers, scope: &Scope, search: &Search) -> Result<Page, Error> {
    let mut connection = readers.acquire().await?;
    if searching::is_sorted(search) {
        let statement = searching::sort_count_statement(Dialect::Sqlite, scope, search);
        let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
        let count = sqlx::query_scalar_with(AssertSqlSafe(sql), values).fetch_one(&mut *connection).await?;
        searching::check_sortable(count)?;
    }
    let statement = searching::page_statement(Dialect::Sqlite, scope, search);
    let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
    let fetched = sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(&mut *connection).await?;
    let gathered = gathered(&mut connection, &fetched, search).await?;
    let rows = page::read(&fetched, search, &gathered)?;
    let remaining = remaining(&mut connection, scope, search, rows.len()).await?;
    let rows = rows.into_iter().filter(|row: &Row| scope.contains(&row.facility)).collect();
    Ok(Page { rows, remaining })
}

/// How many matches there are beyond a page.
async fn remaining(
    connection: &mut SqliteConnection,
    scope: &Scope,
    search: &Search,
    returned: usize,
) -> Result<Remaining, Error> {
    if !searching::page_is_full(search, returned) {
        return Ok(Remaining::Exact(0));
    }
    let (sql, values) = searching::count_statement(Dialect::Sqlite, scope, search).build_sqlx(SqliteQueryBuilder);
    let count = sqlx::query_scalar_with(AssertSqlSafe(sql), values).fetch_one(connection).await?;
    Ok(searching::remaining(count))
}

/// One row with all values: each row is handed from thread to thread, which costs more than its text.
async fn gathered(connection: &mut SqliteConnection, rows: &[SqliteRow], search: &Search) -> Result<Gathered, Error> {
    const VALUES: &str = "\
        SELECT json_group_array(json_array(study, json(is_modality), value)) FROM ( \
        SELECT study, 'true' AS is_modality, modality AS value FROM study_modality \
        WHERE ?2 AND study IN (SELECT value FROM json_each(?1)) \
        UNION ALL \
        SELECT study, 'false', sop_class_uid FROM study_sop_class \
        WHERE ?3 AND study IN (SELECT value FROM json_each(?1)) \
        ORDER BY study, value)";
    let (studies, modalities) = (page::studies(rows)?, page::wants_modalities(search));
    let sop_classes = page::wants_sop_classes(search);
    if studies.is_empty() || !(modalities || sop_classes) {
        return Ok(Gathered::default());
    }
    let query = sqlx::query_scalar(VALUES).bind(lists::numbers(studies)).bind(modalities).bind(sop_classes);
    let values: String = query.fetch_one(connection).await?;
    let values = serde_json::from_str(&values).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Gathered::new(values))
}
