//! Headers that nobody means well with: properties of every answer, and a bounded run of mutated real headers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use media_type::{
    Category, Items, NegotiationError, Packaging, Request, StoreContent, negotiate, store_content, supported,
};
use proptest::{collection::vec, prelude::*, sample::select};

const CATEGORIES: [Category; 8] = [
    Category::Instances(Items::One),
    Category::Instances(Items::Many),
    Category::Metadata,
    Category::Frames(Items::One),
    Category::Frames(Items::Many),
    Category::BulkData(Items::One),
    Category::BulkData(Items::Many),
    Category::StoreResponse,
];

fn corpus() -> Vec<&'static str> {
    include_str!("corpus/accept.txt").lines().chain(include_str!("corpus/content_type.txt").lines()).collect()
}

/// What holds for any header whatever.
fn check(header: &str) {
    for category in CATEGORIES {
        for request in [
            Request { category, accept_parameter: &[], accept: &[header], ranged: false },
            Request { category, accept_parameter: &[header], accept: &["a/b"], ranged: true },
        ] {
            match negotiate(&request) {
                Ok(chosen) => {
                    let many = matches!(
                        category,
                        Category::Instances(Items::Many)
                            | Category::Frames(Items::Many)
                            | Category::BulkData(Items::Many)
                    );
                    assert!(!(many && chosen.packaging == Packaging::SinglePart), "{header}");
                    for uid in &chosen.syntaxes.listed {
                        assert!((1..=64).contains(&uid.len()), "{header}");
                        assert!(uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{header}");
                    }
                }
                Err(NegotiationError::NotAcceptable { supported: listed }) => assert_eq!(listed, supported(category)),
                Err(NegotiationError::TooLong { .. } | NegotiationError::TooMany { .. }) => {}
            }
        }
    }
    if let Ok(StoreContent::Multipart { boundary }) = store_content(Some(header)) {
        assert!((1..=200).contains(&boundary.len()), "{header}");
        assert!(boundary.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
    }
}

/// A real header with pieces of real headers and of the grammar put in or taken out.
fn mutated() -> impl Strategy<Value = String> {
    let splice = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), select(FRAGMENTS), any::<bool>());
    (select(corpus()), vec(splice, 0..6)).prop_map(|(header, splices)| {
        let mut characters: Vec<char> = header.chars().collect();
        for (from, to, fragment, repeat) in splices {
            let (from, to) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
            let inserted = fragment.repeat(if repeat { 40 } else { 1 });
            characters.splice(from.min(to)..from.max(to), inserted.chars());
        }
        characters.into_iter().collect()
    })
}

const FRAGMENTS: &[&str] = &[
    "",
    ",",
    ";",
    "\"",
    "\\",
    "=",
    "/",
    "*",
    "q=",
    "q=nan",
    "q=-1",
    "q=1e9",
    "q=0",
    "type=",
    "transfer-syntax=",
    "*/*",
    "multipart/related",
    "boundary=",
    "é",
    "\u{0}",
    " ",
    "1.2.840.10008.1.2.4.50",
    ",a/b",
    ";a=b",
    "\"\\\"",
    "image/*",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_headers_hold_what_every_header_holds(header in mutated()) {
        check(&header);
    }

    #[test]
    fn any_text_holds_what_every_header_holds(header in ".{0,300}") {
        check(&header);
    }

    #[test]
    fn quotation_marks_make_no_difference(
        media_type in select(vec!["application/octet-stream", "image/jls", "image/jpeg", "*/*", "image/*"]),
        syntax in select(vec!["", "; transfer-syntax=*", "; transfer-syntax=1.2.840.10008.1.2.4.80"]),
    ) {
        let ask = |accept: String| {
            let accept = [accept.as_str()];
            negotiate(&Request { category: CATEGORIES[4], accept_parameter: &[], accept: &accept, ranged: false })
        };
        let bare = ask(format!("multipart/related; type={media_type}{syntax}"));
        prop_assert_eq!(&ask(format!("multipart/related; type=\"{media_type}\"{syntax}")), &bare);
        prop_assert_eq!(&ask(format!("multipart/related; type=\"{media_type}{syntax}\"")), &bare);
        prop_assert_eq!(&ask(format!("text/html, multipart/related{syntax}; type={media_type}")), &bare);
    }

    #[test]
    fn boundaries_come_back(boundary in "[ -~]{0,69}[!-~]") {
        let quoted = boundary.replace('\\', "\\\\").replace('"', "\\\"");
        let header = format!("multipart/related; type=\"application/dicom\"; boundary=\"{quoted}\"");
        prop_assert_eq!(store_content(Some(&header)), Ok(StoreContent::Multipart { boundary }));
    }
}

#[test]
fn the_corpus_itself_is_answered() {
    corpus().into_iter().for_each(check);
}
