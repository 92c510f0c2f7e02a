//! Searches in PostgreSQL. They go through views without the wall between facilities (docs/adr/0005); the scope is in their
//! conditions, and each row that comes back is looked at.

use super::session::Readers;
use crate::Error;
use crate::reading::page::{self, Gathered};
use crate::search::{Page, Remaining, Row, Search};
use crate::searching::{self, Dialect};
use access::Scope;
use sea_query::PostgresQueryBuilder;
use sea_query_sqlx::SqlxBinder;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgRow};

/// See [`crate::CatalogReader::search`].
pub(crate) async fn search(readers: &Readers, scope: &Scope, search: &Search) -> Result<Page, Error> {
    let reading = async {
        let mut session = readers.session().await?;
        let connection = session.connection();
        if searching::is_sorted(search) {
            let statement = searching::sort_count_statement(Dialect::Postgres, scope, search);
            let (sql, values) = statement.build_sqlx(PostgresQueryBuilder);
            let query = sqlx::query_scalar_with(AssertSqlSafe(sql), values).persistent(false);
            if let Err(refused) = searching::check_sortable(query.fetch_one(&mut *connection).await?) {
                session.end();
                return Err(refused);
            }
        }
        let statement = searching::page_statement(Dialect::Postgres, scope, search);
        let (sql, values) = statement.build_sqlx(PostgresQueryBuilder);
        // Planned with its values each time: which index is best depends on them.
        let query = sqlx::query_with(AssertSqlSafe(sql), values).persistent(false);
        let fetched = query.fetch_all(&mut *connection).await?;
        let gathered = gathered(connection, &fetched, search).await?;
        let remaining = remaining(connection, scope, search, fetched.len()).await?;
        session.end();
        let rows = page::read(&fetched, search, &gathered)?;
        let rows = rows.into_iter().filter(|row: &Row| scope.contains(&row.facility)).collect();
        Ok(Page { rows, remaining })
    };
    readers.in_time(reading).await
}

/// How many matches there are beyond a page.
async fn remaining(
    connection: &mut PgConnection,
    scope: &Scope,
    search: &Search,
    returned: usize,
) -> Result<Remaining, Error> {
    if !searching::page_is_full(search, returned) {
        return Ok(Remaining::Exact(0));
    }
    let (sql, values) = searching::count_statement(Dialect::Postgres, scope, search).build_sqlx(PostgresQueryBuilder);
    let query = sqlx::query_scalar_with(AssertSqlSafe(sql), values).persistent(false);
    Ok(searching::remaining(query.fetch_one(connection).await?))
}

async fn gathered(connection: &mut PgConnection, rows: &[PgRow], search: &Search) -> Result<Gathered, Error> {
    const VALUES: &str = "\
        SELECT study, true AS is_modality, modality AS value FROM study_modality WHERE $2 AND study = ANY($1) \
        UNION ALL \
        SELECT study, false, sop_class_uid FROM study_sop_class WHERE $3 AND study = ANY($1) \
        ORDER BY study, value";
    let (studies, modalities) = (page::studies(rows)?, page::wants_modalities(search));
    let sop_classes = page::wants_sop_classes(search);
    if studies.is_empty() || !(modalities || sop_classes) {
        return Ok(Gathered::default());
    }
    let query = sqlx::query_as(VALUES).bind(studies).bind(modalities).bind(sop_classes);
    Ok(Gathered::new(query.fetch_all(connection).await?))
}
