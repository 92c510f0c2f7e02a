//! From a match key to a condition (PS3.4 C.2.2.2).

use super::dialect::{Dialect, table};
use super::{empty, moments, names, zoned};
use crate::matching::{self, Pattern, column_of};
use crate::search::{Match, Search, SearchMatch};
use crate::writing::study_texts::gram_column;
use dataset::{Computed, Level, Matching, SearchKey};
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use uid::Uid;

/// The condition that a row must meet. That of keys in items without columns is one for all of their sequence.
pub(super) fn condition(dialect: Dialect, matched: &SearchMatch, search: &Search) -> Condition {
    let SearchMatch { key, test } = matched;
    if matches_all(test) || key.in_items() {
        return Cond::all();
    }
    if let Some(zoned) = search.zone.and_then(|zone| zoned::condition(zone, key, test)) {
        return Cond::all().add(zoned);
    }
    if matches!(test, Match::Empty) {
        return Cond::all().add(empty::condition(key));
    }
    match key.matching {
        Matching::Name => names::condition(dialect, key, test, search.fuzzy),
        Matching::Computed(computed) => computed_condition(dialect, computed, test),
        Matching::Date => Cond::all().add(moments::condition(dialect, key, test)),
        Matching::Time => Cond::all().add(time_condition(dialect, column(key), test)),
        Matching::Number => Cond::all().add(number_condition(column(key), test)),
        Matching::Uid if is_row_uid(key) => Cond::all().add(text_test(dialect, column(key), test)),
        Matching::Uid | Matching::Text | Matching::Code => text_condition(dialect, key, test),
    }
}

/// Whether everything matches, also what has no value.
pub(super) fn matches_all(test: &Match) -> bool {
    match test {
        Match::Universal => true,
        Match::Wildcard(text) => Pattern::new(text).matches_all(),
        Match::AnyOf(texts) => texts.iter().any(|text| Pattern::new(text).matches_all()),
        Match::Single(_) | Match::AnyUid(_) | Match::Range { .. } | Match::Moments { .. } | Match::Empty => false,
    }
}

/// A condition that no row meets.
pub(super) fn never() -> Expr {
    Expr::cust("1 = 0")
}

/// The column of a key.
pub(super) fn column(key: &SearchKey) -> Expr {
    Expr::col((table(key.level), column_of(key)))
}

/// UIDs that every row has one of.
pub(super) fn is_row_uid(key: &SearchKey) -> bool {
    matches!(key.keyword, "StudyInstanceUID" | "SeriesInstanceUID" | "SOPInstanceUID" | "SOPClassUID")
}

/// Tests a text. What begins alike is a range of the index.
pub(super) fn text_test(dialect: Dialect, value: Expr, test: &Match) -> Expr {
    match test {
        Match::Universal => Expr::cust("1 = 1"),
        Match::Single(text) => value.eq(dialect.bound(text)),
        Match::AnyUid(uids) => value.is_in(uids.iter().map(Uid::as_str)),
        Match::Wildcard(text) => pattern_test(dialect, value, &Pattern::new(text)),
        Match::AnyOf(texts) => any_test(dialect, &value, texts),
        Match::Range { from, to } => {
            let bound = |text: &Option<String>| text.as_deref().map(|text| dialect.bound(text));
            range_test(value, bound(from), bound(to))
        }
        Match::Moments { .. } | Match::Empty => never(),
    }
}

/// Tests a text against several values, those without wildcards in one list: alternatives nest, and databases bound how
/// deeply.
fn any_test(dialect: Dialect, value: &Expr, texts: &[String]) -> Expr {
    let (patterns, plain): (Vec<&String>, Vec<&String>) = texts.iter().partition(|text| text.contains(['*', '?']));
    let tests = patterns.into_iter().map(|text| pattern_test(dialect, value.clone(), &Pattern::new(text)));
    let listed = (!plain.is_empty()).then(|| value.clone().is_in(plain.into_iter().map(|text| dialect.bound(text))));
    listed.into_iter().chain(tests).reduce(ExprTrait::or).unwrap_or_else(never)
}

/// Tests a text against a pattern.
pub(super) fn pattern_test(dialect: Dialect, value: Expr, pattern: &Pattern) -> Expr {
    let prefix = pattern.prefix();
    if prefix.is_empty() {
        return dialect.like(value, pattern);
    }
    let range = value.clone().gte(prefix);
    let range = match Pattern::after_prefix(prefix) {
        Some(end) => range.and(value.clone().lt(end)),
        None => range,
    };
    if pattern.is_prefix_only() { range } else { range.and(dialect.like(value, pattern)) }
}

/// Tests a value against a range whose ends are of its form.
pub(super) fn range_test(value: Expr, from: Option<String>, to: Option<String>) -> Expr {
    let lower = value.clone().gte(from.unwrap_or_default());
    match to {
        Some(to) => lower.and(value.lte(to)),
        None => lower,
    }
}

