//! Dates and times that are asked for in a zone (PS3.4 C.2.2.2.5): each row is compared as if it had been moved into it.
//!
//! Rows whose instance named its zone have the date and time as a moment in UTC. Of the others, those with a date and a time
//! are in the zone that the search says for them, and a date or a time alone is compared as it is: nothing relates it to a zone.

use super::conditions::{column, never, range_test};
use super::dialect::table;
use super::moments::moments;
use crate::matching::{self, Pair};
use crate::search::{Match, Moment};
use crate::zone::{Zone, later, later_date, later_time};
use dataset::{Matching, SearchKey};
use sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};

/// The first and the last moment of a day.
const FIRST: &str = "000000.000000";
const LAST: &str = "235959.999999";

/// The condition of a date or a time in a zone. `None` where the zone makes no difference to the key or the test.
pub(super) fn condition(zone: Zone, key: &SearchKey, test: &Match) -> Option<Expr> {
    let pair = matching::pair_of(key)?;
    match key.matching {
        Matching::Date => {
            let (from, to) = date_ends(test)?;
            Some(dates(zone, pair, from.as_ref(), to.as_ref()))
        }
        _ => {
            let (from, to) = time_ends(test)?;
            Some(times(zone, pair, from?, to?))
        }
    }
}

type Ends = (Option<Moment>, Option<Moment>);

/// The first and last moment of what is asked for, in its zone. Midnight is the zone's.
fn date_ends(test: &Match) -> Option<Ends> {
    let moment = |date: &String, time: &str| Moment { date: date.clone(), time: time.to_owned() };
    let day = |date: &Option<String>, time: &str| date.as_ref().map(|date| moment(date, time));
    match test {
        Match::Single(date) => Some((Some(moment(date, FIRST)), Some(moment(date, LAST)))),
        Match::Range { from, to } => Some((day(from, FIRST), day(to, LAST))),
        Match::Moments { from, to } => Some((from.clone(), to.clone())),
        _ => None,
    }
}

/// A date and a time of full length; `None` within if there is no end, and `None` if it is no date or time.
fn whole(end: Option<&Moment>, filled: fn(&str) -> Option<String>) -> Option<Option<(String, String)>> {
    match end {
        None => Some(None),
        Some(Moment { date, time }) => Some(Some((matching::date(date)?, filled(time)?))),
    }
}

fn dates(zone: Zone, pair: &Pair, from: Option<&Moment>, to: Option<&Moment>) -> Expr {
    let (Some(from), Some(to)) = (whole(from, matching::time), whole(to, matching::last_time)) else { return never() };
    let (date, time) = (column(pair.date), column(pair.time));
    // Zones are up to 26 hours apart; what is near is a range of the index.
    let beside = |end: &Option<(String, String)>, days| end.as_ref().and_then(|(date, _)| later_date(date, days * 2));
    let near = range_test(date.clone(), beside(&from, -1).or(Some("0".to_owned())), beside(&to, 1));
    let moved =
        |end: &Option<(String, String)>, minutes| end.as_ref().and_then(|(date, time)| later(date, time, minutes));
    let utc =
        |end: &Option<(String, String)>| moved(end, -zone.asked.minutes()).map(|(date, time)| format!("{date}{time}"));
    let value = Expr::col((values_of(pair), "value"));
    let in_utc = Expr::exists(named(pair).and_where(range_test(value, utc(&from), utc(&to))).to_owned());
    let local =
        |end: &Option<(String, String)>| moved(end, -zone.stored_to_asked()).map(|(date, time)| Moment { date, time });
    let in_stored_zone = moments(&date, &time, local(&from).as_ref(), local(&to).as_ref()).unwrap_or_else(never);
    let days = |end: Option<(String, String)>| end.map(|(date, _)| date);
    let alone = range_test(date, days(from).or(Some("0".to_owned())), days(to));
    let unnamed = time.clone().is_not_null().and(in_stored_zone).or(time.is_null().and(alone));
    near.and(in_utc.or(Expr::exists(named(pair)).not().and(unnamed)))
}

/// The first and last time of day of what is asked for. `None` in their place where it is no time.
fn time_ends(test: &Match) -> Option<(Option<String>, Option<String>)> {
    let ends = |from: Option<&String>, to: Option<&String>| {
        let from = from.map_or_else(|| Some(FIRST.to_owned()), |from| matching::time(from));
        let to = to.map_or_else(|| Some(LAST.to_owned()), |to| matching::last_time(to));
        (from, to)
    };
    match test {
        Match::Single(time) => Some(ends(Some(time), Some(time))),
        Match::Range { from, to } => Some(ends(from.as_ref(), to.as_ref())),
        _ => None,
    }
}

fn times(zone: Zone, pair: &Pair, from: String, to: String) -> Expr {
    if from > to {
        // No range crosses midnight (PS3.4 C.2.2.2.5.2).
        return never();
    }
    let (date, time) = (column(pair.date), column(pair.time));
    let of_utc = Expr::from(Func::cust("substr").arg(Expr::col((values_of(pair), "value"))).arg(9));
    let in_utc = of_day(of_utc, &from, &to, -zone.asked.minutes());
    let in_utc = Expr::exists(named(pair).and_where(in_utc).to_owned());
    let dated = date.clone().is_not_null().and(date.clone().ne(""));
    let in_stored_zone = dated.clone().and(of_day(time.clone(), &from, &to, -zone.stored_to_asked()));
    let alone = dated.not().and(range_test(time, Some(from), Some(to)));
    in_utc.or(Expr::exists(named(pair)).not().and(in_stored_zone.or(alone)))
}

/// Tests a time of day against a range that is moved by some minutes, over midnight if need be.
fn of_day(time: Expr, from: &str, to: &str, minutes: i32) -> Expr {
    if from == FIRST && to == LAST {
        return time.is_not_null();
    }
    match (later_time(from, minutes), later_time(to, minutes)) {
        (Some((first, from)), Some((last, to))) if first == last => range_test(time, Some(from), Some(to)),
        (Some((_, from)), Some((_, to))) => time.clone().gte(from).or(time.lte(to)),
        _ => never(),
    }
}

fn values_of(pair: &Pair) -> String {
    format!("{}_value", table(pair.date.level))
}

/// The moment of a row.
fn named(pair: &Pair) -> SelectStatement {
    let own = table(pair.date.level);
    let values = values_of(pair);
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(values.clone());
    select.and_where(Expr::col((values.clone(), own)).equals((own, "id")));
    select.and_where(Expr::col((values, "attribute")).eq(pair.name));
    select
}
