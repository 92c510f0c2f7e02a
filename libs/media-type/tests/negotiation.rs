//! What real clients send, category by category, and what they are answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use media_type::{
    Category, Items, NegotiationError, Packaging, Payload, Representation, Request, Syntaxes, negotiate, supported,
};

const FRAMES: Category = Category::Frames(Items::Many);
const FRAME: Category = Category::Frames(Items::One);
const STUDY: Category = Category::Instances(Items::Many);
const INSTANCE: Category = Category::Instances(Items::One);
const VALUE: Category = Category::BulkData(Items::One);

fn ask(category: Category, accept: &str) -> Result<Representation, NegotiationError> {
    negotiate(&Request { category, accept_parameter: &[], accept: &[accept], ranged: false })
}

fn chosen(packaging: Packaging, payload: Payload, syntaxes: Syntaxes) -> Representation {
    Representation { packaging, payload, syntaxes }
}

fn default() -> Syntaxes {
    Syntaxes::default()
}

fn any() -> Syntaxes {
    Syntaxes { any: true, ..Syntaxes::default() }
}

fn listed(uids: &[&str]) -> Syntaxes {
    Syntaxes { listed: uids.iter().map(|uid| format!("1.2.840.10008.1.2.{uid}")).collect(), any: false }
}

#[track_caller]
fn refused(category: Category, accept: &str) {
    let expected = NegotiationError::NotAcceptable { supported: supported(category) };
    assert_eq!(ask(category, accept), Err(expected), "{accept}");
}

#[test]
fn json_is_answered_in_company_and_by_its_plain_name() {
    for category in [Category::Metadata, Category::SearchResults, Category::StoreResponse] {
        for accept in [
            "application/dicom+json",
            "Application/DICOM+JSON; charset=utf-8",
            "application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*",
            "multipart/related; type=\"application/dicom+xml\";q=0.1, application/dicom+json",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/*",
            "*/*",
            "application/json;q=0.5, application/dicom+json",
        ] {
            let expected = chosen(Packaging::SinglePart, Payload::DicomJson, default());
            assert_eq!(ask(category, accept), Ok(expected), "{accept}");
        }
        let plain = chosen(Packaging::SinglePart, Payload::Json, default());
        assert_eq!(ask(category, "application/json, text/plain, */*"), Ok(plain));
        refused(category, "application/dicom+json;q=0");
        refused(category, "text/html");
    }
}

#[test]
fn xml_is_one_document_for_each_item() {
    const MULTIPART: &str = "multipart/related; type=\"application/dicom+xml\"";
    let xml = |packaging| Ok(chosen(packaging, Payload::DicomXml, default()));
    for category in [Category::Metadata, Category::SearchResults] {
        for accept in [
            MULTIPART,
            "multipart/related; type=application/dicom+xml; charset=utf-8",
            "multipart/related; type=\"application/dicom+xml\", application/dicom+json;q=0.1",
            "multipart/related",
        ] {
            assert_eq!(ask(category, accept), xml(Packaging::Multipart), "{accept}");
        }
        let with_any_syntax = ask(category, &format!("{MULTIPART}; transfer-syntax=*")).unwrap();
        assert_eq!(with_any_syntax.payload, Payload::DicomXml);
        refused(category, "application/dicom+xml");
        refused(
            category,
            "multipart/related; type=\"application/dicom+xml\";q=0, multipart/related; type=\"text/xml\"",
        );
        assert_eq!(supported(category), ["application/dicom+json", "application/json", MULTIPART]);
    }
    assert_eq!(ask(Category::StoreResponse, "application/dicom+xml"), xml(Packaging::SinglePart));
    refused(Category::StoreResponse, MULTIPART);
    let all = ["application/dicom+json", "application/json", "application/dicom+xml"];
    assert_eq!(supported(Category::StoreResponse), all);

    let request = |category, value| {
        negotiate(&Request { category, accept_parameter: &[value], accept: &["text/html"], ranged: false })
    };
    assert_eq!(request(Category::StoreResponse, "application/dicom xml"), xml(Packaging::SinglePart));
    let value = "multipart/related; type=application/dicom xml";
    assert_eq!(request(Category::SearchResults, value), xml(Packaging::Multipart));
}

