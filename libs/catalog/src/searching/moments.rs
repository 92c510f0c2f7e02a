//! Dates, and dates with the times beside them (PS3.4 C.2.2.2.5).

use super::conditions::{column, never, range_test, text_test};
use super::dialect::Dialect;
use crate::matching;
use crate::search::{Match, Moment, time_beside};
use dataset::SearchKey;
use sea_query::{Expr, ExprTrait};

/// The condition of a date. Rows without one have an empty one, or none: they are in no range.
pub(super) fn condition(dialect: Dialect, key: &SearchKey, test: &Match) -> Expr {
    let date = column(key);
    match test {
        Match::Single(text) => matching::date(text).map_or_else(never, |text| date.eq(text)),
        Match::Range { from, to } => dates(date, from.as_deref(), to.as_deref()),
        Match::Moments { from, to } => {
            let time = time_beside(key).and_then(|time| moments(&date, &column(time), from.as_ref(), to.as_ref()));
            time.unwrap_or_else(never)
        }
        other => text_test(dialect, date, other),
    }
}

fn dates(date: Expr, from: Option<&str>, to: Option<&str>) -> Expr {
    let from = from.map_or_else(|| "0".to_owned(), |from| matching::date_bound(from, false));
    range_test(date, Some(from), to.map(|to| matching::date_bound(to, true)))
}

/// The dates as a range of their index, and the times of the first and the last day. `None` if an end is no time.
pub(super) fn moments(date: &Expr, time: &Expr, from: Option<&Moment>, to: Option<&Moment>) -> Option<Expr> {
    let within = |moment: Option<&Moment>| moment.map(|moment| moment.date.clone());
    let mut test = dates(date.clone(), within(from).as_deref(), within(to).as_deref());
    if let Some(from) = from {
        let later = date.clone().gt(matching::date_bound(&from.date, false));
        test = test.and(later.or(time.clone().is_null()).or(time.clone().gte(matching::time(&from.time)?)));
    }
    if let Some(to) = to {
        let earlier = date.clone().lt(matching::date_bound(&to.date, true));
        test = test.and(earlier.or(time.clone().is_null()).or(time.clone().lte(matching::last_time(&to.time)?)));
    }
    Some(test)
}
