//! From the keys of a request to the matches that the catalog tests.

use crate::{
    error::Error,
    grpc::tag,
    matching::{self, Malformed, combined},
};
use catalog::{Match, OrderBy, SearchMatch, UtcOffset};
use dataset::{Level, SearchKey, Tag, search_key};
use proto::query::v1::{self as wire, Key};

/// What the keys of a request come to.
pub(crate) struct Plan {
    /// What is tested; all of it must match.
    pub matches: Vec<SearchMatch>,
    /// The outermost tags of all attributes that are matched or matched universally: they are returned.
    pub matched: Vec<Tag>,
    /// Names, as requested, of keys that have no effect: they cannot be searched by, or belong to a lower level.
    pub ignored: Vec<String>,
    /// The zone that dates and times are asked for in (PS3.4 C.2.2.2).
    pub zone: Option<UtcOffset>,
}

/// Timezone Offset From UTC: it says how other keys are meant, and is not matched itself.
const TIMEZONE: Tag = Tag(0x0008, 0x0201);

/// All values that a request gives for one attribute.
struct Asked<'a> {
    key: &'static SearchKey,
    /// The name that the request used first.
    name: &'a str,
    values: Vec<&'a str>,
}

/// Plans the search for a level. Without `items` keys that are in items of sequences and have no column are ignored.
///
/// # Errors
/// [`Error::Value`] for the first value that cannot be one of its attribute.
pub(crate) fn plan(keys: &[Key], kinds: matching::Asked, level: Level, items: bool) -> Result<Plan, Error> {
    let mut plan = Plan { matches: Vec::new(), matched: Vec::new(), ignored: Vec::new(), zone: None };
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for key in keys {
        if matches!(key.path.as_slice(), [only] if tag(*only) == TIMEZONE) {
            plan.zone = zone(key, plan.zone)?;
            plan.matched.push(TIMEZONE);
            continue;
        }
        match searchable(&key.path, level).filter(|found| items || !found.in_items()) {
            Some(found) => note(&mut asked, found, key),
            None if plan.ignored.contains(&key.name) => {}
            None => plan.ignored.push(key.name.clone()),
        }
    }
    for Asked { key, name, values } in asked {
        plan.matched.extend(key.path.first());
        let tests =
            matching::matches(key, &values, kinds).map_err(|reason| Error::Value { name: name.to_owned(), reason })?;
        let tests = tests.into_iter().filter(|test| !matches!(test, Match::Universal));
        plan.matches.extend(tests.map(|test| SearchMatch { key, test }));
    }
    combined::combine(&mut plan.matches);
    Ok(plan)
}

/// The zone that a request names, once. No value names none. Where the plus sign was not escaped, it arrives as a space.
fn zone(key: &Key, before: Option<UtcOffset>) -> Result<Option<UtcOffset>, Error> {
    let malformed = |_| Error::Value { name: key.name.clone(), reason: Malformed::Offset };
    let text = match key.value.strip_prefix(' ') {
        Some(digits) if digits.starts_with(|first: char| first.is_ascii_digit()) => format!("+{}", digits.trim_end()),
        _ => key.value.trim().to_owned(),
    };
    if text.is_empty() || text == "*" {
        return Ok(before);
    }
    let named: UtcOffset = text.parse().map_err(malformed)?;
    if before.is_some_and(|before| before != named) {
        return Err(Error::Value { name: key.name.clone(), reason: Malformed::Offset });
    }
    Ok(Some(named))
}

/// The most attributes to order by.
pub(crate) const MAX_ORDERS: usize = 8;

/// What to order by, and the names of those attributes that this is not possible by.
///
/// # Errors
/// [`Error::Orders`] where there are too many.
pub(crate) fn order(asked: &[wire::OrderBy], level: Level) -> Result<(Vec<OrderBy>, Vec<String>), Error> {
    if asked.len() > MAX_ORDERS {
        return Err(Error::Orders);
    }
    let (mut order, mut ignored) = (Vec::new(), Vec::new());
    for asked in asked {
        match searchable(&asked.path, level).and_then(|key| OrderBy::new(key, asked.descending)) {
            Some(by) => order.push(by),
            None => ignored.push(asked.name.clone()),
        }
    }
    Ok((order, ignored))
}

/// What can be searched by at this level: attributes of the level and of those above it. Specific Character Set
/// (0008,0005) is never among them (PS3.18 8.3.4.1).
fn searchable(path: &[u32], level: Level) -> Option<&'static SearchKey> {
    let path: Vec<Tag> = path.iter().copied().map(tag).collect();
    search_key(&path).filter(|found| found.level <= level)
}

