//! Time zones as offsets from UTC (PS3.3 C.12.1.1.8), and what moving a date and a time into another one makes of them.

use std::str::FromStr;

/// Minutes of a day.
const DAY: i32 = 24 * 60;

/// An offset from UTC, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UtcOffset(i32);

/// A text that is no offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("offsets from UTC are written +HHMM or -HHMM, from -1200 to +1400")]
pub struct InvalidOffset;

impl UtcOffset {
    /// Minutes by which local time is ahead of UTC.
    #[must_use]
    pub const fn minutes(self) -> i32 {
        self.0
    }
}

impl FromStr for UtcOffset {
    type Err = InvalidOffset;

    /// Reads `+HHMM` or `-HHMM`. `-0000` is none.
    fn from_str(text: &str) -> Result<Self, InvalidOffset> {
        let (ahead, digits) = match text.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) if digits != "0000" => (-1, digits),
            _ => return Err(InvalidOffset),
        };
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidOffset);
        }
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<i32>().ok()).ok_or(InvalidOffset);
        let (hours, minutes) = (number(digits.get(..2))?, number(digits.get(2..))?);
        let offset = ahead * (hours * 60 + minutes);
        if minutes < 60 && (-12 * 60..=14 * 60).contains(&offset) { Ok(Self(offset)) } else { Err(InvalidOffset) }
    }
}

impl std::fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }
}

/// The zones of a search (PS3.4 C.2.2.2: Timezone Offset From UTC in a request).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// The zone of the dates and times that are asked for and returned.
    pub asked: UtcOffset,
    /// The zone of what was stored without one; `None`: as if it were in the zone that is asked for.
    pub stored: Option<UtcOffset>,
}

impl Zone {
    /// The minutes that lead from the zone of what was stored without one to that which is asked for.
    pub(crate) fn stored_to_asked(self) -> i32 {
        self.stored.map_or(0, |stored| self.asked.minutes() - stored.minutes())
    }
}

/// A date (`YYYYMMDD`) and a time (as long as it has hours and minutes, whatever follows) some minutes later. `None` where
/// this is no date of four digits for the year.
pub(crate) fn later(date: &str, time: &str, minutes: i32) -> Option<(String, String)> {
    let (days, time) = later_time(time, minutes)?;
    Some((later_date(date, days)?, time))
}

/// A time of day some minutes later, and how many midnights lie between.
pub(crate) fn later_time(time: &str, minutes: i32) -> Option<(i32, String)> {
    let (hour, rest) = time.split_at_checked(2)?;
    let (minute, rest) = if rest.is_empty() { ("", "") } else { rest.split_at_checked(2)? };
    let digits = |part: &str| if part.is_empty() { Ok(0) } else { part.parse::<i32>() };
    let moved = digits(hour).ok()?.checked_mul(60)?.checked_add(digits(minute).ok()?)?.checked_add(minutes)?;
    let (days, of_day) = (moved.div_euclid(DAY), moved.rem_euclid(DAY));
    let whole_hours = minute.is_empty() && of_day % 60 == 0;
    let text =
        if whole_hours { format!("{:02}", of_day / 60) } else { format!("{:02}{:02}{rest}", of_day / 60, of_day % 60) };
    Some((days, text))
}

/// A date (`YYYYMMDD`) some days later. A day that the month does not have counts on into the next one.
pub(crate) fn later_date(date: &str, days: i32) -> Option<String> {
    if days == 0 {
        return Some(date.to_owned());
    }
    let part = |range| date.get(range).and_then(|part: &str| part.parse::<i32>().ok());
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (year, month, day) = civil(days_since(year, month, day).checked_add(days)?);
    (0..=9999).contains(&year).then(|| format!("{year:04}{month:02}{day:02}"))
}

/// Days of four hundred years, after which the calendar repeats.
const ERA: i32 = 146_097;

/// Days since 1 March of the year 0, in the Gregorian calendar. Years begin in March, so that the leap day is the last.
fn days_since(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year
}

/// Year, month and day of such a number.
fn civil(days: i32) -> (i32, i32, i32) {
    let of_era = days.rem_euclid(ERA);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = days.div_euclid(ERA) * 400 + year_of_era;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn offsets_are_read_and_written() {
        for (text, minutes) in [("+0000", 0), ("+0530", 330), ("-1200", -720), ("+1400", 840), ("-0330", -210)] {
            let offset: UtcOffset = text.parse().unwrap();
            assert_eq!((offset.minutes(), offset.to_string()), (minutes, text.to_owned()));
        }
        for text in ["", "+", "0100", "+100", "+01:00", "-0000", "+1401", "-1201", "+0160", "+01000", "+０１００", "Z"]
        {
            assert_eq!(text.parse::<UtcOffset>(), Err(InvalidOffset), "{text}");
        }
    }

    #[test]
    fn moments_move_over_midnights_months_and_leap_days() {
        let moved = |date: &str, time: &str, minutes| later(date, time, minutes).unwrap();
        let pair = |date: &str, time: &str| (date.to_owned(), time.to_owned());
        assert_eq!(moved("20240228", "233000.5", 60), pair("20240229", "003000.5"));
        assert_eq!(moved("20230228", "2330", 60), pair("20230301", "0030"));
        assert_eq!(moved("20240101", "003000", -90), pair("20231231", "230000"));
        assert_eq!(moved("19991231", "23", 60), pair("20000101", "00"));
        assert_eq!(moved("20000301", "10", -330), pair("20000301", "0430"));
        assert_eq!(moved("20000101", "235960.25", 1), pair("20000102", "000060.25"));
        assert_eq!(moved("20240231", "2300", 120), pair("20240303", "0100"), "a day that February does not have");
        assert_eq!(later("99991231", "2300", 120), None);
        assert_eq!(later("nonsense", "2300", 120), None);
        assert_eq!(later("20240101", "1", 120), None);
    }

    #[test]
    fn every_day_has_the_next_one() {
        let mut date = "18991231".to_owned();
        let mut count = 0;
        while date.as_str() < "21010101" {
            let next = later_date(&date, 1).unwrap();
            assert!(next > date && later_date(&next, -1).unwrap() == date, "{date} {next}");
            date = next;
            count += 1;
        }
        assert_eq!(count, 73_415, "days of 201 years, 49 of them leap years, and one");
    }
}
