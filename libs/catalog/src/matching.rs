//! The forms in which values are compared: of dates, times, numbers and names, the same for what is stored and for what
//! is asked for.

mod columns;
mod grams;
mod item_values;
mod items;
mod moments;
mod pattern;

pub(crate) use columns::{Column, column_of, columns, is_indexed};
pub(crate) use grams::{gram_query, gram_text, gram_tsquery};
pub(crate) use item_values::{ItemValue, is_in_items, item_name, item_values};
pub(crate) use items::{Sequence, sequences};
pub(crate) use moments::{Pair, TIMEZONE, moments, pair_of, pairs};
pub(crate) use pattern::Pattern;

use std::borrow::Cow;

/// A text for databases that cannot hold NUL.
pub(crate) fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { text }
}

/// A date as `YYYYMMDD`; the old form `YYYY.MM.DD` (PS3.5 6.2 note) loses its dots. `None` if it is no date.
pub(crate) fn date(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|character| *character != '.').collect();
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The least or greatest date that begins like this; dates of a range may be cut short.
pub(crate) fn date_bound(text: &str, last: bool) -> String {
    let digits: String = text.trim().chars().filter(char::is_ascii_digit).take(8).collect();
    if digits.len() < 8 && last { format!("{digits:9<8}") } else { format!("{digits:0<8}") }
}

/// The least time that has these components, as `HHMMSS.FFFFFF`; the old form with colons loses them. `None` if it is
/// no time.
pub(crate) fn time(text: &str) -> Option<String> {
    time_filled(text, "000000.000000")
}

/// The greatest time that has these components.
pub(crate) fn last_time(text: &str) -> Option<String> {
    time_filled(text, "235959.999999")
}

fn time_filled(text: &str, filling: &str) -> Option<String> {
    let plain: String = text.trim().chars().filter(|character| *character != ':').collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = matches!(whole.len(), 2 | 4 | 6) && fraction.len() <= 6 && digits(whole) && digits(fraction);
    if !fits || (!fraction.is_empty() && whole.len() != 6) {
        return None;
    }
    let given = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    Some(format!("{given}{}", filling.get(given.len()..)?))
}

/// The number that a text of VR IS or US stands for. `None` if it stands for none.
pub(crate) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{date, date_bound, last_time, number, time};

    #[test]
    fn times_are_filled_to_their_first_and_last_moment() {
        for (given, first, last) in [
            ("10", "100000.000000", "105959.999999"),
            ("1030", "103000.000000", "103059.999999"),
            ("103015", "103015.000000", "103015.999999"),
            ("103015.5", "103015.500000", "103015.599999"),
            ("10:30:15", "103015.000000", "103015.999999"),
        ] {
            assert_eq!(time(given).as_deref(), Some(first), "{given}");
            assert_eq!(last_time(given).as_deref(), Some(last), "{given}");
        }
        for given in ["", "1", "103", "1030.5", "10301x", "103015.1234567"] {
            assert_eq!(time(given), None, "{given}");
        }
    }

    #[test]
    fn dates_lose_their_dots_and_bounds_are_filled() {
        assert_eq!(date("2024.01.31").as_deref(), Some("20240131"));
        assert_eq!(date("2024"), None);
        assert_eq!((date_bound("2024", false), date_bound("2024", true)), ("20240000".into(), "20249999".into()));
        assert_eq!(date_bound("20240131", true), "20240131");
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!([number("+07 "), number("-3"), number("7.0"), number("")], [Some(7), Some(-3), None, None]);
    }
}
