//! Every file that pydicom brings is stored and comes back bit for bit, or is refused for the right reason.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use harness::{Client, StoreResponse, charset_files, test_files};
use reqwest::Method;

use crate::{ROOT, STUDIES, start};

/// One of the four identifying UIDs is missing.
const IDENTITY: u64 = 0xA900;
/// The bytes cannot be followed to their end.
const UNREADABLE: u64 = 0xC000;

/// The files that are no complete instances, and why not. Checked against pydicom: it finds no identity in the first group,
/// and reads the others only by giving up what it cannot read.
const REFUSED: &[(&str, u64)] = &[
    // No Study and Series Instance UID.
    ("JPEGLSNearLossless_08.dcm", IDENTITY),
    ("JPEGLSNearLossless_16.dcm", IDENTITY),
    ("SC_rgb_jls_lossy_line.dcm", IDENTITY),
    ("SC_rgb_jls_lossy_sample.dcm", IDENTITY),
    // None of the four.
    ("UN_sequence.dcm", IDENTITY),
    ("chrSQEncoding.dcm", IDENTITY),
    ("chrSQEncoding1.dcm", IDENTITY),
    ("empty_charset_LEI.dcm", IDENTITY),
    ("meta_missing_tsyntax.dcm", IDENTITY),
    ("nested_priv_SQ.dcm", IDENTITY),
    ("no_meta_group_length.dcm", IDENTITY),
    ("priv_SQ.dcm", IDENTITY),
    // Directories of media are no instances.
    ("DICOMDIR", IDENTITY),
    ("DICOMDIR-bigEnd", IDENTITY),
    ("DICOMDIR-empty.dcm", IDENTITY),
    ("DICOMDIR-implicit", IDENTITY),
    ("DICOMDIR-nopatient", IDENTITY),
    ("DICOMDIR-reordered", IDENTITY),
    // Its sequence is shorter than the items in it.
    ("DICOMDIR-nooffset", UNREADABLE),
    // Pixel Data and the last value are cut off.
    ("MR_truncated.dcm", UNREADABLE),
    ("rtplan_truncated.dcm", UNREADABLE),
    // Its first byte is missing: it begins in the middle of a tag.
    ("no_meta.dcm", UNREADABLE),
];

/// The files that are stored with a warning, and which.
const WARNED: &[(&str, u64)] = &[
    // No preamble and File Meta Information.
    ("ExplVR_BigEndNoMeta.dcm", 0xB000),
    ("ExplVR_LitEndNoMeta.dcm", 0xB000),
    ("rtstruct.dcm", 0xB000),
    // Pixel Data longer than described.
    ("MR_small_padded.dcm", 0xB007),
    // Big endian pixel lengths and empty descriptions.
    ("badVR.dcm", 0xB007),
    // JPEG said, uncompressed sent, or the other way round.
    ("SC_rgb_jpeg.dcm", 0xB007),
    // Bytes behind the end of the deflate stream.
    ("image_dfl.dcm", 0xB007),
    // File Meta Information and data set disagree about UIDs.
    ("chrJapMulti.dcm", 0xB007),
    ("chrJapMultiExplicitIR6.dcm", 0xB007),
    ("rtdose.dcm", 0xB007),
    ("rtdose_1frame.dcm", 0xB007),
    ("rtdose_expb.dcm", 0xB007),
    ("rtdose_expb_1frame.dcm", 0xB007),
    ("rtplan.dcm", 0xB007),
];

#[tokio::test]
async fn each_is_stored_and_comes_back_or_is_refused_for_the_right_reason() {
    let server = start().await;
    let client = server.client();
    let mut refused = BTreeMap::new();
    let mut warned = BTreeMap::new();
    let files = files();
    assert!(files.len() > 170, "{} files", files.len());
    for path in &files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(path).unwrap();
        match store(&client, bytes.clone()).await {
            (202 | 200, response) => {
                if let Some(warning) = response.only_warning() {
                    warned.insert(name.clone(), warning);
                }
                assert_comes_back(&client, &response, &bytes, &name).await;
            }
            (409, response) => {
                refused.insert(name, response.only_reason());
            }
            (status, _) => panic!("{name}: {status}"),
        }
    }
    assert_eq!(refused, table(REFUSED));
    assert_eq!(warned, table(WARNED));
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 0);
}

async fn store(client: &Client, bytes: Vec<u8>) -> (u16, StoreResponse) {
    let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom").body(bytes);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let answer = harness::Answer { status, headers: answer.headers().clone(), body: answer.bytes().await.unwrap() };
    (status, answer.store_response())
}

/// Retrieves it, compares it, and deletes it: many of the files share their UIDs.
async fn assert_comes_back(client: &Client, response: &StoreResponse, sent: &[u8], name: &str) {
    let path = response.stored[0].retrieve_url.strip_prefix(client.base()).expect("an address of this server");
    let back = client.stored(path).await;
    let is_complete = sent.get(128..132) == Some(b"DICM");
    assert!(if is_complete { back == sent } else { back.ends_with(sent) }, "{name} does not come back as it was sent");
    assert_eq!(&back[128..132], b"DICM", "{name}");
    let metadata = client.json(&format!("{path}/metadata")).await;
    assert_eq!(metadata[0]["00080018"]["Value"][0], response.stored[0].instance.as_str(), "{name}");
    client.delete(path, 204).await;
}

fn table(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter().map(|(name, reason)| ((*name).to_owned(), *reason)).collect()
}

/// The files named `.dcm` and those without an ending that are DICOM all the same.
fn files() -> Vec<PathBuf> {
    let root = test_files()[0].ancestors().find(|folder| folder.ends_with("test_files")).unwrap().to_path_buf();
    let mut files = charset_files();
    collect(&root, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "dcm") || is_part10(&path) {
            files.push(path);
        }
    }
}

fn is_part10(path: &Path) -> bool {
    std::fs::read(path).unwrap().get(128..132) == Some(b"DICM")
}
