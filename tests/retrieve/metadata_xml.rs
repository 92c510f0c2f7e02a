//! Metadata in XML (PS3.18 10.4.4, PS3.19 A.1): one document for each instance.

use std::fs;

use harness::{Answer, Client, Series, charset_files, run_python, test_files};
use reqwest::Method;

use crate::{ROOT, STUDIES, archive::Archive, builder};

const XML: &str = "multipart/related; type=\"application/dicom+xml\"";
const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel \
                     xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";

/// The documents of an answer.
fn documents(answer: &Answer) -> Vec<String> {
    assert!(answer.content_type().starts_with(&format!("{XML}; boundary=")), "{}", answer.content_type());
    let document = |part: harness::Part| {
        assert_eq!(part.content_type(), "application/dicom+xml");
        let text = String::from_utf8(part.body.to_vec()).unwrap();
        assert!(text.starts_with(BEGIN) && text.ends_with("</NativeDicomModel>"), "{text}");
        text
    };
    answer.parts().into_iter().map(document).collect()
}

fn has(document: &str, attribute: &str) {
    assert!(document.contains(attribute), "{attribute} is not in {document}");
}

#[tokio::test]
async fn one_part_for_each_instance_at_every_level() {
    let archive = Archive::open().await;
    for (path, instances) in [
        (archive.ct.instance(2).path(), vec![archive.ct.instance(2)]),
        (archive.ct.path(), archive.ct.instances().collect()),
        (archive.mixed[0].study_path(), archive.all_mixed()),
    ] {
        let answer = archive.client().get_as(&format!("{ROOT}{path}/metadata"), XML, 200).await;
        let documents = documents(&answer);
        assert_eq!(documents.len(), instances.len(), "{path}");
        for (document, instance) in documents.iter().zip(instances) {
            has(
                document,
                &format!(
                    "<DicomAttribute tag=\"00080018\" vr=\"UI\" keyword=\"SOPInstanceUID\"><Value number=\"1\">{}</Value>",
                    instance.instance
                ),
            );
        }
    }
}

#[tokio::test]
async fn values_links_and_private_attributes_are_those_of_the_json() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/metadata", archive.bulk.path());
    let document = documents(&archive.client().get_as(&path, XML, 200).await).remove(0);
    let bulk = format!("{}{ROOT}{}/bulkdata", archive.server.base(), archive.bulk.path());
    has(&document, &format!("keyword=\"PixelData\"><BulkData uri=\"{bulk}/7FE00010\"></BulkData></DicomAttribute>"));
    has(&document, &format!("privateCreator=\"EXAMPLE_ACQU_01\"><BulkData uri=\"{bulk}/00191030\">"));
    has(&document, &format!("<BulkData uri=\"{bulk}/00191040/2/00191042\">"));
    has(
        &document,
        "<DicomAttribute tag=\"00190031\" vr=\"UN\" privateCreator=\"EXAMPLE_ACQU_01\"><InlineBinary>AQIDBAUA</InlineBinary>",
    );
    let path = format!("{ROOT}{}/metadata", archive.ct.instance(2).path());
    let document = documents(&archive.client().get_as(&path, XML, 200).await).remove(0);
    has(
        &document,
        "<DicomAttribute tag=\"00190023\" vr=\"DS\" privateCreator=\"EXAMPLE_ACQU_01\"><Value number=\"1\">39.375000</Value>",
    );
    has(
        &document,
        "<DicomAttribute tag=\"00080005\" vr=\"CS\" keyword=\"SpecificCharacterSet\"><Value number=\"1\">ISO_IR 192</Value>",
    );
    assert!(!document.contains("tag=\"0002"), "no file meta information");
}

#[tokio::test]
async fn tags_differ_from_those_of_json_and_spare_what_a_client_has() {
    let archive = Archive::open().await;
    let client = archive.client();
    let path = format!("{ROOT}{}/metadata", archive.ct.path());
    let request = |method| client.request(method, &path).header("accept", XML);
    let first = client.send(request(Method::GET), 200).await;
    let etag = first.header("etag").unwrap();
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    assert_eq!(first.header("vary"), Some("Accept, Accept-Encoding"));
    let json = client.get(&path, 200).await;
    let packed = client.send(client.request(Method::GET, &path).header("accept-encoding", "gzip"), 200).await;
    assert!(json.header("etag") != Some(etag) && packed.header("etag") != Some(etag));

    let unchanged = client.send(request(Method::GET).header("if-none-match", etag), 304).await;
    assert_eq!((unchanged.header("etag"), unchanged.body.len()), (Some(etag), 0));
    let other = json.header("etag").unwrap();
    client.send(request(Method::GET).header("if-none-match", other), 200).await;

    let head = client.send(request(Method::HEAD), 200).await;
    assert!(head.content_type().starts_with(XML));
    assert_eq!((head.header("etag"), head.body.len()), (Some(etag), 0));
}

#[tokio::test]
async fn a_series_of_many_instances_is_complete() {
    let server = builder().start().await;
    let series = Series { rows: 16, columns: 16, ..Series::ct(250) };
    server.client().store(STUDIES, series.instances(), 200).await;
    let answer = server.client().get_as(&format!("{ROOT}{}/metadata", series.path()), XML, 200).await;
    for (at, document) in documents(&answer).iter().enumerate() {
        has(document, &format!("keyword=\"InstanceNumber\"><Value number=\"1\">{}</Value>", at + 1));
    }
    assert_eq!(documents(&answer).len(), 250);
}

#[tokio::test]
async fn what_is_not_there_is_404_in_xml_too() {
    let archive = Archive::open().await;
    archive.client().get_as(&format!("{STUDIES}/1.2.3.4/metadata"), XML, 404).await;
}

/// Stores a file alone and writes its metadata beside a copy of it, if it is an instance.
async fn convert(client: &Client, bytes: Vec<u8>, place: &std::path::Path) {
    let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
    let answer = request.body(bytes.clone()).send().await.unwrap();
    if !answer.status().is_success() {
        return;
    }
    let response: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let address = response["00081199"]["Value"][0]["00081190"]["Value"][0].as_str().unwrap();
    let path = format!("{}/metadata", address.strip_prefix(client.base()).unwrap());
    let document = documents(&client.get_as(&path, XML, 200).await).remove(0);
    client.delete(path.strip_suffix("/metadata").unwrap(), 204).await;
    fs::write(place, bytes).unwrap();
    fs::write(format!("{}.xml", place.display()), document).unwrap();
}

#[tokio::test]
async fn pydicom_finds_the_same_in_its_files() {
    let server = builder().start().await;
    let folder = tempfile::tempdir().unwrap();
    for (at, path) in test_files().into_iter().chain(charset_files()).enumerate() {
        let name = format!("{at:03}-{}", path.file_name().unwrap().to_string_lossy());
        convert(&server.client(), fs::read(&path).unwrap(), &folder.path().join(name)).await;
    }
    let folder = folder.path().to_path_buf();
    tokio::task::spawn_blocking(move || run_python("retrieve/native_model.py", [folder])).await.unwrap();
}
