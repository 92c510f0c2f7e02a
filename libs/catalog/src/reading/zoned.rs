//! The attributes of a level as they are in the zone that a search asks for (PS3.4 C.2.2.2): dates with the times beside them,
//! date-times that name no zone, and the name of the zone.

use super::page::Json;
use crate::matching::{self, TIMEZONE};
use crate::zone::{UtcOffset, Zone, later};
use dataset::{Level, Tag};
use serde_json::Value;

/// Acquisition DateTime, the one attribute of its kind that is kept.
const DATE_TIMES: [Tag; 1] = [Tag(0x0008, 0x002A)];

/// Moves what is stored into the zone. Where nothing says in which zone it is, it stays as it is.
pub(super) fn moved(level: Level, mut all: Json, zone: Zone) -> Json {
    let own = text(&all, TIMEZONE).and_then(|offset| offset.parse::<UtcOffset>().ok());
    let Some(own) = own.or(zone.stored) else { return all };
    let minutes = zone.asked.minutes() - own.minutes();
    for pair in matching::pairs(level) {
        let ([date_at], [time_at]) = (pair.date.path, pair.time.path) else { continue };
        let date = text(&all, *date_at).and_then(|date| matching::date(&date));
        let time = text(&all, *time_at).and_then(|time| plain_time(&time));
        if let Some((date, time)) = date.zip(time).and_then(|(date, time)| later(&date, &time, minutes)) {
            set(&mut all, *date_at, "DA", &date);
            set(&mut all, *time_at, "TM", &time);
        }
    }
    for tag in DATE_TIMES {
        if let Some(moved) = text(&all, tag).and_then(|text| later_date_time(text.trim(), minutes)) {
            set(&mut all, tag, "DT", &moved);
        }
    }
    if let Err(at) = all.binary_search_by_key(&TIMEZONE, |(tag, _)| *tag) {
        all.insert(at, (TIMEZONE, bytes::Bytes::new()));
    }
    set(&mut all, TIMEZONE, "SH", &zone.asked.to_string());
    all
}

/// A time without colons, if it is one.
fn plain_time(text: &str) -> Option<String> {
    matching::time(text)?;
    Some(text.trim().replace(':', ""))
}

/// A date-time (`YYYYMMDDHHMMSS.FFFFFF`, cut short at will) that has hours and names no zone.
fn later_date_time(text: &str, minutes: i32) -> Option<String> {
    let (date, time) = text.split_at_checked(8)?;
    let (date, time) = (matching::date(date)?, plain_time(time)?);
    later(&date, &time, minutes).map(|(date, time)| date + &time)
}

/// The one value of an attribute.
fn text(all: &Json, tag: Tag) -> Option<String> {
    let at = all.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
    let object: Value = serde_json::from_slice(&all.get(at)?.1).ok()?;
    match object.get("Value")?.as_array()?.as_slice() {
        [Value::String(text)] => Some(text.clone()),
        _ => None,
    }
}

/// Digits, a sign and a point need no escapes.
fn set(all: &mut Json, tag: Tag, vr: &str, value: &str) {
    if let Ok(at) = all.binary_search_by_key(&tag, |(tag, _)| *tag)
        && let Some((_, json)) = all.get_mut(at)
    {
        *json = format!(r#"{{"vr":"{vr}","Value":["{value}"]}}"#).into();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn attributes(own: Option<&str>) -> Json {
        let value =
            |group, element, vr, value| (Tag(group, element), format!(r#"{{"vr":"{vr}","Value":["{value}"]}}"#).into());
        let mut all: Json =
            vec![value(0x0008, 0x0023, "DA", "20240229"), value(0x0008, 0x002A, "DT", "20240229233000.5")];
        all.push(value(0x0008, 0x0033, "TM", "23:30"));
        all.extend(own.map(|own| value(0x0008, 0x0201, "SH", own)));
        all
    }

    fn values(all: &Json) -> Vec<String> {
        all.iter().map(|(tag, _)| text(all, *tag).unwrap()).collect()
    }

    #[test]
    fn dates_times_and_their_zone_move_together() {
        let zone = |stored: Option<&str>| Zone {
            asked: "+0100".parse().unwrap(),
            stored: stored.map(|stored| stored.parse().unwrap()),
        };
        let moved = |own, stored| values(&moved(Level::Instance, attributes(own), zone(stored)));
        let later = ["20240301", "20240301003000.5", "0030", "+0100"];
        assert_eq!(moved(Some("+0000"), None), later);
        assert_eq!(moved(Some("+0000"), Some("+0900")), later);
        assert_eq!(moved(None, Some("+0000")), later);
        assert_eq!(moved(None, None), ["20240229", "20240229233000.5", "23:30"]);
        assert_eq!(moved(Some("nonsense"), None), ["20240229", "20240229233000.5", "23:30", "nonsense"]);
        assert_eq!(later_date_time("20240229", 60), None);
        assert_eq!(later_date_time("20240229233000+0100", 60), None);
    }
}
