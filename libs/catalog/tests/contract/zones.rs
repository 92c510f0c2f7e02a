//! Dates and times in a zone that is asked for (PS3.4 C.2.2.2).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, key, range, single, uids};
use super::sample::Sample;
use catalog::{Match, Moment, ReturnTags, Search, UtcOffset, Zone};
use dataset::{Level, tag_by_keyword};

fn offset(text: &str) -> UtcOffset {
    text.parse().unwrap()
}

fn zone(asked: &str, stored: Option<&str>) -> Option<Zone> {
    Some(Zone { asked: offset(asked), stored: stored.map(offset) })
}

/// A study with this date, time and zone, at all levels; what is empty is left out.
fn sample(study: u32, date: &str, time: &str, own: &str) -> Sample {
    let pairs = [("StudyDate", date), ("StudyTime", time), ("SeriesDate", date), ("SeriesTime", time)];
    let more = [("ContentDate", date), ("ContentTime", time), ("TimezoneOffsetFromUTC", own)];
    let sample = Sample::new(study, 1, 1).without("StudyDate");
    let given = pairs.into_iter().chain(more).filter(|(_, value)| !value.is_empty());
    given.fold(sample, |sample, (keyword, value)| sample.with(keyword, value))
}

async fn found(fixture: &Fixture, level: Level, keys: &[(&str, Match)], zone: Option<Zone>) -> Vec<u32> {
    let keys = keys.iter().map(|(keyword, test)| key(keyword, test.clone())).collect();
    let page = fixture.search(&Search { keys, zone, ..Search::new(level) }).await;
    let mut found: Vec<u32> = uids(&page).iter().map(|uid| uid.split('.').nth(2).unwrap().parse().unwrap()).collect();
    found.sort_unstable();
    found
}

/// The names of date and time at each level.
const LEVELS: [(Level, &str, &str); 3] = [
    (Level::Study, "StudyDate", "StudyTime"),
    (Level::Series, "SeriesDate", "SeriesTime"),
    (Level::Instance, "ContentDate", "ContentTime"),
];

fn moments(from: [&str; 2], to: [&str; 2]) -> Match {
    let moment = |[date, time]: [&str; 2]| Some(Moment { date: date.into(), time: time.into() });
    Match::Moments { from: moment(from), to: moment(to) }
}

pub async fn moments_are_compared_in_the_zone_that_is_asked_for(fixture: &Fixture) {
    for (study, date, time, own) in [
        (1, "20240229", "233000", "+0000"),
        (2, "20240229", "233000", "+0900"),
        (3, "20240229", "2330", ""),
        (4, "20240229", "", "+0900"),
        (5, "", "2330", "+0900"),
        (6, "20240301", "00:30:00.5", "+0100"),
        (7, "20240301", "10", "nonsense"),
    ] {
        fixture.store(&[sample(study, date, time, own)]).await;
    }
    for (level, date, time) in LEVELS {
        for (zone, keys, expected) in [
            // What is stored, without a zone.
            (None, vec![(date, single("20240229"))], &[1, 2, 3, 4][..]),
            // The day in UTC: of study 2 it is 14:30, of study 6 23:30 of the day before.
            (zone("+0000", None), vec![(date, single("20240229"))], &[1, 2, 3, 4, 6]),
            (zone("+0100", None), vec![(date, single("20240229"))], &[2, 3, 4]),
            (zone("+0100", None), vec![(date, single("20240301"))], &[1, 6, 7]),
            // What has no zone of its own is in that which is configured; a date alone is in every zone.
            (zone("+0100", Some("+0000")), vec![(date, single("20240229"))], &[2, 4]),
            (zone("+0100", Some("+0000")), vec![(date, range("20240301", ""))], &[1, 3, 6, 7]),
            (zone("-0800", Some("+0900")), vec![(date, range("", "20240228"))], &[]),
            (zone("-0800", Some("+0900")), vec![(date, single("20240229"))], &[1, 2, 3, 4, 6, 7]),
            (zone("+1400", Some("-1200")), vec![(date, single("20240302"))], &[3, 7]),
            // Times, also over midnight, with a date that they are related to or without.
            (zone("+0100", None), vec![(time, single("0030"))], &[1, 6]),
            (zone("+0100", None), vec![(time, single("2330"))], &[3, 5]),
            (zone("+0000", Some("-0100")), vec![(time, range("2300", "2359"))], &[1, 5, 6]),
            (zone("+0000", Some("-0100")), vec![(time, range("0000", "0100"))], &[3]),
            (zone("+0100", None), vec![(time, range("", ""))], &[1, 2, 3, 5, 6, 7]),
            (zone("+0100", None), vec![(time, range("11", "10"))], &[]),
            // Both, apart and as one range.
            (zone("+0100", None), vec![(date, single("20240301")), (time, single("00"))], &[1, 6]),
            (zone("+0100", None), vec![(date, moments(["20240301", "0030"], ["20240301", "003000.4"]))], &[1]),
            (zone("+0530", None), vec![(date, moments(["20240229", "2000"], ["20240229", "2001"]))], &[2, 4]),
            (zone("+0530", None), vec![(date, moments(["20240301", "nonsense"], ["20240301", "2001"]))], &[]),
        ] {
            assert_eq!(found(fixture, level, &keys, zone).await, expected, "{} {zone:?}", keys[0].0);
        }
    }
    let born = [("PatientBirthDate", Match::Empty)];
    assert_eq!(found(fixture, Level::Study, &born, zone("+0100", None)).await.len(), 7);
}