#[test]
fn frames_as_viewers_ask_for_them() {
    for (accept, syntaxes) in [
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", any()),
        ("multipart/related; type=\"application/octet-stream\"; transfer-syntax=*", any()),
        ("multipart/related; type=\"application/octet-stream; transfer-syntax=*\"", any()),
        ("multipart/related;transfer-syntax=*;type=\"application/octet-stream; transfer-syntax=1.2\"", any()),
        ("multipart/related; type=\"*/*\"", default()),
        ("multipart/related; type=\"*/*\"; transfer-syntax=*", any()),
        ("multipart/related", default()),
        ("multipart/related; type=application/octet-stream", default()),
        ("*/*", default()),
        ("multipart/related; type=image/jls; transfer-syntax=1.2.840.10008.1.2.4.81", listed(&["4.81"])),
        ("multipart/related; type=\"image/jpeg\"", listed(&["4.70", "4.50", "4.51", "4.57"])),
        (
            "multipart/related; type=application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.80; \
             transfer-syntax=1.2.840.10008.1.2.1",
            listed(&["4.80"]),
        ),
        (
            "multipart/related; type=\"image/jp2\";q=0.9, multipart/related; type=\"image/dicom-rle\"",
            listed(&["5", "4.90", "4.91"]),
        ),
        (
            "multipart/related; type=application/octet-stream, multipart/related; type=\"image/jls\"",
            listed(&["1", "4.80", "4.81"]),
        ),
        ("multipart/related; type=\"image/jp2\", */*;q=0.1", Syntaxes { any: true, ..listed(&["4.90", "4.91"]) }),
    ] {
        for category in [FRAMES, FRAME] {
            let expected = chosen(Packaging::Multipart, Payload::BulkData, syntaxes.clone());
            assert_eq!(ask(category, accept), Ok(expected), "{accept}");
        }
    }
}

#[test]
fn a_single_part_is_for_a_single_item() {
    for accept in ["application/octet-stream; transfer-syntax=*", "image/jp2", "image/*", "application/dicom"] {
        refused(FRAMES, accept);
    }
    refused(STUDY, "application/dicom");
    refused(Category::BulkData(Items::Many), "application/octet-stream");

    for (category, accept, payload, syntaxes) in [
        (FRAME, "application/octet-stream", Payload::BulkData, default()),
        (FRAME, "application/octet-stream; transfer-syntax=*", Payload::BulkData, any()),
        (FRAME, "image/jp2", Payload::BulkData, listed(&["4.90", "4.91"])),
        (VALUE, "application/octet-stream", Payload::BulkData, default()),
        (INSTANCE, "application/dicom", Payload::Dicom, default()),
        (INSTANCE, "application/dicom; transfer-syntax=*", Payload::Dicom, any()),
        (INSTANCE, "application/*", Payload::Dicom, default()),
        (INSTANCE, "application/dicom;transfer-syntax=1.2.840.10008.1.2.4.90", Payload::Dicom, listed(&["4.90"])),
    ] {
        assert_eq!(ask(category, accept), Ok(chosen(Packaging::SinglePart, payload, syntaxes)), "{accept}");
    }
}

#[test]
fn instances_are_part_10_objects_or_their_bulk_data() {
    for category in [STUDY, INSTANCE] {
        let objects = |syntaxes| Ok(chosen(Packaging::Multipart, Payload::Dicom, syntaxes));
        assert_eq!(ask(category, "*/*"), objects(default()));
        assert_eq!(ask(category, "multipart/related; type=application/dicom"), objects(default()));
        assert_eq!(ask(category, "multipart/related; type=\"application/dicom\"; transfer-syntax=*"), objects(any()));
        assert_eq!(
            ask(
                category,
                "multipart/related; type=\"application/dicom\";transfer-syntax=1.2.840.10008.1.2.4.50;boundary=**, \
                 multipart/related; type=\"application/dicom\";transfer-syntax=1.2.840.10008.1.2.4.57;q=0.5"
            ),
            objects(listed(&["4.50", "4.57"]))
        );
        assert_eq!(
            ask(category, "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*"),
            Ok(chosen(Packaging::Multipart, Payload::BulkData, any()))
        );
    }
}

#[test]
fn a_media_type_does_not_take_a_foreign_syntax() {
    refused(FRAME, "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.90");
    refused(FRAME, "image/jpeg; transfer-syntax=nonsense");
    refused(FRAME, "video/H264");
}

#[test]
fn wildcards_of_images_take_all_images_and_nothing_else() {
    let image = ask(FRAMES, "multipart/related; type=\"image/*\"; boundary=**").unwrap();
    assert_eq!(image.syntaxes.listed.first().unwrap(), "1.2.840.10008.1.2.4.70");
    assert!(image.syntaxes.listed.iter().any(|uid| uid == "1.2.840.10008.1.2.4.203"));
    assert!(image.syntaxes.listed.iter().all(|uid| !uid.starts_with("1.2.840.10008.1.2.4.10")));
    assert!(!image.syntaxes.any);

    let browser = "image/jxl;q=0, image/avif,image/webp,image/apng,image/*,*/*;q=0.8";
    let image = ask(FRAME, browser).unwrap();
    assert_eq!(image.packaging, Packaging::SinglePart);
    assert!(image.syntaxes.any);
}