fn note<'a>(asked: &mut Vec<Asked<'a>>, key: &'static SearchKey, request: &'a Key) {
    match asked.iter_mut().find(|asked| asked.key == key) {
        Some(known) => known.values.push(&request.value),
        None => asked.push(Asked { key, name: &request.name, values: vec![&request.value] }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn key(name: &str, path: &[u32], value: &str) -> Key {
        Key { path: path.to_vec(), name: name.into(), value: value.into() }
    }

    #[test]
    fn keys_that_cannot_be_searched_by_are_named_once() {
        let keys = [
            key("SpecificCharacterSet", &[0x0008_0005], "ISO_IR 100"),
            key("00091002", &[0x0009_1002], "x"),
            key("00091002", &[0x0009_1002], "y"),
            key("Modality", &[0x0008_0060], "CT"),
            key("PatientName", &[0x0010_0010, 0x0010_0010], "x"),
            key("PatientID", &[0x0010_0020], "7"),
        ];
        let study = plan(&keys, matching::Asked::default(), Level::Study, true).unwrap();
        assert_eq!(study.ignored, ["SpecificCharacterSet", "00091002", "Modality", "PatientName"]);
        assert_eq!(study.matched, [Tag(0x0010, 0x0020)]);

        let series = plan(&keys, matching::Asked::default(), Level::Series, true).unwrap();
        assert_eq!(series.matches.iter().map(|found| found.key.keyword).collect::<Vec<_>>(), ["Modality", "PatientID"]);
    }

    #[test]
    fn a_universal_match_returns_and_tests_nothing() {
        let keys = [key("StudyDescription", &[0x0008_1030], ""), key("PatientName", &[0x0010_0010], "**")];
        let plan = plan(&keys, matching::Asked::default(), Level::Study, true).unwrap();
        assert!(plan.matches.is_empty());
        assert_eq!(plan.matched, [Tag(0x0008, 0x1030), Tag(0x0010, 0x0010)]);
    }

    #[test]
    fn a_malformed_value_is_named_as_written_and_not_repeated() {
        let error = plan(&[key("00080020", &[0x0008_0020], "secret")], matching::Asked::default(), Level::Study, true)
            .err()
            .unwrap();
        let text = error.to_string();
        assert!(text.contains("00080020") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn a_zone_is_named_once_and_matches_nothing_itself() {
        let zoned = |values: &[&str]| {
            let keys: Vec<Key> = values.iter().map(|value| key("TZ", &[0x0008_0201], value)).collect();
            plan(&keys, matching::Asked::default(), Level::Study, true).map(|plan| (plan.zone, plan.matched.len()))
        };
        let one = |text: &str| Some(text.parse::<UtcOffset>().unwrap());
        assert_eq!(zoned(&["+0100"]).unwrap(), (one("+0100"), 1));
        assert_eq!(zoned(&[" 0100", "+0100", ""]).unwrap().0, one("+0100"));
        assert_eq!(zoned(&["-0330"]).unwrap().0, one("-0330"));
        assert_eq!(zoned(&["", "*"]).unwrap().0, None);
        for values in [&["0100"][..], &["+01:00"], &["-0000"], &["+0100", "+0200"], &["  0100"], &["CET"]] {
            assert!(matches!(zoned(values), Err(Error::Value { reason: Malformed::Offset, .. })), "{values:?}");
        }
    }

    #[test]
    fn keys_in_items_are_named_where_the_catalog_has_no_tables_for_them() {
        let name = "OtherPatientIDsSequence.PatientID";
        let keys = [
            key(name, &[0x0010_1002, 0x0010_0020], "7"),
            key("RequestAttributesSequence.00400009", &[0x0040_0275, 0x0040_0009], "S"),
        ];
        let planned = |items| plan(&keys, matching::Asked::default(), Level::Series, items).unwrap();
        assert_eq!((planned(true).ignored.len(), planned(true).matches.len()), (0, 2));
        assert_eq!((planned(false).ignored, planned(false).matches.len()), (vec![name.to_owned()], 1));
    }

    #[test]
    fn orders_are_of_the_level_or_above_and_of_what_a_row_has() {
        let by = |name: &str, path: &[u32]| wire::OrderBy { path: path.to_vec(), name: name.into(), descending: true };
        let asked = [
            by("PatientName", &[0x0010_0010]),
            by("Modality", &[0x0008_0060]),
            by("ModalitiesInStudy", &[0x0008_0061]),
            by("00091002", &[0x0009_1002]),
        ];
        let (order_of_studies, ignored) = order(&asked, Level::Study).unwrap();
        assert_eq!(order_of_studies.len(), 1);
        assert_eq!(ignored, ["Modality", "ModalitiesInStudy", "00091002"]);
        assert_eq!(order(&asked, Level::Series).unwrap().0.len(), 2);
        assert!(matches!(order(&vec![asked[0].clone(); MAX_ORDERS + 1], Level::Study), Err(Error::Orders)));
    }
}
