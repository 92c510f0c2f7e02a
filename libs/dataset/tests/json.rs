//! Elements in the DICOM JSON Model (PS3.18 Annex F), text for text, and metadata as a whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use dataset::{
    Attribute, AttributeSet, CharacterSets, Metadata, Piece, Tag,
    json::{ValueNotes, write_element},
    metadata::MetadataWriter,
    text::match_values,
};
use proptest::prelude::*;
use serde_json::Value;
use uid::InstanceRef;

const VALID: ValueNotes = ValueNotes { invalid_text: false, invalid_value: false };
const INVALID_VALUE: ValueNotes = ValueNotes { invalid_text: false, invalid_value: true };

const VRS: &[&[u8; 2]] = &[
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"OB", b"OD", b"OF", b"OL",
    b"OV", b"OW", b"PN", b"SH", b"SL", b"SQ", b"SS", b"ST", b"SV", b"TM", b"UC", b"UI", b"UL", b"UN", b"UR", b"US",
    b"UT", b"UV", b"??", b"\0\xFF",
];

const TERMS: &[&str] = &["ISO_IR 192", "", "ISO 2022 IR 13\\ISO 2022 IR 87", "GBK"];

fn utf8() -> CharacterSets {
    CharacterSets::parse(b"ISO_IR 192").0
}

