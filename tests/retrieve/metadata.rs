//! Metadata (PS3.18 10.4.1.1.2 and Annex F): one array, whatever the resource and its encoding.

use std::io::Read;

use harness::{DataSet, Instance, Series, TransferSyntax, Value, new_uid, part10};
use serde_json::{Value as Json, json};

use crate::{ROOT, STUDIES, archive::Archive, builder};

/// A data set with a value of nearly every kind.
fn data_set(study: &str, series: &str, instance: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(0x0008_1150, "UI", "1.2.840.10008.5.1.4.1.1.2").text(0x0008_1155, "UI", "1.2.3");
    let mut set = DataSet::new();
    set.text(0x0008_0005, "CS", "ISO_IR 192")
        .text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\\\AXIAL")
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7")
        .text(0x0008_0018, "UI", instance)
        .text(0x0008_0020, "DA", "20240115")
        .text(0x0008_0050, "SH", "")
        .text(0x0008_0060, "CS", "OT")
        .text(0x0010_0010, "PN", "Yamada^Tarou=山田^太郎=やまだ^たろう")
        .text(0x0010_0020, "LO", "\"quoted\" \u{1F480}")
        .text(0x0010_1030, "DS", "71.5")
        .text(0x0010_4000, "LT", "two\\three\r\nlines")
        .text(0x0020_000D, "UI", study)
        .text(0x0020_000E, "UI", series)
        .text(0x0020_0013, "IS", "7")
        .text(0x0020_0032, "DS", "-180.0\\+0.50\\1e2")
        .us(0x0028_0002, 1)
        .us(0x0028_0010, 4)
        .us(0x0028_0011, 4)
        .us(0x0028_0100, 16)
        .put(0x0028_0009, "AT", Value::U16(vec![0x0018, 0x1063]))
        .put(0x0018_9305, "FD", Value::F64(vec![0.5, -3.25]))
        .put(0x7FE0_0010, "OW", Value::U16(vec![1; 16]));
    set.sequence(0x0008_1110, vec![]).sequence(0x0008_1140, vec![item, DataSet::new()]);
    set
}

