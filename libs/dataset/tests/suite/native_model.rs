//! XML of data sets: what the JSON says, in documents that every reader of XML takes.

use crate::{
    pydicom_files::described,
    read_back::{Attribute, Content, Set, read},
};
use dataset::{
    CharacterSets, Tag, keyword_of,
    metadata::MetadataWriter,
    native_model::{NativeModel, document},
};
use proptest::prelude::*;
use serde_json::Value;
use uid::InstanceRef;

fn xml(json: &str) -> String {
    let pieces: Vec<Vec<u8>> = NativeModel::new(json.to_owned()).map(Result::unwrap).collect();
    let whole = document(json.to_owned()).unwrap();
    assert_eq!(pieces.concat(), whole);
    String::from_utf8(whole).unwrap()
}

/// What is between the root's tags.
fn inner(json: &str) -> String {
    let document = xml(json);
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel \
                 xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";
    read(&document);
    document.strip_prefix(start).unwrap().strip_suffix("</NativeDicomModel>").unwrap().to_owned()
}

/// What a JSON data set must read like.
fn expected(json: &Value) -> Set {
    let mut set = Set::new();
    let mut creators = Vec::new();
    for (tag, element) in json.as_object().unwrap() {
        let is_private = tag.as_bytes()[3].is_ascii_hexdigit() && u8::from_str_radix(&tag[3..4], 16).unwrap() % 2 == 1;
        let values = element["Value"].as_array();
        if let (true, "00", Some([Value::String(name)])) = (is_private, &tag[4..6], values.map(Vec::as_slice))
            && &tag[6..] >= "10"
        {
            creators.push((format!("{}{}", &tag[..4], &tag[6..]), shown(name)));
            continue;
        }
        let creator = creators.iter().find(|(block, _)| is_private && *block == tag[..6]).map(|(_, name)| name.clone());
        let number = |digits: &str| u16::from_str_radix(digits, 16).unwrap();
        let keyword = keyword_of(Tag(number(&tag[..4]), number(&tag[4..]))).map(str::to_owned);
        set.push(Attribute {
            tag: if creator.is_some() { format!("{}00{}", &tag[..4], &tag[6..]) } else { tag.clone() },
            vr: element["vr"].as_str().unwrap().to_owned(),
            keyword,
            private_creator: creator,
            content: content(element),
        });
    }
    set
}

fn content(element: &Value) -> Content {
    if let Some(uri) = element["BulkDataURI"].as_str() {
        return Content::BulkData(uri.to_owned());
    }
    if let Some(binary) = element["InlineBinary"].as_str() {
        return Content::InlineBinary(binary.to_owned());
    }
    let Some(values) = element["Value"].as_array() else { return Content::Empty };
    match element["vr"].as_str().unwrap() {
        "SQ" => Content::Items(values.iter().map(expected).collect()),
        "PN" => Content::Names(values.iter().map(groups).collect()),
        _ => Content::Values(values.iter().map(text).collect()),
    }
}

fn groups(name: &Value) -> [String; 3] {
    ["Alphabetic", "Ideographic", "Phonetic"].map(|group| {
        let text = shown(name[group].as_str().unwrap_or_default());
        // Carets behind the last component say nothing, but from the fifth on they are part of it.
        let carets = text.len() - text.trim_end_matches('^').len();
        if text.matches('^').count() <= 4 { text[..text.len() - carets].to_owned() } else { text }
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => shown(text),
        other => other.to_string(),
    }
}

/// The characters that XML can hold, and what stands for the others.
fn shown(text: &str) -> String {
    let show = |character| match character {
        '\t' | '\n' | '\r' => character,
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(character)).unwrap(),
        '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        _ => character,
    };
    text.chars().map(show).collect()
}

/// Compares; fractions by what they are, since serde_json reads and writes them in its own way.
fn assert_same(json: &str, place: &str) {
    let (mut found, mut wanted) = (read(&xml(json)), expected(&serde_json::from_str(json).unwrap()));
    plain_numbers(&mut found);
    plain_numbers(&mut wanted);
    assert_eq!(found, wanted, "{place}: {json}");
}

fn plain_numbers(set: &mut Set) {
    for attribute in set {
        let is_number = matches!(attribute.vr.as_str(), "DS" | "FD" | "FL");
        match &mut attribute.content {
            Content::Items(items) => items.iter_mut().for_each(plain_numbers),
            Content::Values(values) if is_number => {
                for value in values {
                    *value = value.parse::<f64>().map_or(value.clone(), |number| format!("{number:.12e}"));
                }
            }
            _ => {}
        }
    }
}

