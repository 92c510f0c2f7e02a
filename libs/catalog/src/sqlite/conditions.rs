//! From a match key to a condition (PS3.4 C.2.2.2).

use super::names;
use super::study_grams;
use crate::matching::{self, Pattern, column_of};
use crate::search::{Match, SearchMatch};
use dataset::{Computed, Level, Matching, SearchKey};
use sea_query::extension::sqlite::SqliteExpr;
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement};
use uid::Uid;

/// The condition that a row must meet.
pub(super) fn condition(matched: &SearchMatch, fuzzy: bool) -> Condition {
    let SearchMatch { key, test } = matched;
    if matches_all(test) {
        return Cond::all();
    }
    match key.matching {
        Matching::Name => names::condition(key, test, fuzzy),
        Matching::Computed(computed) => computed_condition(computed, test),
        Matching::Date => Cond::all().add(date_condition(column(key), test)),
        Matching::Time => Cond::all().add(time_condition(column(key), test)),
        Matching::Number => Cond::all().add(number_condition(column(key), test)),
        Matching::Uid if is_row_uid(key) => Cond::all().add(text_test(column(key), test)),
        Matching::Uid | Matching::Text | Matching::Code => text_condition(key, test),
    }
}

/// Whether everything matches, also what has no value.
fn matches_all(test: &Match) -> bool {
    match test {
        Match::Universal => true,
        Match::Wildcard(text) => Pattern::new(text).matches_all(),
        Match::AnyOf(texts) => texts.iter().any(|text| Pattern::new(text).matches_all()),
        Match::Single(_) | Match::AnyUid(_) | Match::Range { .. } => false,
    }
}

/// The table of a level.
pub(super) fn table(level: Level) -> &'static str {
    match level {
        Level::Study => "study",
        Level::Series => "series",
        Level::Instance => "instance",
    }
}

/// A condition that no row meets.
pub(super) fn never() -> Expr {
    Expr::cust("1 = 0")
}

fn column(key: &SearchKey) -> Expr {
    Expr::col((table(key.level), column_of(key)))
}

/// UIDs that every row has one of.
fn is_row_uid(key: &SearchKey) -> bool {
    matches!(key.keyword, "StudyInstanceUID" | "SeriesInstanceUID" | "SOPInstanceUID" | "SOPClassUID")
}

/// Tests a text. What begins alike is a range of the index.
pub(super) fn text_test(value: Expr, test: &Match) -> Expr {
    match test {
        Match::Universal => Expr::cust("1 = 1"),
        Match::Single(text) => value.eq(text.as_str()),
        Match::AnyUid(uids) => value.is_in(uids.iter().map(Uid::as_str)),
        Match::Wildcard(text) => pattern_test(value, &Pattern::new(text)),
        Match::AnyOf(texts) => any_test(&value, texts),
        Match::Range { from, to } => range_test(value, from.clone(), to.clone()),
    }
}

/// Tests a text against several values, those without wildcards in one list: alternatives nest, and databases bound how
/// deeply.
fn any_test(value: &Expr, texts: &[String]) -> Expr {
    let (patterns, plain): (Vec<&String>, Vec<&String>) = texts.iter().partition(|text| text.contains(['*', '?']));
    let tests = patterns.into_iter().map(|text| pattern_test(value.clone(), &Pattern::new(text)));
    let listed = (!plain.is_empty()).then(|| value.clone().is_in(plain.into_iter().map(String::as_str)));
    listed.into_iter().chain(tests).reduce(ExprTrait::or).unwrap_or_else(never)
}

/// Tests a text against a pattern.
pub(super) fn pattern_test(value: Expr, pattern: &Pattern) -> Expr {
    let prefix = pattern.prefix();
    if prefix.is_empty() {
        return value.glob(pattern.glob());
    }
    let range = value.clone().gte(prefix);
    let range = match Pattern::after_prefix(prefix) {
        Some(end) => range.and(value.clone().lt(end)),
        None => range,
    };
    if pattern.is_prefix_only() { range } else { range.and(value.glob(pattern.glob())) }
}

