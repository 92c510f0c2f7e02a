//! Times (TM) and ranges of them.

use super::{Malformed, range};
use catalog::Match;

/// Reads `HHMMSS.FFFFFF`, cut short after any component, or a range of such times.
///
/// # Errors
/// [`Malformed::Time`].
pub(super) fn parse(value: &str) -> Result<Match, Malformed> {
    match range(value, time) {
        Some(ends) => ends.map(|(from, to)| Match::Range { from, to }),
        None => time(value).map(Match::Single),
    }
    .ok_or(Malformed::Time)
}

/// A time without the colons of the old form `HH:MM:SS` (PS3.5 6.2).
fn time(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = if whole.contains(':') { without_colons(whole)? } else { whole.to_owned() };
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(digits.len(), 2 | 4 | 6) || !numeric(&digits) {
        return None;
    }
    // 60 is a leap second.
    for (at, most) in [(0, 23), (2, 59), (4, 60)] {
        let component: Option<u8> = digits.get(at..at + 2).and_then(|component| component.parse().ok());
        if component.is_some_and(|component| component > most) {
            return None;
        }
    }
    match fraction {
        None => Some(digits),
        Some(fraction) if digits.len() == 6 && (1..=6).contains(&fraction.len()) && numeric(fraction) => {
            Some(format!("{digits}.{fraction}"))
        }
        Some(_) => None,
    }
}

fn without_colons(text: &str) -> Option<String> {
    text.split(':').all(|component| component.len() == 2).then(|| text.replace(':', ""))
}
