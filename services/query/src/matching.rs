//! From the text of a value to a typed match (PS3.4 C.2.2.2), by the kind of attribute.

pub(crate) mod combined;
mod date;
mod time;

use catalog::Match;
use dataset::{Computed, Matching, SearchKey};
use uid::Uid;

/// The most values of one list.
const MAX_LISTED: usize = 1000;
/// The longest text, in characters, that is matched: more than any text attribute of the search table holds.
const MAX_CHARACTERS: usize = 10_240;
/// The most `*` in one value. Each multiplies the work that a hostile value can cause.
const MAX_WILDCARDS: usize = 6;

/// The most values of one key that must all match.
const MAX_REQUIRED: usize = 64;
/// What stands for an empty value (PS3.4 C.2.2.2.7).
const EMPTY: &str = "\"\"";

/// Which of the kinds of matching that a request has to ask for it asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Empty Value Matching (PS3.18 8.3.4.5).
    pub empty: bool,
    /// Multiple Value Matching (PS3.18 8.3.4.6).
    pub multiple: bool,
}

/// Why a value cannot be one of its attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// Not a list of UIDs.
    #[error("UIDs consist of digits and dots, and are separated by a comma or a backslash")]
    Uid,
    /// Not a date or range of dates.
    #[error("dates are written YYYYMMDD, and ranges with a hyphen between, before or after")]
    Date,
    /// Not a time or range of times.
    #[error("times are written HHMMSS.FFFFFF, cut short at will, and ranges with a hyphen between, before or after")]
    Time,
    /// Not a number.
    #[error("it must be a whole number")]
    Number,
    /// Too long.
    #[error("it is too long")]
    TooLong,
    /// Too many values in a list.
    #[error("it lists too many values")]
    TooMany,
    /// Too many wildcards.
    #[error("it has too many wildcards")]
    TooManyWildcards,
    /// Not an offset from UTC, or a second one.
    #[error(
        "an offset from UTC is written +HHMM or -HHMM, from -1200 to +1400, once, and in a URL the plus sign as %2B"
    )]
    Offset,
    /// An empty value beside others.
    #[error("an empty value stands by itself")]
    EmptyAmongOthers,
    /// A wildcard in one of several values (PS3.4 C.2.2.2.8).
    #[error("several values have no wildcards")]
    WildcardAmongSeveral,
}

/// The tests that the values given for an attribute come to. All of them must pass.
///
/// # Errors
/// [`Malformed`] for the first value that cannot be one of the attribute.
pub(crate) fn matches(key: &SearchKey, values: &[&str], asked: Asked) -> Result<Vec<Match>, Malformed> {
    let values: Vec<&str> = values.iter().map(|value| value.trim()).filter(|value| !is_universal(value)).collect();
    if values.is_empty() {
        return Ok(vec![Match::Universal]);
    }
    if asked.empty && values.contains(&EMPTY) {
        let alone = values.iter().all(|value| *value == EMPTY);
        return if alone { Ok(vec![Match::Empty]) } else { Err(Malformed::EmptyAmongOthers) };
    }
    if asked.multiple && MULTIPLE.contains(&key.keyword) {
        return multiple(key, &values);
    }
    match key.matching {
        Matching::Uid | Matching::Computed(Computed::SopClassesInStudy) => uids(&values).map(|test| vec![test]),
        Matching::Computed(Computed::ModalitiesInStudy) => modalities(&values),
        Matching::Code if key.keyword == "Modality" => modalities(&values),
        // A list of nothing but separators names no value.
        Matching::Code if listed(&values)?.is_empty() => Ok(vec![Match::Universal]),
        Matching::Code => required(listed(&values)?),
        Matching::Text | Matching::Name => each(values, text),
        Matching::Date => each(values, date::parse),
        Matching::Time => each(values, time::parse),
        Matching::Number | Matching::Computed(_) => each(values, number),
    }
}

/// Nothing, or nothing but `*` (PS3.4 C.2.2.2.3).
fn is_universal(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'*')
}

fn each(values: Vec<&str>, parse: fn(&str) -> Result<Match, Malformed>) -> Result<Vec<Match>, Malformed> {
    values.into_iter().map(parse).collect()
}