fn range_test(value: Expr, from: Option<String>, to: Option<String>) -> Expr {
    let lower = value.clone().gte(from.unwrap_or_default());
    match to {
        Some(to) => lower.and(value.lte(to)),
        None => lower,
    }
}

/// A text matches by the first value, which has a column, or by any of several, which have a table.
fn text_condition(key: &SearchKey, test: &Match) -> Condition {
    let own = table(key.level);
    let mut several = Query::select();
    let values = format!("{own}_value");
    several.column((values.clone(), own)).from(values.clone());
    several.and_where(Expr::col((values.clone(), "attribute")).eq(key.keyword));
    several.and_where(text_test(Expr::col((values.clone(), "value")), test));
    let in_several = match key.level {
        Level::Study | Level::Series => Expr::col((own, "id")).in_subquery(several),
        // Most instances have several Image Types: looking into one row's is less than listing everybody's.
        Level::Instance => {
            several.and_where(Expr::col((values, own)).equals((own, "id")));
            Expr::exists(several)
        }
    };
    let matches = Cond::any().add(text_test(column(key), test)).add(in_several);
    match grams_of(key, test) {
        Some(grams) => Cond::all().add(Expr::col(("study", "id")).in_subquery(grams)).add(matches),
        None => matches,
    }
}

/// The studies that contain what is between the wildcards, where the pattern gives no prefix to begin with.
fn grams_of(key: &SearchKey, test: &Match) -> Option<SelectStatement> {
    let Match::Wildcard(text) = test else { return None };
    let pattern = Pattern::new(text);
    if !pattern.prefix().is_empty() {
        return None;
    }
    gram_select(study_grams::column(key.keyword)?, pattern.literals())
}

/// The numbers of the studies that contain all these texts. `None` where the index would hardly leave any out: single
/// ASCII characters are in most names.
pub(super) fn gram_select<'a>(column: &str, texts: impl Iterator<Item = &'a str>) -> Option<SelectStatement> {
    let texts: Vec<&str> = texts.collect();
    if texts.iter().all(|text| text.len() < 2) {
        return None;
    }
    let query = matching::gram_query(column, texts)?;
    let mut select = Query::select();
    select.column("rowid").from("study_gram").and_where(Expr::col("study_gram").matches(query));
    Some(select)
}

/// Rows without a date have an empty one, or none: they are in no range.
fn date_condition(value: Expr, test: &Match) -> Expr {
    match test {
        Match::Single(text) => matching::date(text).map_or_else(never, |date| value.eq(date)),
        Match::Range { from, to } => {
            let from = from.as_deref().map_or_else(|| "0".to_owned(), |from| matching::date_bound(from, false));
            range_test(value, Some(from), to.as_deref().map(|to| matching::date_bound(to, true)))
        }
        other => text_test(value, other),
    }
}

fn time_condition(value: Expr, test: &Match) -> Expr {
    let (from, to) = match test {
        Match::Single(text) => (Some(text), Some(text)),
        Match::Range { from, to } => (from.as_ref(), to.as_ref()),
        other => return text_test(value, other),
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
        Match::Wildcard(_) | Match::AnyUid(_) | Match::AnyOf(_) => never(),
    }
}

fn computed_condition(computed: Computed, test: &Match) -> Condition {
    let condition = match computed {
        Computed::ModalitiesInStudy => gathered("study_modality", "modality", test),
        Computed::SopClassesInStudy => gathered("study_sop_class", "sop_class_uid", test),
        Computed::NumberOfStudyRelatedSeries => number_condition(Expr::col(("study", "series_count")), test),
        Computed::NumberOfStudyRelatedInstances => number_condition(Expr::col(("study", "instance_count")), test),
        Computed::NumberOfSeriesRelatedInstances => number_condition(Expr::col(("series", "instance_count")), test),
    };
    Cond::all().add(condition)
}

fn gathered(table: &'static str, column: &'static str, test: &Match) -> Expr {
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(table);
    select.and_where(Expr::col((table, "study")).equals(("study", "id")));
    select.and_where(text_test(Expr::col((table, column)), test));
    Expr::exists(select)
}
