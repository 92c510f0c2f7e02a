//! Text in every character set of PS3.3 C.12.1.1.2, as pydicom's files and the annexes of PS3.5 have it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use dataset::{CharacterSets, Finding, Tag, text::TextContext};
use proptest::prelude::*;
use std::{collections::BTreeMap, path::PathBuf};

const PATIENT_NAME: Tag = Tag(0x0010, 0x0010);
const JAPANESE: &str = "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう";

/// What pydicom's own tests and its FileInfo.txt expect of each file.
const EXPECTED: &[(&str, Tag, &str)] = &[
    ("chrArab.dcm", PATIENT_NAME, "قباني^لنزار"),
    ("chrFren.dcm", PATIENT_NAME, "Buc^Jérôme"),
    ("chrFrenMulti.dcm", PATIENT_NAME, "Buc^Jérôme"),
    ("chrFrenMulti.dcm", Tag(0x0010, 0x1001), "Buc^Jérôme\\Buc^Jérôme"),
    ("chrGerm.dcm", PATIENT_NAME, "Äneas^Rüdiger"),
    ("chrGreek.dcm", PATIENT_NAME, "Διονυσιος"),
    ("chrH31.dcm", PATIENT_NAME, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("chrH32.dcm", PATIENT_NAME, JAPANESE),
    ("chrHbrw.dcm", PATIENT_NAME, "שרון^דבורה"),
    ("chrI2.dcm", PATIENT_NAME, "Hong^Gildong=洪^吉洞=홍^길동"),
    ("chrJapMulti.dcm", PATIENT_NAME, "やまだ^たろう"),
    ("chrJapMulti.dcm", Tag(0x0010, 0x1001), "やまだ^たろう\\やまだ^たろう"),
    ("chrJapMulti.dcm", Tag(0x0010, 0x21B0), "たろう"),
    ("chrJapMultiExplicitIR6.dcm", PATIENT_NAME, "やまだ^たろう"),
    ("chrJapMultiExplicitIR6.dcm", Tag(0x0010, 0x1001), "やまだ^たろう\\やまだ^たろう"),
    ("chrJapMultiExplicitIR6.dcm", Tag(0x0010, 0x21B0), "たろう"),
    ("chrKoreanMulti.dcm", PATIENT_NAME, "김희중"),
    ("chrKoreanMulti.dcm", Tag(0x0008, 0x1070), "김희중"),
    ("chrKoreanMulti.dcm", Tag(0x0010, 0x1001), "김희중\\김희중"),
    ("chrKoreanMulti.dcm", Tag(0x0010, 0x21B0), "김희중"),
    ("chrRuss.dcm", PATIENT_NAME, "Люкceмбypг"),
    ("chrSQEncoding.dcm", PATIENT_NAME, JAPANESE),
    ("chrSQEncoding1.dcm", PATIENT_NAME, JAPANESE),
    ("chrX1.dcm", PATIENT_NAME, "Wang^XiaoDong=王^小東"),
    ("chrX2.dcm", PATIENT_NAME, "Wang^XiaoDong=王^小东"),
];

#[test]
fn every_file_of_pydicom_is_read_as_pydicom_reads_it() {
    let mut decoded = BTreeMap::new();
    for path in charset_files() {
        let bytes = std::fs::read(&path).unwrap();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let start = 132 + 12 + usize::try_from(u32::from_le_bytes(bytes[140..144].try_into().unwrap())).unwrap();
        let mut texts = BTreeMap::new();
        walk(&bytes[start..], CharacterSets::default_repertoire(), &mut texts);
        decoded.insert(file, texts);
    }
    assert_eq!(decoded.len(), 17, "pydicom has 17 files with character sets");
    for (file, tag, expected) in EXPECTED {
        assert_eq!(decoded[*file].get(tag).map(String::as_str), Some(*expected), "{file} {tag}");
    }
    // Nothing else in them is beyond ASCII.
    for (file, texts) in &decoded {
        for (tag, text) in texts {
            let listed = EXPECTED.iter().any(|row| row.0 == file && row.1 == *tag);
            assert!(listed || text.is_ascii(), "{file} {tag} {text}");
        }
    }
}

fn charset_files() -> Vec<PathBuf> {
    let root = std::env::var_os("NOCTIS_PYDICOM_FILES")
        .expect("NOCTIS_PYDICOM_FILES must name the folder with pydicom's files; tests/setup.sh gets them");
    let folder = PathBuf::from(root).join("charset_files");
    let entries = std::fs::read_dir(&folder).expect("pydicom's charset_files; tests/setup.sh gets them");
    let is_dicom = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "dcm");
    entries.map(|entry| entry.unwrap().path()).filter(is_dicom).collect()
}