/// What is written after `"00110010":{"vr":"XX"`, without the closing brace.
fn value_of(vr: &[u8; 2], value: &[u8], big_endian: bool) -> (String, ValueNotes) {
    let mut out = Vec::new();
    let notes = write_element(&mut out, Tag(0x0011, 0x0010), *vr, value, big_endian, &utf8());
    let text = String::from_utf8(out).unwrap();
    let start = format!(r#""00110010":{{"vr":"{}""#, std::str::from_utf8(vr).unwrap());
    (text.strip_prefix(&start).unwrap().strip_suffix('}').unwrap().to_owned(), notes)
}

fn assert_value(vr: &[u8; 2], value: &[u8], json: &str) {
    assert_eq!(value_of(vr, value, false), (json.to_owned(), VALID));
}

#[test]
fn strings_lose_their_padding_and_nothing_else() {
    assert_value(b"CS", b"ORIGINAL\\PRIMARY ", r#","Value":["ORIGINAL","PRIMARY"]"#);
    assert_value(b"CS", b"A\\\\B ", r#","Value":["A",null,"B"]"#);
    assert_value(b"LO", b" a b \\", r#","Value":["a b",null]"#);
    assert_value(b"UI", b"1.2.3\0", r#","Value":["1.2.3"]"#);
    assert_value(b"UI", b"1.2\\3.4", r#","Value":["1.2","3.4"]"#);
    assert_value(b"LT", b" a\\b\r\n\"c\"  ", r#","Value":[" a\\b\r\n\"c\""]"#);
    assert_value(b"UT", "é\t\u{7}\u{7F}".as_bytes(), r#","Value":["é\t\u0007\u007F"]"#);
    assert_value(b"UR", b"http://host/a\\b ", r#","Value":["http://host/a\\b"]"#);
    assert_value(b"UC", b" a\\b ", r#","Value":[" a","b"]"#);
    assert_value(b"DA", b"20240131", r#","Value":["20240131"]"#);
    assert_value(b"TM", b"101500.123 ", r#","Value":["101500.123"]"#);
}

#[test]
fn nothing_but_padding_is_no_value() {
    for vr in [b"CS", b"LO", b"LT", b"PN", b"UI", b"DS", b"IS", b"DA"] {
        assert_value(vr, b"", "");
        assert_value(vr, b"  ", "");
        assert_value(vr, b"\0", "");
    }
    for vr in [b"US", b"FD", b"AT", b"OB", b"OW", b"UN", b"SQ"] {
        assert_value(vr, b"", "");
    }
    assert_value(b"LO", b"\\", r#","Value":[null,null]"#);
}

#[test]
fn person_names_are_objects_of_their_groups() {
    assert_value(
        b"PN",
        "Yamada^Tarou=山田^太郎=やまだ^たろう ".as_bytes(),
        r#","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎","Phonetic":"やまだ^たろう"}]"#,
    );
    assert_value(b"PN", "=山田".as_bytes(), r#","Value":[{"Ideographic":"山田"}]"#);
    assert_value(b"PN", b"A^B==C\\\\D", r#","Value":[{"Alphabetic":"A^B","Phonetic":"C"},null,{"Alphabetic":"D"}]"#);
    assert_value(b"PN", b"Doe^J== ", r#","Value":[{"Alphabetic":"Doe^J"}]"#);
    assert_value(b"PN", b"==", r#","Value":[null]"#);
    assert_eq!(value_of(b"PN", b"a=b=c=d", false).1, INVALID_VALUE);
}

#[test]
fn decimal_text_is_a_number_with_the_same_digits() {
    for (text, json) in [
        ("1.50", "1.50"),
        ("+7 ", "7"),
        ("007", "7"),
        ("-0", "-0"),
        ("-05.10", "-5.10"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e5", "1E5"),
        ("-1.5E-07", "-1.5E-07"),
        ("0000", "0"),
        ("9007199254740991", "9007199254740991"),
    ] {
        assert_value(b"DS", text.as_bytes(), &format!(",\"Value\":[{json}]"));
    }
    assert_value(b"IS", b"+0012\\-3\\", r#","Value":[12,-3,null]"#);
    // Numbers, but none that every reader of JSON keeps.
    assert_value(b"DS", b"9007199254740993", r#","Value":["9007199254740993"]"#);
    assert_value(b"DS", b"1E999", r#","Value":["1E999"]"#);
    assert_value(b"DS", b"0.1234567890123456789012345", r#","Value":["0.1234567890123456789012345"]"#);
    for text in ["abc", "1,5", "1 2", "-", ".", "1e", "1e+", "0x10", "NaN", "--1", "1.2.3", "²"] {
        let written = (format!(",\"Value\":[\"{text}\"]"), INVALID_VALUE);
        assert_eq!(value_of(b"DS", text.as_bytes(), false), written);
    }
    assert_eq!(value_of(b"IS", b"1.5", false), (r#","Value":[1.5]"#.to_owned(), INVALID_VALUE));
}

#[test]
fn binary_numbers_in_both_byte_orders() {
    for (vr, little, json) in [
        (b"US", &[1, 0, 255, 255][..], "1,65535"),
        (b"SS", &[0, 0x80, 255, 255], "-32768,-1"),
        (b"UL", &[0xFF, 0xFF, 0xFF, 0xFF], "4294967295"),
        (b"SL", &[0, 0, 0, 0x80], "-2147483648"),
        (b"UV", &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0], "9007199254740991"),
        (b"UV", &[0, 0, 0, 0, 0, 0, 0x20, 0], "\"9007199254740992\""),
        (b"SV", &[0, 0, 0, 0, 0, 0, 0, 0x80], "\"-9223372036854775808\""),
        (b"SV", &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "-2"),
        (b"FL", &0.1f32.to_le_bytes(), "0.1"),
        (b"FL", &16_777_216f32.to_le_bytes(), "16777216"),
        (b"FD", &0.1f64.to_le_bytes(), "0.1"),
        (b"FD", &1e300f64.to_le_bytes(), "1e300"),
        (b"FD", &(-2.5e-9f64).to_le_bytes(), "-2.5e-9"),
        (b"FD", &(-0.0f64).to_le_bytes(), "-0"),
        (b"FD", &f64::NAN.to_le_bytes(), "\"NaN\""),
        (b"FL", &f32::NEG_INFINITY.to_le_bytes(), "\"-Infinity\""),
        (b"FD", &f64::INFINITY.to_le_bytes(), "\"Infinity\""),
    ] {
        assert_value(vr, little, &format!(",\"Value\":[{json}]"));
        let size = if matches!(vr, b"US" | b"SS") { 2 } else { little.len() };
        let big: Vec<u8> = little.chunks(size).flat_map(|number| number.iter().rev().copied()).collect();
        assert_eq!(value_of(vr, &big, true).0, format!(",\"Value\":[{json}]"));
    }
    assert_value(b"AT", &[0x10, 0, 0x10, 0, 0xE0, 0x7F, 0x0A, 0], r#","Value":["00100010","7FE0000A"]"#);
    assert_eq!(value_of(b"AT", &[0x7F, 0xE0, 0, 0x0A], true).0, r#","Value":["7FE0000A"]"#);
    assert_eq!(value_of(b"US", &[1, 0, 2], false), (r#","Value":[1]"#.to_owned(), INVALID_VALUE));
    assert_eq!(value_of(b"FD", &[1], false), (String::new(), INVALID_VALUE));
}

#[test]
fn octet_streams_are_base64_of_little_endian() {
    assert_value(b"OB", &[0, 1, 2], r#","InlineBinary":"AAEC""#);
    assert_value(b"UN", b"ab", r#","InlineBinary":"YWI=""#);
    for (vr, big, base64) in [
        (b"OW", &[1u8, 0, 2, 0][..], "AAEAAg=="),
        (b"OB", &[1, 0, 2, 0], "AQACAA=="),
        (b"OL", &[1, 2, 3, 4], "BAMCAQ=="),
        (b"OF", &[1, 2, 3, 4], "BAMCAQ=="),
        (b"OD", &[1, 2, 3, 4, 5, 6, 7, 8], "CAcGBQQDAgE="),
        (b"OV", &[1, 2, 3, 4, 5, 6, 7, 8], "CAcGBQQDAgE="),
    ] {
        assert_eq!(value_of(vr, big, true), (format!(",\"InlineBinary\":\"{base64}\""), VALID));
    }
}

#[test]
fn the_character_set_of_json_is_utf8() {
    let mut out = Vec::new();
    let (charset, _) = CharacterSets::parse(b"ISO_IR 100");
    write_element(&mut out, Tag(0x0008, 0x0005), *b"CS", b"ISO_IR 100", false, &charset);
    assert_eq!(out, br#""00080005":{"vr":"CS","Value":["ISO_IR 192"]}"#);
    out.clear();
    write_element(&mut out, Tag(0x0010, 0x0020), *b"LO", b"M\xFCnchen", false, &charset);
    assert_eq!(String::from_utf8(out).unwrap(), r#""00100020":{"vr":"LO","Value":["München"]}"#);
}

#[test]
fn a_vr_that_is_none_is_unknown() {
    let mut out = Vec::new();
    let notes = write_element(&mut out, Tag(0x0010, 0x0020), *b"\"\\", b"ab", false, &utf8());
    assert_eq!((out, notes), (br#""00100020":{"vr":"UN","InlineBinary":"YWI="}"#.to_vec(), INVALID_VALUE));
}

#[test]
fn values_to_match_by() {
    let values = |vr: &[u8; 2], value: &[u8]| match_values(*vr, value, false, &utf8());
    assert_eq!(values(b"LO", b" a \\b\0 "), ["a", "b"]);
    assert_eq!(values(b"LO", b"a\0b"), ["ab"]);
    assert_eq!(values(b"US", &[0, 2, 1, 0]), ["512", "1"]);
    assert_eq!(values(b"AT", &[0x10, 0, 0x10, 0]), ["00100010"]);
    assert_eq!(values(b"UV", &[0xFF; 8]), ["18446744073709551615"]);
    assert_eq!(values(b"IS", b"+7 "), ["+7"]);
    assert!(values(b"LO", b"  ").is_empty() && values(b"OB", b"ab").is_empty() && values(b"US", b"").is_empty());
}

fn instance() -> InstanceRef {
    InstanceRef {
        study: "1.2".parse().unwrap(),
        series: "1.2.3".parse().unwrap(),
        instance: "1.2.3.4".parse().unwrap(),
    }
}

#[test]
fn metadata_has_gaps_for_the_address() {
    let charset = utf8();
    let mut writer = MetadataWriter::new();
    writer.element(Tag(0x0008, 0x0000), *b"UL", &[4, 0, 0, 0], false, &charset);
    writer.bulk(Tag(0x0009, 0x1001), *b"OB", "00091001");
    writer.element(Tag(0x0010, 0x0020), *b"LO", b"4711", false, &charset);
    writer.begin_sequence(Tag(0x0040, 0x0275));
    writer.begin_item();
    writer.element(Tag(0x0040, 0x0009), *b"SH", b"SPS", false, &charset);
    writer.bulk(Tag(0x0042, 0x0011), *b"OB", "00400275/1/00420011");
    writer.end_item();
    writer.begin_item();
    writer.end_item();
    writer.end_sequence();
    writer.begin_sequence(Tag(0x0040, 0x0555));
    writer.end_sequence();
    writer.bulk(Tag(0x7FE0, 0x0010), *b"OW", "7FE00010");
    let metadata = writer.finish(&instance());
    assert_eq!(metadata.pieces.iter().filter(|piece| **piece == Piece::Base).count(), 3);
    let json = String::from_utf8(metadata.to_json("https://h/dicom-web")).unwrap();
    let root = "https://h/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.4/bulkdata";
    assert_eq!(
        json,
        format!(
            concat!(
                r#"{{"00091001":{{"vr":"OB","BulkDataURI":"{root}/00091001"}},"#,
                r#""00100020":{{"vr":"LO","Value":["4711"]}},"#,
                r#""00400275":{{"vr":"SQ","Value":[{{"00400009":{{"vr":"SH","Value":["SPS"]}},"#,
                r#""00420011":{{"vr":"OB","BulkDataURI":"{root}/00400275/1/00420011"}}}},{{}}]}},"#,
                r#""00400555":{{"vr":"SQ"}},"#,
                r#""7FE00010":{{"vr":"OW","BulkDataURI":"{root}/7FE00010"}}}}"#,
            ),
            root = root
        )
    );
}

#[test]
fn what_is_left_open_is_closed() {
    let mut writer = MetadataWriter::new();
    writer.begin_sequence(Tag(0x0040, 0x0275));
    writer.begin_item();
    writer.begin_sequence(Tag(0x0040, 0xA730));
    let json = writer.finish(&instance()).to_json("");
    assert_eq!(json, br#"{"00400275":{"vr":"SQ","Value":[{"0040A730":{"vr":"SQ"}}]}}"#);
    assert_eq!(MetadataWriter::new().finish(&instance()).to_json(""), b"{}");
}

#[test]
fn attributes_come_back_from_their_stored_form() {
    let attribute = |tag, vr: &[u8; 2], value: &[u8]| Attribute::from_value(tag, *vr, value, false, &utf8());
    let set = AttributeSet(vec![
        attribute(Tag(0x0008, 0x0050), b"SH", b""),
        attribute(Tag(0x0010, 0x0010), b"PN", "Müller".as_bytes()),
    ]);
    let stored = set.encode();
    let decoded = AttributeSet::decode(&stored).unwrap();
    assert_eq!(
        decoded,
        [
            (Tag(0x0008, 0x0050), br#"{"vr":"SH"}"#.to_vec()),
            (Tag(0x0010, 0x0010), r#"{"vr":"PN","Value":[{"Alphabetic":"Müller"}]}"#.as_bytes().to_vec()),
        ]
    );
    for end in 1..stored.len() {
        // A row that was cut off is either refused or ends after a complete attribute.
        if let Ok(fewer) = AttributeSet::decode(&stored[..end]) {
            assert!(fewer.len() < 2);
        }
    }
    assert!(AttributeSet::decode(&[]).is_err());
    assert!(AttributeSet::decode(&[2]).is_err());
    assert_eq!(AttributeSet::decode(&AttributeSet::default().encode()).unwrap(), []);
}

/// Octets that are often those of numbers, names, escapes and padding.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let telling = prop::sample::select(b"0159+-.eE \0\\^=\"\x1B$BA\x7F".to_vec());
    prop::collection::vec(prop_oneof![telling, any::<u8>()], 0..48)
}

proptest! {
    #[test]
    fn whatever_the_bytes_the_text_is_json(
        vr in prop::sample::select(VRS),
        value in octets(),
        big_endian in any::<bool>(),
        terms in prop::sample::select(TERMS),
    ) {
        let (charset, _) = CharacterSets::parse(terms.as_bytes());
        let mut out = vec![b'{'];
        write_element(&mut out, Tag(0x0011, 0x1010), *vr, &value, big_endian, &charset);
        out.push(b'}');
        let parsed: Value = serde_json::from_slice(&out).unwrap();
        let element = &parsed["00111010"];
        prop_assert!(element["vr"].as_str().unwrap().len() == 2);
        prop_assert!(element.get("Value").is_none_or(|values| !values.as_array().unwrap().is_empty()));
        let _values = match_values(*vr, &value, big_endian, &charset);
    }

    #[test]
    fn metadata_is_json_whatever_the_order_of_calls(calls in prop::collection::vec(0u8..6, 0..40)) {
        let mut writer = MetadataWriter::new();
        let mut tag = 0u16;
        let mut in_items = vec![true];
        for call in calls {
            tag += 1;
            // As a parser calls: elements in data sets and items, items in sequences.
            let in_item = *in_items.last().unwrap();
            match call {
                0 | 1 if in_item => { writer.element(Tag(0x11, tag), *b"LO", b"a", false, &utf8()); }
                2 if in_item => writer.bulk(Tag(0x11, tag), *b"OB", "00110001"),
                3 if in_item => { writer.begin_sequence(Tag(0x11, tag)); in_items.push(false); }
                4 if !in_item => { writer.begin_item(); in_items.push(true); }
                5 if in_items.len() > 1 => {
                    if in_item { writer.end_item() } else { writer.end_sequence() }
                    in_items.pop();
                }
                _ => {}
            }
        }
        let json = writer.finish(&instance()).to_json("http://h");
        prop_assert!(serde_json::from_slice::<Value>(&json).unwrap().is_object());
    }

    #[test]
    fn any_bytes_as_a_stored_row(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _result = AttributeSet::decode(&bytes);
        let _result = AttributeSet::decode(&[&[1][..], &bytes].concat());
    }

    #[test]
    fn metadata_of_any_pieces_joins(texts in prop::collection::vec("[a-z]{0,8}", 0..5)) {
        let pieces = texts.iter().flat_map(|text| [Piece::Json(text.clone().into_bytes()), Piece::Base]).collect();
        let joined: String = texts.iter().map(|text| format!("{text}/")).collect();
        prop_assert_eq!(Metadata { pieces }.to_json("/"), joined.into_bytes());
    }
}
