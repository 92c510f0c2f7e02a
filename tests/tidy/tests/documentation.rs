//! Documents that tell what the program does are compared with it: the tests that a promise names exist, tables of
//! settings and metrics are complete, and links lead somewhere.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{collections::BTreeSet, fs};
use tidy::{files, root};

fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands in a text between backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Every test as `place::module::name`. The place is a test binary below `tests/`, or a crate, whose modules and test
/// binaries follow.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files(&[".rs"]) {
        let mut path: Vec<&str> = file.path.trim_end_matches(".rs").split('/').collect();
        path.retain(|part| !matches!(*part, "libs" | "services" | "src" | "tests" | "main" | "lib"));
        let mut announced = false;
        for line in file.text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                announced = true;
            } else if let (true, Some((_, rest))) = (announced, line.split_once("fn ")) {
                let name = rest.split('(').next().unwrap_or_default();
                found.insert([&path[..], &[name]].concat().join("::"));
                announced = false;
            }
        }
    }
    found
}

#[test]
fn each_promise_names_a_test_that_exists() {
    let tests = tests();
    let text = document("docs/conformance-statement.md");
    let named: Vec<&str> = code_spans(&text).filter(|span| span.contains("::")).collect();
    assert!(named.len() > 50, "the statement names its tests");
    let absent: Vec<&&str> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(absent.is_empty(), "there are no such tests: {absent:#?}");
}

/// The table of all settings: the comments of the default file, for people who read documents.
fn settings() -> String {
    let mut table = String::from("| setting | default | meaning |\n| --- | --- | --- |\n");
    let (mut section, mut comment, mut used) = (String::new(), String::new(), false);
    for line in document("services/noctis/default.toml").lines() {
        let setting = line.trim_start_matches("# ").split_once(" = ").filter(|(key, _)| is_key(key));
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some((key, value)) = setting {
            let default = if line.starts_with('#') { "none".to_owned() } else { format!("`{value}`") };
            table += &format!("| `{section}.{key}` | {default} | {comment} |\n");
            used = true;
        } else if let Some(text) = line.strip_prefix("# ") {
            // Settings that follow one another share the comment above them.
            let before = if used { "" } else { comment.as_str() };
            comment = [before, text].join(" ").trim().to_owned();
            used = false;
        } else if line.is_empty() {
            comment.clear();
        }
    }
    table
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[test]
fn all_settings_are_explained() {
    const PLACE: &str = "docs/configuration.md";
    const BEGIN: &str = "<!-- settings: generated -->\n";
    const END: &str = "<!-- settings: end -->";
    let (text, table) = (document(PLACE), settings());
    assert!(table.lines().count() > 40 && table.contains("| `gateway.public_url` | none | The address"), "{table}");
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if found != table {
        let update = std::env::var_os("UPDATE_DOCS").is_some();
        assert!(update, "the table in {PLACE} is old: run the tests with UPDATE_DOCS=1");
        fs::write(root().join(PLACE), [before, BEGIN, &table, END, after].concat()).unwrap();
    }
}

#[test]
fn all_metrics_are_listed() {
    let text = document("docs/operations.md");
    let listed: BTreeSet<&str> = code_spans(&text).collect();
    let sources = files(&[".rs"]);
    let mut found = BTreeSet::new();
    for file in sources.iter().filter(|file| file.path.contains("/src/") && !file.path.starts_with("tests/")) {
        let product = file.text.split("#[cfg(test)]").next().unwrap();
        for (at, _) in product.match_indices("\"noctis_") {
            let literal = product.split_at(at + 1).1.split('"').next().unwrap();
            if is_key(literal) {
                found.insert(literal);
            }
        }
    }
    assert!(found.len() > 10, "the metrics are found");
    let missing: Vec<&&str> = found.iter().filter(|name| !listed.contains(**name)).collect();
    assert!(missing.is_empty(), "docs/operations.md does not explain {missing:?}");
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files(&[".md"]) {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        for link in file.text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !link.is_empty() && !link.contains("://") && !folder.join(link).exists() {
                broken.push(format!("{}: {link}", file.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