#[test]
fn what_is_named_goes_before_wildcards_and_a_weight_of_zero_refuses() {
    let named = ask(FRAME, "*/*, application/octet-stream;q=0.1").unwrap();
    assert_eq!(named.packaging, Packaging::SinglePart);

    let refusing = "multipart/related; type=application/octet-stream;q=0, application/octet-stream;q=0.5";
    assert_eq!(ask(FRAME, refusing).unwrap().packaging, Packaging::SinglePart);
    refused(FRAMES, refusing);
}

#[test]
fn the_query_parameter_has_priority_but_no_wildcards() {
    let ask = |accept_parameter: &[&str], accept: &[&str]| {
        negotiate(&Request { category: FRAME, accept_parameter, accept, ranged: false }).map(|chosen| chosen.packaging)
    };
    assert_eq!(ask(&["application/octet-stream"], &["*/*"]), Ok(Packaging::SinglePart));
    assert_eq!(ask(&["image/png", "image/jls"], &[]), Ok(Packaging::SinglePart));
    assert_eq!(ask(&["image/*"], &["multipart/related"]), Ok(Packaging::Multipart));
    assert_eq!(ask(&["image/png"], &[]), Ok(Packaging::Multipart));
    assert!(ask(&["*/*"], &["text/html"]).is_err());
}

#[test]
fn a_plus_that_became_a_space_still_counts() {
    let request = Request {
        category: Category::SearchResults,
        accept_parameter: &["application/dicom json"],
        accept: &["text/html"],
        ranged: false,
    };
    assert_eq!(negotiate(&request).map(|chosen| chosen.payload), Ok(Payload::DicomJson));
}

#[test]
fn a_missing_header_takes_everything_and_several_lines_are_one() {
    let none = Request { category: STUDY, accept_parameter: &[], accept: &[], ranged: false };
    assert_eq!(negotiate(&none), ask(STUDY, "*/*"));

    let lines = ["text/html", "multipart/related; type=\"application/dicom\"; transfer-syntax=*"];
    assert!(negotiate(&Request { accept: &lines, ..none }).unwrap().syntaxes.any);
}

#[test]
fn a_range_of_bytes_prefers_the_bytes_themselves() {
    let ranged = |category, accept| {
        negotiate(&Request { category, accept_parameter: &[], accept: &[accept], ranged: true }).unwrap().packaging
    };
    assert_eq!(ranged(VALUE, "*/*"), Packaging::SinglePart);
    assert_eq!(ranged(INSTANCE, "*/*"), Packaging::SinglePart);
    assert_eq!(ranged(VALUE, "multipart/related; type=application/octet-stream"), Packaging::Multipart);
    assert_eq!(ranged(STUDY, "*/*"), Packaging::Multipart);
}

#[test]
fn too_much_is_an_error_of_its_own() {
    let long = format!("text/{}", "x".repeat(9000));
    assert_eq!(ask(STUDY, &long), Err(NegotiationError::TooLong { limit: 8192 }));
    let many = "a/b,".repeat(65);
    assert_eq!(ask(STUDY, &many), Err(NegotiationError::TooMany { limit: 64 }));
    let parameters = format!("multipart/related{}", ";a=b".repeat(17));
    assert_eq!(ask(STUDY, &parameters), Err(NegotiationError::TooMany { limit: 16 }));
    let nested = format!("multipart/related; type=\"a/b{}\"", ";a=b".repeat(16));
    assert_eq!(ask(STUDY, &nested), Err(NegotiationError::TooMany { limit: 16 }));
}

#[test]
fn answers_are_typed_by_their_syntax() {
    let frames = ask(FRAMES, "multipart/related; type=application/octet-stream; transfer-syntax=*").unwrap();
    let jls = "1.2.840.10008.1.2.4.80";
    assert_eq!(frames.content_type(jls), "image/jls; transfer-syntax=1.2.840.10008.1.2.4.80");
    assert_eq!(frames.multipart_content_type(jls, "b1"), "multipart/related; type=\"image/jls\"; boundary=b1");
    assert_eq!(
        frames.content_type("1.2.840.10008.1.2.1"),
        "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    );
    assert_eq!(
        frames.multipart_content_type("", "b"),
        "multipart/related; type=\"application/octet-stream\"; boundary=b"
    );

    let study = ask(STUDY, "*/*").unwrap();
    assert_eq!(study.content_type(jls), "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80");
    assert_eq!(study.multipart_content_type("", "b"), "multipart/related; type=\"application/dicom\"; boundary=b");
    assert_eq!(ask(Category::Metadata, "application/json").unwrap().content_type(""), "application/json");
}
