//! Objects as real systems write them: what is missing, superfluous or out of place.

use dataset::refusal::{IdentityAttribute, Malformation, Place};
use dataset::{Finding, PixelLayout, Refusal};

use crate::elements::{BIG, DEFLATED, DataSet, EXPLICIT, Encoding, IMPLICIT, JPEG, UNDEFINED, deflate, meta, part10};
use crate::outcome::{check_invariants, describe, has, json, offset_base};

const ENCODINGS: [Encoding; 3] = [Encoding::Implicit, Encoding::Explicit, Encoding::Big];

#[test]
fn a_bare_data_set_gets_file_meta_information_in_front() {
    for encoding in ENCODINGS {
        let bare = DataSet::identified(encoding).bytes;
        let description = describe(&bare).unwrap();
        assert_eq!(description.transfer_syntax.as_str(), encoding.name());
        assert_eq!(description.data_set_offset, description.prefix.len() as u64);
        assert_eq!(description.findings, [Finding::GeneratedPrefix]);
        check_invariants(&description, &bare);
        let stored = [description.prefix.as_slice(), &bare].concat();
        let again = describe(&stored).unwrap();
        assert!(again.prefix.is_empty() && again.findings.is_empty(), "{:?}", again.findings);
        assert_eq!(again.data_set_offset, description.data_set_offset);
    }
}

#[test]
fn the_prefix_is_known_before_the_pixel_data() {
    let bare = DataSet::image(Encoding::Explicit, 2, 2, "1").value(0x7FE0_0010, b"OB", &[1; 4]).bytes;
    let mut describer = dataset::Describer::new(dataset::Limits::default());
    describer.push(&bare[..100]).unwrap();
    assert!(describer.prefix().is_none_or(|prefix| prefix.len() > 132));
    describer.push(&bare[100..150]).unwrap();
    assert!(describer.prefix().unwrap().len() > 132);
}

#[test]
fn preamble_or_prefix_alone_may_be_missing() {
    let whole = DataSet::identified(Encoding::Implicit).part10();
    for (cut, added) in [(128, vec![0; 128]), (132, whole[..132].to_vec())] {
        let description = describe(&whole[cut..]).unwrap();
        assert_eq!(description.prefix, added);
        assert_eq!(description.length, whole.len() as u64);
        assert_eq!(description.data_set_offset, describe(&whole).unwrap().data_set_offset);
    }
}

#[test]
fn an_unnamed_transfer_syntax_is_recognised() {
    for encoding in ENCODINGS {
        let object = part10("", &DataSet::identified(encoding).bytes);
        let description = describe(&object).unwrap();
        assert_eq!(description.transfer_syntax.as_str(), encoding.name());
        assert_eq!(description.findings, [Finding::MissingTransferSyntax]);
    }
    let compressed = DataSet::image(Encoding::Explicit, 2, 2, "1").fragments(&[], &[b"\xFF\xD8"]);
    assert!(matches!(describe(&part10("", &compressed.bytes)), Err(Refusal::UnknownTransferSyntax)));
}

#[test]
fn a_wrong_transfer_syntax_is_corrected() {
    for (named, encoding) in [
        (EXPLICIT, Encoding::Implicit),
        (IMPLICIT, Encoding::Explicit),
        (IMPLICIT, Encoding::Big),
        (EXPLICIT, Encoding::Big),
        (BIG, Encoding::Explicit),
        (DEFLATED, Encoding::Explicit),
    ] {
        let description = describe(&part10(named, &DataSet::identified(encoding).bytes)).unwrap();
        assert_eq!(description.transfer_syntax.as_str(), encoding.name(), "{named}");
        assert_eq!(description.findings, [Finding::TransferSyntaxMismatch]);
        assert!(!description.deflated);
    }
}

#[test]
fn group_length_of_the_meta_group_may_be_missing_or_wrong() {
    let data_set = DataSet::identified(Encoding::Explicit).bytes;
    let mut wrong = part10(EXPLICIT, &data_set);
    wrong[140] ^= 2;
    let meta = meta(EXPLICIT);
    let missing = [&[0; 128], &b"DICM"[..], &meta[12..], &data_set].concat();
    for object in [wrong, missing] {
        assert_eq!(describe(&object).unwrap().findings, [Finding::FileMetaGroupLength]);
    }
}