fn expected(study: &str, series: &str, instance: &str, root: &str) -> Json {
    let bulk = format!("{root}/studies/{study}/series/{series}/instances/{instance}/bulkdata/7FE00010");
    json!({
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY", null, "AXIAL"]},
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
        "00080018": {"vr": "UI", "Value": [instance]},
        "00080020": {"vr": "DA", "Value": ["20240115"]},
        "00080050": {"vr": "SH"},
        "00080060": {"vr": "CS", "Value": ["OT"]},
        "00081110": {"vr": "SQ"},
        "00081140": {"vr": "SQ", "Value": [
            {
                "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
                "00081155": {"vr": "UI", "Value": ["1.2.3"]},
            },
            {},
        ]},
        "00100010": {"vr": "PN", "Value": [
            {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
        ]},
        "00100020": {"vr": "LO", "Value": ["\"quoted\" \u{1F480}"]},
        "00101030": {"vr": "DS", "Value": [71.5]},
        "00104000": {"vr": "LT", "Value": ["two\\three\r\nlines"]},
        "00189305": {"vr": "FD", "Value": [0.5, -3.25]},
        "0020000D": {"vr": "UI", "Value": [study]},
        "0020000E": {"vr": "UI", "Value": [series]},
        "00200013": {"vr": "IS", "Value": [7]},
        "00200032": {"vr": "DS", "Value": [-180.0, 0.5, 100.0]},
        "00280002": {"vr": "US", "Value": [1]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
        "00280010": {"vr": "US", "Value": [4]},
        "00280011": {"vr": "US", "Value": [4]},
        "00280100": {"vr": "US", "Value": [16]},
        "7FE00010": {"vr": "OW", "BulkDataURI": bulk},
    })
}

#[tokio::test]
async fn every_kind_of_value_in_every_encoding() {
    let server = builder().start().await;
    let client = server.client();
    for syntax in TransferSyntax::ALL.into_iter().filter(|syntax| !syntax.is_encapsulated()) {
        let [study, series, instance] = [new_uid(), new_uid(), new_uid()];
        client.store(STUDIES, [part10(&data_set(&study, &series, &instance), syntax)], 200).await;
        let metadata = client.json(&format!("{STUDIES}/{study}/metadata")).await;
        let expected = json!([expected(&study, &series, &instance, &format!("{}{ROOT}", server.base()))]);
        assert_eq!(metadata, expected, "{syntax:?}");
    }
}

#[tokio::test]
async fn private_numbers_and_small_values_stay_inline() {
    let archive = Archive::open().await;
    let metadata = archive.client().json(&format!("{ROOT}{}/metadata", archive.ct.instance(2).path())).await;
    let set = &metadata[0];
    for (tag, element) in [
        ("00090010", json!({"vr": "LO", "Value": ["EXAMPLE_IDEN_01"]})),
        ("00091002", json!({"vr": "UL", "Value": [2]})),
        ("00191002", json!({"vr": "SL", "Value": [912]})),
        ("00191003", json!({"vr": "FL", "Value": [391.75]})),
        ("00191023", json!({"vr": "DS", "Value": [39.375]})),
        ("00191024", json!({"vr": "SS", "Value": [-10, 12]})),
        ("00191031", json!({"vr": "UN", "InlineBinary": "AQIDBAUA"})),
    ] {
        assert_eq!(set[tag], element, "{tag}");
    }
    assert_eq!(set["00191040"]["Value"][0]["00191041"], json!({"vr": "FD", "Value": [1.5, 2.5]}));
    let groups: Vec<&str> = set.as_object().unwrap().keys().map(|tag| &tag[..4]).collect();
    assert!(!groups.contains(&"0002"), "no file meta information");
    assert!(set.as_object().unwrap().keys().all(|tag| tag.len() == 8 && *tag == tag.to_ascii_uppercase()));
}

#[tokio::test]
async fn bulk_data_is_linked_and_can_be_fetched() {
    let archive = Archive::open().await;
    let set = &archive.client().json(&format!("{ROOT}{}/metadata", archive.bulk.path())).await[0];
    let links = [
        (&set["00191030"], "00191030", archive.client()),
        (&set["00191040"]["Value"][1]["00191042"], "00191040/2/00191042", archive.client()),
        (&set["7FE00010"], "7FE00010", archive.client()),
    ];
    for (element, path, client) in links {
        let link = element["BulkDataURI"].as_str().unwrap();
        assert_eq!(link, format!("{}{ROOT}{}/bulkdata/{path}", archive.server.base(), archive.bulk.path()));
        assert!(element.get("Value").is_none() && element.get("InlineBinary").is_none());
        let value =
            client.get_as(link.strip_prefix(archive.server.base()).unwrap(), "application/octet-stream", 200).await;
        assert!(value.body.len() >= 5000, "{path}");
    }
}

#[tokio::test]
async fn study_and_series_are_one_array_in_order() {
    let archive = Archive::open().await;
    let uids = async |path: String| -> Vec<String> {
        let metadata = archive.client().json(&format!("{ROOT}{path}/metadata")).await;
        let uid = |set: &Json| set["00080018"]["Value"][0].as_str().unwrap().to_owned();
        metadata.as_array().unwrap().iter().map(uid).collect()
    };
    let expected =
        |instances: Vec<Instance>| instances.into_iter().map(|instance| instance.instance).collect::<Vec<_>>();
    assert_eq!(uids(archive.ct.path()).await, expected(archive.ct.instances().collect()));
    assert_eq!(uids(archive.ct.study_path()).await, expected(archive.ct.instances().collect()));
    assert_eq!(uids(archive.ct.instance(2).path()).await, expected(vec![archive.ct.instance(2)]));
    assert_eq!(uids(archive.mixed[0].study_path()).await, expected(archive.all_mixed()));
}

#[tokio::test]
async fn packed_is_the_same_as_plain() {
    let archive = Archive::open().await;
    let client = archive.client();
    for path in [archive.ct.path(), archive.mixed[0].study_path(), archive.bulk.path()] {
        let path = format!("{ROOT}{path}/metadata");
        let request = |coding: &str| client.request(reqwest::Method::GET, &path).header("accept-encoding", coding);
        let plain = client.send(request("identity"), 200).await;
        assert_eq!(plain.header("content-encoding"), None);
        for coding in ["gzip", "gzip, deflate, br, zstd", "br;q=1, gzip;q=0.2"] {
            let packed = client.send(request(coding), 200).await;
            assert_eq!(packed.header("content-encoding"), Some("gzip"), "{coding}");
            assert!(packed.body.len() * 2 < plain.body.len());
            let mut reader = flate2::bufread::GzDecoder::new(&packed.body[..]);
            let mut unpacked = Vec::new();
            reader.read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain.body);
            assert!(reader.into_inner().is_empty(), "one stream, and nothing behind it");
        }
        assert_eq!(client.send(request("gzip;q=0"), 200).await.body, plain.body);
    }
}

#[tokio::test]
async fn a_series_of_many_instances_is_complete() {
    let server = builder().start().await;
    let series = Series { rows: 16, columns: 16, ..Series::ct(250) };
    server.client().store(STUDIES, series.instances(), 200).await;
    let metadata = server.client().json(&format!("{ROOT}{}/metadata", series.path())).await;
    let numbers: Vec<u64> =
        metadata.as_array().unwrap().iter().map(|set| set["00200013"]["Value"][0].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=250).collect::<Vec<u64>>());
}

#[tokio::test]
async fn head_of_metadata() {
    let archive = Archive::open().await;
    let head = archive.client().head(&format!("{ROOT}{}/metadata", archive.ct.path()), 200).await;
    assert_eq!((head.content_type(), head.body.len()), ("application/dicom+json", 0));
}