/// Reads Explicit VR Little Endian, in which all the files are, and keeps the text of each tag.
fn walk(mut bytes: &[u8], mut charset: CharacterSets, texts: &mut BTreeMap<Tag, String>) {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0usize, |number, octet| number << 8 | usize::from(*octet));
    while bytes.len() >= 8 {
        let tag = Tag(number(&bytes[..2]) as u16, number(&bytes[2..4]) as u16);
        let vr: [u8; 2] = bytes[4..6].try_into().unwrap();
        let (start, length) = match &vr {
            _ if tag.group() == 0xFFFE => (8, number(&bytes[4..8])),
            b"OB" | b"OW" | b"OF" | b"SQ" | b"UN" | b"UT" | b"UC" => (12, number(&bytes[8..12])),
            _ => (8, number(&bytes[6..8])),
        };
        // Items and sequences are walked through as if they were flat; the files have at most one item each.
        let is_open = tag.group() == 0xFFFE || &vr == b"SQ";
        let value = if is_open { &[][..] } else { &bytes[start..start + length] };
        let context = match &vr {
            b"PN" => Some(TextContext::PersonName),
            b"LO" | b"SH" | b"UC" => Some(TextContext::ShortText),
            b"LT" | b"ST" | b"UT" => Some(TextContext::Text),
            _ => None,
        };
        if tag == Tag(0x0008, 0x0005) {
            let (parsed, findings) = CharacterSets::parse(value);
            assert_eq!(findings, []);
            charset = parsed;
        } else if let Some(context) = context {
            let (values, invalid) = charset.decode(value, context);
            assert!(!invalid, "{tag}");
            texts.insert(tag, values.join("\\").trim_end_matches([' ', '=']).to_owned());
        }
        bytes = &bytes[start + value.len()..];
    }
}

fn decoded(term: &str, bytes: &[u8], context: TextContext) -> (String, bool) {
    let (charset, findings) = CharacterSets::parse(term.as_bytes());
    assert_eq!(findings, [], "{term}");
    let (text, invalid) = charset.decode_whole(bytes, context);
    (text.into_owned(), invalid)
}

#[test]
fn every_single_octet_set_is_known_with_and_without_code_extensions() {
    for (number, final_octet, octets, text) in [
        (100, b'A', &b"\xC4\xE9\xFF"[..], "Äéÿ"),
        (101, b'B', b"\xA3\xF3\xBC", "Łóź"),
        (109, b'C', b"\xA1\xE6\xFD", "Ħĉŭ"),
        (110, b'D', b"\xA2\xBF\xE6", "ĸŋæ"),
        (144, b'L', b"\xBB\xEE\xDA", "Люк"),
        (127, b'G', b"\xE2\xC8\xC7", "قبا"),
        (126, b'F', b"\xC4\xE9\xEF", "Διο"),
        (138, b'H', b"\xF9\xF8\xE5", "שרו"),
        (148, b'M', b"\xD0\xDD\xFE", "Ğİş"),
        (203, b'b', b"\xA4\xBC\xBD", "€Œœ"),
        (166, b'T', b"\xB9\xD2\xC2", "นาย"),
    ] {
        let plain = (text.to_owned(), false);
        assert_eq!(decoded(&format!("ISO_IR {number}"), octets, TextContext::ShortText), plain);
        assert_eq!(decoded(&format!("ISO 2022 IR {number}"), octets, TextContext::ShortText), plain);
        let designated = [b"\x1B-", &[final_octet][..], octets].concat();
        let extensions = format!("\\ISO 2022 IR {number}");
        assert_eq!(decoded(&extensions, &designated, TextContext::ShortText), plain, "{number}");
    }
    assert_eq!(decoded("ISO_IR 13", b"\xD4\xCF\xC0\xDE^\\~", TextContext::ShortText).0, "ﾔﾏﾀﾞ^\\~");
    assert_eq!(decoded("ISO_IR 192", "Ж\\漢".as_bytes(), TextContext::ShortText).0, "Ж\\漢");
    assert_eq!(decoded("GBK", b"\xCD\xF5", TextContext::ShortText).0, "王");
    assert_eq!(decoded("ISO_IR 6", b"A\\B", TextContext::ShortText), ("A\\B".to_owned(), false));
}