#[test]
fn a_deflated_data_set_is_described_by_inflated_offsets() {
    let pixels: Vec<u8> = (0..5000_u32).map(|n| (n % 251) as u8).collect();
    let data_set = DataSet::image(Encoding::Explicit, 50, 100, "1").value(0x7FE0_0010, b"OB", &pixels).bytes;
    let object = part10(DEFLATED, &deflate(&data_set));
    let description = describe(&object).unwrap();
    assert!(description.deflated && description.findings.is_empty());
    let base = offset_base(&description, &object);
    let Some(PixelLayout::Native { offset, length, .. }) = description.pixels.map(|pixels| pixels.layout) else {
        panic!("not native")
    };
    assert_eq!(base[offset as usize..][..length as usize], pixels);
    let cut = describe(&object[..object.len() - 10]);
    assert!(matches!(cut, Err(Refusal::EndsBefore(Place::DeflateStream))));
}

#[test]
fn missing_delimiters_at_the_end_are_no_loss() {
    let whole = DataSet::identified(Encoding::Explicit).sequence(
        0x0040_0275,
        &[DataSet::new(Encoding::Explicit).text(0x0040_0009, b"SH", "STEP")],
        false,
    );
    let complete = json(&describe(&whole.part10()).unwrap());
    for missing in [8, 16] {
        let object = whole.part10();
        let description = describe(&object[..object.len() - missing]).unwrap();
        assert_eq!(description.findings, [Finding::MissingDelimiter]);
        assert_eq!(json(&description), complete);
    }
    let object = whole.part10();
    for missing in [2, 12, 18, 23] {
        let refusal = describe(&object[..object.len() - missing]).unwrap_err();
        assert!(matches!(refusal, Refusal::EndsBefore(_)), "{missing}: {refusal}");
    }
}

#[test]
fn an_item_delimiter_may_be_missing_within() {
    let item = DataSet::new(Encoding::Explicit).text(0x0040_0009, b"SH", "STEP");
    let object = DataSet::identified(Encoding::Explicit)
        .header(0x0040_0275, b"SQ", UNDEFINED)
        .item(0xFFFE_E000, UNDEFINED)
        .raw(&item.bytes)
        .item(0xFFFE_E0DD, 0)
        .text(0x0040_1001, b"SH", "AFTER")
        .part10();
    let description = describe(&object).unwrap();
    assert_eq!(json(&description)["00400275"]["Value"][0]["00400009"]["Value"][0], "STEP");
    assert_eq!(json(&description)["00401001"]["Value"][0], "AFTER");
}

#[test]
fn cut_objects_are_refused_with_the_place() {
    let image = DataSet::image(Encoding::Explicit, 4, 4, "1").value(0x7FE0_0010, b"OB", &[7; 16]).part10();
    let places = [
        (1, Place::PixelData),
        (16, Place::PixelData),
        (17, Place::ElementHeader),
        (29, Place::Value),
        (image.len() - 140, Place::FileMeta),
    ];
    for (missing, expected) in places {
        match describe(&image[..image.len() - missing]) {
            Err(Refusal::EndsBefore(place)) => assert_eq!(place, expected, "{missing}"),
            other => panic!("{missing}: {other:?}"),
        }
    }
    assert!(matches!(describe(&part10(EXPLICIT, &[])), Err(Refusal::NoDataSet)));
    for junk in [&b""[..], b"DICM", b"<html>not found</html>", &[0; 500], &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 74, 70]] {
        assert!(matches!(describe(junk), Err(Refusal::NotDicom | Refusal::NoDataSet)), "{junk:?}");
    }
}

#[test]
fn identity_is_required_and_may_be_padded() {
    let tags = [
        (0x0008_0016, IdentityAttribute::SopClass),
        (0x0008_0018, IdentityAttribute::SopInstance),
        (0x0020_000D, IdentityAttribute::Study),
        (0x0020_000E, IdentityAttribute::Series),
    ];
    for (left_out, expected) in tags {
        for value in [None, Some(""), Some(" \0"), Some("1.2.x ")] {
            let object = tags.iter().fold(DataSet::new(Encoding::Explicit), |data_set, (tag, _)| match value {
                None if *tag == left_out => data_set,
                Some(value) if *tag == left_out => data_set.value(*tag, b"UI", value.as_bytes()),
                _ => data_set.value(*tag, b"UI", b" 1.2.3\0 "),
            });
            let refusal = describe(&object.part10()).unwrap_err();
            assert_eq!(refusal.failure_reason(), 0xA900);
            match refusal {
                Refusal::MissingIdentity(attribute) => assert_eq!(attribute, expected),
                Refusal::InvalidIdentity { attribute, .. } => {
                    assert_eq!((attribute, value), (expected, Some("1.2.x ")));
                }
                other => panic!("{other}"),
            }
        }
    }
    let padded = tags.iter().fold(DataSet::new(Encoding::Explicit), |d, (tag, _)| d.value(*tag, b"UI", b" 1.2.3\0 "));
    assert_eq!(describe(&padded.part10()).unwrap().instance.study.as_str(), "1.2.3");
}

