//! Text in every character set that pydicom's files have becomes the right Unicode in search and in metadata.

use harness::charset_files;
use serde_json::Value;

use crate::{ROOT, STUDIES, start};

/// What pydicom reads from them: file, component groups of Patient's Name, a wildcard that finds it.
const NAMES: &[(&str, [&str; 3], &str)] = &[
    ("chrArab.dcm", ["قباني^لنزار", "", ""], "قباني*"),
    ("chrFren.dcm", ["Buc^Jérôme", "", ""], "buc^j?rome"),
    ("chrFrenMulti.dcm", ["Buc^Jérôme", "", ""], "*Jérôme"),
    ("chrGerm.dcm", ["Äneas^Rüdiger", "", ""], "aneas^rudiger"),
    ("chrGreek.dcm", ["Διονυσιος", "", ""], "διον*"),
    ("chrH31.dcm", ["Yamada^Tarou", "山田^太郎", "やまだ^たろう"], "*太郎*"),
    ("chrH32.dcm", ["ﾔﾏﾀﾞ^ﾀﾛｳ", "山田^太郎", "やまだ^たろう"], "*山田*"),
    ("chrHbrw.dcm", ["שרון^דבורה", "", ""], "*דבורה"),
    ("chrI2.dcm", ["Hong^Gildong", "洪^吉洞", "홍^길동"], "*길동*"),
    ("chrJapMulti.dcm", ["やまだ^たろう", "", ""], "やまだ*"),
    ("chrJapMultiExplicitIR6.dcm", ["やまだ^たろう", "", ""], "*たろう"),
    ("chrKoreanMulti.dcm", ["김희중", "", ""], "김*"),
    ("chrRuss.dcm", ["Люкceмбypг", "", ""], "люкc*"),
    ("chrX1.dcm", ["Wang^XiaoDong", "王^小東", ""], "*小東*"),
    ("chrX2.dcm", ["Wang^XiaoDong", "王^小东", ""], "*小东*"),
];

/// Attributes with several values, or of free text: file, tag, the values.
const TEXTS: &[(&str, &str, &[&str])] = &[
    ("chrFrenMulti.dcm", "00101001", &["Buc^Jérôme", "Buc^Jérôme"]),
    ("chrJapMulti.dcm", "00101001", &["やまだ^たろう", "やまだ^たろう"]),
    ("chrJapMulti.dcm", "001021B0", &["たろう"]),
    ("chrJapMultiExplicitIR6.dcm", "00101001", &["やまだ^たろう", "やまだ^たろう"]),
    ("chrJapMultiExplicitIR6.dcm", "001021B0", &["たろう"]),
    ("chrKoreanMulti.dcm", "00081070", &["김희중"]),
    ("chrKoreanMulti.dcm", "00101001", &["김희중", "김희중"]),
    ("chrKoreanMulti.dcm", "001021B0", &["김희중"]),
];

#[tokio::test]
async fn names_are_unicode_in_search_and_metadata() {
    let server = start().await;
    let client = server.client();
    let files = charset_files();
    for (file, groups, wildcard) in NAMES {
        let path = files.iter().find(|path| path.ends_with(file)).unwrap_or_else(|| panic!("{file} is not there"));
        let bytes = std::fs::read(path).unwrap();
        let request = client.request(reqwest::Method::POST, STUDIES).header("content-type", "application/dicom");
        let answer = request.body(bytes).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 200 | 202), "{file}: {}", answer.status());

        let studies = client.json(STUDIES).await;
        assert_eq!(studies.as_array().unwrap().len(), 1, "{file}");
        let metadata = client.json(&format!("{STUDIES}/{}/metadata", uid(&studies[0], "0020000D"))).await;
        for data_set in [&studies[0], &metadata[0]] {
            assert_eq!(name_groups(data_set), *groups, "{file}");
            assert!(matches!(data_set["00080005"]["Value"][0].as_str(), None | Some("ISO_IR 192")), "{file}");
        }
        for (_, tag, values) in TEXTS.iter().filter(|text| text.0 == *file) {
            assert_eq!(texts(&metadata[0][tag]), *values, "{file} {tag}");
        }
        let escaped: String = wildcard.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(client.count(&format!("{STUDIES}?PatientName={escaped}")).await, 1, "{file} by {wildcard}");
        // Some of the files share their UIDs.
        client.delete(&format!("{STUDIES}/{}", uid(&studies[0], "0020000D")), 204).await;
    }
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 0);
}

fn uid<'a>(data_set: &'a Value, tag: &str) -> &'a str {
    data_set[tag]["Value"][0].as_str().unwrap_or_else(|| panic!("no {tag}: {data_set}"))
}

fn name_groups(data_set: &Value) -> [&str; 3] {
    let name = &data_set["00100010"]["Value"][0];
    ["Alphabetic", "Ideographic", "Phonetic"].map(|group| name[group].as_str().unwrap_or_default())
}

fn texts(element: &Value) -> Vec<&str> {
    let values = element["Value"].as_array().unwrap_or_else(|| panic!("no value: {element}"));
    values.iter().filter_map(|value| value.as_str().or(value["Alphabetic"].as_str())).map(str::trim_end).collect()
}