#[test]
fn sets_of_two_octets_are_designated_by_their_escape_sequences() {
    let name = TextContext::PersonName;
    for (terms, bytes, text) in [
        // PS3.5 H.3.1, H.3.2, I.2, K.2.
        ("\\ISO 2022 IR 87", &b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B"[..], "Yamada^Tarou=山田^太郎"),
        ("ISO 2022 IR 13\\ISO 2022 IR 87", b"\xD4\xCF=\x1B$B;3\x1B(J^\xD4", "ﾔﾏ=山^ﾔ"),
        ("\\ISO 2022 IR 149", b"Hong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7", "Hong=洪^吉洞"),
        ("\\ISO 2022 IR 58", b"Zhang=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB", "Zhang=张^小东"),
        // JIS X 0212.
        ("\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1B$(D0!\x1B(B", "丂"),
        // Characters whose second octet is that of a backslash, an equals sign or a circumflex.
        ("\\ISO 2022 IR 87", b"\x1B$B0\\0=0^\x1B(B=A", "移綾緯=A"),
        ("GB18030", b"\x81\x5C^A", "乗^A"),
    ] {
        assert_eq!(decoded(terms, bytes, name), (text.to_owned(), false), "{terms}");
    }
    let (charset, _) = CharacterSets::parse(b"GB18030");
    assert_eq!(charset.decode(b"\x81\x5C\\A", TextContext::ShortText).0.len(), 2);
}

#[test]
fn delimiters_switch_back_to_the_first_set() {
    let terms = "ISO 2022 IR 100\\ISO 2022 IR 144";
    let cyrillic_once = b"\x1B-L\xBB^\xBB=\xBB\\\xBB\r\n\xBB";
    assert_eq!(decoded(terms, cyrillic_once, TextContext::PersonName).0, "Л^»=»\\»\r\n»");
    assert_eq!(decoded(terms, cyrillic_once, TextContext::ShortText).0, "Л^Л=Л\\»\r\n»");
    assert_eq!(decoded(terms, cyrillic_once, TextContext::Text).0, "Л^Л=Л\\Л\r\n»");
    assert_eq!(decoded(terms, b"\x1B-L\xBB\t\xBB\x0C\xBB", TextContext::Text).0, "Л\t»\x0C»");
}

#[test]
fn misspelt_terms_are_understood() {
    for (term, octets, text) in [
        ("ISO IR 100", &b"\xC4"[..], "Ä"),
        ("ISO-IR 100", b"\xC4", "Ä"),
        ("iso_ir_100 ", b"\xC4", "Ä"),
        ("ISO_IR100\0", b"\xC4", "Ä"),
        ("ISO 2022-IR 144", b"\xBB", "Л"),
        ("ISO2022IR 144", b"\xBB", "Л"),
        ("latin1", b"\xC4", "Ä"),
        ("latin_1", b"\xC4", "Ä"),
        ("ISO-8859-1", b"\xC4", "Ä"),
        ("iso8859-5", b"\xBB", "Л"),
        ("UTF-8", b"\xC3\x84", "Ä"),
        ("ISO_IR_192", b"\xC3\x84", "Ä"),
        ("ISO 2022 GBK", b"\xCD\xF5", "王"),
        ("ISO 2022 58", b"\xCD\xF5", "王"),
        ("windows-1252", b"\x80", "€"),
        ("shift_jis", b"\x8E\x52", "山"),
        ("ISO_IR 13", b"\x8E\x52", "山"),
    ] {
        assert_eq!(decoded(term, octets, TextContext::ShortText), (text.to_owned(), false), "{term}");
    }
}

#[test]
fn an_unknown_term_is_told_and_text_is_read_all_the_same() {
    for terms in [&b"KLINGON"[..], b"\\KLINGON", b"ISO_IR 999", b"\xFF\xFE"] {
        let (charset, findings) = CharacterSets::parse(terms);
        assert_eq!(findings, [Finding::UnknownCharacterSet]);
        let read = |bytes| charset.decode_whole(bytes, TextContext::ShortText).0.into_owned();
        assert_eq!(read(b"plain"), "plain");
        assert_eq!(read("Jörg".as_bytes()), "Jörg");
        assert_eq!(read(b"J\xF6rg"), "Jörg");
    }
}

#[test]
fn text_that_breaks_the_rules_is_read_and_told() {
    // Upper octets without any character set.
    assert_eq!(decoded("", b"J\xF6rg", TextContext::ShortText), ("Jörg".to_owned(), true));
    // Korean that designates its set only once.
    let once = b"\x1B$)C\xFB\xF3^\xD1\xCE";
    assert_eq!(decoded("\\ISO 2022 IR 149", once, TextContext::PersonName), ("洪^吉".to_owned(), true));
    // An escape sequence that nobody knows, and one that is cut off.
    assert_eq!(decoded("ISO 2022 IR 6", b"A\x1B%GB", TextContext::ShortText), ("A\x1B%GB".to_owned(), true));
    assert_eq!(decoded("\\ISO 2022 IR 87", b"A\x1B$", TextContext::ShortText), ("A\x1B$".to_owned(), true));
    // Half a character.
    assert_eq!(decoded("\\ISO 2022 IR 87", b"\x1B$B;", TextContext::ShortText), ("\u{FFFD}".to_owned(), true));
    assert_eq!(decoded("ISO_IR 192", b"\xC3(", TextContext::ShortText), ("\u{FFFD}(".to_owned(), true));
}

#[test]
fn a_stand_alone_encoding_knows_no_code_extensions() {
    let text = decoded("ISO_IR 192\\ISO 2022 IR 87", "é\x1B$B".as_bytes(), TextContext::ShortText);
    assert_eq!(text, ("é\x1B$B".to_owned(), false));
    assert_eq!(decoded("ISO_IR 100\\ISO_IR 192", b"\xE9", TextContext::ShortText).0, "é");
}

#[test]
fn ascii_is_not_copied() {
    let (charset, _) = CharacterSets::parse(b"ISO 2022 IR 13\\ISO 2022 IR 87");
    let (text, _) = charset.decode_whole(b"ORIGINAL\\PRIMARY", TextContext::ShortText);
    assert!(matches!(text, std::borrow::Cow::Borrowed("ORIGINAL\\PRIMARY")));
}

const TERMS: &[&str] = &[
    "",
    "ISO_IR 100",
    "ISO_IR 13",
    "ISO_IR 166",
    "ISO_IR 192",
    "GB18030",
    "GBK",
    "\\ISO 2022 IR 149",
    "\\ISO 2022 IR 58",
    "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
    "ISO 2022 IR 148\\ISO 2022 IR 138",
    "KLINGON",
];

/// Octets that are often those of escape sequences and delimiters.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let telling = prop::sample::select(b"\x1B$()-ABCDIJ\\^=\r\n ;3".to_vec());
    prop::collection::vec(prop_oneof![telling, any::<u8>()], 0..64)
}

proptest! {
    #[test]
    fn any_octets_are_read(terms in prop::sample::select(TERMS), bytes in octets()) {
        let (charset, _) = CharacterSets::parse(terms.as_bytes());
        for context in [TextContext::ShortText, TextContext::Text, TextContext::PersonName] {
            let (text, _) = charset.decode_whole(&bytes, context);
            // Each octet becomes at most one character, and a character has at most three or four octets.
            prop_assert!(text.chars().count() <= bytes.len());
            let (values, _) = charset.decode(&bytes, context);
            prop_assert_eq!(values.join("\\"), text);
        }
    }

    #[test]
    fn any_terms_are_read(terms in octets(), bytes in octets()) {
        let (charset, findings) = CharacterSets::parse(&terms);
        prop_assert!(findings.len() <= 1);
        let _text = charset.decode(&bytes, TextContext::PersonName);
    }
}