#[test]
fn each_kind_of_value_has_its_element() {
    for (json, xml) in [
        (r"{}", ""),
        (
            r#"{"00080008":{"vr":"CS","Value":["ORIGINAL",null,"AXIAL"]}}"#,
            "<DicomAttribute tag=\"00080008\" vr=\"CS\" keyword=\"ImageType\"><Value number=\"1\">ORIGINAL</Value>\
             <Value number=\"2\"></Value><Value number=\"3\">AXIAL</Value></DicomAttribute>",
        ),
        (
            r#"{"00080050":{"vr":"SH"}}"#,
            "<DicomAttribute tag=\"00080050\" vr=\"SH\" keyword=\"AccessionNumber\"></DicomAttribute>",
        ),
        (
            r#" { "00200032" : { "Value" : [ 1.50 , -2e5, "+1" ] , "vr" : "DS" } } "#,
            "<DicomAttribute tag=\"00200032\" vr=\"DS\" keyword=\"ImagePositionPatient\">\
             <Value number=\"1\">1.50</Value><Value number=\"2\">-2e5</Value><Value number=\"3\">+1</Value>\
             </DicomAttribute>",
        ),
        (
            r#"{"7FE00010":{"vr":"OW","BulkDataURI":"http://h/a?b=1&c"}}"#,
            "<DicomAttribute tag=\"7FE00010\" vr=\"OW\" keyword=\"PixelData\">\
             <BulkData uri=\"http://h/a?b=1&amp;c\"></BulkData></DicomAttribute>",
        ),
        (
            r#"{"00281201":{"vr":"OW","InlineBinary":"AQI="}}"#,
            "<DicomAttribute tag=\"00281201\" vr=\"OW\" keyword=\"RedPaletteColorLookupTableData\">\
             <InlineBinary>AQI=</InlineBinary></DicomAttribute>",
        ),
        (
            r#"{"00081140":{"vr":"SQ","Value":[{"00080060":{"vr":"CS"}},null,{}]}}"#,
            "<DicomAttribute tag=\"00081140\" vr=\"SQ\" keyword=\"ReferencedImageSequence\"><Item number=\"1\">\
             <DicomAttribute tag=\"00080060\" vr=\"CS\" keyword=\"Modality\"></DicomAttribute></Item>\
             <Item number=\"2\"></Item><Item number=\"3\"></Item></DicomAttribute>",
        ),
    ] {
        assert_eq!(inner(json), xml);
    }
}

#[test]
fn person_names_are_split_into_groups_and_components() {
    let names = r#"{"00100010":{"vr":"PN","Value":[
        {"Phonetic":"やまだ^たろう","Alphabetic":"Yamada^Tarou^^Dr.","Ideographic":"山田^太郎"},null,
        {"Alphabetic":"a^b^c^d^e^f^"},{"Ideographic":"^x"}]}}"#;
    assert_eq!(
        inner(names),
        "<DicomAttribute tag=\"00100010\" vr=\"PN\" keyword=\"PatientName\"><PersonName number=\"1\"><Alphabetic>\
         <FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName><NamePrefix>Dr.</NamePrefix></Alphabetic>\
         <Ideographic><FamilyName>山田</FamilyName><GivenName>太郎</GivenName></Ideographic>\
         <Phonetic><FamilyName>やまだ</FamilyName><GivenName>たろう</GivenName></Phonetic></PersonName>\
         <PersonName number=\"2\"></PersonName><PersonName number=\"3\"><Alphabetic><FamilyName>a</FamilyName>\
         <GivenName>b</GivenName><MiddleName>c</MiddleName><NamePrefix>d</NamePrefix><NameSuffix>e^f^</NameSuffix>\
         </Alphabetic></PersonName><PersonName number=\"4\"><Ideographic><GivenName>x</GivenName></Ideographic>\
         </PersonName></DicomAttribute>"
    );
}

