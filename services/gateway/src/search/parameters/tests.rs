//! Query strings as clients write them, and as nobody means well with them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{MAX_FIELDS, MAX_LENGTH, MAX_PARAMETERS, ParameterError, Parameters};
use proptest::{collection::vec, prelude::*, sample::select};

fn keys(query: &str) -> Vec<(Vec<u32>, String, String)> {
    let parameters = Parameters::parse(query).unwrap();
    parameters.keys.into_iter().map(|key| (key.path, key.name, key.value)).collect()
}

fn values(query: &str) -> Vec<String> {
    keys(query).into_iter().map(|(_, _, value)| value).collect()
}

#[test]
fn the_study_list_of_a_viewer() {
    let parameters = Parameters::parse(
        "limit=101&offset=0&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030&PatientName=*1164*\
         &00100020=*x*&ModalitiesInStudy=CT&StudyDate=20200101-20201231",
    )
    .unwrap();

    assert_eq!((parameters.limit, parameters.offset, parameters.fuzzy_matching), (Some(101), 0, false));
    assert_eq!(
        parameters.include.iter().map(|field| field.tag).collect::<Vec<_>>(),
        [0x0008_1030, 0x0008_0060, 0x0008_0090, 0x0010_0030]
    );
    let keys: Vec<_> = parameters.keys.iter().map(|key| (key.path[0], key.name.as_str(), key.value.as_str())).collect();
    assert_eq!(
        keys,
        [
            (0x0010_0010, "PatientName", "*1164*"),
            (0x0010_0020, "00100020", "*x*"),
            (0x0008_0061, "ModalitiesInStudy", "CT"),
            (0x0008_0020, "StudyDate", "20200101-20201231"),
        ]
    );
    assert!(parameters.unknown.is_empty());
}

#[test]
fn values_are_decoded() {
    for (query, value) in [
        ("PatientName=DOE%5E1*", "DOE^1*"),
        ("PatientName=DOE^1*", "DOE^1*"),
        ("PatientName=van+Gogh", "van Gogh"),
        ("PatientName=van%20Gogh", "van Gogh"),
        ("PatientName=a%2Bb", "a+b"),
        ("PatientName=a%3Db%26c", "a=b&c"),
        ("PatientName=a=b", "a=b"),
        ("PatientName=%E5%B1%B1%E7%94%B0", "山田"),
        ("PatientName=100%", "100%"),
        ("PatientName=%zz", "%zz"),
        ("StudyInstanceUID=1.2%5C1.3", "1.2\\1.3"),
        ("PatientName=", ""),
        ("PatientName", ""),
        ("%50atientName=x", "x"),
    ] {
        assert_eq!(values(query), [value], "{query}");
    }
}

#[test]
fn repeated_keys_all_arrive_in_order() {
    assert_eq!(values("StudyInstanceUID=1&&PatientID=&StudyInstanceUID=2&"), ["1", "", "2"]);
}

#[test]
fn fields_come_as_lists_repeats_and_all() {
    let parameters =
        Parameters::parse("includefield=PatientName,%200020000d&includefield=all&includefield=RequestAttributesSequence.00401001,,Nope&includefield=")
            .unwrap();
    assert!(parameters.include_all);
    let fields: Vec<_> = parameters.include.iter().map(|field| (field.tag, field.name.as_str())).collect();
    assert_eq!(
        fields,
        [(0x0010_0010, "PatientName"), (0x0020_000D, "0020000d"), (0x0040_0275, "RequestAttributesSequence.00401001")]
    );
    assert_eq!(parameters.unknown, ["Nope"]);
}

#[test]
fn what_means_nothing_is_noted_once_and_without_what_could_harm() {
    let parameters = Parameters::parse("foo=1&foo=2&a%0D%0Ab=1&%FF=1&charset=utf-8&accept=a/b").unwrap();
    assert_eq!(parameters.unknown, ["foo", "a??b", "?not?UTF-8?"]);
    assert_eq!(Parameters::parse(&format!("{}=1", "x".repeat(500))).unwrap().unknown[0].len(), 64);
}

#[test]
fn malformed_values_are_named() {
    for query in ["limit=abc", "limit=-1", "limit=", "limit=1.5", "limit=+1x", "limit"] {
        assert_eq!(Parameters::parse(query), Err(ParameterError::NotANumber { name: "limit" }), "{query}");
    }
    assert_eq!(Parameters::parse("offset=x"), Err(ParameterError::NotANumber { name: "offset" }));
    assert_eq!(Parameters::parse("fuzzymatching=yes"), Err(ParameterError::NotABoolean { name: "fuzzymatching" }));
    let error = Parameters::parse("PatientName=%FF").unwrap_err();
    assert_eq!(error.to_string(), "the value of PatientName is not UTF-8");
}

