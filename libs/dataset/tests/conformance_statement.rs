//! The tables of docs/conformance-statement.md that are made from the search table: compared, and with `UPDATE_DOCS=1`
//! written anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use dataset::{Computed, ITEM_KEYS, Level, Matching, RETURN_ATTRIBUTES, SEARCH_KEYS, SearchKey, Tag, keyword_of};
use std::{fmt::Write as _, fs, path::PathBuf};

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance-statement.md")
}

/// Compares what stands between the marks of `name` with `table`, or puts it there.
fn check(name: &str, table: &str) {
    let text = fs::read_to_string(document()).unwrap();
    let (begin, end) = (format!("<!-- {name}: generated -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no mark {begin}"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no mark {end}"));
    if found == table {
        return;
    }
    assert!(std::env::var_os("UPDATE_DOCS").is_some(), "the table of {name} is old: run the tests with UPDATE_DOCS=1");
    fs::write(document(), [before, &begin, table, &end, after].concat()).unwrap();
}

/// One test for all, since they write the same file.
#[test]
fn the_tables_are_those_of_the_code() {
    check("match keys", &match_keys());
    check("return attributes", &return_attributes());
}

fn match_keys() -> String {
    let mut table = String::from("| level | attribute | tag | VR | matching |\n| --- | --- | --- | --- | --- |\n");
    for key in SEARCH_KEYS.iter().chain(ITEM_KEYS) {
        let path: Vec<&str> = key.path.iter().map(|tag| keyword_of(*tag).unwrap()).collect();
        let tags: Vec<String> = key.path.iter().map(|tag| tag_text(*tag)).collect();
        let row = [level(key.level), &path.join("."), &tags.join("."), key.vr, matching(key)];
        writeln!(table, "| {} |", row.join(" | ")).unwrap();
    }
    table
}

fn return_attributes() -> String {
    let mut table = String::from("| level | attribute | tag | returned |\n| --- | --- | --- | --- |\n");
    for (of, tag, by_default) in RETURN_ATTRIBUTES {
        let when = if *by_default { "by default" } else { "when matched or included" };
        let row = [level(*of), keyword_of(*tag).unwrap(), &tag_text(*tag), when];
        writeln!(table, "| {} |", row.join(" | ")).unwrap();
    }
    table
}

fn tag_text(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.0, tag.1)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Study => "study",
        Level::Series => "series",
        Level::Instance => "instance",
    }
}

fn matching(key: &SearchKey) -> &'static str {
    match key.matching {
        Matching::Uid | Matching::Computed(Computed::SopClassesInStudy) => "UID, list of UIDs",
        Matching::Computed(Computed::ModalitiesInStudy) => "single value, wildcard, list (any)",
        Matching::Code if key.keyword == "Modality" => "single value, wildcard, list (any)",
        Matching::Code => "single value, wildcard, list (all)",
        Matching::Text => "single value, wildcard",
        Matching::Name => "person name",
        Matching::Date => "date, range",
        Matching::Time => "time, range",
        Matching::Number | Matching::Computed(_) => "number",
    }
}