/// Rows and questions around midnight, a leap day and the turn of the year, against minutes counted by hand.
pub async fn every_moment_is_found_where_arithmetic_says(fixture: &Fixture) {
    // The days that are used, with their minutes since the first of them.
    const DAYS: [&str; 4] = ["20231230", "20231231", "20240101", "20240102"];
    const ZONES: [&str; 4] = ["-1200", "-0330", "+0000", "+1400"];
    let mut rows = Vec::new();
    for (day, date) in (0_i32..).zip(DAYS).skip(1).take(2) {
        for hour in [0, 11, 23] {
            for own in ZONES {
                let study = u32::try_from(rows.len() + 1).unwrap();
                fixture.store(&[sample(study, date, &format!("{hour:02}15"), own)]).await;
                rows.push(day * 1440 + hour * 60 + 15 - offset(own).minutes());
            }
        }
    }
    for asked in ZONES {
        for (day, date) in (0_i32..).zip(DAYS) {
            let begin = day * 1440 - offset(asked).minutes();
            let is_in = |minute: &i32| (begin..begin + 1440).contains(minute);
            let expected: Vec<u32> = (1..).zip(&rows).filter(|(_, row)| is_in(row)).map(|(study, _)| study).collect();
            for (level, key, _) in LEVELS {
                assert_eq!(
                    found(fixture, level, &[(key, single(date))], zone(asked, None)).await,
                    expected,
                    "{date} {asked}"
                );
            }
        }
    }
}

pub async fn dates_and_times_come_back_in_the_zone(fixture: &Fixture) {
    fixture.store(&[sample(1, "20240229", "2330", "+0000").with("PatientBirthDate", "19700101")]).await;
    fixture.store(&[sample(2, "20240229", "233000.25", "")]).await;
    let tags = |keywords: &[&str]| keywords.iter().map(|keyword| tag_by_keyword(keyword).unwrap()).collect::<Vec<_>>();
    let keywords = ["StudyDate", "TimezoneOffsetFromUTC", "PatientBirthDate", "ContentTime"];
    let mut returned = Vec::new();
    for zone in [zone("+0100", None), zone("+0100", Some("-0030")), None] {
        let search = Search { zone, return_tags: ReturnTags::Listed(tags(&keywords)), ..Search::new(Level::Instance) };
        let mut page = fixture.search(&search).await;
        page.rows.sort_by_key(|row| row.study.to_string());
        for row in page.rows {
            let json = |(_, json): &(dataset::Tag, bytes::Bytes)| {
                let object: serde_json::Value = serde_json::from_slice(json).unwrap();
                object["Value"][0].as_str().unwrap().to_owned()
            };
            returned.push(row.attributes.iter().map(json).collect::<Vec<_>>().join(" "));
        }
    }
    assert_eq!(
        returned,
        [
            "20240301 0030 +0100 19700101",
            "20240229 233000.25",
            "20240301 0030 +0100 19700101",
            "20240301 010000.25 +0100",
            "20240229 2330 +0000 19700101",
            "20240229 233000.25",
        ]
    );
}