#[test]
fn orders_are_lists_of_attributes() {
    let parameters =
        Parameters::parse("orderby=-StudyDate,00100010&OrderBy=%2DRequestAttributesSequence.00401001,").unwrap();
    let orders: Vec<_> =
        parameters.order_by.iter().map(|by| (by.name.as_str(), by.path.len(), by.descending)).collect();
    assert_eq!(
        orders,
        [("StudyDate", 1, true), ("00100010", 1, false), ("RequestAttributesSequence.00401001", 2, true)]
    );
    for query in ["orderby=Nope", "orderby=--StudyDate", "orderby=StudyDate desc", &"orderby=StudyDate&".repeat(9)] {
        assert_eq!(Parameters::parse(query), Err(ParameterError::NotAnOrder { limit: 8 }), "{query}");
    }
}

#[test]
fn paging_has_no_upper_end_and_the_first_counts() {
    let parameters = Parameters::parse("limit=99999999999999999999&offset=99999999999999999999&limit=1").unwrap();
    assert_eq!((parameters.limit, parameters.offset), (Some(u32::MAX), u64::MAX));
    assert_eq!(Parameters::parse("").unwrap(), Parameters::default());
    assert_eq!(Parameters::parse("limit=0").unwrap().limit, Some(0));
}

#[test]
fn too_much_is_refused() {
    let long = "a".repeat(MAX_LENGTH + 1);
    assert_eq!(Parameters::parse(&long), Err(ParameterError::TooLong { limit: MAX_LENGTH }));
    let many = "a=1&".repeat(MAX_PARAMETERS + 1);
    assert_eq!(Parameters::parse(&many), Err(ParameterError::TooManyParameters { limit: MAX_PARAMETERS }));
    let fields = format!("includefield={}", "00100010,".repeat(MAX_FIELDS + 1));
    assert_eq!(Parameters::parse(&fields), Err(ParameterError::TooManyFields { limit: MAX_FIELDS }));
}

/// What holds for any query string whatever.
fn check(query: &str) {
    let Ok(parameters) = Parameters::parse(query) else { return };
    assert!(parameters.keys.len() <= MAX_PARAMETERS);
    assert!(parameters.keys.iter().all(|key| !key.path.is_empty()));
    assert!(parameters.include.len() <= MAX_FIELDS);
    for name in parameters.unknown.iter().chain(parameters.include.iter().map(|field| &field.name)) {
        assert!(http::HeaderValue::from_str(name).is_ok(), "{query}");
    }
    for key in &parameters.keys {
        assert!(http::HeaderValue::from_str(&key.name).is_ok(), "{query}");
    }
}

const CORPUS: &[&str] = &[
    "limit=101&offset=0&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030",
    "includefield=00080021,00080031,0008103E,00200011",
    "PatientName=DOE%5E1*&StudyDate=20200101-&ModalitiesInStudy=CT,MR",
    "RequestAttributesSequence.RequestedProcedureID=x&00400275.00400009=%E5%B1%B1",
    "StudyInstanceUID=1.2%5C1.3,1.4&SeriesInstanceUID=1.2\\1.3&includefield=all",
];

const FRAGMENTS: &[&str] = &[
    "",
    "&",
    "=",
    "%",
    "%5",
    "%FF",
    "%00",
    "%0D%0A",
    "+",
    ",",
    ".",
    "limit=",
    "offset=18446744073709551616",
    "fuzzymatching=true",
    "includefield=",
    "all",
    "PatientName",
    "0020000D",
    "é",
    "\\",
    "\u{0}",
    "includefield=00.00",
];

/// A real query string with pieces put in, repeated or taken out.
fn mutated() -> impl Strategy<Value = String> {
    let splice = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), select(FRAGMENTS), any::<bool>());
    (select(CORPUS), vec(splice, 0..6)).prop_map(|(query, splices)| {
        let mut characters: Vec<char> = query.chars().collect();
        for (from, to, fragment, repeat) in splices {
            let (from, to) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
            let inserted = fragment.repeat(if repeat { 300 } else { 1 });
            characters.splice(from.min(to)..from.max(to), inserted.chars());
        }
        characters.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_query_strings_hold_what_every_one_holds(query in mutated()) {
        check(&query);
    }

    #[test]
    fn any_text_holds_what_every_query_string_holds(query in ".{0,300}") {
        check(&query);
    }

    #[test]
    fn every_value_comes_back_decoded(value in ".{0,80}") {
        let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
        prop_assert_eq!(values(&format!("limit=1&PatientName={encoded}&offset=2")), [value]);
    }
}
