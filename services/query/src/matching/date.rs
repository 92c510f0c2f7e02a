//! Dates (DA) and ranges of them.

use super::{Malformed, range};
use catalog::Match;

/// Reads `YYYYMMDD`, or a range of such dates.
///
/// # Errors
/// [`Malformed::Date`].
pub(super) fn parse(value: &str) -> Result<Match, Malformed> {
    match range(value, date) {
        Some(ends) => ends.map(|(from, to)| Match::Range { from, to }),
        None => date(value).map(Match::Single),
    }
    .ok_or(Malformed::Date)
}

/// A date as eight digits; the old form `YYYY.MM.DD` (PS3.5 6.2) is taken too.
fn date(text: &str) -> Option<String> {
    let digits = match text.split('.').collect::<Vec<_>>().as_slice() {
        [all] => (*all).to_owned(),
        [year, month, day] if year.len() == 4 && month.len() == 2 => [*year, *month, *day].concat(),
        _ => return None,
    };
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let month: u8 = digits.get(4..6)?.parse().ok()?;
    let day: u8 = digits.get(6..8)?.parse().ok()?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(digits)
}