#[test]
fn a_refused_instance_can_be_named() {
    let mut describer = dataset::Describer::new(dataset::Limits::default());
    let object =
        DataSet::new(Encoding::Explicit).text(0x0008_0005, b"CS", "ISO_IR 100").header(0x0000_0002, b"UI", 4).part10();
    assert!(describer.push(&object).and_then(|()| describer.push(&[0; 4])).is_err());
    let (class, instance) = describer.identity_so_far();
    assert_eq!(class.unwrap().as_str(), crate::elements::SOP_CLASS);
    assert_eq!(instance.unwrap().as_str(), crate::elements::SOP_INSTANCE);
}

#[test]
fn the_data_set_holds_against_its_file_meta_information() {
    let other = DataSet::new(Encoding::Explicit)
        .text(0x0008_0016, b"UI", "1.2.840.10008.5.1.4.1.1.2")
        .text(0x0008_0018, b"UI", "9.9")
        .text(0x0020_000D, b"UI", "1.2.3")
        .text(0x0020_000E, b"UI", "1.02.3");
    let description = describe(&other.part10()).unwrap();
    assert_eq!(description.instance.instance.as_str(), "9.9");
    assert_eq!(description.sop_class.as_str(), "1.2.840.10008.5.1.4.1.1.2");
    assert!(has(&description, Finding::FileMetaMismatch) && has(&description, Finding::InvalidUid));
}

#[test]
fn duplicates_are_refused_and_disorder_is_told() {
    let ordered = DataSet::identified(Encoding::Explicit).text(0x0020_0013, b"IS", "1");
    let late = ordered.clone().text(0x0010_0010, b"PN", "Late");
    let description = describe(&late.part10()).unwrap();
    assert_eq!(description.findings, [Finding::ElementsOutOfOrder]);
    assert_eq!(json(&description)["00100010"]["Value"][0]["Alphabetic"], "Late");
    let twice = ordered.clone().text(0x0020_0013, b"IS", "2");
    assert!(matches!(describe(&twice.part10()), Err(Refusal::DuplicateElement)));
    let later = late.text(0x0020_000D, b"UI", "6.6.6");
    assert!(matches!(describe(&later.part10()), Err(Refusal::DuplicateElement)));
}

#[test]
fn what_follows_the_pixel_data_is_told_apart() {
    let image = DataSet::image(Encoding::Explicit, 2, 2, "1").value(0x7FE0_0010, b"OB", &[1; 4]);
    let padded = describe(&image.clone().value(0xFFFC_FFFC, b"OB", &[0; 30]).part10()).unwrap();
    assert!(padded.findings.is_empty());
    assert!(json(&padded).get("FFFCFFFC").is_none());
    assert!(padded.bulk.iter().all(|bulk| bulk.path == "7FE00010"));
    for garbage in [&[0; 3][..], &[0; 100], b"\r\n--boundary--", &[0x08, 0, 0x16, 0, b'U', b'I', 2, 0, b'1', 0]] {
        let description = describe(&image.clone().raw(garbage).part10()).unwrap();
        assert_eq!(description.findings, [Finding::TrailingBytes], "{garbage:?}");
        assert!(description.pixels.is_some());
    }
    let signed = image.clone().value(0xFFFA_FFFA, b"SQ", &[]).part10();
    assert!(json(&describe(&signed).unwrap()).get("FFFAFFFA").is_some());
    let cut = image.header(0xFFFA_FFFA, b"SQ", 500).raw(&[0; 20]).part10();
    assert!(describe(&cut).is_err());
}

#[test]
fn implicit_and_unknown_vrs_within_explicit_encoding_are_read() {
    let implicit = DataSet::new(Encoding::Implicit).text(0x0008_1150, b"UI", "1.2.3.77");
    let object = DataSet::identified(Encoding::Explicit)
        .sequence(0x0020_9170, &[implicit], true)
        .value(0x0028_1050, b"ZZ", b"40")
        .part10();
    let description = describe(&object).unwrap();
    assert_eq!(json(&description)["00209170"]["Value"][0]["00081150"]["Value"][0], "1.2.3.77");
    assert!(has(&description, Finding::MixedVrEncoding) && has(&description, Finding::InvalidVr));
}

