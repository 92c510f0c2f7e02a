//! How source files look: short, with a purpose in the first line, and in the standard's words.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use tidy::{SourceFile, files, is_test};

/// The most lines a file may have, and one that holds tests.
const LONGEST: usize = 400;
const LONGEST_TEST: usize = 600;

/// Files that are longer for a reason.
const LONGER: &[&str] = &[];

/// Names that say nothing about what lives behind them.
const EMPTY_NAMES: &[&str] = &["common", "util", "utils", "helper", "helpers", "manager", "misc", "data"];

fn complaints(check: impl Fn(&SourceFile) -> Option<String>) -> Vec<String> {
    let rust = files(&[".rs"]);
    assert!(rust.len() > 50, "the sources are found");
    rust.iter().filter_map(|file| check(file).map(|why| format!("{}: {why}", file.path))).collect()
}

#[test]
fn files_are_short() {
    let long = complaints(|file| {
        let lines = file.text.lines().count();
        let longest = if is_test(&file.path) { LONGEST_TEST } else { LONGEST };
        (lines > longest && !LONGER.contains(&file.path.as_str())).then(|| format!("{lines} lines"))
    });
    assert!(long.is_empty(), "split by meaning:\n{}", long.join("\n"));
}

#[test]
fn the_first_line_tells_the_purpose() {
    let mute = complaints(|file| (!file.text.starts_with("//! ")).then(|| "no purpose in the first line".to_owned()));
    assert!(mute.is_empty(), "{}", mute.join("\n"));
}

#[test]
fn names_say_what_lives_there() {
    let empty = complaints(|file| {
        let mut parts = file.path.split(['/', '.']);
        parts.find(|part| EMPTY_NAMES.contains(part)).map(|part| format!("'{part}' says nothing"))
    });
    assert!(empty.is_empty(), "{}", empty.join("\n"));
}

#[test]
fn modules_are_files_of_their_own_name() {
    let old = complaints(|file| file.path.ends_with("/mod.rs").then(|| "use name.rs beside name/".to_owned()));
    assert!(old.is_empty(), "{}", old.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two halves so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("#[ig", "nore")];
    let left =
        complaints(|file| marks.iter().find(|mark| file.text.contains(**mark)).map(|mark| format!("contains {mark}")));
    assert!(left.is_empty(), "{}", left.join("\n"));
}
