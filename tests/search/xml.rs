//! Search answers in XML (PS3.18 10.6.4, PS3.19 A.1): one document for each match.

use std::io::Read;

use harness::{Answer, split_multipart};
use reqwest::Method;

use crate::archive::Archive;

const XML: &str = "multipart/related; type=\"application/dicom+xml\"";
const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel \
                     xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";

async fn search(archive: &Archive, path: &str) -> Answer {
    let answer = archive.client().get_as(&format!("/dicom-web{path}"), XML, 200).await;
    assert!(answer.content_type().starts_with(&format!("{XML}; boundary=")), "{}", answer.content_type());
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    answer
}

fn documents(answer: &Answer) -> Vec<String> {
    let document = |part: harness::Part| {
        assert_eq!(part.content_type(), "application/dicom+xml");
        let text = String::from_utf8(part.body.to_vec()).unwrap();
        assert!(text.starts_with(BEGIN) && text.ends_with("</NativeDicomModel>"), "{text}");
        text
    };
    answer.parts().into_iter().map(document).collect()
}

#[tokio::test]
async fn a_match_is_a_document_with_what_the_json_has() {
    let archive = Archive::open().await;
    let path = "/studies?PatientID=PID-C&includefield=StudyDescription";
    let documents = documents(&search(&archive, path).await);
    let study = archive.study("C");
    let address = format!("{}/dicom-web/studies/{}", archive.server.base(), study.study);
    assert_eq!(documents.len(), 1);
    for attribute in [
        "<DicomAttribute tag=\"00080020\" vr=\"DA\" keyword=\"StudyDate\"><Value number=\"1\">20240229</Value></DicomAttribute>",
        &format!(
            "<DicomAttribute tag=\"00081190\" vr=\"UR\" keyword=\"RetrieveURL\"><Value number=\"1\">{address}</Value></DicomAttribute>"
        ),
        "<DicomAttribute tag=\"00081030\" vr=\"LO\" keyword=\"StudyDescription\"><Value number=\"1\">左膝 Knie</Value></DicomAttribute>",
        "keyword=\"PatientName\"><PersonName number=\"1\"><Alphabetic><FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName>\
         </Alphabetic><Ideographic><FamilyName>山田</FamilyName><GivenName>太郎</GivenName></Ideographic>\
         <Phonetic><FamilyName>やまだ</FamilyName><GivenName>たろう</GivenName></Phonetic></PersonName></DicomAttribute>",
        "keyword=\"NumberOfStudyRelatedInstances\"><Value number=\"1\">1</Value></DicomAttribute></NativeDicomModel>",
    ] {
        assert!(documents[0].contains(attribute), "{attribute} is not in {}", documents[0]);
    }
    let json = &archive.matches(path).await[0];
    let tags: Vec<&str> = documents[0].split("<DicomAttribute tag=\"").skip(1).map(|rest| &rest[..8]).collect();
    assert_eq!(tags, crate::tags(json));
}

#[tokio::test]
async fn all_resources_have_as_many_parts_as_matches() {
    let archive = Archive::open().await;
    let study = &archive.ct.study;
    for path in [
        "/studies".to_owned(),
        "/series".to_owned(),
        "/instances".to_owned(),
        format!("/studies/{study}/series"),
        format!("/studies/{study}/instances"),
        format!("/studies/{study}/series/{}/instances?includefield=all", archive.ct.series),
    ] {
        let matches = archive.matches(&path).await;
        assert_eq!(documents(&search(&archive, &path).await).len(), matches.len(), "{path}");
        assert!(!matches.is_empty());
    }
}

#[tokio::test]
async fn no_match_is_an_empty_body() {
    let archive = Archive::open().await;
    for path in ["/studies?PatientID=NOBODY", "/studies/1.2.3/series", "/instances?limit=0"] {
        let answer = search(&archive, path).await;
        assert_eq!((answer.body.len(), answer.header("content-length")), (0, Some("0")), "{path}");
    }
}

#[tokio::test]
async fn parameter_warnings_and_head_are_as_for_json() {
    let archive = Archive::open().await;
    let client = archive.client();
    let parameter = "accept=multipart/related;type=application/dicom%2Bxml";
    let path = format!("/dicom-web/studies?limit=2&{parameter}");
    let answer = client.get_as(&path, "application/dicom+json", 200).await;
    assert_eq!(documents(&answer).len(), 2);
    assert!(answer.header("warning").unwrap().ends_with("There are 5 additional results that can be requested"));

    let head = client.send(client.request(Method::HEAD, "/dicom-web/studies").header("accept", XML), 200).await;
    assert!(head.content_type().starts_with(XML) && head.body.is_empty());
}

#[tokio::test]
async fn xml_is_compressed_for_those_who_take_it() {
    let archive = Archive::open().await;
    let client = archive.client();
    let request = client.request(Method::GET, "/dicom-web/instances").header("accept", XML);
    let packed = client.send(request.header("accept-encoding", "gzip"), 200).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    let parts = split_multipart(packed.content_type(), &unpacked.into());
    assert_eq!(parts.len(), archive.matches("/instances").await.len());
    assert!(parts.iter().all(|part| part.body.starts_with(BEGIN.as_bytes())));
}