#[test]
fn private_attributes_are_named_by_their_creator() {
    let json = r#"{"00090010":{"vr":"LO","Value":["A & \"B\""]},"00090011":{"vr":"LO","Value":["C"]},
        "00091001":{"vr":"UL","Value":[7]},"00091101":{"vr":"SQ","Value":[{"00091001":{"vr":"LO","Value":["x"]}}]},
        "00091201":{"vr":"UN","InlineBinary":"AA=="},"000B0010":{"vr":"UN","InlineBinary":"QQ=="}}"#;
    assert_eq!(
        inner(json),
        "<DicomAttribute tag=\"00090001\" vr=\"UL\" privateCreator=\"A &amp; &quot;B&quot;\">\
         <Value number=\"1\">7</Value></DicomAttribute>\
         <DicomAttribute tag=\"00090001\" vr=\"SQ\" privateCreator=\"C\"><Item number=\"1\">\
         <DicomAttribute tag=\"00091001\" vr=\"LO\"><Value number=\"1\">x</Value></DicomAttribute></Item>\
         </DicomAttribute><DicomAttribute tag=\"00091201\" vr=\"UN\"><InlineBinary>AA==</InlineBinary>\
         </DicomAttribute><DicomAttribute tag=\"000B0010\" vr=\"UN\"><InlineBinary>QQ==</InlineBinary>\
         </DicomAttribute>",
        "a reserved block counts in its own data set only, and a creator without a text is an attribute"
    );
}

#[test]
fn characters_that_xml_cannot_hold_are_shown_by_others() {
    let json = r#"{"00104000":{"vr":"LT","Value":["a<b>&\"'\t\r\n\f\u001b\u0000\u007f\uFFFF]]>é\uD83D\uDC80"]}}"#;
    assert_eq!(
        inner(json),
        "<DicomAttribute tag=\"00104000\" vr=\"LT\" keyword=\"PatientComments\"><Value number=\"1\">a&lt;b&gt;&amp;&quot;'\
         &#9;&#13;&#10;\u{240C}\u{241B}\u{2400}\u{7F}\u{FFFD}]]&gt;é\u{1F480}</Value></DicomAttribute>"
    );
    assert_same(json, "hostile text");
    assert_same(r#"{"00090010":{"vr":"LO","Value":["a\tb\r\n<\u0001"]},"00091001":{"vr":"CS"}}"#, "in an attribute");
}

#[test]
fn what_is_no_dicom_json_is_refused() {
    for json in [
        "",
        "[]",
        "{",
        "{}}",
        r#"{"0008005":{"vr":"SH"}}"#,
        r#"{"0008005a":{"vr":"SH"}}"#,
        r#"{"+0080050":{"vr":"SH"}}"#,
        r#"{"00080050":{}}"#,
        r#"{"00080050":{"vr":"S<"}}"#,
        r#"{"00080050":{"vr":"SH","Value":"x"}}"#,
        r#"{"00080050":{"vr":"SH","Value":["x",]}}"#,
        r#"{"00080050":{"vr":"SH","Value":[<]}}"#,
        r#"{"00080050":{"vr":"SH","Value":[1<2]}}"#,
        r#"{"00080050":{"vr":"SH","Value":[{}]}}"#,
        r#"{"00080050":{"vr":"SH","Value":["\x"]}}"#,
        r#"{"00080050":{"vr":"SH","Value":["x"],"InlineBinary":"AA=="}}"#,
        r#"{"00100010":{"vr":"PN","Value":["x"]}}"#,
        r#"{"00081140":{"vr":"SQ","Value":["x"]}}"#,
        r#"{"00081140":{"vr":"SQ","Value":[{"00080050":{"vr":"SH"}]}}"#,
        r#"{"00080050":{"vr":"SH"} "00080060":{"vr":"CS"}}"#,
    ] {
        assert!(document(json.to_owned()).is_err(), "{json}");
        let mut pieces = NativeModel::new(json.to_owned());
        assert!(pieces.any(|piece| piece.is_err()) && pieces.next().is_none(), "{json}");
    }
}

#[test]
fn long_data_sets_come_in_small_pieces_and_deep_ones_need_no_stack() {
    let numbers = vec!["65535"; 500_000].join(",");
    let json = format!(r#"{{"00281201":{{"vr":"US","Value":[{numbers}]}}}}"#);
    let pieces: Vec<usize> = NativeModel::new(json).map(|piece| piece.unwrap().len()).collect();
    assert!(pieces.len() > 400 && pieces.iter().all(|length| *length < 40_000), "{}", pieces.len());

    let depth = 60_000;
    let begin = r#"{"00081140":{"vr":"SQ","Value":["#.repeat(depth);
    let closed = format!("{begin}{{}}{}", "]}}".repeat(depth));
    let length: usize = NativeModel::new(closed).map(|piece| piece.unwrap().len()).sum();
    assert!(length > depth * 100);
}

#[test]
fn pydicom_files_read_back_as_their_json() {
    let mut files = 0;
    for (name, _, description) in described() {
        assert_same(&String::from_utf8(description.metadata.to_json("http://h/dicom-web")).unwrap(), &name);
        files += 1;
    }
    assert!(files > 120, "only {files} files");
}

const VRS: [&[u8; 2]; 20] = [
    b"AE", b"AT", b"CS", b"DA", b"DS", b"FD", b"IS", b"LO", b"LT", b"OB", b"OW", b"PN", b"SH", b"SV", b"UI", b"UL",
    b"UN", b"US", b"UT", b"??",
];

/// Bytes as they are in values: random, or text of what is special in DICOM, JSON or XML.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let characters = proptest::collection::vec(
        prop::sample::select(
            "ab<>&\"'\\^= \t\r\n\u{0}\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{fffe}\u{ffff}山😀]1.-E+"
                .chars()
                .collect::<Vec<_>>(),
        ),
        0..24,
    );
    let text = characters.prop_map(|characters| characters.into_iter().collect::<String>().into_bytes());
    prop_oneof![3 => text, 1 => proptest::collection::vec(any::<u8>(), 0..24)]
}

