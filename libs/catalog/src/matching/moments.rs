//! Dates with the times beside them as moments in UTC, of instances that say in which zone they are (Timezone Offset From
//! UTC). They stand among the values of a row, under a name that is no keyword.

use crate::zone::{UtcOffset, later};
use dataset::{AttributeSet, Level, SEARCH_KEYS, SearchKey, Tag};
use std::sync::LazyLock;

/// Timezone Offset From UTC.
pub(crate) const TIMEZONE: Tag = Tag(0x0008, 0x0201);

/// A date, the time beside it, and the name of the two as a moment in UTC.
pub(crate) struct Pair {
    pub(crate) date: &'static SearchKey,
    pub(crate) time: &'static SearchKey,
    pub(crate) name: &'static str,
}

/// The date and time of birth are not among them: a patient's birth date is the same in every zone.
const NAMES: [[&str; 3]; 5] = [
    ["StudyDate", "StudyTime", "StudyDate@UTC"],
    ["SeriesDate", "SeriesTime", "SeriesDate@UTC"],
    ["PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "PerformedProcedureStepStartDate@UTC"],
    ["AcquisitionDate", "AcquisitionTime", "AcquisitionDate@UTC"],
    ["ContentDate", "ContentTime", "ContentDate@UTC"],
];

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let key = |keyword: &str| SEARCH_KEYS.iter().find(|key| key.keyword == keyword && key.path.len() == 1);
    let pair = |[date, time, name]: [&'static str; 3]| Some(Pair { date: key(date)?, time: key(time)?, name });
    NAMES.into_iter().filter_map(pair).collect()
});

/// The dates and times of a level.
pub(crate) fn pairs(level: Level) -> impl Iterator<Item = &'static Pair> {
    PAIRS.iter().filter(move |pair| pair.date.level == level)
}

/// The pair that a date or a time belongs to.
pub(crate) fn pair_of(key: &SearchKey) -> Option<&'static Pair> {
    PAIRS.iter().find(|pair| pair.date == key || pair.time == key)
}

/// The moments of the attributes of a level, `YYYYMMDDHHMMSS.FFFFFF` in UTC.
pub(crate) fn moments(level: Level, attributes: &AttributeSet) -> Vec<(&'static str, String)> {
    let offset = attributes.first(TIMEZONE).and_then(|offset| offset.parse::<UtcOffset>().ok());
    let Some(offset) = offset else { return Vec::new() };
    let moment = |pair: &Pair| {
        let date = attributes.values_at(pair.date.path).first().and_then(|date| super::date(date))?;
        let time = attributes.values_at(pair.time.path).first().and_then(|time| super::time(time))?;
        let (date, time) = later(&date, &time, -offset.minutes())?;
        Some((pair.name, format!("{date}{time}")))
    };
    pairs(level).filter_map(moment).collect()
}
