//! pydicom's bundled files: each is described, with what another reader finds in it, or refused for the right reason.

use std::path::{Path, PathBuf};

use dataset::refusal::{IdentityAttribute, Malformation, Place};
use dataset::{Description, Limits, PixelLayout, Refusal, RewriteError};
use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, InMemDicomObject, OpenFileOptions, Tag};

use crate::outcome::{check_invariants, describe, describe_in, everything, frames, json, offset_base, rewrite_in};

/// Why a file is refused. Each was looked at with pydicom.
#[derive(Debug, PartialEq)]
enum Reason {
    /// It has no SOP Class UID: directories (PS3.10 chapter 8) and fragments of data sets.
    SopClass,
    /// It has no Study Instance UID.
    Study,
    /// It is cut within Pixel Data.
    CutPixelData,
    /// It is cut within another value.
    CutValue,
    /// An item is longer than what it holds: an element was taken out by hand.
    Lengths,
    /// Text, archives, a stray byte before the data set.
    NotDicom,
}

const REFUSED: [(&str, Reason); 32] = [
    ("JPEGLSNearLossless_08.dcm", Reason::Study),
    ("JPEGLSNearLossless_16.dcm", Reason::Study),
    ("SC_rgb_jls_lossy_line.dcm", Reason::Study),
    ("SC_rgb_jls_lossy_sample.dcm", Reason::Study),
    ("MR_truncated.dcm", Reason::CutPixelData),
    ("rtplan_truncated.dcm", Reason::CutValue),
    ("UN_sequence.dcm", Reason::SopClass),
    ("empty_charset_LEI.dcm", Reason::SopClass),
    ("meta_missing_tsyntax.dcm", Reason::SopClass),
    ("nested_priv_SQ.dcm", Reason::SopClass),
    ("no_meta_group_length.dcm", Reason::SopClass),
    ("priv_SQ.dcm", Reason::SopClass),
    ("chrSQEncoding.dcm", Reason::SopClass),
    ("chrSQEncoding1.dcm", Reason::SopClass),
    ("dicomdirtests/DICOMDIR", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-bigEnd", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-empty.dcm", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-implicit", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-nopatient", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-reordered", Reason::SopClass),
    ("dicomdirtests/TINY_ALPHA/DICOMDIR", Reason::SopClass),
    ("dicomdirtests/DICOMDIR-nooffset", Reason::Lengths),
    ("no_meta.dcm", Reason::NotDicom),
    ("README.txt", Reason::NotDicom),
    ("TINY_ALPHA/README", Reason::NotDicom),
    ("FileInfo.txt", Reason::NotDicom),
    ("crayons.icc", Reason::NotDicom),
    ("rtplan.dump", Reason::NotDicom),
    ("rtstruct.dump", Reason::NotDicom),
    ("test1.json", Reason::NotDicom),
    ("test_PN.json", Reason::NotDicom),
    ("zipMR.gz", Reason::NotDicom),
];

fn reason_of(refusal: &Refusal) -> Option<Reason> {
    Some(match refusal {
        Refusal::MissingIdentity(IdentityAttribute::SopClass) => Reason::SopClass,
        Refusal::MissingIdentity(IdentityAttribute::Study) => Reason::Study,
        Refusal::EndsBefore(Place::PixelData) => Reason::CutPixelData,
        Refusal::EndsBefore(Place::Value) => Reason::CutValue,
        Refusal::Malformed(Malformation::CrossesEnd) => Reason::Lengths,
        Refusal::NotDicom => Reason::NotDicom,
        _ => return None,
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// All files with their paths and bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let root = std::env::var_os("NOCTIS_PYDICOM_FILES")
        .expect("NOCTIS_PYDICOM_FILES must name the folder with pydicom's files: run tests/setup.sh, which gets them");
    let mut paths = Vec::new();
    for folder in ["test_files", "charset_files"] {
        collect(&Path::new(&root).join(folder), &mut paths);
    }
    paths.sort();
    assert!(paths.len() > 150, "NOCTIS_PYDICOM_FILES is not complete: run tests/setup.sh");
    paths.into_iter().map(|path| (path.to_string_lossy().into_owned(), std::fs::read(path).unwrap())).collect()
}

/// Those files that are described, with their descriptions.
pub fn described() -> impl Iterator<Item = (String, Vec<u8>, Description)> {
    files().into_iter().filter_map(|(name, bytes)| {
        let description = describe(&bytes).ok()?;
        Some((name, bytes, description))
    })
}

#[test]
fn each_file_is_described_or_refused_for_the_right_reason() {
    for (name, bytes) in files() {
        let expected = REFUSED.iter().find(|(ending, _)| name.ends_with(&format!("/{ending}"))).map(|(_, why)| why);
        match (describe(&bytes), expected) {
            (Ok(description), None) => check_invariants(&description, &bytes),
            (Err(refusal), Some(reason)) => assert_eq!(reason_of(&refusal).as_ref(), Some(reason), "{name}: {refusal}"),
            (Ok(_), Some(reason)) => panic!("{name} is described, but {reason:?} was expected"),
            (Err(refusal), None) => panic!("{name}: {refusal}"),
        }
    }
}

#[test]
fn chunks_make_no_difference() {
    for (name, bytes, description) in described() {
        for sizes in [&[1][..], &[8], &[1021, 3]] {
            if sizes == [1] && bytes.len() > 50_000 {
                continue;
            }
            let again = describe_in(&bytes, sizes, Limits::default()).unwrap();
            assert_eq!(everything(&again), everything(&description), "{name} in {sizes:?}");
        }
    }
}

/// The file as dicom-rs reads it, if it does: not without preamble or with Pixel Data in Deflated.
fn oracle(name: &str, bytes: &[u8]) -> Option<DefaultDicomObject> {
    // It takes a gigabyte of memory for this one, whose data set is not in the named transfer syntax.
    if name.ends_with("/SC_rgb_jpeg.dcm") {
        return None;
    }
    OpenFileOptions::new().from_reader(std::io::Cursor::new(bytes)).ok()
}

#[test]
fn elements_are_those_that_dicom_rs_finds() {
    let mut compared = 0;
    for (name, bytes, description) in described() {
        let Some(object) = oracle(&name, &bytes) else { continue };
        compare_items(&name, &object, &json(&description));
        compared += 1;
    }
    assert!(compared > 120, "only {compared} files could be compared");
}

fn compare_items(name: &str, expected: &InMemDicomObject, found: &serde_json::Value) {
    let found = found.as_object().unwrap();
    let mut names = Vec::new();
    for element in expected {
        let Tag(group, number) = element.header().tag;
        if number == 0 || group == 0xFFFC {
            continue;
        }
        let key = format!("{group:04X}{number:04X}");
        let member = found.get(&key).unwrap_or_else(|| panic!("{name}: {key} is missing"));
        compare_element(&format!("{name} {key}"), element, member);
        names.push(key);
    }
    let surplus: Vec<_> = found.keys().filter(|key| !names.contains(key)).collect();
    assert!(surplus.is_empty(), "{name}: {surplus:?}");
}

fn compare_element(place: &str, expected: &InMemElement, found: &serde_json::Value) {
    let vr = expected.vr().to_string();
    if found["vr"] == "SQ" {
        let items = expected.items().unwrap_or_default();
        let none = Vec::new();
        let values = found.get("Value").and_then(|value| value.as_array()).unwrap_or(&none);
        assert_eq!(values.len(), items.len(), "{place}");
        items.iter().zip(values).for_each(|(item, value)| compare_items(place, item, value));
        return;
    }
    if matches!(vr, "CS" | "DA" | "TM" | "UI" | "SH" | "AE" | "AS") && found["vr"] == vr {
        let text = expected.to_str().unwrap();
        let values: Vec<&str> = text.trim_end_matches(['\0', ' ']).split('\\').map(str::trim).collect();
        let found: Vec<&str> = found
            .get("Value")
            .and_then(|value| value.as_array())
            .map(|values| values.iter().map(|value| value.as_str().unwrap_or_default()).collect())
            .unwrap_or_default();
        if text.is_ascii() && !place.ends_with("00080005") && values != [""] {
            assert_eq!(found, values, "{place}");
        }
    }
    if matches!(vr, "US" | "SS" | "UL" | "SL") && found["vr"] == vr && found.get("Value").is_some() {
        let numbers: Vec<i64> = expected.to_multi_int().unwrap();
        let found: Vec<i64> = found["Value"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        assert_eq!(found, numbers, "{place}");
    }
}

#[test]
fn offsets_lead_to_the_bytes_that_dicom_rs_finds() {
    let (mut native, mut encapsulated) = (0, 0);
    for (name, bytes, description) in described() {
        let (Some(object), Some(pixels)) = (oracle(&name, &bytes), &description.pixels) else { continue };
        let base = offset_base(&description, &bytes);
        let value = object.element(Tag(0x7FE0, 0x0010)).unwrap();
        match &pixels.layout {
            PixelLayout::Native { offset, length, big_endian: false, .. } => {
                let found = &base[*offset as usize..][..*length as usize];
                assert_eq!(found, value.to_bytes().unwrap().as_ref(), "{name}");
                native += 1;
            }
            PixelLayout::Native { .. } => {}
            PixelLayout::Encapsulated { .. } => {
                let all: Vec<&[u8]> = frames(&description)
                    .iter()
                    .flatten()
                    .map(|range| &base[range.start as usize..range.end as usize])
                    .collect();
                let fragments: Vec<&[u8]> = value.fragments().unwrap().iter().map(Vec::as_slice).collect();
                assert_eq!(all, fragments, "{name}");
                encapsulated += 1;
            }
        }
    }
    assert!(native > 50 && encapsulated > 25, "{native} {encapsulated}");
}

#[test]
fn rewritten_files_say_the_same() {
    let mut rewritten = 0;
    for (name, bytes, description) in described() {
        let stored = [description.prefix.as_slice(), &bytes].concat();
        let encapsulated =
            matches!(description.pixels.as_ref().map(|pixels| &pixels.layout), Some(PixelLayout::Encapsulated { .. }));
        match rewrite_in(&stored, &[4099]) {
            Ok(object) => {
                let again = describe(&object).unwrap();
                assert_eq!(json(&again), json(&description), "{name}");
                assert!(oracle(&name, &object).is_some(), "{name}");
                rewritten += 1;
            }
            Err(RewriteError::Encapsulated) => assert!(encapsulated, "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(rewritten > 100, "only {rewritten} files");
}

#[test]
fn mutated_files_never_panic() {
    for (_, bytes, _) in described().filter(|(_, bytes, _)| bytes.len() < 20_000) {
        for step in 0..60_usize {
            let mut broken = bytes.clone();
            let at = step * 7919 % broken.len();
            broken[at] = broken[at].wrapping_add((step as u8).wrapping_mul(37) | 1);
            if step % 5 == 0 {
                broken.truncate(at);
            }
            if let Ok(description) = describe_in(&broken, &[4096], Limits::default()) {
                check_invariants(&description, &broken);
            }
        }
    }
}
