//! A search as one statement: which rows, in which order, with what in them. Values are bound, never written into it.

use super::dialect::{Dialect, table};
use super::order::order;
use super::{conditions, items, sequences};
use crate::Error;
use crate::reading::page;
use crate::search::{Remaining, ReturnTags, Search};
use access::Scope;
use dataset::Level;
use sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};

/// Whether there may be matches beyond a page of this many rows. A page that is not full is the last one.
pub(crate) fn page_is_full(search: &Search, returned: usize) -> bool {
    u64::try_from(returned).unwrap_or(u64::MAX) >= limit(search)
}

/// The statement that counts the matches beyond a page, to one more than the bound.
pub(crate) fn count_statement(dialect: Dialect, scope: &Scope, search: &Search) -> SelectStatement {
    let page = Ord::min(offset(search).saturating_add(limit(search)), MOST);
    count(dialect, scope, search, page, Search::COUNT_BOUND)
}

/// The statement that counts the matches that would be sorted, to one more than the bound.
pub(crate) fn sort_count_statement(dialect: Dialect, scope: &Scope, search: &Search) -> SelectStatement {
    count(dialect, scope, search, 0, Search::MAX_SORTED)
}

fn count(dialect: Dialect, scope: &Scope, search: &Search, offset: u64, bound: u64) -> SelectStatement {
    let mut beyond = matches(dialect, scope, search);
    beyond.expr(Expr::val(1)).limit(bound.saturating_add(1)).offset(offset);
    let mut count = Query::select();
    count.expr(Expr::cust("count(*)")).from_subquery(beyond, "beyond");
    count
}

/// Refuses what [`sort_count_statement`] counted, if it is too much.
pub(crate) fn check_sortable(count: i64) -> Result<(), Error> {
    let fits = u64::try_from(count).is_ok_and(|count| count <= Search::MAX_SORTED);
    if fits { Ok(()) } else { Err(Error::TooManyToSort) }
}

/// What the number means that [`count_statement`] gives.
pub(crate) fn remaining(count: i64) -> Remaining {
    match u64::try_from(count).unwrap_or_default() {
        count if count > Search::COUNT_BOUND => Remaining::MoreThan(Search::COUNT_BOUND),
        count => Remaining::Exact(count),
    }
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
pub(crate) fn page_statement(dialect: Dialect, scope: &Scope, search: &Search) -> SelectStatement {
    let mut chosen = matches(dialect, scope, search);
    for table in levels(search.level).map(table) {
        chosen.expr_as(Expr::col((table, "id")), format!("{table}_number"));
    }
    order(&mut chosen, search);
    chosen.limit(limit(search)).offset(offset(search));

    let mut page = Query::select();
    page.from_subquery(chosen, "page");
    for level in levels(search.level) {
        let number = ("page", format!("{}_number", table(level)));
        dialect.join(&mut page, level, Expr::col((table(level), "id")).equals(number));
    }
    contents(&mut page, search);
    order(&mut page, search);
    page
}

/// Everything that matches, without columns and order.
fn matches(dialect: Dialect, scope: &Scope, search: &Search) -> SelectStatement {
    let mut select = Query::select();
    dialect.from(&mut select, Level::Study);
    if search.level >= Level::Series {
        dialect.join(&mut select, Level::Series, Expr::col(("series", "study")).equals(("study", "id")));
    }
    if search.level >= Level::Instance {
        dialect.join(&mut select, Level::Instance, Expr::col(("instance", "series")).equals(("series", "id")));
    }
    for table in levels(search.level).map(table) {
        select.and_where(in_scope(table, scope)).and_where(Expr::col((table, "deleted_at")).is_null());
    }
    if let Some(study) = &search.study {
        select.and_where(Expr::col(("study", "study_instance_uid")).eq(study.as_str()));
    }
    if let (Some(series), true) = (&search.series, search.level >= Level::Series) {
        select.and_where(Expr::col(("series", "series_instance_uid")).eq(series.as_str()));
    }
    for key in search.keys.iter().filter(|key| key.key.level <= search.level) {
        select.cond_where(conditions::condition(dialect, key, search));
    }
    for level in levels(search.level) {
        for condition in items::conditions(dialect, level, &search.keys) {
            select.and_where(condition);
        }
        for condition in sequences::conditions(dialect, level, &search.keys) {
            select.and_where(condition);
        }
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

/// A level and those above it.
fn levels(level: Level) -> impl Iterator<Item = Level> {
    [Level::Study, Level::Series, Level::Instance].into_iter().filter(move |above| *above <= level)
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