#[test]
fn un_is_read_where_the_dictionary_knows_better() {
    let inner = DataSet::new(Encoding::Implicit).text(0x0008_1150, b"UI", "1.2.3.77");
    let private = DataSet::new(Encoding::Implicit).sequence(0x0009_1002, &[inner], false);
    for encoding in [Encoding::Explicit, Encoding::Big] {
        let object = DataSet::identified(encoding)
            .value(0x0020_0010, b"UN", b"STUDY1")
            .value(0x0021_1001, b"UN", &[1, 2])
            .header(0x0021_1002, b"UN", UNDEFINED)
            .raw(&private.bytes[8..])
            .value(0x0028_0010, b"UN", &[2, 0])
            .part10();
        let description = describe(&object).unwrap();
        let json = json(&description);
        assert_eq!(json["00200010"]["Value"][0], "STUDY1");
        assert_eq!(json["00211001"]["vr"], "UN");
        assert_eq!(json["00211002"]["Value"][0]["00081150"]["Value"][0], "1.2.3.77");
        assert_eq!(json["00280010"]["Value"][0], 2);
    }
}

#[test]
fn nested_pixel_data_is_a_bulk_value_and_not_the_image() {
    for encoding in ENCODINGS {
        let icon = DataSet::new(encoding).value(0x7FE0_0010, b"OW", &[5; 6000]);
        let object = DataSet::image(encoding, 2, 2, "1")
            .sequence(0x0088_0200, &[icon], false)
            .value(0x7FE0_0010, b"OW", &[1; 4])
            .part10();
        let description = describe(&object).unwrap();
        let paths: Vec<&str> = description.bulk.iter().map(|bulk| bulk.path.as_str()).collect();
        assert_eq!(paths, ["00880200/1/7FE00010", "7FE00010"]);
        let icon = &description.bulk[0];
        assert_eq!(object[icon.offset as usize..][..icon.length as usize], [5; 6000]);
        let uri = &json(&description)["00880200"]["Value"][0]["7FE00010"]["BulkDataURI"];
        assert_eq!(*uri, "B/studies/1.2.3/series/1.2.3.1/instances/1.2.3.4/bulkdata/00880200/1/7FE00010");
        assert_eq!(description.pixels.unwrap().rows, 2);
    }
}

#[test]
fn character_sets_hold_for_their_item_only() {
    let item = |name: &str| DataSet::new(Encoding::Explicit).text(0x0008_0005, b"CS", name);
    let greek = item("ISO_IR 126").value(0x0008_0104, b"LO", b"\xC4\xE9");
    let outer = DataSet::new(Encoding::Explicit).value(0x0008_0104, b"LO", b"\xE4\xF6");
    let object = DataSet::new(Encoding::Explicit)
        .text(0x0008_0005, b"CS", "ISO_IR 100")
        .text(0x0008_0016, b"UI", "1.2.840.10008.5.1.4.1.1.7")
        .text(0x0008_0018, b"UI", "1.2.3.4")
        .sequence(0x0008_1032, &[greek, outer], true)
        .value(0x0010_0010, b"PN", b"M\xFCller")
        .text(0x0020_000D, b"UI", "1.2.3")
        .text(0x0020_000E, b"UI", "1.2.3.1")
        .part10();
    let json = json(&describe(&object).unwrap());
    assert_eq!(json["00081032"]["Value"][0]["00080104"]["Value"][0], "Δι");
    assert_eq!(json["00081032"]["Value"][1]["00080104"]["Value"][0], "äö");
    assert_eq!(json["00100010"]["Value"][0]["Alphabetic"], "Müller");
    assert_eq!(json["00080005"]["Value"][0], "ISO_IR 192");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let base = || DataSet::identified(Encoding::Explicit);
    let cases = [
        (base().header(0x0040_0275, b"SQ", 8).item(0xFFFE_E000, 40).raw(&[0; 40]), Malformation::CrossesEnd),
        (base().header(0x0040_0275, b"SQ", UNDEFINED).raw(b"no items"), Malformation::NotAnItem),
        (base().item(0xFFFE_E00D, 0), Malformation::StrayDelimiter),
        (base().item(0xFFFE_E000, 0), Malformation::StrayDelimiter),
        (base().header(0x0040_0280, b"UT", UNDEFINED), Malformation::UndefinedLength),
        (base().header(0x7FE0_0010, b"OB", UNDEFINED).raw(b"no items"), Malformation::NotAnItem),
        (base().header(0x7FE0_0010, b"OB", UNDEFINED).item(0xFFFE_E000, UNDEFINED), Malformation::UndefinedLength),
        (DataSet::new(Encoding::Explicit).value(0x0000_0002, b"UI", b"1."), Malformation::ForbiddenTag),
    ];
    for (data_set, expected) in cases {
        match describe(&part10(JPEG, &data_set.bytes)) {
            Err(Refusal::Malformed(found)) => assert_eq!(found, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}