/// A text matches by the first value, which has a column, or by any of several, which have a table.
fn text_condition(dialect: Dialect, key: &SearchKey, test: &Match) -> Condition {
    let own = table(key.level);
    let mut several = Query::select();
    let values = format!("{own}_value");
    several.column((values.clone(), own)).from(values.clone());
    several.and_where(Expr::col((values.clone(), "attribute")).eq(key.keyword));
    several.and_where(text_test(dialect, Expr::col((values.clone(), "value")), test));
    if dialect.lists(key) && begins_with_text(test) {
        return Cond::all().add(Expr::col((own, "id")).in_subquery(listed(dialect, key, test, several)));
    }
    let in_several = match key.level {
        Level::Study | Level::Series => Expr::col((own, "id")).in_subquery(several),
        // Most instances have several Image Types: looking into one row's is less than listing everybody's.
        Level::Instance => {
            several.and_where(Expr::col((values, own)).equals((own, "id")));
            Expr::exists(several)
        }
    };
    let matches = Cond::any().add(text_test(dialect, column(key), test)).add(in_several);
    match grams_of(dialect, key, test) {
        Some(grams) => Cond::all().add(Expr::col(("study", "id")).in_subquery(grams)).add(matches),
        None => matches,
    }
}

/// The studies that contain what is between the wildcards, where the pattern gives no prefix to begin with.
fn grams_of(dialect: Dialect, key: &SearchKey, test: &Match) -> Option<SelectStatement> {
    let Match::Wildcard(text) = test else { return None };
    let pattern = Pattern::new(text);
    if !pattern.prefix().is_empty() {
        return None;
    }
    gram_select(dialect, gram_column(key.keyword)?, pattern.literals())
}

/// The numbers of the studies that contain all these texts. `None` where the index would hardly leave any out: single
/// ASCII characters are in most names.
pub(super) fn gram_select<'a>(
    dialect: Dialect,
    column: &'static str,
    texts: impl Iterator<Item = &'a str>,
) -> Option<SelectStatement> {
    let texts: Vec<&str> = texts.collect();
    if texts.iter().all(|text| text.len() < 2) {
        return None;
    }
    dialect.grams(column, &texts)
}

/// Whether an index ordered by the text leads to all that match.
pub(super) fn begins_with_text(test: &Match) -> bool {
    let begins = |text: &String| !Pattern::new(text).prefix().is_empty();
    match test {
        Match::Single(_) | Match::AnyUid(_) => true,
        Match::Wildcard(text) => begins(text),
        Match::AnyOf(texts) => texts.iter().all(begins),
        Match::Universal | Match::Range { .. } | Match::Moments { .. } | Match::Empty => false,
    }
}

/// The numbers of all rows of a level that match, by the first value or by one of several.
fn listed(dialect: Dialect, key: &SearchKey, test: &Match, several: SelectStatement) -> SelectStatement {
    let mut first = Query::select();
    first.column((table(key.level), "id"));
    dialect.from(&mut first, key.level);
    first.and_where(text_test(dialect, column(key), test));
    first.union(UnionType::All, several);
    first
}

fn time_condition(dialect: Dialect, value: Expr, test: &Match) -> Expr {
    let (from, to) = match test {
        Match::Single(text) => (Some(text), Some(text)),
        Match::Range { from, to } => (from.as_ref(), to.as_ref()),
        other => return text_test(dialect, value, other),
    };
    let from = from.map(|from| matching::time(from));
    let to = to.map(|to| matching::last_time(to));
    match (from, to) {
        (Some(None), _) | (_, Some(None)) => never(),
        (from, to) => range_test(value, from.flatten(), to.flatten()),
    }
}

fn number_condition(value: Expr, test: &Match) -> Expr {
    match test {
        Match::Single(text) => matching::number(text).map_or_else(never, |number| value.eq(number)),
        Match::Range { from, to } => {
            let bound = |text: &Option<String>| text.as_deref().map(matching::number);
            match (bound(from), bound(to)) {
                (Some(None), _) | (_, Some(None)) => never(),
                (from, to) => {
                    let from = from.flatten().unwrap_or(i64::MIN);
                    value.between(from, to.flatten().unwrap_or(i64::MAX))
                }
            }
        }
        Match::Universal => Expr::cust("1 = 1"),
        Match::Wildcard(_) | Match::AnyUid(_) | Match::AnyOf(_) | Match::Moments { .. } | Match::Empty => never(),
    }
}

fn computed_condition(dialect: Dialect, computed: Computed, test: &Match) -> Condition {
    let condition = match computed {
        Computed::ModalitiesInStudy => gathered(dialect, "study_modality", "modality", test),
        Computed::SopClassesInStudy => gathered(dialect, "study_sop_class", "sop_class_uid", test),
        Computed::NumberOfStudyRelatedSeries => number_condition(Expr::col(("study", "series_count")), test),
        Computed::NumberOfStudyRelatedInstances => number_condition(Expr::col(("study", "instance_count")), test),
        Computed::NumberOfSeriesRelatedInstances => number_condition(Expr::col(("series", "instance_count")), test),
    };
    Cond::all().add(condition)
}

fn gathered(dialect: Dialect, table: &'static str, column: &'static str, test: &Match) -> Expr {
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(table);
    select.and_where(Expr::col((table, "study")).equals(("study", "id")));
    select.and_where(text_test(dialect, Expr::col((table, column)), test));
    Expr::exists(select)
}