/// Attributes that may have several values (PS3.6) and are of a VR to which Multiple Value Matching applies.
const MULTIPLE: &[&str] = &[
    "ModalitiesInStudy",
    "PhysiciansOfRecord",
    "NameOfPhysiciansReadingStudy",
    "AdmittingDiagnosesDescription",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PerformingPhysicianName",
    "OperatorsName",
    "ImageType",
];

/// Values that must all be among those of the attribute (PS3.4 C.2.2.2.8). A comma may be part of a text.
fn multiple(key: &SearchKey, values: &[&str]) -> Result<Vec<Match>, Malformed> {
    let listed = match key.vr {
        "CS" => listed(values)?,
        _ => {
            values.iter().flat_map(|value| value.split('\\')).map(str::trim).filter(|value| !value.is_empty()).collect()
        }
    };
    if listed.is_empty() {
        return Ok(vec![Match::Universal]);
    }
    if listed.len() > 1 && listed.iter().any(|value| value.contains(['*', '?'])) {
        return Err(Malformed::WildcardAmongSeveral);
    }
    required(listed)
}

fn required(values: Vec<&str>) -> Result<Vec<Match>, Malformed> {
    if values.len() > MAX_REQUIRED { Err(Malformed::TooMany) } else { each(values, text) }
}

/// The values of lists by comma (PS3.18 8.3.4.1) or backslash (PS3.5 6.4), which several clients send.
fn listed<'a>(values: &[&'a str]) -> Result<Vec<&'a str>, Malformed> {
    let all = values.iter().flat_map(|value| value.split([',', '\\'])).map(str::trim).filter(|value| !value.is_empty());
    let listed: Vec<&str> = all.take(MAX_LISTED.saturating_add(1)).collect();
    if listed.len() > MAX_LISTED {
        return Err(Malformed::TooMany);
    }
    Ok(listed)
}

fn uids(values: &[&str]) -> Result<Match, Malformed> {
    let uids = listed(values)?.into_iter().map(|text| text.parse::<Uid>().map_err(|_| Malformed::Uid));
    let uids = uids.collect::<Result<Vec<Uid>, _>>()?;
    if uids.is_empty() { Err(Malformed::Uid) } else { Ok(Match::AnyUid(uids)) }
}

/// Any of several modalities: a user who picks two wants to see both.
fn modalities(values: &[&str]) -> Result<Vec<Match>, Malformed> {
    let listed = listed(values)?;
    if listed.iter().any(|value| is_universal(value)) {
        return Ok(vec![Match::Universal]);
    }
    for value in &listed {
        text(value)?;
    }
    if listed.iter().filter(|value| value.contains(['*', '?'])).count() > Match::MAX_PATTERNS {
        return Err(Malformed::TooMany);
    }
    match listed.as_slice() {
        [] => Ok(vec![Match::Universal]),
        [single] => text(single).map(|test| vec![test]),
        several => Ok(vec![Match::AnyOf(several.iter().map(|value| (*value).to_owned()).collect())]),
    }
}

fn text(value: &str) -> Result<Match, Malformed> {
    if value.chars().count() > MAX_CHARACTERS {
        return Err(Malformed::TooLong);
    }
    if value.bytes().filter(|byte| *byte == b'*').count() > MAX_WILDCARDS {
        return Err(Malformed::TooManyWildcards);
    }
    Ok(if value.contains(['*', '?']) { Match::Wildcard(value.to_owned()) } else { Match::Single(value.to_owned()) })
}

/// IS and US: a sign and at most twelve characters (PS3.5 6.2).
fn number(value: &str) -> Result<Match, Malformed> {
    let fits = value.len() <= 12;
    let number: i64 = value.parse().map_err(|_| Malformed::Number)?;
    if fits { Ok(Match::Single(number.to_string())) } else { Err(Malformed::Number) }
}

/// The ends of a range, `a-b`, `a-` or `-b` (PS3.4 C.2.2.2.5); `None` if there is no hyphen. A hyphen alone, and more
/// than one, is malformed whatever the attribute.
fn range(value: &str, end: impl Fn(&str) -> Option<String>) -> Option<Option<(Option<String>, Option<String>)>> {
    let (from, to) = value.split_once('-')?;
    let (from, to) = (from.trim(), to.trim());
    let bound = |text: &str| if text.is_empty() { Some(None) } else { end(text).map(Some) };
    let ends = bound(from).zip(bound(to));
    Some(ends.filter(|(from, to)| from.is_some() || to.is_some()))
}

#[cfg(test)]
mod tests;