#[derive(Debug, Clone)]
enum Step {
    Element(u16, u16, usize, Vec<u8>),
    Bulk,
    BeginSequence,
    BeginItem,
    EndItem,
    EndSequence,
}

fn step() -> impl Strategy<Value = Step> {
    let element = prop_oneof![0x0010_u16..0x0013, 0x1000_u16..0x1003, 0x1100_u16..0x1103, any::<u16>()];
    let group = prop_oneof![Just(0x0009_u16), Just(0x0010), Just(0x0028), any::<u16>()];
    prop_oneof![
        6 => (group, element, 0..VRS.len(), bytes()).prop_map(|(group, element, vr, value)| Step::Element(group, element, vr, value)),
        1 => Just(Step::Bulk),
        1 => Just(Step::BeginSequence),
        2 => Just(Step::BeginItem),
        1 => Just(Step::EndItem),
        1 => Just(Step::EndSequence),
    ]
}

/// What this crate writes for such a data set; each tag of a level once and in order, as stored data sets have them.
fn written(steps: Vec<Step>) -> String {
    let charset = CharacterSets::parse(b"ISO_IR 192").0;
    let mut writer = MetadataWriter::new();
    // By level: the last tag there; whether it is a sequence that is open.
    let mut levels = vec![(0_u32, false)];
    for step in steps {
        let depth = levels.len();
        let (last, in_sequence) = levels.last_mut().unwrap();
        match step {
            Step::Element(group, element, vr, value) if !*in_sequence => {
                let tag = u32::from(group) << 16 | u32::from(element);
                if tag > *last && element != 0 {
                    *last = tag;
                    writer.element(Tag(group, element), *VRS[vr], &value, false, &charset);
                }
            }
            Step::Bulk if !*in_sequence && *last < 0x7FE0_0010 => {
                *last = 0x7FE0_0010;
                writer.bulk(Tag(0x7FE0, 0x0010), *b"OW", "7FE00010");
            }
            Step::BeginSequence if !*in_sequence && *last < 0xFFF0_0000 => {
                *last += 2;
                *in_sequence = true;
                writer.begin_sequence(Tag((*last >> 16) as u16, *last as u16));
            }
            Step::BeginItem if *in_sequence => {
                writer.begin_item();
                levels.push((0, false));
            }
            Step::EndItem if depth > 1 && !*in_sequence => {
                writer.end_item();
                levels.pop();
            }
            Step::EndSequence if *in_sequence => {
                writer.end_sequence();
                *in_sequence = false;
            }
            _ => {}
        }
    }
    let instance = InstanceRef {
        study: "1.2".parse().unwrap(),
        series: "1.2.3".parse().unwrap(),
        instance: "1.2.3.4".parse().unwrap(),
    };
    String::from_utf8(writer.finish(&instance).to_json("http://h/dicom-web")).unwrap()
}

proptest! {
    #[test]
    fn whatever_is_written_as_json_reads_back_from_xml(steps in proptest::collection::vec(step(), 0..40)) {
        assert_same(&written(steps), "written");
    }

    #[test]
    fn no_text_is_too_much(text in any::<String>()) {
        let json = serde_json::json!({"00104000": {"vr": "LT", "Value": [text]}}).to_string();
        assert_same(&json, "any text");
    }

    #[test]
    fn broken_json_is_refused_or_well_formed(
        steps in proptest::collection::vec(step(), 0..12),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"{}[]\",:\\<0 n".to_vec())), 1..4),
    ) {
        let mut json = written(steps).into_bytes();
        for (at, byte) in changes {
            let at = at.index(json.len());
            json[at] = byte;
        }
        if let Ok(json) = String::from_utf8(json)
            && let Ok(document) = document(json)
        {
            read(std::str::from_utf8(&document).unwrap());
        }
    }
}
