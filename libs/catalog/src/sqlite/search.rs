//! A search as one statement: which rows, in which order, with what in them. Values are bound, never written into it.

use super::{conditions, page};
use crate::Error;
use crate::search::{Page, Remaining, ReturnTags, Row, Search};
use access::Scope;
use dataset::Level;
use sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SqliteQueryBuilder};
use sea_query_sqlx::SqlxBinder;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::read::Readers;

/// See [`crate::CatalogReader::search`].
pub(crate) async fn search(readers: &Readers, scope: &Scope, search: &Search) -> Result<Page, Error> {
    let mut connection = readers.acquire().await?;
    let (sql, values) = page_statement(scope, search).build_sqlx(SqliteQueryBuilder);
    let fetched = sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(&mut *connection).await?;
    let rows = page::read(&mut connection, &fetched, search).await?;
    let remaining = remaining(&mut connection, scope, search, rows.len()).await?;
    let rows = rows.into_iter().filter(|row: &Row| scope.contains(&row.facility)).collect();
    Ok(Page { rows, remaining })
}

/// How many matches there are beyond a page. A page that is not full is the last one.
async fn remaining(
    connection: &mut SqliteConnection,
    scope: &Scope,
    search: &Search,
    returned: usize,
) -> Result<Remaining, Error> {
    if u64::try_from(returned).unwrap_or(u64::MAX) < limit(search) {
        return Ok(Remaining::Exact(0));
    }
    let mut beyond = matches(scope, search);
    beyond.expr(Expr::val(1)).limit(Search::COUNT_BOUND.saturating_add(1));
    beyond.offset(Ord::min(offset(search).saturating_add(limit(search)), MOST));
    let mut count = Query::select();
    count.expr(Expr::cust("count(*)")).from_subquery(beyond, "beyond");
    let (sql, values) = count.build_sqlx(SqliteQueryBuilder);
    let count: i64 = sqlx::query_scalar_with(AssertSqlSafe(sql), values).fetch_one(connection).await?;
    Ok(match u64::try_from(count).unwrap_or_default() {
        count if count > Search::COUNT_BOUND => Remaining::MoreThan(Search::COUNT_BOUND),
        count => Remaining::Exact(count),
    })
}

/// Databases count in signed numbers.
const MOST: u64 = i64::MAX as u64;

fn limit(search: &Search) -> u64 {
    u64::from(Ord::min(search.limit, Search::MAX_LIMIT))
}

fn offset(search: &Search) -> u64 {
    Ord::min(search.offset, MOST)
}

/// The statement for one page. The rows are chosen and ordered by their numbers first: sorting carries nothing else
/// along, and what is returned is read for the rows of the page only.
pub(super) fn page_statement(scope: &Scope, search: &Search) -> SelectStatement {
    let mut chosen = matches(scope, search);
    for table in tables(search.level) {
        chosen.expr_as(Expr::col((*table, "id")), format!("{table}_number"));
    }
    order(&mut chosen, search.level);
    chosen.limit(limit(search)).offset(offset(search));

    let mut page = Query::select();
    page.from_subquery(chosen, "page");
    for table in tables(search.level) {
        page.join(JoinType::Join, *table, Expr::col((*table, "id")).equals(("page", format!("{table}_number"))));
    }
    contents(&mut page, search);
    order(&mut page, search.level);
    page
}

/// Everything that matches, without columns and order.
fn matches(scope: &Scope, search: &Search) -> SelectStatement {
    let mut select = Query::select();
    select.from("study");
    if search.level >= Level::Series {
        select.join(JoinType::Join, "series", Expr::col(("series", "study")).equals(("study", "id")));
    }
    if search.level >= Level::Instance {
        select.join(JoinType::Join, "instance", Expr::col(("instance", "series")).equals(("series", "id")));
    }
    for table in tables(search.level) {
        select.and_where(in_scope(table, scope)).and_where(Expr::col((*table, "deleted_at")).is_null());
    }
    if let Some(study) = &search.study {
        select.and_where(Expr::col(("study", "study_instance_uid")).eq(study.as_str()));
    }
    if let (Some(series), true) = (&search.series, search.level >= Level::Series) {
        select.and_where(Expr::col(("series", "series_instance_uid")).eq(series.as_str()));
    }
    for key in search.keys.iter().filter(|key| key.key.level <= search.level) {
        select.cond_where(conditions::condition(key, search.fuzzy));
    }
    select
}

fn in_scope(table: &'static str, scope: &Scope) -> Expr {
    let facility = Expr::col((table, "facility"));
    match scope.facilities() {
        [only] => facility.eq(only.as_str()),
        several => facility.is_in(several.iter().map(access::FacilityId::as_str)),
    }
}

/// The tables of a level and those above it.
fn tables(level: Level) -> &'static [&'static str] {
    match level {
        Level::Study => &["study"],
        Level::Series => &["study", "series"],
        Level::Instance => &["study", "series", "instance"],
    }
}

/// The order of a search: no two rows stand at the same place, so that pages neither repeat nor leave out any.
fn order(select: &mut SelectStatement, level: Level) {
    select.order_by(("study", "study_date"), Order::Desc).order_by(("study", "id"), Order::Desc);
    if level >= Level::Series {
        select.order_by(("series", "series_order"), Order::Asc).order_by(("series", "id"), Order::Asc);
    }
    if level >= Level::Instance {
        select.order_by(("instance", "instance_order"), Order::Asc).order_by(("instance", "id"), Order::Asc);
    }
}

/// The columns that [`page::read`] reads.
fn contents(page: &mut SelectStatement, search: &Search) {
    let all = search.return_tags == ReturnTags::All;
    let wants = |level| all || page::wants_stored(search, level);
    page.columns([("study", "id"), ("study", "facility"), ("study", "study_instance_uid")]);
    page.columns([("study", "series_count"), ("study", "instance_count")]);
    if wants(Level::Study) {
        let attributes = Expr::col(("study_attributes", "id")).equals(("study", "attributes"));
        page.join(JoinType::Join, "study_attributes", attributes);
        page.expr_as(Expr::col(("study_attributes", "attributes")), "of_study");
    }
    if search.level >= Level::Series {
        page.column(("series", "series_instance_uid"));
        page.expr_as(Expr::col(("series", "id")), "series_id");
        page.expr_as(Expr::col(("series", "instance_count")), "series_instance_count");
        if wants(Level::Series) {
            let attributes = Expr::col(("series_attributes", "series")).equals(("series", "id"));
            page.join(JoinType::Join, "series_attributes", attributes);
            page.expr_as(Expr::col(("series_attributes", "attributes")), "of_series");
        }
    }
    if search.level >= Level::Instance {
        page.columns([("instance", "sop_instance_uid"), ("instance", "transfer_syntax_uid")]);
        if wants(Level::Instance) {
            let attributes = Expr::col(("instance_attributes", "instance")).equals(("instance", "id"));
            page.join(JoinType::Join, "instance_attributes", attributes);
            page.expr_as(Expr::col(("instance_attributes", "attributes")), "of_instance");
        }
    }
}
